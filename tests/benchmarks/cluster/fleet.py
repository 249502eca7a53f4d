"""One ConfigMap that 500 workloads take, with the budget unlimited, beside bare PATCHes."""

import time

import objects
from support import cpu_of_process

COUNT = 500
SMALLEST = {"COUNT": 5}
CONNECTIONS = 8  # as many as Ebbgate has


def measure(bed):
    ours, bare = bed.cluster.namespace("ours"), bed.cluster.namespace("bare")
    for namespace in (ours, bare):
        bed.api.create(objects.config_map(namespace, "shared", {"key": "0"}))
        bed.workloads(namespace, COUNT, config_map="shared")
    process = bed.ebbgate([ours], settle={"quiet": "0s"}, budget={"rate": "unlimited"})
    bed.adopted(ours, COUNT)
    time.sleep(5)
    used = cpu_of_process(process.pid)
    bed.api.patch("ConfigMap", ours, "shared", {"data": {"key": "1"}})
    begin = time.time()

    def writes():
        entries = bed.cluster.audit.writes(process.user, namespace=ours, resource="deployments",
                                           since=begin - 1)
        return [entry for entry in entries if entry.code == 200]
    deadline = time.monotonic() + 300
    while len(found := writes()) < COUNT and time.monotonic() < deadline:
        time.sleep(0.2)
    took = max(entry.answered for entry in found) - begin
    time.sleep(5)  # until the controllers are done with it
    used = cpu_of_process(process.pid) - used
    of_bare = float(bed.run_bare("patch", bare, COUNT, CONNECTIONS))
    bed.report("template writes", len(found), "", COUNT)
    bed.report("bare PATCHes", COUNT / of_bare, "1/s")
    bed.report("updates", COUNT / took, "1/s")
    bed.report("time of all", took, "s", of_bare / 0.8)
    bed.report("CPU for each", used / COUNT * 1e3, "ms", 0.4)
