"""The compose stack as files: whole, safe, and pointing at what is there. Needs no Docker daemon."""

import json
import os
import pathlib
import re
import tempfile
import unittest

import documented
from needs import SOURCE, compose, main, missing, run, tool, with_yaml

try:
    import yaml
except ImportError:
    yaml = None

COMPOSE = SOURCE / "docker-compose.yml"
GRAFANA = SOURCE / "dashboards/grafana"
# What must outlive a restart, and where its image keeps it.
STATE = {"ebbgate": "/var/lib/ebbgate", "prometheus": "/prometheus", "alertmanager": "/alertmanager",
         "grafana": "/var/lib/grafana"}
ONE_SHOT = {"storm"}
PORTS = {"ebbgate": "EBBGATE_PORT", "demo": "DEMO_PORT", "prometheus": "PROMETHEUS_PORT",
         "alertmanager": "ALERTMANAGER_PORT", "grafana": "GRAFANA_PORT"}


def setUpModule():
    if yaml is None:
        missing("there is no PyYAML: run scripts/test-tools, or install python3-yaml")


def read(path):
    return yaml.safe_load(pathlib.Path(path).read_text())


def resolved(*options, **variables):
    """The stack as Compose understands it."""
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("EBBGATE_", "COMPOSE_")) and not name.endswith("_PORT")}
    with tempfile.NamedTemporaryFile() as empty:  # not the .env that somebody may have here
        code, said = run(*compose(), "--env-file", empty.name, "-f", COMPOSE, *options, "config",
                         env={**environment, **variables}, cwd=SOURCE)
    assert code == 0, said
    return yaml.safe_load(said)


def mounts_of(service):
    """[(source, target, read only)], whichever way Compose writes them."""
    mounts = []
    for mount in service.get("volumes", []):
        if isinstance(mount, str):
            source, target, *mode = mount.split(":")
            mounts.append((source, target, "ro" in mode))
        else:
            mounts.append((mount["source"], mount["target"], mount.get("read_only", False)))
    return mounts


def addresses_of(service):
    """[(address, port)] that it is published at."""
    published = []
    for port in service.get("ports", []):
        if isinstance(port, str):
            address, outside, _ = port.rsplit(":", 2)
            published.append((address, outside))
        else:
            published.append((port.get("host_ip", ""), str(port["published"])))
    return published


class StackTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.plain = resolved()
        cls.stack = resolved("--profile", "storm")
        cls.services = cls.stack["services"]

    def for_each_service(self, look):
        for name, service in self.services.items():
            with self.subTest(service=name):
                look(name, service)

    def test_the_storm_comes_only_when_it_is_asked_for(self):
        running = {name for name, service in self.plain["services"].items()
                   if not service.get("profiles")}
        self.assertEqual(running, {*PORTS})
        self.assertEqual(set(self.services), {*PORTS, *ONE_SHOT})

    def test_every_port_is_published_on_this_machine_only(self):
        def look(name, service):
            addresses = addresses_of(service)
            self.assertEqual(len(addresses), 1 if name in PORTS else 0)
            for address, _ in addresses:
                self.assertEqual(address, "127.0.0.1")
            self.assertIn(service.get("network_mode"), (None, "none"))
        self.for_each_service(look)

    def test_every_port_can_be_chosen(self):
        chosen = {variable: str(20000 + n) for n, variable in enumerate(PORTS.values())}
        services = resolved(**chosen)["services"]
        for name, variable in PORTS.items():
            self.assertEqual(addresses_of(services[name]), [("127.0.0.1", chosen[variable])])
            self.assertIn(f"`{variable}`", documented.TEXT)

    def test_the_document_names_every_address(self):
        for name in PORTS:
            (address, port), = addresses_of(self.services[name])
            self.assertIn(f"<http://{address}:{port}>", documented.TEXT)

    def test_every_image_has_a_version_and_no_registry(self):
        self.for_each_service(lambda _, service: self.assertRegex(
            service["image"], r"^([a-z]+/)?[a-z]+:v?\d+\.\d+\.\d+$"))

    def test_what_is_built_here_has_the_projects_version(self):
        version = re.search(r"^project\(ebbgate VERSION (\S+)",
                            (SOURCE / "CMakeLists.txt").read_text(), re.MULTILINE)[1]
        self.assertEqual(self.services["ebbgate"]["image"], f"ebbgate:{version}")
        self.assertIn(f'image.version="{version}"', (SOURCE / "Dockerfile").read_text())

    def test_the_image_is_built_on_a_pinned_base(self):
        bases = re.findall(r"^(?:ARG BASE=|FROM )(\S+)", (SOURCE / "Dockerfile").read_text(),
                           re.MULTILINE)
        self.assertRegex(bases[0], r"^debian:12\.\d+-slim$")
        self.assertEqual(set(bases[1:]), {"${BASE}", "runtime"})

    def test_every_service_that_stays_has_a_health_check_and_comes_back(self):
        image_has_one = "\nHEALTHCHECK " in (SOURCE / "Dockerfile").read_text()

        def look(name, service):
            if name in ONE_SHOT:
                self.assertNotIn("restart", service)
                return
            self.assertEqual(service["restart"], "unless-stopped")
            self.assertIn("healthcheck", service)
            self.assertFalse(service["healthcheck"].get("disable"))
            if not ("build" in service and image_has_one):
                self.assertGreaterEqual(len(service["healthcheck"]["test"]), 2)
        self.for_each_service(look)

    def test_no_service_can_do_more_than_it_must(self):
        def look(_, service):
            self.assertTrue(service["read_only"])
            self.assertEqual(service["cap_drop"], ["ALL"])
            self.assertEqual(service["security_opt"], ["no-new-privileges:true"])
            self.assertNotIn("privileged", service)
        self.for_each_service(look)

    def test_what_must_be_remembered_is_in_volumes(self):
        for name, target in STATE.items():
            with self.subTest(service=name):
                volumes = [source for source, where, read_only in mounts_of(self.services[name])
                           if where == target and not read_only]
                self.assertEqual(len(volumes), 1)
                self.assertIn(volumes[0], self.stack["volumes"])

    def test_what_is_mounted_from_the_repository_exists_and_cannot_be_written(self):
        sources = []

        def look(_, service):
            for source, _, read_only in mounts_of(service):
                if source in self.stack["volumes"]:
                    continue
                sources.append(source)
                self.assertTrue(pathlib.Path(source).is_relative_to(SOURCE), source)
                self.assertTrue(pathlib.Path(source).exists(), source)
                self.assertTrue(read_only, source)
        self.for_each_service(look)
        self.assertGreaterEqual(len(sources), 9)

    def test_there_is_no_password(self):
        self.assertNotRegex(COMPOSE.read_text(), r"(?i)(password|secret|token)[A-Z_]*\s*[:=]")
        grafana = self.services["grafana"]["environment"]
        self.assertEqual(grafana["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"], "true")
        self.assertEqual(grafana["GF_AUTH_ANONYMOUS_ORG_ROLE"], "Viewer")
        self.assertEqual(grafana["GF_AUTH_BASIC_ENABLED"], "false")
        self.assertEqual(grafana["GF_AUTH_DISABLE_LOGIN_FORM"], "true")

    def inside(self, service, path):
        """The file of the repository that a service sees at a path."""
        for source, target, _ in mounts_of(self.services[service]):
            if path == target or path.startswith(target + "/"):
                return pathlib.Path(source + path[len(target):])
        self.fail(f"{service} sees no {path}")

    def test_ebbgates_configuration_is_right_and_names_what_is_there(self):
        binary = os.environ.get("EBBGATE_BINARY")
        if not binary:
            missing("EBBGATE_BINARY is not set")
        path = self.inside("ebbgate", "/etc/ebbgate/ebbgate.yaml")
        code, said = run(binary, "check", "--config", path)
        self.assertEqual(code, 0, said)
        for workload in read(path)["local"]["workloads"]:
            for watched in workload["watch"]:
                if not watched.startswith("/watched/storm"):
                    self.assertTrue(self.inside("ebbgate", os.path.join("/etc/ebbgate", watched))
                                    .exists(), watched)
            host = re.match(r"http://([a-z]+):", workload["update"]["http"]["url"])[1]
            self.assertIn(host, self.services)

    def test_prometheus_reads_the_configuration_and_rules_of_the_repository(self):
        flags = dict(word.split("=", 1) for word in self.services["prometheus"]["command"]
                     if "=" in word)
        inside = flags["--config.file"]
        path = self.inside("prometheus", inside)
        code, said = run(tool("promtool", "prometheus"), "check", "config", path)
        self.assertEqual(code, 0, said)
        rules = read(path)["rule_files"]
        for rule in rules:
            seen = os.path.normpath(os.path.join(os.path.dirname(inside), rule))
            self.assertEqual(self.inside("prometheus", seen).resolve(),
                             (path.parent / rule).resolve())
        self.assertEqual({pathlib.Path(rule).name for rule in rules}, {"recording.yml", "alerts.yml"})

    def test_alertmanager_reads_the_configuration_of_the_repository(self):
        flags = dict(word.split("=", 1) for word in self.services["alertmanager"]["command"])
        path = self.inside("alertmanager", flags["--config.file"])
        code, said = run(tool("amtool", "prometheus-alertmanager"), "check-config", path)
        self.assertEqual(code, 0, said)
        prometheus = read(SOURCE / "dashboards/prometheus/prometheus.yml")
        self.assertEqual(prometheus["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"],
                         ["alertmanager:9093"])

    def test_grafana_finds_its_sources_and_dashboards(self):
        environment = self.services["grafana"]["environment"]
        provisioning = self.inside("grafana", environment["GF_PATHS_PROVISIONING"])
        self.assertEqual(provisioning, GRAFANA / "provisioning")
        sources = [source for path in (provisioning / "datasources").glob("*.yml")
                   for source in read(path)["datasources"]]
        self.assertEqual([source["name"] for source in sources if source.get("isDefault")],
                         ["Prometheus"])
        for source in sources:
            host, port = re.fullmatch(r"http://([a-z]+):(\d+)", source["url"]).groups()
            self.assertIn(host, self.services)
            self.assertEqual(addresses_of(self.services[host])[0][1], port)
        providers = [provider for path in (provisioning / "dashboards").glob("*.yml")
                     for provider in read(path)["providers"]]
        folder, = [self.inside("grafana", provider["options"]["path"]) for provider in providers]
        titles = [json.loads(path.read_text())["title"] for path in folder.glob("*.json")]
        self.assertGreaterEqual(len(titles), 3)
        home = environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
        self.assertIn("title", json.loads(self.inside("grafana", home).read_text()))


class ScrapeTest(unittest.TestCase):

    def test_every_scrape_configuration_of_ebbgate_honours_its_labels(self):
        found = []
        for path in [*SOURCE.glob("dashboards/**/*.y*ml"), *SOURCE.glob("deploy/**/*.y*ml"),
                     *SOURCE.glob("examples/**/*.y*ml")]:
            text = path.read_text()
            if not re.search(r"^scrape_configs:", text, re.MULTILINE):
                continue
            for job in yaml.safe_load(text)["scrape_configs"]:
                if "ebbgate" in json.dumps(job):
                    found.append(path)
                    self.assertIs(job.get("honor_labels"), True, f"{path}: {job['job_name']}")
        self.assertIn(SOURCE / "dashboards/prometheus/prometheus.yml", found)

    def test_ebbgate_answers_to_the_name_that_prometheus_scrapes_it_by(self):
        names = read(SOURCE / "deploy/compose/ebbgate.yaml")["listen_hosts"]
        jobs = read(SOURCE / "dashboards/prometheus/prometheus.yml")["scrape_configs"]
        targets = [target for job in jobs if job["job_name"] == "ebbgate"
                   for config in job["static_configs"] for target in config["targets"]]
        self.assertTrue(targets)
        for target in targets:
            self.assertIn(target.rsplit(":", 1)[0], names)

    def test_the_rules_know_the_job_by_its_name(self):
        jobs = [job["job_name"] for job
                in read(SOURCE / "dashboards/prometheus/prometheus.yml")["scrape_configs"]]
        named = set(re.findall(r'job="([^"]+)"', (SOURCE / "dashboards/rules/alerts.yml").read_text()))
        self.assertTrue(named)
        self.assertLessEqual(named, set(jobs))


if __name__ == "__main__":
    with_yaml()
    main()
