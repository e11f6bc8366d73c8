#!/usr/bin/env python3
"""Recomputes the Merkle roots and signatures of manifests, from nothing but what the topics hold.

  evidence.py --key PUBLIC.pem MESSAGES     (all topics of a site, by consume.py)

Ends with 0 and counts per log, or with 1 and a line per finding. Redacted restricted messages are
counted, not found fault with. Imports nothing of the project: formats are written out once more.
"""
import base64
import collections
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import (
    Encoding, PublicFormat, load_pem_public_key)

OWN_TOPICS = (".state", ".entries", ".status")
SIGNATURE = b',"signature":"'


def raw(field):
    if field is None:
        return None
    return base64.b64decode(field["base64"]) if isinstance(field, dict) else field.encode()


def part(data):
    return b"\xff" * 4 if data is None else len(data).to_bytes(4, "big") + data


def leaf(message):
    parts = [raw(message["key"]), raw(message["value"])]
    for name, value in message["headers"]:
        parts += [name.encode(), raw(value)]
    return hashlib.sha256(b"\0" + b"".join(map(part, parts))).digest()


def root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:half]) + root(leaves[half:])).digest()


def identity(message):
    headers = dict(message["headers"])
    event = {} if "gt_id" in headers else json.loads(raw(message["value"]))
    epoch, seq = (headers.get("gt_id") or event["id"]).split(".")
    return headers.get("gt_origin") or event["source"], int(epoch), int(seq)


def is_redaction(message):
    return message["value"] is None and message["topic"].endswith(".restricted")


def key_id(key):
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest()[:8].hex()


def check_signature(value, manifest, key, report):
    """True if signed. An empty signature is no finding here: a later one may cover it."""
    signed, mark, _ = value.rpartition(SIGNATURE)
    if not mark or value != signed + mark + manifest["signature"].encode() + b'"}':
        report("does not end with its signature")
    elif manifest["signature"] == "" == manifest["key"]:
        return False
    elif manifest["key"] != key_id(key):
        report(f"was signed with another key, {manifest['key']}")
    else:
        try:
            key.verify(base64.b64decode(manifest["signature"], validate=True), signed)
        except (InvalidSignature, ValueError):
            report("has a wrong signature")
    return True


def check_topic(entry, members, report):
    leaves = [leaf(message) for message in members]
    if "leaves" in entry:  # restricted: single leaves, of which redaction may have taken some
        listed = iter(map(bytes.fromhex, entry["leaves"]))
        if len(entry["leaves"]) != entry["count"] or not all(one in listed for one in leaves):
            report(f"{entry['topic']}: the messages are not those listed")
        return entry["count"] - len(members)
    if len(members) != entry["count"] or root(leaves).hex() != entry["root"]:
        report(f"{entry['topic']}: its {len(members)} messages do not give the root")
    return 0


def check_origin(entry, messages, next_seq, report):
    name, first, count = (entry["origin"], entry["epoch"]), entry["first_seq"], entry["count"]
    if name < max((one for one in next_seq if one[0] == name[0]), default=name):
        report(f"{name} goes back to an older numbering")
    if first != next_seq.get(name, 1):
        report(f"{name} goes on with {first} where {next_seq.get(name, 1)} is due")
    next_seq[name] = first + count
    found = [messages.pop((*name, seq), None) for seq in range(first, first + count)]
    members = collections.defaultdict(list)
    for message in filter(None, found):
        members[message["topic"]].append(message)
    redacted = sum(check_topic(topic, members.pop(topic["topic"], []), report)
                   for topic in entry["topics"])
    if members or sum(topic["count"] for topic in entry["topics"]) != count:
        report(f"{name}: the topics do not add up to {count} messages")
    if found.count(None) != redacted:
        report(f"{name}: {found.count(None) - redacted} messages from {first} on are missing")
    return redacted


def check_log(log, manifests, messages, key, findings):
    previous, number, generation, next_seq, redacted, unsigned = b"", None, 0, {}, 0, 0
    for message in manifests:
        value = raw(message["value"])
        manifest = json.loads(value)

        def report(text, at=f"{log} manifest {manifest['number']}"):
            findings.append(f"{at} {text}")

        if [manifest["log"], str(manifest["number"])] != [log, message["key"]]:
            report("is named otherwise")
        if number is not None and manifest["number"] != number + 1:
            report(f"follows {number}")
        if manifest["previous"] != (hashlib.sha256(previous).hexdigest() if previous else ""):
            report("names another predecessor")
        if manifest["generation"] < generation:
            report("comes from a superseded owner")
        unsigned = 0 if check_signature(value, manifest, key, report) else unsigned + 1
        for origin in manifest["origins"]:
            redacted += check_origin(origin, messages, next_seq, report)
        previous, number, generation = value, manifest["number"], manifest["generation"]
    if unsigned:
        findings.append(f"{log}: the last {unsigned} manifests are not signed")
    return f"{log}: {len(manifests)} manifests to {number}, {redacted} redacted"


def verify(lines, key):
    """(findings, summary lines) of a dump of topics."""
    findings, messages, logs = [], {}, collections.defaultdict(list)
    for message in sorted(lines, key=lambda m: (m["topic"], m["partition"], m["offset"])):
        if message["topic"].endswith(".manifest"):
            logs[f"{message['topic'][:-len('.manifest')]}.{message['partition']}"].append(message)
        elif not message["topic"].endswith(OWN_TOPICS) and not is_redaction(message):
            if messages.setdefault(identity(message), message) is not message:
                findings.append(f"{identity(message)} is there twice")
    total = len(messages)
    summary = [check_log(log, logs[log], messages, key, findings) for log in sorted(logs)]
    findings += [f"{ident} is in no manifest" for ident in sorted(messages)]
    return findings, [*summary, f"{total} messages, {total - len(messages)} covered"]


def main(key_option, key_path, path):
    assert key_option == "--key"
    with open(key_path, "rb") as pem, open(path, encoding="utf-8") as lines:
        findings, summary = verify(map(json.loads, lines), load_pem_public_key(pem.read()))
    print("\n".join([*findings, *summary]))
    return 1 if findings else 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
