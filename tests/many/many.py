#!/usr/bin/env python3
"""Ten thousand flows in one process, a thousand of them with something to read; two hundred dead
sources beside fifty living ones. On the development broker.
Usage: many.py GUANTONG full|dead"""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GUARD = int(os.environ.get("GT_GUARD", 900))  # seconds, against hanging only
IDLE_BYTES = 8192  # of one idle flow, as DESIGN says
SANITIZED = bool(os.environ.get("GT_SANITIZED"))  # their shadow memory is not ours to count

MAP = "{meter_no: no, read_time: at, active_energy: kwh}"


class Gateway:
    def __init__(self, program, settings=""):
        self.program, self.folder = program, pathlib.Path(tempfile.mkdtemp(prefix="gt-many-"))
        self.processes = []
        self.write("guantong.yaml", f"site: wuchang\n{settings}kafka: {{brokers: ['127.0.0.1:1']}}\n")

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def start(self, *arguments, **how):
        environment = {**os.environ, "LANG": "C", "GUANTONG_DATA": str(ROOT)}
        process = subprocess.Popen([self.program, *arguments], env=environment, text=True, **how)
        self.processes.append(process)
        return process

    def run(self):
        broker = self.start("broker", str(self.folder), stdout=subprocess.PIPE)
        main = self.folder / "guantong.yaml"
        address = broker.stdout.readline().strip()
        main.write_text(main.read_text().replace("127.0.0.1:1", address))
        self.log = open(self.folder / "log", "w", encoding="utf-8")
        self.gateway = self.start("run", str(self.folder), stderr=self.log)
        return self.gateway

    def status(self):
        done = subprocess.run([self.program, "status", "--json", str(self.folder)], text=True,
                              capture_output=True, check=False, env={**os.environ, "LANG": "C"})
        if self.gateway.poll() is not None:
            sys.exit((self.folder / "log").read_text()[-3000:])
        return json.loads(done.stdout) if done.returncode == 0 else None

    def until(self, what, ready):
        deadline = time.monotonic() + GUARD
        while True:
            status = self.status()
            if status and ready(status):
                return status
            if time.monotonic() > deadline:
                sys.exit(f"not reached: {what}\n" + (self.folder / "log").read_text()[-3000:])
            time.sleep(0.2)

    def resident(self):
        for line in pathlib.Path(f"/proc/{self.gateway.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024

    def stop(self):
        self.gateway.send_signal(signal.SIGTERM)
        if self.gateway.wait(timeout=GUARD) != 0:
            sys.exit((self.folder / "log").read_text()[-3000:])

    def finish(self):
        for process in self.processes:
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def check(condition, text):
    if not condition:
        sys.exit(f"FAILED: {text}")


def balanced(status):
    check(status["balanced"], "rows and messages do not add up")
    for flow in status["flows"]:
        rows = flow["rows"]
        parts = ("accepted", "rejected", "filtered", "unchanged", "discarded", "in_flight")
        check(rows["read"] == sum(rows[part] for part in parts), f"rows do not add up: {flow}")
        check(rows["unaccounted"] == 0, f"unaccounted: {flow}")


def rows_of(flow, n):
    lines = [f"{flow}-{i},2024-03-31 00:00:00,{i}.5" for i in range(n)]
    return "no,at,kwh\n" + "\n".join(lines) + "\n"


def drop_folders(gateway, flows, active, rows):
    """Sources of a hundred flows each; every (flows / active)-th flow has a file to read."""
    for source in range(flows // 100):
        name = f"s{source:04}"
        text = [f"source: {name}", "adapter: file", "complete: rename", "format: csv", "every: 1 h",
                "entity: energy.meter-reading@1", "flows:"]
        for i in range(100):
            folder = gateway.folder / "in" / name / str(i)
            folder.mkdir(parents=True)
            text.append(f"  f{i}: {{folder: ../in/{name}/{i}, map: {MAP}}}")
            if (source * 100 + i) % (flows // active) == 0:
                (folder / "a.csv").write_text(rows_of(f"{name}-{i}", rows))
        gateway.write(f"sources/{name}.yaml", "\n".join(text) + "\n")


def loaded(program, flows):
    """The resident memory when all flows have been asked and all that is there has been published."""
    gateway = Gateway(program)
    active, rows = 1000, 50
    try:
        drop_folders(gateway, flows, active, rows)
        gateway.run()
        status = gateway.until("all rows published", lambda s: len(s["flows"]) == flows and
                               sum(f["messages"]["published"] for f in s["flows"]) == active * rows and
                               all(f["state"] == "waiting" for f in s["flows"]))
        balanced(status)
        check(sum(f["messages"]["published"] == rows for f in status["flows"]) == active,
              "not every active flow has published its rows")
        check(status["memory"]["peak"] <= status["memory"]["total"], "over the memory budget")
        resident = gateway.resident()
        failing = subprocess.run([program, "status", "--failing", str(gateway.folder)], text=True,
                                 capture_output=True, check=True, env={**os.environ, "LANG": "C"})
        check(len(failing.stdout.splitlines()) == 2, "status --failing lists flows that are well")
        gateway.stop()
        return resident
    finally:
        gateway.finish()


def full(program):
    few, many = loaded(program, 2000), loaded(program, 10000)
    each = (many - few) / 8000
    print(f"| 2,000 flows: {few >> 20} MiB; 10,000 flows: {many >> 20} MiB; "
          f"one more idle flow: {each:.0f} bytes")
    if not SANITIZED:
        check(each <= IDLE_BYTES, f"an idle flow costs {each:.0f} bytes, more than {IDLE_BYTES}")


class Silent:
    """Accepts connections and never answers."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port, self.held = self.server.getsockname()[1], []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            self.held.append(self.server.accept())


def lag(gateway, number, names):
    """Drops a file into every living source; seconds until each has been published, the worst."""
    for name in names:
        folder = gateway.folder / "in" / name
        (folder / f".{number}").write_text(rows_of(f"{name}-{number}", 5))
        (folder / f".{number}").rename(folder / f"{number}.csv")
    began = time.monotonic()
    gateway.until("living sources published", lambda s: all(
        f["messages"]["published"] == number * 5 for f in s["flows"] if f["flow"][:4] == "live"))
    return time.monotonic() - began


def dead(program):
    silent = Silent()
    gateway = Gateway(program, "workers: 4\n")
    names = [f"live{i}" for i in range(50)]
    try:
        for name in names:
            (gateway.folder / "in" / name).mkdir(parents=True)
            gateway.write(f"sources/{name}.yaml", f"source: {name}\nadapter: file\nformat: csv\n"
                          f"complete: rename\nfolder: ../in/{name}\nevery: 500 ms\nflows:\n"
                          f"  f: {{entity: energy.meter-reading@1, map: {MAP}}}\n")
        gateway.run()
        gateway.until("all waiting", lambda s: all(f["state"] == "waiting" for f in s["flows"]))
        alone = [lag(gateway, n, names) for n in range(1, 6)]
        for i in range(200):  # every fourth in a child of its own
            isolate = "isolate: process\n" if i % 4 == 0 else ""
            gateway.write(f"sources/dead{i}.yaml", f"source: dead{i}\nadapter: http\n"
                          f"url: http://127.0.0.1:{silent.port}/rows\nevery: 1 s\n{isolate}flows:\n"
                          f"  f: {{entity: energy.meter-reading@1, map: {MAP}}}\n")
        done = subprocess.run([program, "reload", "--json", str(gateway.folder)], text=True,
                              capture_output=True, check=False, env={**os.environ, "LANG": "C"})
        check(done.returncode == 0 and json.loads(done.stdout)["added"] == 200, (done.stdout + done.stderr)[:600])
        beside = [lag(gateway, n, names) for n in range(6, 18)]
        status = gateway.status()
        balanced(status)
        published = {f["flow"]: f["messages"]["published"] for f in status["flows"]}
        check(not any(n for f, n in published.items() if f.startswith("dead")), "the dead speak")
        print("| worst lag of 50 living sources, seconds, alone: " + " ".join(f"{s:.1f}" for s in alone))
        print("| the same beside 200 dead ones: " + " ".join(f"{s:.1f}" for s in beside))
        worst, usual = max(beside), max(alone)
        check(worst <= 10 * usual + 5, f"living sources waited {worst:.1f} s instead of {usual:.1f} s")
        gateway.stop()
    finally:
        gateway.finish()


if __name__ == "__main__":
    {"full": full, "dead": dead}[sys.argv[2]](os.path.abspath(sys.argv[1]))
