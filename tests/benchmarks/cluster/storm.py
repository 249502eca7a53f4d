"""A Secret that is rewritten a hundred times a second, and how its neighbours fare meanwhile."""

import time

import objects
from support import cpu_by_thread, percentile

RATE = 100
SECONDS = 60
NEIGHBOURS = 40
SMALLEST = {"RATE": 20, "SECONDS": 5, "NEIGHBOURS": 2}


def measure(bed):
    ours, bare = bed.cluster.namespace("ours"), bed.cluster.namespace("bare")
    for namespace in (ours, bare):
        bed.config_maps(namespace, 2 * NEIGHBOURS)
        bed.workloads(namespace, 2 * NEIGHBOURS)
    bed.api.create(objects.secret(ours, "noisy", {"key": "0"}))
    bed.api.create(objects.deployment(ours, "noisy", replicas=0, secrets=["noisy"]))
    # Neighbours wait for nothing but the storm.
    process = bed.ebbgate([ours], settle={"quiet": "0s"}, budget={"rate": "unlimited"})
    bed.adopted(ours, 2 * NEIGHBOURS + 1)
    loop = bed.start_bare("react", bare)
    loop.stdout.readline()
    time.sleep(1)
    quiet = bed.measure(NEIGHBOURS, ours, bare)
    before = sum(cpu_by_thread(process.pid).values())
    storm = bed.start_bare("storm", ours, "noisy", RATE, SECONDS)
    reactions = bed.measure(NEIGHBOURS, ours, bare, first=NEIGHBOURS, pause=500)
    written = int(storm.communicate(timeout=120)[0])
    used = sum(cpu_by_thread(process.pid).values()) - before

    def writes():
        return bed.cluster.audit.template_writes(process.user, ours, "Deployment", "noisy")
    in_storm = writes()
    deadline = time.monotonic() + 70
    while time.monotonic() < deadline:
        seen = process.api(f"workloads/{ours}/Deployment/noisy")
        if seen["applied"] == seen["desired"] and not seen["pending_since"]:
            break
        time.sleep(0.1)
    found = writes()
    sets = [thing for thing in bed.api.list("ReplicaSet", ours)
            if thing["metadata"]["ownerReferences"][0]["name"] == "noisy"]
    spacings = [later.received - one.answered for one, later in zip(found, found[1:])]
    bed.report("writes of the Secret", written / SECONDS, "1/s")
    bed.report("template writes in the storm", len(in_storm), "", 7)
    bed.report("template writes after it", len(found) - len(in_storm), "", 1)
    bed.report("ReplicaSets after the storm", len(sets), "", 8)
    bed.report("smallest spacing of template writes", min(spacings), "s")
    bed.report("from storm's end to rest", 70 - (deadline - time.monotonic()), "s", 64)
    bed.report("CPU in the storm", used, "s", 1)
    for percent in (50, 100):
        name = {50: "p50", 100: "max"}[percent]
        bed.report(f"bare loop's neighbours without storm, {name}",
                   percentile(quiet[bare], percent) * 1e3, "ms")
        bed.report(f"neighbours without storm, {name}", percentile(quiet[ours], percent) * 1e3,
                   "ms")
        of_bare = percentile(reactions[bare], percent) * 1e3
        bed.report(f"bare loop's neighbours in the storm, {name}", of_bare, "ms")
        bed.report(f"neighbours in the storm, {name}", percentile(reactions[ours], percent) * 1e3,
                   "ms", of_bare * {50: 1.3, 100: 1.6}[percent])
