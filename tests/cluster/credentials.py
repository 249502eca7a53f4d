"""The cluster's certificate authority, its users' tokens, and kubeconfig files."""

import csv
import json
import pathlib
import secrets
import subprocess


def _openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.decode()}")


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Authority:
    """A certificate authority in a folder: `ca.crt`, and what it signs beside it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.certificate = self.folder / "ca.crt"
        self._key = self.folder / "ca.key"
        if not self.certificate.exists():
            _openssl("req", "-x509", *_NEW_KEY, "-keyout", self._key, "-out", self.certificate,
                     "-subj", "/CN=authority of the tests", "-days", "30",
                     "-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature")

    def _sign(self, name, subject, extensions):
        key, request = self.folder / f"{name}.key", self.folder / f"{name}.csr"
        certificate, details = self.folder / f"{name}.crt", self.folder / f"{name}.ext"
        details.write_text(extensions)
        _openssl("req", "-new", *_NEW_KEY, "-keyout", key, "-out", request, "-subj", subject)
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key,
                 "-set_serial", str(secrets.randbits(120)), "-days", "30", "-extfile", details,
                 "-out", certificate)
        return certificate, key

    def server(self, name="server"):
        """(certificate, key) of a server on 127.0.0.1 that is also called localhost and
        kubernetes.default.svc."""
        return self._sign(name, "/CN=127.0.0.1", "extendedKeyUsage=serverAuth\n"
                          "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc\n")

    def client(self, user):
        """(certificate, key) that name a client as this user."""
        return self._sign(f"client-{user}", f"/CN={user}", "extendedKeyUsage=clientAuth\n")


def service_account_key(folder):
    """The RSA key that signs service accounts' tokens."""
    path = pathlib.Path(folder) / "service-accounts.key"
    _openssl("genrsa", "-out", path, "2048")
    return path


def write_tokens(path, users):
    """Writes a --token-auth-file for {user: group} and returns {user: token}."""
    tokens = {user: secrets.token_hex(16) for user in users}
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        for user, group in users.items():
            rows.writerow([tokens[user], user, user, group])
    return tokens


def write_kubeconfig(path, server, user, ca_file=None, namespace="default", **identity):
    """Writes a kubeconfig (JSON is YAML too). `identity` goes into its user: token=…, or
    `client-certificate` and `client-key`, or exec."""
    cluster = {"server": server}
    if ca_file:
        cluster["certificate-authority"] = str(ca_file)
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "tests",
        "clusters": [{"name": "tests", "cluster": cluster}],
        "users": [{"name": user, "user": identity}],
        "contexts": [{"name": "tests", "context": {"cluster": "tests", "user": user,
                                                   "namespace": namespace}}],
    }
    pathlib.Path(path).write_text(json.dumps(config, indent=1))
    return pathlib.Path(path)
