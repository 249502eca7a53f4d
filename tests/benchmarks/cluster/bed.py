"""What the benchmarks on a real API server share: the cluster, `ebbgate run`, and cluster_bare."""

import collections
import json
import subprocess
import time
import urllib.parse

import api
import cluster
import harness
import objects
from support import Figure

CREATORS = 4  # threads that create objects


class Bed:
    """A cluster of its own without pods' readiness, for one benchmark, with what runs on it."""

    def __init__(self, name, folder, bare):
        self.name = name
        self.folder = folder
        self.bare = bare
        self.figures = []
        self._ends = []
        self.cluster = cluster.Cluster(kwok=False)
        self.token_file = self.cluster.folder / "token"
        self.token_file.write_text(self.cluster.tokens["tests"])
        self.api = self.cluster.api

    def __enter__(self):
        return self

    def __exit__(self, kind, *unused):
        for end in self._ends:
            end()
        self.cluster.close()

    def report(self, name, value, unit, goal=None):
        self.figures.append(Figure(self.name, name, value, unit, goal))

    def ebbgate(self, namespaces, wait=True, **settings):
        """One `ebbgate run`, as a user of its own; when it leads and decides, if it is waited for."""
        user = self.cluster.user()
        self.cluster.grant(user, namespaces or None)
        config = self.folder / f"{self.name}-{user}.yaml"
        database = self.folder / f"{self.name}-{user}.db"
        harness.write(config, json.dumps({
            "provider": "kubernetes", "listen": "127.0.0.1:0", "database": str(database),
            "kubernetes": {"namespaces": namespaces,
                           "leader_election": {"namespace": (namespaces or ["default"])[0]}},
            **settings}))
        process = harness.Process(config, self.folder / f"{self.name}-{user}.log",
                                  env={"KUBECONFIG": str(self.cluster.kubeconfig(user))})
        self._ends.append(process.kill)
        process.user = user
        if wait:
            synced(process)
        return process

    def _command(self, arguments):
        address = urllib.parse.urlsplit(self.cluster.server)
        return [str(argument) for argument in
                (self.bare, address.hostname, address.port, self.cluster.ca_file, self.token_file,
                 *arguments)]

    def start_bare(self, *arguments):
        """cluster_bare in the background."""
        child = subprocess.Popen(self._command(arguments), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, text=True)
        self._ends.append(child.kill)
        return child

    def run_bare(self, *arguments, patience=900):
        """What cluster_bare printed."""
        return subprocess.run(self._command(arguments), stdin=subprocess.DEVNULL, check=True,
                              stdout=subprocess.PIPE, text=True, timeout=patience).stdout

    def measure(self, count, *namespaces, first=0, pause=20):
        """{namespace: [seconds]} of reactions to changes of ConfigMaps."""
        found = collections.defaultdict(list)
        printed = self.run_bare("measure", pause, first, count, *namespaces)
        for line in printed.splitlines():
            namespace, milliseconds = line.split()
            found[namespace].append(float(milliseconds) / 1e3)
        return found

    def workloads(self, namespace, count, config_map=None, secret=None, first=0):
        """Deployments w-N without pods. Each takes the ConfigMap and the Secret of its own name, or
        those that are named."""
        for number in range(first, first + count):
            name = f"w-{number}"
            self.api.create(objects.deployment(
                namespace, name, replicas=0, config_maps=[config_map or name],
                secrets=[secret.format(name)] if secret else []))

    def config_maps(self, namespace, count):
        self.run_bare("fill", namespace, "configmaps", count, 16, CREATORS)

    def adopted(self, namespace, count):
        def look():
            return sum("ebbgate.io/state" in (thing["metadata"].get("annotations") or {})
                       for thing in self.api.list("Deployment", namespace)) >= count
        slowly(look, f"{count} workloads of {namespace} are adopted", 300 + count)


def slowly(condition, what, patience, pause=1.0):
    """As harness.eventually, for what is dear to look at."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"still not after {patience} s: {what}")
        time.sleep(pause)


def synced(process, patience=300):
    """Waits until it leads and decides. Its answers cost it time, so it is not asked often."""
    process.address()
    slowly(lambda: process.api("process")["role"] == "leader", "it leads", patience, pause=0.05)
    slowly(lambda: process.get("/readyz")[0] == 200, "it is synced", patience, pause=0.05)
