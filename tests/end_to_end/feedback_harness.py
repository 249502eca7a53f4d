"""What tests of feedback share: the scripted peer, producers, the accounting of every scrape."""

import collections
import contextlib
import http.client
import json
import pathlib
import subprocess
import sys
import threading

from harness import EndToEndTest, eventually, total

PEER = pathlib.Path(__file__).with_name("peer.py")

# Quick to dial again, and in no hurry: a peer that works may be slow on a busy machine.
QUICK = {"timeouts": {"dial": "10s", "write": "10s", "ack": "10s"},
         "reconnect": {"base": "50ms", "max": "400ms"}}
# For peers that keep one waiting.
HASTY_SECONDS = 0.7
HASTY = {"dial": "700ms", "write": "700ms", "ack": "700ms"}

Event = collections.namedtuple("Event", "at connection what more")
Received = collections.namedtuple("Received", "at connection job_id message")


class ScriptedPeer:
    """peer.py: what it is told to do, and what it saw across all its runs."""

    def __init__(self, folder, name="sidecar"):
        self.name = name
        self.socket = pathlib.Path(folder) / f"{name}.sock"
        self._record = pathlib.Path(folder) / f"{name}.record"
        self._child = None

    def settings(self, **more):
        return {"name": self.name, "socket": str(self.socket), **QUICK, **more}

    def start(self, mood="good", **more):
        assert self._child is None, "it runs"
        self._child = subprocess.Popen(
            [sys.executable, "-S", "-E", PEER, self.socket, self._record,
             json.dumps({"mood": mood, **more})], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._child.stdout.readline() == b"listening\n"
        return self

    def behave(self, mood, **more):
        self._child.stdin.write((json.dumps({"mood": mood, **more}) + "\n").encode())
        self._child.stdin.flush()
        assert self._child.stdout.readline() == b"so it is\n"

    def running(self):
        return self._child is not None and self._child.poll() is None

    def kill(self):
        """kill -9; its socket's file stays."""
        if self._child:
            self._child.kill()
            self.gone()

    def gone(self):
        """After it ended by itself."""
        self._child.wait()
        self._child.stdin.close()
        self._child.stdout.close()
        self._child = None

    def events(self, what=None):
        """In order. Numbers of connections count on from one run to the next."""
        if not self._record.exists():
            return []
        events, run, last = [], -1, 0
        for line in self._record.read_text().split("\n")[:-1]:
            at, number, kind, *more = json.loads(line)
            if kind == "accepted":
                run += number == 1
                last = max(last, number)
            events.append(Event(at, (run, number), kind, more[0] if more else None))
        return [event for event in events if what in (None, event.what)]

    def received(self):
        """Every message, again and again where it came again."""
        return [Received(event.at, event.connection, message["job_id"], message)
                for event in self.events("message") for message in [json.loads(event.more)]]

    def job_ids(self):
        return [one.job_id for one in self.received()]


def message(job_id, **more):
    return {"job_id": str(job_id), "features": [1, 2.5, -3e-3], "true_score": 50, **more}


def lines(messages):
    return "".join(json.dumps(one) + "\n" for one in messages)


class Scrapes:
    """Scrapes a process all the time, and holds every scrape to the account: all that was accepted
    is delivered, rejected, dropped, queued or in flight. `process` may be another one meanwhile, or
    none."""

    def __init__(self, process=None):
        self.process = process
        self.count = 0
        self._wrong = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        self._scrape()
        while not self._ended.wait(0.02):
            self._scrape()

    def _scrape(self):
        process = self.process
        if not process:
            return
        try:
            metrics = process.metrics()
        except (OSError, http.client.HTTPException):
            return  # it ends, or begins
        except AssertionError as wrong:
            # An exposition with a fault, unless it ended in the middle of it.
            if process.running() and self.process is process:
                self._wrong.append(str(wrong))
            return
        self.count += 1
        for peer in metrics.get("ebbgate_feedback_accepted_total", {}):
            wrong = account(metrics, dict(peer)["peer"])
            if wrong:
                self._wrong.append(wrong)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *unused):
        self._ended.set()
        self._thread.join()
        if kind is None:
            assert not self._wrong, self._wrong[:3]
            assert self.count > 0, "nothing was scraped"


def account(metrics, peer):
    """What is wrong with a peer's account; empty: nothing."""
    accepted = total(metrics, "ebbgate_feedback_accepted_total", peer=peer)
    parts = {result: total(metrics, "ebbgate_feedback_messages_total", peer=peer, result=result)
             for result in ("delivered", "rejected", "dropped")}
    parts["queued"] = total(metrics, "ebbgate_feedback_queue_length", peer=peer)
    parts["in_flight"] = total(metrics, "ebbgate_feedback_in_flight", peer=peer)
    if accepted == sum(parts.values()) and parts["in_flight"] in (0, 1):
        return ""
    return f"{peer}: {accepted} accepted, but {parts}"


class FeedbackTest(EndToEndTest):

    def setUp(self):
        super().setUp()
        self._peers = []
        # Before the folder goes; addCleanup() would come too late.
        self.addCleanup(self.end_peers)

    def end_peers(self):
        for peer in self._peers:
            peer.kill()

    def peer(self, name="sidecar"):
        peer = ScriptedPeer(self.folder, name)
        self._peers.append(peer)
        return peer

    def feed(self, *peers, workloads=(), **settings):
        """Configures these peers' settings."""
        return self.configure(list(workloads), feedback=list(peers), **settings)

    def post(self, process, body, peer="sidecar", query=""):
        """(status, JSON) of one request; `body` is text, or a list of messages."""
        body = lines(body) if isinstance(body, list) else body
        body = body.encode() if isinstance(body, str) else body
        connection = http.client.HTTPConnection(*process.address(), timeout=10)
        with contextlib.closing(connection):
            connection.request("POST", f"/api/v1/feedback/{peer}{query}", body)
            response = connection.getresponse()
            return response.status, json.loads(response.read())

    def post_all(self, process, job_ids, peer="sidecar", query=""):
        job_ids = list(job_ids)
        self.assertEqual(self.post(process, [message(one) for one in job_ids], peer, query),
                         (202, {"queued": len(job_ids), "dropped": 0}))

    def status(self, process, peer="sidecar"):
        return next(one for one in process.api("feedback")["items"] if one["peer"] == peer)

    def level(self, process, peer="sidecar"):
        return total(process.metrics(), "ebbgate_reconnect_backoff_level", peer=peer)

    def next_attempt(self, process, peer="sidecar"):
        return total(process.metrics(), "ebbgate_peer_next_attempt_timestamp_seconds",
                     peer=peer)

    def done(self, process, peer="sidecar"):
        """{result: count} of messages that are done."""
        metrics = process.metrics()
        self.assertEqual(account(metrics, peer), "")
        counts = {result: total(metrics, "ebbgate_feedback_messages_total", peer=peer,
                                result=result) for result in ("delivered", "rejected", "dropped")}
        return {result: count for result, count in counts.items() if count}

    def disconnects(self, process, peer="sidecar"):
        """{reason: count}"""
        series = process.metrics()["ebbgate_feedback_disconnects_total"]
        return {dict(key)["reason"]: count for key, count in series.items()
                if count and ("peer", peer) in key}

    def attempts(self, process, peer="sidecar"):
        """{outcome: count}"""
        series = process.metrics()["ebbgate_reconnect_attempts_total"]
        return {dict(key)["outcome"]: count for key, count in series.items()
                if count and ("peer", peer) in key}

    def wait_until_done(self, process, count, peer="sidecar"):
        eventually(lambda: sum(self.done(process, peer).values()) >= count,
                   f"{count} messages to {peer} are done")

    def log_lines(self, process, peer="sidecar", above_debug=False):
        own = [line for line in process.log().split("\n") if line.endswith(f"peer={peer}")]
        return [line for line in own if not (above_debug and line.split()[1] == "debug")]
