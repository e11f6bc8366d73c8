#!/usr/bin/env python3
"""Flows from databases to the development broker: flows.py PROGRAM CASE. Cases are the functions
below."""
import os
import sys
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "tests/tools")]

import bad_input_rig  # noqa: E402
import databases  # noqa: E402
from bad_input_rig import FLOW, check, marks, one_sentence, rows  # noqa: E402

FAKE = os.environ.get("GT_ODBC_FAKE", "")
os.environ["GT_DB_PASSWORD"] = databases.PASSWORD


def fill(db, some):
    db.sql("INSERT INTO readings VALUES " +
           ", ".join(f"('{r['id']}', '{r['t']}', {r['v']})" for r in some))


def source(site, name, db, options="table: readings\n    key: id\n"):
    site.source(name, "adapter: odbc\n" + db.options + "page: 20\nflows:\n  list:\n    " + options +
                "    " + FLOW.replace(", ", "\n    ", 3) + "\n")


def database(site, kind, some):
    db = kind()
    site.served.append(db)
    db.stop = db.close
    db.create()
    db.start()
    time = "datetime" if kind is not databases.Postgres else "timestamp"
    db.sql(f"CREATE TABLE readings(id varchar(20) PRIMARY KEY, t {time}, v decimal(20,4))")
    fill(db, some)
    return db


def once(new_site):
    """Every row arrives once; a broken one is a reject that holds the whole row as JSON."""
    site = new_site("once")
    kinds = {"pg": databases.Postgres, "my": databases.MariaDB, "lite": databases.SQLite}
    expected = {name: rows(name.upper(), 150) for name in kinds}
    for name, kind in kinds.items():
        db = database(site, kind, expected[name])
        db.sql("INSERT INTO readings VALUES ('BROKEN', NULL, 1)")
        source(site, name, db)
    site.start("--once")
    check(site.end() == 0, "run --once failed")
    arrived = site.arrived()
    for name in kinds:
        arrived.check(f"{name}/list", marks(expected[name]), rejects=1)
        value, headers, _ = arrived.rejects(f"{name}/list")[0]
        check(value.startswith(b'{"id":"BROKEN","t":null,"v":'), value)
        check(headers.get("gt_format", "json") == "json", headers)


def repaired(new_site):
    """A table is dropped, a column renamed, the server killed: told in one sentence each, healed by
    itself, nothing lost or doubled, and the neighbour goes on."""
    site = new_site("repaired")
    first, more = rows("A", 60), rows("B", 30)
    db = database(site, databases.Postgres, first)
    near = database(site, databases.SQLite, rows("N", 10))
    source(site, "pg", db)
    source(site, "near", near)
    site.start()
    site.wait_total("pg/list", 60)
    db.sql("ALTER TABLE readings RENAME TO gone")
    one_sentence(site.wait_reason("pg/list", "GT3405", "quarantined"))
    fill(near, rows("M", 10))
    site.wait_total("near/list", 20)
    db.sql("ALTER TABLE gone RENAME TO readings; ALTER TABLE readings RENAME v TO w")
    one_sentence(site.wait_reason("pg/list", "GT3414", "quarantined"))
    db.sql("ALTER TABLE readings RENAME w TO v")
    fill(db, more)
    site.wait_total("pg/list", 90)
    db.kill()
    one_sentence(site.wait_reason("pg/list", "GT3401", "retrying"))
    db.start()
    fill(db, rows("C", 5))
    site.wait_total("pg/list", 95)
    site.check_identities()
    site.drain()
    site.arrived().check("pg/list", marks(first + more + rows("C", 5)))
    site.arrived().check("near/list", marks(rows("N", 10) + rows("M", 10)))


def driver(new_site):
    """A driver that crashes in every poll, beside a database that is well."""
    site = new_site("driver")
    near = database(site, databases.SQLite, rows("N", 10))
    source(site, "near", near)
    site.source("bad", f"adapter: odbc\nconnection: 'Driver={FAKE};Deed=crash-fetch'\nflows:\n  list:\n"
                       "    query: SELECT v AS id FROM t\n    entity: energy.meter-reading@1\n"
                       "    basis: metered\n    map: {meter_no: v, read_time: {value: 2024-03-27}, "
                       "active_energy: {value: '1'}}\n    every: 500 ms\n")
    site.start()
    site.wait_flow("bad/list", "retrying", lambda f: f["state"] == "retrying")
    one_sentence(site.flow("bad/list"))
    site.wait_total("near/list", 10)
    site.check_identities()
    site.drain()


if __name__ == "__main__":
    bad_input_rig.main({"once": once, "repaired": repaired, "driver": driver})
