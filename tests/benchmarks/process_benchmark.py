#!/usr/bin/env python3
"""Measures the real binary as a whole, as its users meet it: see docs/benchmarks.md.

A missed goal is said, and is no failure: figures depend on the machine, and on what else it does.
"""

import argparse
import os
import pathlib
import signal
import sys

import session

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCHMARKS = ["reaction", "storm", "start", "idle", "scrape", "feedback"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    build = ROOT / "build" / "release"
    parser.add_argument("--binary", default=build / "ebbgate", type=pathlib.Path)
    parser.add_argument("--recorder", type=pathlib.Path,
                        default=build / "tests" / "benchmarks" / "benchmark_recorder")
    parser.add_argument("--echo", type=pathlib.Path,
                        default=build / "tests" / "benchmarks" / "benchmark_echo")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="keeps the figures")
    parser.add_argument("--folder", default=pathlib.Path("."), type=pathlib.Path,
                        help="where files and databases are put; on the disk that is meant")
    parser.add_argument("--repeat", default=1, type=int, metavar="N")
    parser.add_argument("--smallest", action="store_true",
                        help="only shows that all of it works; the figures mean nothing")
    parser.add_argument("benchmark", nargs="*", default=BENCHMARKS,
                        help="only these: " + ", ".join(BENCHMARKS))
    options = parser.parse_args()
    for name in options.benchmark:
        if name not in BENCHMARKS:
            parser.error(f"there is no benchmark {name}; take {', '.join(BENCHMARKS)}")
    for file in (options.binary, options.recorder, options.echo):
        if not os.access(file, os.X_OK):
            parser.error(f"there is no {file}; `make bench` builds it")
    return options


def main():
    options = arguments()
    # Who ends this ends what it has started too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # The harness of the end-to-end tests wants to know them when it is read.
    os.environ["EBBGATE_BINARY"] = str(options.binary.resolve())
    os.environ["EBBGATE_RECORDER"] = str(options.recorder.resolve())
    os.environ["EBBGATE_ECHO"] = str(options.echo.resolve())
    os.environ["EBBGATE_SOURCE"] = str(ROOT)
    os.environ["EBBGATE_HANGING"] = ""  # nothing hangs here
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(ROOT / "tests" / "benchmarks" / "process"),
                    str(ROOT / "tests" / "end_to_end")]
    from support import Bench

    return session.run(options.benchmark * options.repeat,
                       lambda name: Bench(name, options.folder), options.json, options.smallest)


if __name__ == "__main__":
    sys.exit(main())
