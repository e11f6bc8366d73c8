"""Databases that tests start for themselves: PostgreSQL, MariaDB, SQLite, each in a folder of its
own, on 127.0.0.1 and a free port, gone at the end. Used as context managers:

    with databases.Postgres() as db:
        db.sql("CREATE TABLE t(a int)")
        print(db.options, db.query("SELECT a FROM t"))

`options` is YAML for the odbc adapter; its password is {env: GT_DB_PASSWORD}, which `environment`
sets. query() gives rows as the database's own client prints them: lists of texts, None for NULL.
Servers refuse to run as root: then they run as the user that their Debian package made.
"""
import fcntl
import glob
import os
import pathlib
import pwd
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
import xml.etree.ElementTree as xml

PATIENCE = int(os.environ.get("GT_GUARD", 300))  # seconds, against hanging only
# All that connection strings find special.
PASSWORD = "p;w}d{=%41+ 密"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Database:
    user, program = None, None

    def __init__(self, folder=None):
        self.parent = tempfile.mkdtemp(prefix="gt-db-", dir=folder)
        self.folder = pathlib.Path(self.parent) / "db"
        self.folder.mkdir()
        self.process, self.port = None, 0

    @property
    def environment(self):
        return {"GT_DB_PASSWORD": PASSWORD}

    def __enter__(self):
        try:
            self.create()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.kill()
        shutil.rmtree(self.parent, ignore_errors=True)

    def create(self):
        pass

    def start(self):
        pass

    def kill(self):
        """Ends the server at once, as a power failure would."""
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None

    def as_owner(self):
        """How the server's programs are run."""
        if os.geteuid() != 0 or not self.user:
            return {}
        owner = pwd.getpwnam(self.user)
        os.chmod(self.parent, 0o755)
        os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}

    def run_as_owner(self, *arguments):
        with open(self.folder / "setup.log", "ab") as log:
            subprocess.run(arguments, check=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                           cwd=self.folder, env={**os.environ, "LC_ALL": "C.UTF-8"},
                           timeout=PATIENCE, **self.as_owner())

    def launch(self, *arguments):
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, cwd=self.folder, **self.as_owner())
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{arguments[0]} does not come up:\n" +
                                   (self.folder / "server.log").read_text(errors="replace")[-2000:])
            time.sleep(0.1)

    def answers(self):
        try:
            self.query("SELECT 1")
            return True
        except subprocess.CalledProcessError:
            return False

    def query(self, text, database=None):
        raise NotImplementedError


class Postgres(Database):
    user, name = "postgres", "office"
    driver = "PostgreSQL Unicode"

    def create(self):
        (self.folder / "password").write_text(PASSWORD)
        self.bin = pathlib.Path(sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1])
        self.run_as_owner(self.bin / "initdb", "-D", "data", "-A", "scram-sha-256", "-U", "gt",
                          "--pwfile=password", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self.port = free_port()

    def start(self):
        self.launch(self.bin / "postgres", "-D", "data", "-p", str(self.port), "-k", self.folder,
                    "-h", "127.0.0.1", "-c", "fsync=off")
        if not self.query(f"SELECT 1 FROM pg_database WHERE datname = '{self.name}'"):
            self.sql(f"CREATE DATABASE {self.name}", "postgres")

    def kill(self):
        # Its children notice on their own; a new server waits for them.
        if self.process and self.process.poll() is None:
            self.process.send_signal(3)  # immediate shutdown
            self.process.wait()
        self.process = None

    def psql(self, *arguments, database=None, text=None):
        return subprocess.run(
            [self.bin / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p",
             str(self.port), "-U", "gt", "-d", database or "postgres", *arguments], input=text,
            check=True, capture_output=True, timeout=PATIENCE,
            env={**os.environ, "PGPASSWORD": PASSWORD, "PGTZ": "Asia/Shanghai",
                 "PGCLIENTENCODING": "UTF8"}).stdout

    def sql(self, text, database=None):
        """text: str, or bytes in the charset that it declares."""
        self.psql(database=database or self.name,
                  text=text.encode() if isinstance(text, str) else text)

    def query(self, text, database=None):
        out = self.psql("-A", "-t", "-F", "\x1f", "-R", "\x1e", "-P", "null=\x1d", "-c", text,
                        database=database).decode()
        rows = out.removesuffix("\n").split("\x1e") if out.strip("\n") else []
        return [[None if v == "\x1d" else v for v in row.split("\x1f")] for row in rows]

    @property
    def options(self):
        return (f"driver: {self.driver}\nserver: 127.0.0.1\nport: {self.port}\n"
                f"database: {self.name}\nuser: gt\npassword: {{env: GT_DB_PASSWORD}}\n")


class MariaDB(Database):
    user, name = "mysql", "office"
    driver = "MariaDB Unicode"

    def create(self):
        # Several at once get into each other's way at times: one after the other, and once more.
        with open(pathlib.Path(tempfile.gettempdir()) / "gt-mariadb-install.lock", "w",
                  encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                self.install()
            except subprocess.CalledProcessError:
                shutil.rmtree(self.folder / "data", ignore_errors=True)
                self.install()
        self.port = free_port()

    def install(self):
        self.run_as_owner("mariadb-install-db", "--no-defaults",
                          f"--datadir={self.folder}/data",
                          "--auth-root-authentication-method=normal", "--skip-test-db")

    def start(self):
        fresh = not self.port or not (self.folder / "made").exists()
        self.launch(shutil.which("mariadbd") or "/usr/sbin/mariadbd", "--no-defaults",
                    f"--datadir={self.folder}/data", f"--socket={self.folder}/sock",
                    f"--port={self.port}", "--bind-address=127.0.0.1", "--sql-mode=",
                    f"--pid-file={self.folder}/pid", "--innodb-flush-log-at-trx-commit=2",
                    "--default-time-zone=+08:00", "--skip-name-resolve",
                    "--innodb-buffer-pool-size=64M")
        if fresh:
            self.client(f"CREATE DATABASE {self.name} CHARACTER SET utf8mb4; CREATE USER "
                        f"gt@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'; "
                        "GRANT ALL ON *.* TO gt@'127.0.0.1'")
            (self.folder / "made").touch()

    def client(self, text, *arguments):
        return subprocess.run(
            ["mariadb", "--no-defaults", "-S", self.folder / "sock", "-uroot",
             "--default-character-set=utf8mb4", *arguments],
            input=text if isinstance(text, bytes) else text.encode(), check=True,
            capture_output=True, timeout=PATIENCE).stdout

    def sql(self, text, database=None):
        self.client(text, database or self.name)

    def query(self, text, database=None):
        out = self.client(text, "--xml", *([database] if database else []))
        nil = "{http://www.w3.org/2001/XMLSchema-instance}nil"
        return [[None if field.get(nil) == "true" else field.text or "" for field in row]
                for row in (xml.fromstring(out) if out.strip() else [])]

    @property
    def options(self):
        return (f"driver: {self.driver}\nserver: 127.0.0.1\nport: {self.port}\n"
                f"database: {self.name}\nuser: gt\npassword: {{env: GT_DB_PASSWORD}}\n")


class SQLite(Database):
    name, driver = None, "SQLite3"

    @property
    def path(self):
        return self.folder / "office.db"

    def create(self):
        self.sql("PRAGMA journal_mode = WAL")  # readers and the writer do not wait for each other

    def sql(self, text, database=None):
        connection = sqlite3.connect(self.path, timeout=60)
        try:
            connection.executescript(text)
            connection.commit()
        finally:
            connection.close()

    def query(self, text, database=None):
        connection = sqlite3.connect(self.path, timeout=60)
        try:
            return [[None if v is None else v if isinstance(v, str) else
                     v.hex() if isinstance(v, bytes) else repr(v) for v in row]
                    for row in connection.execute(text)]
        finally:
            connection.close()

    @property
    def options(self):
        return f"driver: {self.driver}\ndatabase: {self.path}\n"


class Silent:
    """A server that accepts connections and does not say a word, or answers garbage."""

    def __init__(self, garbage=None):
        self.garbage, self.kept = garbage, []

    def __enter__(self):
        import threading
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def serve(self):
        while True:
            try:
                client, _ = self.socket.accept()
                self.kept.append(client)
                if self.garbage:
                    client.sendall(self.garbage)
            except OSError:
                return

    def __exit__(self, *_):
        self.socket.close()
        for client in self.kept:
            client.close()
