"""A terminal: a program runs in it, and a test reads what somebody would see.

It knows the sequences that Ebbgate writes and no others: one that it does not know is a failure.
"""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import threading
import unicodedata

from harness import BINARY, PATIENCE, clean_environment, eventually

SEQUENCE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")


def width_of(text):
    """The columns that text takes."""
    return sum(columns_of(c) for c in text)


def columns_of(character):
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Screen:
    """What a window of this size shows after it was written to."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.cells = [[""] * columns for _ in range(rows)]
        self.row = self.column = 0
        self.cursor = True
        self.style = ""
        self.styles = set()     # that were ever used
        self.scrolled = 0       # lines that left at the top
        self.overflowed = []    # lines that did not fit
        self.repaints = 0
        self._rest = ""

    def resize(self, columns, rows):
        self.cells = [(row + [""] * columns)[:columns] for row in self.cells]
        self.cells = (self.cells + [[""] * columns for _ in range(rows)])[:rows]
        self.columns, self.rows = columns, rows
        self.row, self.column = min(self.row, rows - 1), min(self.column, columns)

    def lines(self):
        return ["".join(c or " " for c in row if c != "wide").rstrip() for row in self.cells]

    def text(self):
        return "\n".join(self.lines()).rstrip()

    def write(self, text):
        text = self._rest + text
        self._rest = ""
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                found = SEQUENCE.match(text, at)
                if not found:
                    self._rest = text[at:]
                    assert len(self._rest) < 12, f"no sequence that is known: {self._rest[:12]!r}"
                    return
                self._obey(*found.groups())
                at = found.end()
                continue
            self._put(text[at])
            at += 1

    def _line_feed(self):
        if self.row < self.rows - 1:
            self.row += 1
            return
        self.cells = self.cells[1:] + [[""] * self.columns]
        self.scrolled += 1

    def _put(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self._line_feed()
        else:
            assert character.isprintable() or character == "\u200d", repr(character)
            width = columns_of(character)
            if width == 0:
                self.cells[self.row][max(self.column - 1, 0)] += character
                return
            if self.column + width > self.columns:
                self.overflowed.append(self.lines()[self.row])
                self.column = 0
                self._line_feed()
            self.cells[self.row][self.column] = character
            if width == 2:
                self.cells[self.row][self.column + 1] = "wide"
            self.column += width

    def _obey(self, private, numbers, letter):
        what = private + numbers + letter
        if what in ("?25l", "?25h"):
            self.cursor = what == "?25h"
        elif what == "H":
            self.row = self.column = 0
            self.repaints += 1
        elif what in ("K", "J"):
            # As terminals do it: the last column is erased where the cursor waits behind it.
            begin = min(self.column, self.columns - 1)
            self.cells[self.row][begin:] = [""] * (self.columns - begin)
            if what == "J":
                for row in range(self.row + 1, self.rows):
                    self.cells[row] = [""] * self.columns
        elif letter == "m" and not private:
            self.style = "" if numbers in ("", "0") else numbers
            if self.style:
                self.styles.add(self.style)
        else:
            raise AssertionError(f"a sequence that is not known: {what}")


class Terminal:
    """A program with its own window. Ends with `with`."""

    def __init__(self, *arguments, columns=80, rows=24, env=None):
        self.screen = Screen(columns, rows)
        self.raw = ""
        self.failure = None
        self._lock = threading.Lock()
        self._master, slave = pty.openpty()
        self._set_size(columns, rows)
        environment = clean_environment({"TERM": "xterm", **(env or {})})
        for name in ("NO_COLOR", "COLUMNS", "LINES"):
            if name not in (env or {}):
                environment.pop(name, None)
        self._child = subprocess.Popen(
            [BINARY, *map(str, arguments)], stdin=slave, stdout=slave, stderr=slave,
            env=environment, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, *unused):
        if self._child.poll() is None:
            self._child.kill()
            self._child.wait()
        self._thread.join(10)
        os.close(self._master)
        if self.failure and kind is None:
            raise self.failure

    def _set_size(self, columns, rows):
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self):
        pending = b""
        while True:
            try:
                select.select([self._master], [], [])
                piece = os.read(self._master, 65536)
            except OSError:
                return
            if not piece:
                return
            pending += piece
            text = pending.decode(errors="ignore")
            pending = pending[len(text.encode()):]
            with self._lock:
                self.raw += text
                try:
                    self.screen.write(text)
                except AssertionError as failure:
                    self.failure = failure
                    return

    def text(self):
        """What is to be seen, when no repaint is under way."""
        def look():
            with self._lock:
                return (self.screen.text(),) if self.screen.cursor or self.ended() else None
        return eventually(look, "a repaint ends")[0]

    def shows(self, what, patience=PATIENCE):
        """Waits until this text or pattern is to be seen, and returns everything that is."""
        def look():
            text = self.text()
            return text if re.search(what, text) else None
        try:
            return eventually(look, what, patience)
        except AssertionError as failure:
            raise AssertionError(f"{failure}\nThe screen:\n{self.text()}") from None

    def resize(self, columns, rows):
        with self._lock:
            self.screen.resize(columns, rows)
        self._set_size(columns, rows)

    def type(self, text):
        os.write(self._master, text.encode())

    def ended(self):
        return self._child.poll() is not None

    def wait(self):
        """The exit code, as subprocess has it, when all that was written was read."""
        code = self._child.wait(30)
        self._thread.join(10)
        return code
