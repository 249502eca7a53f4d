"""The Grafana dashboards as files: in step with the Python that makes them, and without fault in what
Grafana would only tell when somebody looks."""

import json
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

import tools
from grafana_files import DASHBOARDS, VARIABLES, GrafanaTest, missing, queries

GENERATOR = tools.SOURCE / "dashboards/generate-dashboards"
RUNBOOKS = "https://github.com/ebbgate/ebbgate/blob/main/dashboards/runbooks/"
ALERTS = {"EbbgateStorm", "EbbgateWorkloadAtHighestLevel", "EbbgateUpdateFailing", "EbbgateUpdatePendingTooLong",
          "EbbgateRolloutsNotReady", "EbbgateWatchSilent", "EbbgateWatchReadsOverdue",
          "EbbgatePeerDown", "EbbgateStoreDegraded",
          "EbbgateNoLeader", "EbbgateBudgetExhausted", "EbbgateConfigReloadFailed", "EbbgateAbsent"}
# What Grafana itself fills in.
GLOBALS = {"__rate_interval", "__interval", "__interval_ms", "__range", "__url_time_range",
           "__data.fields", "__field.labels", "__all"}
# Grafana's names of units; "none": unitless on purpose.
UNITS = {"none", "s", "bytes", "cpm", "ops", "reqps", "percentunit", "dateTimeFromNow",
         "dateTimeAsIso"}
PANELS = {"stat", "timeseries", "state-timeline", "heatmap", "table"}


def used_variables(text):
    """Of `$name`, `${name}`, `${name:format}` and `${name.path.to}`, the names; of Grafana's own with
    a path, `__data.fields` and the like."""
    for name, path in re.findall(r"\$\{?(\w+)((?:\.\w+)*)", text):
        yield name + ".".join(["", *path.split(".")[1:2]]) if name.startswith("__") else name


def strings(value):
    """All strings of a JSON value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def values_of(value, key):
    """Everything that stands under a key, however deep."""
    if isinstance(value, dict):
        if key in value:
            yield value[key]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from values_of(item, key)


class Generator(GrafanaTest):
    def setUp(self):
        try:
            import grafana_foundation_sdk  # noqa: F401
            self.python = sys.executable
        except ImportError:
            self.python = tools.PYTHON
            if not self.python.exists():
                missing(self, "grafana-foundation-sdk is not there: run scripts/test-tools, or "
                        "pip install -r dashboards/requirements.txt")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ebbgate-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def generate(self, *arguments):
        return tools.run(self.python, "-B", GENERATOR, *arguments)

    def test_the_committed_files_are_what_the_python_makes(self):
        code, said = self.generate("--check")
        self.assertEqual(code, 0, said)

    def test_check_names_the_file_that_is_out_of_step_and_leaves_it(self):
        for name in ("overview", "workload", "internals"):
            shutil.copy(queries.FOLDER / f"{name}.json", self.folder)
        changed = self.folder / "workload.json"
        changed.write_text(changed.read_text(encoding="utf-8").replace("Level", "Niveau"),
                           encoding="utf-8")
        before = changed.read_bytes()
        code, said = self.generate("--check", "--output", self.folder)
        self.assertEqual(code, 1, said)
        self.assertIn("workload.json", said)
        self.assertNotIn("overview.json", said)
        self.assertEqual(changed.read_bytes(), before)

    def test_runbooks_may_be_elsewhere(self):
        base = "https://wiki.example/ebbgate#"
        code, said = self.generate("--runbooks", base, "--output", self.folder)
        self.assertEqual(code, 0, said)
        for uid, dashboard in queries.load(self.folder).items():
            text = json.dumps(dashboard)
            self.assertNotIn(RUNBOOKS, text)
            self.assertEqual(json.loads(text.replace(base, RUNBOOKS)), DASHBOARDS[uid])

    def test_the_files_here_keep_their_runbooks(self):
        code, said = self.generate("--runbooks", "https://wiki.example/")
        self.assertEqual(code, 2, said)
        self.assertEqual(self.generate("--check")[0], 0)


class Dashboards(GrafanaTest):
    def test_there_are_three_with_titles_and_a_schema_of_grafana_11_6(self):
        self.assertEqual({uid: d["title"] for uid, d in DASHBOARDS.items()},
                         {"ebbgate-overview": "Ebbgate / Overview",
                          "ebbgate-workload": "Ebbgate / Workload",
                          "ebbgate-internals": "Ebbgate / Internals"})
        self.assertEqual({d["schemaVersion"] for d in DASHBOARDS.values()}, {41})

    def test_variables_are_those_that_are_meant_and_no_other_is_used(self):
        for uid, dashboard in DASHBOARDS.items():
            with self.subTest(dashboard=uid):
                names = [variable["name"] for variable in dashboard["templating"]["list"]]
                self.assertEqual(names, VARIABLES[uid])
                used = {name for text in strings(dashboard) for name in used_variables(text)}
                self.assertLessEqual(used - GLOBALS, set(names))

    def test_every_data_source_is_the_variable(self):
        for uid, dashboard in DASHBOARDS.items():
            with self.subTest(dashboard=uid):
                sources = list(values_of(dashboard, "datasource"))
                self.assertGreater(len(sources), 20)
                for source in sources:
                    self.assertEqual(source, {"type": "prometheus", "uid": "${datasource}"})
        def check(panel):
            self.assertIn("datasource", panel)
            for target in panel["targets"]:
                self.assertIn("datasource", target)
        self.each_panel(check)

    def test_panels_have_ids_and_places_of_their_own_within_24_columns(self):
        for uid, dashboard in DASHBOARDS.items():
            ids = [panel["id"] for panel in dashboard["panels"]
                   + [inner for row in dashboard["panels"] for inner in row.get("panels") or []]]
            self.assertEqual(sorted(ids), sorted(set(ids)))
            self.assert_apart(uid, dashboard["panels"])
            for row in dashboard["panels"]:
                self.assert_apart(uid, row.get("panels") or [])

    def assert_apart(self, uid, panels):
        taken = {}
        for panel in panels:
            with self.subTest(dashboard=uid, panel=panel["title"]):
                place = panel["gridPos"]
                self.assertGreaterEqual(place["x"], 0)
                self.assertLessEqual(place["x"] + place["w"], 24)
                for x in range(place["x"], place["x"] + place["w"]):
                    for y in range(place["y"], place["y"] + place["h"]):
                        self.assertNotIn((x, y), taken)
                        taken[x, y] = panel["id"]

    def test_rows_that_not_everybody_has_data_for_are_folded_up(self):
        folded = {(uid, row["title"]) for uid, dashboard in DASHBOARDS.items()
                  for row in dashboard["panels"] if row["type"] == "row" and row["collapsed"]}
        self.assertEqual(folded, {
            ("ebbgate-overview", "Feedback peers"),
            ("ebbgate-internals", "Requests to the API server, on a cluster")})
        for uid, dashboard in DASHBOARDS.items():
            for row in dashboard["panels"]:
                if row["type"] == "row":
                    self.assertEqual(bool(row.get("panels")), row["collapsed"], row["title"])
            for panel in dashboard["panels"]:
                for expression in values_of(panel.get("targets", []), "expr"):
                    self.assertNotIn("ebbgate_api_", expression, uid)

    def test_the_instance_is_chosen_among_all(self):
        for dashboard in DASHBOARDS.values():
            [variable] = [each for each in dashboard["templating"]["list"]
                          if each["name"] == "instance"]
            self.assertEqual((variable["includeAll"], variable["multi"], variable["allValue"]),
                             (True, True, ".*"))

    def test_each_links_to_the_others_and_keeps_time_range_and_variables(self):
        for uid, dashboard in DASHBOARDS.items():
            with self.subTest(dashboard=uid):
                links = {link["url"]: link for link in dashboard["links"]}
                self.assertEqual(set(links), {f"/d/{other}" for other in DASHBOARDS
                                              if other != uid} | {RUNBOOKS})
                for url, link in links.items():
                    inside = url != RUNBOOKS
                    self.assertEqual((link["includeVars"], link["keepTime"]), (inside, inside))

    def test_every_link_leads_somewhere(self):
        runbooks = tools.SOURCE / "dashboards/runbooks"
        linked = set()
        for uid, dashboard in DASHBOARDS.items():
            for url in values_of(dashboard, "url"):
                with self.subTest(dashboard=uid, url=url):
                    if url == RUNBOOKS:
                        continue
                    if url.startswith(RUNBOOKS):
                        alert = url[len(RUNBOOKS):]
                        self.assertTrue((runbooks / alert).is_file())
                        self.assertTrue(alert.endswith(".md"))
                        linked.add(alert.removesuffix(".md"))
                        self.assertIn(alert.removesuffix(".md"), ALERTS)
                    else:
                        found = re.match(r"/d/([\w-]+)(?:\?|$)", url)
                        self.assertTrue(found)
                        self.assertIn(found[1], DASHBOARDS)
                        given = set(re.findall(r"&var-(\w+)=", url))
                        self.assertLessEqual(given, set(VARIABLES[found[1]]))
        self.assertEqual(linked, ALERTS, "each alert's runbook is linked from somewhere")

    def test_the_drill_down_is_reached_with_its_three_variables(self):
        overview = json.dumps(DASHBOARDS["ebbgate-overview"])
        for panel_type in ("table", "state-timeline"):
            panel = next(p for p in DASHBOARDS["ebbgate-overview"]["panels"]
                         if p["type"] == panel_type and "/d/ebbgate-workload?" in json.dumps(p))
            text = json.dumps(panel)
            for label in ("instance", "namespace", "kind", "workload"):
                self.assertRegex(text, rf"&var-{label}=\$\{{__\w+\.\w+\.{label}\}}")
        self.assertIn("${job:queryparam}", overview)


class Panels(GrafanaTest):
    def test_each_says_what_it_shows_in_which_unit_with_which_thresholds(self):
        def check(panel):
            self.assertIn(panel["type"], PANELS)
            self.assertGreater(len(panel.get("description", "")), 20)
            self.assertRegex(panel["description"], r"[.?]$")
            defaults = panel["fieldConfig"]["defaults"]
            self.assertIn(defaults["unit"], UNITS)
            self.assertTrue(defaults["noValue"])
            steps = defaults["thresholds"]["steps"]
            self.assertIsNone(steps[0]["value"])
            bounds = [step["value"] for step in steps[1:]]
            self.assertEqual(bounds, sorted(set(bounds)))
            self.assertTrue(panel["targets"])
        self.each_panel(check)

    def test_units_of_columns_are_grafanas_too(self):
        def check(panel):
            for override in panel["fieldConfig"].get("overrides", []):
                for change in override["properties"]:
                    if change["id"] == "unit":
                        self.assertIn(change["value"], UNITS)
        self.each_panel(check)

    def test_titles_are_not_given_twice_in_a_dashboard(self):
        for uid, dashboard in DASHBOARDS.items():
            titles = [panel["title"] for panel in queries.panels(dashboard)]
            self.assertEqual(sorted(titles), sorted(set(titles)), uid)

    def test_tiles_and_tables_show_what_is_now(self):
        # A range query's last value may be of a series that has ended long ago.
        def check(panel, target, _expression):
            instant = panel["type"] in ("stat", "table")
            self.assertEqual((target["instant"], target["range"]), (instant, not instant))
            self.assertEqual(target["format"], "table" if panel["type"] == "table"
                             else "time_series")
        self.each_query(check)

    def test_ranges_of_mappings_are_numbers(self):
        # Grafana compares with null as with 0.
        def check(panel):
            for mappings in values_of(panel, "mappings"):
                for mapping in mappings:
                    if mapping["type"] == "range":
                        self.assertIsInstance(mapping["options"]["from"], (int, float))
                        self.assertIsInstance(mapping["options"]["to"], (int, float))
        self.each_panel(check)

    def test_columns_of_tables_exist(self):
        def check(panel):
            if panel["type"] != "table":
                return
            fields, of_all = {"Time"}, None
            for target in panel["targets"]:
                labels = set(re.findall(r"\w+", re.search(r"by \(([^)]*)\)", target["expr"])[1]))
                fields |= labels | {f"Value #{target['refId']}"}
                of_all = labels if of_all is None else of_all & labels
            self.assertTrue(of_all, "the queries share labels to be joined by")
            organize = next(t["options"] for t in panel["transformations"]
                            if t["id"] == "organize")
            for named in ("excludeByName", "indexByName", "renameByName"):
                self.assertLessEqual(set(organize[named]), fields)
            shown = {organize["renameByName"].get(field, field) for field in fields}
            for override in panel["fieldConfig"]["overrides"]:
                self.assertIn(override["matcher"]["options"], shown)
            for order in panel["options"]["sortBy"]:
                self.assertIn(order["displayName"], shown)
        self.each_panel(check)

    def test_an_unlimited_budget_is_said_and_never_drawn(self):
        def check(panel, _target, expression):
            if "ebbgate_budget_tokens" not in expression:
                return
            if panel["type"] == "stat":
                bound = re.fullmatch(r"clamp_max\(.*, (\d+)\)", expression)
                mapping = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
                self.assertEqual((mapping["from"], mapping["to"]), (int(bound[1]), int(bound[1])))
                self.assertEqual(mapping["result"]["text"], "unlimited")
            else:
                self.assertRegex(expression, r"< Inf\)?$")
        self.each_query(check)


if __name__ == "__main__":
    unittest.main(verbosity=2)
