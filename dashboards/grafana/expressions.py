"""PromQL that the dashboards share.

Ebbgate may run as several replicas of which one leads, or on many hosts of one job. A standby shows
zeros, so counts are summed; what only a leader knows is taken from leaders; series of one workload of
a cluster may come from two instances for some minutes around a failover, so the highest rules.
Workloads of one name on several hosts are several.
"""

CHOSEN = 'job=~"$job", instance=~"$instance"'
WORKLOAD = "instance, namespace, kind, workload"
LEVEL = "ebbgate_workload_backoff_level"
NEXT_UPDATE = "ebbgate_workload_next_update_timestamp_seconds"
FAILING = "ebbgate_workload_failing"
CAUSE = "ebbgate_workload_failure_cause"
HELD_BY_LEVEL = 'gate=~"backoff|health"'  # of ebbgate_updates_pending
THROTTLED = 'level!="0"'  # of ebbgate_workloads
THIS_WORKLOAD = ('namespace="$namespace"', 'kind="$kind"', 'workload="$workload"')
# What a budget without a limit is shown as: Grafana maps no infinity to a text.
UNLIMITED = 1e9


def series(metric, *matchers):
    """All series of a metric that belong to the chosen jobs and instances."""
    return f"{metric}{{{', '.join((CHOSEN, *matchers))}}}"


def total(metric, *matchers, by=""):
    return f"sum{_by(by)} ({series(metric, *matchers)})"


def per_minute(counter, *matchers, by=""):
    """Rates a second of what happens once a minute are hard to read."""
    return f"60 * {rate(counter, *matchers, by=by)}"


def rate(counter, *matchers, by=""):
    return f"sum{_by(by)} (rate({series(counter, *matchers)}[$__rate_interval]))"


def quantile(fraction, histogram, by="le"):
    return f"histogram_quantile({fraction}, {rate(histogram + '_bucket', by=by)})"


def quantiles(histogram):
    """Queries: the median, and what one in ten and one in a hundred exceeds."""
    return [(f"p{round(100 * fraction)}", quantile(fraction, histogram))
            for fraction in (0.5, 0.9, 0.99)]


def of_leaders(metric):
    return f"({series(metric)} and on (job, instance) ({series('ebbgate_leader')} == 1))"


def of_ebbgate(metric):
    """Of a metric that every process has. A job may hold other programs, too."""
    return f"({series(metric)} and on (job, instance) {series('ebbgate_build_info')})"


def or_zero(expression):
    """0 where the expression is empty, but nothing where no Ebbgate is seen at all."""
    return f"({expression}) or 0 * max({series('ebbgate_leader')})"


def by_workload(metric, *matchers, form="{}", also=""):
    """The highest of a metric's series, in an expression of this form, by workload and other labels.
    Workloads of a cluster have the instance All, as whichever leads tells of them: in a link, that
    chooses all instances."""
    def highest(kind, labels):
        return f"max by ({labels}{also}) ({form.format(series(metric, kind, *matchers))})"

    also = also and f", {also}"
    hosts = highest('kind="Local"', WORKLOAD)
    cluster = highest('kind!="Local"', WORKLOAD.removeprefix("instance, "))
    return f'({hosts} or label_replace({cluster}, "instance", "All", "", ""))'


def nearness():
    """By workload, how near its level is to the highest: 1 where it cannot climb further. There is a
    series of ebbgate_workloads for each level of the global policy, and for level 0."""
    highest = f"max(count by (job, instance) ({series('ebbgate_workloads')})) - 1"
    of_highest = f"clamp_max({by_workload(LEVEL)} / scalar({highest}), 1)"
    return f"({by_workload('ebbgate_workload_at_highest_level')} or on ({WORKLOAD}) {of_highest})"


def of_workloads(expression, others):
    """Of an expression by workload, those that others has, too."""
    return f"{expression} and on ({WORKLOAD}) {others}"


def since(metric, *matchers):
    """By workload, when its last stretch above 0 began, in milliseconds as Grafana wants it; nothing
    where that was before the dashboard's time range."""
    now = by_workload(metric, *matchers, form="{} > 0")
    before = by_workload(metric, *matchers, form="{} offset $__interval > 0")
    began = f"timestamp({now}) unless on ({WORKLOAD}) {before}"
    return f"1000 * max_over_time(({began})[$__range:$__interval])"


def budget(metric):
    """The scarcest of the leaders'."""
    return f"min({of_leaders(metric)})"


def _by(labels):
    return f" by ({labels})" if labels else ""
