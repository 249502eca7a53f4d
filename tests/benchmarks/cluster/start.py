"""A cold start in a cluster of 20,000 Secrets and 15,000 ConfigMaps of 6 KB, and 1,000 workloads."""

import time

from bed import CREATORS, synced
from support import cpu_of_process, memory

SECRETS = 20000
CONFIG_MAPS = 15000
WORKLOADS = 1000
BYTES = 6144
SMALLEST = {"SECRETS": 20, "CONFIG_MAPS": 20, "WORKLOADS": 5}


def measure(bed):
    namespace = bed.cluster.namespace("large")
    begin = time.monotonic()
    bed.run_bare("fill", namespace, "secrets", SECRETS, BYTES, CREATORS)
    bed.run_bare("fill", namespace, "configmaps", CONFIG_MAPS, BYTES, CREATORS)
    bed.workloads(namespace, WORKLOADS, secret="{}")
    bed.report("creation of all objects", time.monotonic() - begin, "s")
    time.sleep(5)
    process = bed.ebbgate([], wait=False)
    synced(process)
    took = time.monotonic() - process.started
    bed.report("start until synced", took, "s", 2)
    bed.report("CPU until synced", cpu_of_process(process.pid), "s", 1)
    bed.report("memory at most until synced", memory(process.pid)[1] / 2**20, "MiB", 20)
    bed.adopted(namespace, WORKLOADS)
    now, most = memory(process.pid)
    bed.report("memory at most when all are adopted", most / 2**20, "MiB", 20)
    bed.report("memory when all are adopted", now / 2**20, "MiB")
