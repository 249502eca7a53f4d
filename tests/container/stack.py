"""The compose stack on a Docker daemon, by the commands of docs/compose.md and in their order. On a
daemon of the tests' own Grafana stays away, and Prometheus and Alertmanager are this machine's."""

import json
import os
import pathlib
import re
import shutil
import tempfile
import time
import unittest
import urllib.parse

import documented
from needs import SOURCE
from world import PATIENCE, eventually, fetch, get

# Long enough for updates after 1, 2 and 4 s.
STORM_SECONDS = 8
WITHOUT_GRAFANA = "services: {grafana: {profiles: [absent]}}\n"
SERVICES = {"ebbgate": 9911, "demo": 8080, "prometheus": 9090, "alertmanager": 9093, "grafana": 3000}


class StackTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.world = get()
        cls.folder = pathlib.Path(tempfile.mkdtemp(dir=cls.world.folder))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.folder.chmod(0o755)
        shutil.copy(SOURCE / "docker-compose.yml", cls.folder)
        for part in ("deploy", "dashboards"):
            shutil.copytree(SOURCE / part, cls.folder / part)
        cls.services = dict(SERVICES)
        files = "docker-compose.yml"
        if cls.world.docker.own:
            del cls.services["grafana"]
            (cls.folder / "less.yml").write_text(WITHOUT_GRAFANA)
            files += ":less.yml"
        cls.variables = {
            "COMPOSE_FILE": files, "COMPOSE_PROJECT_NAME": f"ebbgate-test-{os.getpid()}",
            "EBBGATE_IMAGE": cls.world.image, "STORM_SECONDS": str(STORM_SECONDS),
            # Any free ones.
            **{f"{name.upper()}_PORT": "" for name in SERVICES}}
        cls.addClassCleanup(cls.do, "docker compose down --volumes")

    @classmethod
    def do(cls, line):
        code, said = cls.world.shell(line, cls.folder, **cls.variables)
        assert code == 0, f"{line}\n{said}"
        return said

    def url(self, service):
        return "http://" + self.do(f"docker compose port {service} {SERVICES[service]}").strip()

    def page(self):
        return fetch(self.url("demo"))[1]

    def level(self, name="default/Local/demo"):
        return json.loads(fetch(f"{self.url('ebbgate')}/api/v1/workloads/{name}")[1])["level"]

    def query(self, expression):
        """[labels of each series] of the stack's Prometheus."""
        status, text = fetch(f"{self.url('prometheus')}/api/v1/query?"
                             + urllib.parse.urlencode({"query": expression}))
        return [each["metric"] for each in json.loads(text)["data"]["result"]] if status == 200 else []

    def wait_until_healthy(self):
        project = self.variables["COMPOSE_PROJECT_NAME"]

        def healthy():
            listed = self.world.do("ps", "--filter", f"label=com.docker.compose.project={project}",
                                   "--format", "{{.Status}}").splitlines()
            return len([each for each in listed if "(healthy)" in each]) == len(self.services)
        eventually(healthy, lambda: self.do("docker compose ps") + self.do("docker compose logs"),
                   2 * PATIENCE)

    # What is true after each command of the document, in its order.

    def after_up(self, _):
        self.wait_until_healthy()
        eventually(lambda: self.query('up{job="ebbgate"} == 1'), "Prometheus scrapes Ebbgate")
        if "grafana" in self.services:
            status, text = fetch(self.url("grafana") + "/api/dashboards/uid/ebbgate-overview")
            self.assertEqual(status, 200, text)
            status, text = fetch(self.url("grafana") + "/api/datasources/proxy/uid/prometheus"
                                 "/api/v1/query?query=ebbgate_build_info")
            self.assertEqual(status, 200, text)
            self.assertIn("revision", text)

    def after_ps(self, said):
        for service in self.services:
            self.assertIn(service, said)
        self.assertNotIn("0.0.0.0", said)

    def after_edit(self, _):
        eventually(lambda: "<h1>Good evening</h1>" in self.page(), "the page shows the edit")

    def after_first_logs(self, said):
        self.assertIn("demo: reload 1, ", said)
        self.assertIn("Good evening", said)

    def after_status(self, said):
        self.assertRegex(said, r"default/Local/demo +[1-9]")

    def after_storm(self, said):
        self.assertIn("storm: over", said)
        last = f"change {STORM_SECONDS * 10} of {STORM_SECONDS * 10}"
        eventually(lambda: last in self.page(), "the last change arrives", 2 * PATIENCE)
        eventually(lambda: self.query('ebbgate_workload_backoff_level{namespace="default",'
                                      'workload="demo"} >= 3'), "Prometheus has the level")

    def after_logs(self, said):
        reloads = re.findall(r"demo: reload (\d+), (\d+\.\d) s after the last one", said)
        self.assertEqual([int(number) for number, _ in reloads], [*range(1, len(reloads) + 1)])
        # The first one came after the start, the others after 1, 2, 4 … s; one decimal is shown.
        waits = [float(wait) for _, wait in reloads][1:]
        self.assertGreaterEqual(len(waits), 3)
        for number, wait in enumerate(waits):
            self.assertGreaterEqual(wait, 2 ** number - 0.1, said)
        self.assertLess(len(waits), 6, "far fewer than changes")

    def after_explain(self, said):
        self.assertIn("default/Local/demo", said)

    def before_kill(self):
        StackTest.remembered = self.level()

    def after_second_up(self, _):
        self.wait_until_healthy()
        self.assertEqual(self.level(), self.remembered)

    def after_release(self, _):
        eventually(lambda: self.level() == 0, "its level is forgiven")

    def after_hang_up(self, _):
        eventually(lambda: "the configuration was reloaded" in self.do("docker compose logs ebbgate"),
                   lambda: "Ebbgate read its configuration again\n"
                   + self.do("docker compose logs ebbgate"))
        self.prometheus_takes_on_an_edit()

    def prometheus_takes_on_an_edit(self):
        """What the document says in words."""
        path = self.folder / "dashboards/prometheus/prometheus.yml"
        path.write_text(path.read_text() + "  - job_name: edited\n    static_configs: []\n")
        eventually(lambda: "job_name: edited" in json.loads(
            fetch(self.url("prometheus") + "/api/v1/status/config")[1])["data"]["yaml"],
            "Prometheus has the edited configuration")
        eventually(lambda: self.level("monitoring/Local/prometheus") == 1,
                   "as one update of Ebbgate's")

    def after_down(self, _):
        """The volumes stay."""
        project = self.variables["COMPOSE_PROJECT_NAME"]
        self.do("docker compose up --detach ebbgate")
        eventually(lambda: fetch(self.url("ebbgate") + "/readyz")[0] == 200, "it is back")
        self.assertEqual(self.level("monitoring/Local/prometheus"), 1)
        self.assertTrue(self.world.do("volume", "ls", "--quiet", "--filter", f"name={project}"))

    def after_removal(self, _):
        project = self.variables["COMPOSE_PROJECT_NAME"]
        for what in ("volume", "network"):
            self.assertEqual(self.world.do(what, "ls", "--quiet", "--filter", f"name={project}"), "")

    def test_every_command_of_the_document_does_what_it_says(self):
        nothing = lambda said: None  # noqa: E731
        steps = [
            ("up", nothing, self.after_up),
            ("ps", nothing, self.after_ps),
            ("echo", nothing, self.after_edit),
            ("logs", nothing, self.after_first_logs),
            ("exec", nothing, self.after_status),
            ("run", nothing, self.after_storm),
            ("logs", nothing, self.after_logs),
            ("exec", nothing, self.after_explain),
            ("kill", lambda said: self.before_kill(), nothing),
            ("up", nothing, self.after_second_up),
            ("exec", nothing, self.after_status),
            ("exec", nothing, self.after_release),
            ("kill", nothing, self.after_hang_up),
            ("down", nothing, self.after_down),
            ("down", nothing, self.after_removal)]
        lines = [line for line in documented.lines()
                 if line.startswith(("docker compose ", "echo "))]
        self.assertEqual([line.replace("docker compose ", "").split()[0] for line in lines],
                         [word for word, _, _ in steps])
        for line, (_, before, after) in zip(lines, steps):
            begin = time.monotonic()
            before(None)
            after(self.do(line))
            print(f"{time.monotonic() - begin:5.1f} s  {line}", flush=True)
