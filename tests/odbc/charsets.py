#!/usr/bin/env python3
"""GB18030 in character columns of old databases. charsets.py [CASE…]"""
from odbc_rig import Pull, databases, main, unittest

# 公务用车, then characters that GBK lacks, and one of its user-defined area.
TEXT = "公务用车 㐀𠮷 车辆"
BYTES = TEXT.encode("gb18030")


class Charsets(unittest.TestCase):
    def check(self, options):
        """Row 1 is text, row 2 ASCII, row 3 no text of that charset, row 4 NULL."""
        with Pull(options, "id", "v") as p:
            rows = p.open().drain()
            self.assertEqual([r.values for r in rows if not r.bad],
                             [["1", TEXT], ["2", "plain \"x\""], ["4", None]])
            self.assertEqual((rows[2].bad, rows[2].json["v"]), ("GT3413", {"hex": "b9ff20"}))

    def test_postgres_that_knows_no_charset(self):
        with databases.Postgres() as db:
            db.sql("CREATE DATABASE old ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' "
                   "LC_CTYPE 'C'")
            hexes = "".join(f"\\x{b:02x}" for b in BYTES)
            db.sql(f"CREATE TABLE t(id int PRIMARY KEY, v varchar(80), b bytea); INSERT INTO t VALUES "
                   f"(1, E'{hexes}', '\\xdead'), (2, 'plain \"x\"', ''), (3, E'\\xb9\\xff ', NULL), "
                   "(4, NULL, NULL)", "old")
            options = db.options.replace(f"database: {db.name}", "database: old")
            self.check(options + "table: t\ncharset: GB18030\npage: 2\n")
            self.check(options + "table: t\ncharsets: {v: GBK}\npage: 2\n")
            # Keys are bytes of that charset, too: they go back as they came.
            with Pull(options + "query: SELECT v, id FROM t WHERE id <> 3 AND v IS NOT NULL\n"
                      "key: v\ncharset: GB18030\npage: 1\n", "id") as p:
                self.assertEqual(sorted(r.values[0] for r in p.open().drain(1)), ["1", "2"])
                p.open()
                self.assertEqual(p.drain(), [])
            # Not declared: nothing is guessed. The database's own refusal, or rejects.
            with Pull(options + "table: t\n", "id") as p:
                try:
                    self.assertEqual(p.open().drain()[0].bad, "GT3413")
                except Exception as failed:
                    self.assertIn("GT34", str(failed))

    def test_latin1_tables_that_hold_gbk(self):
        with databases.MariaDB() as db:
            db.sql("CREATE TABLE t(id int PRIMARY KEY, v varchar(80) CHARACTER SET latin1, "
                   "u varchar(80) CHARACTER SET utf8mb4, b varbinary(9)); INSERT INTO t VALUES "
                   f"(1, x'{BYTES.hex()}', '通🚗', x'dead'), (2, 'plain \"x\"', '', x''), "
                   "(3, x'b9ff20', NULL, NULL), (4, NULL, NULL, NULL)")
            self.check(db.options + "table: t\ncharset: GB18030\npage: 2\n"
                       "charsets: {u: UTF-8, b: binary}\n")
            with Pull(db.options + "table: t\ncharset: GB18030\ncharsets: {u: UTF-8, b: binary}\n"
                      "where: id < 3\n", "u", "b", "v") as p:
                self.assertEqual([r.values for r in p.open().drain()],
                                 [["通🚗", "dead", TEXT], ["", "", "plain \"x\""]])
            # Bytes by CAST and the charset of that column: works with every driver.
            with Pull(db.options + "query: SELECT id, CAST(v AS BINARY) AS v FROM t\nkey: id\n"
                      "charsets: {v: GB18030}\n", "id", "v") as p:
                self.assertEqual(p.open().drain()[0].values, ["1", TEXT])

    def test_one_column_of_sqlite(self):
        with databases.SQLite() as db:
            db.sql("CREATE TABLE t(id integer PRIMARY KEY, v text, u text); INSERT INTO t VALUES "
                   f"(1, CAST(x'{BYTES.hex()}' AS text), '通'), (2, 'plain \"x\"', ''), "
                   "(3, CAST(x'b9ff20' AS text), ''), (4, NULL, '')")
            self.check(db.options + "table: t\ncharsets: {v: gbk}\n")


if __name__ == "__main__":
    main()
