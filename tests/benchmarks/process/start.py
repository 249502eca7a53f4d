"""How long a start with many stored workloads takes, and how much memory they take."""

import datetime
import re
import time

import harness
from support import memory

WORKLOADS = 100_000
FILES_IN_A_FOLDER = 100
PATIENCE = 60
SMALLEST = {"WORKLOADS": 200}


def measure(bench):
    workloads = []
    for number in range(WORKLOADS):
        file = bench.folder / str(number // FILES_IN_A_FOLDER) / f"{number}.conf"
        file.parent.mkdir(exist_ok=True)
        harness.write(file, f"content {number}\n")
        workloads.append({"name": f"workload-{number}", "watch": [str(file)],
                          "update": {"exec": ["/bin/true"]}})
    bench.configure(workloads)

    first = _start(bench, "first start", goal=None)
    first.stop()
    clean = _start(bench, "start", goal=2)
    clean.kill()
    killed = _start(bench, "start after kill -9", goal=2)
    time.sleep(2)
    resting, peak = memory(killed.pid)
    bench.report("resident at most", peak / 2**20, "MiB")
    bench.report("resident at rest", resting / 2**20, "MiB")
    bench.report("resident at rest, per workload", resting / WORKLOADS / 1024, "KiB")


def _start(bench, name, goal):
    wall, monotonic = time.time(), time.monotonic()
    process = bench.start(PATIENCE)
    ready = time.monotonic() - monotonic
    stamp = re.search(r"^(\S+Z) .*ebbgate starts", process.log(), re.MULTILINE)[1]
    read = datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp() - wall
    bench.report(f"{name}: reading the configuration", read, "s")
    bench.report(f"{name}: from then on until ready", ready - read, "s", goal)
    known = harness.total(process.metrics(), "ebbgate_workloads")
    if known != WORKLOADS:
        raise AssertionError(f"it is ready with {known} workloads instead of {WORKLOADS}")
    return process
