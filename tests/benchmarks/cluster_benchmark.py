#!/usr/bin/env python3
"""Measures the real binary on a real API server: see docs/benchmarks.md.

A missed goal is said, and is no failure: figures depend on the machine, and on what else it does.
"""

import argparse
import dataclasses
import importlib
import json
import os
import pathlib
import signal
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCHMARKS = ["reaction", "storm", "fleet", "start"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    build = ROOT / "build" / "release"
    parser.add_argument("--binary", default=build / "ebbgate", type=pathlib.Path)
    parser.add_argument("--bare", type=pathlib.Path,
                        default=build / "tests" / "benchmarks" / "cluster_bare")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="keeps the figures")
    parser.add_argument("benchmark", nargs="*", default=BENCHMARKS,
                        help="only these: " + ", ".join(BENCHMARKS))
    options = parser.parse_args()
    for name in options.benchmark:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name}; take {', '.join(BENCHMARKS)}")
    for file in (options.binary, options.bare):
        if not os.access(file, os.X_OK):
            parser.error(f"there is no {file}; `make bench-cluster` builds it")
    return options


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # The harness of the end-to-end tests wants to know them when it is read.
    os.environ["EBBGATE_BINARY"] = str(options.binary.resolve())
    os.environ.update(EBBGATE_RECORDER="", EBBGATE_HANGING="", EBBGATE_SOURCE=str(ROOT))
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(ROOT / "tests" / folder) for folder in
                    ("benchmarks/cluster", "benchmarks/process", "benchmarks", "end_to_end",
                     "cluster")]
    import cluster
    from bed import Bed
    from process_benchmark import context, show
    cluster.require()

    begin = context()
    figures, failed = [], []
    for name in options.benchmark:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="ebbgate-bench-") as folder:
            with Bed(name, pathlib.Path(folder), options.bare) as bed:
                try:
                    importlib.import_module(name).measure(bed)
                except (AssertionError, OSError) as error:
                    print(f"{name} failed: {error}", file=sys.stderr)
                    failed.append(name)
        for figure in bed.figures:
            show(figure)
        figures += bed.figures
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
