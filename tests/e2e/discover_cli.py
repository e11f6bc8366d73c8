#!/usr/bin/env python3
"""`guantong discover` as a person meets it. Usage: discover_cli.py GUANTONG [CASE…]"""
import json
import sqlite3
import unittest

from tool import Backend, Case, guantong, rows, write

TRIPS = "ID,CPH,CFSJ,CLLX,SQR,LXDH,备注\n" + "".join(
    f"YC{i:03},鄂A·1234{i % 10},2024.3.{i % 28 + 1} 8:25,0{i % 3 + 1},张三{i},1381234{i:04},"
    f"{'卡4111111111111111' if i == 0 else '-'}\n" for i in range(30))


class File(Case):
    def look(self, name, content, *options, encoding="utf-8", **more):
        write(self.path(name), content, encoding)
        return self.json_of("discover", self.path(name), *options, **more)["things"]

    def refused(self, name, content, code, *options, exit_code=1):
        write(self.path(name), content)
        done = guantong("discover", self.path(name), *options)
        self.assertEqual(done.returncode, exit_code, done.stdout)
        self.assertIn(code, done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_fields_types_shares(self):
        thing, = self.look("trips.csv", TRIPS, encoding="gb18030")
        self.assertEqual((thing["rows"], thing["charset"], thing["format"], thing["more"]),
                         (30, "GB18030", "csv", False))
        self.assertEqual([f["type"] for f in thing["fields"]],
                         ["id", "plate", "time", "code", "text", "phone", "text"])
        self.assertEqual(thing["looks_like"]["entity"], "vehicle.dispatch-order@1")
        by_name = {f["name"]: f for f in thing["fields"]}
        self.assertEqual(by_name["CPH"]["element"], "plate_no")
        self.assertEqual(by_name["备注"]["nulls"], 29)
        self.assertEqual(by_name["CLLX"]["distinct"], 3)
        self.assertEqual(by_name["CFSJ"]["min"], "2024.3.1 8:25")

    def test_personal_values_are_hidden(self):
        write(self.path("trips.csv"), TRIPS)
        for options in ([], ["--json"]):
            done = guantong("discover", self.path("trips.csv"), *options)
            self.assertIn("138****0000", done.stdout)
            self.assertIn("张**", done.stdout)
            self.assertIn("卡************1111", done.stdout)
            for secret in ("张三", "13812340000", "4111111111111111"):
                self.assertNotIn(secret, done.stdout)
        shown = guantong("discover", self.path("trips.csv"), "--show-personal").stdout
        for secret in ("张三0", "13812340000", "4111111111111111"):
            self.assertIn(secret, shown)

    def test_nested_values_are_hidden(self):
        write(self.path("a.json"), json.dumps([{"a": {"b": 1}, "c": [{"tel": "张三"}]}]))
        done = guantong("discover", self.path("a.json"))
        self.assertNotIn("张三", done.stdout)
        self.assertIn("a.b", done.stdout)
        self.assertIn("[…]", done.stdout)

    def test_both_languages_and_widths(self):
        write(self.path("trips.csv"), TRIPS)
        english = guantong("discover", self.path("trips.csv")).stdout
        chinese = guantong("discover", self.path("trips.csv"), language="zh_CN.UTF-8").stdout
        self.assertIn("looks like vehicle.dispatch-order@1 (", english)
        self.assertIn("像是 vehicle.dispatch-order@1（", chinese)
        # The columns behind the names begin at the same place, whatever is in them.
        def start(line, word):
            before = line[:line.index(word)]
            return sum(2 if ord(c) > 0x2E80 else 1 for c in before)
        lines = chinese.splitlines()
        self.assertEqual(start(lines[2], "类型"), start(next(x for x in lines if "CPH" in x), "号牌"))
        self.assertEqual(start(lines[2], "类型"), start(next(x for x in lines if "备注" in x), "文本"))

    def test_rows(self):
        thing, = self.look("n.csv", "a\n" + "".join(f"{i}\n" for i in range(300)), "--rows", "100")
        self.assertEqual((thing["rows"], thing["looked_at"]), (300, 100))
        self.assertEqual(thing["fields"][0]["max"], "99")
        self.assertIn("300 rows (the first 100 looked at)",
                      guantong("discover", self.path("n.csv"), "-n", "100").stdout)

    def test_json_lines_and_bad_rows(self):
        thing, = self.look("a.jsonl", '{"a":1}\n{"b":true}\n{"a":\n')
        self.assertEqual((thing["rows"], thing["bad"]), (3, 1))
        self.assertEqual([(f["name"], f["type"], f["nulls"]) for f in thing["fields"]],
                         [("a", "integer", 1), ("b", "boolean", 1)])
        self.assertIn("1 × GT", guantong("discover", self.path("a.jsonl")).stdout)

    def test_pinned_format(self):
        thing, = self.look("a.dat", "x|y\n-\n1|2\n", "--format", "csv", "--set", "header=1 delimiter=|")
        self.assertEqual([f["name"] for f in thing["fields"]], ["x", "y"])
        self.refused("a.dat", "x", "GT9761", "--format", "csv", "--set", "heading=1", exit_code=3)
        self.refused("a.dat", "x", "GT9055", "--format", "cvs", exit_code=3)

    def test_what_is_no_table(self):
        self.refused("a.sql", "-- MySQL dump\n\nSET NAMES utf8;\nCREATE TABLE `a` (b int, c int);\n"
                     "INSERT INTO a VALUES (1,2),(3,4);\n", "GT9750")
        database = sqlite3.connect(self.path("a.db"))
        database.execute("create table a (b)")
        database.commit()
        database.close()
        with open(self.path("a.db"), "rb") as file:
            self.refused("b.db", file.read(), "GT9751")
        self.refused("a.csv", b"\x1f\x8b\x08\x00\x00\x00\x00\x00a,b\n", "GT9752")
        self.refused("a.pdf", b"%PDF-1.7\n%\xe2\xe3\n", "GT9753")
        self.refused("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "GT9754")
        self.refused("a.bin", bytes(range(256)), "GT9755")
        self.refused("a.csv", b"", "GT9759")
        done = guantong("discover", self.path("missing.csv"))
        self.assertEqual(done.returncode, 3)
        self.assertIn("GT9756", done.stderr)


class Source(Case):
    def test_drop_folder_without_flows(self):
        self.gateway()
        write(self.path("sources/cars.yaml"), "source: cars\nadapter: file\nfolder: ../in\n"
              "complete: rename\nformat: csv\n")
        write(self.path("sources/broken.yaml"), "source: other\nadpter: file\n")
        write(self.path("in/trips.csv"), TRIPS, "gb18030")
        write(self.path("in/读 数.csv"), "表号,抄表时间,读数(万kWh)\n0001,2024-03-31 00:00:00,1.5\n")
        things = self.json_of("discover", "cars", self.folder, "-n", "10")["things"]
        self.assertEqual({t["name"]: (t["rows"], t["more"]) for t in things},
                         {"trips.csv": (10, True), "读 数.csv": (1, False)})
        unit, = (f.get("unit") for t in things for f in t["fields"] if f["name"].startswith("读数"))
        self.assertEqual(unit, "万kWh")
        with open(self.path("in/trips.csv"), "rb"):
            pass  # nothing was moved

    def test_endpoint(self):
        server = Backend(self, lambda _: rows({"ID": "1", "info": {"CPH": "鄂A12345"}},
                                              {"ID": "2", "late": 1}))
        self.gateway()
        write(self.path("sources/cars.yaml"), f"""source: cars
adapter: http
url: http://127.0.0.1:{server.port}
records: rows
flows: {{trips: {{path: /list}}}}
""")
        thing, = self.json_of("discover", "cars", self.folder)["things"]
        self.assertEqual([f["name"] for f in thing["fields"]], ["ID", "info.CPH", "late"])
        self.assertEqual(thing["rows"], 2)

    def test_mistakes(self):
        self.gateway()
        write(self.path("sources/cars.yaml"), "source: cars\nadapter: file\nformat: csv\nfolder: ../in\n")
        done = guantong("discover", "cars", self.folder)
        self.assertEqual(done.returncode, 3)
        self.assertIn("cars.yaml", done.stderr)
        write(self.path("in/.keep"), "")
        done = guantong("discover", "cars", self.folder)
        self.assertEqual(done.returncode, 0)
        self.assertIn("GT9758", done.stderr)
        done = guantong("discover", "bikes", self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("GT9757", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
