"""What this machine takes at least for what lies on the way of a reaction: one durable commit, and
the start of a program."""

import os
import socket
import sqlite3
import time

import harness


class Commits:
    """Bare SQLite with the store's settings: one row, committed durably."""

    def __init__(self, file):
        self._database = sqlite3.connect(file, isolation_level=None)
        for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL",
                       "secure_delete = OFF"):
            self._database.execute("PRAGMA " + pragma).fetchall()
        self._database.execute("CREATE TABLE workload (name TEXT PRIMARY KEY, state BLOB)")
        self._count = 0

    def time_one(self):
        """Seconds of one commit."""
        self._count += 1
        begin = time.monotonic()
        self._database.execute("BEGIN IMMEDIATE")
        self._database.execute("REPLACE INTO workload VALUES (?, ?)",
                               (f"workload-{self._count % 1000}", b"s" * 200))
        self._database.execute("COMMIT")
        return time.monotonic() - begin

    def close(self):
        self._database.close()


class Recorders:
    """Where recorder.cpp reports to."""

    def __init__(self, path):
        self.command = [harness.RECORDER, str(path)]
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(harness.PATIENCE)

    def next(self):
        """(when it began, the workload's name) of the next command."""
        at, _, workload = self._socket.recv(1024).decode().partition(" ")
        return int(at) / 1e9, workload

    def time_one(self):
        """Seconds from before fork and exec to the recorder's main."""
        begin = time.monotonic()
        pid = os.posix_spawn(self.command[0], self.command, {})
        at, _ = self.next()
        os.waitpid(pid, 0)
        return at - begin

    def close(self):
        self._socket.close()
