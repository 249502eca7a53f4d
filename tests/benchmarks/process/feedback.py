"""Feedback: how fast a queue that never runs empty is delivered, beside a bare loop that sends the
same to the same peer; and how long a producer waits for its POST while the peer hangs."""

import json
import os
import select
import socket
import statistics
import subprocess
import time

import harness
from support import cpu_by_thread, percentile

ECHO = os.environ["EBBGATE_ECHO"]
ROUNDS = 7
MESSAGES = 50_000  # of a round
IN_A_BODY = 2_000
POSTS = 1_000
PATIENCE = 120
SMALLEST = {"ROUNDS": 1, "MESSAGES": 200, "IN_A_BODY": 100, "POSTS": 20}


def measure(bench):
    echo, hanging = bench.folder / "echo.sock", bench.folder / "hanging.sock"
    bench.configure([], feedback=[
        {"name": "echo", "socket": str(echo), "queue": MESSAGES},
        {"name": "hanging", "socket": str(hanging), "queue": 10 * POSTS}])
    process = bench.start()
    _measure_delivery(bench, process, echo)
    _measure_posts(bench, process, hanging)


class Peer:
    """Answers, and times the first MESSAGES that come on a connection."""

    def __init__(self, path):
        self._child = subprocess.Popen([ECHO, "serve", path, str(MESSAGES)],
                                       stdout=subprocess.PIPE, bufsize=0)
        self._line()  # it listens

    def _line(self):
        if not select.select([self._child.stdout], [], [], PATIENCE)[0]:
            raise AssertionError(f"the peer said nothing for {PATIENCE} s")
        return self._child.stdout.readline()

    def rate(self):
        """Messages per second, once they have come."""
        return MESSAGES / float(self._line())

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self._child.kill()
        self._child.wait()
        self._child.stdout.close()


def _message(number):
    return (f'{{"job_id":"{number:032x}","features":[3,1.25,0.042,1,2.5,0,1],"true_score":100}}'
            .encode())


def _measure_delivery(bench, process, path):
    rates = {"ebbgate": [], "bare": []}
    cpu = []

    def ebbgate():
        before = cpu_by_thread(process.pid)["feedback"]
        with Peer(path) as peer:
            rates["ebbgate"].append(peer.rate())
        cpu.append((cpu_by_thread(process.pid)["feedback"] - before) / MESSAGES)

    def bare():
        apart = path.with_suffix(".bare")
        with Peer(apart) as peer:
            subprocess.run([ECHO, "send", apart, str(MESSAGES), _message(0)], check=True,
                           timeout=PATIENCE)
            rates["bare"].append(peer.rate())

    for number in range(ROUNDS):
        _fill(process)
        for turn in (ebbgate, bare) if number % 2 else (bare, ebbgate):
            turn()
    done = {result: harness.total(process.metrics(), "ebbgate_feedback_messages_total",
                                  peer="echo", result=result)
            for result in ("delivered", "rejected", "dropped")}
    if done != {"delivered": ROUNDS * MESSAGES, "rejected": 0, "dropped": 0}:
        raise AssertionError(f"not all messages were delivered: {done}")
    ratios = [one / other for one, other in zip(rates["ebbgate"], rates["bare"])]
    bench.report("delivered, median", statistics.median(rates["ebbgate"]), "messages/s")
    bench.report("bare loop, median", statistics.median(rates["bare"]), "messages/s")
    bench.report("delivered / bare loop, median", statistics.median(ratios), "", 0.7,
                 at_least=True)
    bench.report("delivered / bare loop, least", min(ratios), "")
    bench.report("CPU of Ebbgate for a message", statistics.median(cpu) * 1e6, "µs")


def _fill(process):
    for first in range(0, MESSAGES, IN_A_BODY):
        body = b"\n".join(map(_message, range(first, first + IN_A_BODY)))
        _, answer = _request(process.address(), "POST /api/v1/feedback/echo", body)
        if json.loads(answer) != {"queued": IN_A_BODY, "dropped": 0}:
            raise AssertionError(f"not all messages were queued: {answer}")


def _measure_posts(bench, process, path):
    posts, looks = [], []

    def post(number):
        seconds, answer = _request(process.address(), "POST /api/v1/feedback/hanging",
                                   _message(number))
        posts.append(seconds)
        if json.loads(answer) != {"queued": 1, "dropped": 0}:
            raise AssertionError(f"a message was not queued: {answer}")

    def look(_):
        looks.append(_request(process.address(), "GET /healthz")[0])

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()  # and never accepts
        for number in range(POSTS):
            # What comes after the pause is slower than what comes after that.
            for turn in (post, look) if number % 2 else (look, post):
                turn(number)
            time.sleep(0.005)  # so that what is measured spans outages and attempts
        harness.eventually(
            lambda: harness.total(process.metrics(), "ebbgate_feedback_disconnects_total",
                                  peer="hanging", reason="timeout"), "the peer was seen to hang")
    for percent in (50, 99):
        bench.report(f"POST while the peer hangs, p{percent}", percentile(posts, percent) * 1e3,
                     "ms", 2 if percent == 99 else None)
    bench.report("POST while the peer hangs, max", max(posts) * 1e3, "ms")
    for percent in (50, 99):
        bench.report(f"GET /healthz in turn with it, p{percent}",
                     percentile(looks, percent) * 1e3, "ms")


def _request(address, request, body=b""):
    """(seconds from before connecting to the end of the reply, its body)."""
    head = f"{request} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    begin = time.monotonic()
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(head.encode() + body)
        reply = b""
        while piece := connection.recv(65536):
            reply += piece
    return time.monotonic() - begin, reply.partition(b"\r\n\r\n")[2]
