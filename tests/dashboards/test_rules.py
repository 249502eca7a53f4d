"""The rules and their runbooks as files: promtool accepts them, each alert has all that an operator
needs, each was seen to fire and to rest, and what is written twice is in step."""

import json
import os
import pathlib
import re
import sys
import tempfile
import unittest

import tools

tools.with_packages()
import yaml  # noqa: E402

PROMTOOL = os.environ.get("EBBGATE_PROMTOOL") or tools.tool("promtool")
BINARY = os.environ.get("EBBGATE_BINARY", str(tools.SOURCE / "build/release/ebbgate"))
DASHBOARDS = tools.SOURCE / "dashboards"
RULES = DASHBOARDS / "rules"
SOURCES = [RULES / "recording.yml", RULES / "alerts.yml"]
TESTS = sorted((RULES / "tests").glob("*.yml"))
PLAIN_DAY = RULES / "tests/plain_day.yml"
GENERATE = DASHBOARDS / "generate-rules"
RUNBOOKS = DASHBOARDS / "runbooks"
BASE = "https://github.com/ebbgate/ebbgate/blob/main/dashboards/runbooks/"
NAMES = {
    "EbbgateStorm", "EbbgateWorkloadAtHighestLevel", "EbbgateUpdateFailing", "EbbgateUpdatePendingTooLong",
    "EbbgateRolloutsNotReady", "EbbgateWatchSilent", "EbbgateWatchReadsOverdue",
    "EbbgatePeerDown", "EbbgateStoreDegraded",
    "EbbgateNoLeader", "EbbgateBudgetExhausted", "EbbgateConfigReloadFailed", "EbbgateAbsent"}
FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
METRIC = re.compile(r"\b(?:\w+:)?(?:ebbgate|process)_\w+(?::\w+)?|\bup\b")


def groups(path):
    return yaml.safe_load(path.read_text())["groups"]


def rules(kind):
    return [rule for path in SOURCES for group in groups(path) for rule in group["rules"]
            if kind in rule]


def cases(path):
    return [case for test in yaml.safe_load(path.read_text())["tests"]
            for case in test.get("alert_rule_test", [])]


def documents():
    return [DASHBOARDS / "README.md", *sorted(RUNBOOKS.glob("*.md"))]


def blocks(path, language):
    return [text for _, of, text in FENCE.findall(path.read_text()) if of == language]


def commands():
    """(page, command line) of all console blocks."""
    return [(path.name, line.strip()[2:]) for path in documents()
            for block in blocks(path, "console") for line in block.splitlines()
            if line.strip().startswith("$ ")]


def known_metrics():
    """Every metric that documents name, with what a histogram has."""
    text = (tools.SOURCE / "docs/metrics.md").read_text()
    known = {"up"}
    for name, kind in re.findall(r"^\| `(\w+)` \| (\w+) \|", text, re.MULTILINE):
        known |= {f"{name}_{part}" for part in ("bucket", "sum", "count")} \
            if kind == "histogram" else {name}
    return known | {rule["record"] for rule in rules("record")}


class RulesTest(unittest.TestCase):
    maxDiff = None

    def promtool(self, *arguments, **options):
        code, said = tools.run(PROMTOOL, *arguments, **options)
        self.assertEqual(code, 0, said)
        return said

    def check_rules(self, *paths):
        lint = ["--lint=all", "--lint-fatal"] \
            if "--lint-fatal" in tools.run(PROMTOOL, "check", "rules", "--help")[1] else []
        return self.promtool("check", "rules", *lint, *paths)

    def generate(self, *arguments):
        return tools.run(GENERATE, *arguments)

    def test_promtool_accepts_the_rules(self):
        said = self.check_rules(*SOURCES)
        for path in SOURCES:
            count = sum(len(group["rules"]) for group in groups(path))
            self.assertIn(f"{count} rules found", said)

    def test_promtools_tests_of_the_rules_pass(self):
        self.assertIn(PLAIN_DAY, TESTS)
        self.promtool("test", "rules", *TESTS)

    def test_every_alert_of_the_product_is_there(self):
        self.assertEqual(NAMES, {rule["alert"] for rule in rules("alert")})

    def test_every_alert_says_what_it_is_and_what_to_do(self):
        for rule in rules("alert"):
            with self.subTest(alert=rule["alert"]):
                words = rule["annotations"]
                self.assertEqual({"summary", "description", "runbook_url"}, set(words))
                self.assertTrue(words["summary"].endswith("."), words["summary"])
                self.assertGreater(len(words["description"]), len(words["summary"]))
                self.assertEqual(f"{BASE}{rule['alert']}.md", words["runbook_url"])
                self.assertIn(rule["labels"]["severity"], {"critical", "warning", "info"})
                self.assertIn("for", rule)

    def test_every_alert_has_a_runbook_of_three_parts(self):
        for name in NAMES:
            with self.subTest(alert=name):
                text = (RUNBOOKS / f"{name}.md").read_text()
                self.assertTrue(text.startswith(f"# {name}\n"))
                self.assertEqual(["What it means", "How to look", "What to do"],
                                 re.findall(r"^## (.*)$", text, re.MULTILINE))
                self.assertRegex(text, r"\*\*Ebbgate / (Overview|Workload|Internals)\*\*")
                self.assertTrue(blocks(RUNBOOKS / f"{name}.md", "promql"))
        self.assertEqual(NAMES | {"README"}, {path.stem for path in RUNBOOKS.glob("*.md")})

    def test_every_alert_is_tested_before_it_fires_when_it_fires_and_after(self):
        found = [case for path in TESTS if path != PLAIN_DAY for case in cases(path)]
        for rule in rules("alert"):
            with self.subTest(alert=rule["alert"]):
                mine = [case for case in found if case["alertname"] == rule["alert"]]
                severities = {alert["exp_labels"]["severity"]
                              for case in mine for alert in case["exp_alerts"]}
                self.assertIn(rule["labels"]["severity"], severities)
                self.assertGreaterEqual(sum(not case["exp_alerts"] for case in mine), 2)

    def test_no_alert_fires_at_any_moment_of_a_plain_day(self):
        found = cases(PLAIN_DAY)
        for name in NAMES:
            moments = [case for case in found if case["alertname"] == name]
            self.assertGreaterEqual(len(moments), 10, name)
        self.assertEqual([], [case for case in found if case["exp_alerts"]])
        [day] = yaml.safe_load(PLAIN_DAY.read_text())["tests"]
        self.assertIn({"eval_time": "24h", "exp_samples": [],
                       "expr": 'count_over_time(ALERTS{alertstate="firing"}[24h])'},
                      day["promql_expr_test"])

    def test_every_metric_in_rules_and_runbooks_exists(self):
        known = known_metrics()
        self.assertIn("ebbgate_workload_backoff_level", known)
        texts = {rule.get("alert") or rule["record"]: rule["expr"] + json.dumps(rule.get(
            "annotations", {}).get("description", "")) for rule in rules("expr")}
        for path in documents():
            named = re.findall(r"`((?:\w+:)?ebbgate_[\w:]+)`", path.read_text())
            texts[path.name] = "\n".join([*blocks(path, "promql"), *named])
        for where, text in texts.items():
            with self.subTest(where=where):
                self.assertLessEqual(set(METRIC.findall(text)), known)
        self.assertTrue(METRIC.findall(texts["EbbgateStorm"]))

    def test_every_query_of_the_runbooks_is_one(self):
        queries = [(path.name, line) for path in documents() for block in blocks(path, "promql")
                   for line in block.splitlines() if line.strip()]
        self.assertGreater(len(queries), 2 * len(NAMES))
        with tempfile.TemporaryDirectory(prefix="ebbgate-") as folder:
            path = pathlib.Path(folder) / "queries.yml"
            path.write_text(json.dumps({"groups": [{"name": "queries", "rules": [
                {"record": f"query:of_runbook:{number}", "expr": query, "labels": {"page": page}}
                for number, (page, query) in enumerate(queries)]}]}))
            self.check_rules(path)

    def need_binary(self):
        if pathlib.Path(BINARY).exists():
            return
        reason = f"{BINARY} is not there: run make build"
        if os.environ.get("EBBGATE_REQUIRE_ALL") == "1":
            self.fail(reason)
        self.skipTest(reason)

    def test_every_ebbgate_command_of_the_runbooks_is_one(self):
        self.need_binary()
        seen = set()
        for page, line in commands():
            found = re.match(r"(?:kubectl .* -- )?ebbgate (\w+)(.*)", line)
            if not found:
                continue
            with self.subTest(page=page, command=line):
                command, rest = found.groups()
                code, usage = tools.run(BINARY, command, "--help")
                self.assertEqual(code, 0, usage)
                for option in re.findall(r"--[\w.]+", rest):
                    self.assertIn(f"{option} ", usage)
                seen.add(command)
        self.assertLessEqual({"status", "explain", "release", "check"}, seen)

    def test_every_address_of_the_runbooks_answers(self):
        self.need_binary()
        paths = {path for _, line in commands()
                 for path in re.findall(r"http://127\.0\.0\.1:9911(/[\w/?=.&-]*)", line)}
        self.assertIn("/readyz", paths)
        self.assertIn("/api/v1/process", paths)
        with tempfile.TemporaryDirectory(prefix="ebbgate-") as folder:
            os.environ.update(EBBGATE_BINARY=BINARY, EBBGATE_RECORDER="", EBBGATE_HANGING="",
                              EBBGATE_SOURCE=str(tools.SOURCE))
            sys.path.insert(0, str(tools.SOURCE / "tests/end_to_end"))
            from harness import Process
            config = pathlib.Path(folder) / "ebbgate.yaml"
            config.write_text("listen: 127.0.0.1:0\n")
            process = Process(config, pathlib.Path(folder) / "log")
            try:
                process.ready()
                for path in paths:
                    self.assertEqual(process.get(path)[0], 200, path)
            finally:
                process.kill()

    def test_links_in_documents_lead_somewhere(self):
        for path in documents():
            for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([\w-]+))?\)", path.read_text()):
                with self.subTest(page=path.name, target=target):
                    page = (path.parent / target).resolve()
                    self.assertTrue(page.is_file())
                    titles = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
                    if anchor:
                        self.assertIn(anchor, {title.lower().replace(" ", "-") for title in titles})

    def test_the_table_of_alerts_names_each_with_its_severity(self):
        text = (DASHBOARDS / "README.md").read_text()
        table = dict(re.findall(r"^\| \[(\w+)\]\(runbooks/\1\.md\) \| ([\w, ]+) \|", text,
                                re.MULTILINE))
        severities = {}
        for rule in rules("alert"):
            severities.setdefault(rule["alert"], []).append(rule["labels"]["severity"])
        self.assertEqual({name: ", ".join(of) for name, of in severities.items()}, table)

    def test_prometheus_takes_the_scrape_configuration_of_the_readme(self):
        [config] = [block for block in blocks(DASHBOARDS / "README.md", "yaml")
                    if "scrape_configs" in block]
        [job] = yaml.safe_load(config)["scrape_configs"]
        self.assertIs(job["honor_labels"], True)
        self.assertIn(f'job="{job["job_name"]}"', SOURCES[1].read_text())
        with tempfile.TemporaryDirectory(prefix="ebbgate-") as folder:
            path = pathlib.Path(folder) / "prometheus.yml"
            path.write_text(config)
            os.symlink(RULES, path.parent / "ebbgate")
            said = self.promtool("check", "config", path)
            self.assertEqual(len(SOURCES), said.count("rules found"), said)


class ManifestTest(unittest.TestCase):
    maxDiff = None

    def read(self, path):
        return yaml.safe_load(path.read_text())

    def test_the_manifest_is_in_step_with_the_rules(self):
        code, said = tools.run(GENERATE, "--check")
        self.assertEqual(code, 0, said)

    def test_the_manifest_has_the_same_groups(self):
        manifest = self.read(RULES / "prometheusrule.yaml")
        self.assertEqual(("monitoring.coreos.com/v1", "PrometheusRule"),
                         (manifest["apiVersion"], manifest["kind"]))
        self.assertEqual({"groups": [group for path in SOURCES for group in groups(path)]},
                         manifest["spec"])

    def test_a_manifest_out_of_step_is_told(self):
        with tempfile.TemporaryDirectory(prefix="ebbgate-") as folder:
            copy = pathlib.Path(folder)
            (copy / "rules").mkdir()
            for path in [*SOURCES, RULES / "prometheusrule.yaml"]:
                (copy / "rules" / path.name).write_text(path.read_text())
            (copy / GENERATE.name).write_text(GENERATE.read_text())
            check = ["python3", copy / GENERATE.name, "--check"]
            self.assertEqual(tools.run(*check)[0], 0)
            alerts = copy / "rules/alerts.yml"
            alerts.write_text(alerts.read_text().replace("for: 10m", "for: 11m", 1))
            code, said = tools.run(*check)
            self.assertEqual(code, 1, said)
            self.assertIn("generate-rules", said)
            self.assertEqual(tools.run(*check[:2])[0], 0)
            self.assertEqual(tools.run(*check)[0], 0)

    def test_runbooks_can_be_elsewhere(self):
        with tempfile.TemporaryDirectory(prefix="ebbgate-") as folder:
            wiki = "https://wiki.example/ebbgate"
            code, said = tools.run(GENERATE, "--runbooks", wiki, "--output", folder)
            self.assertEqual(code, 0, said)
            made = pathlib.Path(folder)
            alerts = [rule for group in groups(made / "alerts.yml") for rule in group["rules"]]
            for rule in alerts:
                self.assertEqual(f"{wiki}/{rule['alert']}.md", rule["annotations"]["runbook_url"])
            manifest = self.read(made / "prometheusrule.yaml")
            self.assertEqual(alerts, manifest["spec"]["groups"][-1]["rules"])
            self.assertNotEqual(tools.run(GENERATE, "--runbooks", wiki)[0], 0)


if __name__ == "__main__":
    unittest.main()
