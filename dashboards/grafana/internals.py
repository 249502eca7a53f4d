"""Ebbgate / Internals: watches, requests to the API server, commits, the loop, memory."""

from expressions import of_ebbgate, per_minute, quantile, quantiles, rate, series, total
from frame import Collapsed, dashboard
from panels import colors, graph, rows, texts, timeline

NO_API = "no requests to an API server"
NO_WATCHES = "no watches"


def internals(runbook):
    description = ("How Ebbgate itself is: instances, watches, requests to the API server, the "
                   "database, the loop, memory.")
    sections = {
        "Instances": instances(runbook),
        "Watches": watches(runbook),
        "Database": database(runbook),
        "Decision loop": loop(runbook),
        "Process": process(runbook),
        "Requests to the API server, on a cluster": Collapsed(requests()),
    }
    return dashboard("ebbgate-internals", description, sections, runbook)


def instances(runbook):
    fine = [("mappings", texts({0: ("failed", "red"), 1: ("fine", "green")}))]
    return [
        rows("Instances", "Processes that Prometheus reaches, with their build, and since when they "
             "run. Of several replicas, one leads.",
             [("", f"max by (job, instance, version, revision) ({series('ebbgate_build_info')})"),
              ("", by_instance(series("ebbgate_leader"))),
              ("", by_instance("1000 * " + of_ebbgate("process_start_time_seconds"))),
              ("", by_instance(series("ebbgate_config_last_reload_successful"))),
              ("", by_instance(series("ebbgate_store_degraded")))],
             unit="none", sort_by=("Leads",), no_value="—", height=7, links=runbook("EbbgateAbsent"),
             columns=[("job", "job"), ("instance", "instance"), ("version", "version"),
                      ("revision", "revision"), ("Value #B", "Leads"), ("Value #C", "Runs since"),
                      ("Value #D", "Configuration"), ("Value #E", "Database"),
                      ("Value #A", "Known")],
             overrides={
                 "Leads": [("mappings", texts({0: ("no", "text"), 1: ("yes", "green")}))],
                 "Runs since": [("unit", "dateTimeFromNow")],
                 "Configuration": fine,
                 "Database": [("mappings", texts({0: ("fine", "green"), 1: ("degraded", "red")}))],
                 "Known": [("custom.hidden", True)]}),
        timeline("Up", "Whether Prometheus reaches each process of the job.",
                 [("{{instance}}", "max by (instance) (" + series("up") + ")")],
                 steps=("red", (1, "green")), width=8, links=runbook("EbbgateAbsent"),
                 mappings=texts({0: ("down", "red"), 1: ("up", "green")})),
        timeline("Leader", "Which process decides; each does that runs without leader election.",
                 [("{{instance}}", "max by (instance) (" + series("ebbgate_leader") + ")")],
                 steps=("text", (1, "green")), width=8, links=runbook("EbbgateNoLeader"),
                 mappings=texts({0: ("standby", "text"), 1: ("leads", "green")})),
        timeline("Configuration", "Whether the last reading of the configuration succeeded. If not, "
                 "the one before is in force.",
                 [("{{instance}}", "max by (instance) ("
                   + series("ebbgate_config_last_reload_successful") + ")")],
                 steps=("red", (1, "green")), width=8, links=runbook("EbbgateConfigReloadFailed"),
                 mappings=texts({0: ("failed", "red"), 1: ("fine", "green")})),
    ]


def watches(runbook):
    return [
        graph("Silence of watches", "How long ago each watch last brought anything, bookmarks "
              "included. A watch of files is silent while nothing changes.",
              [("{{resource}} on {{instance}}", "time() - max by (instance, resource) ("
                + series("ebbgate_watch_last_event_timestamp_seconds") + ")")],
              unit="s", steps=("green", (180, "yellow"), (300, "red")), width=8,
              no_value=NO_WATCHES, links=runbook("EbbgateWatchSilent")),
        graph("Watches begun anew", "expired: the server does not remember the resource version. "
              "silent: nothing came for too long. broken: the connection ended. resync: the regular "
              "full list. forbidden: permissions are missing. overflow: too many events of files at "
              "once.",
              [("{{resource}} {{reason}} on {{instance}}",
                per_minute("ebbgate_watch_restarts_total", by="instance, resource, reason")
                + " > 0")],
              unit="cpm", stacked=True, bars=True, width=8, no_value="none was begun anew",
              links=runbook("EbbgateWatchSilent")),
        graph("Files read for too long", "Watched files and folders whose reading takes more than "
              "5 s: a file server does not answer, or there is very much in them. Their workloads "
              "wait; `ebbgate status` names them.",
              [("{{instance}}", "max by (instance) ("
                + series("ebbgate_watch_reads_overdue") + ")")],
              unit="none", stepped=True, width=8, no_value="no provider of files",
              links=runbook("EbbgateWatchReadsOverdue")),
    ]


def requests():
    return [
        graph("Requests by verb and resource", "Requests to the API server that were answered, or "
              "given up.",
              [("{{verb}} {{resource}}", rate("ebbgate_api_requests_total", by="verb, resource"))],
              unit="reqps", stacked=True, width=12, no_value=NO_API),
        graph("Requests by status", "Requests to the API server by HTTP status; none: no answer came. "
              "422 is usual where somebody else wrote a workload first, 409 where two replicas want "
              "to lead.",
              [("{{code}}", rate("ebbgate_api_requests_total", by="code"))],
              unit="reqps", stacked=True, width=12, no_value=NO_API,
              overrides=colors(none="red")),
        graph("Duration of requests, half", "What half of the requests of a verb do not exceed; of a "
              "watch, until it began.",
              [("{{verb}}", quantile(0.5, "ebbgate_api_request_duration_seconds", "le, verb"))],
              unit="s", interval="2m", no_value=NO_API),
        graph("Duration of requests, 99 in 100", "What 99 in 100 requests of a verb do not exceed; of "
              "a watch, until it began.",
              [("{{verb}}", quantile(0.99, "ebbgate_api_request_duration_seconds", "le, verb"))],
              unit="s", interval="2m", no_value=NO_API),
        graph("Kubernetes Events not written", "Events that were too many, or that the server did not "
              "take.",
              [("dropped", per_minute("ebbgate_events_dropped_total"))], unit="cpm", bars=True,
              no_value=NO_API),
    ]


def database(runbook):
    degraded = runbook("EbbgateStoreDegraded")
    return [
        timeline("Database", "Whether the database can be written. If not, decisions go on from "
                 "memory, and what they raise is forgotten when the process ends.",
                 [("{{instance}}", "max by (instance) (" + series("ebbgate_store_degraded") + ")")],
                 steps=("green", (1, "red")), width=12, links=degraded,
                 mappings=texts({0: ("fine", "green"), 1: ("degraded", "red")})),
        graph("Commits", "Commits to the database.",
              [("{{instance}}", rate("ebbgate_store_commit_duration_seconds_count", by="instance"))],
              unit="ops", width=12),
        graph("Duration of commits", "What half, nine in ten and ninety-nine in a hundred do not "
              "exceed: with a disk that syncs, some milliseconds.",
              quantiles("ebbgate_store_commit_duration_seconds"), unit="s", interval="2m",
              no_value="no commits", links=degraded),
        graph("Size", "Of the database with its write-ahead log.",
              [("{{instance}}", "max by (instance) (" + series("ebbgate_store_size_bytes") + ")")],
              unit="bytes"),
        graph("Databases lost", "Databases that were lost and begun anew, since each process began. "
              "missing: there was no file. empty: it held nothing. corrupt: it could not be read. "
              "wal: its log was lost. marked: it could not be written when the process before ended.",
              [("{{reason}} on {{instance}}", "sum by (instance, reason) ("
                + series("ebbgate_store_recoveries_total") + ") > 0")],
              unit="none", stepped=True, no_value="none was lost", links=degraded),
    ]


def loop(runbook):
    return [
        graph("Turns of the decision loop", "Each takes in what happened, decides, and begins what is "
              "due.",
              [("{{instance}}", rate("ebbgate_loop_turn_duration_seconds_count", by="instance"))],
              unit="ops"),
        graph("Duration of turns", "What half, nine in ten and ninety-nine in a hundred do not "
              "exceed. Long ones delay every workload.",
              quantiles("ebbgate_loop_turn_duration_seconds"), unit="s", interval="2m"),
        graph("Workloads without series of their own", "Workloads that have a level or a pending "
              "update, but are left out of the series of single workloads: there are more than "
              "`metrics.max_workload_series`. Tables and drill-downs do not have them.",
              [("omitted", total("ebbgate_workload_series_omitted"))], unit="none", stepped=True,
              links=runbook("EbbgateStorm")),
    ]


def process(runbook):
    def of_instances(legend, metric):
        return ("{{instance}}" + legend, f"max by (instance) {of_ebbgate(metric)}")

    processor = (f"sum by (instance) (rate({series('process_cpu_seconds_total')}[$__rate_interval]) "
                 f"and on (job, instance) {series('ebbgate_build_info')})")
    lost = (f"60 * sum by (instance) (rate({series('ebbgate_log_lines_dropped_total')}"
            "[$__rate_interval]))")
    return [
        graph("Processor", "Of one processor; 1 is all of it.", [("{{instance}}", processor)],
              unit="none"),
        graph("Memory", "Resident and virtual memory.",
              [of_instances(" resident", "process_resident_memory_bytes"),
               of_instances(" virtual", "process_virtual_memory_bytes")], unit="bytes"),
        graph("Open file descriptors", "And the highest number that the system allows.",
              [of_instances(" open", "process_open_fds"),
               of_instances(" at most", "process_max_fds")], unit="none"),
        graph("Lost lines of the log", "Lines that standard error did not take in time.",
              [("{{instance}}", lost)], unit="cpm", bars=True),
    ]


def by_instance(expression):
    return f"max by (job, instance) ({expression})"
