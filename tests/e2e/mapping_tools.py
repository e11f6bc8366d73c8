#!/usr/bin/env python3
"""What people work on a mapping with: the way of each value, captured rows, pseudonymised ones, two
versions compared, golden cases on captured rows, and the rotation of a key of pseudonyms.
Usage: mapping_tools.py GUANTONG [CASE…]"""
import json
import re
import unittest

from tool import Case, guantong, write

SOURCE = """source: cars
adapter: file
folder: {folder}
format: csv
complete: rename
flows:
  trips:
    entity: vehicle.dispatch-order@1
    map:
      order_no: ID
      plate_no: CPH
      depart_time: CFSJ
      applicant: SQR
      applicant_phone: DH
      reason: YCSY
      destination: MDD
      distance: {{from: LC, unit: {unit}}}
      vehicle_type: {{from: CLLX, codes: {{{codes}}}}}
"""
HEAD = "ID,CPH,CFSJ,CLLX,SQR,DH,YCSY,MDD,LC,备注,单位"
ROWS = ["YC1, 鄂A·12345,2024.3.27 8:25,01,张三丰,13812345678,开会,武昌（13812345678）,29.1公里,李四 11010519491231002X,某某局",
        "YC2,鄂A12345,2024.3.27 8:25,99,张三丰,138-1234-5678,无,武昌,１２,李四,某某局",
        "YC3,鄂ADF1234,2024.13.27,01,王五,-,探望11010519491231002x,卡6222021234567890128,3,,某某局"]
CLEAR = ["张三丰", "王五", "李四", "13812345678", "138-1234-5678", "11010519491231002", "开会", "武昌", "探望",
         "6222021234567890128", "某某局", "12345", "DF1234"]


def identity_is_valid(text):
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return "10X98765432"[sum(int(a) * b for a, b in zip(text, weights)) % 11] == text[17].upper()


class Tools(Case):
    def setUp(self):
        super().setUp()
        self.gateway()
        write(self.path("in/a.csv"), "\n".join([HEAD, *ROWS, ""]))
        write(self.path("sources/cars.yaml"), self.source())

    def source(self, unit="km", codes='"01": sedan'):
        return SOURCE.format(folder=self.path("in"), unit=unit, codes=codes)

    def ok(self, *arguments, code=0, **more):
        done = guantong(*arguments, cwd=self.folder, **more)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def capture(self, name, *more):
        done = self.ok("capture", "cars/trips", "--out", self.path(name), *more)
        self.assertIn("GT9881" if more else "GT9880", done.stderr)
        with open(self.path(name), encoding="utf-8") as file:
            text = file.read()
        return text, [json.loads(line) for line in text.splitlines()]

    # --- the way of each value -------------------------------------------------------------------

    def test_steps_tell_what_every_stage_made_of_a_value(self):
        said = self.ok("preview", "cars/trips", "--steps", "--record", "1", code=5).stdout
        for line in ("LC → distance", "29.1公里 +as the source has it", "32 39 2e 31 e5 85 ac e9 87 8c",
                     "29.1 km +read as a number.*unit found in the value",
                     "sedan +local code mapped", "p1:.* protected: what the open message shows",
                     r"武昌\(138\*\*\*\*5678\) +personal numbers masked"):
            self.assertRegex(said, line)
        for clear in ("张三丰", "13812345678", "开会"):
            self.assertNotIn(clear, said)
        chinese = self.ok("preview", "cars/trips", "--steps", "--element", "distance", "--record", "1",
                          language="zh_CN.UTF-8", code=5).stdout
        self.assertIn("来源原值", chinese)
        self.assertNotIn("plate_no", chinese)
        self.assertIn("张三丰", self.ok("preview", "cars/trips", "--steps", "--record", "1",
                                     "--show-personal", code=5).stdout)

    def test_steps_as_json_and_of_refused_values(self):
        told = self.json_of("preview", "cars/trips", self.folder, "--steps", code=5)
        steps = {(s["element"], s["stage"]): s for s in told["records"][0]["steps"]}
        self.assertEqual(steps["vehicle_type", "code-mapped"]["value"], "sedan")
        self.assertEqual(steps["plate_no", "cleaned"]["flags"], ["trimmed", "separator"])
        self.assertEqual(steps["applicant", "raw"]["value"], "•••")
        second = {(s["element"], s["stage"]): s for s in told["records"][1]["steps"]}
        self.assertEqual(second["vehicle_type", "refused"]["flags"], ["unknown-code"])
        self.assertIn(("reason", "no-value"), second)
        self.assertIn("GT9887", self.ok("preview", "cars/trips", "--steps", "--element", "distence",
                                        code=2).stderr)

    def test_steps_change_nothing(self):
        plain = self.json_of("preview", "cars/trips", self.folder, code=5)
        traced = self.json_of("preview", "cars/trips", self.folder, "--steps", code=5)
        for record in traced["records"]:
            del record["steps"]
        self.assertEqual(plain, traced)

    # --- captures --------------------------------------------------------------------------------

    def test_captured_rows_come_out_as_the_sources_do(self):
        text, lines = self.capture("a.cap")
        self.assertEqual(lines[0]["flow"], "cars/trips")
        self.assertEqual(lines[1]["columns"], HEAD.split(","))
        self.assertEqual(lines[2]["raw"], ROWS[0])
        self.assertEqual(lines[3]["values"]["备注"], "李四")  # not mapped, but another mapping may want it
        self.assertIn("张三丰", text)
        self.assertEqual(self.json_of("preview", "cars/trips", self.folder, code=5),
                         self.json_of("preview", "cars/trips", self.folder, "--capture",
                                      self.path("a.cap"), code=5))

    def test_a_pseudonymised_capture_holds_nothing_of_anybody(self):
        text, lines = self.capture("b.cap", "--pseudonymise")
        for clear in CLEAR:
            self.assertNotIn(clear, text)
            self.assertNotIn(json.dumps(clear)[1:-1], text)
        first, second, third = (line["values"] for line in lines[2:])
        self.assertEqual(first["SQR"], second["SQR"])
        self.assertNotEqual(first["SQR"], third["SQR"])
        self.assertEqual(len(first["SQR"]), 3)
        self.assertRegex(first["DH"], r"^1\d{10}$")
        self.assertEqual(second["DH"].replace("-", ""), first["DH"])  # however it is written
        self.assertRegex(first["MDD"], r"^[\u4e00-\u9fff]{2}（" + first["DH"] + "）$")
        plates = [re.sub(r"[ ·]", "", row["CPH"]) for row in (first, second)]
        self.assertEqual(plates[0], plates[1])
        self.assertRegex(plates[0], r"^鄂A\d{5}$")
        self.assertRegex(third["CPH"], r"^鄂ADF\d{4}$")
        found = re.search(r"\d{17}[\dX]", first["备注"]).group()
        self.assertTrue(identity_is_valid(found) and found.startswith("11000018"), found)
        self.assertIn(found.lower(), third["YCSY"].lower())
        # What shows the mistake is still there.
        self.assertEqual((first["LC"], second["LC"], second["CLLX"], second["YCSY"], third["CFSJ"],
                          third["DH"]), ("29.1公里", "１２", "99", "无", "2024.13.27", "-"))
        summary = [{r["record"]: [x["code"] for x in r["reasons"]] for r in self.json_of(
            "preview", "cars/trips", self.folder, *more, code=5)["records"]}
            for more in ((), ("--capture", self.path("b.cap")))]
        self.assertEqual(*summary)
        again, _ = self.capture("c.cap", "--pseudonymise")
        self.assertNotEqual(text, again)  # another key each time

    def test_nested_values_and_broken_rows(self):
        write(self.path("in/a.csv"), "")
        write(self.path("sources/cars.yaml"), self.source().replace("format: csv", "format: jsonl"))
        row = {"ID": "Y1", "CPH": "鄂A12345", "CFSJ": 1711499100, "SQR": "张三丰", "DH": 13812345678,
               "更多": {"人": ["张三丰", 11010519491231002, 1.5, None, True]}, "CLLX": "01", "LC": 29.10}
        write(self.path("in/b.jsonl"), json.dumps(row) + '\n{"SQR":"王五\n')
        text, lines = self.capture("a.cap")
        rows = [line for line in lines if "row" in line]
        self.assertEqual(rows[0]["values"]["LC"], {"number": "29.1"})
        self.assertIn("message", rows[1]["bad"])
        text, lines = self.capture("b.cap", "--pseudonymise")
        for clear in ("张三丰", "王五", "13812345678", "11010519491231002"):
            self.assertNotIn(clear, text)
            self.assertNotIn(json.dumps(clear)[1:-1], text)
        said = self.ok("preview", "cars/trips", "--capture", self.path("b.cap"), code=5).stdout
        self.assertIn("GT9885", said)

    def test_captures_that_are_none(self):
        for text, code in (("", "GT9883"), ('{"a":1}\n', "GT9883"), ("nonsense\n", "GT9884"),
                           ('{"guantong_capture":1,"flow":"cars/trips"}\n{"row":1}\n', "GT9884"),
                           ('{"guantong_capture":1,"flow":"cars/trips"}\n{"row":1,"values":'
                            '{"ID":{"base64":"?"}}}\n', "GT9884")):
            write(self.path("x.cap"), text)
            done = self.ok("preview", "cars/trips", "--capture", self.path("x.cap"), code=3)
            self.assertIn(code, done.stderr)
        self.assertIn("GT9006", self.ok("capture", "cars/trips", code=2).stderr)
        self.assertIn("GT9006", self.ok("diff-mapping", ".", ".", code=2).stderr)

    def test_a_capture_too_large_is_not_written(self):
        write(self.path("in/a.csv"), HEAD + "\n" + (ROWS[0] + "甲" * 300000 + "\n") * 40)
        done = self.ok("capture", "cars/trips", "--out", self.path("a.cap"), code=3)
        self.assertIn("GT9882", done.stderr)
        self.assertFalse(self.exists("a.cap"))

    def exists(self, name):
        try:
            with open(self.path(name), "rb"):
                return True
        except FileNotFoundError:
            return False

    # --- two versions ----------------------------------------------------------------------------

    def test_two_versions_are_compared(self):
        self.capture("a.cap")
        write(self.path("new.yaml"), self.source(codes='"01": suv, "99": van'))
        arguments = ("diff-mapping", "sources/cars.yaml", "new.yaml", "--capture", "a.cap")
        said = self.ok(*arguments, code=1).stdout
        self.assertRegex(said, r"vehicle_type +sedan \[code-mapped\] → suv \[code-mapped\]")
        self.assertRegex(said, r"\(none\) \[unknown-code\] ✗ GT2207 → van \[code-mapped\]")
        self.assertIn("→ rejected → accepted", said)
        self.assertIn("3 records · 0 the same · 3 changed · 1 now accepted · 0 now rejected", said)
        told = json.loads(self.ok(*arguments, "--json", code=1).stdout)
        self.assertEqual((told["changed"], told["by_element"]), (3, {"vehicle_type": 3}))
        self.assertEqual(told["records"][1]["before"], "rejected")
        same = self.ok("diff-mapping", "sources/cars.yaml", ".", "--capture", "a.cap").stdout
        self.assertIn("3 the same", same)

    def test_another_mapping_may_read_other_fields(self):
        self.capture("a.cap")
        write(self.path("new.yaml"), self.source().replace("destination: MDD", "destination: 单位"))
        told = json.loads(self.ok("diff-mapping", ".", "new.yaml", "--capture", "a.cap", "--json",
                                  code=1).stdout)
        self.assertEqual(told["records"][1]["elements"][0]["after"]["value"], "某某局")

    def test_mistakes_of_a_version_are_told(self):
        self.capture("a.cap")
        write(self.path("new.yaml"), self.source().replace("destination:", "destinaton:"))
        self.assertIn("GT1104", self.ok("diff-mapping", ".", "new.yaml", "--capture", "a.cap",
                                        code=3).stderr)
        write(self.path("new.yaml"), self.source().replace("  trips:", "  other:"))
        self.assertIn("GT9886", self.ok("diff-mapping", ".", "new.yaml", "--capture", "a.cap",
                                        code=3).stderr)

    def test_golden_cases_read_captures(self):
        write(self.path("tests/cars.yaml"), "")
        self.capture("tests/t.cap", "--pseudonymise")
        write(self.path("tests/cars.yaml"),
              "- {flow: trips, name: a, capture: t.cap, record: 1, out: {distance: 29.1}}\n"
              "- {flow: trips, name: b, capture: t.cap, record: 2, reasons: [GT2207]}\n")
        self.assertEqual(json.loads(self.ok("test", "--json").stdout)["mismatches"], [])
        write(self.path("tests/cars.yaml"),
              "- {flow: trips, name: a, capture: t.cap, record: 1, out: {distance: 29.2}}\n"
              "- {flow: trips, name: b, capture: t.cap, record: 9, out: {distance: 1}}\n"
              "- {flow: trips, name: c, capture: none.cap, out: {distance: 1}}\n")
        codes = [m["code"] for m in json.loads(self.ok("test", "--json", code=1).stdout)["mismatches"]]
        self.assertEqual(len(codes), 3)
        self.assertIn("GT9072", codes)

    # --- keys ------------------------------------------------------------------------------------

    def test_a_rotation_keeps_business_keys(self):
        write(self.path("sources/rooms.yaml"), SOURCE_ROOMS.format(folder=self.path("rooms"), key=""))
        write(self.path("rooms/a.csv"), "RY,FJ,XM\nRY1,R1,张三\n")

        def shown():
            told = self.json_of("preview", "rooms/people", self.folder)
            data = told["records"][0]["data"]
            return data["person_id"]["value"], data["name"]["value"]
        person, name = shown()
        self.assertTrue(person.startswith("p1:") and name.startswith("p1:"))
        self.ok("keygen", "--pseudonym", "--id", "p2", "p.key")
        self.assertIn("GT5", self.ok("keygen", "--pseudonym", "--id", "p2", "p.key", code=1).stderr)
        # Not by accident: the flow must say which key its business keys began with.
        self.assertIn("GT1170", self.ok("check", code=3).stdout)
        write(self.path("sources/rooms.yaml"), SOURCE_ROOMS.format(folder=self.path("rooms"),
                                                                   key="subject_key: p1"))
        self.ok("check")
        self.assertEqual(shown()[0], person)
        self.assertTrue(shown()[1].startswith("p2:"))
        # The old key is gone: no flow goes on with another one.
        with open(self.path("p.key"), encoding="utf-8") as file:
            kept = file.read().splitlines()[1]
        write(self.path("p.key"), kept + "\n")
        self.assertIn("GT1171", self.ok("check", code=3).stdout)
        write(self.path("p.key"), kept + "\n" + kept + "\n")
        self.assertIn("GT1048", self.ok("check", code=3).stdout)


SOURCE_ROOMS = """source: rooms
adapter: file
folder: {folder}
format: csv
complete: rename
flows:
  people:
    {key}
    entity: housing.occupant@1
    map: {{person_id: RY, room_id: FJ, name: XM}}
"""

if __name__ == "__main__":
    unittest.main()
