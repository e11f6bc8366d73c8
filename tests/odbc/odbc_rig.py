"""What the tests of the odbc adapter share: the program `odbc_pull` as an object."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/tools"))

import databases  # noqa: E402

PULL = os.environ.get("GT_ODBC_PULL", "")
FAKE = os.environ.get("GT_ODBC_FAKE", "")
KINDS = {0: "absent", 1: None, 2: "bool", 3: "number", 4: "text"}


class Failed(Exception):
    """What the adapter answered: code, class (1 retry, 2 config), sentence, and rows before it."""

    def __init__(self, code, kind, sentence):
        super().__init__(f"{code} {sentence}")
        self.code, self.kind, self.sentence = code, int(kind), sentence


class Row:
    def __init__(self, words):
        self.number, self.raw, bad = int(words[0]), words[1], words[2]
        self.bad, self.whole = (None, 0) if bad == "-" else (bad.split()[0], int(bad.split()[1]))
        self.values = []
        for word in words[3:]:
            kind, text = word.split(":", 1)
            kind = int(kind)
            self.values.append(None if kind == 1 else bool(int(text)) if kind == 2 else
                               bytes.fromhex(text).decode() if kind >= 3 else "absent")
        self.kinds = [KINDS[int(word.split(":", 1)[0])] for word in words[3:]]

    @property
    def json(self):
        # Numbers stay as they are written: 1.10 is not 1.1.
        return json.loads(self.raw, parse_float=str, parse_int=str)


class Pull:
    """One flow. Rows arrive in `rows` (of all polls), notes in `notes`."""

    def __init__(self, options, *fields, mode="child", zone=480, environment=None):
        self.folder = tempfile.TemporaryDirectory(prefix="gt-odbc-")
        path = pathlib.Path(self.folder.name) / "options.yaml"
        path.write_text(options)
        self.process = subprocess.Popen(
            [PULL, mode, str(path), *fields], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "GT_ZONE": str(zone), "GT_DB_PASSWORD": databases.PASSWORD,
                 "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0",
                 **(environment or {})})
        self.rows, self.notes, self.totals, self.skipped, self.found = [], [], {}, 0, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(databases.PATIENCE)
        self.process.stdout.close()
        self.folder.cleanup()

    def ask(self, command):
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError(f"odbc_pull ended after {command!r}")
            words = line.decode("utf-8", "surrogateescape").rstrip("\n").split("\t")
            if words[0] == "R":
                self.rows.append(Row(words[1:]))
            elif words[0] == "N":
                self.notes.append((words[1], words[2]))
            elif words[0] == "T":
                self.totals[words[1]] = int(words[2])
            elif words[0] == "S":
                self.skipped += int(words[1])
            elif words[0] in "FEL":
                self.found.append(words)
            elif words[0] == "= error":
                raise Failed(*words[1:4])
            elif words[0].startswith("= "):
                return "\t".join(words)[2:]

    def open(self):
        self.ask("open")
        return self

    def poll(self, records=0):
        return self.ask(f"poll {records}")

    def drain(self, records=0):
        """Polls to the end of the pass; the rows of just this pass."""
        before = len(self.rows)
        while self.poll(records) not in ("idle", "end"):
            pass
        return self.rows[before:]

    def failure(self, polls=10):
        """Polls until it fails."""
        for _ in range(polls):
            try:
                self.poll()
            except Failed as failed:
                return failed
        raise AssertionError("it does not fail")

    def child(self):
        """The process id of the isolated child."""
        for entry in os.listdir("/proc"):
            try:
                stat = pathlib.Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()
            except (OSError, IndexError):
                continue
            if int(stat[1]) == self.process.pid:
                return int(entry)
        return None


def peak_rss(pid):
    """KiB, the most that the process ever held."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmHWM:")[1].split()[0])


def main():
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]], verbosity=2)
