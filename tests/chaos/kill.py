#!/usr/bin/env python3
"""Kills the gateway or the broker at a chosen place: kill.py PROGRAM POINT.

A site with a drop folder and an HTTP source publishes in small commits; the fault strikes; the log
must be sound as far as it goes; a new gateway finishes the work; then every row is there once, in
order, the oracle's hash is the consumer's, and all manifests verify. A run whose fault did not take
effect fails. GT_KILLS=N repeats each point with other passings (default once).
"""
import os
import pathlib
import random
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import rig  # noqa: E402
import rows  # noqa: E402
from rig import DISPATCH_MAP, Broker, check, wait_for  # noqa: E402

SETTINGS = "commit_records: 150\ncommit_every: 20 ms\nworkers: 2\n"
FILES, ROWS, PULLED = 12, 120, 900
ROUNDS = int(os.environ.get("GT_KILLS", "1"))


def workload(site):
    pulled = rows.dispatch(PULLED, seed=5)
    site.json_server("cars", "trips", DISPATCH_MAP, pulled, page_rows=60)
    raw = site.folder / "rows.json"
    raw.write_text(rig.json.dumps(pulled, ensure_ascii=False))
    parts = {f"{n:03}.csv": rows.dispatch(ROWS, seed=50 + n, first=1000001 + ROWS * n)
             for n in range(FILES)}
    kept = site.folder / "kept"
    kept.mkdir()
    for name, part in parts.items():
        (kept / name).write_bytes(rows.dispatch_csv(part))
    files = {name: rows.dispatch_csv(part) for name, part in parts.items()}
    drop = site.drop_folder("fleet", "orders", DISPATCH_MAP, files, extra="complete: marker")
    for name in files:
        (drop / f"{name}.done").touch()
    lines = [line for part in parts.values() for line in rows.as_lines(part).splitlines()]
    return drop, [
        ("cars/trips", "dispatch", [raw], rows.DISPATCH_MARK, rows.as_lines(pulled).splitlines()),
        ("fleet/orders", "dispatch", sorted(kept.iterdir()), rows.DISPATCH_MARK, lines)]


def sound(site, flows, messages, partial):
    for origin, _, _, mark, lines in flows:
        site.check_source(messages, origin, lines, mark, partial)
    if not partial or any(m["topic"].endswith(".manifest") for m in messages):
        site.check_evidence(messages)


def data_count(messages):
    return sum(1 for m in messages if not m["topic"].endswith(rig.oracle.OWN_TOPICS))


def look_while_down(site, flows, open_transaction):
    """What a reader sees before anybody repairs anything."""
    committed = site.messages()
    sound(site, flows, committed, partial=True)
    if open_transaction:
        check(data_count(site.messages(committed=False)) > data_count(committed),
              "void: the kill left no half-written transaction behind")
    return data_count(committed)


def finish_and_check(site, flows, drop):
    site.start()
    status = site.wait_until_published(flows)
    site.check_balance(status)

    def put_away():
        return not list(drop.glob("*.csv*"))
    wait_for("the files to be put away", put_away, alive=site.alive)
    site.drain()
    messages = site.messages(settled=60)
    sound(site, flows, messages, partial=False)
    for flow in flows:
        site.check_oracle(messages, *flow[:3])
    done = [path for path in (drop / "done").iterdir() if ".csv" in path.name]
    check(len([path for path in done if not path.name.endswith(".done")]) == FILES,
          f"done/ holds {sorted(path.name for path in done)}")


def gateway(point, lowest, highest, open_transaction=False):
    """kill -9 of the gateway at a failpoint, at one of its passings."""
    def case(new_site, passing):
        site = new_site("kill", Broker(), settings=SETTINGS)
        drop, flows = workload(site)
        site.start(failpoint=f"{point}:{passing}")
        status = site.end()
        check(status == -signal.SIGKILL, f"void: the gateway ended with {status}, not at {point}")
        before = look_while_down(site, flows, open_transaction)
        print(f"| {point}, passing {passing}: {before} messages were committed")
        finish_and_check(site, flows, drop)
    return case, lowest, highest


def broker(point, lowest, highest, noticed=False):
    """kill -9 of the broker while the gateway stands still at a failpoint; it comes back at once, or
    (noticed) when the gateway has given the commit up."""
    def case(new_site, passing):
        kafka = Broker()
        site = new_site("broker", kafka, settings=SETTINGS)
        drop, flows = workload(site)
        process = site.start(failpoint=f"{point}:{passing}:stop")

        def frozen():
            state = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            return state in "Tt"
        wait_for(f"the gateway to stand still at {point}", frozen, alive=site.alive)
        kafka("kill9")
        process.send_signal(signal.SIGCONT)

        def away():
            said = site.status()
            return said and all(slot["kafka_away"] for slot in said["slots"])
        try:
            if noticed:
                wait_for("the gateway to notice", away, alive=site.alive)
        finally:
            kafka("restart")
        status = site.wait_until_published(flows)
        site.check_balance(status)
        site.drain()
        print(f"| broker killed at {point}, passing {passing}: resends "
              f"{sum(slot['resends'] for slot in status['slots'])}, recycles "
              f"{sum(slot['recycles'] for slot in status['slots'])}")
        finish_and_check(site, flows, drop)
    return case, lowest, highest


# Passing 1 of what belongs to a transaction is the one that takes the slot. A commit of a file passes
# "file-commit" behind each of two markers and behind the file.
POINTS = {
    "before-begin": gateway("tx-before-begin", 3, 12),
    "half-produced": gateway("tx-half-produced", 2, 10, open_transaction=True),
    "manifest-produced": gateway("tx-manifest-produced", 3, 12, open_transaction=True),
    "state-produced": gateway("tx-state-produced", 3, 12, open_transaction=True),
    "endtxn-sent": gateway("tx-endtxn-sent", 3, 12),
    "before-journal": gateway("before-journal", 3, 12),
    "before-adapter-commit": gateway("before-adapter-commit", 2, 12),
    "between-markers-and-file": gateway("file-commit", 1, 2),
    "behind-file": gateway("file-commit", 3, 24),
    "taking-slot": gateway("tx-state-produced", 1, 1),
    "broker-in-transaction": broker("tx-half-produced", 2, 10, noticed=True),
    "broker-in-endtxn": broker("tx-endtxn-sent", 3, 12),
}


def rounds(point):
    case, lowest, highest = POINTS[point]

    def run(new_site):
        for turn in range(ROUNDS):
            passing = (lowest + highest) // 2 if turn == 0 else random.randint(lowest, highest)
            case(new_site, passing)
    return run


if __name__ == "__main__":
    rig.main({point: rounds(point) for point in POINTS})
