#!/usr/bin/env python3
"""What ought to be published, worked out a second time from the source's raw rows.

  oracle.py rows --expect NAME --start SITE/SOURCE/ [--key ID:HEX] [--lines] FILE...
  oracle.py messages [--origin /SITE/SOURCE/FLOW] [--lines] MESSAGES

rows reads JSON arrays (*.json), JSON lines (*.jsonl) or CSV (UTF-8 or GB18030) and maps them by a
table of EXPECTATIONS below; messages reads what consume.py wrote. Both come to the same canonical
lines and print their number and the SHA-256 over the sorted lines:

  KEY <tab> data as canonical JSON            an accepted row
  RESTRICTED <tab> SUBJECT <tab> data         its clear values, if it has marked ones
  REJECT <tab> the row's original bytes       a row that cannot meet the standard

It imports nothing of the project and was written from its documents, not from its code: a pseudonym
is "<key id>:" and the first 16 bytes of HMAC-SHA256(key, cleaned value) in base64url without padding.
Numbers are compared as they are written.
"""
import argparse
import base64
import csv
import datetime
import decimal
import hashlib
import hmac
import io
import json
import re
import sys

OWN_TOPICS = (".manifest", ".state", ".entries", ".status")
NO_VALUE = {"", "无", "暂无", "不详", "未知", "空", "-", "--", "—", "/", "N/A", "n/a", "NULL", "null", "None"}
EMPTY_DATES = {"0000-00-00", "1900-01-01", "9999-12-31"}


class Reject(Exception):
    """The row cannot meet the standard."""


# --- cleaning and parsing ------------------------------------------------------------------------


def clean(text, keep="，；：！？～"):
    """Half-width letters, digits and brackets; one space at most, none at the ends."""
    text = "".join(chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" and c not in keep else c
                   for c in text if c not in "\u200b\u200c\u200d\ufeff")
    return " ".join(text.split())


def word(text):
    return clean(text, keep="")


def plate(text):
    found = re.sub(r"[\s·.\-•]", "", word(text)).upper()
    if not re.fullmatch(r"[\u4e00-\u9fa5][A-Z][A-Z0-9]{5,6}", found):
        raise Reject
    return found


def number(text, factor, scale, units, low, high):
    """None: not usable. Rounded half to even; trailing zeros are not written."""
    found = re.fullmatch(r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)\s*(.*)", word(text))
    if not found or found.group(2) not in units:
        return None
    value = decimal.Decimal(found.group(1).replace(",", "")) * decimal.Decimal(factor)
    value = value.quantize(decimal.Decimal(1).scaleb(-scale), decimal.ROUND_HALF_EVEN)
    if not decimal.Decimal(low) <= value <= decimal.Decimal(high):
        return None
    shown = format(value, "f")
    return "#" + (shown.rstrip("0").rstrip(".") if "." in shown else shown)


def instant(text, zone):
    """None: no such date."""
    found = re.fullmatch(r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?[ T](\d{1,2}):(\d{2})(?::(\d{2}))?",
                         word(text))
    try:
        parts = [int(part or 0) for part in found.groups()] if found else []
        return datetime.datetime(*parts).isoformat() + zone if found else None
    except ValueError:
        return None


# --- elements: each returns the value, or None for no value; Reject where the standard is broken ---


def element(kind, row, field, required=False, nulls=(), **more):
    raw = more.pop("value") if "value" in more else row.get(field)
    if isinstance(raw, (int, decimal.Decimal)):
        raw = str(raw)
    if raw is None or word(raw) in NO_VALUE or word(raw) in nulls:
        value = None
    else:
        value = KINDS[kind](raw, **more)
    if value is None and required:
        raise Reject
    return value


def as_text(raw, max_length=500):
    value = clean(raw)
    return value if len(value) <= max_length else None


def as_year(raw):
    return word(raw) if re.fullmatch(r"\d{4}", word(raw)) else None


def as_number(raw, factor="1", scale=2, units=("",), low="0", high="1e12"):
    return number(raw, factor, scale, units, low, high)


def as_time(raw, zone="+08:00"):
    return None if word(raw)[:10] in EMPTY_DATES else instant(raw, zone)


def as_code(raw, codes):
    return codes.get(word(raw))


KINDS = {"text": as_text, "plate": plate, "number": as_number, "time": as_time, "code": as_code,
         "person": as_text, "year": as_year}

# Per expectation: key elements, rules (pairs in order), elements: name → (kind, field, options).
KM = {"scale": 1, "units": ("", "km", "公里", "千米"), "high": "10000"}
EXPECTATIONS = {
    "dispatch": {
        "key": ["order_no"], "order": [("depart_time", "return_time")],
        "elements": {
            "order_no": ("text", "ID", {"required": True, "max_length": 64}),
            "plate_no": ("plate", "CPH", {"required": True}),
            "vehicle_type": ("code", "CLLX", {"required": True, "codes": {
                "01": "sedan", "02": "suv", "03": "van", "04": "bus"}}),
            "state": ("code", "ZT", {"codes": {"1": "dispatched", "2": "back", "3": "settled"}}),
            "apply_org": ("text", "DWMC", {"max_length": 200}),
            "applicant": ("person", "SQR", {"max_length": 60}),
            "reason": ("person", "YCSY", {}),
            "destination": ("text", "MDD", {}),
            "depart_time": ("time", "CFSJ", {"required": True}),
            "return_time": ("time", "FHSJ", {"nulls": ["未归"]}),
            "distance": ("number", "LC", KM),
            "fuel": ("number", "YH", {"units": ("", "L", "升"), "high": "2000"}),
        }},
    "readings": {
        "key": ["meter_no", "read_time"], "order": [],
        "elements": {
            "meter_no": ("text", "表号", {"required": True, "max_length": 64}),
            "read_time": ("time", "抄表时间", {"required": True}),
            "active_energy": ("number", "读数(万kWh)", {"required": True, "factor": "10000",
                                                     "units": ("", "万kWh"), "high": "1e11"}),
            "organisation_name": ("text", "用能单位", {"max_length": 200}),
        }},
    "dialect": {
        "key": ["meter_no", "read_time"], "order": [],
        "elements": {
            "meter_no": ("text", "meterNo", {"required": True, "max_length": 64}),
            "read_time": ("time", "readTime", {"required": True}),
            "active_energy": ("number", "reading", {"required": True, "high": "1e11"}),
        }},
    # Files of other people's systems.
    "seattle": {
        "key": ["meter_no", "read_time"], "order": [],
        "elements": {
            "meter_no": ("text", "OSEBuildingID", {"required": True, "max_length": 64}),
            "read_time": ("time", None, {"value": "2016-12-31 23:59:59", "zone": "-08:00"}),
            "active_energy": ("number", "Electricity(kWh)", {"required": True, "high": "1e11"}),
            "organisation_name": ("text", "PropertyName", {"max_length": 200}),
            "place": ("text", "Address", {"max_length": 200}),
        }},
    "gsa": {
        "key": ["room_id"], "order": [],
        "elements": {
            "room_id": ("text", "location.id", {"required": True, "max_length": 64}),
            "building_id": ("text", "location.id", {"required": True, "max_length": 64}),
            "address": ("text", "location.address.line 1", {"max_length": 300}),
            "kind": ("code", "data.type", {"required": True, "codes": {"BUILDING": "office",
                                                                     "STRUCTURE": "other"}}),
            "usable_area": ("number", "data.disabilities.ansi usable", {
                "required": True, "factor": "0.09290304", "low": "0.01", "high": "100000"}),
        }},
    "sahana-vehicles": {
        "key": ["fleet_no", "organisation"], "order": [],
        "elements": {
            "fleet_no": ("text", "Name", {"required": True}),
            "organisation": ("text", "Organisation", {"required": True}),
            "kind": ("code", "Type", {"required": True, "codes": {
                "ERV": "response", "Passenger": "passenger", "SERV": "response"}}),
            "bought": ("year", "Purchase Date", {}),
            "state": ("text", "L1", {}),
            "latitude": ("number", "Lat", {"scale": 6, "low": "-90", "high": "90"}),
            "longitude": ("number", "Lon", {"scale": 6, "low": "-180", "high": "180"}),
        }},
    "sahana-offices": {
        "key": ["name", "organisation"], "order": [],
        "elements": {
            "name": ("text", "Name", {"required": True}),
            "organisation": ("text", "Organisation", {"required": True}),
            "branch": ("text", "Branch", {"required": True}),
            "address": ("text", "Address", {}),
            "latitude": ("number", "Lat", {"scale": 6, "low": "-90", "high": "90"}),
            "longitude": ("number", "Lon", {"scale": 6, "low": "-180", "high": "180"}),
        }},
}


# --- canonical lines -----------------------------------------------------------------------------


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def with_lexemes(text):
    return json.loads(text, parse_int=lambda s: "#" + s, parse_float=lambda s: "#" + s)


def reject_line(raw):
    """JSON rows may be spaced as the source likes; other bytes count as they are."""
    try:
        return "REJECT\t" + canonical(with_lexemes(raw.decode())) if raw[:1] == b"{" else None
    except ValueError:
        return None


def rejected(raw):
    return reject_line(raw) or "REJECT\t" + raw.decode("latin-1").replace("\n", "\\n")


def pseudonym(clear, key):
    ident, secret = key
    mac = hmac.new(secret, clear.encode(), hashlib.sha256).digest()[:16]
    return ident + ":" + base64.urlsafe_b64encode(mac).decode().rstrip("=")


def lines_of_row(row, raw, expect, start, key):
    try:
        data = {}
        for name, (kind, field, options) in expect["elements"].items():
            value = element(kind, row, field, **options)
            if value is not None:
                data[name] = value
        for before, after in expect["order"]:
            if before in data and after in data and data[before] > data[after]:
                raise Reject
    except Reject:
        return [rejected(raw)]
    subject = "/".join(data[name].replace("%", "%25").replace("/", "%2F") for name in expect["key"])
    marked = {name: {"value": data[name]} for name, (kind, _, _) in expect["elements"].items()
              if kind == "person" and name in data}
    data.update({name: pseudonym(clear["value"], key) for name, clear in marked.items()})
    lines = [f"{start}{subject}\t{canonical(data)}"]
    return lines + ([f"RESTRICTED\t{subject}\t{canonical(marked)}"] if marked else [])


def decode(data):
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def csv_records(data):
    """The records' bytes: lines, joined while a quote is open."""
    record = b""
    for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        record = record + b"\n" + line if record else line
        if record.count(b'"') % 2 == 0:
            if record.strip(b"\r"):
                yield record.removesuffix(b"\r")
            record = b""


def rows_of_file(path):
    """(row, original bytes) of each."""
    with open(path, "rb") as file:
        data = file.read()
    if path.endswith((".json", ".jsonl")):
        rows = ([json.loads(line, parse_float=decimal.Decimal) for line in data.splitlines()]
                if path.endswith("l") else json.loads(data, parse_float=decimal.Decimal))
        for row in rows:
            yield row, json.dumps(row, ensure_ascii=False, default=float).encode()
        return
    charset = "gb18030" if decode(data) != data.decode("utf-8-sig", "replace") else "utf-8"
    names = None
    for record in csv_records(data):
        # One record alone: the csv module then sees quotes, commas and inner line ends only.
        cells = next(csv.reader(io.StringIO(record.decode(charset), newline="")))
        if names is None:
            names = [clean(name) if charset == "utf-8" else name.strip() for name in cells]
        else:
            yield dict(zip(names, cells)), record


def lines_of_rows(paths, expect, start, key):
    return [line for path in paths for row, raw in rows_of_file(path)
            for line in lines_of_row(row, raw, EXPECTATIONS[expect], start, key)]


def raw(field):
    return base64.b64decode(field["base64"]) if isinstance(field, dict) else (field or "").encode()


def lines_of_messages(messages, origin=None):
    lines = []
    for message in messages:
        if message["topic"].endswith(OWN_TOPICS):
            continue
        if message["topic"].endswith(".rejected"):
            if origin in (None, dict(message["headers"])["gt_origin"]):
                lines.append(rejected(raw(message["value"])))
            continue
        event = with_lexemes(message["value"])
        if origin not in (None, event["source"]):
            continue
        if message["topic"].endswith(".restricted"):
            lines.append(f"RESTRICTED\t{event['subject']}\t{canonical(event['data'])}")
        else:
            lines.append(f"{message['key']}\t{canonical(event['data'])}")
    return lines


def digest(lines):
    return hashlib.sha256("".join(line + "\n" for line in sorted(lines)).encode()).hexdigest()


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("what", choices=["rows", "messages"])
    parser.add_argument("--expect", choices=sorted(EXPECTATIONS))
    parser.add_argument("--start", default="")
    parser.add_argument("--key", default=":")
    parser.add_argument("--origin")
    parser.add_argument("--lines", action="store_true")
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()
    if args.what == "rows":
        ident, secret = args.key.split(":")
        lines = lines_of_rows(args.files, args.expect, args.start, (ident, bytes.fromhex(secret)))
    else:
        with open(args.files[0], encoding="utf-8") as file:
            lines = lines_of_messages(map(json.loads, file), args.origin)
    if args.lines:
        print("\n".join(sorted(lines)))
    print(len(lines), digest(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
