"""The committed Grafana dashboards, for tests of them."""

import os
import sys
import unittest

import tools

sys.path.insert(0, str(tools.SOURCE / "dashboards/grafana"))
import queries  # noqa: E402

DASHBOARDS = queries.load()
VARIABLES = {"ebbgate-overview": ["datasource", "job", "instance"],
             "ebbgate-workload": ["datasource", "job", "instance", "namespace", "kind", "workload"],
             "ebbgate-internals": ["datasource", "job", "instance"]}


def missing(test, what):
    """Skips a test, or fails it where every part is required."""
    if os.environ.get("EBBGATE_REQUIRE_ALL") == "1":
        test.fail(f"all parts are required (EBBGATE_REQUIRE_ALL=1): {what}")
    test.skipTest(what)


class GrafanaTest(unittest.TestCase):
    maxDiff = None

    def each_panel(self, check):
        """check(panel) of every panel that shows data, each as a subtest."""
        for uid, dashboard in DASHBOARDS.items():
            for panel in queries.panels(dashboard):
                if panel["type"] != "text":
                    with self.subTest(dashboard=uid, panel=panel["title"]):
                        check(panel)

    def each_query(self, check):
        """check(panel, target, expression) of every query, each as a subtest."""
        def check_targets(panel):
            for target in panel["targets"]:
                with self.subTest(query=target["refId"], expression=target["expr"]):
                    check(panel, target, target["expr"])
        self.each_panel(check_targets)
