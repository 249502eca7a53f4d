"""What all dashboards have in common around their panels: variables, links, how they are written."""

import json

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

import panels

NAMES = {"ebbgate-overview": "Overview", "ebbgate-workload": "Workload",
         "ebbgate-internals": "Internals"}


class Collapsed(list):
    """Panels of a row that is folded up until somebody opens it, as not everybody has their data."""


class Runbooks:
    """Where it is told what to do about an alert: `base` with the alert's name and .md appended."""

    def __init__(self, base):
        self.base = base

    def __call__(self, alert):
        return [panels.link(f"What to do: {alert}", f"{self.base}{alert}.md", new_tab=True)]


def dashboard(uid, description, sections, runbooks, variables=()):
    """A dashboard of sections, {title: panels}, with the data source, the job and its instances to
    choose, and links to the others."""
    made = (builders.Dashboard(f"Ebbgate / {NAMES[uid]}").uid(uid).description(description)
            .tags(["ebbgate"]).timezone("browser").time("now-3h", "now").refresh("30s")
            .tooltip(model.DashboardCursorSync.CROSSHAIR).editable().annotations([])
            .with_variable(builders.DatasourceVariable("datasource").label("Data source")
                           .type("prometheus"))
            .with_variable(several("job", "Job", "label_values(ebbgate_build_info, job)"))
            .with_variable(several("instance", "Instance",
                                   'label_values(ebbgate_build_info{job=~"$job"}, instance)')
                           # Also those that Prometheus has never reached.
                           .all_value(".*")))
    for more in variables:
        made = made.with_variable(more)
    for other, name in NAMES.items():
        if other != uid:
            made = made.link(panels.link(name, f"/d/{other}").icon("dashboard")
                             .tooltip(f"Ebbgate / {name}").include_vars(True).keep_time(True))
    made = made.link(panels.link("Runbooks", runbooks.base, new_tab=True).icon("doc")
                     .tooltip("What to do about each alert"))
    for title, panels_of_section in sections.items():
        if isinstance(panels_of_section, Collapsed):
            row = builders.Row(title).collapsed(True)
            for panel in panels_of_section:
                row = row.with_panel(panel)
            made = made.with_row(row)
            continue
        made = made.with_row(builders.Row(title))
        for panel in panels_of_section:
            made = made.with_panel(panel)
    return made


def variable(name, label, query):
    """A variable with what a query finds in the dashboard's time range."""
    return (builders.QueryVariable(name).label(label).query(query).datasource(panels.SOURCE)
            .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(model.VariableSort.ALPHABETICAL_ASC))


def several(name, label, query):
    """A variable of which one, several or all values are chosen: all, at first."""
    return (variable(name, label, query).multi(True).include_all(True)
            .current(model.VariableOption(selected=True, text="All", value="$__all")))


def written(made):
    """The dashboard as JSON text."""
    built = made.build()
    every = [each for panel in built.panels for each in (panel, *(getattr(panel, "panels", None) or ()))]
    for number, panel in enumerate(every, start=1):
        panel.id_val = number
    return json.dumps(built, cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
