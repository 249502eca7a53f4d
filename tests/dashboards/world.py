"""Two real Ebbgates under storms, for a Prometheus to scrape: one on files, one on a cluster.

Among them is all that a dashboard can show: workloads that are throttled, held, missing, refused or
never ready; a peer that answers and one that is not there.
"""

import contextlib
import http.client
import json

import objects
import storm
import support
from feedback_harness import ScriptedPeer, lines, message
from harness import Process, Receiver, Storm, write

# Short times; all levels are reached within seconds.
SETTINGS = {"backoff": {"base": "200ms", "max": "1600ms", "unhealthy_max": "3s",
                        "stable_after": "10m"},
            "settle": {"quiet": "0s"}, "retry": {"base": "200ms", "max": "1s"}}
NEIGHBOURS = 5


class OnFiles:
    """Ebbgate on a folder's files. start() again is a restart on the same database."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.receiver = Receiver()
        self.receiver.status = lambda path: 503 if path == "/refused" else 200
        self.peer = ScriptedPeer(folder, "sidecar")
        self.stormy = [self._file(name) for name in ("stormy", "unready", "refused", "held")]
        workloads = [self._workload("stormy"),
                     self._workload("unready", ready={
                         "exec": ["false"], "interval": "1s", "timeout": "10m"}),
                     self._workload("refused"), self._workload("held", hold=True),
                     self._workload("missing")]
        workloads += [self._workload(f"neighbour-{number}") for number in range(NEIGHBOURS)]
        write(folder / "ebbgate.yaml", json.dumps({
            **SETTINGS, "listen": "127.0.0.1:0", "database": "ebbgate.db",
            "budget": {"rate": 20, "burst": 30},
            "feedback": [self.peer.settings(outcomes=True),
                         {"name": "absent", "socket": str(folder / "absent.sock"),
                          "reconnect": {"base": "200ms", "max": "1s"}}],
            "local": {"workloads": workloads}}))
        self.starts = 0
        self.process = None

    def _file(self, name):
        path = self.folder / f"{name}.conf"
        if not path.exists():
            write(path, "as it was at first\n")
        return path

    def _workload(self, name, **more):
        return {"name": name, "watch": [str(self._file(name))],
                "update": {"http": {"url": f"{self.receiver.url}/{name}"}}, **more}

    def start(self):
        self.starts += 1
        self.process = Process(self.folder / "ebbgate.yaml", self.folder / f"log.{self.starts}")
        return self.process.ready()

    def _tell_the_absent_peer(self):
        connection = http.client.HTTPConnection(*self.process.address(), timeout=10)
        with contextlib.closing(connection):
            connection.request("POST", "/api/v1/feedback/absent",
                               lines(message(number) for number in range(3)))
            reply = connection.getresponse()
            assert reply.status == 202, reply.read()

    def lose_database(self):
        """Of a process that is gone. The lock file stays, and tells the next one."""
        for path in self.folder.glob("ebbgate.db*"):
            if path.suffix != ".lock":
                path.unlink()

    @contextlib.contextmanager
    def running(self):
        """Runs it under a storm, until the `with` ends."""
        self.peer.start()
        self.start()
        (self.folder / "missing.conf").unlink()
        write(self.folder / "neighbour-0.conf", "a plain change\n")
        self._tell_the_absent_peer()
        try:
            with Storm(self.stormy, rate=20, writer=write):
                yield self
        finally:
            if self.process.running():
                self.process.kill()
            self.peer.kill()
            self.receiver.close()


class OnACluster(support.ControllerTest):
    """Ebbgate as controller of a namespace in which a Secret never rests."""

    settings = {**SETTINGS, "budget": {"rate": "unlimited"}}

    def runTest(self):  # a TestCase that another one runs
        pass

    @contextlib.contextmanager
    def running(self, bed):
        self.bed = bed
        self.setUp()
        self.namespace = bed.namespace()
        storm.create(bed, self.namespace, "web")
        self.process = self.controller([self.namespace])
        self.wait_adopted(self.namespace, "web")
        try:
            with storm.Storm(bed, self.namespace, "web"):
                yield self
        finally:
            for controller in self.controllers:
                if controller.running():
                    controller.kill()
