"""What the tests against Apache Kafka share: a site with its sources, its gateway, the broker, the
source server, and the checks of everything that arrived.

The broker is the one that tests/run started: $GT_TEST_KAFKA is its directory (tests/kafka/kafka).
Every case has a site of its own, so one broker serves all.
"""
import collections
import json
import logging
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/tools"), str(ROOT / "tests/oracle")]

import consume  # noqa: E402
import evidence  # noqa: E402
import fastjsonschema  # noqa: E402
import oracle  # noqa: E402
import rows as source_rows  # noqa: E402
import source_check  # noqa: E402
from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: E402

QUIET = logging.getLogger("broker")  # one that is away is no news here
QUIET.addHandler(logging.NullHandler())
QUIET.propagate = False
PATIENCE = 300  # seconds; no machine that works may meet it
KEEP = bool(os.environ.get("GT_KEEP"))
SKIP = 77
OPEN_NOT = (*oracle.OWN_TOPICS, ".rejected", ".restricted")  # topics without an entity's messages


class Failure(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failure(text)


def wait_for(what, ready, seconds=PATIENCE, alive=None):
    """Waits for an event; ready() is called until it returns something true."""
    deadline = time.monotonic() + seconds
    while True:
        found = ready()
        if found:
            return found
        check(alive is None or alive(), f"the gateway ended while waiting for {what}")
        check(time.monotonic() < deadline, f"{what}: not within {seconds} s")
        time.sleep(0.1)


class Broker:
    def __init__(self, directory=None):
        self.directory = directory or os.environ.get("GT_TEST_KAFKA")
        if not self.directory:
            print("needs a broker: GT_TEST_KAFKA is not set (tests/run sets it)")
            sys.exit(SKIP)

    @property
    def address(self):
        return (pathlib.Path(self.directory) / "bootstrap").read_text().strip()

    @property
    def conf(self):
        lines = (pathlib.Path(self.directory) / "client.properties").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def __call__(self, action, *arguments):
        subprocess.run([ROOT / "tests/kafka/kafka", action, self.directory, *arguments], check=True,
                       stdout=subprocess.DEVNULL)

    def messages(self, site, committed=True, settled=0):
        patterns = [rf"jgsw\.{site}\..*"]
        if settled:
            check(consume.wait_until_settled(self.conf, patterns, settled),
                  "an open transaction still hides messages")
        return [consume.line(m) for m in consume.read(self.conf, patterns, committed)]


class JsonServer:
    """json-server, a back end that we did not write: bare arrays, _page and _limit."""

    def __init__(self, folder, tables):
        prefix = subprocess.run([ROOT / "deploy/deps", "--prefix"], check=True, text=True,
                                capture_output=True).stdout.strip()
        database = folder / "db.json"
        database.write_text(json.dumps(tables, ensure_ascii=False))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = open(folder / "json-server.log", "w", encoding="utf-8")
        self.process = subprocess.Popen(
            ["node", f"{prefix}/node/node_modules/json-server/lib/cli/bin.js", "--quiet", "--host",
             "127.0.0.1", "--port", str(self.port), "--no-cors", str(database)],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        wait_for("json-server", self.answers, alive=lambda: self.process.poll() is None)

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


DISPATCH_MAP = """\
    entity: vehicle.dispatch-order@1
    basis: declared
    map:
      order_no: ID
      plate_no: CPH
      vehicle_type: {from: CLLX, codes: {"01": sedan, "02": suv, "03": van, "04": bus}}
      state: {from: ZT, codes: {"1": dispatched, "2": back, "3": settled}}
      apply_org: DWMC
      applicant: SQR
      reason: YCSY
      destination: MDD
      depart_time: CFSJ
      return_time: {from: FHSJ, null: [未归]}
      distance: {from: LC, unit: km}
      fuel: {from: YH, unit: L}
"""
READINGS_MAP = """\
    entity: energy.meter-reading@1
    basis: metered
    map:
      meter_no: 表号
      read_time: 抄表时间
      active_energy: {from: 读数(万kWh), unit: 万kWh}
      organisation_name: 用能单位
"""


class Site:
    """A site's folder, its gateway process, and the checks of what it published."""

    def __init__(self, program, name, broker, slots=1, settings="", brokers=None):
        self.program, self.broker = program, broker
        self.name = f"{name}-{random.randrange(16 ** 6):06x}"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"gt-{name}-"))
        self.process, self.logs, self.served = None, 0, []
        (self.folder / "sources").mkdir()
        self.guantong("keygen", "site.key")
        self.guantong("keygen", "--pseudonym", "pseudonym.key")
        words = (self.folder / "pseudonym.key").read_text().split()
        self.pseudonym = words[1], bytes.fromhex(words[2])
        (self.folder / "guantong.yaml").write_text(
            f"site: {self.name}\nlanguage: en\nkey: site.key\npseudonym_key: pseudonym.key\n"
            f"standards: [national@1, fleet@1]\nstandards_path: [{ROOT}/tests/e2e/standard]\n"
            f"kafka: {{brokers: ['{brokers or broker.address}'], slots: {slots}, "
            f"replication: 1, transaction_timeout: 10 s}}\n{settings}")

    def guantong(self, *arguments, check_status=True):
        done = subprocess.run([self.program, *arguments], cwd=self.folder, text=True,
                              capture_output=True, check=False, timeout=PATIENCE)
        check(not check_status or done.returncode == 0,
              f"guantong {' '.join(arguments)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def source(self, name, text):
        (self.folder / "sources" / f"{name}.yaml").write_text(f"source: {name}\n{text}")

    def drop_folder(self, name, flow, mapping, files, extra=""):
        """A source with the files (name → bytes) in its drop folder, in that order."""
        folder = self.folder / f"drop-{name}"
        folder.mkdir()
        self.source(name, f"adapter: file\nfolder: {folder}\nformat: csv\n"
                          f"{extra or 'complete: rename'}\nflows:\n  {flow}:\n{mapping}")
        for at, (file, data) in enumerate(files.items()):
            path = folder / file
            path.write_bytes(data)
            os.utime(path, (1711497600 + at, 1711497600 + at))
        return folder

    def json_server(self, name, flow, mapping, data, page_rows=100):
        server = JsonServer(self.folder, {"list": data})
        self.served.append(server)
        self.source(name, f"adapter: http\nurl: http://127.0.0.1:{server.port}\npath: /list\n"
                          f"paging: {{style: page, page: _page, size: _limit, rows: {page_rows}}}\n"
                          f"flows:\n  {flow}:\n    every: 1 s\n{mapping}")

    # --- the gateway ---------------------------------------------------------------------------

    def start(self, *arguments, failpoint=None):
        environment = {k: v for k, v in os.environ.items() if k != "GT_FAILPOINT"}
        if failpoint:
            environment["GT_FAILPOINT"] = failpoint
        self.logs += 1
        with open(self.folder / f"gateway-{self.logs}.log", "wb") as log:
            self.process = subprocess.Popen([self.program, "run", *arguments], cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=environment)
        return self.process

    def log(self):
        path = self.folder / f"gateway-{self.logs}.log"
        return path.read_text(errors="replace") if self.logs else ""

    def alive(self):
        return self.process.poll() is None

    def end(self, seconds=PATIENCE):
        """Waits for the gateway to end; its exit status (negative: the signal)."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"the gateway did not end within {seconds} s") from None

    def run_once(self):
        self.start("--once")
        status = self.end()
        check(status == 0, f"guantong run --once ended with {status}")

    def drain(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.end()
        check(status == 0, f"after SIGTERM the gateway ended with {status}")

    def status(self):
        """What `guantong status --json` says, or None while nobody answers."""
        done = self.guantong("status", "--json", check_status=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def wait_until_published(self, flows):
        """Until as many messages are committed as the oracle expects; returns the status."""
        expected = sum(len(self.oracle_lines(*flow[:3])) for flow in flows)

        def ready():
            status = self.status()
            if not status:
                return None
            published = sum(flow["total"]["published"] for flow in status["flows"])
            check(published <= expected, f"{published} published of {expected}: {status}")
            return status if published == expected else None
        return wait_for(f"{expected} messages", ready, alive=self.alive)

    # --- the checks ----------------------------------------------------------------------------

    def messages(self, **how):
        return self.broker.messages(self.name, **how)

    def check_schemas(self, messages):
        """Every open message of an entity is what the exported JSON Schema says."""
        by_variant = {}
        for message in messages:
            if not message["topic"].endswith(OPEN_NOT) and message["value"]:
                event = json.loads(message["value"])
                by_variant.setdefault(event["dataschema"], []).append(event)
        for urn, events in by_variant.items():
            entity = ".".join(urn.split(":")[2:4])
            major = urn.split(":")[4].split(".")[0]
            done = self.guantong("standard", "export", f"{entity}@{major}", "--as", "json-schema",
                                 "--config", ".", *(["--for", events[0]["division"]]
                                                    if "+" in urn else []))
            validate = fastjsonschema.compile(json.loads(done.stdout))
            for event in events:
                try:
                    validate(event)
                except fastjsonschema.JsonSchemaException as error:
                    raise Failure(f"{event['id']} of {event['source']}: {error}: {event}") from None

    def dump(self, messages):
        path = self.folder / "messages.jsonl"
        path.write_text("".join(json.dumps(m, ensure_ascii=False) + "\n" for m in messages))
        return path

    def check_source(self, messages, origin, lines, mark, partial=False):
        """Nothing lost, doubled, invented, reordered per key."""
        kept = source_check.read_messages(self.dump(messages), f"/{self.name}/{origin}")
        findings = source_check.check(lines, kept, mark, partial)
        check(not findings.count, "\n".join(findings.lines))
        return len(kept)

    def oracle_lines(self, origin, expect, paths):
        source = origin.split("/")[0]
        return oracle.lines_of_rows([str(path) for path in paths], expect,
                                    f"{self.name}/{source}/", self.pseudonym)

    def check_oracle(self, messages, origin, expect, paths):
        """The oracle's lines and the consumer's are the same; prints both hashes."""
        ours = self.oracle_lines(origin, expect, paths)
        theirs = oracle.lines_of_messages(messages, f"/{self.name}/{origin}")
        counts = collections.Counter(line.split("\t")[0] if line.startswith("RE") else "open"
                                     for line in theirs)
        read = sum(1 for line in ours if not line.startswith("RESTRICTED\t"))
        print(f"| {origin} of {self.name}: read {read} published {len(theirs)} "
              f"rejected {counts['REJECT']}")
        print(f"|   oracle   {oracle.digest(ours)}\n|   consumer {oracle.digest(theirs)}")
        if oracle.digest(ours) != oracle.digest(theirs):
            missing = collections.Counter(ours) - collections.Counter(theirs)
            extra = collections.Counter(theirs) - collections.Counter(ours)
            raise Failure("\n".join(["the hashes differ; only the oracle has"] + list(missing)[:8] +
                                    ["only the consumer has"] + list(extra)[:8]))

    def check_evidence(self, messages):
        self.check_schemas(messages)
        key = load_pem_private_key((self.folder / "site.key").read_bytes(), None).public_key()
        findings, summary = evidence.verify(messages, key)
        check(not findings, "\n".join(findings[:20]))
        check(any("manifests" in line for line in summary), "there is no manifest")
        return summary

    def check_balance(self, status):
        """The two identities of the running gateway's counters."""
        check(status["balanced"], f"the gateway says that its counts do not balance: {status}")
        for flow in status["flows"]:
            rows, said = flow["rows"], flow["messages"]
            parts = [rows[name] for name in ("accepted", "rejected", "filtered", "unchanged",
                                             "discarded", "in_flight")]
            check(rows["read"] == sum(parts), f"rows do not add up: {flow}")
            check(said["published"] == said["fan_out"] + said["rejects"],
                  f"messages do not add up: {flow}")

    def finish(self):
        for server in self.served:
            server.stop()
        if self.process and self.alive():
            self.process.kill()
            self.process.wait()
        if not KEEP:
            shutil.rmtree(self.folder, ignore_errors=True)


def main(cases):
    """PROGRAM CASE: runs a case; a failure shows the gateway's last lines."""
    program, name = os.path.abspath(sys.argv[1]), sys.argv[2]
    sites = []

    def new_site(*arguments, **how):
        sites.append(Site(program, *arguments, **how))
        return sites[-1]

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        cases[name](new_site)
    except Failure as failure:
        print(f"FAILED {name}: {failure}")
        for site in sites:
            print(f"--- the gateway of {site.name} said last:")
            print("\n".join(site.log().splitlines()[-25:]))
        sys.exit(1)
    finally:
        for site in sites:
            site.finish()
