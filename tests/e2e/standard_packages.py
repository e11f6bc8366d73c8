#!/usr/bin/env python3
"""Packages of a standard as people write them: four layers, and every mistake told in one run.
Usage: standard_packages.py GUANTONG [CASE…]"""
import json
import re

import jsonschema
import yaml

import standard
from standard import ROOT, Case

HEAD = "package: {0}\nversion: 1.0\ntitle: {{en: {0}, zh: 试验}}\nlevel: {1}\n{2}"
NO = "  no: {title: {en: No, zh: 编号}, type: text, required: true}\n"
ENTITY = "entity: own.{0}\nversion: 1.0\ntitle: {{en: T, zh: 题}}\nkey: [no]\nelements:\n" + \
    NO.replace("{", "{{").replace("}", "}}")
LIST = "codes: {0}\ntitle: {{en: C, zh: 码}}\nrows:\n"


class Layers(Case):
    def district(self):
        """A district that stands on the city, the province and the nation that come along."""
        folder = self.folder / "own/wuchang"
        folder.mkdir(parents=True)
        (folder / "package.yaml").write_text(HEAD.format(
            "wuchang", "district", 'extends: wuhan@1\ndivisions: ["420106"]\n'))
        (folder / "order.yaml").write_text(
            "extend_entity: vehicle.dispatch-order@1\nelements:\n  distance: {min: 0.1}\n"
            "  leaves_province: {required: true}\n"
            "  gate: {title: {en: Gate, zh: 出入口}, definition: {en: Gate it left by., "
            "zh: 车辆驶出的大门。}, type: text, synonyms: [CRK], source: tests}\n")
        return self.folder / "own"

    def shown(self, division, *more):
        done = self.say("standard", "show", "vehicle.dispatch-order", "--for", division, "--json",
                        *more, cwd=self.folder)
        shown = json.loads(done.stdout)
        return shown["layers"], {element["name"]: element["properties"]
                                 for element in shown["elements"]}

    def test_three_layers(self):
        layers, elements = self.shown("420106")
        self.assertEqual(layers, ["national", "hubei", "wuhan"])
        self.assertEqual(elements["distance"]["max"], {"value": "5000.0", "layer": "hubei"})
        self.assertEqual(elements["distance"]["min"]["layer"], "national")
        self.assertEqual(elements["vehicle_type"]["codes"]["layer"], "wuhan")
        self.assertEqual(elements["quota_kind"]["codes"]["layer"], "hubei")
        self.assertEqual({p["layer"] for p in elements["leaves_province"].values()}, {"hubei"})
        self.assertEqual(self.shown("420500")[0], ["national", "hubei"])
        self.assertEqual(self.shown("430100")[0], ["national"])

    def test_four_layers(self):
        own = self.district()
        path = ("--path", own, "--standards", "wuchang@1")
        self.say("standard", "check", own, cwd=self.folder)
        layers, elements = self.shown("420106", *path)
        self.assertEqual(layers, ["national", "hubei", "wuhan", "wuchang"])
        self.assertEqual({name: at["layer"] for name, at in elements["distance"].items()},
                         {**dict.fromkeys(elements["distance"], "national"),
                          "max": "hubei", "min": "wuchang"})
        self.assertEqual(elements["leaves_province"]["required"]["layer"], "wuchang")
        self.assertEqual(elements["leaves_province"]["type"]["layer"], "hubei")
        self.assertEqual({p["layer"] for p in elements["gate"].values()}, {"wuchang"})
        self.assertEqual(self.shown("420102", *path)[0], ["national", "hubei", "wuhan"])

    def test_people_read_the_layers_too(self):
        path = ("--path", self.district(), "--standards", "wuchang@1")
        for language, words in (("C", ("Distance that the vehicle drove", "unconfirmed", "verified")),
                                ("zh_CN.UTF-8", ("车辆执行本派车单行驶的里程。", "待确认", "已核对"))):
            text = self.say("standard", "show", "vehicle.dispatch-order", "--for", "420106", *path,
                            cwd=self.folder, language=language).stdout
            self.assertIn("national → hubei → wuhan → wuchang", text)
            self.assertRegex(text, r"distance .* 0\.1 \(wuchang\) .* 5000\.0 \(hubei\)")
            for word in words:
                self.assertIn(word, text)
        done = self.say("standard", "export", "vehicle.dispatch-order", "--for", "420106", *path,
                        "--language", "zh", cwd=self.folder).stdout
        self.assertRegex(done, r"\| gate \| 出入口：车辆驶出的大门。 .*（待确认） \| wuchang \|")
        self.assertRegex(done, r"\| mobile-command \| 移动指挥车 .* \| wuhan \|")
        self.assertRegex(done, r"\| sedan \| 轿车 .* \| national \|")
        self.assertIn("（已核对）", done)


# file → (text, places and codes that are told of it). One run tells them all.
BASE = "base/{}.yaml"
MISTAKES = {
    "base/package.yaml": (HEAD.format("base", "national", "needs: [units@1]\n"), ()),
    "base/sound.yaml": (ENTITY.format("sound") +
                        "  far: {title: {en: F, zh: 程}, type: decimal, unit: km, max: 9}\n"
                        "  hue: {title: {en: H, zh: 色}, type: code, codes: colour}\n", ()),
    "base/colour.yaml": (LIST.format("colour") + "  red: {en: Red, zh: 红}\n", ()),
    "base/alias-bomb.yaml": ("a: &a [x, x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n" + ENTITY.format("bomb"),
                             ("1:4 GT1056", "2:4 GT1056", "2:8 GT1056")),
    "base/depth.yaml": ("entity: " + "[" * 40 + "]" * 40 + "\n", ("1:40 GT1060",)),
    "base/huge.yaml": ("entity: own.huge\ntitle: {en: " + "x" * 70000 + ", zh: 大}\n",
                       ("2:13 GT1065",)),
    "base/size.yaml": ("# " + "x" * (4 << 20) + "\n", ("1:1 GT1005",)),
    "base/key-twice.yaml": (ENTITY.format("twice") + NO, ("7:3 GT1013",)),
    "base/not-utf8.yaml": (LIST.format("bytes").encode() + b"  a: {en: A, zh: \xb9\xab}\n",
                           ("4:18 GT1061",)),
    "base/tabs.yaml": (LIST.format("tabs") + "\ta: {en: A, zh: 甲}\n", ("4:1 GT105",)),
    "base/syntax.yaml": ("codes: [a\n", ("1:8 GT105",)),
    "base/nothing.yaml": ("colour: red\n", ("1:1 GT1200",)),
    "base/code-twice.yaml": (LIST.format("double") + "  a: {en: A, zh: 甲}\n  b: {en: B, zh: 甲}\n",
                             ("5:18 GT1243",)),
    "base/list-twice.yaml": (LIST.format("colour") + "  a: {en: A, zh: 甲}\n", ("1:8 GT1212",)),
    "base/unit.yaml": (ENTITY.format("unit") +
                       "  w: {title: {en: W, zh: 重}, type: decimal, unit: furlong}\n"
                       "  v: {title: {en: V, zh: 容}, type: decimal, unit: kmm}\n",
                       ("7:51 GT1220", "8:51 GT1221")),
    "base/list.yaml": (ENTITY.format("list") + "  w: {title: {en: W, zh: 重}, type: code, codes: colr}\n",
                       ("7:49 GT122",)),
    "base/key.yaml": (ENTITY.format("key").replace("[no]", "[nr]"), ("4:7 GT122",)),
    "base/type.yaml": (ENTITY.format("type") + "  w: {title: {en: W, zh: 重}, type: txet}\n",
                       ("7:36 GT1025",)),
    "over/package.yaml": (HEAD.format("over", "province", 'extends: base@1\ndivisions: ["42"]\n'), ()),
    "over/sound.yaml": ("extend_entity: own.sound@1\nelements:\n  far: {unit: m, max: 10}\n  no: ~\n"
                        "  hue: {type: text}\n",
                        ("3:15 GT1253", "3:23 GT1254", "4:7 GT1281", "5:15 GT1253")),
    "over/colour.yaml": ("extend_codes: colour\nrows:\n  red: {zh: 绯}\n", ("3:13 GT1280",)),
    "over/nowhere.yaml": ("extend_entity: own.nowhere@1\nelements: {}\n", ("1:16 GT122",)),
    "over/words.yaml": ("words: more\nno_value: [零]\n", ("1:8 GT1285",)),
    "aside/package.yaml": (HEAD.format("aside", "city", 'extends: base@1\ndivisions: ["4201"]\n'),
                           ("6:13 GT1284",)),
    "one/package.yaml": (HEAD.format("one", "city", 'extends: two@1\ndivisions: ["43"]\n'), ()),
    "two/package.yaml": (HEAD.format("two", "city", 'extends: one@1\ndivisions: ["43"]\n'),
                         ("5:10 GT1204",)),
    "broken/package.yaml": ("package: broken\nversion: one\ntitle: {en: B}\n",
                            ("2:10 GT1205", "1:1 GT1010")),
}


class Mistakes(Case):
    def check(self, language):
        for name, (text, _) in MISTAKES.items():
            path = self.folder / "bad" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self.say("standard", "check", self.folder / "bad", status=3, cwd=self.folder,
                        language=language).stderr.splitlines()

    def test_all_are_told_in_one_run(self):
        for language in ("C", "zh_CN.UTF-8"):
            said = self.check(language)
            places = {}
            for line in said:
                found = re.match(r"\S*?bad/(\S+\.yaml):(\d+:\d+) +(GT\d+) (.+)", line)
                if found:
                    places.setdefault(found[1], []).append((f"{found[2]} {found[3]}", found[4]))
            for name, (_, expected) in MISTAKES.items():
                told = [place for place, _ in places.get(name, [])]
                for place in expected:
                    self.assertTrue(any(t.startswith(place) for t in told),
                                    f"{language}: no {place} of {name}:\n" + "\n".join(said))
                self.assertTrue(expected or not told, f"{name} is sound, but: {told}")
            # One sentence each, with what to do, and never the same twice.
            for name, lines in places.items():
                self.assertEqual(len(lines), len(set(lines)), name)
                for place, sentence in lines:
                    self.assertLess(len(sentence), 600, sentence)
                    remedy = re.search(r"[(（].+[)）]$|did you mean|是不是", sentence)
                    self.assertTrue(remedy, f"{name}:{place} says no remedy: {sentence}")

    def test_what_contradicts_names_both_lines(self):
        said = "\n".join(self.check("C"))
        for code, there in (("GT1253", "base/sound.yaml:7:5"), ("GT1254", "base/sound.yaml:7:6"),
                            ("GT1281", "base/sound.yaml:6:3"), ("GT1280", "base/colour.yaml:4:3"),
                            ("GT1284", "over/package.yaml:1:1")):
            self.assertRegex(said, rf"bad/\S+:\d+:\d+ +{code} .*bad/{re.escape(there)}")


class Words(yaml.SafeLoader):
    """YAML whose days stay words, as we read it."""


Words.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)


class Schema(Case):
    """What editors are told about packages, by a validator that is not ours."""

    def setUp(self):
        super().setUp()
        schema = json.loads((ROOT / "schemas/standard-package.schema.json").read_text())
        jsonschema.Draft7Validator.check_schema(schema)
        self.validator = jsonschema.Draft7Validator(schema)

    def errors(self, text):
        return [error.message for error in self.validator.iter_errors(yaml.load(text, Words))]

    def test_every_file_of_the_shipped_packages_is_what_it_says(self):
        files = sorted((ROOT / "standards").rglob("*.yaml"))
        self.assertGreater(len(files), 90)
        for file in files:
            self.assertEqual(self.errors(file.read_text()), [], file)

    def test_what_we_refuse_the_schema_refuses(self):
        for text in (ENTITY.format("t").replace("type: text", "type: txet"), "colour: red\n",
                     LIST.format("c") + "  a: {en: A}\n", HEAD.format("p", "village", ""),
                     "extend_codes: colour\nrows:\n  red: {form: 2020-01-01}\n"):
            self.assertTrue(self.errors(text), text)
        self.assertEqual(self.errors("extend_codes: c\nrows:\n  a: {synonyms: [b]}\n"), [])


if __name__ == "__main__":
    standard.unittest.main()
