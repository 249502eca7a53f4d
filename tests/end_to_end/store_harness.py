"""One workload that calls a hook, for tests that look after what is stored of it."""

import os
import subprocess
import time
import unittest

from harness import EndToEndTest, replace, total

BASE = 0.4
HIGHEST = 4  # L(max)
HIGHEST_WAIT = 3.2


class StoreTest(EndToEndTest):

    def setUp(self):
        super().setUp()
        self.hook = self.receiver()
        self.use_database(self.database)

    def use_database(self, database):
        self.database = database
        self.wal = database.with_name(database.name + "-wal")
        self.lock = database.with_name(database.name + ".lock")
        self.configure([self.http_workload("hook", self.hook)],
                       backoff={"base": "400ms", "max": "3200ms"})

    def small_disk(self, size="512k"):
        """A folder on a small tmpfs of its own, which takes root."""
        disk = self.folder / "disk"
        disk.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(disk)],
                              stderr=subprocess.DEVNULL) if os.geteuid() == 0 else None
        if done is None or done.returncode != 0:
            raise unittest.SkipTest("mounting a small file system takes root")
        self.addCleanup(subprocess.run, ["umount", "-l", str(disk)], check=True)
        return disk

    def fill(self, disk):
        with open(disk / "filler", "ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1024))
            except OSError:
                pass

    def updates(self):
        return self.hook.updates("/hook")

    def change(self):
        """Changes the configuration, and waits until the hook was called for it."""
        count = len(self.updates())
        replace(self.conf / "hook", f"{time.monotonic()}")
        self.wait_for(self.updates, count + 1)

    def update(self, process, times=1):
        for _ in range(times):
            self.change()
            self.wait_until_answered(process, "hook")

    def degraded(self, process):
        return total(process.metrics(), "ebbgate_store_degraded") == 1

    def recoveries(self, process, **labels):
        return total(process.metrics(), "ebbgate_store_recoveries_total", **labels)

    def files_of_database(self):
        """Name and content of all that lies beside the database, sockets excepted."""
        return {file.name: file.read_bytes()
                for file in self.database.parent.glob("ebbgate.db*") if file.is_file()}
