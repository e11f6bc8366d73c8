"""Dispatch orders in databases of a district, which change while they are read."""
import datetime
import json
import os

from rig import DISPATCH_MAP, check, wait_for
import databases
import rows

KINDS = {"pg": databases.Postgres, "my": databases.MariaDB, "lite": databases.SQLite}
COLUMNS = list(rows.dispatch(1)[0])
START = datetime.datetime(2024, 4, 1, 8, 0)


def versions(count, ids, late=0, seed=1, first=1):
    """Rows of the table: dispatch orders whose `updated` grows, some seconds shared by two. Some
    have none; the last `late` were changed before the others and come to light behind them."""
    found = []
    for at, row in enumerate(rows.dispatch(count, seed=seed, first=first)):
        updated = START + datetime.timedelta(seconds=(first + at) // 2)
        if at >= count - late:
            updated = START + datetime.timedelta(seconds=first // 2)
        found.append({"n": ids[at], **{k: v if v is None else str(v) for k, v in row.items()},
                      "updated": None if at % 97 == 5 else f"{updated:%Y-%m-%d %H:%M:%S}"})
    return found


def literal(value):
    return "NULL" if value is None else str(value) if isinstance(value, int) else \
        "'" + value.replace("'", "''") + "'"


class Source:
    """One database as a source of the site; `kept` is all that it ever held, for the oracle."""

    def __init__(self, site, name):
        os.environ.update(GT_DB_PASSWORD=databases.PASSWORD)
        self.site, self.name, self.all = site, name, []
        self.db = KINDS[name]()
        self.db.stop = self.db.close
        site.served.append(self.db)
        self.db.create()
        self.db.start()
        self.kept = site.folder / f"{name}.json"
        time = "timestamp" if name == "pg" else "datetime"
        self.sql("CREATE TABLE trips(n int PRIMARY KEY, " +
                 ", ".join(f'"{c}" varchar(200)' for c in COLUMNS) + f", updated {time} NULL)")
        site.source(name, f"adapter: odbc\n{self.db.options}page: 40\nrate: 5/s\nflows:\n  trips:\n"
                          "    table: trips\n    every: 1 s\n"
                          "    cursor: {field: updated, tie: n, lookback: 3 min}\n" + DISPATCH_MAP)

    def sql(self, text):
        ansi = "SET sql_mode = 'ANSI_QUOTES';\n" if isinstance(self.db, databases.MariaDB) else ""
        self.db.sql(ansi + text)

    def hold(self, some):
        """Inserts rows, or puts them in the place of those with their numbers, in one transaction."""
        numbers = ", ".join(str(row["n"]) for row in some)
        values = ",\n".join("(" + ", ".join(map(literal, row.values())) + ")" for row in some)
        self.sql(f"BEGIN; DELETE FROM trips WHERE n IN ({numbers}); INSERT INTO trips VALUES {values}; "
                 "COMMIT;")
        self.all += some
        self.kept.write_text(json.dumps(self.all, ensure_ascii=False))

    def flow(self):
        flows = (self.site.status() or {"flows": []})["flows"]
        return next((f for f in flows if f["flow"] == f"{self.name}/trips"), {})

    def rows_read(self):
        return self.flow().get("rows", {}).get("read", 0)


def restart_in_mid_pull(sources):
    """Kills the servers when some rows of each were read and others were not; the flows notice, and
    the servers come back."""
    for source in sources:
        wait_for(f"the first rows of {source.name}", lambda: source.rows_read() > 0)
    for source in sources:
        source.db.kill()
    for source in sources:
        wait_for(f"{source.name} to notice", lambda: source.flow().get("state") == "retrying")
        check(0 < source.rows_read() < len(source.all),
              f"{source.name} was not killed in the middle, but behind {source.rows_read()} rows")
        source.db.start()
