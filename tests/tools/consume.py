#!/usr/bin/env python3
"""Writes the messages of all topics that match a pattern as JSON lines.

  consume.py --brokers HOST:PORT [--config FILE] [--uncommitted] [--settled SECONDS] REGEX...

One line per message: {"topic", "partition", "offset", "timestamp" (ms), "key", "headers":
[[name, value]...], "value"}. Bytes are text where they are UTF-8, {"base64": "..."} where they are
not, null where Kafka has null. A partition's messages are in its order; partitions are mixed.

Reads what is there at the start, up to each partition's end: with the default isolation
(read_committed) the last stable offset, with --uncommitted the very end, aborted and open
transactions included. --settled waits until no open transaction hides anything, and fails (3) if
that takes longer. --config names a file of librdkafka settings (tests/kafka/kafka writes one).
"""
import argparse
import base64
import json
import re
import sys
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

TIMEOUT = 60


def as_json(data):
    if data is None:
        return None
    data = data.encode() if isinstance(data, str) else data
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def settings(brokers, config=None):
    conf = {}
    if config:
        with open(config, encoding="utf-8") as lines:
            conf = dict(line.strip().split("=", 1) for line in lines if "=" in line)
    return {**conf, **({"bootstrap.servers": brokers} if brokers else {})}


def open_reader(conf, committed):
    return Consumer({**conf, "group.id": "guantong-tests", "enable.auto.commit": False,
                     "auto.offset.reset": "error", "enable.partition.eof": True,
                     "isolation.level": "read_committed" if committed else "read_uncommitted"})


def ends(reader, patterns):
    """{(topic, partition): (start, end)} of the matching topics; end as the isolation sees it."""
    found = {}
    for name, topic in reader.list_topics(timeout=TIMEOUT).topics.items():
        if any(re.fullmatch(pattern, name) for pattern in patterns):
            for partition in topic.partitions:
                found[name, partition] = reader.get_watermark_offsets(
                    TopicPartition(name, partition), timeout=TIMEOUT)
    return found


def wait_until_settled(conf, patterns, seconds):
    committed, uncommitted = open_reader(conf, True), open_reader(conf, False)
    try:
        deadline = time.monotonic() + seconds
        while ends(committed, patterns) != ends(uncommitted, patterns):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.2)
        return True
    finally:
        committed.close()
        uncommitted.close()


def read(conf, patterns, committed=True):
    """Yields the confluent_kafka messages of all matching topics up to their present ends."""
    reader = open_reader(conf, committed)
    try:
        left = {key: range_ for key, range_ in ends(reader, patterns).items()
                if range_[0] < range_[1]}
        reader.assign([TopicPartition(*key, range_[0]) for key, range_ in left.items()])
        heard = time.monotonic()
        while left:
            batch = reader.consume(10000, timeout=1)
            heard = time.monotonic() if batch else heard
            if time.monotonic() - heard > TIMEOUT:
                raise TimeoutError(f"nothing heard for {TIMEOUT} s about {sorted(left)}")
            for message in batch:
                key = message.topic(), message.partition()
                at_end = message.error() and message.error().code() == KafkaError._PARTITION_EOF
                if message.error() and not at_end:
                    raise KafkaException(message.error())
                if not at_end and key in left and message.offset() < left[key][1]:
                    yield message
                if key in left and (at_end or message.offset() >= left[key][1] - 1):
                    del left[key]
    finally:
        reader.close()


def line(message):
    return {"topic": message.topic(), "partition": message.partition(),
            "offset": message.offset(), "timestamp": message.timestamp()[1],
            "key": as_json(message.key()),
            "headers": [[name, as_json(value)] for name, value in message.headers() or []],
            "value": as_json(message.value())}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--brokers")
    parser.add_argument("--config")
    parser.add_argument("--uncommitted", action="store_true")
    parser.add_argument("--settled", type=float)
    parser.add_argument("patterns", nargs="+")
    args = parser.parse_args()
    if not args.brokers and not args.config:
        parser.error("--brokers or --config is needed")
    conf = settings(args.brokers, args.config)
    if args.settled and not wait_until_settled(conf, args.patterns, args.settled):
        print("consume: an open transaction still hides messages", file=sys.stderr)
        return 3
    for message in read(conf, args.patterns, not args.uncommitted):
        print(json.dumps(line(message), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
