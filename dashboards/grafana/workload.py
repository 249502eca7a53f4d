"""Ebbgate / Workload: one workload, and what all share at the same time."""

from expressions import (HELD_BY_LEVEL, LEVEL, NEXT_UPDATE, THIS_WORKLOAD, budget, by_workload,
                         per_minute, series, since, total)
from frame import dashboard, variable
from panels import LEVEL_STEPS, graph, note, texts, tile, timeline

ABSENT = "no level, and nothing waits"
UNKNOWN = "not known, or nothing waits"

WHAT_TO_DO = """\
**$namespace/$kind/$workload**

Why it waits, until when, and what happened to it lately:

```sh
ebbgate explain $namespace/$kind/$workload --url http://HOST:9911
```

To forgive its level and let its pending update go now, where Ebbgate runs, with `--config FILE` where
its configuration is not `/etc/ebbgate/ebbgate.yaml` (a hold, missing configuration, the budget and the
limit of unfinished rollouts still hold it):

```sh
ebbgate release $namespace/$kind/$workload
```

Where its update fails, `explain` begins with why: mend that. A level above 0 counts the updates that it
had lately. Where it is high, find what writes its configuration, and stop that: the level is forgiven by
itself once the configuration has rested. `explain` marks the files or objects that changed. On a cluster,
its events name the object, too:

```sh
kubectl describe --namespace $namespace $kind $workload
```
"""


def workload(runbook):
    description = ("One workload: its level, its next update, and what all workloads share at the "
                   "same time.")
    sections = {
        "$namespace/$kind/$workload": now(runbook) + over_time(runbook),
        "All workloads at the same time": context(runbook),
    }
    return dashboard("ebbgate-workload", description, sections, runbook, variables())


def variables():
    """Only workloads that had a level or a pending update in the dashboard's time range."""
    found = []
    matchers = []
    for label, heading in (("namespace", "Namespace"), ("kind", "Kind"), ("workload", "Workload")):
        selector = series(LEVEL, *matchers)
        found.append(variable(label, heading, f"label_values({selector}, {label})"))
        matchers.append(f'{label}="${label}"')
    return found


def now(runbook):
    this = f"max({series(LEVEL, *THIS_WORKLOAD)})"
    highest = f"max({series('ebbgate_workload_at_highest_level', *THIS_WORKLOAD)})"
    in_range = "[$__range:$__interval]"
    next_update = f"max({series(NEXT_UPDATE, *THIS_WORKLOAD)})"
    higher = f"count({by_workload(LEVEL)} > on () group_left () {this})"
    return [
        tile("Level", "Updates that it has behind it, and that are not forgiven: each doubles the "
             "wait for the next one, by default, until it is at its highest.",
             [("level", this), ("at its highest", highest)], unit="none", steps=LEVEL_STEPS,
             no_value=ABSENT,
             overrides={"at its highest": [("mappings", texts({1: ("yes", "red")}))]},
             links=runbook("EbbgateWorkloadAtHighestLevel")),
        tile("Next update in", "How long until its pending update may go out.",
             f"{next_update} - time()", unit="s", steps=("blue",), decimals=0, no_value=UNKNOWN,
             mappings=texts({(-1e9, 0): ("due", "blue")}),
             links=runbook("EbbgateUpdatePendingTooLong")),
        tile("Next update at", "When its pending update may go out.",
             f"1000 * {next_update}", unit="dateTimeAsIso", steps=("blue",), no_value=UNKNOWN),
        tile("Throttled since", "When its level last rose above 0. A gap in what Prometheus knows "
             "begins it anew; a longer time range tells it less exactly.",
             since(LEVEL, *THIS_WORKLOAD), unit="dateTimeFromNow", steps=("blue",),
             no_value="before this time range, or not"),
        tile("Throttled in this time range", "For how long its level was above 0, altogether.",
             f"count_over_time(({this} > 0){in_range}) * $__interval_ms / 1000", unit="s",
             steps=("blue",), decimals=1, no_value="not at all"),
        tile("Workloads at a higher level", "How many are throttled more than this one.",
             f"{higher} or 0 * {this}", unit="none", steps=("blue",), no_value=ABSENT),
    ]


def over_time(runbook):
    this = f"max({series(LEVEL, *THIS_WORKLOAD)})"
    before = f"max({series(LEVEL, *THIS_WORKLOAD)} offset $__interval)"
    next_update = f"max({series(NEXT_UPDATE, *THIS_WORKLOAD)})"
    all_levels = f"({by_workload(LEVEL)} > 0)"
    return [
        timeline("Level over time", "Its level; nothing where it had neither a level nor a pending "
                 "update.", [("level", this)], steps=LEVEL_STEPS, no_value=ABSENT, width=24,
                 height=4, links=runbook("EbbgateWorkloadAtHighestLevel")),
        graph("Compared with the others", "Its level, the highest of all, and the middle one of those "
              "that are throttled. If all climb together, look for what changes many "
              "configurations at once.",
              [("this one", this), ("highest", f"max({series(LEVEL)})"),
               ("middle", f"quantile(0.5, {all_levels})")],
              unit="none", stepped=True, no_value=ABSENT, width=14, height=12,
              links=runbook("EbbgateStorm")),
        note(WHAT_TO_DO, width=10, height=12),
        graph("Time to the next update", "How long until its pending update may go out: it falls "
              "until the update is sent, and rises to the next wait.",
              [("in", f"{next_update} - time()")], unit="s", no_value=UNKNOWN, minimum=None,
              links=runbook("EbbgateUpdatePendingTooLong")),
        graph("Steps of its level", "Each step up is an update that was sent; at the highest level, "
              "further ones are not seen. Steps down: its level was forgiven or released, or its "
              "rollout became ready.",
              [("step", f"(({this}) or vector(0)) - (({before}) or vector(0)) != 0")], unit="none",
              bars=True, no_value="its level stayed the same", minimum=None),
        graph("Updates of all workloads", "Outcomes of all updates, as single workloads' are not "
              "counted: is this workload's trouble everybody's?",
              [("{{outcome}}", per_minute("ebbgate_updates_total", by="outcome"))], unit="cpm",
              stacked=True, bars=True),
    ]


def context(runbook):
    return [
        graph("Pending updates by gate", "What all pending updates wait for. Where only budget or "
              "unfinished grow, this workload may wait for others.",
              [("{{gate}}", total("ebbgate_updates_pending", by="gate"))], unit="none",
              stacked=True, links=runbook("EbbgateUpdatePendingTooLong")),
        graph("Suppressed changes by gate", "What held changes back for longest.",
              [("{{gate}}", per_minute("ebbgate_updates_suppressed_total", by="gate"))],
              unit="cpm", stacked=True, links=runbook("EbbgateStorm")),
        graph("Budget", "Updates that the budget shared by all workloads allows now; at 0 all wait.",
              [("left", f"{budget('ebbgate_budget_tokens')} < Inf")], unit="none",
              no_value="the budget is unlimited, or nobody leads",
              links=runbook("EbbgateBudgetExhausted")),
        graph("Changes of all workloads", "Changes that were seen, and those that no update had to "
              "carry.",
              [("changes", per_minute("ebbgate_changes_total")),
               ("coalesced", per_minute("ebbgate_updates_coalesced_total"))], unit="cpm"),
        graph("Throttled updates", "Updates that their workloads' own levels hold back.",
              [("throttled", total("ebbgate_updates_pending", HELD_BY_LEVEL))], unit="none", stepped=True,
              links=runbook("EbbgateStorm")),
        graph("Unfinished rollouts", "Rollouts that were begun and have not finished yet.",
              [("unfinished", total("ebbgate_rollouts_unfinished"))], unit="none", stepped=True,
              links=runbook("EbbgateRolloutsNotReady")),
    ]
