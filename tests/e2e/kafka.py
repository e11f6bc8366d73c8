#!/usr/bin/env python3
"""End to end against Apache Kafka: kafka.py PROGRAM CASE. See rig.py; cases are the functions below."""
import json
import pathlib
import re
import signal
import subprocess

from confluent_kafka.admin import (AclBinding, AclOperation, AclPermissionType, AdminClient,
                                   AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic,
                                   ResourcePatternType, ResourceType)

import database_source
import profiles
import rig
import rows
from rig import DISPATCH_MAP, READINGS_MAP, ROOT, Broker, Failure, check, wait_for

REAL = ROOT.parent / "shared/data/real"


def everything(site, flows):
    """Consumes the site's topics and checks each flow: (origin, expectation, paths, marks, lines)."""
    messages = site.messages(settled=60)
    for origin, expect, paths, mark, lines in flows:
        if mark:
            site.check_source(messages, origin, lines, mark)
        site.check_oracle(messages, origin, expect, paths)
    site.check_evidence(messages)
    return messages


def http(new_site):
    """Paged pull from json-server: all of it once, and not again while the list stays the same."""
    site = new_site("http", Broker())
    orders = rows.dispatch(2300)
    site.json_server("cars", "trips", DISPATCH_MAP, orders)
    raw = site.folder / "rows.json"
    raw.write_text(json.dumps(orders, ensure_ascii=False))
    flow = ("cars/trips", "dispatch", [raw], rows.DISPATCH_MARK, rows.as_lines(orders).splitlines())
    site.guantong("check")
    site.start()
    site.check_balance(site.wait_until_published([flow]))

    def passed_again():
        return site.status()["flows"][0]["rows"]["unchanged"] >= 2 * len(orders)
    wait_for("two more passes over the same list", passed_again, alive=site.alive)
    site.check_balance(site.status())
    site.drain()
    everything(site, [flow])


def folder(new_site):
    """A drop folder in GB18030: files in order, moved when done, known again when they come back."""
    site = new_site("folder", Broker(), slots=2)
    files = {f"抄表{day}.csv": rows.readings_csv(300, seed=day, first=1 + 300 * day)
             for day in range(5)}
    drop = site.drop_folder("energy", "readings", READINGS_MAP, files)
    keep = site.folder / "kept"
    keep.mkdir()
    for name, data in files.items():
        (keep / name).write_bytes(data)
    site.run_once()
    check(not list(drop.glob("*.csv")), "files are left in the drop folder")
    check(len(list((drop / "done").iterdir())) == len(files), "not every file is in done/")
    kept = sorted(keep.iterdir())
    lines = [line for path in kept
             for line in rig.oracle.csv_records(path.read_bytes())][:]
    lines = [line.decode("latin-1").replace("\n", " ") for line in lines if line[:1].isdigit()]
    flow = ("energy/readings", "readings", kept, rows.READING_MARK, lines)
    first = everything(site, [flow])
    # The same file under another name: nothing new, and it is put away.
    (drop / "又一次.csv").write_bytes(files["抄表2.csv"])
    site.run_once()
    check(not list(drop.glob("*.csv")), "a file that came back stays in the drop folder")
    again = everything(site, [flow])
    data = [m for m in first if not m["topic"].endswith(rig.oracle.OWN_TOPICS)]
    check(data == [m for m in again if not m["topic"].endswith(rig.oracle.OWN_TOPICS)],
          "a file that came back was published again")


def databases(new_site):
    """PostgreSQL, MariaDB and SQLite hold the same orders and change while they are read by their
    `updated`; both servers are killed in the middle of the first pass."""
    site = new_site("databases", Broker(), slots=2, settings=SMALL)
    sources = [database_source.Source(site, name) for name in database_source.KINDS]
    flows = [(f"{source.name}/trips", "dispatch", [source.kept], None, None) for source in sources]
    first = database_source.versions(3000, range(1, 3001))
    rounds = [  # what changes at once: new orders, and old ones changed a first and a second time
        database_source.versions(300, [*range(1, 201), *range(3001, 3101)], 20, 2, 3001),
        database_source.versions(200, [*range(101, 251), *range(3101, 3151)], 10, 3, 3301)]
    for source in sources:
        source.hold(first)
    site.guantong("check")
    site.start()
    database_source.restart_in_mid_pull(sources[:2])
    site.wait_until_published(flows)
    for some in rounds:
        for source in sources:
            source.hold(some)
        status = site.wait_until_published(flows)
    before = {flow["flow"]: flow["rows"]["unchanged"] for flow in status["flows"]}

    def looked_back():
        return all(flow["rows"]["unchanged"] >= before[flow["flow"]] + 2 * len(rounds[1])
                   for flow in site.status()["flows"])
    wait_for("passes that find nothing new", looked_back, alive=site.alive)
    site.check_balance(site.status())
    site.drain()
    everything(site, flows)


def dialects(new_site):
    """Every product for which there is a profile, by a server that speaks its dialect: rows come and
    one changes while the gateway pulls."""
    site = new_site("dialects", Broker(), slots=2, settings=SMALL)
    profiles.secrets(site)
    servers = {name: profiles.serve(site, name, 300) for name in profiles.CASES}
    held = {name: server.table.all() for name, server in servers.items()}
    flows = []
    for name, server in servers.items():
        profiles.source(site, name, name, server)
        flows.append((f"{name}/list", "dialect", [site.folder / f"{name}.json"], None, None))
    keep(site, held)
    site.guantong("check")
    site.start()
    site.wait_until_published(flows)
    for name, server in servers.items():
        server.table.change(5, "777.25")
        server.table.add(30)
        held[name] += [row for row in server.table.all() if row["n"] == 5 or row["n"] > 300]
    keep(site, held)
    site.check_balance(site.wait_until_published(flows))
    site.drain()
    everything(site, flows)
    for name, server in servers.items():
        check(not server.sprung["server error"], f"the server {name} failed: {server.sprung}")


def keep(site, held):
    """What the servers' tables ever held, for the oracle: in plain words, not in the dialects'."""
    for name, table in held.items():
        (site.folder / f"{name}.json").write_text(json.dumps(
            [{"meterNo": profiles.dialects.mark(row), "reading": row["value"],
              "readTime": profiles.dialects.local(row["created"])} for row in table]))


REAL_FILES = {
    "seattle": ("energy/seattle_2016_part1.csv", """\
    entity: energy.meter-reading@1
    basis: metered
    zone: -08:00
    map:
      meter_no: OSEBuildingID
      read_time: {value: "2016-12-31 23:59:59"}
      active_energy: {from: Electricity(kWh), unit: kWh}
      organisation_name: PropertyName
      place: Address
"""),
    "gsa": ("housing/gsa_buildings_ct.csv", """\
    entity: housing.office-room@1
    map:
      room_id: location.id
      building_id: location.id
      address: location.address.line 1
      kind: {from: data.type, codes: {BUILDING: office, STRUCTURE: other}}
      usable_area: {from: data.disabilities.ansi usable, unit: ft²}
"""),
    "sahana-vehicles": ("vehicles/sahana_arc_vehicles_part1.csv", """\
    entity: fleet.vehicle@1
    map:
      fleet_no: Name
      organisation: Organisation
      kind: {from: Type, codes: {ERV: response, SERV: response, Passenger: passenger}}
      bought: Purchase Date
      state: L1
      latitude: Lat
      longitude: Lon
"""),
    "sahana-offices": ("housing/sahana_arc_offices_part1.csv", """\
    entity: fleet.office@1
    map:
      name: Name
      organisation: Organisation
      branch: Branch
      address: Address
      latitude: Lat
      longitude: Lon
"""),
}


def real(new_site):
    """Files of other people's systems, mapped with YAML alone."""
    if not REAL.is_dir():
        print(f"| left out: {REAL} is not there")
        raise SystemExit(rig.SKIP)
    site = new_site("real", Broker(), slots=2)
    flows = []
    for name, (path, mapping) in REAL_FILES.items():
        data = (REAL / path).read_bytes()
        site.drop_folder(name, "list", mapping, {pathlib.Path(path).name: data})
        flows.append((f"{name}/list", name, [REAL / path], None, None))
    site.guantong("check")
    site.run_once()
    everything(site, flows)


def both_sources(site, orders=1500, files=6):
    """A site with both kinds of sources; what everything() needs."""
    data = rows.dispatch(orders, seed=3)
    site.json_server("cars", "trips", DISPATCH_MAP, data, page_rows=50)
    raw = site.folder / "rows.json"
    raw.write_text(json.dumps(data, ensure_ascii=False))
    parts = {f"{n:03}.csv": rows.dispatch(200, seed=100 + n, first=1000001 + 200 * n)
             for n in range(files)}
    site.drop_folder("fleet", "orders", DISPATCH_MAP,
                     {name: rows.dispatch_csv(part) for name, part in parts.items()})
    kept = site.folder / "kept"
    kept.mkdir()
    for name, part in parts.items():
        (kept / name).write_bytes(rows.dispatch_csv(part))
    lines = [line for part in parts.values() for line in rows.as_lines(part).splitlines()]
    return [
        ("cars/trips", "dispatch", [raw], rows.DISPATCH_MARK, rows.as_lines(data).splitlines()),
        ("fleet/orders", "dispatch", sorted(kept.iterdir()), rows.DISPATCH_MARK, lines)]


SMALL = "commit_records: 100\ncommit_every: 50 ms\n"


def away(new_site):
    """Kafka freezes, comes back, is killed, comes back: flows pause and go on by themselves."""
    broker = Broker()
    site = new_site("away", broker, slots=2, settings=SMALL)
    flows = both_sources(site)
    site.start()
    def some():
        status = site.status()
        return status and sum(f["total"]["published"] for f in status["flows"]) > 0
    wait_for("the first messages", some, alive=site.alive)
    broker("pause")
    try:
        def noticed():
            status = site.status()
            return status and any(slot["kafka_away"] for slot in status["slots"])
        wait_for("the gateway to notice that Kafka is away", noticed, alive=site.alive)
    finally:
        broker("cont")
    broker("kill9")
    broker("restart")
    status = site.wait_until_published(flows)
    site.check_balance(status)
    site.drain()
    everything(site, flows)


def superseded(new_site):
    """A second gateway of the same site takes over: no loss, and the first stays down."""
    site = new_site("twice", Broker(), slots=2, settings=SMALL + "manifest_every: 1 s\n")
    flows = both_sources(site)
    first = site.start()
    def some():
        status = site.status()
        return status and sum(f["total"]["published"] for f in status["flows"]) > 0
    wait_for("the first messages", some, alive=site.alive)
    conf = site.folder / "guantong.yaml"
    conf.write_text(conf.read_text() + "admin: second.sock\ndata: second\n")
    second = site.start()
    site.process = second
    site.wait_until_published(flows)
    conf.write_text(conf.read_text().replace("admin: second.sock\ndata: second\n", ""))
    def down():
        status = site.status()
        return first.poll() is not None or (
            status and all(slot["superseded"] for slot in status["slots"]))
    wait_for("the first gateway to stay down", down)
    if first.poll() is None:
        first.send_signal(signal.SIGTERM)
    first.wait(rig.PATIENCE)
    site.drain()
    messages = everything(site, flows)
    generations = {json.loads(m["value"])["generation"] for m in messages
                   if m["topic"].endswith(".manifest")}
    check(generations == {1, 2}, f"two gateways, but the generations are {generations}")


def sigterm(new_site):
    """SIGTERM in the middle: drains, commits, ends with 0; the next gateway goes on from there."""
    site = new_site("sigterm", Broker(), slots=2, settings=SMALL)
    flows = both_sources(site)
    site.start()
    def some():
        status = site.status()
        return status and sum(f["total"]["published"] for f in status["flows"]) > 0
    wait_for("the first messages", some, alive=site.alive)
    site.drain()
    messages = site.messages(settled=60)
    site.check_evidence(messages)
    for origin, _, _, mark, lines in flows:
        site.check_source(messages, origin, lines, mark, partial=True)
    site.start()
    site.wait_until_published(flows)
    site.drain()
    everything(site, flows)


def topics(new_site):
    """Topics are made as `guantong topics plan` says, and `topics check` agrees."""
    broker = Broker()
    site = new_site("topics", broker, slots=3)
    site.drop_folder("fleet", "orders", DISPATCH_MAP, {"1.csv": rows.dispatch_csv(rows.dispatch(5))})
    check(site.guantong("topics", "check", check_status=False).returncode != 0,
          "topics check does not notice that no topic is there")
    site.run_once()
    site.guantong("topics", "check")
    admin = AdminClient(broker.conf, logger=rig.QUIET)
    there = {name: topic for name, topic in admin.list_topics(timeout=60).topics.items()
             if name.startswith(f"jgsw.{site.name}.")}
    def setting(topic, name):
        resource = ConfigResource(ResourceType.TOPIC, f"jgsw.{site.name}.{topic}")
        found = list(admin.describe_configs([resource]).values())[0].result(60)
        return found[name].value
    entity = "vehicle.dispatch-order.v1"
    expected = {"state": ("compact", 3), "entries": ("compact", 3), "manifest": ("delete", 3),
                "status": ("compact", 1), "rejected": ("delete", 1), entity: ("delete", 1),
                f"{entity}.restricted": ("compact", 1)}
    check({name.split(".", 2)[2] for name in there} == set(expected), f"topics are {sorted(there)}")
    for name, (policy, partitions) in expected.items():
        check(setting(name, "cleanup.policy") == policy, f"{name}: {setting(name, 'cleanup.policy')}")
        found = len(there[f"jgsw.{site.name}.{name}"].partitions)
        check(found == partitions, f"{name} has {found} partitions")
    check(setting("manifest", "retention.ms") == "-1", "manifests are not kept for ever")


def grant(admin, acls):
    """The rights that `guantong topics plan` lists, for the user wuchang."""
    bindings = [AclBinding(ResourceType[acl["resource"].replace("-", "_").upper()], acl["name"],
                           ResourcePatternType[acl["pattern"].upper()], "User:wuchang", "*",
                           AclOperation[re.sub("([a-z])([A-Z])", r"\1_\2", operation).upper()],
                           AclPermissionType.ALLOW)
                for acl in acls for operation in acl["operations"]]
    for future in admin.create_acls(bindings).values():
        future.result(60)


def refused(new_site):
    """Without rights the gateway says which is missing; with those of `topics plan` all works."""
    directory = rig.tempfile.mkdtemp(prefix="gt-acl-")
    broker = Broker(directory + "/broker")
    subprocess.run([ROOT / "tests/kafka/kafka", "start", broker.directory, "--acl", "--user",
                    "wuchang:secret"], check=True, stdout=subprocess.DEVNULL)
    try:
        site = new_site("refused", broker)
        (site.folder / "secrets").mkdir()
        (site.folder / "secrets/kafka").write_text("secret\n")
        (site.folder / "secrets/kafka").chmod(0o600)
        conf = site.folder / "guantong.yaml"
        conf.write_text(conf.read_text().replace(
            ", slots", ", sasl: {mechanism: scram-sha-256, username: wuchang, password: "
                       "{secret: kafka}}, slots"))
        site.drop_folder("fleet", "orders", DISPATCH_MAP,
                         {"1.csv": rows.dispatch_csv(rows.dispatch(5))})
        flow = ("fleet/orders", "dispatch", [site.folder / "kept.csv"], None, None)
        (site.folder / "kept.csv").write_bytes(rows.dispatch_csv(rows.dispatch(5)))
        plan = json.loads(site.guantong("topics", "plan", "--json").stdout)
        admin = AdminClient(broker.conf, logger=rig.QUIET)

        def refusal():
            site.start()
            check(site.end() != 0, "without rights the gateway ends with 0")
            check("guantong topics plan" in site.log(), "the log names no remedy")
            return site.log()
        def doctor():
            """Codes of what is to be done, and of what is worth knowing."""
            done = subprocess.run([site.program, "doctor", site.folder, "--json"], text=True,
                                  stdout=subprocess.PIPE, check=False)
            found = [f for f in json.loads(done.stdout)["findings"] if f["part"] == "kafka"]
            return [[f["code"] for f in found if f["verdict"] == v] for v in ("to-do", "notice")]

        def policy(topic, value):
            # The client finds the future by its key: it must stay in the dictionary.
            done = admin.incremental_alter_configs([ConfigResource(ConfigResource.Type.TOPIC, topic,
                incremental_configs=[ConfigEntry("cleanup.policy", value,
                    incremental_operation=AlterConfigOpType.SET)])])
            for future in done.values():
                future.result(60)

        check(set(doctor()[0]) == {"GT4009"}, "doctor does not say that rights are missing")
        check("Describe" in refusal() and "secret" not in site.log(), "the log does not say enough")
        grant(admin, plan["acls"])
        check("does not exist" in refusal(), "the log does not say that a topic is missing")
        check(doctor() == [[], ["GT9793"] * len(plan["topics"])], "doctor does not name every missing topic")
        for future in admin.create_topics([
                NewTopic(one["name"], one["partitions"], config=one["config"])
                for one in plan["topics"]]).values():
            future.result(60)
        site.guantong("topics", "check")
        compacted = [one["name"] for one in plan["topics"]
                     if one["config"]["cleanup.policy"] == "compact"][:2]
        for topic in compacted:
            policy(topic, "delete")
        check(doctor()[0] == ["GT4007"] * 2, "doctor does not name both wrong settings")
        for topic in compacted:
            policy(topic, "compact")
        check(doctor()[0] == [], "doctor finds what is not there")
        (site.folder / "secrets/kafka").write_text("wrong\n")
        check(doctor()[0] == ["GT4004"], "doctor does not name the wrong password")
        (site.folder / "secrets/kafka").write_text("secret\n")
        site.run_once()
        everything(site, [flow])
    finally:
        broker("kill9")
        rig.shutil.rmtree(directory, ignore_errors=True)


CASES = {case.__name__: case for case in
         (http, folder, databases, dialects, real, away, superseded, sigterm, topics, refused)}

if __name__ == "__main__":
    rig.main(CASES)
