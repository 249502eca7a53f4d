"""Ebbgate as controller of a test's namespaces, judged by the API server's audit log.

A test class derives from ControllerTest; its module says `bed = cluster.shared()`, or `bed = None`
where its tests start clusters of their own.
"""

import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import threading
import unittest

for _name in ("EBBGATE_RECORDER", "EBBGATE_HANGING"):
    os.environ.setdefault(_name, "")
_here = pathlib.Path(__file__).resolve().parent
os.environ.setdefault("EBBGATE_SOURCE", str(_here.parent.parent))
os.environ.setdefault("EBBGATE_BINARY", str(_here.parent.parent / "build/release/ebbgate"))
sys.path[:0] = [str(_here.parent / "end_to_end"), str(_here.parent / "cluster")]

import harness  # noqa: E402 (found by the lines above)
import product  # noqa: E402
from harness import PATIENCE, eventually  # noqa: E402,F401 (for the tests)

STATE = "ebbgate.io/state"
HASH = "ebbgate.io/config-hash"


def state(workload):
    """What a workload carries of its past; None: nothing."""
    text = (workload["metadata"].get("annotations") or {}).get(STATE)
    return json.loads(text) if text else None


def template_hash(workload):
    annotations = workload["spec"]["template"]["metadata"].get("annotations") or {}
    return annotations.get(HASH)


def fingerprint(text):
    """The fingerprint in a hash, of which there can be several texts; None: there is none."""
    found = re.fullmatch("v1-([0-9a-f]{64})(-[0-9]+)?", text or "")
    return found and found[1]


class Controller(harness.Process):
    """One `ebbgate run` with `provider: kubernetes`, as a user of its own."""

    def __init__(self, user, *arguments, **options):
        super().__init__(*arguments, **options)
        self.user = user

    def workload(self, name, namespace, kind="Deployment"):  # noqa: D102 (other order than local)
        return self.api(f"workloads/{namespace}/{kind}/{name}")

    def leads(self):
        """Waits until it leads and decides."""
        eventually(lambda: self.api("process")["role"] in ("leader", None), "it leads")
        return self.ready()

    def begun_anew(self, times=1, patience=PATIENCE):
        """Waits until this process, which led, has begun anew so many times, and asks the new one
        from then on."""
        def look():
            found = re.findall(r"listening on http://([0-9.]+):(\d+)", self.log())
            return found[times] if len(found) > times else None
        host, port = eventually(look, f"it begins anew for the {times}. time", patience)
        self._address = (host, int(port))
        return self.ready()


class ControllerTest(unittest.TestCase):
    """A temporary folder, and controllers that end with the test, whose logs are shown when it
    fails. Settings are quick; tests of settling, budgets and the like set their own."""

    maxDiff = None
    bed = None  # the cluster
    settings = {"settle": {"quiet": "0s"}, "budget": {"rate": "unlimited"}}

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ebbgate-"))
        self.controllers = []

    def run(self, result=None):
        result = result if result is not None else self.defaultTestResult()
        before = len(result.failures) + len(result.errors)
        super().run(result)
        for controller in getattr(self, "controllers", []):
            if controller.running():
                controller.kill()
        product.fail_for_reports(self, result)
        if len(result.failures) + len(result.errors) > before:
            for controller in self.controllers[-3:]:
                print(f"--- {controller.log_path}:\n{controller.log()[-8000:]}", file=sys.stderr)
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def controller(self, namespaces, user=None, kubeconfig=None, name="ebbgate", grant=True,
                   kubernetes=None, wait=True, env=None, log="debug", **settings):
        """Starts Ebbgate on `namespaces` (empty: all). The same `name` again has the same database
        and identity: it is the restart of that one. Without `user` it gets one of its own, the same
        for the same name; `kubernetes` and `settings` add to the configuration."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        remembered = folder / "user"
        if user is None:
            user = remembered.read_text() if remembered.exists() else self.bed.user()
        if not remembered.exists():
            remembered.write_text(user)
            if grant:
                self.bed.grant(user, list(namespaces) or None)
        kubeconfig = kubeconfig or self.bed.kubeconfig(user)
        home = namespaces[0] if namespaces else "default"
        config = {
            "provider": "kubernetes", "listen": "127.0.0.1:0",
            "database": str(folder / "ebbgate.db"), "log": {"level": log},
            "kubernetes": {"namespaces": list(namespaces),
                           "leader_election": {"namespace": home, "identity": name},
                           **(kubernetes or {})},
            **self.settings, **settings}
        harness.write(folder / "ebbgate.yaml", json.dumps(config, indent=1))
        log_path = folder / f"log.{len(self.controllers)}"
        controller = Controller(user, folder / "ebbgate.yaml", log_path,
                                env={"KUBECONFIG": str(kubeconfig), **(env or {})})
        controller.database = folder / "ebbgate.db"
        self.controllers.append(controller)
        return controller.leads() if wait else controller

    def forget_database(self, name="ebbgate"):
        """Deletes a stopped controller's database, its lock file too: as a new volume would."""
        for path in (self.folder / name).glob("ebbgate.db*"):
            path.unlink()

    # What the API server saw and has.

    def template_writes(self, controller, namespace, name, kind="Deployment", since=0.0):
        return self.bed.audit.template_writes(controller.user, namespace, kind, name, since)

    def get(self, namespace, name, kind="Deployment"):
        return self.bed.api.get(kind, namespace, name)

    def wait_adopted(self, namespace, *names, kind="Deployment"):
        """Waits until each of them carries a state."""
        for name in names:
            eventually(lambda: state(self.get(namespace, name, kind)),
                       f"{kind} {namespace}/{name} is adopted")

    def calls_for_workloads(self, controller):
        """How often the controller has called the API server for anything but its lease."""
        return sum(count for (_, resource), count in self.bed.audit.calls(controller.user).items()
                   if resource != "leases")

    def wait_writes(self, controller, namespace, name, count, kind="Deployment",
                    patience=PATIENCE):
        """Waits for `count` template writes and returns them."""
        eventually(lambda: len(self.template_writes(controller, namespace, name, kind)) >= count,
                   f"{count} template writes to {kind} {namespace}/{name}", patience,
                   lambda: self.calls_for_workloads(controller))
        return self.template_writes(controller, namespace, name, kind)

    def wait_at_rest(self, controller, namespace, name, kind="Deployment",
                     patience=PATIENCE):
        """Waits until the workload wants nothing."""
        def look():
            seen = controller.workload(name, namespace, kind)
            return seen["applied"] == seen["desired"] and not seen["pending_since"]
        eventually(look, f"{kind} {namespace}/{name} is at rest", patience,
                   lambda: self.calls_for_workloads(controller))

    def assert_spaced(self, writes, base=1.0, cap=64.0):
        """Between two template writes lies what the level of the first, as it carries it, demands:
        from its answer to the next one's coming, by the API server's clock."""
        for one, following in zip(writes, writes[1:]):
            level = written_state(one)["level"]
            wait = following.received - one.answered
            demanded = min(base * 2 ** (level - 1), cap) if level else 0
            self.assertGreaterEqual(wait, demanded, f"after {one}")


class _Recorded(unittest.TestResult):
    """What became of a test, to be told to another result later."""

    def __init__(self):
        super().__init__()
        self.told = []

    def replay(self, test, result):
        result.startTest(test)
        for name, arguments in self.told:
            getattr(result, name)(test, *arguments)
        result.stopTest(test)

    def addSuccess(self, test):
        self.told.append(("addSuccess", ()))

    def addSkip(self, test, reason):
        self.told.append(("addSkip", (reason,)))

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.told.append(("addFailure", (error,)))

    def addError(self, test, error):
        super().addError(test, error)
        self.told.append(("addError", (error,)))


class SideBySide(unittest.TestSuite):
    """Runs tests of one class at the same time, each in a thread: for those that wait a lot."""

    def run(self, result, debug=False):
        tests = list(self)
        if not tests:  # none of them was asked for
            return result
        kind = type(tests[0])
        kind.setUpClass()
        records = [_Recorded() for _ in tests]
        threads = [threading.Thread(target=test.run, args=(record,))
                   for test, record in zip(tests, records)]
        for thread in threads:
            thread.start()
        for thread, test, record in zip(threads, tests, records):
            thread.join()
            record.replay(test, result)
        kind.tearDownClass()
        return result


def written_state(write):
    """The state that a template write carried."""
    for operation in write.body:
        value = operation.get("value")
        if operation["op"] != "add":
            continue
        if operation["path"].endswith("/ebbgate.io~1state"):
            return json.loads(value)
        if operation["path"] == "/metadata/annotations":
            return json.loads(value[STATE])
    raise AssertionError(f"no state in {write}")


def reasons(api, namespace, name):
    """{reason: (number of Event objects, sum of their counts)} of a workload's events of ours."""
    found = {}
    for event in api.list("Event", namespace):
        if event["involvedObject"].get("name") != name:
            continue
        if event.get("source", {}).get("component") != "ebbgate":
            continue
        objects, count = found.get(event["reason"], (0, 0))
        found[event["reason"]] = (objects + 1, count + (event.get("count") or 1))
    return found


def short(text):
    """The first line, for messages."""
    return re.split(r"\n", text)[0]
