"""A session of benchmarks of the whole binary: measures, shows, and keeps the figures as JSON."""

import dataclasses
import datetime
import importlib
import json
import os
import platform
import sys
import time


def _context():
    return {"date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "cpus": os.cpu_count(), "kernel": platform.release(),
            "load_average": list(os.getloadavg())}


def _show(figure):
    goal = "" if figure.goal is None else f"{'≥' if figure.at_least else '≤'} {figure.goal:g}"
    verdict = {None: "", True: "met", False: "missed"}[figure.met()]
    print(f"{figure.benchmark:<9} {figure.name:<44} {figure.value:>10.3f} {figure.unit:<12}"
          f" {goal:<6} {verdict}".rstrip(), flush=True)


def run(names, bench, keep, smallest=False):
    """Runs the module of each name on `bench(name)`, a context manager with `figures`. Writes all
    figures to the path `keep`, if there is one. With `smallest`, each module has the sizes that it
    names SMALLEST instead of its own: enough to see that it works. Returns the exit code."""
    begin = _context()
    if begin["load_average"][0] > begin["cpus"] / 2:
        print(f"This machine is busy (load {begin['load_average'][0]:.1f} on {begin['cpus']} "
              "CPUs): the figures will be worse than it can do.")
    figures, failed = [], []
    for name in names:
        started = time.monotonic()
        measured = None
        try:
            with bench(name) as measured:
                module = importlib.import_module(name)
                if smallest:
                    vars(module).update(module.SMALLEST)
                module.measure(measured)
        except (AssertionError, OSError) as error:
            print(f"{name} failed: {error}", file=sys.stderr)
            failed.append(name)
        for figure in measured.figures if measured else []:
            _show(figure)
            figures.append(figure)
        print(f"{name:<9} took {time.monotonic() - started:.0f} s\n", flush=True)
    if keep:
        keep.write_text(json.dumps({
            "context": {**begin, "load_average_at_the_end": list(os.getloadavg())},
            "figures": [{**dataclasses.asdict(figure), "met": figure.met()}
                        for figure in figures],
            "failed": failed}, indent=1) + "\n")
    return 1 if failed else 0
