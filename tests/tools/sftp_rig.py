#!/usr/bin/env python3
"""A real OpenSSH server for tests: on 127.0.0.1, with its own keys, for the current user only.

As a class: Rig(folder) … stop(). As a program, for tests in C: usage: sftp_rig.py FOLDER
It prints its attributes as "name=value" lines and "ready", then obeys lines of standard input, each
answered by "ok", until that ends:
    cut N    the next connection ends after N bytes to the client
    stall    nothing passes from here on, new connections included
    stall N  likewise, once N bytes of the next connection have gone to the client
    pass     everything passes again
    drop     all connections end now
    key NAME KIND PASSPHRASE    makes another key of the client and lets the server know it"""
import getpass
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import time

HERE = "127.0.0.1"
GUARD = 60


def free_port():
    with socket.socket() as s:
        s.bind((HERE, 0))
        return s.getsockname()[1]


def keygen(path, kind, passphrase=""):
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "", "-f", path],
                   check=True)


class Proxy:
    """Stands between client and server, to lose connections and to stall them."""

    def __init__(self, to_port):
        self.to_port, self.left, self.stalls, self.pairs = to_port, None, False, []
        self.passing = threading.Event()
        self.passing.set()
        self.listener = socket.create_server((HERE, 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.passing.wait()
            server = socket.create_connection((HERE, self.to_port))
            left, self.left = self.left, None
            self.pairs.append((client, server))
            for source, sink, limit in ((client, server, None), (server, client, left)):
                threading.Thread(target=self.pump, args=(source, sink, limit),
                                 daemon=True).start()

    def pump(self, source, sink, limit):
        try:
            while data := source.recv(65536):
                self.passing.wait()
                if limit is not None and len(data) >= limit:
                    sink.sendall(data[:limit])
                    if not self.stalls:
                        break
                    self.passing.clear()
                    self.passing.wait()
                    data, limit = data[limit:], None
                elif limit is not None:
                    limit -= len(data)
                sink.sendall(data)
        except OSError:
            pass
        self.end(source, sink)

    @staticmethod
    def end(*sockets):
        for s in sockets:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

    def drop(self):
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            self.end(*pair)

    def stop(self):
        self.passing.set()
        self.listener.close()
        self.drop()


class Rig:
    """port: through the proxy; readonly_port: a server that refuses to change anything."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.user, self.servers = getpass.getuser(), []
        for name in ("host", "client", "stranger"):
            keygen(self.path(name), "ed25519")
        self.authorise("client")
        server = self.start("server", "internal-sftp")
        self.proxy = Proxy(server)
        self.port = self.proxy.port
        self.readonly_port = self.start("readonly", "internal-sftp -R")
        self.known_hosts = self.path("known_hosts")
        public = pathlib.Path(self.path("host.pub")).read_text().strip()
        pathlib.Path(self.known_hosts).write_text("".join(
            f"[{HERE}]:{port} {public}\n" for port in (self.port, self.readonly_port)))
        shown = subprocess.run(["ssh-keygen", "-l", "-f", self.path("host.pub")], check=True,
                               capture_output=True, text=True).stdout
        self.host_key = shown.split()[1]

    def path(self, name):
        return str(self.folder / name)

    def authorise(self, name):
        with open(self.path("authorized_keys"), "a") as keys:
            keys.write(pathlib.Path(self.path(name + ".pub")).read_text())

    def start(self, name, subsystem):
        port, config = free_port(), self.path(name + ".conf")
        pathlib.Path(config).write_text(f"""
Port {port}
ListenAddress {HERE}
HostKey {self.path("host")}
AuthorizedKeysFile {self.path("authorized_keys")}
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowUsers {self.user}
Subsystem sftp {subsystem}
ForceCommand {subsystem}
MaxStartups 200
LogLevel VERBOSE
""")
        if os.getuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)  # its unprivileged half lives there
        sshd = shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin")
        if not sshd:
            sys.exit("there is no sshd: install openssh-server")
        self.servers.append(subprocess.Popen(
            [sshd, "-D", "-f", config, "-E", self.path(name + ".log")], close_fds=True))
        end = time.monotonic() + GUARD
        while True:
            try:
                socket.create_connection((HERE, port)).close()
                return port
            except OSError:
                if self.servers[-1].poll() is not None or time.monotonic() > end:
                    self.stop()
                    sys.exit(pathlib.Path(self.path(name + ".log")).read_text())
                time.sleep(0.02)

    def stop(self):
        if hasattr(self, "proxy"):
            self.proxy.stop()
        for server in self.servers:
            server.terminate()
            server.wait()


def obey(rig):
    for line in sys.stdin:
        word = line.split()
        if word[0] == "cut" or len(word) == 2 and word[0] == "stall":
            rig.proxy.left, rig.proxy.stalls = int(word[1]), word[0] == "stall"
            rig.proxy.drop()
        elif word[0] == "stall":
            rig.proxy.passing.clear()
        elif word[0] == "pass":
            rig.proxy.passing.set()
        elif word[0] == "drop":
            rig.proxy.drop()
        elif word[0] == "key":
            keygen(rig.path(word[1]), word[2], " ".join(word[3:]))
            rig.authorise(word[1])
        else:
            sys.exit(f"what is {line!r}?")
        print("ok", flush=True)


def main():
    rig = Rig(sys.argv[1])
    try:
        for name in ("user", "port", "readonly_port", "known_hosts", "host_key"):
            print(f"{name}={getattr(rig, name)}")
        print("ready", flush=True)
        obey(rig)
    finally:
        rig.stop()


if __name__ == "__main__":
    main()
