#!/usr/bin/env python3
"""Instructions per element of loading a standard package of 10,000 elements, counted by callgrind,
against budget.yaml; and that the cost is linear: 10,000 elements may not cost more than eleven times
what 1,000 do, on any toolchain. `--record` writes this toolchain's count into budget.yaml.
"""
import argparse
import subprocess
import sys

import run

FEW, MANY = 1000, 10000
LINEAR = 11.0


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
    few, many = (run.instructions(args.program, ["load", str(n)], "stage_load")
                 for n in (FEW, MANY))
    count, ratio = round(many / MANY), many / few
    budget = run.read_budget()
    allowed = budget.get(toolchain, {}).get("load")
    over = allowed is not None and count > allowed * run.ALLOWED
    print(f"{toolchain}: {count} instructions per element, "
          f"{f'budget {allowed}' if allowed else 'no budget'}{'  EXCEEDED' if over else ''}")
    print(f"{MANY} elements cost {ratio:.2f} times {FEW}; at most {LINEAR}"
          f"{'  EXCEEDED' if ratio > LINEAR else ''}")
    if args.record:
        budget.setdefault(toolchain, {})["load"] = count
        run.write_budget(budget)
        return 0
    return 1 if over or ratio > LINEAR else 0


if __name__ == "__main__":
    sys.exit(main())
