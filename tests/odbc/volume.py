#!/usr/bin/env python3
"""Many rows: the adapter's process stays small, whatever the driver likes to buffer. 300 000 with
GT_ODBC_FULL (tests/run --full sets it)."""
import os

from odbc_rig import FULL, Pull, databases, main, peak_rss, unittest

ROWS, WIDTH = (300000, 500) if FULL else (30000, 2000)  # 150 MB, or 60 MB
GROWTH = ROWS * WIDTH * 4 // 5 >> 10  # KiB, from before it connects; sanitizers keep freed memory
# A sanitizer would keep 256 MB of what was freed.
FREE = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") +
        ":detect_leaks=0:quarantine_size_mb=1:thread_local_quarantine_size_kb=64"}


class Volume(unittest.TestCase):
    def check(self, db, options):
        with Pull(db.options + options, "id", environment=FREE) as p:
            p.open()
            pid, total, position = p.child(), 0, 0
            before = peak_rss(pid)
            while p.poll() != "idle":
                for row in p.rows:
                    self.assertEqual(int(row.values[0]), position + 1)
                    position += 1
                total += len(p.rows)
                p.rows.clear()
            total += len(p.rows)
            peak = peak_rss(pid)
        self.assertEqual(total, ROWS)
        self.assertLess(peak - before, GROWTH, f"{peak} KiB for {ROWS * WIDTH >> 10} KiB of rows")
        print(f"{type(db).__name__}: {before} KiB before, {peak} KiB at most")

    def test_postgres(self):
        with databases.Postgres() as db:
            db.sql("CREATE TABLE t(id int PRIMARY KEY, v text, u timestamp); INSERT INTO t SELECT n, "
                   f"repeat('x', {WIDTH}), '2024-01-01'::timestamp + n * interval '1 second' FROM "
                   f"generate_series(1, {ROWS}) n; CREATE INDEX ON t(u, id); ANALYZE t")
            self.check(db, "table: t\npage: 2000\ncursor: {field: u}\n")
            # A result that cannot be paged: the driver's cursor bounds it.
            self.check(db, "query: SELECT id, v FROM t\n")

    def test_mariadb(self):
        with databases.MariaDB() as db:
            db.sql("CREATE TABLE t(id int PRIMARY KEY, v text, u datetime, KEY(u, id)); INSERT INTO t "
                   f"SELECT seq, repeat('x', {WIDTH}), '2024-01-01' + INTERVAL seq SECOND "
                   f"FROM seq_1_to_{ROWS}")
            self.check(db, "table: t\npage: 2000\ncursor: {field: u}\n")
            self.check(db, "table: t\npage: 2000\n")

    def test_sqlite(self):
        with databases.SQLite() as db:
            db.sql("CREATE TABLE t(id integer PRIMARY KEY, v text); INSERT INTO t WITH RECURSIVE n(i) "
                   f"AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) "
                   f"SELECT i, printf('%{WIDTH}s', 'x') FROM n")
            self.check(db, "query: SELECT id, v FROM t\n")


if __name__ == "__main__":
    main()
