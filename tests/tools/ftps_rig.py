#!/usr/bin/env python3
"""A real FTP server with TLS for tests, on 127.0.0.1: pyftpdlib, one account.

As a class: Rig(folder, home) … stop(). As a program, for tests in C: usage: ftps_rig.py FOLDER HOME
HOME is what the account sees as /. It prints its attributes as "name=value" lines and "ready", then
obeys lines of standard input, each answered by "ok", until that ends:
    cut N        the next transfer ends after N bytes
    plain-list   MLSD is not known from here on
    read-only    the account may change nothing from here on
    read-write   it may again"""
import datetime
import pathlib
import sys
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import TLS_DTPHandler, TLS_FTPHandler
from pyftpdlib.servers import FTPServer

HERE, USER, PASSWORD = "127.0.0.1", "district", "s3cret"


def certificate(folder, name):
    """A self-signed one for HERE: its own authority."""
    import ipaddress
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(
                [x509.IPAddress(ipaddress.ip_address(HERE))]), critical=False)
            .sign(key, hashes.SHA256()))
    pem = pathlib.Path(folder, name + ".pem")
    public = made.public_bytes(serialization.Encoding.PEM)
    pem.write_bytes(public + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    pathlib.Path(folder, name + ".crt").write_bytes(public)
    return str(pem)


class Rig:
    """port: explicit TLS; implicit_port: TLS from the first byte."""

    def __init__(self, folder, home):
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        self.cut = None
        pem = certificate(folder, "server")
        certificate(folder, "stranger")
        self.ca, self.other_ca = f"{folder}/server.crt", f"{folder}/stranger.crt"
        self.user, self.password = USER, PASSWORD
        self.authorizer = DummyAuthorizer()
        self.authorizer.add_user(USER, PASSWORD, str(home), perm="elradfmwMT")
        rig = self

        class Transfer(TLS_DTPHandler):
            def send(self, data):
                if rig.cut is not None:
                    rig.cut -= len(data)
                    if rig.cut <= 0:
                        rig.cut = None
                        self.close()
                        return 0
                return super().send(data)

        class Explicit(TLS_FTPHandler):
            certfile, authorizer, dtp_handler = pem, self.authorizer, Transfer
            tls_control_required = tls_data_required = True
            unicode_errors = "surrogateescape"  # names pass as bytes
            use_sendfile = False

        class Implicit(Explicit):
            def handle(self):
                self.secure_connection(self.ssl_context)

            def handle_ssl_established(self):
                TLS_FTPHandler.handle(self)

        self.handlers = (Explicit, Implicit)
        self.servers = [FTPServer((HERE, 0), handler) for handler in self.handlers]
        self.port, self.implicit_port = (s.socket.getsockname()[1] for s in self.servers)
        self.thread = threading.Thread(
            target=self.servers[0].serve_forever, kwargs={"handle_exit": False}, daemon=True)
        self.thread.start()

    def allow(self, perm):
        self.authorizer.user_table[USER]["perm"] = perm

    def without_mlsd(self):
        for handler in self.handlers:
            handler.proto_cmds = {k: v for k, v in handler.proto_cmds.items() if k != "MLSD"}

    def stop(self):
        self.servers[0].close_all()


def obey(rig):
    for line in sys.stdin:
        word = line.split()
        if word[0] == "cut":
            rig.cut = int(word[1])
        elif word[0] == "plain-list":
            rig.without_mlsd()
        elif word[0] == "read-only":
            rig.allow("elr")
        elif word[0] == "read-write":
            rig.allow("elradfmwMT")
        else:
            sys.exit(f"what is {line!r}?")
        print("ok", flush=True)


def main():
    rig = Rig(sys.argv[1], sys.argv[2])
    for name in ("user", "password", "port", "implicit_port", "ca", "other_ca"):
        print(f"{name}={getattr(rig, name)}")
    print("ready", flush=True)
    obey(rig)
    rig.stop()


if __name__ == "__main__":
    main()
