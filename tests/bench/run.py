#!/usr/bin/env python3
"""Instructions per record and stage of the record path, counted by callgrind, against budget.yaml.

A known toolchain (compiler, libc, machine) that exceeds its budget by more than 5 % fails; on another
the counts are only printed. A batch of nothing but rejects may cost three times what the same rows cost clean,
scan and read included, on any toolchain. `--record` writes this toolchain's counts into budget.yaml.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

STAGES = ["scan", "read", "normalise", "envelope", "leaf"]
RECORDS = 10000
ALLOWED = 1.05
REJECTS = 3  # times the cost of clean records, at most
SKIP = 77
BUDGET = pathlib.Path(__file__).with_name("budget.yaml")


def read_budget():
    """{toolchain: {stage: instructions}}; the file is two levels of plain YAML."""
    budget, toolchain = {}, None
    for line in BUDGET.read_text().splitlines():
        top = re.fullmatch(r'"(.+)":', line)
        row = re.fullmatch(r"  (\w+): (\d+)", line)
        if top:
            toolchain = budget.setdefault(top.group(1), {})
        elif row:
            toolchain[row.group(1)] = int(row.group(2))
        elif line and not line.startswith("#"):
            sys.exit(f"{BUDGET}: cannot read “{line}”")
    return budget


def write_budget(budget):
    """Rows of other programs stay."""
    head = [line for line in BUDGET.read_text().splitlines() if line.startswith("#")]
    for toolchain, stages in sorted(budget.items()):
        head.append(f'"{toolchain}":')
        head += [f"  {stage}: {count}" for stage, count in stages.items()]
    BUDGET.write_text("\n".join(head) + "\n")


def instructions(program, arguments, function):
    """Instructions of all calls of a function, counted by callgrind. Meson has malloc fill what it gives
    out, which would be counted, too."""
    plain = {name: value for name, value in os.environ.items() if name != "MALLOC_PERTURB_"}
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "callgrind.out"
        subprocess.run(["valgrind", "--tool=callgrind", "--collect-atstart=no",
                        f"--toggle-collect={function}", f"--callgrind-out-file={out}",
                        program, *arguments],
                       check=True, env=plain, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        total = re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.M)
    return int(total.group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("standards")
    parser.add_argument("--record", action="store_true")
    args = parser.parse_args()
    toolchain = subprocess.run([args.program, "toolchain", args.standards], check=True,
                               capture_output=True, text=True).stdout.strip()
    if toolchain == "unoptimised":
        print("not an optimised build: nothing to count")
        return SKIP
    counts = {stage: round(instructions(args.program, ["run", args.standards], f"stage_{stage}") /
                           RECORDS) for stage in STAGES}
    rejects = {stage: round(instructions(args.program, ["rejects", args.standards], f"stage_{stage}") /
                            RECORDS) for stage in ("scan", "read", "rejected")}
    budget = read_budget()
    known = budget.get(toolchain, {})
    failed = False
    print(f"{toolchain}: instructions per record")
    for stage, count in counts.items():
        allowed = known.get(stage)
        over = allowed is not None and count > allowed * ALLOWED
        failed |= over
        note = f"budget {allowed}{'  EXCEEDED' if over else ''}" if allowed else "no budget"
        print(f"  {stage:10} {count:7}   {note}")
    clean, dirty = sum(counts.values()), sum(rejects.values())
    print(f"  {'all':10} {clean:7}")
    over = dirty > REJECTS * clean
    failed |= over
    print(f"  {'a reject':10} {dirty:7}   {dirty / clean:.2f} times a clean one{'  EXCEEDED' if over else ''}")
    if args.record:
        budget.setdefault(toolchain, {}).update(counts)
        write_budget(budget)
        return 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
