#!/usr/bin/env python3
"""Runs `guantong check` on config/, which holds one mistake of each kind, in both languages and as
JSON, and compares with expected.<language>.txt. Usage: check.py GUANTONG [--update]"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CONFIG = os.path.join(HERE, "config")
KINDS = {
    "unknown key": "GT1012", "wrong type": "GT1021", "out of range": "GT1019",
    "missing file": "GT1030", "unknown entity": "GT1118", "unknown element": "GT1104",
    "unknown code list": "GT1223", "unknown code": "GT1131", "bad unit": "GT1111",
    "duplicate flow": "GT1013", "unreadable secret": "GT1034", "mapping type clash": "GT1110",
    "YAML syntax": "GT1053",
}


def run(program, language, *options):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LC_")}
    environment["LANG"] = language
    done = subprocess.run([program, "check", *options, CONFIG], env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, check=False)
    if done.returncode != 3 or done.stderr:
        sys.exit(f"exit {done.returncode} instead of 3; {done.stderr}")
    return done.stdout.replace(CONFIG, "CONFIG")


def main():
    program, update = sys.argv[1], "--update" in sys.argv
    wrong = False
    for language, locale in (("en", "en_GB.UTF-8"), ("zh", "zh_CN.UTF-8")):
        found = run(program, locale)
        path = os.path.join(HERE, f"expected.{language}.txt")
        if update:
            with open(path, "w", encoding="utf-8") as file:
                file.write(found)
        with open(path, encoding="utf-8") as file:
            expected = file.read()
        for kind, code in KINDS.items():
            if f" {code} " not in found:
                print(f"{language}: nothing says {code}, {kind}")
                wrong = True
        if found != expected:
            print(f"--- expected\n{expected}+++ found\n{found}")
            wrong = True
    mistakes = json.loads(run(program, "C", "--json"))
    lines = len(run(program, "C").splitlines()) - 1
    if mistakes["valid"] or len(mistakes["mistakes"]) != lines:
        print("JSON and text do not say the same")
        wrong = True
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
