#!/usr/bin/env python3
"""Measures the real binary as a whole, as its users meet it: see docs/benchmarks.md.

A missed goal is said, and is no failure: figures depend on the machine, and on what else it does.
"""

import argparse
import dataclasses
import datetime
import json
import os
import pathlib
import platform
import signal
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCHMARKS = ["reaction", "storm", "start", "idle", "scrape"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    build = ROOT / "build" / "release"
    parser.add_argument("--binary", default=build / "ebbgate", type=pathlib.Path)
    parser.add_argument("--recorder", type=pathlib.Path,
                        default=build / "tests" / "benchmarks" / "benchmark_recorder")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="keeps the figures")
    parser.add_argument("--folder", default=pathlib.Path("."), type=pathlib.Path,
                        help="where files and databases are put; on the disk that is meant")
    parser.add_argument("--repeat", default=1, type=int, metavar="N")
    parser.add_argument("benchmark", nargs="*", default=BENCHMARKS,
                        help="only these: " + ", ".join(BENCHMARKS))
    options = parser.parse_args()
    for name in options.benchmark:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name}; take {', '.join(BENCHMARKS)}")
    for file in (options.binary, options.recorder):
        if not os.access(file, os.X_OK):
            parser.error(f"there is no {file}; `make bench` builds it")
    return options


def context():
    return {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "cpus": os.cpu_count(), "kernel": platform.release(),
            "load_average": list(os.getloadavg())}


def show(figure):
    goal = "" if figure.goal is None else f"≤ {figure.goal:g}"
    verdict = {None: "", True: "met", False: "missed"}[figure.met()]
    print(f"{figure.benchmark:<9} {figure.name:<44} {figure.value:>10.3f} {figure.unit:<12}"
          f" {goal:<6} {verdict}".rstrip(), flush=True)


def main():
    options = arguments()
    # Who ends this ends what it has started too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # The harness of the end-to-end tests wants to know them when it is read.
    os.environ["EBBGATE_BINARY"] = str(options.binary.resolve())
    os.environ["EBBGATE_RECORDER"] = str(options.recorder.resolve())
    os.environ["EBBGATE_SOURCE"] = str(ROOT)
    os.environ["EBBGATE_HANGING"] = ""  # nothing hangs here
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(ROOT / "tests" / "benchmarks" / "process"),
                    str(ROOT / "tests" / "end_to_end")]
    import importlib
    from support import Bench

    begin = context()
    if begin["load_average"][0] > begin["cpus"] / 2:
        print(f"This machine is busy (load {begin['load_average'][0]:.1f} on {begin['cpus']} "
              "CPUs): the figures will be worse than it can do.")
    figures, failed = [], []
    for name in options.benchmark * options.repeat:
        started = time.monotonic()
        bench = Bench(name, options.folder)
        try:
            with bench:
                importlib.import_module(name).measure(bench)
        except (AssertionError, OSError) as error:
            print(f"{name} failed: {error}", file=sys.stderr)
            failed.append(name)
        for figure in bench.figures:
            show(figure)
        figures += bench.figures
        print(f"{name:<9} took {time.monotonic() - started:.0f} s\n", flush=True)
    if options.json:
        options.json.write_text(json.dumps({
            "context": {**begin, "load_average_at_the_end": list(os.getloadavg())},
            "figures": [{**dataclasses.asdict(figure), "met": figure.met()}
                        for figure in figures],
            "failed": failed}, indent=1) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
