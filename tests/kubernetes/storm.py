"""Config objects that never rest, and what holds of the workloads that reference them."""

import base64
import threading
import time

import objects
from support import STATE, fingerprint, written_state

RATE = 20  # writes a second


class Storm:
    """Rewrites a Secret in a thread, RATE times a second: with a value that counts up, or with
    `values` in turn. Ends with its `with`, or with end()."""

    def __init__(self, bed, namespace, name, values=None):
        self.count = 0
        self.began = None
        self._write = lambda value: bed.api.patch(
            "Secret", namespace, name, {"data": {"key": base64.b64encode(value).decode()}})
        self._values = values
        self._failure = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        due = time.monotonic()
        try:
            while not self._ended.wait(max(0, due - time.monotonic())):
                # What a busy machine kept it from is not made up for.
                due = max(due + 1 / RATE, time.monotonic())
                self.count += 1
                counted = f"value {self.count}".encode()
                values = self._values
                self._write(values[self.count % len(values)] if values else counted)
        except Exception as error:  # pylint: disable=broad-except
            self._failure = error

    def end(self, last=None):
        """Ends it, with one more write of `last` if that is told."""
        self._ended.set()
        self._thread.join()
        if self._failure:
            raise self._failure
        if last is not None:
            self._write(last)

    def __enter__(self):
        self.began = time.time()
        self._thread.start()
        return self

    def __exit__(self, *unused):
        self._ended.set()
        self._thread.join()


def create(bed, namespace, name, annotations=None, **more):
    """A Secret and a Deployment of this name that references it; unless `more` tells otherwise, its
    pods never become Ready."""
    bed.api.create(objects.secret(namespace, name, {"key": "as it was at first"}))
    bed.api.create(objects.deployment(
        namespace, name, secrets=[name], annotations={**objects.WATCHED, **(annotations or {})},
        **{"ready": False, **more}))


def adoptions(writes):
    """Those that wrote a workload's state and nothing else."""
    return [write for write in writes
            if all(step["op"] == "test" or step["path"].startswith("/metadata/annotations")
                   for step in write.body) and STATE.replace("/", "~1") in str(write.body)]


def assert_in_turn(test, writes, highest=10):
    """Each template write counts on from the one before it, raises the level up to `highest`, and
    is for another configuration: nothing is written twice, whoever writes it."""
    test.assertEqual(writes, sorted(writes, key=lambda write: write.received))
    states = [written_state(write) for write in writes]
    for one, following in zip(states, states[1:]):
        test.assertGreater(following["counter"], one["counter"], states)
        test.assertGreaterEqual(following["level"], min(one["level"] + 1, highest), states)
        test.assertNotEqual(fingerprint(following["hash"]), fingerprint(one["hash"]), states)


def assert_waited_after_forgetting(test, writes, starts, cap):
    """A term without a database waits the whole delay from its first list. `starts` are wall clock
    times before which such terms' processes were not there."""
    for start in starts:
        before = [write for write in writes if write.received < start]
        after = [write for write in writes if write.received >= start]
        if before and after:
            level = written_state(before[-1])["level"]
            test.assertGreaterEqual(after[0].received - start, min(2 ** (level - 1), cap), after[0])
