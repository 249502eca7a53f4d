"""How long Prometheus waits for /metrics while many workloads are throttled."""

import http.client
import os
import signal
import socket
import threading
import time

import harness
from support import percentile

WORKLOADS = 10_000
SCRAPES = 50
PATIENCE = 60
SMALLEST = {"WORKLOADS": 20, "SCRAPES": 2}


def measure(bench):
    # The cheapest update that is real: a signal that this process ignores.
    signal.signal(signal.SIGURG, signal.SIG_IGN)
    pid_file = bench.folder / "pid"
    harness.write(pid_file, f"{os.getpid()}\n")
    files = [bench.folder / str(number // 100) / f"{number}.conf" for number in range(WORKLOADS)]
    for file in files:
        file.parent.mkdir(exist_ok=True)
        harness.write(file, "at first\n")
    bench.configure(
        [{"name": f"workload-with-a-usual-name-{number}", "namespace": f"namespace-{number % 100}",
          "watch": [str(file)],
          "update": {"signal": {"pid_file": str(pid_file), "signal": "URG"}}}
         for number, file in enumerate(files)],
        # Who waits goes on waiting until the end.
        settle={"quiet": "0s"}, budget={"rate": "unlimited"},
        backoff={"base": "30m", "max": "30m", "unhealthy_max": "30m", "stable_after": "1h"})
    process = bench.start(PATIENCE)
    for round_, (metric, labels) in enumerate(
            [("ebbgate_updates_total", {"outcome": "applied"}),
             ("ebbgate_updates_pending", {"gate": "backoff"})], start=1):
        for file in files:
            harness.write(file, f"change {round_}\n")
        harness.eventually(
            lambda: harness.total(process.metrics(), metric, **labels) == WORKLOADS,
            f"all changes of round {round_} were taken in", PATIENCE)
    time.sleep(1)

    seconds = []
    connection = http.client.HTTPConnection(*process.address(), timeout=10)
    for _ in range(SCRAPES):
        begin = time.monotonic()
        connection.request("GET", "/metrics")
        text = connection.getresponse().read()
        seconds.append(time.monotonic() - begin)
        time.sleep(0.02)
    connection.close()
    series = text.count(b"ebbgate_workload_backoff_level{")
    if series != WORKLOADS:
        raise AssertionError(f"the scrape has {series} workloads instead of {WORKLOADS}")
    bench.report("scrape, p50", percentile(seconds, 50) * 1e3, "ms")
    bench.report("scrape, p99", percentile(seconds, 99) * 1e3, "ms", goal=5)
    bench.report("scrape, size", len(text) / 2**20, "MiB")
    bare = _bare_transfers(len(text))
    bench.report("as many bytes over loopback, p50", percentile(bare, 50) * 1e3, "ms")
    bench.report("as many bytes over loopback, p99", percentile(bare, 99) * 1e3, "ms")


def _bare_transfers(size):
    """What the same transfer takes from a server that has the bytes ready."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size
    seconds = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        def serve():
            for _ in range(SCRAPES):
                with server.accept()[0] as accepted:
                    accepted.recv(4096)
                    accepted.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        for _ in range(SCRAPES):
            connection = http.client.HTTPConnection(*server.getsockname(), timeout=10)
            begin = time.monotonic()
            connection.request("GET", "/")
            connection.getresponse().read()
            seconds.append(time.monotonic() - begin)
            connection.close()
    return seconds
