"""From the answer of a ConfigMap's write to the change of the template, as a watcher sees it, beside
a bare loop that PATCHes at once; calls and CPU for each rollout; memory at rest."""

import time

from support import cpu_by_thread, memory, percentile

SAMPLES = 200
SMALLEST = {"SAMPLES": 2}
AT_ONCE = {"settle": {"quiet": "0s"}, "budget": {"rate": "unlimited"}}


def measure(bed):
    ours, bare = bed.cluster.namespace("ours"), bed.cluster.namespace("bare")
    for namespace in (ours, bare):
        bed.config_maps(namespace, SAMPLES)
        bed.workloads(namespace, SAMPLES)
    process = bed.ebbgate([ours], **AT_ONCE)
    bed.adopted(ours, SAMPLES)
    time.sleep(5)
    bed.report("memory at rest with 200 workloads", memory(process.pid)[0] / 2**20, "MiB", 16)
    loop = bed.start_bare("react", bare)
    loop.stdout.readline()
    time.sleep(1)

    begin = time.time()
    before, before_bare = (sum(cpu_by_thread(pid).values()) for pid in (process.pid, loop.pid))
    reactions = bed.measure(SAMPLES, ours, bare)
    after, after_bare = (sum(cpu_by_thread(pid).values()) for pid in (process.pid, loop.pid))
    for percent, allowed in ((50, 1.3), (99, 1.6)):
        of_bare = percentile(reactions[bare], percent)
        bed.report(f"bare loop, p{percent}", of_bare * 1e3, "ms")
        bed.report(f"reaction, p{percent}", percentile(reactions[ours], percent) * 1e3, "ms",
                   of_bare * allowed * 1e3)
    bed.report("CPU of the bare loop for each", (after_bare - before_bare) / SAMPLES * 1e3, "ms")
    bed.report("CPU for each rollout", (after - before) / SAMPLES * 1e3, "ms", 0.4)
    time.sleep(3)  # until the last event is written
    goals = {("patch", "deployments"): 1, ("create", "events"): 1}
    calls = bed.cluster.audit.calls(process.user, since=begin)
    for (verb, resource), count in sorted(calls.items()):
        goal = 0 if resource != "leases" else None
        bed.report(f"{verb} {resource}, for each rollout", count / SAMPLES, "calls",
                   goals.get((verb, resource), goal))
    bed.report("memory at most", memory(process.pid)[1] / 2**20, "MiB")
