#!/usr/bin/env python3
"""consume.py shows what is committed and nothing else. Needs a broker: test_consume.py HOST:PORT"""
import json
import os
import subprocess
import sys
import unittest

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

BROKERS = sys.argv.pop(1) if len(sys.argv) > 1 and ":" in sys.argv[1] else sys.exit(__doc__)
PREFIX = f"consume-test-{os.getpid()}"
TOPIC, OTHER = f"{PREFIX}.data", f"{PREFIX}.other"
TIMEOUT = 120


def consume(*args):
    done = subprocess.run(
        [sys.executable, os.path.join(os.path.dirname(__file__), "consume.py"),
         "--brokers", BROKERS, *args], check=False, capture_output=True, text=True)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def values(messages):
    return [message["value"] for message in messages]


class Consume(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        admin = AdminClient({"bootstrap.servers": BROKERS})
        topics = [NewTopic(TOPIC, 2, 1), NewTopic(OTHER, 1, 1)]
        for created in admin.create_topics(topics).values():
            created.result(TIMEOUT)
        cls.producer = cls.new_producer()
        cls.publish("one", "two")
        cls.publish("never", commit=False)
        cls.publish("three", "four")

    @staticmethod
    def new_producer():
        producer = Producer({"bootstrap.servers": BROKERS, "transactional.id": PREFIX})
        producer.init_transactions(TIMEOUT)
        return producer

    @classmethod
    def publish(cls, *texts, commit=True):
        cls.producer.begin_transaction()
        for text in texts:
            cls.producer.produce(TOPIC, text, key="k", partition=0)
        cls.producer.flush(TIMEOUT)
        if commit:
            cls.producer.commit_transaction(TIMEOUT)
        else:
            cls.producer.abort_transaction(TIMEOUT)

    def test_committed(self):
        status, messages = consume(f"{PREFIX}.d.*")
        self.assertEqual((status, values(messages)), (0, ["one", "two", "three", "four"]))
        self.assertEqual(messages[0]["key"], "k")
        self.assertEqual(messages[0]["offset"], 0)
        self.assertEqual(consume(TOPIC[:-1]), (0, []), "a pattern matches whole names")

    def test_uncommitted(self):
        self.assertIn("never", values(consume("--uncommitted", TOPIC)[1]))

    def test_open_transaction(self):
        self.producer.begin_transaction()
        self.producer.produce(TOPIC, "open", partition=0)
        self.producer.flush(TIMEOUT)
        self.assertNotIn("open", values(consume(TOPIC)[1]))
        self.assertIn("open", values(consume("--uncommitted", TOPIC)[1]))
        self.assertEqual(consume("--settled", "0.5", TOPIC), (3, []))
        type(self).producer = self.new_producer()  # aborts it
        self.assertNotIn("open", values(consume("--settled", str(TIMEOUT), TOPIC)[1]))

    def test_bytes(self):
        self.producer.begin_transaction()
        self.producer.produce(OTHER, b"\xff", headers=[("n", None), ("n", b"\xfe"), ("t", "x")])
        self.producer.produce(OTHER, None, key="gone")
        self.producer.commit_transaction(TIMEOUT)
        first, second = consume(OTHER)[1]
        self.assertEqual(first["value"], {"base64": "/w=="})
        self.assertEqual(first["headers"], [["n", None], ["n", {"base64": "/g=="}], ["t", "x"]])
        self.assertEqual([second["key"], second["value"]], ["gone", None])


if __name__ == "__main__":
    unittest.main()
