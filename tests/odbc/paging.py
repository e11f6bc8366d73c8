#!/usr/bin/env python3
"""Paging and increments: nothing lost, nothing twice. paging.py [CASE…]"""
import json
import os

from odbc_rig import Failed, Pull, databases, main, unittest

DATABASES = {"Postgres": databases.Postgres, "MariaDB": databases.MariaDB, "SQLite": databases.SQLite}
CREATE = "CREATE TABLE t(id int PRIMARY KEY, v varchar(40), u {time}, c {time})"
TIME = {"Postgres": "timestamp", "MariaDB": "datetime", "SQLite": "datetime"}


def insert(db, first, last, time="'2024-03-27 08:25:00'", created="NULL"):
    db.sql("INSERT INTO t VALUES " + ", ".join(f"({i}, '行{i}', {time}, {created})"
                                               for i in range(first, last + 1)))


def ids(rows):
    return [int(row.json["id"]) for row in rows]


class Every(unittest.TestCase):
    """The same cases on each database."""

    @classmethod
    def setUpClass(cls):
        cls.databases = {}
        for name, kind in DATABASES.items():
            db = kind()
            cls.databases[name] = db
            cls.addClassCleanup(db.close)
            db.create()
            db.start()

    def each(self):
        for name, db in self.databases.items():
            with self.subTest(name):
                db.sql("DROP TABLE IF EXISTS t")
                db.sql(CREATE.format(time=TIME[name]))
                yield name, db

    def test_equal_values_over_page_borders(self):
        """40 rows of one second, pages of 7; with the primary key as tie, and with another."""
        for _, db in self.each():
            insert(db, 1, 40)
            insert(db, 41, 50, "'2024-03-27 08:26:00'")
            for tie in ("", ", tie: v"):
                with Pull(db.options + f"table: t\npage: 7\ncursor: {{field: u{tie}}}\n", "id") as p:
                    self.assertEqual(sorted(ids(p.open().drain())), list(range(1, 51)))
                    self.assertEqual((p.drain(), p.notes), ([], []))

    def test_every_cursor_resumes(self):
        """Batches of 3 rows that end anywhere in pages of 7: each position goes on exactly there."""
        for _, db in self.each():
            insert(db, 1, 30)
            insert(db, 31, 33, "NULL")
            for how in ("cursor: {field: u}\n", "", "key: [v]\n"):
                cursors, options = [], db.options + "table: t\npage: 7\n" + how
                with Pull(options, "id") as p:
                    p.open()
                    while p.poll(3) != "idle":
                        cursors.append((len(p.rows), p.ask("cursor")))
                    self.assertEqual(sorted(ids(p.rows)), list(range(1, 34)))
                    whole = ids(p.rows)
                for count, cursor in cursors:
                    with Pull(options, "id") as p:
                        p.ask("cursor " + cursor)
                        p.open()
                        p.drain()
                        # Digests are the gateway's to keep; here the position alone must do.
                        late = [i for i in ids(p.rows) if i not in whole[:count] or i > 30]
                        self.assertEqual([i for i in whole[count:] if i <= 30],
                                         [i for i in late if i <= 30])

    def test_late_updates(self):
        """A row changed behind the cursor, one that came late within the lookback, one too young."""
        for name, db in self.each():
            now = {"Postgres": "now()", "MariaDB": "now()",
                   "SQLite": "datetime('now', '+8 hours')"}[name]
            insert(db, 1, 20)
            zone = "SET timezone = 'Asia/Shanghai'; " if name == "Postgres" else ""
            with Pull(db.options + "table: t\npage: 7\ncursor: {field: u, lookback: 10 min, "
                      "delay: 5 min}\n", "id", "v") as p:
                self.assertEqual(len(p.open().drain()), 20)
                db.sql("UPDATE t SET v = '改', u = '2024-03-27 09:00:00' WHERE id = 3")
                self.assertEqual([r.values for r in p.drain()], [["3", "改"]])
                insert(db, 21, 21, "'2024-03-27 08:55:00'")
                insert(db, 22, 22, "'2024-03-27 08:40:00'")
                self.assertEqual(ids(p.drain()), [21])  # 22 came 20 minutes late: missed, as said
                db.sql(zone + f"INSERT INTO t VALUES (23, 'young', {now}, NULL)")
                self.assertEqual(p.drain(), [])
                self.assertEqual(p.notes, [])

    def test_without_a_value(self):
        """NULL in the cursor column: read in every pass, handed on when new or changed."""
        for _, db in self.each():
            insert(db, 1, 10)
            insert(db, 11, 30, "NULL")
            with Pull(db.options + "table: t\npage: 7\ncursor: {field: u}\n", "id") as p:
                self.assertEqual(sorted(ids(p.open().drain())), list(range(1, 31)))
                insert(db, 31, 31, "NULL")
                db.sql("UPDATE t SET v = 'x' WHERE id = 12")
                db.sql("UPDATE t SET u = '2024-03-27 08:30:00' WHERE id = 13")
                self.assertEqual(sorted(ids(p.drain())), [12, 13, 31])
                self.assertEqual(p.drain(), [])
            with Pull(db.options + "table: t\ncursor: {field: u, nulls: leave}\n", "id") as p:
                self.assertEqual(sorted(ids(p.open().drain())), [*range(1, 11), 13])
            # Edited or else created: the usual pair.
            insert(db, 40, 45, "NULL", "'2024-03-27 08:28:00'")
            with Pull(db.options + "table: t\npage: 2\ncursor: {field: [u, c], nulls: leave}\n",
                      "id") as p:
                self.assertEqual(sorted(ids(p.open().drain())), [*range(1, 11), 13, *range(40, 46)])
                db.sql("UPDATE t SET u = '2024-03-27 08:31:00' WHERE id = 41")
                self.assertEqual(ids(p.drain()), [41])

    def test_numbers(self):
        """An id that only grows; numbers that are committed late are within the overlap."""
        for _, db in self.each():
            insert(db, 1, 99)
            with Pull(db.options + "table: t\npage: 10\ncursor: {field: id, layout: number, "
                      "overlap: 20}\n", "id") as p:
                db.sql("DELETE FROM t WHERE id IN (9, 90)")
                self.assertEqual(len(p.open().drain()), 97)
                insert(db, 90, 90)
                insert(db, 100, 1005)
                self.assertEqual(ids(p.drain()), [90, *range(100, 1006)])
                insert(db, 9, 9)
                self.assertEqual(p.drain(), [])

    def test_whole_tables(self):
        """Without a cursor: new and changed rows; by primary key, by key:, and without any."""
        for _, db in self.each():
            insert(db, 1, 50)
            for how in ("table: t\n", "query: SELECT id, v FROM t;\nkey: id\n",
                        "query: SELECT id, v FROM t -- no key\n"):
                with Pull(db.options + how + "page: 7\ncount: true\n", "id", "v") as p:
                    self.assertEqual(len(p.open().drain(11)), 50)
                    self.assertEqual(p.totals, {"source_rows": 50})
                    db.sql("UPDATE t SET v = v WHERE id = 1; UPDATE t SET v = 'neu' WHERE id = 2; "
                           "DELETE FROM t WHERE id = 3")
                    self.assertEqual([r.values for r in p.drain()], [["2", "neu"]])
                    # It changes back to what it was: the digest of then is forgotten by now.
                    db.sql("UPDATE t SET v = '行2' WHERE id = 2")
                    insert(db, 3, 3)
                    self.assertEqual(sorted(r.values[0] for r in p.drain()), ["2", "3"])
                    self.assertEqual(p.skipped, 48 + 48)
                    self.assertEqual(p.notes, [])
                    p.open()  # the gateway starts again: digests come from its state
                    self.assertEqual(p.drain(), [])

    def test_columns_and_condition(self):
        for _, db in self.each():
            insert(db, 1, 20)
            with Pull(db.options + "table: t\ncolumns: [v, id]\nwhere: id > 5 AND (id < 10 OR id = 15) "
                      "-- not all\npage: 2\ncursor: {field: u}\n", "v") as p:
                rows = p.open().drain()
                self.assertEqual(ids(rows), [6, 7, 8, 9, 15])
                self.assertEqual(list(rows[0].json), ["v", "id"])

    def test_a_range(self):
        """A backfill: from inclusive, until exclusive; nothing is remembered, END when done."""
        for _, db in self.each():
            for i in range(1, 31):
                insert(db, i, i, f"'2024-03-27 08:{i:02d}:00'")
            with Pull(db.options + "table: t\npage: 4\ncursor: {field: u}\n", "id",
                      mode="direct") as p:
                p.ask("range 2024-03-27T08:05:00+08:00 2024-03-27T00:20:00Z")
                p.open()
                p.poll(6)
                self.assertEqual(p.poll(100), "end")
                self.assertEqual(ids(p.rows), list(range(5, 20)))
                self.assertEqual(json.loads(p.ask("cursor"))["seen"], 0)
            with Pull(db.options + "table: t\npage: 4\ncursor: {field: id, layout: number}\n", "id",
                      mode="direct") as p:
                p.ask("range 10 -")
                self.assertEqual(ids(p.open().drain()), list(range(10, 31)))
            with Pull(db.options + "table: t\n", "id", mode="direct") as p:
                p.ask("range 10 -")
                self.assertEqual(p.open().failure().code, "GT3432")

    def test_layouts(self):
        """Times as old systems keep them: in text, as seconds, as a day."""
        for name, db in self.each():
            for column, value, later, layout in (
                    ("varchar(14)", "'20240327082500'", "'20240327090000'", "compact"),
                    ("bigint", "1711499100", "1711501200", "seconds"),
                    ("bigint", "1711499100123", "1711501200123", "millis"),
                    ("date", "'2024-03-27'", "'2024-03-28'", "date"),
                    ("varchar(30)", "'2024-03-27T08:25:00+08:00'", "'2024-03-27T09:00:00+08:00'",
                     "iso")):
                db.sql("DROP TABLE IF EXISTS l")
                db.sql(f"CREATE TABLE l(id int PRIMARY KEY, u {column}, w {column})")
                db.sql("INSERT INTO l VALUES " +
                       ", ".join(f"({i}, {value}, NULL)" for i in range(1, 12)))
                with self.subTest(f"{name} {layout}"):
                    # COALESCE: no column's type helps the database to compare.
                    for field in ("u", "[w, u]"):
                        with Pull(db.options + f"table: l\npage: 5\ncursor: {{field: {field}, "
                                  f"layout: {layout}}}\n", "id") as p:
                            self.assertEqual(len(p.open().drain()), 11)
                            db.sql(f"UPDATE l SET u = {later} WHERE id = 4")
                            self.assertEqual(ids(p.drain()), [4])
                            self.assertEqual(p.drain(), [])
                            db.sql(f"UPDATE l SET u = {value} WHERE id = 4")

    def test_text_and_uuid_keys(self):
        for name, db in self.each():
            kind = {"Postgres": "uuid", "MariaDB": "uuid", "SQLite": "text"}[name]
            db.sql("DROP TABLE IF EXISTS k")
            db.sql(f"CREATE TABLE k(k {kind} PRIMARY KEY, v int)")
            db.sql("INSERT INTO k VALUES " + ", ".join(
                f"('{i:08x}-9c0b-4ef8-bb6d-6bb9bd380a11', {i})" for i in range(1, 30)))
            with Pull(db.options + "table: k\npage: 4\n", "v") as p:
                self.assertEqual(sorted(int(r.values[0]) for r in p.open().drain(3)),
                                 list(range(1, 30)))

    def test_keys_that_do_not_do(self):
        for _, db in self.each():
            insert(db, 1, 30)
            same = "query: SELECT id, v, u, 1 AS one FROM t\n"
            with Pull(db.options + same + "page: 7\ncursor: {field: u, tie: one}\n", "id") as p:
                self.assertEqual(p.open().failure().code, "GT3418")
            with Pull(db.options + same + "page: 7\ncursor: {field: u}\n", "id") as p:
                failed = p.open().failure()
                self.assertEqual((failed.code, len(p.rows)), ("GT3417", 7))
                self.assertIn("2024-03-27 08:25:00", failed.sentence)
            # Without a tie, but pages that are large enough: rows of a border come once.
            db.sql("UPDATE t SET u = '2024-03-27 08:26:00' WHERE id > 12")
            with Pull(db.options + same + "page: 20\ncursor: {field: u}\n", "id") as p:
                self.assertEqual(sorted(ids(p.open().drain())), list(range(1, 31)))
            with Pull(db.options + "table: t\npage: 7\ncursor: {field: u, tie: c}\n", "id") as p:
                self.assertEqual(p.open().failure().code, "GT3419")
            with Pull(db.options + "table: t\ncursor: {field: v}\n", "id") as p:
                failed = p.open().failure()
                self.assertIn(failed.code, ("GT3420", "GT3407"))
            if not isinstance(db, databases.Postgres):  # which compares no text with times
                db.sql("UPDATE t SET v = '2024-03-27 08:25:00' WHERE id > 10")
                with Pull(db.options + "table: t\ncursor: {field: v}\n", "id") as p:
                    self.assertEqual(len(p.open().drain()), 20)
                    p.drain()
                    self.assertEqual([code for code, _ in p.notes], ["GT3435"])
            with Pull(db.options + "table: t\nkey: [id, v, u, c, id]\n", "id") as p:
                self.assertEqual(p.open().failure().code, "GT3430")
            db.sql(f"UPDATE t SET v = '{'x' * 40}' WHERE id = 7")
            with Pull(db.options + "query: SELECT id, CONCAT(v, v, v, v, v, v, v) AS w FROM t\n"
                      .replace("CONCAT(v, v, v, v, v, v, v)", "v || v || v || v || v || v || v"
                               if "SQLite" in db.options else "CONCAT(v, v, v, v, v, v, v)") +
                      "key: [w]\nwhere: id < 10\n", "id") as p:
                self.assertEqual(p.open().failure().code, "GT3421")

    def test_counts_and_memory_of_rows(self):
        for _, db in self.each():
            db.sql("INSERT INTO t(id, v) SELECT a.n * 100 + b.n, 'x' FROM (" + " UNION ALL ".join(
                f"SELECT {i} AS n" for i in range(12)) + ") a, (" + " UNION ALL ".join(
                    f"SELECT {i} AS n" for i in range(100)) + ") b")
            with Pull(db.options + "table: t\nremember: 1000\n", "id") as p:
                failed = p.open().failure(100)
                self.assertEqual((failed.code, len(p.rows)), ("GT3422", 1000))
            # A first load with a cursor remembers the lookback only.
            with Pull(db.options + "table: t\nremember: 1000\npage: 100\n"
                      "cursor: {field: id, layout: number, overlap: 500}\n", "id") as p:
                self.assertEqual(len(p.open().drain()), 1200)
                p.ask("entries 0")
                p.open()
                p.drain()
                self.assertEqual([code for code, _ in p.notes], ["GT3423"])
            with Pull(db.options + "table: t\npage: 100\ncount: true\n", "id") as p:
                p.open()
                p.poll(50)
                db.sql("DELETE FROM t WHERE id BETWEEN 600 AND 699")
                p.drain()
                self.assertEqual([code for code, _ in p.notes], ["GT3424"])

    def test_positions_of_others(self):
        for _, db in self.each():
            insert(db, 1, 9)
            with Pull(db.options + "table: t\n", "id") as p:
                p.ask('cursor {"v":1,"of":"0000000000000000","pass":3,"open":1,"scan":0,"seen":0,'
                      '"at0":"5"}')
                self.assertEqual(len(p.open().drain()), 9)
                self.assertEqual([code for code, _ in p.notes], ["GT3434"])
                for text in ("7", '{"v":2}', "[]", '{"v":1'):
                    p.ask("cursor " + text)
                    with self.assertRaises(Failed) as caught:
                        p.open()
                    self.assertEqual(caught.exception.code, "GT3416")


class Mistakes(unittest.TestCase):
    """What is wrong with the options shows when the flow is opened, without a database."""

    def test_options(self):
        good = "driver: SQLite3\ndatabase: /nowhere\ntable: t\n"
        os.environ.pop("ODBCINI", None)
        for options, code in (
                ("table: t\n", "GT3425"), (good + "dsn: x\n", "GT3425"),
                ("connection: 'Driver=SQLite3;PWD=x'\n", "GT3427"),
                ("connection: 'Driver=SQLite3;password = {x}'\n", "GT3427"),
                (good + "options: {pwd: x}\n", "GT3427"),
                (good + "charset: EBCDIC\n", "GT3429"), (good + "charset: UTF-16LE\n", "GT3429"),
                (good + "charsets: {v: latin1}\n", "GT3429"),
                (good + "where: 1=1; DELETE FROM t\n", "GT3428"),
                (good + "where: 1=1) OR (1=1\n", "GT3428"), (good + "where: id = ?\n", "GT3428"),
                (good + "where: v = 'x\n", "GT3428"), (good + "where: (id = 1\n", "GT3428"),
                (good.replace("table: t", "query: DELETE FROM t"), "GT3428"),
                (good.replace("table: t", "query: SELECT 1 /* x"), "GT3428")):
            with self.subTest(options), Pull(options, "v") as p:
                with self.assertRaises(Failed) as caught:
                    p.open()
                self.assertEqual((caught.exception.code, caught.exception.kind), (code, 2))

    def test_neither_table_nor_query(self):
        with databases.SQLite() as db:
            for extra in ("", "table: t\nquery: SELECT 1\n"):
                with Pull(db.options + extra, "v") as p:
                    self.assertEqual(p.open().failure().code, "GT3426")
            with Pull(db.options + "table: t\ncolumns: [" +
                      ", ".join(f"{'x' * 400}{i}" for i in range(300)) + "]\n", "v") as p:
                self.assertEqual(p.open().failure().code, "GT3431")


if __name__ == "__main__":
    main()
