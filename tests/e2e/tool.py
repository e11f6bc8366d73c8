"""What the tests of `discover`, `new` and `doctor` share: the program, a folder, a small HTTP back
end."""
import http.server
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GUARD = int(os.environ.get("GT_GUARD", 600))  # seconds, against hanging only


def environment(language="C", **more):
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith("LC_") and k not in ("RUNTIME_DIRECTORY", "STATE_DIRECTORY")}
    return {**kept, "LANG": language, "GUANTONG_DATA": ROOT, **more}


def guantong(*arguments, language="C", cwd=None, given=None, **more):
    return subprocess.run([PROGRAM, *arguments], env=environment(language, **more), cwd=cwd,
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=GUARD,
                          check=False, input=given if given is not None else "")


def write(path, text, encoding="utf-8"):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode(encoding))


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="gt-tool-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def gateway(self, brokers="127.0.0.1:1", more=""):
        if not os.path.exists(self.path("p.key")):
            self.assertEqual(guantong("keygen", "--pseudonym", self.path("p.key")).returncode, 0)
        write(self.path("guantong.yaml"), "site: wuchang\npseudonym_key: p.key\n"
              f"kafka: {{brokers: ['{brokers}']}}\n{more}")

    def json_of(self, *arguments, code=0, **more):
        done = guantong(*arguments, "--json", **more)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)


class Backend:
    """Answers every request by answer(path): (status, headers, body)."""

    def __init__(self, case, answer, certificate=None):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                status, headers, body = answer(self)
                self.send_response_only(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Date" not in headers:
                    self.send_header("Date", self.date_time_string())
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        thread.start()
        case.addCleanup(thread.join)
        case.addCleanup(self.server.server_close)
        case.addCleanup(self.server.shutdown)


def rows(*records):
    return 200, {"Content-Type": "application/json"}, json.dumps(
        {"code": 200, "msg": "ok", "total": len(records), "rows": records}).encode()
