"""From the writing of a file to the start of the command: the first change of separate workloads,
one after the other, with nothing to wait for."""

import time

import harness
from floor import Commits, Recorders
from support import percentile

SAMPLES = 300  # of each way to write
SMALLEST = {"SAMPLES": 2}
PAUSE = 0.02  # lets the answer be committed before the next change

WAYS = {"write in place": harness.write, "rename": harness.replace}


def measure(bench):
    folder = bench.folder / "conf"
    folder.mkdir()
    recorders = Recorders(bench.folder / "socket")
    commits = Commits(bench.folder / "bare.db")
    files = [folder / f"{number}.conf" for number in range(SAMPLES * len(WAYS))]
    for file in files:
        harness.write(file, "at first\n")
    bench.configure([{"name": file.stem, "watch": [str(file)],
                      "update": {"exec": recorders.command}} for file in files],
                    settle={"quiet": "0s"}, budget={"rate": "unlimited"})
    bench.start()

    reactions = {way: [] for way in WAYS}
    bare_commits, starts = [], []
    for number, file in enumerate(files):
        way = list(WAYS)[number % len(WAYS)]
        bare_commits.append(commits.time_one())
        starts.append(recorders.time_one())
        time.sleep(PAUSE)
        begin = time.monotonic()
        WAYS[way](file, "changed\n")
        at, workload = recorders.next()
        if workload != f"default/Local/{file.stem}":
            raise AssertionError(f"{workload} was updated, but {file.stem} was written")
        reactions[way].append(at - begin)
        time.sleep(PAUSE)
    commits.close()
    recorders.close()

    for way, seconds in reactions.items():
        _report(bench, f"{way} to command", seconds, goal=5)
    _report(bench, "bare SQLite commit", bare_commits)
    _report(bench, "bare start of the command", starts)
    every = [one for seconds in reactions.values() for one in seconds]
    for percent in (50, 99):
        without = percentile(every, percent) - percentile(bare_commits, percent)
        bench.report(f"reaction less a bare commit, p{percent}", without * 1e3, "ms")


def _report(bench, name, seconds, goal=None):
    for percent in (50, 90, 99):
        bench.report(f"{name}, p{percent}", percentile(seconds, percent) * 1e3, "ms",
                     goal if percent == 99 else None)
    bench.report(f"{name}, max", max(seconds) * 1e3, "ms")
