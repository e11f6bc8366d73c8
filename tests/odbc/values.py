#!/usr/bin/env python3
"""Types without loss: what each database holds arrives as it wrote it. values.py [CASE…]"""
from odbc_rig import Pull, databases, main, unittest

COMMON = {"text": "公务🚗 \"引号\" \\ 反斜\t制表\n换行", "empty": "", "missing": None}


class Postgres(unittest.TestCase):
    def test_values(self):
        with databases.Postgres() as db:
            db.sql("""
                CREATE TABLE t(id int PRIMARY KEY, b bool, n numeric(30,10), big numeric, i8 bigint,
                  f float8, f4 real, v varchar(200), empty text, missing text, c char(6), ts timestamp,
                  tz timestamptz, d date, tm time, by bytea, j jsonb, u uuid, iv interval, a int[],
                  nan float8);
                INSERT INTO t VALUES (1, true, 1.5, 123456789012345678901234567890.123456789,
                  9223372036854775807, 0.1, 1.1, E'公务🚗 "引号" \\\\ 反斜\\t制表\\n换行', '', NULL, 'ab',
                  '2024-03-27 08:25:00.123456', '2024-03-27 08:25:00+08', '2024-02-29', '23:59:59.5',
                  '\\xdead00beef', '{"a": [1, 2.50]}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
                  '1 day 2 hours', '{1,2}', 'NaN'),
                 (2, false, -0.0000000001, 0, -1, 1e300, -1.5, 'x', ' ', 'NULL', '',
                  '1988-06-01 08:00:00', '1988-06-01 08:00:00+09', '1900-01-01', '00:00', '', 'null',
                  'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '0', '{}', 0)""")
            with Pull(db.options + "table: t\n", "id", "b", "n", "v", "empty", "missing", "tz", "by") as p:
                one, two = p.open().drain()
            self.assertEqual(one.json, {
                "id": "1", "b": True, "n": "1.5000000000",
                "big": "123456789012345678901234567890.123456789", "i8": "9223372036854775807",
                "f": "0.1", "f4": "1.1", "v": COMMON["text"], "empty": "", "missing": None,
                "c": "ab    ", "ts": "2024-03-27 08:25:00.123456", "tz": "2024-03-27 08:25:00",
                "d": "2024-02-29", "tm": "23:59:59.5", "by": "dead00beef", "j": '{"a": [1, 2.50]}',
                "u": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "iv": "1 day 02:00:00", "a": "{1,2}",
                "nan": "NaN"})
            self.assertEqual(one.values, ["1", True, "1.5000000000", COMMON["text"], "", None,
                                          "2024-03-27 08:25:00", "dead00beef"])
            self.assertEqual(one.kinds, ["number", "bool", "number", "text", "text", None, "text",
                                         "text"])
            # An instant of the years with summer time, in the fixed zone that is declared.
            self.assertEqual((two.json["ts"], two.json["tz"]),
                             ("1988-06-01 08:00:00", "1988-06-01 07:00:00"))
            self.assertEqual((two.json["n"], two.json["missing"], two.json["empty"], two.json["by"]),
                             ("-0.0000000001", "NULL", " ", ""))
            self.assertEqual(two.json["f"], "1e+300")

    def test_zone_of_the_session(self):
        with databases.Postgres() as db:
            db.sql("CREATE TABLE t(id int PRIMARY KEY, tz timestamptz); "
                   "INSERT INTO t VALUES (1, '2024-03-27 00:25:00Z')")
            for zone, text in ((480, "08:25:00"), (0, "00:25:00"), (-210, "20:55:00"),
                               (345, "06:10:00")):
                with Pull(db.options + "table: t\n", "tz", zone=zone) as p:
                    self.assertEqual(p.open().drain()[0].values[0][11:], text)

    def test_the_session_only_reads(self):
        with databases.Postgres() as db:
            db.sql("CREATE TABLE t(id int); CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS "
                   "$$ BEGIN INSERT INTO t VALUES (1); RETURN 1; END $$")
            with Pull(db.options + "query: SELECT f()\n") as p:
                self.assertEqual(p.open().failure().code, "GT3407")
            self.assertEqual(db.query("SELECT count(*) FROM t", db.name), [["0"]])


class MariaDB(unittest.TestCase):
    def test_values(self):
        with databases.MariaDB() as db:
            db.sql("""
                CREATE TABLE t(id int PRIMARY KEY, b boolean, bt bit(1), b8 bit(8),
                  n decimal(65,30), u8 bigint unsigned, f double, v varchar(200), empty text,
                  missing text, c char(6), ts timestamp(6) NULL, dt datetime, zero datetime,
                  d date, tm time(1), y year, bl blob, j json, e enum('甲','乙'), zf int(5) zerofill);
                INSERT INTO t VALUES (1, true, 1, b'10000001',
                  12345678901234567890123456789012345.000000000000000000000000000001,
                  18446744073709551615, 0.1, '公务🚗 "引号" \\\\ 反斜\\t制表\\n换行', '', NULL, 'ab',
                  '2024-03-27 08:25:00.123456', '2024-03-27 08:25:00', '0000-00-00 00:00:00',
                  '2024-02-29', '838:59:59', 2024, x'dead00beef', '{"a": [1, 2.50]}', '乙', 42)""")
            with Pull(db.options + "table: t\n", "id", "bt", "n", "v", "empty", "missing") as p:
                row, = p.open().drain()
            self.assertEqual(row.json, {
                "id": "1", "b": "1", "bt": True, "b8": "81",
                "n": "12345678901234567890123456789012345.000000000000000000000000000001",
                "u8": "18446744073709551615", "f": "0.1", "v": COMMON["text"], "empty": "",
                "missing": None, "c": "ab", "ts": "2024-03-27 08:25:00.123456",
                "dt": "2024-03-27 08:25:00", "zero": "0000-00-00 00:00:00", "d": "2024-02-29",
                "tm": "838:59:59.0", "y": "2024", "bl": "dead00beef", "j": '{"a": [1, 2.50]}',
                "e": "乙", "zf": "00042"})
            self.assertEqual(row.kinds, ["number", "bool", "number", "text", "text", None])
            # A timestamp is an instant: another zone, another text.
            with Pull(db.options + "table: t\n", "ts", "dt", zone=0) as p:
                self.assertEqual(p.open().drain()[0].values,
                                 ["2024-03-27 00:25:00.123456", "2024-03-27 08:25:00"])

    def test_the_session_only_reads(self):
        with databases.MariaDB() as db:
            db.sql("CREATE TABLE t(id int); CREATE FUNCTION f() RETURNS int "
                   "BEGIN INSERT INTO t VALUES (1); RETURN 1; END"
                   .replace("; CREATE", ";\nDELIMITER //\nCREATE") + "//")
            with Pull(db.options + "query: SELECT f()\n") as p:
                self.assertEqual(p.open().failure().code, "GT3407")
            self.assertEqual(db.query("SELECT count(*) FROM t", db.name), [["0"]])


class SQLite(unittest.TestCase):
    def test_values(self):
        with databases.SQLite() as db:
            db.sql("""
                CREATE TABLE t(id integer PRIMARY KEY, b boolean, n decimal(10,2), f real,
                  v varchar(200), empty text, missing text, dt datetime, bl blob, anything);
                INSERT INTO t VALUES (1, 1, 12.50, 0.1, '公务🚗', '', NULL, '2024-03-27 08:25:00',
                  x'dead00beef', 'x'), (9223372036854775807, 2, '1.10', 1e300, 'a' || char(0) || 'b', ' ',
                  'NULL', 'junk', 'no blob', 5), (-1, 'maybe', 'n/a', 'n/a', 'x', 'x', 'x', 'x', 'x',
                  x'00ff')""")
            with Pull(db.options + "table: t\n", "b", "v", "n") as p:
                rows = {r.json["id"]: r for r in p.open().drain()}
            self.assertEqual(rows["1"].json, {
                "id": "1", "b": True, "n": "12.5", "f": "0.1", "v": "公务🚗", "empty": "",
                "missing": None, "dt": "2024-03-27 08:25:00", "bl": "dead00beef", "anything": "x"})
            self.assertEqual(rows["1"].values, [True, "公务🚗", "12.5"])
            # SQLite's types are advice: what does not fit its column's type stays what it is.
            other = rows["9223372036854775807"].json
            self.assertEqual((other["b"], other["dt"], other["missing"]), ("2", "junk", "NULL"))
            self.assertEqual((rows["-1"].json["b"], rows["-1"].json["f"]), ("maybe", "n/a"))

    def test_long_values(self):
        """Texts and bytes in pieces; a row above 1 MiB is a bad one, kept in part."""
        with databases.SQLite() as db:
            db.sql("CREATE TABLE t(id integer PRIMARY KEY, v text, b blob)")
            text = "贯" * 100000
            db.sql(f"INSERT INTO t VALUES (1, '{text}', zeroblob(100000)), "
                   f"(2, '{'通' * 500000}', NULL), (3, 'x', zeroblob(600000)), (4, 'fits', NULL)")
            with Pull(db.options + "table: t\n", "v", "b") as p:
                rows = p.open().drain()
                self.assertEqual(rows[0].values, [text, "00" * 100000])
                self.assertEqual([r.bad for r in rows], [None, "GT2010", "GT2010", None])
                self.assertEqual(rows[1].whole, len('{"id":2,"v":"","b":null}') + 1500000)
                self.assertEqual(len(rows[1].raw.encode("utf-8", "surrogateescape")), 65536)
                self.assertEqual(rows[2].whole, len('{"id":3,"v":"x","b":""}') + 1200000)
                self.assertEqual(rows[3].values, ["fits", None])
                # Behind its kept part a row changed: it is another row.
                db.sql("UPDATE t SET v = substr(v, 1, 450000) || '达' || substr(v, 450002) WHERE id = 2")
                self.assertEqual([r.raw[6] for r in p.drain()], ["2"])

    def test_names(self):
        """Chinese names, a quote in one, a name twice."""
        with databases.SQLite() as db:
            db.sql('CREATE TABLE "车辆 ""表"""("车牌 号" text, "a""b" int, "c-d" int); '
                   'INSERT INTO "车辆 ""表""" VALUES (\'鄂A12345\', 1, 2)')
            with Pull(db.options + "table: '\"车辆 \"\"表\"\"\"'\ncolumns: ['车牌 号', 'a\"b', c-d]\n"
                      "key: 车牌 号\n", "车牌 号", "a\"b", "c-d") as p:
                self.assertEqual(p.open().drain()[0].values, ["鄂A12345", "1", "2"])
            with Pull(db.options + "query: SELECT 1 AS x, 2 AS x, 3 AS x\n", "x", "x:1", "x:2") as p:
                self.assertEqual(p.open().drain()[0].values, ["1", "2", "3"])


if __name__ == "__main__":
    main()
