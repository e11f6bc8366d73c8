#!/usr/bin/env python3
"""Instructions per row of CSV files, counted by callgrind, against budget.yaml. `--record` writes this
toolchain's counts into it.
"""
import argparse
import subprocess
import sys

import run


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--record", action="store_true")
    args = parser.parse_args()
    toolchain = subprocess.run([args.program, "toolchain"], check=True, capture_output=True,
                               text=True).stdout.strip()
    if toolchain == "unoptimised":
        print("not an optimised build: nothing to count")
        return run.SKIP
    counts = {f"csv_{kind}": round(run.instructions(args.program, [kind], "stage_csv") / run.RECORDS)
              for kind in ("plain", "quoted")}
    budget = run.read_budget()
    failed = False
    for kind, count in counts.items():
        allowed = budget.get(toolchain, {}).get(kind)
        over = allowed is not None and count > allowed * run.ALLOWED
        failed |= over
        print(f"  {kind:10} {count:7}   "
              f"{f'budget {allowed}' if allowed else 'no budget'}{'  EXCEEDED' if over else ''}")
    if args.record:
        budget.setdefault(toolchain, {}).update(counts)
        run.write_budget(budget)
        return 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
