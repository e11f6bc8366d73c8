#!/usr/bin/env python3
"""Files of real systems through the source files of real/, which have nothing but YAML: what becomes
of their rows has to be what real/README.md says. Usage: real.py GUANTONG

Without the real files the test is left out."""
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/tools"))
import databases  # noqa: E402 pylint: disable=wrong-import-position

HERE = pathlib.Path(__file__).resolve().parent / "real"
DATA = pathlib.Path(os.environ.get("GUANTONG_SHARED", ROOT.parent / "shared")) / "data/real"
FILES = ("vehicles/sahana_arc_vehicles_part1.csv", "energy/myems_offline_meter_data.xlsx",
         "energy/seattle_2016_part1.csv", "housing/gsa_buildings_ct.csv",
         "housing/sahana_arc_offices_part1.csv")
DUMP = "energy/hc_meter_share.sql"
SKIP, GUARD = 77, 300  # the latter seconds, against hanging only


def guantong(folder, *arguments):
    return subprocess.run([os.path.abspath(sys.argv[1]), *arguments], cwd=folder, text=True,
                          capture_output=True, check=False, timeout=GUARD,
                          env={**os.environ, "LANG": "C", "GUANTONG_DATA": str(ROOT)})


def found(folder, flow):
    """What preview says of all rows: counts, and how often each reason stands."""
    done = guantong(folder, "preview", flow, "-n", "100000", "--json")
    if done.returncode not in (0, 5):
        sys.exit(f"preview {flow} ended with {done.returncode}\n{done.stderr}")
    said = json.loads(done.stdout)
    reasons, seen = collections.Counter(), set()
    for record in said["records"]:
        for reason in record["reasons"]:
            one = (record["record"], reason["code"], reason["element"])
            if one not in seen:
                seen.add(one)
                reasons[reason["code"], reason["element"]] += 1
    messages = sum(record["accepted"] for record in said["records"])
    counts = [said[key] for key in ("read", "accepted", "rejected", "filtered")] + [messages]
    return [str(c) for c in counts], {k: str(v) for k, v in reasons.items()}


def tables():
    """The two tables of README.md: flow → counts, and (flow, code, element) → (rows, why)."""
    counts, reasons = {}, {}
    for line in (HERE / "README.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.fullmatch(r"`[a-z-]+/[a-z-]+`", cells[0]) and len(cells) == 6:
            counts[cells[0].strip("`")] = cells[1:]
        elif re.fullmatch(r"`[a-z-]+/[a-z-]+`", cells[0]):
            reasons[cells[0].strip("`"), cells[1], cells[2].strip("`")] = cells[3], cells[4]
    return counts, reasons


def main():
    if not (DATA / DUMP).is_file():
        print(f"| left out: {DATA} is not there")
        sys.exit(SKIP)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gt-real-"))
    try:
        (folder / "sources").mkdir()
        (folder / "in").mkdir()
        (folder / "guantong.yaml").write_text(
            "site: golden\nstandards: [national@1, imperial@1]\n"
            f"standards_path: [{HERE}/standards]\nkafka: {{brokers: ['127.0.0.1:1']}}\n")
        for file in FILES:
            shutil.copy(DATA / file, folder / "in")
        with databases.MariaDB() as database:
            os.environ.update(database.environment)
            database.sql((DATA / DUMP).read_text())
            for path in HERE.glob("*.yaml"):
                text = path.read_text()
                if "adapter: odbc\n" in text:
                    text = text.replace("adapter: odbc\n", "adapter: odbc\n" + database.options)
                (folder / "sources" / path.name).write_text(text)
            done = guantong(folder, "check")
            if done.returncode:
                sys.exit(done.stdout + done.stderr)
            compare(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def compare(folder):
    counts, reasons = tables()
    wrong = []
    flows = [f"{path.stem}/{flow}" for path in sorted(HERE.glob("*.yaml"))
             for flow in re.findall(r"^  ([a-z-]+):$", path.read_text(), re.M)]
    for flow in flows:
        now, why = found(folder, flow)
        print(f"| {flow}: read, accepted, rejected, filtered, messages: {' '.join(now)}")
        if counts.get(flow) != now:
            wrong.append(f"{flow}: {now} instead of {counts.get(flow)}")
        there = {(code, element): value[0] for (name, code, element), value in reasons.items()
                 if name == flow}
        if there != why:
            wrong.append(f"{flow}: rejected for {why} instead of {there}")
    wrong += [f"{flow} has no source file" for flow in counts if flow not in flows]
    wrong += [f"{key} is not explained" for key, (_, why) in reasons.items() if len(why) < 10]
    if wrong:
        sys.exit("\n".join(wrong))


main()
