#!/usr/bin/env python3
"""evidence.py passes a sound log and finds every planted error."""
import base64
import hashlib
import json
import unittest

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import evidence

DATA, RESTRICTED, REJECTED = "jgsw.s.a.b.v1", "jgsw.s.a.b.v1.restricted", "jgsw.s.rejected"
MANIFEST = "jgsw.s.manifest"
KEY = Ed25519PrivateKey.generate()


def message(seq, topic, offset):
    event = {"source": "/s/cars/trips", "id": f"7.{seq}", "data": {"n": seq}}
    headers = [["gt_origin", "/s/cars/trips"], ["gt_id", f"7.{seq}"]]
    return {"topic": topic, "partition": 0, "offset": offset, "key": f"k{seq}",
            "headers": [["content-type", "x"]] if topic == DATA else headers,
            "value": {"base64": "/w=="} if topic == REJECTED else json.dumps(event)}


def topic_entry(topic, members):
    entry = {"topic": topic, "count": len(members)}
    if topic == RESTRICTED:
        return {**entry, "leaves": [evidence.leaf(m).hex() for m in members]}
    return {**entry, "root": evidence.root([evidence.leaf(m) for m in members]).hex()}


def sign(body, key=KEY):
    """key None: unsigned, which both members say by being empty."""
    body["key"] = evidence.key_id(key.public_key()) if key else ""
    text = json.dumps(body, separators=(",", ":"))[:-1]
    signature = base64.b64encode(key.sign(text.encode())).decode() if key else ""
    return f'{text},"signature":"{signature}"}}'


def manifest(number, previous, members, key=KEY):
    by_topic = {}
    for m in members:
        by_topic.setdefault(m["topic"], []).append(m)
    origins = [{"origin": "/s/cars/trips", "epoch": 7,
                "first_seq": evidence.identity(members[0])[2], "count": len(members),
                "topics": [topic_entry(*item) for item in by_topic.items()]}] if members else []
    body = {"manifest": 1, "log": "jgsw.s.0", "number": number, "previous": previous,
            "generation": 1, "origins": origins}
    return {"topic": MANIFEST, "partition": 0, "offset": number, "key": str(number),
            "headers": [["content-type", "application/json"]], "value": sign(body, key)}


def sound(key=KEY):
    """40 messages in 5 commits of sizes 1, 2, 7, 0 and 30, over three topics."""
    log, seq, previous = [], 1, ""
    for number, size in enumerate((1, 2, 7, 0, 30), 1):
        members = [message(s, (DATA, DATA, RESTRICTED, REJECTED)[s % 4], s)
                   for s in range(seq, seq + size)]
        log += [*members, manifest(number, previous, members, key)]
        previous = hashlib.sha256(log[-1]["value"].encode()).hexdigest()
        seq += size
    return log


def of(log, topic, n):
    return [m for m in log if m["topic"] == topic][n]


def resign(log, n, key=KEY, **changes):
    at = of(log, MANIFEST, n)
    body = json.loads(at["value"])
    del body["signature"], body["key"]
    at["value"] = sign({**body, **changes}, key)


class Evidence(unittest.TestCase):
    def findings(self, log, key=KEY):
        return evidence.verify(log, key.public_key())[0]

    def refuse(self, log, text):
        self.assertIn(text, "\n".join(self.findings(log)))

    def test_known_answers(self):
        # leaf of key "k", value "v", one header n: null, spelt out; roots of RFC 6962.
        bare = {"key": "k", "value": "v", "headers": [["n", None]]}
        spelt = bytes.fromhex("00" "00000001" "6b" "00000001" "76" "00000001" "6e" "ffffffff")
        self.assertEqual(evidence.leaf(bare), hashlib.sha256(spelt).digest())
        leaves = [hashlib.sha256(b"\0" + bytes.fromhex(data)).digest() for data in (
            "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
            "606162636465666768696a6b6c6d6e6f")]
        self.assertEqual(evidence.root(leaves[:3]).hex(),
                         "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77")
        self.assertEqual(evidence.root(leaves).hex(),
                         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")

    def test_sound(self):
        findings, summary = evidence.verify(sound(), KEY.public_key())
        self.assertEqual(findings, [])
        self.assertEqual(summary[-1], "40 messages, 40 covered")

    def test_altered_value(self):
        log = sound()
        of(log, DATA, 5)["value"] = of(log, DATA, 5)["value"].replace('"n"', '"m"')
        self.refuse(log, "do not give the root")

    def test_altered_key_and_header(self):
        for change in ({"key": "x"}, {"headers": [["content-type", "y"]]}, {"headers": []}):
            log = sound()
            of(log, DATA, 5).update(change)
            self.refuse(log, "do not give the root")

    def test_altered_restricted(self):
        log = sound()
        of(log, RESTRICTED, 2)["key"] = "x"
        self.refuse(log, "not those listed")

    def test_redacted(self):
        log = sound()
        gone = of(log, RESTRICTED, 2)
        log[log.index(gone)] = {**gone, "offset": 99, "value": None, "headers": []}
        self.assertEqual(self.findings(log), [])
        self.assertIn("1 redacted", evidence.verify(log, KEY.public_key())[1][0])

    def test_lost_message(self):
        for topic in (DATA, REJECTED):
            log = sound()
            log.remove(of(log, topic, 3))
            self.refuse(log, "are missing")

    def test_doubled_and_inserted(self):
        log = sound()
        self.refuse([*log, {**of(log, DATA, 3), "offset": 99}], "there twice")
        self.refuse([*log, message(41, DATA, 99)], "in no manifest")

    def test_swapped(self):
        log = sound()
        one, two = of(log, DATA, 6), of(log, DATA, 7)
        one["key"], two["key"] = two["key"], one["key"]
        self.refuse(log, "do not give the root")

    def test_moved_to_another_topic(self):
        log = sound()
        of(log, DATA, 6)["topic"] = "jgsw.s.a.c.v1"
        self.refuse(log, "do not add up")

    def test_lost_manifest(self):
        for n, text in ((0, "names another predecessor"), (2, "follows 2"), (4, "in no manifest")):
            log = sound()
            log.remove(of(log, MANIFEST, n))
            self.refuse(log, text)

    def test_rewritten_manifest(self):
        log = sound()
        resign(log, 1, generation=2)
        self.refuse(log, "names another predecessor")
        self.refuse(log, "superseded owner")

    def test_gap_in_numbers(self):
        log = sound()
        origins = json.loads(of(log, MANIFEST, 4)["value"])["origins"]
        origins[0]["first_seq"] += 1
        resign(log, 4, origins=origins)
        self.refuse(log, "is due")

    def test_signature(self):
        log = sound()
        at = of(log, MANIFEST, 4)
        at["value"] = at["value"].replace('"number":5', '"number":5 ')
        self.refuse(log, "wrong signature")
        self.refuse(sound(Ed25519PrivateKey.generate()), "another key")
        log = sound()
        at = of(log, MANIFEST, 4)
        at["value"] = at["value"].replace('"signature"', '"signatures":"","signature"')[:-1] + " }"
        self.refuse(log, "does not end with its signature")

    def test_unsigned(self):
        self.refuse(sound(None), "the last 5 manifests are not signed")
        log = sound(None)
        resign(log, 4)
        self.assertEqual(self.findings(log), [], "a later signature covers the earlier ones")

    def test_older_numbering(self):
        log = sound()
        origins = json.loads(of(log, MANIFEST, 4)["value"])["origins"]
        origins[0]["epoch"] = 6
        resign(log, 4, origins=origins)
        self.refuse(log, "goes back to an older numbering")


if __name__ == "__main__":
    unittest.main()
