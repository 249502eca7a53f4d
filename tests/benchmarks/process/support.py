"""What the benchmarks of the whole process share: a folder, one `ebbgate run` at a time, and what
/proc says about it. Times are CLOCK_MONOTONIC in seconds, CPU is in seconds, memory in bytes."""

import collections
import dataclasses
import json
import os
import pathlib
import re
import shutil
import tempfile
import typing

import harness


@dataclasses.dataclass
class Figure:
    """One result. A goal is the highest value that is good, or the lowest."""
    benchmark: str
    name: str
    value: float
    unit: str
    goal: typing.Optional[float] = None
    at_least: bool = False

    def met(self):
        if self.goal is None:
            return None
        return self.value >= self.goal if self.at_least else self.value <= self.goal


class Bench:
    """A folder for one benchmark, and the processes that end with it."""

    def __init__(self, name, folder):
        self.name = name
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=folder)).resolve()
        self.config = self.folder / "ebbgate.yaml"
        self.figures = []
        self._processes = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *unused):
        for process in self._processes:
            if process.running():
                process.kill()
        if kind is not None and self._processes:
            print(f"--- the end of {self.name}'s log:\n{self._processes[-1].log()[-3000:]}")
        shutil.rmtree(self.folder, ignore_errors=True)

    def report(self, name, value, unit, goal=None, at_least=False):
        self.figures.append(Figure(self.name, name, value, unit, goal, at_least))

    def configure(self, workloads, **settings):
        """Writes the configuration, one workload a line (flow YAML is JSON)."""
        lines = [f"{key}: {json.dumps(value)}" for key, value in settings.items()]
        lines += ["listen: 127.0.0.1:0", "local:", "  workloads:"]
        lines += ["    - " + json.dumps(workload) for workload in workloads]
        harness.write(self.config, "\n".join(lines) + "\n")

    def start(self, patience=60):
        """An `ebbgate run` that is ready."""
        process = harness.Process(self.config, self.folder / f"log.{len(self._processes)}")
        self._processes.append(process)
        harness.eventually(
            lambda: "listening on" in process.log() or not process.running(),
            f"listening:\n{process.log()}", patience)
        process.address()
        harness.eventually(lambda: process.get("/readyz")[0] == 200, "/readyz is 200", patience)
        return process


def percentile(values, percent):
    """The smallest value that at least so many percent of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def cpu_by_thread(pid):
    """{thread name: CPU seconds}; threads of one name are added up."""
    seconds = collections.Counter()
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            name = (task / "comm").read_text().strip()
            seconds[name] += _cpu_of(task)
        except OSError:
            pass  # the thread ended meanwhile
    return seconds


def _cpu_of(task):
    try:
        return int((task / "schedstat").read_text().split()[0]) / 1e9
    except FileNotFoundError:  # a kernel without it has only the coarser ticks
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_of_process(pid):
    """Of all its threads, those that ended too; in steps of a clock tick."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid):
    """(resident now, resident at most) in bytes."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return tuple(int(re.search(rf"{field}:\s+(\d+) kB", status)[1]) * 1024
                 for field in ("VmRSS", "VmHWM"))
