#!/usr/bin/env python3
"""300 000 rows: the adapter's process stays small, whatever the driver likes to buffer."""
from odbc_rig import Pull, databases, main, peak_rss, unittest

ROWS, WIDTH = 300000, 500  # 150 MB
BOUND = 100 << 10  # KiB, with what a sanitizer adds


class Volume(unittest.TestCase):
    def check(self, db, options):
        with Pull(db.options + options, "id") as p:
            p.open()
            pid, total, position = None, 0, 0
            while p.poll() != "idle":
                pid = pid or p.child()
                for row in p.rows:
                    self.assertEqual(int(row.values[0]), position + 1)
                    position += 1
                total += len(p.rows)
                p.rows.clear()
            total += len(p.rows)
            peak = peak_rss(pid)
        self.assertEqual(total, ROWS)
        self.assertLess(peak, BOUND, f"{peak} KiB for {ROWS * WIDTH >> 10} KiB of rows")
        print(f"{type(db).__name__}: {peak} KiB at most")

    def test_postgres(self):
        with databases.Postgres() as db:
            db.sql("CREATE TABLE t(id int PRIMARY KEY, v text, u timestamp); INSERT INTO t SELECT n, "
                   f"repeat('x', {WIDTH}), '2024-01-01'::timestamp + n * interval '1 second' FROM "
                   f"generate_series(1, {ROWS}) n")
            self.check(db, "table: t\npage: 5000\ncursor: {field: u}\n")
            # A result that cannot be paged: the driver's cursor bounds it.
            self.check(db, "query: SELECT id, v FROM t\n")

    def test_mariadb(self):
        with databases.MariaDB() as db:
            db.sql("CREATE TABLE t(id int PRIMARY KEY, v text, u datetime, KEY(u, id)); INSERT INTO t "
                   f"SELECT seq, repeat('x', {WIDTH}), '2024-01-01' + INTERVAL seq SECOND "
                   f"FROM seq_1_to_{ROWS}")
            self.check(db, "table: t\npage: 5000\ncursor: {field: u}\n")
            self.check(db, "table: t\npage: 5000\n")

    def test_sqlite(self):
        with databases.SQLite() as db:
            db.sql("CREATE TABLE t(id integer PRIMARY KEY, v text); INSERT INTO t WITH RECURSIVE n(i) "
                   f"AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) "
                   f"SELECT i, printf('%{WIDTH}s', 'x') FROM n")
            self.check(db, "query: SELECT id, v FROM t\n")


if __name__ == "__main__":
    main()
