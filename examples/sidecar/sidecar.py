#!/usr/bin/env python3
"""sidecar.py SOCKET: takes feedback from Ebbgate on a Unix socket, and learns from it.

Every line that comes is a JSON object, and is answered by one. Copy this, and put what you train in
place of the mean.
"""

import collections
import contextlib
import json
import os
import socket
import socketserver
import stat
import sys
import threading


class Trainer:
    """Learns from each message once. Any thread."""

    REMEMBERED = 10_000  # job_ids

    def __init__(self):
        self.step = 0
        self.mean = 0.0
        self._seen = collections.OrderedDict()
        self._lock = threading.Lock()

    def take(self, message):
        """Whether it was new, and how many messages were learned from so far."""
        with self._lock:
            if message["job_id"] in self._seen:
                return False, self.step
            self.learn(message)
            self._seen[message["job_id"]] = True
            if len(self._seen) > self.REMEMBERED:
                self._seen.popitem(last=False)
            return True, self.step

    def learn(self, message):
        """What is kept across restarts must be kept together with the job_ids: a message whose
        answer was lost comes again."""
        mean = self.mean + (message["true_score"] - self.mean) / (self.step + 1)
        self.step, self.mean = self.step + 1, mean
        print(f"sidecar: {message['job_id']}: score {message['true_score']:g}, "
              f"mean {self.mean:.1f} of {self.step}", flush=True)


class Connection(socketserver.StreamRequestHandler):

    def handle(self):
        # Whoever sends may be gone at any moment, and comes again.
        with contextlib.suppress(ConnectionError):
            for line in self.rfile:
                self.wfile.write(json.dumps(self.answer(line)).encode() + b"\n")

    def answer(self, line):
        try:
            message = json.loads(line)
            trained, step = self.server.trainer.take(message)
            return {"ok": True, "step": step, "trained": trained, "job_id": message["job_id"]}
        except (ValueError, TypeError, KeyError) as error:
            # The same line would fail again. For trouble of your own, say retryable: true.
            return {"ok": False, "error": f"not understood: {error!r}", "retryable": False}


class Sidecar(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, path, trainer):
        self.trainer = trainer
        remove_stale(path)
        mask = os.umask(0o177)  # nobody else may connect, from the first moment on
        try:
            super().__init__(path, Connection)
        finally:
            os.umask(mask)


def remove_stale(path):
    """Removes the socket of a process that is gone; beside one that listens, binding fails then."""
    if not os.path.exists(path) or not stat.S_ISSOCK(os.stat(path).st_mode):
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)


def main():
    with Sidecar(sys.argv[1], Trainer()) as sidecar:
        print(f"sidecar: listening on {sys.argv[1]}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            sidecar.serve_forever()


if __name__ == "__main__":
    main()
