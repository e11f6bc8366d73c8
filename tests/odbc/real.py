#!/usr/bin/env python3
"""Dumps of real systems, loaded into their database: each table read by the database's own client
and through the adapter is the same, row by row. Needs the folder of real data beside the checkout,
or in $GUANTONG_SHARED; without it the cases are left out."""
import hashlib
import os
import pathlib
import re
import subprocess

from odbc_rig import ROOT, Pull, databases, main, unittest

REAL = pathlib.Path(os.environ.get("GUANTONG_SHARED", ROOT.parent / "shared")) / "data/real"


def digest(rows):
    whole = hashlib.sha256()
    for line in sorted("\x1f".join("\x1d" if v is None else v for v in row) for row in rows):
        whole.update(line.encode() + b"\x1e")
    return whole.hexdigest()


def text(value):
    return value if value is None or isinstance(value, str) else str(int(value))


@unittest.skipUnless(REAL.is_dir(), f"left out: there is no real data at {REAL}")
class Real(unittest.TestCase):
    def compare(self, db, tables, select):
        rows = 0
        for table in tables:
            columns, expected = select(table)
            with Pull(db.options + f"table: '{table}'\npage: 50\n", *columns) as p:
                got = [[text(v) for v in row.values] for row in p.open().drain(23)]
                self.assertEqual([r.raw for r in p.rows if r.bad], [])
            # The client prints booleans and bytes in its own way; equal rows are one here.
            expected = [list(r) for r in {tuple(row) for row in expected}]
            self.assertEqual(len(got), len(expected), table)
            self.assertEqual(digest(got), digest(expected), f"{table}: {got[:2]} {expected[:2]}")
            rows += len(got)
        print(f"{type(db).__name__}: {len(tables)} tables, {rows} rows, hashes equal")
        self.assertGreater(rows, 0)

    def mariadb(self, *dumps):
        with databases.MariaDB() as db:
            for dump in dumps:
                sql = (REAL / dump).read_bytes()
                # Names of databases in a dump would lead away from ours.
                sql = re.sub(rb"(?im)^\s*(USE|CREATE DATABASE|DROP DATABASE)\b[^;]*;", b"", sql)
                db.client(b"SET FOREIGN_KEY_CHECKS=0; SET NAMES utf8mb4;\n" + sql, "-f", db.name)
            tables = [r[0] for r in db.query(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = "
                f"'{db.name}' AND table_type = 'BASE TABLE'")]

            def select(table):
                columns = db.query("SELECT column_name, data_type FROM information_schema.columns "
                                   f"WHERE table_schema = '{db.name}' AND table_name = '{table}' "
                                   "ORDER BY ordinal_position")
                printed = ", ".join(
                    f"LOWER(HEX(`{n}`))" if "blob" in t or "binary" in t else
                    f"`{n}` + 0" if t == "bit" else f"`{n}`" for n, t in columns)
                return [n for n, _ in columns], db.query(f"SELECT {printed} FROM `{table}`", db.name)
            self.compare(db, tables, select)

    def test_meter_share(self):
        self.mariadb("energy/hc_meter_share.sql")

    def test_myems(self):
        self.mariadb("energy/myems_system_demo_cn.sql")

    def test_jsherp(self):
        self.mariadb("emergency/jsherp_stock.sql")

    def test_wms(self):
        self.mariadb("emergency/wms_ruoyi_v1_2022-11.sql")

    def test_yudao_mysql(self):
        self.mariadb("reference/yudao_mysql.sql")

    def test_yudao_postgresql(self):
        with databases.Postgres() as db:
            sql = (REAL / "reference/yudao_postgresql.sql").read_bytes()
            subprocess.run([db.bin / "psql", "-X", "-q", "-h", "127.0.0.1", "-p", str(db.port), "-U",
                            "gt", "-d", db.name], input=sql, check=True, capture_output=True,
                           env={**os.environ, "PGPASSWORD": databases.PASSWORD})
            tables = [r[0] for r in db.query("SELECT tablename FROM pg_tables WHERE schemaname = "
                                             "'public'", db.name)]

            def select(table):
                columns = db.query("SELECT column_name, data_type FROM information_schema.columns "
                                   f"WHERE table_schema = 'public' AND table_name = '{table}' "
                                   "ORDER BY ordinal_position", db.name)
                printed = ", ".join(f"encode(\"{n}\", 'hex')" if t == "bytea" else
                                    f"\"{n}\"::int" if t == "boolean" else f'"{n}"'
                                    for n, t in columns)
                return [n for n, _ in columns], db.query(f'SELECT {printed} FROM "{table}"', db.name)
            self.compare(db, tables, select)


if __name__ == "__main__":
    main()
