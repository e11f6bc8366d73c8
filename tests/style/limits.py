#!/usr/bin/env python3
"""Sizes of C sources under gateway/ and adapters/: 600 lines a file, 60 lines a function (from the
brace at column 0 to the one that closes it), 100 columns a line (characters, a tab is 8; East Asian
wide ones count once, as editors' rulers do). Message catalogues (.def) are data: no line limit.

usage: limits.py SOURCE_ROOT | limits.py --self-test"""
import pathlib
import sys
import tempfile

FILE_LINES, FUNCTION_LINES, COLUMNS = 600, 60, 100


def problems_of(name, lines):
    if len(lines) > FILE_LINES:
        yield f"{name}: {len(lines)} lines, more than {FILE_LINES}"
    start = None
    for number, line in enumerate(lines, 1):
        width = len(line.expandtabs(8))
        if width > COLUMNS:
            yield f"{name}:{number}: {width} columns, more than {COLUMNS}"
        if line == "{":
            start = number
        elif line.startswith("}") and start is not None:
            length = number - start + 1
            if length > FUNCTION_LINES:
                yield f"{name}:{start}: a function of {length} lines, more than {FUNCTION_LINES}"
            start = None


def check(root):
    count = 0
    for top in ("gateway", "adapters"):
        for path in sorted((root / top).rglob("*.[ch]")):
            count += 1
            yield from problems_of(str(path.relative_to(root)),
                                   path.read_text().split("\n")[:-1])
    if count == 0:
        yield "no sources were found"


def self_test():
    """Each limit is met at its edge and refused one behind it."""
    body = ["\tx();"]
    fits = ["int f(void)", "{", *body * (FUNCTION_LINES - 2), "}"]
    cases = [
        (fits, 0),
        (fits[:-1] + [*body, "}"], 1),
        (["x"] * FILE_LINES, 0),
        (["x"] * (FILE_LINES + 1), 1),
        (["\t" + "x" * (COLUMNS - 8)], 0),
        (["\t" + "x" * (COLUMNS - 7)], 1),
        (["贯" * COLUMNS], 0),
    ]
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "gateway").mkdir()
        for lines, expected in cases:
            (root / "gateway/x.c").write_text("\n".join(lines) + "\n")
            found = list(check(root))
            if len(found) != expected:
                print(f"expected {expected} problems, found {found}")
                return 1
    return 0


def main():
    if sys.argv[1] == "--self-test":
        return self_test()
    problems = list(check(pathlib.Path(sys.argv[1])))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
