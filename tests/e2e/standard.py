#!/usr/bin/env python3
"""`guantong standard`, looked at from outside: schemas by a validator, workbooks by a reader of
spreadsheets, both of which are not ours; templates that come back filled in; versions compared.
Usage: standard.py GUANTONG [CASE…]"""
import csv
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import jsonschema
import openpyxl

PROGRAM = os.path.abspath(sys.argv.pop(1))
ROOT = pathlib.Path(__file__).resolve().parents[2]
GUARD = 600  # seconds, against hanging only


def guantong(*arguments, language="C", cwd=None):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LC_")}
    return subprocess.run([PROGRAM, *map(str, arguments)], cwd=cwd, text=True, check=False,
                          env={**kept, "LANG": language, "GUANTONG_DATA": str(ROOT)},
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=GUARD)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gt-standard-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def say(self, *arguments, status=0, **how):
        done = guantong(*arguments, **how)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return done

    def export(self, form, *names):
        self.say("standard", "export", *names, "--as", form, "--out", self.folder, cwd=self.folder)
        return self.folder


class Schemas(Case):
    def test_every_entity_has_a_schema_that_validators_take(self):
        entities = json.loads(self.say("standard", "list", "--json", cwd=self.folder).stdout)
        files = sorted(self.export("json-schema").glob("*.schema.json"))
        self.assertEqual(len(files), len(entities))
        for file in files:
            jsonschema.Draft7Validator.check_schema(json.loads(file.read_text()))

    def test_a_division_has_the_codes_of_its_overlay(self):
        def kinds(*more):
            text = self.say("standard", "export", "vehicle.dispatch-order", "--as", "json-schema",
                            *more, cwd=self.folder).stdout
            schema = json.loads(text)
            return (set(schema["properties"]["data"]["properties"]["vehicle_type"]["enum"]),
                    schema["properties"]["dataschema"]["const"])
        base, base_urn = kinds()
        wuhan, wuhan_urn = kinds("--for", "420106")
        self.assertLess(base, wuhan)
        self.assertNotIn("+", base_urn)
        self.assertIn("+wuhan.", wuhan_urn)

    def test_a_message_is_told_from_a_broken_one(self):
        text = self.say("standard", "export", "vehicle.insurance", "--as", "json-schema",
                        cwd=self.folder).stdout
        validator = jsonschema.Draft7Validator(json.loads(text))
        good = {"specversion": "1.0", "type": "jgsw.vehicle.insurance.upserted",
                "source": "/wuchang/cars/policies", "id": "1.1", "time": "2024-03-05T00:00:00Z",
                "subject": "B1", "dataschema": "urn:jgsw:vehicle:insurance:1.0",
                "data": {"record_no": "B1", "plate_no": "鄂A12345", "kind": "compulsory",
                         "from": "2024-03", "amount": 950.00}}
        self.assertEqual(list(validator.iter_errors(good)), [])
        for change in ({"amount": "950"}, {"amount": -1}, {"kind": "交强险"}, {"from": "2024-3"},
                       {"colour": "red"}):
            broken = {**good, "data": {**good["data"], **change}}
            self.assertTrue(list(validator.iter_errors(broken)), change)
        for name in good["data"]:
            data = {k: v for k, v in good["data"].items() if k != name}
            self.assertTrue(list(validator.iter_errors({**good, "data": data})), name)
        deleted = {**good, "type": "jgsw.vehicle.insurance.deleted", "data": {"record_no": "B1"}}
        self.assertEqual(list(validator.iter_errors(deleted)), [])


class Dictionary(Case):
    def test_it_names_every_element_in_both_languages(self):
        for language, words in (("C", ("key", "(unconfirmed)", "else rejected")),
                                ("zh_CN.UTF-8", ("主键", "（待确认）", "否则不合格"))):
            done = self.say("standard", "export", "vehicle.insurance", "--language",
                            "zh" if language != "C" else "en", cwd=self.folder)
            for word in (*words, "record_no", "compulsory", "from <= to"):
                self.assertIn(word, done.stdout)
        self.assertIn("交强险", done.stdout)
        self.assertNotIn("Compulsory", done.stdout)

    def test_trees_and_values_of_codes_are_printed(self):
        text = self.say("standard", "export", "energy.meter", "housing.occupant", "--for", "420500",
                        cwd=self.folder).stdout
        self.assertRegex(text, r"\| code \| name \| part of \| valid \| successor \| layer \|")
        self.assertRegex(text, r"\| 01B1A \| .* \| 01B10 \|  \|  \| national \|")
        self.assertRegex(text, r"\| 01B30 \| .* \| 01B00 \|  \|  \| hubei \|")
        self.assertRegex(text, r"\| code \| name \| value m² \| valid")
        self.assertRegex(text, r"\| central-minister \| .* \| 54 \|")
        self.assertRegex(text, r"\| township-head \| .* \|  \|  \|  \| hubei \|")

    def test_all_entities_are_one_document(self):
        text = self.say("standard", "export", cwd=self.folder).stdout
        entities = json.loads(self.say("standard", "list", "--json", cwd=self.folder).stdout)
        self.assertEqual(len(re.findall("^## ", text, re.M)), len(entities))


class Templates(Case):
    def fill(self, division="420106"):
        """A configuration whose only source is the exported one."""
        source = next(self.folder.glob("*-form.yaml"))
        (self.folder / "sources").mkdir()
        text = source.read_text().replace('division: ""', f'division: "{division}"')
        (self.folder / "sources" / source.name).write_text(text)
        (self.folder / "guantong.yaml").write_text("site: wuchang\nkafka: {brokers: ['h:1']}\n")
        folder = self.folder / "in" / source.name.removesuffix("-form.yaml")
        folder.mkdir(parents=True)
        return folder

    ROW = {"记录编号": "B1", "号牌号码": "鄂A·12345", "险种": "交强险", "保险起始日期": "2024年3月5日",
           "保险费": "950元"}

    def preview(self):
        done = self.say("preview", "insurance-form/insurance", "--json", "--wait", "60",
                        cwd=self.folder)
        return json.loads(done.stdout)

    def test_a_filled_in_csv_is_accepted(self):
        with open(self.export("csv-template", "vehicle.insurance") / "vehicle.insurance.v1.csv",
                  encoding="utf-8-sig", newline="") as file:
            heads = next(csv.reader(file))
        self.assertEqual(heads[:2], ["记录编号", "号牌号码"])
        folder = self.fill()
        with open(folder / "1.csv", "w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, heads)
            writer.writeheader()
            writer.writerow(self.ROW)
        os.utime(folder / "1.csv", (1, 1))
        found = self.preview()
        self.assertEqual((found["read"], found["accepted"]), (1, 1))

    def test_a_workbook_offers_the_codes(self):
        book = openpyxl.load_workbook(
            self.export("xlsx-template", "vehicle.insurance") / "vehicle.insurance.v1.xlsx")
        data, codes = book["填报"], book["代码"]
        heads = [cell.value for cell in data[1]]
        self.assertEqual(heads[:2], ["记录编号", "号牌号码"])
        self.assertTrue(set(self.ROW) <= set(heads))
        choices = {str(v.sqref).split(":")[0]: v.formula1 for v in data.data_validations.dataValidation}
        kind = data.cell(2, heads.index("险种") + 1).coordinate
        sheet, column, first, last = re.fullmatch(r"(.+)!\$([A-Z]+)\$(\d+):\$\2\$(\d+)",
                                                  choices[kind]).groups()
        self.assertEqual(sheet, "代码")
        offered = [codes[f"{column}{n}"].value for n in range(int(first), int(last) + 1)]
        self.assertIn("交强险", offered)
        self.assertNotIn(None, offered)
        self.assertEqual(book["说明"].max_row, len(heads) + 1)
        self.assertTrue(data["A1"].font.bold and data["A1"].fill.fgColor.rgb == "FFFFE699")

    def test_every_entity_has_a_workbook_that_opens(self):
        for file in self.export("xlsx-template").glob("*.xlsx"):
            openpyxl.load_workbook(file)


class Versions(Case):
    def copy(self):
        shutil.copytree(ROOT / "standards", self.folder / "new")
        return self.folder / "new"

    def change(self, was, now):
        file = self.copy() / "national/vehicle/insurance.yaml"
        text = file.read_text()
        self.assertEqual(text.count(was), 1)
        file.write_text(text.replace(was, now))
        done = guantong("standard", "diff", ROOT / "standards", self.folder / "new", "--json",
                        cwd=self.folder)
        return done.returncode, json.loads(done.stdout)

    def test_a_widened_range_needs_a_new_major(self):
        status, found = self.change("max: 1000000000\n", "max: 2000000000\n")
        self.assertEqual((status, found["breaking"], found["unversioned"]), (1, 1, 1))
        self.assertEqual(found["changes"][0]["property"], "max")

    def test_a_new_element_needs_a_new_minor(self):
        more = "elements:\n  broker:\n    title: {en: Broker, zh: 经纪人}\n    type: text\n"
        status, found = self.change("elements:\n", more)
        self.assertEqual((status, found["compatible"], found["unversioned"]), (1, 1, 1))
        file = self.folder / "new/national/vehicle/insurance.yaml"
        file.write_text(file.read_text().replace("version: 1.0", "version: 1.1"))
        self.say("standard", "diff", ROOT / "standards", self.folder / "new", cwd=self.folder)

    def test_nothing_changed(self):
        done = self.say("standard", "diff", ROOT / "standards", self.copy(), cwd=self.folder)
        self.assertIn("nothing changed between the two", done.stdout)

    def test_two_majors_stand_side_by_side(self):
        new = self.copy() / "national/vehicle"
        text = (new / "insurance.yaml").read_text()
        (new / "insurance-2.yaml").write_text(text.replace("version: 1.0", "version: 2.0")
                                              .replace("scale: 2", "scale: 3"))
        for major, decimals in (("", "3"), ("@1", "2"), ("@2", "3")):
            done = self.say("standard", "show", f"vehicle.insurance{major}", "--json", "--path",
                            self.folder / "new", cwd=self.folder)
            amount = next(e for e in json.loads(done.stdout)["elements"] if e["name"] == "amount")
            self.assertEqual(amount["properties"]["scale"]["value"], decimals)

    def test_a_broken_package_is_told_with_its_places(self):
        file = self.copy() / "national/vehicle/insurance.yaml"
        file.write_text(file.read_text().replace("type: text", "type: txet")
                        .replace("codes: vehicle-insurance-kind", "codes: vehicle-insurence-kind"))
        done = self.say("standard", "check", self.folder / "new", status=3, cwd=self.folder)
        self.assertRegex(done.stderr, r"insurance\.yaml:\d+:\d+ +GT\d+ .*txet")
        self.assertRegex(done.stderr, r"insurance\.yaml:\d+:\d+ +GT\d+ .*vehicle-insurence-kind")

    def test_the_layer_of_each_property_is_shown(self):
        done = self.say("standard", "show", "vehicle.dispatch-order", "--for", "420106", "--json",
                        cwd=self.folder)
        shown = json.loads(done.stdout)
        self.assertEqual(shown["layers"][0], "national")
        self.assertEqual(shown["layers"][-1], "wuhan")
        kind = next(e for e in shown["elements"] if e["name"] == "vehicle_type")
        self.assertEqual(kind["properties"]["codes"]["layer"], "wuhan")
        self.assertEqual(kind["properties"]["type"]["layer"], "national")


class Refusals(Case):
    def test_each_is_one_sentence(self):
        for arguments, code in ((["shw"], "GT9200"), (["show"], "GT9201"),
                                (["show", "x.unknown-thing"], "GT9202"),
                                (["show", "vehicle.insurence"], "GT9203"),
                                (["export", "--as", "pdf"], "GT9204"),
                                (["export", "--as", "json-schema"], "GT9205"),
                                (["show", "vehicle.toll", "--for", "武昌"], "GT9211")):
            done = self.say("standard", *arguments, status=2, cwd=self.folder)
            self.assertIn(code, done.stderr)

    def test_what_was_done_is_told(self):
        entities = json.loads(self.say("standard", "list", "--json", cwd=self.folder).stdout)
        elements = sum(entity["elements"] for entity in entities)
        done = self.say("standard", "check", cwd=self.folder).stdout
        unconfirmed, lists = re.search(r"\((\d+) .* (\d+) code lists", done).groups()
        packages = len(list((ROOT / "standards").rglob("package.yaml")))
        sentence = "the standard is sound: {} packages, {} entities with {} elements ({} " \
                   "unconfirmed), {} code lists"
        self.assertIn(sentence.format(packages, len(entities), elements, unconfirmed, lists), done)
        done = self.say("standard", "export", "vehicle.toll", "--as", "csv-template", "--out",
                        self.folder, cwd=self.folder)
        self.assertIn(f"this file was written: {self.folder}/vehicle.toll.v1.csv", done.stdout)

    def test_versions_that_do_not_say_what_changed_are_told(self):
        shutil.copytree(ROOT / "standards", self.folder / "new")
        file = self.folder / "new/national/vehicle/toll.yaml"
        file.write_text(file.read_text().replace("codes: payment-mode", "codes: vehicle-status"))
        done = self.say("standard", "diff", ROOT / "standards", self.folder / "new", status=1,
                        cwd=self.folder)
        self.assertIn("1 breaking, 0 compatible, 0 of wording", done.stdout)
        self.assertIn("GT9209", done.stderr)


if __name__ == "__main__":
    unittest.main()
