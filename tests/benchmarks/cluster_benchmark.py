#!/usr/bin/env python3
"""Measures the real binary on a real API server: see docs/benchmarks.md.

A missed goal is said, and is no failure: figures depend on the machine, and on what else it does.
"""

import argparse
import contextlib
import os
import pathlib
import signal
import sys
import tempfile

import session

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCHMARKS = ["reaction", "storm", "fleet", "start"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    build = ROOT / "build" / "release"
    parser.add_argument("--binary", default=build / "ebbgate", type=pathlib.Path)
    parser.add_argument("--bare", type=pathlib.Path,
                        default=build / "tests" / "benchmarks" / "cluster_bare")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="keeps the figures")
    parser.add_argument("--smallest", action="store_true",
                        help="only shows that all of it works; the figures mean nothing")
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
                    ("benchmarks/cluster", "benchmarks/process", "end_to_end", "cluster")]
    import cluster
    from bed import Bed
    cluster.require()

    @contextlib.contextmanager
    def bench(name):
        with tempfile.TemporaryDirectory(prefix="ebbgate-bench-") as folder:
            with Bed(name, pathlib.Path(folder), options.bare) as bed:
                yield bed

    return session.run(options.benchmark, bench, options.json, options.smallest)


if __name__ == "__main__":
    sys.exit(main())
