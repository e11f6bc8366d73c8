#!/usr/bin/env python3
"""Mappings that compute, look up and split a row, through the command line: the configuration
beside this file with its golden cases, and what is said of mistakes.
Usage: mapping.py GUANTONG [CASE…]"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1))
HERE = pathlib.Path(__file__).resolve().parent
GUARD = 300  # seconds, against hanging only


class Mapping(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gt-mapping-")) / "conf"
        self.addCleanup(shutil.rmtree, self.folder.parent, ignore_errors=True)
        shutil.copytree(HERE / "mapping", self.folder)

    def say(self, *arguments, status=0, language="C"):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("LC_")}
        done = subprocess.run([PROGRAM, *arguments], cwd=self.folder, text=True, check=False,
                              env={**kept, "LANG": language, "GUANTONG_DATA": str(HERE.parents[1])},
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=GUARD)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return done.stdout + done.stderr

    def edit(self, old, new):
        source = self.folder / "sources" / "meters.yaml"
        text = source.read_text()
        self.assertIn(old, text)
        source.write_text(text.replace(old, new, 1))

    def test_golden_cases_hold(self):
        self.say("check")
        self.assertIn(", 0 failed", self.say("test"))

    def test_a_golden_case_that_differs_is_told(self):
        self.edit("+ BH1 + ')'", "+ BH1 + ']'")
        self.assertIn("name is 科技楼(E-1]", self.say("test", status=1))
        self.edit("- when: has(BH2)", "- when: has(BH9)")
        self.assertIn("out is 2, but 3 was expected", self.say("test", status=1))

    def test_preview_shows_each_part(self):
        records = json.loads(self.say("preview", "meters/wide", "--json", status=5))["records"]
        rows = {}
        for record in records:
            rows.setdefault(record["record"], []).append(record)
        self.assertEqual([len(parts) for parts in rows.values()], [3, 2, 3])
        self.assertEqual([[part["accepted"] for part in parts] for parts in rows.values()],
                         [[True] * 3, [True] * 2, [False] * 3])

    def test_topics_of_all_parts(self):
        said = self.say("topics", "plan")
        self.assertIn("jgsw.wuchang.energy.meter.v1", said)
        self.assertIn("jgsw.wuchang.energy.meter-reading.v1", said)

    def test_mistakes_are_told_at_once_where_they_stand(self):
        self.edit("skip_when: \"ZT in", "skip_when: \"ZT inn")
        self.edit("coalesce(CBSJ", "colesce(CBSJ")
        self.edit("file: ../lookups/units.csv", "file: ../lookups/unit.csv")
        self.edit("- when: has(BH2)", "- when: BH2")
        self.edit("number(DS2) *", "DS2 *")
        said = self.say("check", status=3)
        for place in ("sources/meters.yaml:11:20 GT1342", "sources/meters.yaml:13:44 GT1347",
                      "sources/meters.yaml:20:49 GT1001", "sources/meters.yaml:22:15 GT1354",
                      "sources/meters.yaml:23:62 GT1351"):
            self.assertIn(place, said)
        self.assertIn("to correct: 5", said)
        self.assertIn("没有函数“colesce”，是不是“coalesce”？", self.say("check", status=3, language="zh_CN.UTF-8"))

    def test_split_has_a_form(self):
        self.edit("    split:\n", "    split: 3\n    profile_of:\n")
        self.assertIn("GT1126", self.say("check", status=3))

    def test_each_has_a_form(self):
        self.edit("- each: [一月, 二月, 三 月]", "- each: 一月")
        self.assertIn("sources/meters.yaml:29:15 GT1127", self.say("check", status=3))
        self.edit("- each: 一月", "- each: [一月, [二月]]")
        self.assertIn("sources/meters.yaml:29:20 GT1127", self.say("check", status=3))
        self.edit("- each: [一月, [二月]]", f"- each: {[f'c{n}' for n in range(41)]}")
        self.assertIn("GT1126", self.say("check", status=3))

    def test_a_shared_line_must_be_for_some_part(self):
        self.edit("      read_time:", "      read_tim: BH1\n      read_time:")
        self.assertIn("has no element “read_tim”", self.say("check", status=3))


if __name__ == "__main__":
    unittest.main()
