#!/usr/bin/env python3
"""`guantong discover` on a database: tables and views, what they declare and what their values are.
discover.py GUANTONG [CASE…]"""
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "tests/tools")]

import databases  # noqa: E402
from tool import Case, guantong, unittest, write  # noqa: E402

os.environ["GT_DB_PASSWORD"] = databases.PASSWORD
TRIPS = ", ".join(f"({i}, '鄂A1234{i % 10}', '2024-03-{i % 28 + 1:02} 08:25:00', {i}.50, '张三{i}', "
                  f"'1381234{i:04}')" for i in range(1, 31))


class Source(Case):
    def look(self, db, *options):
        self.gateway()
        write(self.path("sources/cars.yaml"), "source: cars\nadapter: odbc\n" + db.options)
        done = self.json_of("discover", "cars", self.folder, *options)
        return {thing["name"].removeprefix("public."): thing for thing in done["things"]}

    def fill(self, db, time):
        db.sql("CREATE TABLE trips(id int PRIMARY KEY, plate varchar(20), depart " + time +
               ", km decimal(10,2), driver varchar(40), phone varchar(20)); "
               "INSERT INTO trips VALUES " + TRIPS + "; "
               "CREATE VIEW short AS SELECT id, plate FROM trips WHERE id <= 5; "
               "CREATE TABLE none(a varchar(5), b int)")

    def check(self, db, declared):
        things = self.look(db)
        self.assertEqual({n: (t["kind"], t["rows"], t["more"]) for n, t in things.items()},
                         {"trips": ("table", 30, False), "short": ("view", 5, False),
                          "none": ("table", 0, False)})
        fields = things["trips"]["fields"]
        self.assertEqual([(f["name"], f["declared"]) for f in fields], declared)
        self.assertEqual([f["type"] for f in fields],
                         ["integer", "plate", "time", "decimal", "text", "phone"])
        self.assertEqual((fields[2]["min"], fields[2]["nulls"]), ("2024-03-01 08:25:00", 0))
        self.assertEqual([f["name"] for f in things["none"]["fields"]], ["a", "b"])
        few = self.look(db, "-n", "10")["trips"]
        self.assertEqual((few["looked_at"], few["fields"][0]["max"]), (10, "10"))
        shown = guantong("discover", "cars", self.folder)
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        for words in (declared[1][1], "鄂A12341", "138****0001"):
            self.assertIn(words, shown.stdout)
        for secret in ("张三1", "13812340001", databases.PASSWORD):
            self.assertNotIn(secret, shown.stdout)

    def test_sqlite(self):
        with databases.SQLite() as db:
            self.fill(db, "datetime")
            self.check(db, [("id", "INT"), ("plate", "varchar(20)"), ("depart", "datetime"),
                            ("km", "decimal(10)"),  # its driver tells no digits behind the point
                            ("driver", "varchar(40)"), ("phone", "varchar(20)")])

    def test_postgres(self):
        with databases.Postgres() as db:
            self.fill(db, "timestamp")
            self.check(db, [("id", "int4"), ("plate", "varchar(20)"),
                            ("depart", "timestamp without time zone"), ("km", "numeric(10,2)"),
                            ("driver", "varchar(40)"), ("phone", "varchar(20)")])

    def test_what_goes_wrong(self):
        """A table that may not be read hides no other; a wrong login is told, with the same words as
        in a flow."""
        with databases.Postgres() as db:
            db.sql("CREATE TABLE open(a int); CREATE TABLE shut(a int); "
                   f"CREATE USER reader PASSWORD '{databases.PASSWORD}'; "
                   "GRANT SELECT ON open TO reader")
            self.gateway()
            text = "source: cars\nadapter: odbc\n" + db.options
            write(self.path("sources/cars.yaml"), text.replace("user: gt", "user: reader"))
            done = guantong("discover", "cars", self.folder, "--json")
            self.assertIn('"public.open"', done.stdout)
            self.assertNotIn('"public.shut"', done.stdout)
            self.assertIn("shut", done.stderr)
            write(self.path("sources/cars.yaml"), text.replace("user: gt", "user: nobody"))
            done = guantong("discover", "cars", self.folder)
            self.assertEqual(done.returncode, 3)
            self.assertIn("GT3402", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
