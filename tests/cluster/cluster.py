"""Starts etcd, kube-apiserver, kube-controller-manager and kwok on free ports of 127.0.0.1.

A test that can share one with all others asks for `shared()`; one that kills, slows or floods the
API server starts a `Cluster` of its own. All is stopped by its own pid, and dies with the process
that started it. README.md has an example.

By hand: `cluster.py start STATE` starts one in the background and describes it in the file STATE,
`cluster.py stop STATE` ends it.
"""

import argparse
import atexit
import base64
import http.client
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import access  # (waiting is found by it)
import api
import audit
import credentials
import processes
import programs
import waiting

USERS = 1000

CONTROLLERS = ("deployment-controller", "replicaset-controller", "statefulset-controller",
               "daemonset-controller", "namespace-controller", "garbage-collector-controller")


class Cluster(access.Access):
    """A cluster of one's own. Use it as a context manager, or call close(). `api_server` and
    `etcd` are further arguments for these programs; `kwok=False` leaves out what makes pods
    Ready."""

    def __init__(self, folder=None, api_server=(), etcd=(), kwok=True):
        self._temporary = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="ebbgate-cluster-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self._api_server_arguments, self._etcd_arguments = api_server, etcd
        self.children = {}
        try:
            self._prepare()
            self._start_api(attempts=3)
            super().__init__(self._describe())
            self._start_controllers(kwok)
        except BaseException:
            self.close()
            raise
        self.description = self._describe()

    def _prepare(self):
        groups = {access.ADMINISTRATOR: "system:masters", "controllers": "system:masters",
                  "kwok": "system:masters"}
        groups.update({f"ebbgate-{number}": "ebbgates" for number in range(USERS)})
        self._tokens = credentials.write_tokens(self.folder / "tokens.csv", groups)
        authority = credentials.Authority(self.folder)
        self._ca_file = authority.certificate
        self._certificate, self._key = authority.server()
        self._account_key = credentials.service_account_key(self.folder)
        (self.folder / "audit-policy.yaml").write_text(json.dumps(audit.policy(), indent=1))
        (self.folder / "audit.log").touch()

    def _start_api(self, attempts):
        """Starts etcd and the API server; again with other ports when one was snatched away."""
        for left in reversed(range(attempts)):
            self._etcd_port, peers, self.port = (processes.free_port() for _ in range(3))
            self._start("etcd", "--data-dir", self.folder / "etcd", "--unsafe-no-fsync",
                        "--quota-backend-bytes", 8 << 30, "--log-level", "warn",
                        "--listen-client-urls", self._etcd_url(),
                        "--advertise-client-urls", self._etcd_url(),
                        "--listen-peer-urls", f"http://127.0.0.1:{peers}",
                        "--initial-advertise-peer-urls", f"http://127.0.0.1:{peers}",
                        "--initial-cluster", f"default=http://127.0.0.1:{peers}",
                        *self._etcd_arguments)
            try:
                return self._start_api_server()
            except RuntimeError:
                self._stop_all()
                shutil.rmtree(self.folder / "etcd", ignore_errors=True)
                if not left:
                    raise

    def _start_api_server(self):
        self._start(
            "kube-apiserver", "--etcd-servers", self._etcd_url(),
            "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1",
            "--secure-port", self.port, "--endpoint-reconciler-type", "none",
            "--tls-cert-file", self._certificate, "--tls-private-key-file", self._key,
            "--cert-dir", self.folder, "--client-ca-file", self._ca_file,
            "--service-account-issuer", "https://kubernetes.default.svc",
            "--service-account-key-file", self._account_key,
            "--service-account-signing-key-file", self._account_key,
            "--service-cluster-ip-range", "10.0.0.0/16",
            "--token-auth-file", self.folder / "tokens.csv", "--authorization-mode", "RBAC",
            "--disable-admission-plugins", "ServiceAccount",
            "--audit-policy-file", self.folder / "audit-policy.yaml",
            "--audit-log-path", self.folder / "audit.log", "--audit-log-mode", "blocking",
            "--audit-log-maxsize", 1 << 20, *self._api_server_arguments)
        self.wait_until_ready()

    def _start_controllers(self, kwok):
        self._start("kube-controller-manager",
                    "--kubeconfig", self._own_kubeconfig("controllers"),
                    "--leader-elect=false", "--secure-port", 0,
                    "--controllers", ",".join(CONTROLLERS),
                    "--kube-api-qps", 1000, "--kube-api-burst", 2000,
                    "--concurrent-deployment-syncs", 20, "--concurrent-replicaset-syncs", 20,
                    "--concurrent-statefulset-syncs", 20, "--concurrent-daemonset-syncs", 20)
        self.kubeconfig(path=self.folder / "kubeconfig")
        if kwok:
            self._start("kwok", "--kubeconfig", self._own_kubeconfig("kwok"),
                        "--manage-all-nodes=true")
            self.api.create(access.fake_node())

    def _own_kubeconfig(self, user):
        return self.kubeconfig(user, path=self.folder / f"kubeconfig-{user}")

    def _start(self, name, *arguments):
        environment = {**os.environ, "HOME": str(self.folder)}
        environment.pop("KUBECONFIG", None)
        self.children[name] = processes.Child(
            [programs.program(name), *arguments], self.folder / f"{name}.log", environment)

    def _etcd_url(self):
        return f"http://127.0.0.1:{self._etcd_port}"

    def _describe(self):
        return {"server": f"https://127.0.0.1:{self.port}", "etcd": self._etcd_url(),
                "ca": str(self._ca_file), "folder": str(self.folder), "tokens": self._tokens,
                "pids": {name: child.pid for name, child in self.children.items()}}

    def wait_until_ready(self):
        """Waits until the API server says that it is ready."""
        client = api.Api(f"https://127.0.0.1:{self.port}", self._ca_file,
                         self._tokens[access.ADMINISTRATOR], timeout=waiting.PATIENCE)

        def look():
            for name in ("etcd", "kube-apiserver"):
                if not self.children[name].running():
                    raise RuntimeError(f"{name} ended:\n{self.children[name].tail()}")
            try:
                return client.raw("GET", "/readyz")[0] == 200
            except (OSError, http.client.HTTPException):
                return False
        waiting.eventually(look, f"the API server is ready: {self.folder}/kube-apiserver.log",
                           progress=lambda: self.children["kube-apiserver"].log_path.stat().st_size,
                           pause=0.05)
        client.close()

    def kill9_api_server(self):
        """kill -9; what is on its way is lost. The audit log stays. The cluster's controllers rest
        until it is back: they would wait longer after each try in vain, up to a minute, and a test
        with them."""
        self._pause_controllers()
        self.children["kube-apiserver"].kill()

    def restart_api_server(self):
        """Starts it again on its port, after kill9_api_server or alone, and waits for it."""
        self._pause_controllers()
        self.children["kube-apiserver"].stop()
        self._start_api_server()
        for child in self._controllers():
            child.resume()
        self.description = self._describe()

    def _controllers(self):
        return [child for name, child in self.children.items()
                if name in ("kube-controller-manager", "kwok")]

    def _pause_controllers(self):
        for child in self._controllers():
            child.pause()

    def compact_etcd(self):
        """Forgets all revisions but the newest. Lists that go on from an older page and, once the
        API server was restarted, watches from an older resource version are answered by 410."""
        newest = self._etcd_call("kv/range", {"key": base64.b64encode(b"none").decode()})
        self._etcd_call("kv/compaction", {"revision": newest["header"]["revision"],
                                          "physical": True})

    def _etcd_call(self, path, body):
        connection = http.client.HTTPConnection("127.0.0.1", self._etcd_port, timeout=60)
        try:
            connection.request("POST", "/v3/" + path, json.dumps(body))
            response = connection.getresponse()
            text = response.read().decode()
            if response.status != 200:
                raise RuntimeError(f"etcd: {path}: {response.status} {text}")
            return json.loads(text)
        finally:
            connection.close()

    def memory(self):
        """{program: resident bytes}."""
        return {name: child.memory() for name, child in self.children.items()}

    def _stop_all(self):
        for name in ("kwok", "kube-controller-manager", "kube-apiserver", "etcd"):
            if name in self.children:
                # Nothing of theirs is kept.
                self.children.pop(name).kill()

    def close(self):
        self._stop_all()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


_shared = None


def require():
    """Ends this test program as skipped where there can be no cluster (see programs.skip)."""
    try:
        programs.build()
    except programs.Missing as missing:
        programs.skip(missing)


def shared():
    """The cluster of this test run: the one that EBBGATE_CLUSTER describes, or else one that is
    started here, when first asked for, and ends with this process. Ends this program as skipped
    where there can be none."""
    global _shared
    if _shared is None:
        state = os.environ.get("EBBGATE_CLUSTER")
        if state and os.path.exists(state):
            description = json.loads(pathlib.Path(state).read_text())
            if "skipped" in description:
                programs.skip(description["skipped"])
            _shared = access.Access(description)
        else:
            require()
            _shared = Cluster()
            atexit.register(_shared.close)
    return _shared


def _write_state(path, state):
    staged = path.with_name(path.name + ".new")
    staged.write_text(json.dumps(state))
    os.chmod(staged, 0o600)
    os.rename(staged, path)


def _serve(state, watched):
    """Keeps a cluster until SIGTERM, or until the process `watched` is gone."""
    ended, ending = os.pipe()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: os.write(ending, b"."))
    watched_end = os.pidfd_open(watched)
    shutil.rmtree(state.with_suffix(".d"), ignore_errors=True)
    with Cluster(state.with_suffix(".d")) as cluster:
        _write_state(state, {**cluster.description, "keeper": os.getpid()})
        select.select([ended, watched_end], [], [])
    state.unlink(missing_ok=True)


def _start(state, watched):
    """Starts a keeper in the background and returns when its cluster is ready."""
    state.parent.mkdir(parents=True, exist_ok=True)
    _stop(state)
    try:
        programs.build()
    except programs.Missing as missing:
        _write_state(state, {"skipped": str(missing)})
        programs.skip(missing)
    log = state.with_suffix(".log")
    with open(log, "wb") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-B", __file__, "serve", str(state), "--watched", str(watched)],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
    begin = time.monotonic()
    while not state.exists():
        if keeper.poll() is not None:
            sys.exit(f"the cluster did not start:\n{log.read_text()}")
        time.sleep(0.05)
    print(f"started in {time.monotonic() - begin:.1f} s, described in {state}")


def _stop(state):
    """Ends the cluster that is described there, if there is one, and waits until it is gone."""
    try:
        keeper = json.loads(state.read_text()).get("keeper")
    except FileNotFoundError:
        return
    try:
        end = os.pidfd_open(keeper) if keeper else None
    except ProcessLookupError:
        end = None
    command = pathlib.Path(f"/proc/{keeper}/cmdline")
    if end is not None and str(state) in command.read_text():
        signal.pidfd_send_signal(end, signal.SIGTERM)
        if not select.select([end], [], [], 60)[0]:
            signal.pidfd_send_signal(end, signal.SIGKILL)
    state.unlink(missing_ok=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=("start", "stop", "serve"))
    parser.add_argument("state", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("--watched", type=int, default=os.getppid(),
                        help="the process with which the cluster ends; its starter's parent if "
                        "it is not told")
    options = parser.parse_args()
    if options.command == "stop":
        _stop(options.state)
    elif options.command == "serve":
        _serve(options.state, options.watched)
    else:
        _start(options.state, options.watched)


if __name__ == "__main__":
    main()
