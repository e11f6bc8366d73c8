"""What the tests of bad input share: a site on the development broker, and a back end whose lies
are written in Python.

The development broker is in memory and ignores isolation: what is consumed is everything that was
ever produced, so a message that was published twice shows.
"""
import collections
import http.server
import json
import os
import re
import socket
import subprocess
import threading
import time

import rig
from rig import Failure, check, wait_for

MAPPING = "map: {meter_no: id, read_time: t, active_energy: {from: v, unit: kWh}}"
FLOW = f"entity: energy.meter-reading@1, basis: metered, every: 500 ms, {MAPPING}"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
OWN_TOPICS = rig.oracle.OWN_TOPICS


def rows(prefix, count, first=1):
    """Rows of a meter each; its number is the mark by which a row is found again."""
    return [{"id": f"{prefix}{n:06d}", "t": "2024-03-27 08:25:00", "v": f"{n}.25"}
            for n in range(first, first + count)]


def marks(some):
    return [row["id"] for row in some]


def csv(some, charset="utf-8"):
    return ("id,t,v\n" + "".join(f"{r['id']},{r['t']},{r['v']}\n" for r in some)).encode(charset)


class DevBroker:
    """`guantong broker`: started when the site's sources are written, for it makes their topics."""

    process, address = None, "127.0.0.1:1"

    def start(self, site):
        with open(site.folder / "broker.log", "wb") as log:
            self.process = subprocess.Popen([site.program, "broker", "."], cwd=site.folder,
                                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            stderr=log, text=True)
        self.address = self.process.stdout.readline().strip()
        check(self.address, f"no broker: {(site.folder / 'broker.log').read_text()}")
        conf = site.folder / "guantong.yaml"
        conf.write_text(conf.read_text().replace("127.0.0.1:1'", f"{self.address}'"))

    def messages(self, site):
        conf = {"bootstrap.servers": self.address}
        return [rig.consume.line(m) for m in
                rig.consume.read(conf, [rf"jgsw\.{site}\..*"], committed=False)]

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()


class Site(rig.Site):
    def __init__(self, program, name):
        super().__init__(program, name, DevBroker())
        self.served.append(self.broker)

    def setting(self, text):
        conf = self.folder / "guantong.yaml"
        conf.write_text(conf.read_text() + text + "\n")

    def start(self, *arguments, **how):
        if not self.broker.process:
            self.broker.start(self)
        return super().start(*arguments, **how)

    def ask(self, path):
        """The body of an answer of the admin socket, or None while there is nobody."""
        with socket.socket(socket.AF_UNIX) as admin:
            admin.settimeout(60)
            try:
                admin.connect(str(self.folder / "guantong.sock"))
                admin.sendall(f"GET {path} HTTP/1.0\r\nHost: guantong\r\n\r\n".encode())
                answer = b"".join(iter(lambda: admin.recv(65536), b""))
            except OSError:
                return None
        head, _, body = answer.partition(b"\r\n\r\n")
        check(b" 200 " in head.splitlines()[0] + b" ", f"{path}: {head}")
        return body.decode()

    def status(self):
        body = self.ask("/status")
        return json.loads(body) if body else None

    def flow(self, name):
        status = self.status()
        return next((f for f in status["flows"] if f["flow"] == name), None) if status else None

    def wait_flow(self, name, what, ready):
        """Until ready(status of the flow) is true; returns that status."""
        seen = []

        def look():
            flow = self.flow(name)
            seen[:] = [flow]
            return flow if flow and ready(flow) else None
        try:
            return wait_for(f"{name}: {what}", look, alive=self.alive)
        except Failure as failure:
            raise Failure(f"{failure}; its status: {seen}") from None

    def wait_reason(self, name, code, state):
        return self.wait_flow(name, f"{code}, {state}", lambda f: f["state"] == state and
                              f.get("reason", {}).get("code") == code)

    def wait_total(self, name, count):
        """Until so many messages (rejects included) are committed, and the flow is well again."""
        def ready(flow):
            check(flow["total"]["published"] <= count,
                  f"{name}: more than {count} messages: {flow}")
            return (flow["total"]["published"] == count and flow["rows"]["in_flight"] == 0 and
                    flow["state"] == "waiting")
        return self.wait_flow(name, f"{count} messages", ready)

    def check_identities(self):
        """Both identities of DESIGN section 3, by the status and by the metrics."""
        self.check_balance(wait_for("the status", self.status, alive=self.alive))
        metrics = self.ask("/metrics")
        check("\ngt_balanced 1\n" in metrics, f"the metrics do not balance: {metrics}")
        for line in metrics.splitlines():
            check(not line.startswith("gt_records_unaccounted{") or line.endswith(" 0"), line)

    def in_language(self, lang, *arguments):
        """The same question of an operator with that LANG."""
        done = subprocess.run([self.program, *arguments], cwd=self.folder, text=True,
                              capture_output=True, check=False, timeout=rig.PATIENCE,
                              env={**os.environ, "LC_ALL": lang})
        return done

    # --- what arrived --------------------------------------------------------------------------

    def arrived(self):
        return Arrived(self)


class Arrived:
    """All messages of a site, split by flow."""

    def __init__(self, site):
        self.site = site
        self.messages = [m for m in site.messages() if not m["topic"].endswith(OWN_TOPICS)]
        site.check_schemas(self.messages)

    def of(self, flow):
        origin = f"/{self.site.name}/{flow}"
        return [m for m in self.messages if rig.source_check.identity(m)[0] == origin]

    def data(self, flow):
        return [json.loads(m["value"]) for m in self.of(flow) if ".rejected" not in m["topic"]]

    def rejects(self, flow):
        """(value as bytes, headers, reasons) in their order."""
        found = []
        for message in self.of(flow):
            if not message["topic"].endswith(".rejected"):
                continue
            headers, value = dict(message["headers"]), message["value"]
            value = rig.source_check.base64.b64decode(value["base64"]) if isinstance(value, dict) \
                else value.encode()
            found.append((value, headers, json.loads(headers["gt_reasons"])))
        return found

    def check(self, flow, expected, rejects=0):
        """The marks arrived once each, the rejects beside them, numbered without a gap."""
        got = collections.Counter(event["data"]["meter_no"] for event in self.data(flow))
        lost = collections.Counter(expected) - got
        more = got - collections.Counter(expected)
        check(not lost and not more,
              f"{flow}: lost {list(lost)[:5]} ({len(lost)}), doubled or invented "
              f"{list(more)[:5]} ({len(more)})")
        found = self.rejects(flow)
        check(len(found) == rejects, f"{flow}: {len(found)} rejects, not {rejects}: {found[:3]}")
        by_epoch = collections.defaultdict(list)
        for message in self.of(flow):
            _, epoch, seq = rig.source_check.identity(message)
            by_epoch[epoch].append(seq)
        for epoch, numbers in by_epoch.items():
            check(sorted(numbers) == list(range(1, len(numbers) + 1)),
                  f"{flow}: numbers of {epoch} have gaps: {sorted(numbers)[:20]}")


class Backend:
    """An HTTP back end: `answers[path]` is called with a Request for each that comes. Every request
    is kept in `asked[path]` as (time, query, headers)."""

    def __init__(self):
        self.answers, self.asked = {}, collections.defaultdict(list)
        self.server, self.thread = None, None
        self.port = 0
        self.start()

    def start(self):
        backend = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                path, _, query = self.path.partition("?")
                length = int(self.headers.get("Content-Length") or 0)
                self.sent = self.rfile.read(length)
                self.query = dict(p.split("=", 1) for p in query.split("&") if "=" in p)
                backend.asked[path].append((time.monotonic(), self.query, dict(self.headers)))
                try:
                    backend.answers[path](self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            do_POST = do_GET

            def reply(self, body, status=200, kind="application/json", length=None, **headers):
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(length or len(body)))
                self.send_header("Connection", "close")
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(body)

        http.server.ThreadingHTTPServer.allow_reuse_address = True
        http.server.ThreadingHTTPServer.daemon_threads = True
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.thread.join()
        self.server = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"


def pages(some, size=20, page="page"):
    """An honest list: {"code": 200, "rows": [...], "total": n} by page number."""
    def answer(request):
        at = (int(request.query[page]) - 1) * size
        request.reply({"code": 200, "total": len(some), "rows": some[at:at + size]})
    return answer


PAGED = ("records: rows\n    paging: {style: page, page: page, size: size, rows: 20}\n"
         "    success: {field: code, values: [\"200\"], message: msg}")


def http_source(site, name, backend, options=PAGED, flow=FLOW):
    site.source(name, f"adapter: http\nurl: {backend.url}\nflows:\n  list:\n    path: /{name}\n"
                      f"    {options}\n    " + flow.replace(", ", "\n    ", 3) + "\n")
    backend.answers[f"/{name}"] = pages([])


def new_backend(site):
    backend = Backend()
    site.served.append(backend)
    return backend


def one_sentence(flow):
    """A reason is one line for a person: a code, a sentence, and what to do in brackets."""
    text = flow["reason"]["message"]
    check(text.startswith(flow["reason"]["code"] + " "), text)
    check("\n" not in text and 20 < len(text) < 700, f"no sentence: {text!r}")
    return text


def main(cases):
    rig.Site = Site
    rig.main(cases)
