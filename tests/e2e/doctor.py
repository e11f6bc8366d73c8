#!/usr/bin/env python3
"""`guantong doctor` names each planted fault, and finds none where there is none. Usage:
doctor.py GUANTONG [CASE…]"""
import datetime
import json
import os
import shutil
import signal
import socket
import subprocess
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tool import GUARD, PROGRAM, Backend, Case, environment, guantong, rows, write

ROW = {"ID": "YC1", "CPH": "鄂A12345", "CFSJ": "2024-03-27 08:25:00", "CLLX": "01"}
DAY = datetime.timedelta(days=1)


class Authority:
    """A certificate authority that exists for one test."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME,
                                                                       name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.file = self.write(name + ".pem", self.certificate(self.name, self.key, True, -1, 3650))

    def certificate(self, name, key, authority, begin, end, host=None):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(self.name).public_key(
            key.public_key()).serial_number(x509.random_serial_number()).not_valid_before(
            now + begin * DAY).not_valid_after(now + end * DAY).add_extension(
            x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        if host:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def write(self, name, certificate):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def server(self, host="localhost", begin=-1, end=365):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
        path = self.write("server.pem", self.certificate(name, key, False, begin, end, host))
        key_path = os.path.join(self.folder, "server.key")
        with open(key_path, "wb") as file:
            file.write(key.private_bytes(serialization.Encoding.PEM,
                                         serialization.PrivateFormat.PKCS8,
                                         serialization.NoEncryption()))
        return path, key_path


class Doctor(Case):
    def setUp(self):
        super().setUp()
        self.gateway()

    def doctor(self, *arguments, **more):
        done = guantong("doctor", *arguments, self.folder, "--json", **more)
        self.assertIn(done.returncode, (0, 1), done.stdout + done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual(answer["ok"], done.returncode == 0)
        return answer["findings"]

    def to_do(self, *arguments, part=None, **more):
        return [f["code"] for f in self.doctor(*arguments, **more)
                if f["verdict"] == "to-do" and (part is None or f["part"] == part)]

    def assert_names(self, code, found):
        self.assertEqual(found, [code])

    # --- sources ---

    def http(self, url, more=""):
        write(self.path("sources/cars.yaml"), f"""source: cars
adapter: http
url: {url}
records: rows
success: {{field: code}}
connect_timeout: 1 s
timeout: 1 s
{more}
flows:
  trips:
    path: /list
    entity: vehicle.dispatch-order@1
    map: {{order_no: ID, plate_no: CPH, depart_time: CFSJ, vehicle_type: {{from: CLLX, codes: {{"01": sedan}}}}}}
""")

    def backend(self, answer=lambda _: rows(ROW), certificate=None):
        return Backend(self, answer, certificate)

    def test_a_good_source(self):
        server = self.backend()
        self.http(f"http://127.0.0.1:{server.port}")
        findings = self.doctor("cars")
        self.assertEqual({f["verdict"] for f in findings}, {"ok"})
        self.assertLessEqual({"GT9780", "GT9782", "GT9784", "GT9785"}, {f["code"] for f in findings})
        done = guantong("doctor", "cars", self.folder, language="zh_CN.UTF-8")
        self.assertEqual(done.returncode, 0)
        self.assertIn("✓ cars", done.stdout)
        lines = guantong("doctor", "cars", self.folder).stdout.splitlines()
        self.assertEqual(lines[-1], f"{len(lines) - 1} checks, 0 of them to be dealt with")
        self.assertIn("可以连接", done.stdout)

    def test_unknown_host(self):
        self.http("http://no-such-host.invalid")
        self.assert_names("GT9800", self.to_do("cars"))

    def test_closed_port(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.http(f"http://127.0.0.1:{probe.getsockname()[1]}")
        self.assert_names("GT9801", self.to_do("cars"))

    def test_servers_of_files(self):
        """Name and port are looked at before the login, as with every other source."""
        def files(url):
            self.gateway()
            write(self.path("secrets/files"), "x\n")
            write(self.path("sources/cars.yaml"),
                  f"source: cars\nadapter: sftp\nurl: {url}\nuser: u\npassword: {{secret: files}}\n"
                  "format: csv\nflows:\n  trips: {entity: vehicle.dispatch-order@1, map: {order_no: ID, "
                  "plate_no: CPH, vehicle_type: CLLX, depart_time: CFSJ}}\n")
            return self.to_do("cars")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            for url in f"sftp://127.0.0.1:{port}/d", f"ftpes://127.0.0.1:{port}/d", f"ftps://127.0.0.1:{port}":
                self.assert_names("GT9801", files(url))
        self.assert_names("GT9800", files("sftp://no-such-host.invalid/d"))

    def test_silent_port(self):
        """A full queue of connections: what comes now gets no answer, as behind a firewall."""
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen(0)
            waiting = [socket.socket() for _ in range(4)]
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(server.getsockname())
            self.http(f"http://127.0.0.1:{server.getsockname()[1]}")
            self.assert_names("GT9802", self.to_do("cars"))
            for one in waiting:
                one.close()

    def test_silent_service(self):
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen(8)
            self.http(f"http://127.0.0.1:{server.getsockname()[1]}")
            found = [f for f in self.doctor("cars") if f["verdict"] == "to-do"]
            self.assertEqual([f["part"] for f in found], ["cars/trips"])

    def tls(self, code, verdict="to-do", trusted=True, **certificate):
        authority = Authority(self.folder, "Authority")
        other = Authority(self.folder, "Other")
        server = self.backend(certificate=authority.server(**certificate))
        self.http(f"https://localhost:{server.port}",
                  f"tls: {{ca: {(authority if trusted else other).file}}}")
        found = self.doctor("cars")
        self.assertIn((verdict, code), [(f["verdict"], f["code"]) for f in found], found)
        self.assertEqual([f["code"] for f in found if f["verdict"] == "to-do"],
                         [code] if verdict == "to-do" else [])

    def test_good_certificate(self):
        self.tls("GT9783", "ok")
        self.assertIn("GT9781", [f["code"] for f in self.doctor("cars")])  # localhost

    def test_certificate_that_ends_soon(self):
        self.tls("GT9808", "notice", end=10)

    def test_expired_certificate(self):
        self.tls("GT9804", begin=-20, end=-10)

    def test_certificate_of_tomorrow(self):
        self.tls("GT9805", begin=1, end=10)

    def test_wrong_host_name(self):
        self.tls("GT9806", host="cars.example")

    def test_untrusted_authority(self):
        self.tls("GT9807", trusted=False)

    def test_no_tls(self):
        server = self.backend()
        self.http(f"https://127.0.0.1:{server.port}")
        self.assert_names("GT9803", self.to_do("cars"))

    def answers(self, part, status, body, kind="application/json", **headers):
        server = self.backend(lambda _: (status, {"Content-Type": kind, **headers}, body))
        self.http(f"http://127.0.0.1:{server.port}")
        findings = self.doctor("cars")
        return [f for f in findings if f["part"] == part]

    def test_wrong_password(self):
        found = self.answers("cars/trips", 401, b"")
        self.assertEqual([f["verdict"] for f in found], ["to-do"])
        self.assertIn("401", found[0]["message"])

    def test_wrong_path(self):
        found = self.answers("cars/trips", 404, b"")
        self.assertEqual([f["verdict"] for f in found], ["to-do"])
        self.assertIn("404", found[0]["message"])

    def test_html(self):
        found = self.answers("cars/trips", 200, b"<html>log in</html>", "text/html")
        self.assertEqual([f["verdict"] for f in found], ["to-do"])
        self.assertIn("HTML", found[0]["message"].upper())

    def test_skewed_clock(self):
        found = self.answers("cars/trips", *[rows(ROW)[i] for i in (0, 2)],
                             Date="Mon, 01 Jan 2024 00:00:00 GMT")
        self.assertEqual([f["code"] for f in found if f["verdict"] == "notice"], ["GT3231"])

    def folder_source(self, charset="auto", more=""):
        write(self.path("sources/energy.yaml"), f"""source: energy
adapter: file
folder: ../in
complete: rename
format: csv
charset: {charset}
{more}flows:
  readings:
    entity: energy.meter-reading@1
    map: {{meter_no: no, read_time: at, active_energy: {{from: kwh, unit: kWh}}, organisation_name: org}}
""")

    READINGS = "no,at,kwh,org\n1,2024-03-31 00:00:00,5,武昌区\n2,2024-03-31 00:00:00,5,江汉区\n"

    def test_wrong_charset(self):
        write(self.path("in/a.csv"), self.READINGS, "gb18030")
        self.folder_source()
        self.assertEqual(self.to_do("energy"), [])
        self.folder_source("UTF-8")
        found = [f for f in self.doctor("energy") if f["verdict"] == "to-do"]
        self.assertEqual([f["code"] for f in found], ["GT9809"])
        self.assertIn("UTF-8", found[0]["message"])
        self.assertTrue(os.path.exists(self.path("in/a.csv")))

    def test_nothing_to_read(self):
        write(self.path("in/.keep"), "")
        self.folder_source()
        self.assertIn("GT9786", [f["code"] for f in self.doctor("energy")])

    def test_missing_folder(self):
        self.folder_source()
        found = [f for f in self.doctor("energy") if f["verdict"] == "to-do"]
        self.assertEqual([f["part"] for f in found], ["energy/readings"])
        self.assertIn("/in is not there", found[0]["message"])

    def test_unwritable_folder(self):
        write(self.path("in/a.csv"), self.READINGS)
        self.folder_source()
        os.chmod(self.path("in"), 0o555)
        self.addCleanup(os.chmod, self.path("in"), 0o755)
        limited = [] if os.getuid() else ["setpriv", "--bounding-set", "-dac_override",
                                          "--inh-caps", "-dac_override"]
        done = subprocess.run([*limited, PROGRAM, "doctor", "energy", self.folder],
                              env=environment(), text=True, stdout=subprocess.PIPE, timeout=GUARD,
                              check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("✗ energy/readings", done.stdout)

    def test_missing_secret(self):
        self.http("http://127.0.0.1:1", "token: {secret: cars}")
        self.assert_names("GT1033", self.to_do("cars"))

    def test_mistakes_of_files(self):
        self.http("http://127.0.0.1:1", "zome: +08:00")
        found = self.doctor("cars")
        self.assertEqual([(f["code"], f["file"], f["line"]) for f in found],
                         [("GT1012", "sources/cars.yaml", 8)])
        done = guantong("doctor", "bikes", self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn("GT9757", done.stderr)

    def test_many_flows(self):
        server = self.backend()
        self.http(f"http://127.0.0.1:{server.port}")
        with open(self.path("sources/cars.yaml"), encoding="utf-8") as file:
            head, flow = file.read().split("  trips:\n")
        write(self.path("sources/cars.yaml"),
              head + "".join(f"  trips{i}:\n{flow}" for i in range(21)))
        self.assertIn("GT9795", [f["code"] for f in self.doctor("cars")])

    # --- the machine ---

    def machine(self, part, **more):
        write(self.path("in/.keep"), "")
        self.folder_source()
        return self.to_do(part=part, **more)

    def test_a_good_machine(self):
        write(self.path("in/.keep"), "")
        self.folder_source()
        parts = {f["part"]: f for f in self.doctor()}
        self.assertEqual([f["part"] for f in parts.values() if f["verdict"] == "to-do"], ["kafka"])
        self.assertLessEqual({"machine", "data", "secrets", "gateway"}, set(parts))
        self.assertEqual(parts["gateway"]["code"], "GT9792")
        self.assertEqual(parts["secrets"]["code"], "GT9794")
        self.assertIn("GT9790", [f["code"] for f in self.doctor() if f["part"] == "machine"])

    def test_open_secret(self):
        write(self.path("secrets/cars"), "x\n")
        os.chmod(self.path("secrets/cars"), 0o644)
        self.assert_names("GT9812", self.machine("secrets"))
        os.chmod(self.path("secrets/cars"), 0o600)
        self.assertEqual(self.machine("secrets"), [])

    def test_open_key(self):
        os.chmod(self.path("p.key"), 0o644)
        self.assert_names("GT9812", self.machine("secrets"))

    def test_unusable_data_folder(self):
        self.gateway(more="data: /proc/nothing/data\n")
        self.assert_names("GT9811", self.machine("data"))

    def test_few_files(self):
        write(self.path("in/.keep"), "")
        self.folder_source()
        done = subprocess.run(f"ulimit -n 100; exec {PROGRAM} doctor {self.folder}", shell=True,
                              env=environment(), text=True, stdout=subprocess.PIPE, timeout=GUARD,
                              check=False)
        self.assertIn("GT9816", done.stdout)

    def in_a_namespace(self, mount):
        """doctor with a mount of its own; None where that is not allowed."""
        write(self.path("in/.keep"), "")
        self.folder_source()
        if not shutil.which("unshare") or subprocess.run(
                ["unshare", "-m", "sh", "-c", mount], stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, check=False).returncode:
            self.skipTest("mounting is not allowed here")
        return subprocess.run(["unshare", "-m", "sh", "-c",
                               f"{mount}; exec {PROGRAM} doctor {self.folder}"], text=True,
                              env=environment(), stdout=subprocess.PIPE, timeout=GUARD,
                              check=False).stdout

    def test_full_disk(self):
        os.mkdir(self.path("data"))
        out = self.in_a_namespace(f"mount -t tmpfs -o size=1m tmpfs {self.path('data')}")
        self.assertIn("GT9810", out)

    def test_missing_charsets(self):
        folders = [p for p in ("/usr/lib/x86_64-linux-gnu/gconv", "/usr/lib/aarch64-linux-gnu/gconv",
                               "/usr/lib64/gconv") if os.path.isdir(p)]
        out = self.in_a_namespace("; ".join(f"mount -t tmpfs tmpfs {p}" for p in folders))
        self.assertIn("✗ machine", out)
        self.assertIn("GB18030", out)

    def test_missing_zones(self):
        out = self.in_a_namespace("mount -t tmpfs tmpfs /usr/share/zoneinfo")
        self.assertIn("GT9815", out)

    # --- Kafka ---

    def test_kafka_away(self):
        self.assert_names("GT9801", self.machine("kafka"))

    def test_broker_without_port(self):
        self.gateway(brokers="kafka-1.example")
        self.assert_names("GT9818", self.machine("kafka"))

    def test_development_broker_and_a_running_gateway(self):
        write(self.path("in/.keep"), "")
        self.folder_source()
        broker = subprocess.Popen([PROGRAM, "broker", self.folder], env=environment(), text=True,
                                  stdout=subprocess.PIPE)
        self.addCleanup(broker.stdout.close)
        self.addCleanup(broker.wait)
        self.addCleanup(broker.send_signal, signal.SIGTERM)
        self.gateway(broker.stdout.readline().strip())
        findings = self.doctor()
        self.assertEqual([f for f in findings if f["verdict"] == "to-do"], [])
        self.assertLessEqual({"GT9787", "GT9788", "GT9789"}, {f["code"] for f in findings})
        run = subprocess.Popen([PROGRAM, "run", self.folder], env=environment(), text=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(run.stderr.close)
        self.addCleanup(run.wait)
        self.addCleanup(run.send_signal, signal.SIGTERM)
        for line in run.stderr:
            if "is running" in line:
                break
        os.rename(self.path("in"), self.path("gone"))
        while "GT9817" not in self.to_do(part="gateway"):
            self.assertIsNone(run.poll())
        self.assertIn("GT9791", [f["code"] for f in self.doctor()])
        self.assertEqual(self.to_do(part="kafka"), [])  # and the running one was not fenced
        self.assertIsNone(run.poll())


if __name__ == "__main__":
    unittest.main(verbosity=2)
