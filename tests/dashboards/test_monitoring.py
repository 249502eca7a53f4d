"""A real Prometheus scrapes two real Ebbgates under storms: every query of every panel and rule is
answered, with data where there should be some, and never twice after a restart."""

import collections
import pathlib
import re
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "kubernetes"), str(HERE.parent.parent / "dashboards/grafana")]

import support  # noqa: E402 (finds the modules of end_to_end and cluster)
import cluster  # noqa: E402
import queries  # noqa: E402
import tools  # noqa: E402
import world  # noqa: E402
from harness import eventually  # noqa: E402
from prometheus_server import Prometheus, Refused  # noqa: E402

tools.tool("prometheus")
bed = cluster.shared()

SECONDS = 20  # looked back at
RATE = "10s"
# Panels that rightly show nothing, before a database is lost; no watch breaks here.
EMPTY = {"Databases lost", "Watches begun anew"}
# Alerts whose condition holds in this world, whatever time they take to fire.
HOLDING = {"EbbgateStorm", "EbbgateWorkloadAtHighestLevel", "EbbgatePeerDown"}


def legend_of(query, labels):
    """As Grafana writes a series' legend."""
    if not query.legend:
        return tuple(sorted(labels.items()))
    return re.sub(r"\{\{ *(\w+) *\}\}", lambda found: labels.get(found[1], ""), query.legend)


class MonitoringTest(unittest.TestCase):
    maxDiff = None

    def panels(self):
        variables = {"namespace": "default", "kind": "Local", "workload": "stormy"}
        return list(queries.queries(__rate_interval=RATE, __interval="1s", __range="30s",
                                    **variables))

    def look(self, prometheus, panels):
        """Runs every query of the panels; returns (panel, expression) of those that had no data,
        and the series that came twice."""
        empty, twice = set(), set()
        for query in panels:
            name = f"{query.dashboard}: {query.panel}: {query.expression}"
            try:
                now = prometheus.query(query.expression)
                lately = [] if query.instant else prometheus.query_range(query.expression, SECONDS)
            except Refused as why:
                self.fail(f"{name}: {why}")
            if not now and not lately:
                empty.add((query.panel, query.expression))
            if query.panel.startswith("$"):
                continue  # of a variable, only the values of its label count
            counts = collections.Counter(legend_of(query, labels) for labels, _ in now)
            twice.update(f"{name}: {legend}" for legend, count in counts.items() if count > 1)
        return empty, twice

    def look_until(self, prometheus, panels, empty):
        """Looks again and again until every query had data once, but for those of these panels,
        which never have. On a busy machine a scrape may come too late, and then there is nothing of
        that moment. Never is a series there twice."""
        missing = {(query.panel, query.expression) for query in panels}

        def rest():
            return {panel for panel, _ in missing}

        def look():
            nonlocal missing
            found, twice = self.look(prometheus, panels)
            self.assertEqual(twice, set())
            missing &= found
            self.assertLessEqual(empty, rest(), "there is data where there should be none")
            return rest() == empty
        eventually(look, "only what has no data is without it", progress=rest, pause=0.5)

    def check_rules(self, prometheus):
        for rule in prometheus.rules():
            self.assertEqual(rule["health"], "ok", rule)
            if rule["type"] == "recording":
                eventually(lambda name=rule["name"]: prometheus.query(name),
                           f"{rule['name']} has data")

        def holding():
            return {rule["name"] for rule in prometheus.rules()
                    if rule["type"] == "alerting" and rule["state"] != "inactive"}
        eventually(lambda: holding() >= HOLDING, f"{HOLDING} hold")

    def check_exposition(self, process):
        _, _, text = process.get("/metrics")
        code, said = tools.run(tools.tool("promtool"), "check", "metrics", text=text)
        self.assertEqual((code, said), (0, ""))

    def scrape(self, prometheus, *processes):
        addresses = ["%s:%d" % process.address() for process in processes]
        prometheus.scrape(addresses)
        eventually(lambda: prometheus.healthy_targets() == set(addresses), "both are scraped")

    def test_every_query_has_its_data_in_a_storm_and_none_comes_twice_after_a_restart(self):
        with tempfile.TemporaryDirectory(prefix="ebbgate-") as folder:
            folder = pathlib.Path(folder)
            prometheus = Prometheus(folder)
            self.addCleanup(prometheus.stop)
            files = world.OnFiles(folder / "files")
            with files.running(), world.OnACluster().running(bed) as on_cluster:
                self.scrape(prometheus, files.process, on_cluster.process)
                panels = self.panels()
                self.assertGreater(len(panels), 30)
                self.look_until(prometheus, panels, EMPTY)
                for process in (files.process, on_cluster.process):
                    self.check_exposition(process)
                self.check_rules(prometheus)

                # Killed, robbed of its database and started anew on another port: for some minutes
                # both instances' series are within reach of a query.
                files.process.kill()
                files.lose_database()
                files.start()
                self.scrape(prometheus, files.process, on_cluster.process)
                deadline = time.monotonic() + 5
                while time.monotonic() < deadline:
                    _, twice = self.look(prometheus, panels)
                    self.assertEqual(twice, set())
                self.look_until(prometheus, panels, EMPTY - {"Databases lost"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
