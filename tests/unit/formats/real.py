#!/usr/bin/env python3
"""Files of real systems, as the formats read them, against what Python's own modules read: the
column names, the number of rows, every cell. Left out where the data are not beside the checkout.
Usage: real.py DUMP"""
import csv
import io
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
REAL = pathlib.Path(os.environ.get("GUANTONG_SHARED", ROOT.parent / "shared")) / "data/real"
SKIP = 77

# file: (line of the header, rows, rows that are no records at the end)
TABLES = {
    "finance/alipay_export_gbk.csv": (25, 10), "finance/boc_credit.csv": (2, 14),
    "finance/bocom_debit.csv": (1, 6), "finance/cmb_debit.csv": (1, 5),
    "finance/icbc_debit_v1.csv": (7, 12), "finance/wechat_export.csv": (17, 27),
    "energy/seattle_2016_part1.csv": (1, 600), "emergency/sahana_nroc_warehouse.csv": (1, 24),
    "emergency/sahana_nroc_warehouse_stock.csv": (1, 152),
    "vehicles/sahana_arc_vehicles_part1.csv": (1, 170),
    "housing/gsa_buildings_ct.csv": (1, 28), "housing/sahana_arc_offices_part1.csv": (1, 274),
    "assets/sahana_cvtl_asset.csv": (1, 41), "reference/yudao_area.csv": (1, 3879),
    "reference/sahana_item_catalogue_mavc.csv": (1, 278),
}


def dump(kind, path, *arguments):
    ran = subprocess.run([DUMP, kind, str(path), *arguments], capture_output=True, check=True)
    return [json.loads(line, parse_float=str, parse_int=str) for line in ran.stdout.splitlines()]


def text_of(path):
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def distinct(names):
    seen = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 or not name else f"{name}#{seen[name]}"


def table(name, line, count):
    """Header, then rows: cells as they are; what is behind the last column must be blank."""
    text = text_of(REAL / name)
    above = "".join(text.splitlines(keepends=True)[:line - 1])
    rows = [row for row in csv.reader(io.StringIO(text[len(above):], newline=""))
            if any(cell.strip() for cell in row)]
    columns = list(distinct(cell.strip() for cell in rows[0]))
    got = dump("csv", REAL / name)
    assert got[0] == columns, (name, got[0], columns)
    assert f"in line {line}," in got[1], (name, got[1])
    assert f"left out: {line - 1}" in got[1], (name, got[1])
    assert len(got) - 2 == len(rows) - 1 == count, (name, len(got) - 2, len(rows) - 1)
    # Columns without a name cannot be mapped.
    named = [i for i, column in enumerate(columns) if column]
    for read, row in zip(got[2:], rows[1:]):
        padded = row + [None] * (len(columns) - len(row))
        assert isinstance(read, list), (name, read, row)
        for i in named:  # blanks behind a closing quote are padding to us, text to Python
            same = read[i] == padded[i] or f'"{read[i]}"\t' in text and padded[i] == read[i] + "\t"
            assert same, (name, read, row)
        assert not "".join(row[len(columns):]).strip(), (name, row)


def lexeme(value):
    return json.loads(json.dumps(value), parse_float=str, parse_int=str)


def flat(name, count):
    rows = json.loads((REAL / name).read_text())
    assert len(rows) == count, (name, len(rows))
    fields = list(dict.fromkeys(key for row in rows for key in row))
    got = dump("json", REAL / name, *fields)
    assert got[1:] == [[lexeme(row.get(field)) for field in fields] for row in rows], name


def pairs(name, count):
    """Rows that are lists of {key, value}; a pair may be null."""
    rows = [{pair["key"]: pair["value"] for pair in row if pair}
            for row in json.loads((REAL / name).read_text())]
    assert len(rows) == count, (name, len(rows))
    fields = list(dict.fromkeys(key for row in rows for key in row))
    got = dump("json", REAL / name, "pair_key=key", *fields)
    assert got[1:] == [[lexeme(row.get(field)) for field in fields] for row in rows], name


def soap():
    path = "records=/Envelope/Body/*"
    got = dump("xml", REAL / "soap/simple.answer", path, "answer")
    assert got[1:] == [["42"]], got
    got = dump("xml", REAL / "soap/cdata.query", path, "#text")
    assert got[1:] == [["<a><b><c>12345678</c></b></a>"]], got
    got = dump("xml", REAL / "soap/simple.query", "records=/Envelope/Header", "client.memberCode",
               "service.@objectType", "id")
    assert got[1:] == [["consumer", "SERVICE", "1234567890"]], got
    for name, why in {"fault.query": "XML_FAULT", "missing-body.query": "XML_NO_RECORDS",
                      "attachm-faulty-soap.query": "XML_BROKEN"}.items():
        got = dump("xml", REAL / "soap" / name, path, "answer")
        assert got[1:] == [{"refused": why}], (name, got)


def main():
    if not REAL.is_dir():
        print(f"left out: no real data at {REAL}")
        return SKIP
    for name, (line, count) in TABLES.items():
        table(name, line, count)
    for name, count in {"huanggangshi": 41, "jingmenshi": 8, "wuhanshi": 52,
                        "xiaoganshi": 15}.items():
        pairs(f"emergency/wuhan2020_eav_hospital_{name}.json", count)
    flat("emergency/wuhan2020_flat_hospital_wuhanshi.json", 45)
    flat("emergency/wuhan2020_validation_errors.json", 251)
    flat("energy/myems_api_requests.json", 160)
    soap()
    return 0


if __name__ == "__main__":
    DUMP = os.path.abspath(sys.argv[1])
    sys.exit(main())
