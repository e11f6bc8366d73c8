#!/usr/bin/env python3
"""Marked values of every kind through a gateway on the development broker, then a search for them in
everything that is open: keys, values and headers of all topics, logs, metrics, status, manifests and
journal, state and entries, in every form that a value might take. leaks.py PROGRAM CASE.

Open is all but `….restricted`, which is there for them, and the *value* of `….rejected`, which is the
row as it came (its topic is as sensitive as the source); key and headers of rejects are open.
"""
import base64
import json
import os
import urllib.parse

import bad_input_rig
from bad_input_rig import check, rig

# Name → value. None is part of another, and none stands in a mask of itself.
NAMES = {"applicant": "欧阳泄漏", "driver": "司马外泄", "dispatcher": "诸葛露底", "person": "RY-8842-泄",
         "broken row": "上官断行", "long name": "慕容" + "长" * 70, "json": "夏侯引号"}
NUMBERS = {"identity": "11010519491231002X", "identity in text": "440524188001010014",
           "identity in date": "53010219200508011X", "identity in number": "110101199003077782",
           "applicant's telephone": "13911112222", "telephone in text": "13733334444",
           "spaced telephone": "136 5555 6666", "telephone in reject": "13577778888",
           "card": "6222021234567890128", "spaced card": "6222 0212 3456 7894",
           "landline": "0571-86547551", "telephone in code": "13299990000", "old identity": "110105491231002",
           "key": "4403011980010112X9", "wide": "15811110000"}
MARKED = {**NAMES, **NUMBERS}


def full_width(text):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def forms(value):
    """Every way in which the value might be written, as bytes."""
    found = set()
    for text in {value, full_width(value), value.replace(" ", "").replace("-", "")}:
        found.add(json.dumps(text)[1:-1].encode())
        found.add(json.dumps(text)[1:-1].upper().replace("\\U", "\\u").encode())
        for charset in ("utf-8", "gb18030", "utf-16-le"):
            data = text.encode(charset)
            found |= {data, data.hex().encode(), data.hex().upper().encode(),
                      urllib.parse.quote_from_bytes(data).encode(),
                      urllib.parse.quote_from_bytes(data).lower().encode()}
            for at in range(3):  # wherever it stands in what is encoded
                whole = base64.b64encode(b"\0" * at + data)
                inner = whole[-(-at * 8 // 6):len(whole) - (4 if (len(data) + at) % 3 else 0)]
                found |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
    return {form for form in found if len(form) >= 6}


FORMS = {name: forms(value) for name, value in MARKED.items()}


def leaks(where, data):
    return [f"{name} in {where}: {form!r} in {data[max(0, data.find(form) - 60):][:160]!r}"
            for name, all_forms in FORMS.items() for form in all_forms if form in data]


def as_bytes(value):
    if value is None:
        return b""
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value.encode()


def open_parts(message):
    """(where, bytes) of what whoever may read all but the protected topics sees."""
    topic = message["topic"]
    if topic.endswith(".restricted"):
        return
    yield f"key of {topic}", as_bytes(message["key"])
    for name, value in message["headers"]:
        yield f"header {name} of {topic}", name.encode() + b"=" + as_bytes(value)
    if not topic.endswith(".rejected"):
        yield f"value of {topic}", as_bytes(message["value"])


TRIPS = """\
    entity: vehicle.dispatch-order@1
    map:
      order_no: ID
      plate_no: CPH
      vehicle_type: {from: CLLX, codes: {"01": sedan}}
      applicant: SQR
      applicant_phone: SQRDH
      driver: JSY
      dispatcher: DDY
      reason: YCSY
      destination: MDD
      depart_time: CFSJ
      distance: LC
"""
PEOPLE = """\
    entity: vehicle.driver@1
    map: {driver_id: id, name: xm, identity_no: sfz, phone: dh, organisation_name: bz}
"""
ROOMS = """\
    entity: housing.occupant@1
    map: {person_id: ry, room_id: fj, name: xm, from: rq}
"""


def trips_csv():
    m = MARKED
    good = ["鄂A12345", "01", m["applicant"], m["applicant's telephone"], m["driver"], m["dispatcher"]]
    rows = [["YC1", *good, f"接{m['identity']}", f"宾馆（{m['telephone in text']}、卡{m['card']}）",
             "2024-03-27 08:00", "12"],
            ["YC2", *good, "会议", f"{m['identity in text']} {m['spaced telephone']}", "2024.3.27 9:00", "12"],
            ["YC3", *good, "会议", f"{m['spaced card']} {m['landline']} {m['old identity']} "
             f"{full_width(m['wide'])}", "2024-03-27 10:00", m["identity in number"]],
            # Rejected: no plate; a number where a date, a code should be; too long a name.
            ["YC4", "", *good[1:], m["telephone in reject"], "x", "2024-03-27 10:00", "1"],
            ["YC5", *good, "会议", "x", m["identity in date"], "1"],
            ["YC6", good[0], m["telephone in code"], *good[2:], "会议", "x", "2024-03-27 11:00", "1"],
            ["YC7", good[0], "01", m["long name"], *good[3:], "会议", "x", "不是日期", "1"]]
    head = "ID,CPH,CLLX,SQR,SQRDH,JSY,DDY,YCSY,MDD,CFSJ,LC"
    broken = f"YC8,鄂A12345,01,{m['broken row']}"
    return "\r\n".join([head, *(",".join(row) for row in rows), broken, ""]).encode("gb18030")


def people_jsonl():
    m = MARKED
    rows = [{"id": "J1", "xm": m["applicant"], "sfz": m["identity"], "dh": m["applicant's telephone"]},
            {"id": "J2", "xm": m["driver"], "sfz": m["key"], "dh": "1"},     # a wrong check digit
            {"id": "", "xm": m["dispatcher"], "sfz": m["identity"], "bz": m["telephone in text"]}]
    lines = [json.dumps(row, ensure_ascii=at > 0) for at, row in enumerate(rows)]
    lines.append('{"id":"J4","xm":"%s"' % m["json"])  # breaks off
    return "\n".join(lines + [""]).encode()


def rooms_jsonl():
    rows = [{"ry": MARKED["key"], "fj": "R1", "xm": MARKED["applicant"], "rq": "2024-01-01"},
            {"ry": MARKED["person"], "fj": "R2", "xm": MARKED["driver"], "rq": "2024-01-01"},
            {"ry": MARKED["person"], "fj": "", "xm": MARKED["driver"], "rq": "2024-01-01"}]
    return "\n".join([*map(json.dumps, rows), ""]).encode()


def drop(site, name, flow, mapping, data, kind):
    folder = site.drop_folder(name, flow, mapping, {f"{name}.{kind}": data})
    path = site.folder / "sources" / f"{name}.yaml"
    path.write_text(path.read_text().replace("format: csv", f"format: {kind}"))
    return folder


def everything(site, messages):
    """(where, bytes) of all that is open."""
    for message in messages:
        yield from open_parts(message)
    yield "the metrics", site.ask("/metrics").encode()
    for language in ("zh_CN.UTF-8", "en_GB.UTF-8"):
        for how in ((), ("--json",)):
            done = site.in_language(language, "status", *how)
            yield "guantong status", (done.stdout + done.stderr).encode()
    sources = {site.folder / f"drop-{name}" for name in ("trips", "people", "rooms")}
    for path in site.folder.rglob("*"):  # logs, journal, whatever else it leaves
        if path.is_file() and not sources & set(path.parents):
            yield str(path.relative_to(site.folder)), path.read_bytes()


def nothing_leaks(new_site):
    site = new_site("leaks")
    conf = site.folder / "guantong.yaml"
    conf.write_text(conf.read_text().replace("[national@1, fleet@1]", "[national@1]"))
    drop(site, "trips", "orders", TRIPS, trips_csv(), "csv")
    drop(site, "people", "drivers", PEOPLE, people_jsonl(), "jsonl")
    drop(site, "rooms", "persons", ROOMS, rooms_jsonl(), "jsonl")
    site.start()
    for flow, rows in (("trips/orders", 8), ("people/drivers", 4), ("rooms/persons", 3)):
        site.wait_flow(flow, f"{rows} rows", lambda f, rows=rows: f["rows"]["read"] == rows and
                       f["rows"]["in_flight"] == 0)
    messages = site.messages()
    found = [leak for where, data in everything(site, messages) for leak in leaks(where, data)]
    check(not found, "\n".join(found[:20]))
    # The search sees them where they are allowed to be, so it would have seen them elsewhere.
    allowed = b"\n".join(as_bytes(m["value"]) for m in messages
                         if m["topic"].endswith((".restricted", ".rejected")))
    seen = {name for name, all_forms in FORMS.items() if any(form in allowed for form in all_forms)}
    masked = {"telephone in text", "card", "identity in text", "spaced telephone", "spaced card", "landline",
              "old identity", "wide", "identity in number"}  # of open texts: kept nowhere
    check(seen >= set(MARKED) - masked, f"not even where they may be: {set(MARKED) - masked - seen}")
    kinds = {m["topic"].rsplit(".", 1)[1] for m in messages}
    check({"restricted", "rejected", "manifest", "state", "status"} <= kinds, f"topics: {kinds}")
    quality = [e.get("quality", "") for e in (json.loads(m["value"]) for m in messages
                                              if m["topic"].endswith("dispatch-order.v1"))]
    check(all("destination.pii-in-text" in q for q in quality) and len(quality) == 3, f"{quality}")


def the_search_works(_):
    """Each form of each value is found where it was put."""
    for name, all_forms in FORMS.items():
        for form in all_forms:
            check(any(leak.startswith(f"{name} in ") for leak in leaks("here", b"xx" + form + b"yy")),
                  f"{name}: {form!r} is not found")
    for text, charset in (("欧阳泄漏", "utf-8"), ("欧阳泄漏", "gb18030")):
        for at in range(3):
            data = base64.b64encode(b"abc"[:at] + text.encode(charset) + b"tail")
            check(leaks("base64", data), f"{text} in base64 at {at}")
    check(not leaks("here", "鄂A12345 某某局 139****2222".encode()), "finds what is not there")


CASES = {case.__name__: case for case in (nothing_leaks, the_search_works)}

if __name__ == "__main__":
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    bad_input_rig.main(CASES)
