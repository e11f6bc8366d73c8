#!/usr/bin/env python3
"""Every table among the real systems' files opens with `guantong discover`, and rows, fields and types
are what another reading of the file finds: Python's csv and json, and the rules of the column
profile written down once more here. Formats that the program does not have yet are left out, by
what `guantong adapters` lists.
Usage: discover.py GUANTONG"""
import collections
import csv
import datetime
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import zipfile

PROGRAM = os.path.abspath(sys.argv[1])
ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("GUANTONG_SHARED", ROOT.parent / "shared"))
REAL = SHARED / "data/real"
FOLDERS = ("vehicles", "energy", "finance", "housing", "assets", "emergency")
GUARD = int(os.environ.get("GT_GUARD", 600))
# Line of the heading and lines that are no records behind the table, where a file has such.
HEADING = {"alipay_export_gbk.csv": 25, "wechat_export.csv": 17, "icbc_debit_v1.csv": 7,
           "boc_credit.csv": 2}
NULLS = {"", "无", "-", "--", "---", "/", "//", "—", "n/a", "na", "#n/a", "null", "none", "nil", "nan",
         "(null)", "undefined", "暂无", "不详", "未知", "空", "待定"}
BOOLEANS = {"是", "否", "有", "对", "true", "false", "yes", "no", "y", "n", "t", "f", "on", "off", "真", "假",
            "开", "关"}
NUMBER = re.compile(r"[¥￥]?[-+]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?([eE][-+]?\d+)?$")


def guantong(*arguments):
    environment = {**os.environ, "LANG": "C", "LC_ALL": "C.UTF-8", "GUANTONG_DATA": str(ROOT)}
    return subprocess.run([PROGRAM, *map(str, arguments)], env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=GUARD, check=False)


def day_of(text):
    """date, time, or None."""
    found = re.match(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
                     r"([ T]+(\d{1,2}):(\d\d)(:(\d\d)(\.\d+)?)?(Z|[-+]\d\d:?\d\d)?)?$", text)
    if not found and re.match(r"(19|20)\d{6}$", text):
        found = re.match(r"(\d{4})(\d\d)(\d\d)()$", text)
    if not found:
        return None
    try:
        datetime.date(*(int(found[i]) for i in (1, 2, 3)))
    except ValueError:
        return None
    return "time" if found[4] else "date"


def fits_of(text):
    fits = set()
    if text.lower() in BOOLEANS:
        fits.add("boolean")
    if re.match(r"1[3-9]\d{9}$|0\d{2,3}-\d{7,8}$", text):
        fits.add("phone")
    if day_of(text):
        fits.add(day_of(text))
    digits = text.isascii() and text.isdigit()
    if NUMBER.match(text) and not re.match(r"0\d", text) and not (digits and len(text) >= 15):
        money = text[0] in "¥￥"
        fraction = re.search(r"\.\d", text) or re.search(r"[eE]-", text)
        fits.add("decimal" if money or fraction else "integer")
    if re.match(r"[-A-Za-z0-9_./:#]+$", text) and re.search(r"\d", text) and \
            (re.search(r"[A-Za-z]", text) or (digits and (len(text) >= 15 or text[0] == "0" < text[1:]))):
        fits.add("id")
    return fits


def type_of(values):
    """values: None, bool, list/dict, or text. The rules of gateway/quality/profile.h."""
    counts, present = collections.Counter(), []
    for value in values:
        if isinstance(value, (list, dict)):
            counts["nested"] += 1
            present.append(json.dumps(value))
        elif isinstance(value, bool):
            counts["boolean"] += 1
            present.append(str(value))
        elif value is not None and value.strip(" \t\r\n\u3000\ufeff").lower() not in NULLS:
            present.append(value.strip(" \t\r\n\u3000\ufeff"))
            counts.update(fits_of(present[-1]))
    if not present:
        return "empty"

    def nearly(*kinds):
        return sum(counts[kind] for kind in kinds) * 100 >= 95 * len(present)
    for answer, kinds in (("nested", ["nested"]), ("boolean", ["boolean"]), ("phone", ["phone"]),
                          ("date", ["date"]), ("time", ["date", "time"]), ("integer", ["integer"]),
                          ("decimal", ["integer", "decimal"])):
        if nearly(*kinds):
            return answer
    distinct = set(present)
    if len(distinct) * 5 <= len(present) and len(distinct) <= 50 and \
            max(len(v.encode()) for v in present) <= 60:
        return "code"
    return "id" if nearly("id") else "text"


class Lexeme(str):
    """A JSON number as it is written."""


def flat(row, path=""):
    for key, value in row.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, dict) and value:
            yield from flat(value, name)
        else:
            yield name, value


def read_json(path, lines):
    text = path.read_text(encoding="utf-8-sig")
    options = {"parse_int": Lexeme, "parse_float": Lexeme}
    rows = [json.loads(line, **options) for line in text.splitlines() if line.strip()] if lines \
        else json.loads(text, **options)
    if any(not isinstance(row, dict) for row in rows):
        return len(rows), None
    columns = {}
    for number, row in enumerate(rows):
        for name, value in flat(row):
            columns.setdefault(name, [None] * len(rows))[number] = value
    return len(rows), columns


def read_csv(path):
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030")
    lines = text.splitlines(keepends=True)[HEADING.get(path.name, 1) - 1:]
    rows = [row for row in csv.reader(io.StringIO("".join(lines), newline="")) if any(row)]
    names, seen = [], collections.Counter()
    for name in rows[0]:
        name = name.strip(" \t\u3000")
        seen[name] += 1
        names.append(name if seen[name] == 1 or not name else f"{name}#{seen[name]}")
    # What stands behind the table: lines of dashes, totals.
    footers = 0
    while HEADING.get(path.name) and len(rows) > 1 and \
            (len(rows[-1]) < 3 or re.search(r"-{5}|合计", rows[-1][0])):
        rows.pop()
        footers += 1
    columns = {name: [row[i] if i < len(row) else None for row in rows[1:]]
               for i, name in enumerate(names) if name}
    return len(rows) - 1, columns, footers


def problems_of_thing(thing, count, columns, footers):
    if not count <= thing["rows"] <= count + footers:
        yield f"{thing['rows']} rows, not {count}"
    if columns is None:
        if thing["fields"] or thing["bad"] != count:
            yield "rows that are no objects have fields"
        return
    found = {field["name"]: field for field in thing["fields"]}
    if list(found) != list(columns):
        yield f"fields {list(found)}, not {list(columns)}"
        return
    for name, values in columns.items():
        if footers and thing["rows"] > count:
            continue  # what stands behind the table is among the values
        if found[name]["type"] != type_of(values):
            yield f"field {name} is {found[name]['type']}, not {type_of(values)}"


def look(path, *options):
    done = guantong("discover", path, "--json", "--rows", "100000", *options)
    if done.returncode != 0:
        return None, f"exit {done.returncode}: {done.stderr.decode()}"
    return json.loads(done.stdout)["things"], None


def check_text(path, finds_heading):
    footers = 0
    if path.suffix == ".csv":
        count, columns, footers = read_csv(path)
    else:
        count, columns = read_json(path, path.suffix == ".jsonl")
    pinned = path.name in HEADING and not finds_heading
    things, problem = look(path, *(["--set", f"header={HEADING[path.name]}"] if pinned else []))
    if problem:
        return [problem]
    if len(things) != 1:
        return [f"{len(things)} things"]
    return list(problems_of_thing(things[0], count, columns, footers))


def check_book(path):
    """A workbook: which rows are headings is a matter of its sheets; here it must give rows whose
    fields stand in it."""
    things, problem = look(path)
    if problem:
        return [problem]
    if not any(thing["rows"] > 0 and thing["fields"] for thing in things):
        return ["no rows"]
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            text = "".join(book.read(name).decode() for name in book.namelist()
                           if name.endswith(".xml"))
        plain = re.sub(r"<[^>]*>", "", text)
        names = [f["name"] for t in things for f in t["fields"] if not re.search(r"[#&<>\s]", f["name"])]
        if sum(name in plain for name in names) * 2 < len(names):
            return [f"most of {names} do not stand in the book"]
    return []


def check_dump(path):
    done = guantong("discover", path)
    if done.returncode == 0 or b"GT9750" not in done.stderr:
        return [f"is not taken for SQL: {done.stderr.decode()}"]
    return []


def main():
    if not REAL.is_dir():
        print(f"left out: the real systems' files are not at {REAL}")
        return 77
    parts = json.loads(guantong("adapters", "--json").stdout)
    formats = {part["name"]: part for part in parts if part["kind"] == "format"}
    finds_heading = "auto" in json.dumps(
        formats["csv"]["options"]["header"] if "csv" in formats else "")
    checked, left_out, failed = 0, collections.Counter(), False
    for path in sorted(p for folder in FOLDERS for p in (REAL / folder).iterdir()):
        kind = path.suffix[1:]
        if kind == "md":
            continue
        if kind != "sql" and kind not in formats:
            left_out[kind] += 1
            continue
        check = check_dump if kind == "sql" else \
            check_book if kind in ("xls", "xlsx") else lambda p: check_text(p, finds_heading)
        problems = check(path)
        checked += 1
        failed = failed or bool(problems)
        for problem in problems:
            print(f"{path.relative_to(REAL)}: {problem}")
    for kind, count in left_out.items():
        print(f"left out: {count} files, there is no format {kind}")
    print(f"{checked} files checked")
    return 1 if failed or checked == 0 else 0


sys.exit(main())
