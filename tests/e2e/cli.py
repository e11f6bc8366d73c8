#!/usr/bin/env python3
"""The command line without Kafka: every verb, its output and its exit code, as a person meets them.
Usage: cli.py GUANTONG [CASE…]"""
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/tools"))
import databases  # noqa: E402
GUARD = int(os.environ.get("GT_GUARD", 600))  # seconds, against hanging only

READINGS = "表号,抄表时间,读数\n0001,2024-03-31 00:00:00,1.5\n0002,2024-13-31 00:00:00,2\n" \
           "0003,2024-03-31,无\n"
TRIPS = "ID,CPH,CFSJ,CLLX,SQR\nYC1,鄂A·12345,2024.3.27 8:25,01,张三\n"


def environment(language="C", **more):
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith("LC_") and k not in ("RUNTIME_DIRECTORY", "STATE_DIRECTORY")}
    return {**kept, "LANG": language, "GUANTONG_DATA": ROOT, **more}


def guantong(*arguments, language="C", cwd=None):
    return subprocess.run([PROGRAM, *arguments], env=environment(language), cwd=cwd, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=GUARD, check=False)


def write(path, text, encoding="utf-8"):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding=encoding, newline="") as file:
        file.write(text)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="gt-cli-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def configure(self, gateway="", brokers="127.0.0.1:1"):
        """A drop folder of readings and one of trips, the latter with protected elements."""
        self.assertEqual(guantong("keygen", "--pseudonym", self.path("p.key")).returncode, 0)
        write(self.path("guantong.yaml"), f"site: wuchang\npseudonym_key: p.key\n"
              f"kafka: {{brokers: ['{brokers}']}}\n{gateway}")
        write(self.path("sources/energy.yaml"), """
source: energy
title: 能耗
adapter: file
folder: ../in
complete: rename
format: csv
flows:
  readings:
    entity: energy.meter-reading@1
    map: {meter_no: 表号, read_time: 抄表时间, active_energy: {from: 读数, unit: 万kWh}}
""")
        write(self.path("sources/cars.yaml"), """
source: cars
adapter: file
folder: ../cars
complete: rename
format: csv
flows:
  trips:
    entity: vehicle.dispatch-order@1
    map: {order_no: ID, plate_no: CPH, depart_time: CFSJ, applicant: SQR,
          vehicle_type: {from: CLLX, codes: {"01": sedan}}}
""")
        write(self.path("in/读数.csv"), READINGS, "gb18030")
        write(self.path("cars/trips.csv"), TRIPS)

    def exits(self, done, code):
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)


class Words(Case):
    def test_help_and_version_go_to_stdout(self):
        self.assertRegex(guantong("--version").stdout, r"^guantong \d+\.\d+\.\d+ \(librdkafka 2\.")
        english, chinese = guantong("--help"), guantong("--help", language="zh_CN.UTF-8")
        self.exits(english, 0)
        self.assertIn("find every mistake of a configuration", english.stdout)
        self.assertIn("一次找出配置中的全部错误", chinese.stdout)
        for verb in re.findall(r"^  (\w+) ", english.stdout.split("Commands")[1].split("Exit")[0], re.M):
            done = guantong(verb, "--help")
            self.exits(done, 0)
            self.assertIn(f"guantong {verb} ", done.stdout)

    def test_mistakes_on_the_command_line_exit_2_and_name_the_nearest(self):
        for words, expected in ((("chekc",), "GT9001"), (("frobnicate",), "GT9000"),
                                (("check", "--jsno"), "GT9003"), (("check", "--frob"), "GT9002"),
                                (("preview",), "GT9006"), (("check", "a", "b"), "GT9007"),
                                (("demo", "--rows"), "GT9004"), (("demo", "--rows", "x"), "GT9005"),
                                (("check", "--language", "fr"), "GT9008"),
                                (("topics", "paln"), "GT9053"), (("adapters", "fiel"), "GT9056"),
                                (("adapters", "carrier-pigeon"), "GT9055"),
                                (("schema", "nothing"), "GT9057"), (("pause",), "GT9701")):
            done = guantong(*words)
            self.exits(done, 2)
            self.assertIn(expected, done.stderr)
            self.assertEqual(done.stdout, "")

    def test_language_can_be_asked_for(self):
        self.assertIn("GT1038 “", guantong("check", "--language", "zh", self.folder).stdout)

    def test_adapters_are_listed_with_their_options(self):
        self.assertIn("  http ", guantong("adapters").stdout)
        self.assertIn("投放文件夹", guantong("adapters", "file", language="zh_CN.UTF-8").stdout)
        self.assertIn("| `folder` |", guantong("adapters", "file", "--markdown").stdout)
        names = [part["name"] for part in json.loads(guantong("adapters", "--json").stdout)]
        self.assertEqual(names, ["file", "http", "odbc", "sftp", "csv", "json", "jsonl", "xls", "xlsx", "xml"])

    def test_committed_schemas_are_those_of_the_tables(self):
        for name in ("guantong", "source"):
            with open(os.path.join(ROOT, f"schemas/{name}.schema.json"), encoding="utf-8") as file:
                self.assertEqual(guantong("schema", name).stdout, file.read(),
                                 f"guantong schema {name} > schemas/{name}.schema.json")


class Keys(Case):
    def test_keys_are_for_their_owner_and_never_overwritten(self):
        for options, said in (((), "GT9050"), (("--pseudonym", "--id", "p7"), "GT9051")):
            path = self.path("key" + "".join(options))
            made = guantong("keygen", *options, path)
            self.exits(made, 0)
            self.assertIn(said, made.stdout)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            with open(path, encoding="ascii") as file:
                before = file.read()
            again = guantong("keygen", *options, path)
            self.exits(again, 1)
            self.assertIn("GT5001", again.stderr)
            with open(path, encoding="ascii") as file:
                self.assertEqual(file.read(), before)
        with open(self.path("key--pseudonym--idp7"), encoding="ascii") as file:
            self.assertRegex(file.read(), r"^guantong-pseudonym-key p7 [0-9a-f]{64}\n$")
        self.assertIn("GT9052", guantong("keygen", "--pseudonym", "--id", "P 7", self.path("x")).stderr)

    def test_a_key_that_others_can_read_is_a_mistake(self):
        self.configure()
        os.chmod(self.path("p.key"), 0o644)
        done = guantong("check", self.folder)
        self.exits(done, 3)
        self.assertRegex(done.stdout, r"guantong\.yaml:2:16 +GT5002")
        write(self.path("p.key"), "no key\n")
        os.chmod(self.path("p.key"), 0o600)
        self.assertRegex(guantong("check", self.folder).stdout, r"guantong\.yaml:2:16 +GT1044")
        self.exits(guantong("check", "--no-secrets", self.folder), 0)


class Configuration(Case):
    def test_a_good_one_says_how_much_there_is(self):
        self.configure()
        done = guantong("check", cwd=self.folder)
        self.exits(done, 0)
        self.assertEqual(done.stdout, "the configuration is valid (sources: 2, flows: 2)\n")
        self.assertEqual(json.loads(guantong("check", "--json", self.folder).stdout),
                         {"valid": True, "sources": 2, "flows": 2, "not_shown": 0, "mistakes": []})

    def test_too_many_mistakes_are_counted(self):
        self.configure()
        with open(self.path("sources/cars.yaml"), "a", encoding="utf-8") as file:
            file.writelines(f"nonsense{n}: 1\n" for n in range(250))
        done = guantong("check", self.folder)
        self.exits(done, 3)
        self.assertIn("GT1011", done.stdout)
        self.assertIn("50 more are not shown", done.stdout)
        self.assertIn("to correct: 250;", done.stdout)

    def test_language_of_the_configuration(self):
        self.configure("language: zh\n")
        self.assertIn("配置正确", guantong("check", self.folder).stdout)

    def test_topics_are_planned_without_kafka(self):
        self.configure()
        done = guantong("topics", "plan", self.folder)
        self.exits(done, 0)
        self.assertIn("jgsw.wuchang.vehicle.dispatch-order.v1.restricted", done.stdout)
        json.loads(guantong("topics", "plan", "--json", self.folder).stdout)

    def test_golden_cases_of_mappings(self):
        self.configure()
        write(self.path("tests/energy.yaml"), """
- flow: readings
  name: a unit of ten thousand
  row: {表号: "0001", 抄表时间: 2024-03-31 08:00, 读数: "1.5"}
  out: {meter_no: "0001", active_energy: "15000.00", cost: ~}
- flow: readings
  name: nothing was read
  row: {表号: "0001", 抄表时间: 2024-03-31 08:00, 读数: 无}
  reasons: [GT2101]
""")
        self.exits(guantong("test", self.folder), 0)
        write(self.path("tests/cars.yaml"), """
- {flow: trips, name: clear, row: {ID: A, CPH: 鄂A12345, CFSJ: 2024-03-27 08:25, CLLX: "01", SQR: 张三},
   out: {applicant: 李四}}
- {flow: trips, row: {XX: A}, out: {}}
- {flow: trip, row: {}, out: {}}
- {flow: trips, row: {}}
- {flow: trips, row: {ID: A}, out: {numberplate: x}, reasons: [GT2101]}
""")
        done = guantong("test", self.folder)
        self.exits(done, 1)
        for expected in ("tests/cars.yaml:3:21 GT9076", "GT9078", "GT9070", "GT9075", "GT9079"):
            self.assertIn(expected, done.stdout)
        self.assertRegex(done.stdout, r"\n\d+ examples, 5 failed\n$")


class Preview(Case):
    def test_raw_beside_normalised_and_nothing_moves(self):
        self.configure()
        done = guantong("preview", "energy/readings", self.folder)
        self.exits(done, 5)
        self.assertIn("读数.csv  csv  GB18030", done.stdout)
        self.assertRegex(done.stdout, r"读数 +1\.5 +active_energy +15000\.00 kWh +unit converted")
        self.assertRegex(done.stdout, r"2024-13-31 00:00:00 +read_time +✗ GT2205")
        self.assertIn("3 read · 1 accepted · 2 rejected · nothing published", done.stdout)
        self.assertEqual(os.listdir(self.path("in")), ["读数.csv"])
        self.assertFalse(os.path.exists(self.path("data")))

    def test_columns_line_up_though_han_is_wide(self):
        self.configure()
        words = ("meter_no", "read_time", "active_energy")
        shown = guantong("preview", "energy/readings", self.folder).stdout.splitlines()
        lines = [next(line for line in shown if word in line) for word in words]

        def column(line, word):
            before = line[:line.index(word)]
            return len(before) + len(re.findall(r"[\u4e00-\u9fff]", before))
        columns = [column(line, word) for line, word in zip(lines, words)]
        self.assertEqual(len(set(columns)), 1, lines)

    def test_one_record_and_json(self):
        self.configure()
        self.assertIn("record 3", guantong("preview", "energy/readings", self.folder, "--record", "3").stdout)
        late = guantong("preview", "energy/readings", self.folder, "--record", "9")
        self.exits(late, 1)
        self.assertIn("GT9072", late.stderr)
        answer = json.loads(guantong("preview", "--json", "energy/readings", self.folder).stdout)
        self.assertEqual((answer["read"], answer["accepted"], len(answer["records"])), (3, 1, 3))
        self.assertEqual(answer["records"][0]["data"]["active_energy"],
                         {"value": "15000.00", "flags": ["converted"]})
        self.assertEqual(answer["records"][1]["reasons"][0]["code"], "GT2205")

    def test_protected_values_are_not_shown_unless_asked_for(self):
        self.configure()
        for options in ((), ("--json",)):
            done = guantong("preview", "cars/trips", self.folder, *options)
            self.exits(done, 0)
            self.assertNotIn("张三", done.stdout)
            self.assertIn("•••", done.stdout)
            self.assertIn("p1:", done.stdout)
        self.assertIn("张三", guantong("preview", "cars/trips", self.folder, "--show-personal").stdout)

    def test_an_isolated_adapter_shows_the_same(self):
        self.configure()
        inside = guantong("preview", "cars/trips", self.folder)
        with open(self.path("sources/cars.yaml"), "a", encoding="utf-8") as file:
            file.write("isolate: process\n")
        isolated = guantong("preview", "cars/trips", self.folder)
        self.exits(isolated, 0)
        self.assertEqual(re.sub(r"p1:\S+", "", isolated.stdout), re.sub(r"p1:\S+", "", inside.stdout))

    def test_what_is_not_there(self):
        self.configure()
        near = guantong("preview", "cars/trip", self.folder)
        self.exits(near, 2)
        self.assertIn("GT9071", near.stderr)
        self.assertIn("GT9070", guantong("preview", "x", self.folder).stderr)
        os.remove(self.path("cars/trips.csv"))
        empty = guantong("preview", "cars/trips", self.folder)
        self.exits(empty, 0)
        self.assertIn("GT9073", empty.stderr)
        with open(self.path("sources/cars.yaml"), encoding="utf-8") as file:
            stable = file.read().replace("complete: rename", "stable_for: 1 h")
        write(self.path("sources/cars.yaml"), stable)
        write(self.path("cars/trips.csv"), TRIPS)
        waited = guantong("preview", "cars/trips", self.folder, "--wait", "1")
        self.exits(waited, 4)
        self.assertIn("GT9074", waited.stderr)


class Running(Case):
    def start(self, *arguments):
        process = subprocess.Popen([PROGRAM, *arguments], env=environment(), text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        process.kill()
        process.communicate()

    def broker(self):
        process = self.start("broker", self.folder)
        return process.stdout.readline().strip()

    def status(self, until):
        deadline = time.monotonic() + GUARD
        while True:
            done = guantong("status", "--json", self.folder)
            if done.returncode == 0 and until(json.loads(done.stdout)):
                return json.loads(done.stdout)
            self.assertLess(time.monotonic(), deadline, done.stdout + done.stderr)
            time.sleep(0.05)

    def get(self, what):
        with socket.socket(socket.AF_UNIX) as admin:
            admin.settimeout(GUARD)
            admin.connect(self.path("guantong.sock"))
            admin.sendall(f"GET {what} HTTP/1.0\r\n\r\n".encode())
            with admin.makefile("rb") as answer:
                return answer.read().decode()

    def test_run_status_metrics_and_a_clean_end(self):
        self.configure()
        self.configure_again(self.broker())
        gateway = self.start("run", self.folder)
        status = self.status(lambda s: sum(f["messages"]["published"] for f in s["flows"]) == 5)
        self.assertTrue(status["balanced"])
        self.assertEqual({f["flow"]: f["rows"]["rejected"] for f in status["flows"]},
                         {"cars/trips": 0, "energy/readings": 2})
        table = guantong("status", self.folder, language="zh_CN.UTF-8")
        self.exits(table, 0)
        self.assertIn("energy/readings", table.stdout)
        self.assertIn("接入节点 wuchang", table.stdout)
        metrics = self.get("/metrics")
        self.assertIn("\ngt_records_read_total{flow=\"energy/readings\"} 3\n", metrics)
        self.assertIn("\ngt_records_unaccounted{flow=\"energy/readings\"} 0\n", metrics)
        self.assertIn("\ngt_balanced 1\n", metrics)
        self.assertIn('"health":"ok"', self.get("/health"))
        self.assertIn("404", self.get("/nothing").splitlines()[0])
        self.assertEqual(stat.S_IMODE(os.stat(self.path("guantong.sock")).st_mode), 0o600)
        taken = guantong("run", self.folder)
        self.exits(taken, 3)
        self.assertIn("GT9036", taken.stderr)
        gateway.send_signal(signal.SIGHUP)
        gateway.send_signal(signal.SIGTERM)
        _, log = gateway.communicate(timeout=GUARD)
        self.assertEqual(gateway.returncode, 0, log)
        for code in ("GT9030", "GT6711", "GT9031", "GT9032"):
            self.assertIn(code, log)
        self.assertFalse(os.path.exists(self.path("guantong.sock")))
        self.assertEqual(os.listdir(self.path("in/done")), ["读数.csv"])
        away = guantong("status", self.folder)
        self.exits(away, 4)
        self.assertIn("GT9037", away.stderr)

    def replace(self, name, old, new):
        with open(self.path(name), encoding="utf-8") as file:
            text = file.read()
        self.assertIn(old, text)
        write(self.path(name), text.replace(old, new))

    def configure_again(self, brokers, gateway=""):
        with open(self.path("guantong.yaml"), encoding="utf-8") as file:
            text = file.read()
        write(self.path("guantong.yaml"), text.replace("127.0.0.1:1'", f"{brokers}'") + gateway)

    def state_of(self, flow):
        return {f["flow"]: f for f in self.status(lambda _: True)["flows"]}[flow]

    def until_state(self, flow, state):
        return self.status(lambda s: any(f["flow"] == flow and f["state"] == state for f in s["flows"]))

    def stop(self, gateway):
        gateway.send_signal(signal.SIGTERM)
        _, log = gateway.communicate(timeout=GUARD)
        self.assertEqual(gateway.returncode, 0, log)
        return log

    def drop(self, folder, name, text):
        write(self.path(folder, "next.tmp"), text)
        os.rename(self.path(folder, "next.tmp"), self.path(folder, name))

    def test_changes_in_a_source_are_told(self):
        self.configure()
        self.replace("sources/cars.yaml", "  trips:", "  trips:\n    every: 100ms")
        self.replace("sources/energy.yaml", "  readings:", "  readings:\n    every: 100ms")
        write(self.path("cars/trips.csv"), TRIPS.replace("CLLX", "CLLX,备注").replace(",01,", ",01,x,"))
        self.configure_again(self.broker())
        gateway = self.start("run", self.folder)
        first = self.status(lambda s: sum(f["rows"]["read"] for f in s["flows"]) == 4)
        self.assertEqual([f["drift"] for f in first["flows"]],
                         [{"unmapped": 1, "found": []}, {"unmapped": 0, "found": []}])
        # A new column, the driver's gone, and a code that nobody knows; twice, told once.
        # Readings come with a unit, then with another; and with the day in front.
        for number, day, reading in ((2, "2024-04-30", "1万度"), (3, "30/04/2024", "3MWh")):
            self.drop("cars", f"next{number}.csv", f"ID,CPH,CFSJ,CLLX,备注,里程\nYC{number},鄂A12345,"
                      "2024.3.27 8:25,77,x,12\n")
            self.drop("in", f"next{number}.csv", f"表号,抄表时间,读数\n0009,{day},{reading}\n")
            status = self.status(lambda s: [f["rows"]["read"] for f in s["flows"]] == [number, number + 2])
        found = [{(f["kind"], f["field"], f.get("detail")): f["count"] for f in flow["drift"]["found"]}
                 for flow in status["flows"]]
        self.assertEqual(found[0], {("new-field", "里程", None): 1, ("gone-field", "SQR", None): 2,
                                    ("code", "vehicle_type", "77"): 2})
        self.assertEqual(found[1], {
            ("kind", "抄表时间", "date, year first → date, day or month first"): 1,
            ("unit", "active_energy", "MWh"): 1})
        table = guantong("status", self.folder, "--failing")
        self.assertIn("changed in the source: new field 里程, field gone SQR, unknown code "
                      "vehicle_type (77)", table.stdout)
        self.assertIn("来源有变化: 新字段 里程",
                      guantong("status", self.folder, language="zh_CN.UTF-8").stdout)
        self.assertIn('\ngt_source_changes_total{flow="cars/trips",kind="code"} 2\n', self.get("/metrics"))
        log = self.stop(gateway)
        for code in ("GT6800", "GT6801", "GT6802", "GT6803", "GT6804"):
            self.assertEqual(log.count(code), 1, log)

    def test_a_pause_is_kept_until_it_is_lifted(self):
        self.configure()
        self.configure_again(self.broker())
        gateway = self.start("run", self.folder)
        self.status(lambda s: sum(f["messages"]["published"] for f in s["flows"]) == 5)
        done = guantong("pause", "cars/trips", self.folder, "--reason", "口令已过期")
        self.exits(done, 0)
        self.assertEqual(done.stdout, "done for flows: 1\n")
        self.assertIn("GT6702", self.stop(gateway))

        gateway = self.start("run", self.folder)
        self.until_state("cars/trips", "paused")
        self.until_state("energy/readings", "waiting")
        table = guantong("status", self.folder, "--failing", language="zh_CN.UTF-8").stdout
        self.assertRegex(table, r"cars/trips +已暂停 .*\(uid \d+\) 自 .* 起暂停：口令已过期")
        self.assertNotIn("energy/readings", table)
        self.assertIn('gt_flow_state{flow="cars/trips",state="paused"} 1\n', self.get("/metrics"))
        write(self.path("cars/more.csv"), TRIPS.replace("YC1", "YC2"))
        answer = json.loads(guantong("resume", "--all", self.folder, "--json").stdout)
        self.assertEqual(answer, {"flows": 2, "committed": True})
        self.status(lambda s: any(f["rows"]["read"] == 1 for f in s["flows"]))
        self.exits(guantong("pause", "energy/*", self.folder), 0)
        self.until_state("energy/readings", "paused")
        self.stop(gateway)

    def test_what_cannot_be_asked_of_a_gateway(self):
        self.configure()
        self.configure_again(self.broker())
        for words in (("pause", "cars/trips"), ("resume", "cars/trips"), ("reload",),
                      ("backfill", "cars/trips", "--from", "2024-01-01")):
            away = guantong(*words, self.folder)
            self.exits(away, 4)
            self.assertIn("GT9037", away.stderr)
        gateway = self.start("run", self.folder)
        self.until_state("cars/trips", "waiting")
        for words, status, said in (
                (("pause",), 2, "GT9701"), (("resume", "a b"), 2, "GT9701"),
                (("pause", "cars/trip", self.folder), 3, "GT9071"),
                (("resume", "boats/*", self.folder), 3, "GT9070"),
                (("backfill", "cars/trips", self.folder, "--from", "2024-01-01"), 3, "GT6703"),
                (("backfill", "cars/trips", self.folder, "--cancel"), 3, "GT6707")):
            done = guantong(*words)
            self.exits(done, status)
            self.assertIn(said, done.stderr)
            self.assertEqual(done.stdout, "")
        chinese = guantong("backfill", "cars/trips", self.folder, "--to", "9", language="zh_CN.UTF-8")
        self.assertIn("不能重新读取来源的某一区间", chinese.stderr)
        refused = guantong("pause", "cars/trip", self.folder, "--json")
        self.exits(refused, 3)
        self.assertEqual(json.loads(refused.stdout)["error"]["code"], "GT9071")
        self.assertIn("405", self.ask("GET /flows/cars/trips/pause").splitlines()[0])
        self.assertIn("405", self.ask("POST /status").splitlines()[0])
        self.assertIn("404", self.ask("POST /flows/pause").splitlines()[0])
        for body in ("[", "[1]", '{"reason":"' + 9000 * "x" + '"}'):
            broken = self.ask("POST /flows/cars/trips/pause", body)
            self.assertIn("409", broken.splitlines()[0])
            self.assertIn("GT9700", broken)
        self.assertEqual(self.state_of("cars/trips")["state"], "waiting")
        self.stop(gateway)

    def test_a_backfill_shows_how_far_it_is(self):
        self.configure()
        shutil.copytree(os.path.join(ROOT, "tests/unit/flow/standard"), self.path("standards/rows"))
        self.configure_again("127.0.0.1:1", f"adapters: {os.environ['GT_TEST_MODULES']}\n"
                             "standards_path: [standards]\nstandards: [rows@1]\n")
        os.remove(self.path("sources/cars.yaml"))
        os.remove(self.path("sources/energy.yaml"))
        write(self.path("sources/numbers.yaml"), "source: numbers\nadapter: counter\nrows: 30000\n"
              "flows: {a: {entity: rows.row@1, map: {n: n, text: text}}}\n")
        broker = self.start("broker", self.folder)  # makes the topics of these flows
        self.configure_again(broker.stdout.readline().strip())
        gateway = self.start("run", self.folder)
        self.until_state("numbers/a", "ended")
        done = guantong("backfill", "numbers/a", self.folder, "--from", "101", "--to", "20101")
        self.exits(done, 0)
        self.assertIn("the backfill of numbers/a has begun; guantong status shows how far it is", done.stdout)
        self.status(lambda s: s["flows"][0]["total"]["published"] == 50000 and "backfill" not in s["flows"][0])
        for words, said in ((("--from", "9", "--to", "8"), "GT6705"), (("--from", "now"), "GT6704")):
            refused = guantong("backfill", "numbers/a", self.folder, *words)
            self.exits(refused, 3)
            self.assertIn(said, refused.stderr)
        self.end(broker)  # Kafka away: in effect, but not kept yet
        late = guantong("pause", "numbers/a", self.folder)
        self.exits(late, 0)
        self.assertIn("in effect for flows: 1; Kafka does not answer just now, so a restart before it "
                      "does would not know of it", late.stdout)
        self.assertEqual(self.state_of("numbers/a")["state"], "paused")
        self.end_with(gateway, "GT6708")

    def end_with(self, gateway, said):
        gateway.kill()
        _, log = gateway.communicate(timeout=GUARD)
        self.assertIn(said, log)

    def test_reloading_restarts_only_what_changed(self):
        self.configure()
        self.configure_again(self.broker())
        gateway = self.start("run", self.folder)
        self.status(lambda s: sum(f["messages"]["published"] for f in s["flows"]) == 5)
        with open(self.path("sources/cars.yaml"), encoding="utf-8") as file:
            cars = file.read()
        write(self.path("sources/cars.yaml"), cars.replace("format: csv", "format: csv\nnonsense: 1\nrate: often"))
        bad = guantong("reload", self.folder)
        self.exits(bad, 3)
        self.assertRegex(bad.stderr, r"sources/cars\.yaml:\d+:1 GT1011 ")
        self.assertRegex(bad.stderr, r"sources/cars\.yaml:\d+:7 GT1181 ")
        self.assertIn("GT9705", bad.stderr)
        self.assertEqual({m["code"] for m in json.loads(
            guantong("reload", self.folder, "--json").stdout)["mistakes"]}, {"GT1011", "GT1181"})

        write(self.path("boats/trips.csv"), TRIPS)
        write(self.path("sources/boats.yaml"), cars.replace("cars", "boats"))
        os.remove(self.path("sources/energy.yaml"))
        write(self.path("sources/cars.yaml"), cars.replace("trips:", "trips:\n    title: 派车单"))
        done = guantong("reload", self.folder, "--json")
        self.exits(done, 0)
        self.assertEqual(json.loads(done.stdout), {"added": 1, "removed": 1, "changed": 1, "same": 0})
        status = self.status(lambda s: {f["flow"]: f["rows"]["read"] for f in s["flows"]} ==
                             {"boats/trips": 1, "cars/trips": 1})
        self.assertEqual({f["title"] for f in status["flows"] if f["flow"] == "cars/trips"}, {"派车单"})
        again = guantong("reload", self.folder)
        self.exits(again, 0)
        self.assertIn("0 flows new, 0 gone, 0 changed, 2 as before", again.stdout)

        with open(self.path("guantong.yaml"), "a", encoding="utf-8") as file:
            file.write("workers: 3\n")
        fixed = guantong("reload", self.folder)
        self.exits(fixed, 3)
        self.assertIn("GT6710 “workers”", fixed.stderr)
        self.assertIn("GT6102", self.stop(gateway))

    def ask(self, line, body=""):
        with socket.socket(socket.AF_UNIX) as admin:
            admin.settimeout(GUARD)
            admin.connect(self.path("guantong.sock"))
            admin.sendall(f"{line} HTTP/1.0\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
            with admin.makefile("rb") as answer:
                return answer.read().decode()

    def test_topics_are_compared_with_kafka(self):
        self.configure()
        self.configure_again(self.broker())
        done = guantong("topics", "check", self.folder)
        self.exits(done, 0)
        self.assertRegex(done.stdout, r"^all \d+ topics are as they should be\n$")
        with open(self.path("guantong.yaml"), "a", encoding="utf-8") as file:
            file.write("prefix: other\n")
        missing = guantong("topics", "check", self.folder)
        self.exits(missing, 1)
        self.assertIn("GT4005", missing.stderr)

    def test_production_refuses_the_development_broker(self):
        self.configure()
        self.configure_again(self.broker(), "production: true\n")
        done = guantong("run", self.folder)
        self.exits(done, 3)
        self.assertIn("GT9034", done.stderr)

    def test_demo(self):
        done = guantong("demo", "--once", "--rows", "500", "--dir", self.path("demo"))
        self.exits(done, 0)
        self.assertEqual(len(re.findall("✓ rows", done.stdout)), 3)
        self.assertEqual(len(re.findall("✓ messages", done.stdout)), 3)
        self.assertIn('"specversion":"1.0"', done.stdout)
        self.assertIn("kcat -b", done.stdout)
        self.assertIn("GT9101", done.stdout)
        self.assertIn("GT9102", done.stdout)
        self.assertIn("GT9106", done.stdout)  # the third system is left out
        self.heals(done.stdout, "500")
        self.exits(guantong("check", self.path("demo")), 0)
        again = guantong("demo", "--once", "--dir", self.path("demo"))
        self.exits(again, 3)
        self.assertIn("GT9100", again.stderr)

    def heals(self, out, rows):
        """The dispatch system was away, and every row of all flows came through."""
        self.assertRegex(out, f"GT9107 .* away for 7 s .* its {rows} rows {rows} went through, 0 ")
        last = out.split("flow  ")[-1]
        self.assertIn("energy/returns", last)
        self.assertNotIn("✗", last)
        self.assertIn("GT3206", out)
        self.assertRegex(out, r"energy/returns\n.* accepted 38 \+ rejected 2 \+ filtered 2 ")
        for flow in re.findall(r"^(?:cars|energy|housing)/.*$", last.split("\n\n")[0], re.M):
            self.assertRegex(flow, r" 0$")

    def test_demo_with_three_systems(self):
        with databases.Postgres() as db:
            connection = (f"Driver={db.driver};Server=127.0.0.1;Port={db.port};"
                          f"Database={db.name};UID=gt")
            place = self.path("demo")
            words = [PROGRAM, "demo", "--once", "--rows", "500", "--dir", place, "--housing"]
            keys = {"env": environment(PGPASSWORD=databases.PASSWORD), "timeout": GUARD,
                    "text": True, "capture_output": True, "check": False}
            done = subprocess.run([*words, connection], **keys)
            self.exits(done, 0)
            self.assertNotIn("GT9106", done.stdout)
            self.heals(done.stdout, "500")
            # 1,500 rooms at the start; three more and three others changed meanwhile.
            read = re.search(r"housing/rooms\n.* accepted (\d+) \+ rejected (\d+) ", done.stdout)
            self.assertEqual(int(read[1]) + int(read[2]), 1506)
            self.assertGreater(int(read[2]), 0)
            self.assertIn("wuchang.housing.office-room", done.stdout)
            self.assertEqual(db.query("SELECT to_regclass('办公用房')", db.name), [[None]])
            self.assertNotIn(databases.PASSWORD, done.stdout + done.stderr)

            db.sql("CREATE TABLE 办公用房(a int)")
            words[words.index(place)] = self.path("other")
            taken = subprocess.run([*words, connection], **keys)
            self.exits(taken, 3)
            self.assertRegex(taken.stderr, "GT9105 .*办公用房.*already exists")
            self.assertEqual(db.query("SELECT count(*) FROM 办公用房", db.name), [["0"]])

    def test_demo_with_a_given_kafka(self):
        self.configure()  # needs the same topics
        write(self.path("sources/returns.yaml"), """
source: returns
adapter: file
folder: ../in
format: csv
flows:
  month: {entity: energy.statistical-return@1, basis: declared, map: {uscc: 代码, period: 月份}}
""")
        brokers = self.broker()
        done = guantong("demo", "--once", "--rows", "100", "--site", "wuchang", "--brokers", brokers)
        self.exits(done, 0)
        self.assertIn("GT9103", done.stdout)
        place = re.search(r"stands in (\S+)", done.stdout).group(1)
        self.addCleanup(shutil.rmtree, place)
        self.assertEqual(len(re.findall("✓ ", done.stdout)), 6)

    def test_an_interrupted_demo_says_that_it_is_not_whole(self):
        process = self.start("demo", "--once", "--rows", "500000", "--dir", self.path("demo"))
        while "lag" not in process.stdout.readline():
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=GUARD)
        self.assertEqual(process.returncode, 4, out + err)
        self.assertIn("GT9104", err)
        self.assertEqual(len(re.findall("✓ ", out)), 6, out)


if __name__ == "__main__":
    unittest.main()
