"""Every query of the committed dashboards, for tests that ask a real Prometheus: without Grafana, and
without the packages that the dashboards are made with."""

import collections
import json
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parent

Query = collections.namedtuple("Query", "dashboard panel legend expression instant")
Query.__doc__ = """A query with its variables filled in. `instant`: of now, not over time. A variable
of a dashboard counts as a panel, named $VARIABLE, with the label as legend and its series as
expression."""

# As Grafana fills them in for the last hour.
VALUES = {
    "job": "ebbgate", "instance": ".*", "namespace": "default", "kind": "Local", "workload": "web",
    "__rate_interval": "1m", "__interval": "15s", "__interval_ms": "15000", "__range": "1h",
}


def load(folder=FOLDER):
    """{uid: dashboard} of all dashboards in a folder."""
    read = (json.loads(path.read_text(encoding="utf-8"))
            for path in sorted(pathlib.Path(folder).glob("*.json")))
    return {dashboard["uid"]: dashboard for dashboard in read}


def panels(dashboard):
    """All panels but rows, those of collapsed rows included."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels", [])
        else:
            yield panel


def substitute(text, values):
    """`text` with $name and ${name} replaced; a name without a value is a KeyError."""
    return re.sub(r"\$\{(\w+)\}|\$(\w+)", lambda found: values[found[1] or found[2]], text)


def variable_query(variable):
    """(metric selector, label) of a query variable."""
    found = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"])
    if not found:
        raise ValueError(f"${variable['name']} is no label_values(…): {variable['query']}")
    return found[1], found[2]


def queries(dashboards=None, **values):
    """Every Query. `values` replace those of VALUES: job=…, workload=…, __range=…"""
    values = {**VALUES, **values}
    for dashboard in (dashboards or load()).values():
        for variable in dashboard["templating"]["list"]:
            if variable["type"] == "query":
                selector, label = variable_query(variable)
                yield Query(dashboard["uid"], "$" + variable["name"], label,
                            substitute(selector, values), True)
        for panel in panels(dashboard):
            for target in panel.get("targets", []):
                yield Query(dashboard["uid"], panel["title"], target.get("legendFormat", ""),
                            substitute(target["expr"], values), bool(target.get("instant")))
