"""A scripted receiver of feedback, as a process of its own: peer.py SOCKET RECORD MOOD

MOOD is a JSON object that says how it behaves, `{"mood": …}` with what the mood wants beside it.
Each line of standard input is another one, and is answered by a line; its end ends the peer.
What it sees it appends to RECORD, a JSON list a line, with CLOCK_MONOTONIC in seconds:

  [at, connection, "accepted"]   [at, connection, "message", text]   [at, connection, "answered"]
  [at, connection, "closing"]    before it closes
  [at, connection, "closed"]     by the other side (or nothing more could be written)

A mood counts from the next connection or the next message on.
"""

import contextlib
import json
import os
import select
import signal
import socket
import struct
import sys
import threading
import time


class Peer:

    def __init__(self, path, record, mood):
        self._record = os.open(record, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._listener = socket.socket(socket.AF_UNIX)
        self._fillers = []
        self._path = path
        self._moved_from = path + ".new"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._moved_from)
        self._listener.bind(self._moved_from)
        self._listener.listen(8)
        self.behave(mood)

    def appear(self):
        """Whoever sees the socket can connect."""
        os.rename(self._moved_from, self._path)

    def behave(self, mood):
        self._retryable_left = mood.get("times", 0)
        self._mood = mood
        if mood["mood"] == "deaf":
            self._fill_backlog()
        while mood["mood"] != "deaf" and self._fillers:
            self._fillers.pop().close()

    def _fill_backlog(self):
        """Nobody is accepted, so that who connects then waits."""
        path = self._moved_from if os.path.exists(self._moved_from) else self._path
        with contextlib.suppress(BlockingIOError):
            while True:
                filler = socket.socket(socket.AF_UNIX)
                self._fillers.append(filler)
                filler.setblocking(False)
                filler.connect(path)

    def accept(self):
        number = 0
        while True:
            if self._mood["mood"] == "deaf":
                time.sleep(0.01)
                continue
            if not select.select([self._listener], [], [], 0.02)[0]:
                continue
            connection, _ = self._listener.accept()
            credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            if struct.unpack("3i", credentials)[0] == os.getpid():
                connection.close()
                continue
            number += 1
            threading.Thread(target=self._serve, args=(Connection(self, number, connection),),
                             daemon=True).start()

    def record(self, *event):
        os.write(self._record, (json.dumps([time.monotonic(), *event]) + "\n").encode())

    def mood(self):
        return self._mood

    def asks_for_later(self):
        """Of the mood `retryable`: so many `times`."""
        self._retryable_left -= 1
        return self._retryable_left >= 0

    def _serve(self, connection):
        connection.record("accepted")
        with connection.socket, contextlib.suppress(OSError):
            greet = getattr(connection, "greet_" + self._mood["mood"], None)
            if greet:
                greet()
                return
            for text in connection.messages():
                mood = self._mood
                if getattr(connection, "answer_" + mood["mood"])(text, mood) == "close":
                    connection.record("closing")
                    return
        connection.record("closed")


class Connection:
    """Moods are methods: what is done with a connection (greet_), or with a message (answer_)."""

    def __init__(self, peer, number, connected):
        self.socket = connected
        self._peer = peer
        self._number = number

    def record(self, *event):
        self._peer.record(self._number, *event)

    def messages(self):
        received = bytearray()
        while more := self.socket.recv(65536):
            received += more
            while b"\n" in received:
                line, _, received = received.partition(b"\n")
                self.record("message", line.decode())
                yield json.loads(line)
            if received and self._peer.mood()["mood"] == "dies_reading":
                os.kill(os.getpid(), signal.SIGKILL)

    def _send(self, data):
        self.socket.sendall(data)

    def _answer(self, text, **more):
        answer = {"ok": True, "step": 1, "trained": True, "job_id": text["job_id"], **more}
        return (json.dumps(answer) + "\n").encode()

    def answer_good(self, text, _mood):
        self._send(self._answer(text))
        self.record("answered")

    def answer_slow(self, text, mood):
        time.sleep(mood["seconds"])
        self.answer_good(text, mood)

    def answer_pieces(self, text, mood):
        answer = self._answer(text)
        for at in range(0, len(answer), 5):
            self._send(answer[at:at + 5])
            time.sleep(0.001)
        self.record("answered")

    def answer_several(self, text, _mood):
        """This answer and another in one write."""
        self._send(self._answer(text) * 2)
        self.record("answered")

    def answer_unknown_members(self, text, _mood):
        self._send(self._answer(text, retryable="who knows", error=None, more={"ok": [False]}))
        self.record("answered")

    def answer_bare(self, text, _mood):
        """As little as an answer can say."""
        self._send(b' { "ok" : true } \r\n')
        self.record("answered")

    def answer_rejecting(self, text, _mood):
        self._send(self._answer(text, ok=False, error="not wanted", retryable=False))
        self.record("answered")

    def answer_retryable(self, text, mood):
        if self._peer.asks_for_later():
            self._send(self._answer(text, ok=False, error="busy", retryable=True))
        else:
            self.answer_good(text, mood)

    def answer_wrong_job_id(self, text, _mood):
        self._send(self._answer(text, job_id="another"))

    def answer_garbage(self, _text, mood):
        self._send(mood["garbage"].encode("latin-1") + b"\n")

    def answer_late(self, text, mood):
        time.sleep(mood["seconds"])
        self._send(self._answer(text))

    def answer_never(self, _text, _mood):
        pass

    def answer_hangs_up(self, _text, _mood):
        return "close"

    def answer_half(self, text, _mood):
        """Dies in the middle of an answer."""
        self._send(self._answer(text)[:10])
        os.kill(os.getpid(), signal.SIGKILL)

    def answer_trickle(self, text, _mood):
        """A byte of an answer a moment."""
        for byte in self._answer(text):
            self._send(bytes([byte]))
            time.sleep(0.1)

    def answer_endless(self, _text, _mood):
        """A gigabyte without newline."""
        sent = 0
        try:
            while sent < 1 << 30:
                sent += self.socket.send(b"x" * 65536)
        finally:
            self.record("sent", sent)

    def answer_dies_reading(self, text, mood):
        self.answer_good(text, mood)

    def greet_accept_then_close(self):
        self.record("closing")

    def greet_never_reads(self):
        threading.Event().wait()

    def greet_reads_a_byte_a_second(self):
        while self.socket.recv(1):
            time.sleep(1)

    def greet_floods(self):
        """Answers that nobody asked for."""
        while True:
            self._send(b'{"ok": true}\n' * 100)


def main():
    path, record, mood = sys.argv[1:]
    peer = Peer(path, record, json.loads(mood))
    threading.Thread(target=peer.accept, daemon=True).start()
    peer.appear()
    print("listening", flush=True)
    for line in sys.stdin:
        peer.behave(json.loads(line))
        print("so it is", flush=True)


if __name__ == "__main__":
    main()
