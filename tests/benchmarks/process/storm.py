"""What it costs that one file is rewritten a thousand times a second."""

import time

import harness
from support import cpu_by_thread, cpu_of_process

RATE = 1000
SECONDS = 20
SMALLEST = {"RATE": 100, "SECONDS": 1}


def measure(bench):
    file = bench.folder / "app.conf"
    harness.write(file, "at first\n")
    bench.configure([{"name": "app", "watch": [str(file)], "update": {"exec": ["/bin/true"]}}])
    process = bench.start()
    time.sleep(1)

    threads, whole = cpu_by_thread(process.pid), cpu_of_process(process.pid)
    lines = process.log().count("\n")
    begin = time.monotonic()
    written = 0
    while (now := time.monotonic()) < begin + SECONDS:
        # A writer that was kept waiting catches up.
        while written < (now - begin) * RATE:
            written += 1
            harness.write(file, f"content {written}\n")
        time.sleep(max(0, begin + written / RATE - time.monotonic()))
    took = time.monotonic() - begin
    threads_after, whole = cpu_by_thread(process.pid), cpu_of_process(process.pid) - whole
    lines = process.log().count("\n") - lines
    updates = harness.total(process.metrics(), "ebbgate_updates_total")

    share = {name: (seconds - threads[name]) / took * 100
             for name, seconds in threads_after.items()}
    bench.report("writes", written / took, "1/s")
    bench.report("CPU of loop and store", share["loop"] + share["store"], "% of a core", goal=5)
    for name in sorted(share, key=share.get, reverse=True):
        bench.report(f"CPU of thread {name}", share[name], "% of a core")
    bench.report("CPU of the process", whole / took * 100, "% of a core")
    bench.report("updates", updates, "")
    bench.report("log lines", lines, "")
