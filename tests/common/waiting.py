"""Waits that fail because something stands still, not because the machine is slow or busy."""

import os
import time

# Seconds, on an otherwise idle machine: only what hangs or was lost takes that long.
PATIENCE = 60
# However busy the machine is and whatever moves, a wait ends after so many times its patience.
CAP = 10


def _idle():
    """Seconds for which processors had nothing to do since the machine was started, all added up;
    None where the kernel does not tell."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            return int(file.readline().split()[4]) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return None


class Patience:
    """Is over once nothing has moved for so many seconds in which a processor was idle: while all
    are busy, what is waited for may only be waiting for its turn, and that time does not count."""

    def __init__(self, seconds=PATIENCE):
        self.seconds = seconds
        self._begin = time.monotonic()
        self.moved()

    def moved(self):
        """Something has: the patience begins anew."""
        self._since = time.monotonic()
        self._idle = _idle()

    def spent(self):
        """The seconds without a movement, as far as they count."""
        elapsed = time.monotonic() - self._since
        idle = _idle()
        return elapsed if idle is None or self._idle is None else min(elapsed, idle - self._idle)

    def waited(self):
        return time.monotonic() - self._begin

    def over(self):
        return self.spent() >= self.seconds or self.waited() >= CAP * self.seconds


def eventually(condition, what, patience=PATIENCE, progress=None, pause=0.01):
    """Waits until `condition()` is true and returns what it returned. `progress()` is asked about
    once a second: as long as what it returns keeps changing, the wait goes on."""
    left = Patience(patience)
    seen, look_at = (progress() if progress else None), time.monotonic() + 1
    while True:
        result = condition()
        if result:
            return result
        if progress and time.monotonic() >= look_at:
            now = progress()
            if now != seen:
                seen = now
                left.moved()
            look_at = time.monotonic() + 1
        if left.over():
            last = f"; it stands at {seen}" if progress else ""
            raise AssertionError(f"still not after {left.waited():.0f} s, {left.spent():.0f} s of "
                                 f"them idle and without progress: {what}{last}")
        time.sleep(pause)
