"""The API server's audit log: every write as the server saw it, and every request of an Ebbgate."""

import calendar
import collections
import json
import pathlib
import threading

WORKLOADS = {"Deployment": "deployments", "StatefulSet": "statefulsets",
             "DaemonSet": "daemonsets"}
WRITES = ("create", "update", "patch", "delete", "deletecollection")

Entry = collections.namedtuple(
    "Entry", "user verb resource namespace name subresource code received answered stage uri body "
             "agent id")
Entry.__doc__ = """A request. `received` and `answered` (when it reached `stage`) are the server's
wall clock in seconds, exact to the microsecond; `body` is what was sent, where the policy keeps it
(writes of Deployments, StatefulSets and DaemonSets), else None. A watch is there twice: with the
stage ResponseStarted as it begins, with ResponseComplete as it ends."""


def policy():
    """The --audit-policy-file (JSON is YAML too). Reads and leases of the cluster's own parts and of
    the tests' administrator, all of them in system:masters, are left out."""
    rules = [
        {"level": "None", "userGroups": ["system:masters"], "verbs": ["get", "list", "watch"]},
        {"level": "None", "userGroups": ["system:masters"],
         "resources": [{"group": "coordination.k8s.io", "resources": ["leases"]}]},
        {"level": "None", "nonResourceURLs": ["/readyz*", "/livez*", "/healthz*"]},
        {"level": "Request", "verbs": list(WRITES),
         "resources": [{"group": "apps", "resources": list(WORKLOADS.values())}]},
        {"level": "Metadata"},
    ]
    return {"apiVersion": "audit.k8s.io/v1", "kind": "Policy",
            "omitStages": ["RequestReceived"], "rules": rules}


def seconds(stamp):
    """Unix time of for example 2026-01-02T03:04:05.678901Z."""
    date, _, fraction = stamp.rstrip("Z").partition(".")
    year, month, day = map(int, date[:10].split("-"))
    hour, minute, second = map(int, date[11:].split(":"))
    whole = calendar.timegm((year, month, day, hour, minute, second))
    return whole + float("0." + (fraction or "0"))


def parse(line):
    event = json.loads(line)
    thing = event.get("objectRef") or {}
    return Entry(
        user=event.get("user", {}).get("username", ""), verb=event["verb"],
        resource=thing.get("resource", ""), namespace=thing.get("namespace", ""),
        name=thing.get("name", ""), subresource=thing.get("subresource", ""),
        code=(event.get("responseStatus") or {}).get("code", 0),
        received=seconds(event["requestReceivedTimestamp"]),
        answered=seconds(event["stageTimestamp"]), stage=event["stage"],
        uri=event.get("requestURI", ""), body=event.get("requestObject"),
        agent=event.get("userAgent", ""), id=event["auditID"])


def touches_template(body):
    """Whether a patch of any form, or an object that replaces another, is about the pod template."""
    if isinstance(body, list):
        return any(step.get("op") != "test"
                   and (step.get("path", "") + "/").startswith("/spec/template/") for step in body)
    return "template" in ((body or {}).get("spec") or {})


class Audit:
    """Reads the log as it grows, each line once, and keeps it: a question costs only what came
    since the last one. Threads may share it."""

    def __init__(self, path):
        self._path = pathlib.Path(path)
        self._lock = threading.Lock()
        self._offset = 0
        self._lines = []
        self._by_user = collections.defaultdict(list)

    def _read(self):
        with open(self._path, "rb") as file:
            file.seek(self._offset)
            new = file.read()
        whole = new[:new.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            self._lines.append(line)
            start = line.find(b'"username":"')
            user = line[start + 12:line.find(b'"', start + 12)] if start >= 0 else b""
            self._by_user[user].append(line)

    def entries(self, user=None, verb=None, resource=None, namespace=None, name=None,
                subresource=None, code=None, since=0.0, substrings=()):
        """The entries for which all of these hold, in the order in which they were written.
        `verb` may be a tuple of verbs; `since` is when they were received at the earliest."""
        verbs = (verb,) if isinstance(verb, str) else verb
        wanted = [text.encode() for text in substrings]
        wanted += [json.dumps(text).encode() for text in (resource, namespace, name) if text]
        with self._lock:
            self._read()
            lines = list(self._lines if user is None else self._by_user[user.encode()])
        found = []
        for line in lines:
            if not all(text in line for text in wanted):
                continue
            entry = parse(line)
            if ((verbs is None or entry.verb in verbs)
                    and all(want is None or have == want for have, want in (
                        (entry.user, user), (entry.resource, resource),
                        (entry.namespace, namespace), (entry.name, name),
                        (entry.subresource, subresource), (entry.code, code)))
                    and entry.received >= since):
                found.append(entry)
        return found

    def writes(self, user=None, **where):
        """Entries that asked for a change, also those that were refused."""
        return self.entries(user=user, verb=WRITES, **where)

    def template_writes(self, user, namespace, kind, name, since=0.0):
        """The successful writes of a workload's pod template by this user (by anybody: None), in
        the order in which they were received."""
        found = self.entries(user=user, verb=("patch", "update"), resource=WORKLOADS[kind],
                             namespace=namespace, name=name, subresource="", since=since)
        return sorted((entry for entry in found
                       if 200 <= entry.code < 300 and touches_template(entry.body)
                       and "dryRun" not in entry.uri), key=lambda entry: entry.received)

    def calls(self, user, since=0.0, until=float("inf")):
        """{(verb, resource): count} of the requests of a user; a watch counts as it begins."""
        counts = collections.Counter()
        for entry in self.entries(user=user, since=since):
            if entry.received < until and not (entry.verb == "watch"
                                               and entry.stage == "ResponseComplete"):
                resource = entry.resource + ("/" + entry.subresource if entry.subresource else "")
                counts[entry.verb, resource or entry.uri.split("?")[0]] += 1
        return counts
