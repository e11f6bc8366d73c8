#!/usr/bin/env python3
"""Compares what a reader of Kafka got with the source: lost, doubled, invented, reordered rows.

  source_check.py --mark REGEX [--origin /SITE/SOURCE/FLOW] [--partial] ROWS MESSAGES
  source_check.py --self-test

ROWS: the source's rows in its order, one a line. MESSAGES: output of consume.py for the site; the
gateway's own topics are passed over, of restricted messages only the ids matter. REGEX finds in a row, and in the value
of the message or reject made of it, the text (its first group) that no other row has, such as
'YC(\\d{10})'.
--origin looks only at that origin's messages. --partial allows rows missing behind the last one
that was published, for a look while the gateway is down.

Checked: every row in exactly one message; no message without a row; the rows of one message key in
the source's order, in one partition; ids unique, rising per topic partition, dense from 1 per
numbering epoch. Ends with 0 and one line of counts, or with 1 and a line per finding.
"""
import argparse
import base64
import collections
import json
import re
import sys

OWN_TOPICS = (".manifest", ".state", ".entries", ".status")
SHOWN = 20  # findings printed per class


def identity(message):
    """(origin, epoch, seq): rejects carry it in headers, data messages are CloudEvents."""
    headers = dict(message["headers"])
    if "gt_id" in headers:
        origin, ident = headers.get("gt_origin"), headers["gt_id"]
    else:
        event = json.loads(message["value"])
        origin, ident = event["source"], event["id"]
    epoch, seq = ident.split(".")
    return origin, int(epoch), int(seq)


def text_of(message):
    """The value as text: bytes that are not UTF-8 come as base64 and are read as Latin-1."""
    value = message["value"]
    if isinstance(value, dict):
        return base64.b64decode(value["base64"]).decode("latin-1")
    return value or ""


class Findings:
    def __init__(self):
        self.count = collections.Counter()
        self.lines = []

    def add(self, kind, text):
        self.count[kind] += 1
        if self.count[kind] <= SHOWN:
            self.lines.append(f"{kind}: {text}")


def place(message):
    return f"{message['topic']}[{message['partition']}]@{message['offset']}"


def check_rows(rows, messages, mark, partial, findings):
    def find(text):
        match = mark.search(text)
        return match.group(1) if match else None

    index, published = {}, collections.defaultdict(list)
    for number, row in enumerate(rows):
        found = find(row)
        if found is None or found in index:
            raise SystemExit(f"source_check: row {number + 1} has no mark of its own: {row[:80]}")
        index[found] = number
    last_of_key, partition_of_key = {}, {}
    for message in messages:
        if message["topic"].endswith(".restricted"):
            continue
        found = find(text_of(message))
        if found not in index:
            findings.add("invented", f"{place(message)} belongs to no row (mark {found})")
            continue
        published[found].append(message)
        if message["key"] is None:
            continue
        key = message["topic"], json.dumps(message["key"])
        if partition_of_key.setdefault(key, message["partition"]) != message["partition"]:
            findings.add("scattered", f"{place(message)} has the key {key[1]} of another partition")
        if last_of_key.get(key, -1) > index[found]:
            findings.add("reordered", f"{place(message)} holds row {index[found] + 1} of key "
                                      f"{key[1]} behind row {last_of_key[key] + 1}")
        last_of_key[key] = max(last_of_key.get(key, -1), index[found])
    end = max((index[found] for found in published), default=-1) if partial else len(rows)
    for found, number in index.items():
        if found not in published and number <= end:
            findings.add("lost", f"row {number + 1} (mark {found}) is in no message")
        if len(published[found]) > 1:
            findings.add("doubled", f"row {number + 1} (mark {found}) is in " +
                         ", ".join(place(message) for message in published[found]))


def check_ids(messages, findings):
    seen, highest = {}, {}
    for message in messages:
        ident = identity(message)
        if ident in seen:
            findings.add("same id", f"{ident} is in {seen[ident]} and {place(message)}")
        seen[ident] = place(message)
        where = message["topic"], message["partition"], ident[0]
        if highest.get(where, (0, 0)) > ident[1:]:
            findings.add("seq falls", f"{place(message)} has {ident} behind {highest[where]}")
        highest[where] = ident[1:]
    epochs = collections.defaultdict(set)
    for origin, epoch, seq in seen:
        epochs[origin, epoch].add(seq)
    for (origin, epoch), seqs in epochs.items():
        gaps = sorted(set(range(1, max(seqs) + 1)) - seqs)
        if gaps:
            findings.add("gap", f"{origin} lacks {len(gaps)} ids from {epoch}.{gaps[0]}")


def check(rows, messages, mark, partial=False):
    findings = Findings()
    check_rows(rows, messages, re.compile(mark), partial, findings)
    check_ids(messages, findings)
    return findings


def read_messages(path, origin):
    with open(path, encoding="utf-8") as lines:
        messages = [json.loads(line) for line in lines]
    messages = [m for m in messages if not m["topic"].endswith(OWN_TOPICS)]
    messages.sort(key=lambda m: (m["topic"], m["partition"], m["offset"]))
    return [m for m in messages if origin is None or identity(m)[0] == origin]


# --- self-test: a sound log passes, and each planted error is found under its name ---------------


def sound_log():
    rows = [json.dumps({"id": f"YC{n:04d}", "car": n % 5}) for n in range(60)]
    messages, offsets = [], collections.Counter()
    for n, row in enumerate(rows):
        reject = n % 10 == 9
        topic, partition = ("t.rejected", 0) if reject else ("t.data.v1", n % 5 % 2)
        event = {"source": "/s/cars/trips", "id": f"7.{n + 1}", "data": json.loads(row)}
        messages.append({
            "topic": topic, "partition": partition, "offset": offsets[topic, partition],
            "key": f"s/cars/{n % 5}", "value": row if reject else json.dumps(event),
            "headers": [["gt_origin", "/s/cars/trips"], ["gt_id", f"7.{n + 1}"]] if reject else []})
        offsets[topic, partition] += 1
    return rows, messages


def renumber(message, seq):
    event = json.loads(message["value"])
    return {**message, "value": json.dumps({**event, "id": f"7.{seq}"})}


def swap_values(messages, a, b):
    messages[a]["value"], messages[b]["value"] = messages[b]["value"], messages[a]["value"]


PLANTED = {
    "lost": lambda rows, messages: messages.pop(20),
    "gap": lambda rows, messages: messages.pop(20),
    "doubled": lambda rows, messages: messages.append(renumber({**messages[3], "offset": 99}, 61)),
    "same id": lambda rows, messages: messages.append({**messages[3], "offset": 99}),
    "reordered": lambda rows, messages: swap_values(messages, 3, 8),
    "seq falls": lambda rows, messages: swap_values(messages, 3, 8),
    "invented": lambda rows, messages: rows.pop(40),
    "scattered": lambda rows, messages: messages[3].update(partition=0),
}


def self_test():
    mark = r"YC(\d{4})"
    rows, messages = sound_log()
    assert not check(rows, messages, mark).count, check(rows, messages, mark).lines
    assert not check(rows, messages[:30], mark, partial=True).count
    assert check(rows, messages[:30], mark).count["lost"] == 30
    assert check(rows, messages[:20] + messages[21:30], mark, partial=True).count["lost"] == 1
    for kind, plant in PLANTED.items():
        rows, messages = sound_log()
        plant(rows, messages)
        assert check(rows, messages, mark).count[kind], f"a planted error was missed: {kind}"
    print(f"source_check: {len(PLANTED)} kinds of planted errors found")


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--mark", metavar="REGEX")
    parser.add_argument("--origin")
    parser.add_argument("--partial", action="store_true")
    parser.add_argument("files", nargs="*", metavar="ROWS MESSAGES")
    args = parser.parse_args()
    if args.self_test:
        return self_test()
    if len(args.files) != 2 or not args.mark:
        parser.error("--mark, ROWS and MESSAGES are needed")
    with open(args.files[0], encoding="utf-8", errors="replace") as lines:
        rows = [row for row in lines.read().split("\n") if row.strip()]
    messages = read_messages(args.files[1], args.origin)
    findings = check(rows, messages, args.mark, args.partial)
    for finding in findings.lines:
        print(finding, file=sys.stderr)
    print(f"rows {len(rows)} messages {len(messages)} " +
          (" ".join(f"{kind} {n}" for kind, n in findings.count.items()) or "sound"))
    return 1 if findings.count else 0


if __name__ == "__main__":
    sys.exit(main())
