"""The queries of the Grafana dashboards: what they name exists, Prometheus reads them, and they tell
the truth with several replicas, after restarts and around failovers."""

import json
import os
import pathlib
import re
import shutil
import tempfile
import unittest

import tools
from grafana_files import DASHBOARDS, VARIABLES, GrafanaTest, missing, queries

TARGET_LABELS = {"job", "instance"}
# Metrics of docs/metrics.md that no panel has, with the reason.
UNSHOWN = {}
METRIC = r"\b(?:ebbgate|process)_\w+|\bup\b"


def documented_metrics():
    """{name: labels} of docs/metrics.md, histograms' three kinds of series included."""
    metrics = {}
    for line in (tools.SOURCE / "docs/metrics.md").read_text(encoding="utf-8").splitlines():
        row = re.match(r"\| `((?:ebbgate|process)_\w+)` \| (\w+) \|([^|]*)\|", line)
        if not row:
            continue
        name, kind, labels = row[1], row[2], set(re.findall(r"`(\w+)`", row[3]))
        if kind == "histogram":
            metrics[name + "_bucket"] = labels | {"le"}
            metrics[name + "_sum"] = metrics[name + "_count"] = labels
        else:
            metrics[name] = labels
    return metrics


def without_strings(expression):
    return re.sub(r'"(?:[^"\\]|\\.)*"', '""', expression)


def of(metric, instance, **labels):
    """A series of an instance in the job."""
    every = {"job": "ebbgate", "instance": instance, **labels}
    return metric + "{" + ",".join(f'{name}="{value}"' for name, value in every.items()) + "}"


class Queries(GrafanaTest):
    def test_every_selector_chooses_the_job(self):
        def check(_panel, _target, expression):
            named = re.findall(METRIC, without_strings(expression))
            chosen = re.findall(
                rf'({METRIC})\{{job=~"\$job", instance=~"\$instance"[,}}]', expression)
            self.assertTrue(named)
            self.assertEqual(named, chosen)
            self.assertNotIn("__name__", expression)
        self.each_query(check)

    def test_variables_choose_the_job_but_for_the_job_itself(self):
        for dashboard in DASHBOARDS.values():
            for variable in dashboard["templating"]["list"]:
                if variable["type"] == "query" and variable["name"] != "job":
                    selector, label = queries.variable_query(variable)
                    self.assertIn('{job=~"$job"', selector)
                    self.assertEqual(label, variable["name"])

    def test_metrics_and_labels_are_documented(self):
        metrics = documented_metrics()
        self.assertGreater(len(metrics), 50)
        for query in queries.queries():
            with self.subTest(query=query):
                names = set(re.findall(METRIC, without_strings(query.expression)))
                self.assertLessEqual(names - {"up"}, set(metrics))
                known = TARGET_LABELS.union(*(metrics.get(name, set()) for name in names))
                for labels in re.findall(r"\b(?:by|on|ignoring) \(([^)]*)\)", query.expression):
                    self.assertLessEqual(set(re.findall(r"\w+", labels)), known)
                for name, matchers in re.findall(rf"({METRIC})\{{([^}}]*)\}}", query.expression):
                    self.assertLessEqual(set(re.findall(r'(\w+)[=!]', matchers)),
                                         metrics.get(name, set()) | TARGET_LABELS)

    def test_legends_tell_the_series_of_a_query_apart(self):
        def check(_panel, target, expression):
            if target["instant"]:
                return
            outermost = re.match(r"\(*(?:\d+ \* |time\(\) - |histogram_quantile\([\d.]+, )?"
                                 r"(?:sum|max)(?: by \(([^)]*)\))? ?\(", expression)
            kept = set(re.findall(r"\w+", outermost[1] or "")) - {"le"} if outermost else set()
            legend = target["legendFormat"]
            self.assertEqual(set(re.findall(r"\{\{(\w+)\}\}", legend)), kept)
            self.assertTrue(legend)
        self.each_query(check)

    def test_counters_are_never_shown_as_they_are(self):
        # A restart begins them anew. What was lost is told as it is: it happens as processes begin.
        def check(_panel, _target, expression):
            for counter in re.findall(r"\b\w+_(?:total|count|sum|bucket)\b\{[^}]*\}(\[)?", expression):
                if "ebbgate_store_recoveries_total" not in expression:
                    self.assertEqual(counter, "[")
        self.each_query(check)

    def test_rates_are_over_what_the_scrape_interval_allows(self):
        def check(_panel, _target, expression):
            for window in re.findall(r"\brate\([^\[]*\[([^\]]*)\]", expression):
                self.assertEqual(window, "$__rate_interval")
        self.each_query(check)

    def test_every_documented_metric_is_shown(self):
        shown = {name for query in queries.queries()
                 for name in re.findall(METRIC, without_strings(query.expression))}
        documented = {re.sub("_(bucket|sum|count)$", "", name) for name in documented_metrics()}
        shown = {re.sub("_(bucket|sum|count)$", "", name) for name in shown}
        self.assertEqual(documented - shown, set(UNSHOWN))

    def test_queries_are_given_with_their_variables_filled_in(self):
        found = list(queries.queries(job="other|one", workload="shop", __range="2h"))
        self.assertEqual({query.dashboard for query in found}, set(DASHBOARDS))
        for query in found:
            self.assertNotIn("$", query.expression)
        self.assertTrue(any('job=~"other|one"' in query.expression for query in found))
        self.assertTrue(any('workload="shop"' in query.expression for query in found))
        self.assertTrue(any("[2h" in query.expression for query in found))
        variables = {(query.dashboard, query.panel, query.legend) for query in found
                     if query.panel.startswith("$")}
        self.assertEqual(variables, {(uid, "$" + name, name) for uid, names in VARIABLES.items()
                                     for name in names if name != "datasource"})


class Promtool(GrafanaTest):
    """Asks Prometheus' own engine, about series that are written down here."""

    def promtool(self, command, content):
        """(exit code, what promtool says) about a file with this content."""
        program = os.environ.get("EBBGATE_PROMTOOL") or shutil.which(
            "promtool", path=f"{os.environ.get('PATH', '')}:{tools.UNPACKED}")
        if not program:
            missing(self, "promtool is not there: install prometheus, or run scripts/test-tools")
        with tempfile.TemporaryDirectory(prefix="ebbgate-") as folder:
            path = pathlib.Path(folder) / "content.json"  # JSON is YAML too
            path.write_text(json.dumps(content), encoding="utf-8")
            return tools.run(program, *command, path)

    def assert_shown(self, series, expected, at="1h", **values):
        """Of {series: values every 15 s}, the panels (dashboard, title, number of the query) show
        {labels: value} at a time."""
        tests = []
        for (dashboard, title, number), samples in expected.items():
            found = [query.expression for query in queries.queries(**values)
                     if (query.dashboard, query.panel) == (f"ebbgate-{dashboard}", title)]
            tests.append({"expr": found[number], "eval_time": at, "exp_samples": [
                {"labels": labels, "value": value} for labels, value in samples.items()]})
        # By default it would load samples up to the last whole minute only.
        code, said = self.promtool(["test", "rules"], {
            "rule_files": [], "evaluation_interval": "15s",
            "tests": [{"interval": "15s", "promql_expr_test": tests,
                       "input_series": [{"series": name, "values": text}
                                        for name, text in series.items()]}]})
        self.assertEqual(code, 0, said)

    def test_every_query_can_be_read(self):
        rules = [{"record": f"query:{number}", "expr": query.expression}
                 for number, query in enumerate(queries.queries())]
        code, said = self.promtool(["check", "rules"],
                                   {"groups": [{"name": "dashboards", "rules": rules}]})
        self.assertEqual(code, 0, said)
        self.assertIn(f"{len(rules)} rules found", said)

    def test_a_standby_changes_no_number(self):
        self.assert_shown({
            of("ebbgate_leader", "a"): "1x240",
            of("ebbgate_leader", "b"): "0x240",
            of("ebbgate_workloads", "a", level="0"): "50x240",
            of("ebbgate_workloads", "a", level="1"): "2x240",
            of("ebbgate_workloads", "a", level="2"): "3x240",
            of("ebbgate_workloads", "b", level="1"): "0x240",
            of("ebbgate_updates_pending", "a", gate="backoff"): "4x240",
            of("ebbgate_updates_pending", "a", gate="health"): "1x240",
            of("ebbgate_updates_pending", "a", gate="budget"): "9x240",
            of("ebbgate_updates_pending", "b", gate="backoff"): "0x240",
            of("ebbgate_workloads_failing", "a"): "1x240",
            of("ebbgate_workloads_failing", "b"): "0x240",
            of("ebbgate_budget_tokens", "a"): "7x240",
            of("ebbgate_budget_tokens", "b"): "0x240",
            of("ebbgate_budget_burst_tokens", "a"): "10x240",
            of("ebbgate_budget_burst_tokens", "b"): "5x240",
            of("ebbgate_updates_total", "a", outcome="applied"): "0+1x240",
            of("ebbgate_updates_total", "b", outcome="applied"): "0x240",
        }, {
            ("overview", "Leaders", 0): {"{}": 1},
            ("overview", "Throttled now", 0): {"{}": 5},
            ("overview", "Failing workloads", 0): {"{}": 1},
            ("overview", "Workloads by level", 0): {'{level="1"}': 2, '{level="2"}': 3},
            ("overview", "Budget left", 0): {"{}": 7},
            ("overview", "Budget", 0): {"{}": 7},
            ("overview", "Budget", 1): {"{}": 10},
            ("overview", "Changes, and what became of them", 1): {"{}": 4},
        })

    def test_no_leader_is_said(self):
        self.assert_shown({of("ebbgate_leader", "a"): "0x240",
                           of("ebbgate_budget_tokens", "a"): "7x240"},
                          {("overview", "Leaders", 0): {"{}": 0},
                           ("overview", "Budget left", 0): {}})

    def test_a_workload_of_a_cluster_that_two_instances_tell_of_is_one(self):
        web = {"namespace": "default", "kind": "Deployment", "workload": "web"}
        key = '{instance="All",namespace="default",kind="Deployment",workload="web"}'
        self.assert_shown({
            of("ebbgate_workload_backoff_level", "a", **web): "4x240",
            of("ebbgate_workload_backoff_level", "b", **web): "5x240",
            of("ebbgate_workload_next_update_timestamp_seconds", "a", **web): "3610x240",
            of("ebbgate_workload_next_update_timestamp_seconds", "b", **web): "3660x240",
        }, {
            ("overview", "Throttled and waiting workloads", 0): {key: 5},
            ("overview", "Throttled and waiting workloads", 1): {key: 60},
            ("workload", "Level", 0): {"{}": 5},
            ("workload", "Next update in", 0): {"{}": 60},
            ("workload", "Next update at", 0): {"{}": 3660000},
            ("workload", "Workloads at a higher level", 0): {"{}": 0},
            ("workload", "Compared with the others", 2): {"{}": 5},
        }, kind="Deployment")

    def test_workloads_of_one_name_on_two_hosts_are_two(self):
        web = {"namespace": "default", "kind": "Local", "workload": "web"}

        def key(instance, **more):
            every = {"instance": instance, **web, **more}
            return "{" + ",".join(f'{name}="{value}"' for name, value in every.items()) + "}"
        series = {
            of("ebbgate_workload_backoff_level", "a", **web): "4x240",
            of("ebbgate_workload_backoff_level", "b", **web): "5x240",
            of("ebbgate_workload_failing", "b", **web): "1x240",
            of("ebbgate_workload_failure_cause", "b", **web, cause="http_status"): "1x240",
        }
        table = ("overview", "Throttled and waiting workloads")
        self.assert_shown(series, {
            (*table, 0): {key("a"): 4, key("b"): 5},
            (*table, 3): {key("b"): 1},
            (*table, 5): {key("b", cause="http_status"): 1},
            ("workload", "Level", 0): {"{}": 5},
        })
        self.assert_shown(series, {(*table, 0): {key("a"): 4}, (*table, 3): {},
                                   ("workload", "Level", 0): {"{}": 4}}, instance="a")

    def test_a_level_is_told_against_the_highest_that_there_is(self):
        def key(name):
            return f'{{instance="a",namespace="default",kind="Local",workload="{name}"}}'
        levels = {"low": "0x240", "middle": "4x240", "high": "6x240", "beyond": "12x240"}
        series = {of("ebbgate_workload_backoff_level", "a", namespace="default", kind="Local",
                     workload=name): level for name, level in levels.items()}
        series.update({of("ebbgate_workloads", "a", level=str(level)): "0x240"
                       for level in range(9)})
        # By a policy of its own.
        series[of("ebbgate_workload_at_highest_level", "a", namespace="default", kind="Local",
                  workload="high")] = "1x240"
        expected = {key("low"): 0, key("middle"): 0.5, key("high"): 1, key("beyond"): 1}
        self.assert_shown(series, {
            ("overview", "Throttled and waiting workloads", 4): expected,
            ("overview", "Levels of the most throttled workloads", 0): expected,
        })

    def test_a_workload_that_fails_is_listed_however_many_others_have_higher_levels(self):
        def key(number):
            return {"namespace": "default", "kind": "Local", "workload": f"w{number}"}
        levels = {of("ebbgate_workload_backoff_level", "a", **key(number)): "5x240"
                  for number in range(120)}
        failing = {"namespace": "default", "kind": "Local", "workload": "broken"}
        label = '{instance="a",namespace="default",kind="Local",workload="broken"}'
        self.assert_shown({
            **levels,
            of("ebbgate_workload_backoff_level", "a", **failing): "0x240",
            of("ebbgate_workload_failing", "a", **failing): "1x240",
        }, {
            ("overview", "Throttled and waiting workloads", 3): {label: 1},
        })

    def test_workloads_that_are_throttled_more_are_counted(self):
        levels = {"web": "2x240", "shop": "3x240", "mail": "7x240", "chat": "2x240"}
        self.assert_shown(
            {of("ebbgate_workload_backoff_level", "a", namespace="default", kind="Local",
                workload=name): level for name, level in levels.items()},
            {("workload", "Workloads at a higher level", 0): {"{}": 2},
             ("workload", "Compared with the others", 1): {"{}": 7}})

    def test_since_when_a_workload_is_throttled_is_when_its_last_stretch_began(self):
        def key(name):
            return f'{{instance="a",namespace="default",kind="Local",workload="{name}"}}'
        # At 40 min, with a level of 0 before; at 50 min, after an earlier stretch; before the range.
        levels = {"web": "0x159 1x80", "shop": "_x40 3x39 stale _x119 1x39", "mail": "2x480",
                  "chat": "1x100"}
        series = {of("ebbgate_workload_backoff_level", "a", namespace="default", kind="Local",
                     workload=name): level for name, level in levels.items()}
        began = {"web": 2400_000, "shop": 3000_000}
        for name in levels:
            shown = {key(name): began[name]} if name in began else {}
            self.assert_shown(series, {
                ("overview", "Throttled and waiting workloads", 2):
                    {key(each): at for each, at in began.items()},
                ("workload", "Throttled since", 0): shown,
            }, at="59m", workload=name, __range="58m", __interval="15s")

    def test_what_waits_for_nothing_is_said_to_wait_for_0_seconds(self):
        leader = {of("ebbgate_leader", "a"): "1x240"}
        waiting = {of("ebbgate_updates_pending_oldest_timestamp_seconds", "a"): "3000x240",
                   of("ebbgate_updates_pending_oldest_timestamp_seconds", "b"): "3300x240"}
        tile = ("overview", "Oldest pending update", 0)
        self.assert_shown(leader, {tile: {"{}": 0}})
        self.assert_shown({**leader, **waiting}, {tile: {"{}": 600}})
        self.assert_shown({"up": "0x240"}, {tile: {}})

    def test_a_budget_without_a_limit_is_one_number_and_no_line(self):
        self.assert_shown({of("ebbgate_leader", "a"): "1x4",
                           of("ebbgate_budget_tokens", "a"): "Inf Inf Inf Inf Inf",
                           of("ebbgate_budget_burst_tokens", "a"): "100x4"},
                          {("overview", "Budget left", 0): {"{}": 1e9},
                           ("overview", "Budget", 0): {},
                           ("overview", "Budget", 1): {},
                           ("workload", "Budget", 0): {}}, at="1m")

    def test_a_restart_makes_no_dent_in_rates(self):
        self.assert_shown({of("ebbgate_changes_total", "a"): "0+2x238 0 2"},
                          {("overview", "Changes, and what became of them", 0): {"{}": 6}})

    def test_other_jobs_and_other_programs_of_the_job_are_left_out(self):
        self.assert_shown({
            of("ebbgate_build_info", "a", version="1", revision="x"): "1x240",
            of("process_open_fds", "a"): "20x240",
            of("process_open_fds", "c"): "999x240",
            'ebbgate_leader{job="other",instance="a"}': "1x240",
            of("ebbgate_leader", "a"): "1x240",
            of("up", "a"): "1x240",
            of("up", "b"): "0x240",
        }, {
            ("internals", "Open file descriptors", 0): {'{instance="a"}': 20},
            ("overview", "Leaders", 0): {"{}": 1},
            ("overview", "Instances", 0): {"{}": 1},
            ("overview", "Instances", 1): {"{}": 1},
        })

    def test_peers_of_each_instance_are_told_apart(self):
        self.assert_shown({of("ebbgate_peer_up", "a", peer="sidecar"): "1x240",
                           of("ebbgate_peer_up", "b", peer="sidecar"): "0x240"},
                          {("overview", "Peers down", 0): {"{}": 1},
                           ("overview", "Connections to peers", 0): {
                               '{instance="a",peer="sidecar"}': 1,
                               '{instance="b",peer="sidecar"}': 0}})

    def test_steps_of_a_level_are_updates_that_were_sent(self):
        level = of("ebbgate_workload_backoff_level", "a", namespace="default", kind="Local",
                   workload="web")
        step = ("workload", "Steps of its level", 0)
        levels = {level: "_x10 1x9 2x9 stale _x20"}
        self.assert_shown(levels, {step: {"{}": 1}}, at="160s")
        self.assert_shown(levels, {step: {}}, at="230s")
        self.assert_shown(levels, {step: {"{}": 1}}, at="310s")
        self.assert_shown(levels, {step: {"{}": -2}}, at="460s")


if __name__ == "__main__":
    unittest.main(verbosity=2)
