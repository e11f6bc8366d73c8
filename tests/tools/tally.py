#!/usr/bin/env python3
"""Counts the results in the log of `meson test` (testlog.json): a line "SUITE PASSED FAILED SKIPPED
SECONDS" for each suite, the seconds being those of its tests together.

  tally.py LOG         failed and skipped tests are named on stderr, where also go the lines of
                       reports: what a test printed behind "| "

A Check program counts as the cases that it ran, every other test as one. A test with the exit status
77 was skipped; anything else but success has failed.
"""
import json
import re
import sys

CHECKS = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)$", re.MULTILINE)


def tally(test):
    result = test["result"]
    if result == "SKIP":
        return 0, 0, 1
    found = CHECKS.findall(test.get("stdout") or "")
    checks = sum(int(one[0]) for one in found) or 1
    failed = sum(int(one[1]) + int(one[2]) for one in found)
    if result in ("OK", "EXPECTEDFAIL"):
        return checks, 0, 0
    # A program can also fail as a whole: a leak found at its end, a time-out, a crash.
    return checks - max(failed, 1), max(failed, 1), 0


def main():
    suites = {}
    with open(sys.argv[1], encoding="utf-8") as lines:
        for test in map(json.loads, lines):
            suite = test["name"].split(" / ")[0].split(":")[-1]
            sums = suites.setdefault(suite, [0, 0, 0, 0.0])
            counts = tally(test)
            suites[suite] = [a + b for a, b in zip(sums, (*counts, test["duration"]))]
            if counts[1] or counts[2]:
                print("FAILED" if counts[1] else "skipped", test["name"], test["result"],
                      file=sys.stderr)
            for line in (test.get("stdout") or "").splitlines():
                if line.startswith("| "):
                    print(line, file=sys.stderr)
    for suite, (passed, failed, skipped, seconds) in suites.items():
        print(suite, passed, failed, skipped, round(seconds))


main()
