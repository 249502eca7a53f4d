"""What it costs that nothing happens."""

import time

import harness
from support import cpu_by_thread, memory

WORKLOADS = 200
SECONDS = 5
SMALLEST = {"WORKLOADS": 2, "SECONDS": 0.5}


def measure(bench):
    files = [bench.folder / f"{number}.conf" for number in range(WORKLOADS)]
    for number, file in enumerate(files):
        harness.write(file, f"content {number}\n")
    bench.configure([{"name": file.stem, "watch": [str(file)], "update": {"exec": ["/bin/true"]}}
                     for file in files])
    process = bench.start()
    time.sleep(2)
    before = sum(cpu_by_thread(process.pid).values())
    time.sleep(SECONDS)
    spent = sum(cpu_by_thread(process.pid).values()) - before
    bench.report("CPU", spent / SECONDS * 100, "% of a core", goal=0.1)
    bench.report("resident", memory(process.pid)[0] / 2**20, "MiB", goal=16)
