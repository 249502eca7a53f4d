"""Ebbgate / Overview: is anything wrong now, who is throttled, why, since when, and what to do."""

from expressions import (CAUSE, FAILING, HELD_BY_LEVEL, LEVEL, NEXT_UPDATE, THROTTLED, UNLIMITED,
                         WORKLOAD, budget, by_workload, nearness, of_leaders, of_workloads, or_zero,
                         per_minute, quantiles, series, since, total)
from frame import Collapsed, dashboard
from panels import (NEARNESS_STEPS, colors, graph, heat_map, link, rows, steps_property, texts,
                    tile, timeline)

NO_PEERS = "no peers are configured"
DRILL_DOWN = ("/d/ebbgate-workload?${datasource:queryparam}&${job:queryparam}&${__url_time_range}"
              "&var-instance=%s&var-namespace=%s&var-kind=%s&var-workload=%s")
NOT_APPLIED = 'outcome!="applied"'
NOT_FILES = 'resource!="files"'
FROM_ROW = DRILL_DOWN % tuple(f"${{__data.fields.{label}}}" for label in WORKLOAD.split(", "))
FROM_SERIES = DRILL_DOWN % tuple(f"${{__field.labels.{label}}}" for label in WORKLOAD.split(", "))
GATES = ("**settle**: its configuration still changes; **backoff**: the wait that its level demands; "
         "**health**: its last rollout is not ready; **budget**: the updates that all share are used "
         "up; **unfinished**: too many rollouts go on; **hold**: somebody asked for it; "
         "**missing**: configuration that it needs is not there or cannot be read; **retry**: its "
         "last attempt was refused")


def overview(runbook):
    description = "Which workloads Ebbgate holds back, why, since when, and how it is itself."
    sections = {
        "Is anything wrong now?": tiles(runbook),
        "Who is throttled": throttled(runbook),
        "Changes and updates": updates(runbook),
        "What updates wait for": limits(runbook),
        "Feedback peers": Collapsed(peers(runbook)),
    }
    return dashboard("ebbgate-overview", description, sections, runbook)


def tiles(runbook):
    return [
        tile("Failing workloads", "Workloads whose last update failed and is tried again: they do not "
             "run with their newest configuration. They are listed first below.",
             total("ebbgate_workloads_failing"), unit="none",
             steps=("green", (1, "red")), links=runbook("EbbgateUpdateFailing")),
        tile("Throttled now", "Updates that their workloads' own levels hold back now. A level above 0 "
             "alone holds nothing back.",
             total("ebbgate_updates_pending", HELD_BY_LEVEL), unit="none",
             steps=("green", (1, "yellow"), (10, "orange")), links=runbook("EbbgateStorm")),
        tile("At the highest level", "Workloads whose backoff cannot climb further.",
             total("ebbgate_workloads_at_highest_level"), unit="none",
             steps=("green", (1, "red")), links=runbook("EbbgateWorkloadAtHighestLevel")),
        tile("Oldest pending update", "How long the oldest pending update has been waiting, except "
             "for those on hold and those whose configuration is missing.",
             oldest_pending(), unit="s", steps=("green", (300, "yellow"), (900, "red")), decimals=1,
             mappings=texts({0: ("nothing waits", "green")}),
             links=runbook("EbbgateUpdatePendingTooLong")),
        tile("Failed rollouts", "Workloads whose last rollout was given up and is not ready yet.",
             total("ebbgate_rollouts_failed"), unit="none",
             steps=("green", (1, "orange")), links=runbook("EbbgateRolloutsNotReady")),
        tile("Budget left", "Updates that may go out at once before all workloads wait for the "
             "shared budget; of several leaders, the one with the fewest.",
             f"clamp_max({budget('ebbgate_budget_tokens')}, {UNLIMITED:.0f})", unit="none",
             steps=("red", (1, "green")), decimals=0, no_value="no leader",
             mappings=texts({(UNLIMITED, UNLIMITED): ("unlimited", "green")}),
             links=runbook("EbbgateBudgetExhausted")),
        tile("Updates that failed", "Updates in the last hour that were refused, or whose outcome is "
             "not known.",
             f"sum (increase({series('ebbgate_updates_total', NOT_APPLIED)}[1h]))",
             unit="none", steps=("green", (1, "yellow"), (10, "orange")), decimals=0),
        tile("Instances", "Processes that Prometheus reaches, and those that it does not. Others of "
             "the same job count, too.",
             [("up", total("up")), ("down", f"sum (1 - {series('up')})")], unit="none",
             steps=("red", (1, "green")), no_value="none", links=runbook("EbbgateAbsent"),
             overrides={"down": [steps_property("green", (1, "orange"))]}),
        tile("Leaders", "Processes that decide: one of several replicas, and each that runs without "
             "leader election.",
             total("ebbgate_leader"), unit="none", steps=("red", (1, "green")), no_value="none",
             mappings=texts({0: ("none", "red")}), links=runbook("EbbgateNoLeader")),
        tile("Database", "Instances that cannot write their database: they go on from memory, and "
             "forget when they end.",
             total("ebbgate_store_degraded"), unit="none", steps=("green", (1, "red")),
             mappings=texts({0: ("fine", "green")}), links=runbook("EbbgateStoreDegraded")),
        tile("Configuration", "Instances whose last reading of their configuration failed: they go "
             "on with the one before.",
             f"sum (1 - {series('ebbgate_config_last_reload_successful')})", unit="none",
             steps=("green", (1, "red")), mappings=texts({0: ("fine", "green")}),
             links=runbook("EbbgateConfigReloadFailed")),
        tile("Longest silence of a watch", "How long ago the most silent watch on the API server "
             "brought anything; bookmarks come every minute or so. Watches of files may be silent "
             "for as long as nothing changes, and are left out.",
             f"time() - min({series('ebbgate_watch_last_event_timestamp_seconds', NOT_FILES)})",
             unit="s", steps=("green", (180, "yellow"), (300, "red")), decimals=0,
             no_value="no watches", links=runbook("EbbgateWatchSilent")),
        tile("Peers down", "Receivers of feedback that no connection stands to.",
             f"sum (1 - {series('ebbgate_peer_up')})", unit="none", steps=("green", (1, "orange")),
             no_value="no peers", links=runbook("EbbgatePeerDown")),
    ]


def throttled(runbook):
    level = by_workload(LEVEL)
    failing = by_workload(FAILING)
    listed = f"(topk(100, {level}) or ({of_workloads(level, failing)}))"
    shown = f"topk(20, {by_workload(LEVEL, form='max_over_time({}[$__range] @ end())')})"
    to_workload = [("links", [{"title": "Look at this workload", "url": FROM_ROW}])]
    return [
        rows("Throttled and waiting workloads", "Those that fail, first, with the kind of cause, and "
             "the hundred with the highest levels, of those that have a level or a pending update. A "
             "workload's level counts the updates that it has behind it; each doubles the wait for "
             "the next one, by default. Click on one to see more of it; `ebbgate explain "
             "NAMESPACE/KIND/NAME` tells why it waits. A workload of a cluster belongs to whichever "
             "instance leads: All.",
             [("", listed),
              ("", of_workloads(f"{by_workload(NEXT_UPDATE)} - time()", listed)),
              ("", of_workloads(since(LEVEL), listed)),
              ("", failing),
              ("", of_workloads(nearness(), listed)),
              ("", by_workload(CAUSE, also="cause"))],
             unit="none", no_value="—", sort_by=("Update", "Level"), links=runbook("EbbgateStorm"),
             columns=[("instance", "instance"), ("namespace", "namespace"), ("kind", "kind"),
                      ("workload", "workload"), ("Value #D", "Update"), ("cause", "Cause"),
                      ("Value #A", "Level"), ("Value #E", "Of its highest"),
                      ("Value #B", "Next update in"), ("Value #C", "Throttled since"), ("Value #F", "Known")],
             overrides={
                 "namespace": to_workload, "kind": to_workload, "workload": to_workload,
                 "Known": [("custom.hidden", True)],
                 "Level": [("custom.width", 90)],
                 "Of its highest": [
                     ("unit", "percentunit"), ("decimals", 0), ("custom.width", 120),
                     ("custom.cellOptions", {"type": "color-background", "mode": "basic"}),
                     steps_property(*NEARNESS_STEPS)],
                 "Update": [("custom.cellOptions", {"type": "color-text"}),
                            ("mappings", texts({1: ("failing", "red")})), ("custom.width", 90)],
                 "Next update in": [
                     ("unit", "s"), ("decimals", 0), ("noValue", "not known, or nothing waits"),
                     ("mappings", texts({(-1e9, 0): ("due", "blue")}))],
                 "Throttled since": [("unit", "dateTimeFromNow"),
                                     ("noValue", "before this time range, or not")]}),
        heat_map("Workloads by level", "How many workloads are at each backoff level; level 0, not "
                 "throttled, is left out.",
                 ("{{level}}", total("ebbgate_workloads", THROTTLED, by="level")), unit="none",
                 rows="level", cells="workloads", links=runbook("EbbgateStorm")),
        timeline("Levels of the most throttled workloads", "How near to their highest levels the "
                 "twenty workloads are that climbed highest in this time range. Click on one to see "
                 "more of it.",
                 [("{{namespace}}/{{kind}}/{{workload}} ({{instance}})",
                   of_workloads(nearness(), shown))],
                 unit="percentunit", steps=NEARNESS_STEPS, no_value="nothing was throttled", height=9,
                 data_links=[link("Look at this workload", FROM_SERIES)],
                 links=runbook("EbbgateWorkloadAtHighestLevel")),
    ]


def updates(runbook):
    return [
        graph("Changes, and what became of them", "Changes that were seen; updates that were applied; "
              "changes that no update had to carry (coalesced); changes that had to wait for more "
              "than to settle (suppressed).",
              [("changes", per_minute("ebbgate_changes_total")),
               ("applied", per_minute("ebbgate_updates_total", 'outcome="applied"')),
               ("coalesced", per_minute("ebbgate_updates_coalesced_total")),
               ("suppressed", per_minute("ebbgate_updates_suppressed_total"))],
              unit="cpm", links=runbook("EbbgateStorm"),
              overrides=colors(changes="blue", applied="green", coalesced="purple",
                               suppressed="orange")),
        graph("Suppressed changes by gate", "Changes that were held back, by "
              f"what held them longest. {GATES}.",
              [("{{gate}}", per_minute("ebbgate_updates_suppressed_total", by="gate"))],
              unit="cpm", stacked=True),
        graph("Outcomes of updates", "applied: it was taken. refused: it surely never took effect, "
              "and is tried again. unknown: nobody knows, so it is repeated after its wait.",
              [("{{outcome}}", per_minute("ebbgate_updates_total", by="outcome"))],
              unit="cpm", stacked=True, bars=True,
              overrides=colors(applied="green", refused="orange", unknown="red")),
        graph("Delay of updates", "From the first change that an update carries to its sending: what "
              "half, nine in ten and ninety-nine in a hundred do not exceed.",
              quantiles("ebbgate_update_delay_seconds"), unit="s", interval="2m", width=12,
              no_value="no updates", links=runbook("EbbgateUpdatePendingTooLong")),
        graph("Duration of updates", "From an update's sending to its answer.",
              quantiles("ebbgate_update_duration_seconds"), unit="s", interval="2m", width=12,
              no_value="no updates"),
    ]


def limits(runbook):
    return [
        graph("Pending updates by gate", f"Updates that wait, by what holds them longest. {GATES}.",
              [("{{gate}}", total("ebbgate_updates_pending", by="gate"))], unit="none", stacked=True,
              width=12, links=runbook("EbbgateUpdatePendingTooLong")),
        graph("Age of the oldest pending update", "How long the oldest pending update has been "
              "waiting, except for those on hold and those whose configuration is missing; 0 while "
              "nothing waits.",
              [("age", oldest_pending())], unit="s", steps=("green", (300, "yellow"), (900, "red")),
              width=12, links=runbook("EbbgateUpdatePendingTooLong")),
        graph("Budget", "Updates that the budget shared by all workloads allows now, and at most at "
              "once; at 0 all wait. Of several leaders, the one with the fewest.",
              [("left", f"{budget('ebbgate_budget_tokens')} < Inf"),
               ("at most", f"min({of_leaders('ebbgate_budget_burst_tokens')} "
                           f"and on (job, instance) {series('ebbgate_budget_tokens')} < Inf)")],
              unit="none", no_value="the budget is unlimited, or nobody leads",
              links=runbook("EbbgateBudgetExhausted")),
        graph("Unfinished rollouts", "Rollouts that were begun and have not finished yet.",
              [("unfinished", total("ebbgate_rollouts_unfinished"))], unit="none", stepped=True,
              links=runbook("EbbgateRolloutsNotReady")),
        graph("Rollouts that timed out", "Rollouts that gave their slot back because they did not "
              "finish within `unfinished.timeout`.",
              [("timed out", f"sum (increase({series('ebbgate_rollouts_timed_out_total')}"
                             "[$__rate_interval]))")],
              unit="none", bars=True, links=runbook("EbbgateRolloutsNotReady")),
    ]


def peers(runbook):
    help_for_peer = runbook("EbbgatePeerDown")
    name = "{{peer}} on {{instance}}"
    return [
        timeline("Connections to peers", "Whether a connection to each receiver of feedback stands.",
                 [(name, by_peer("ebbgate_peer_up"))], steps=("red", (1, "green")),
                 mappings=texts({0: ("down", "red"), 1: ("up", "green")}), no_value=NO_PEERS,
                 links=help_for_peer),
        timeline("Reconnect level", "Failed attempts that a peer's reconnect backoff has behind it: "
                 "each doubles the wait for the next one, by default.",
                 [(name, by_peer("ebbgate_reconnect_backoff_level"))],
                 steps=("green", (1, "yellow"), (4, "orange")), no_value=NO_PEERS,
                 links=help_for_peer),
        graph("Next attempt to reach a peer", "How long until a peer that is down is tried again.",
              [(name, f"{by_peer('ebbgate_peer_next_attempt_timestamp_seconds')} - time()")],
              unit="s", no_value="every peer is up, or there is none", links=help_for_peer),
        graph("Attempts to reach peers", "connected: the peer answered. refused: there is no socket, "
              "or nobody listens. timeout: it did not answer in time. closed: it hung up before it "
              "answered.",
              [(f"{name} {{{{outcome}}}}",
                per_minute("ebbgate_reconnect_attempts_total", by="instance, peer, outcome"))],
              unit="cpm", stacked=True, bars=True, no_value=NO_PEERS, links=help_for_peer),
        graph("Connections that ended", "By reason. Those that Ebbgate stopped itself count, too.",
              [(f"{name} {{{{reason}}}}",
                per_minute("ebbgate_feedback_disconnects_total", by="instance, peer, reason"))],
              unit="cpm", stacked=True, bars=True, no_value=NO_PEERS, links=help_for_peer),
        graph("Messages that wait", "In a peer's queue, and on their way to it.",
              [(name, by_peer("ebbgate_feedback_queue_length")),
               (f"{name}, on their way", by_peer("ebbgate_feedback_in_flight"))],
              unit="none", width=12, no_value=NO_PEERS, links=help_for_peer),
        graph("Messages to peers", "accepted: taken for a peer. delivered; rejected by it, or out of "
              "attempts; dropped because its queue was full.",
              [(f"{name} accepted",
                per_minute("ebbgate_feedback_accepted_total", by="instance, peer")),
               (f"{name} {{{{result}}}}",
                per_minute("ebbgate_feedback_messages_total", by="instance, peer, result"))],
              unit="cpm", width=12, no_value=NO_PEERS, links=help_for_peer),
    ]


def oldest_pending():
    return or_zero(f"time() - min({series('ebbgate_updates_pending_oldest_timestamp_seconds')})")


def by_peer(metric):
    """Each instance has connections of its own."""
    return f"max by (instance, peer) ({series(metric)})"
