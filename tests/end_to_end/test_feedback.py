"""What feedback promises as a whole: every message accounted for wherever one looks, order for each
producer, few words, and nothing left behind, whoever ends meanwhile."""

import collections
import contextlib
import http.client
import random
import signal
import sqlite3
import threading
import time

from feedback_harness import FeedbackTest, account, message
from harness import Repeating, eventually, main

COUNTS = ("delivered", "rejected", "dropped", "queued", "in_flight")


class Looks:
    """Looks at a process all the time, where Prometheus, people and probes look: it is healthy, and
    each peer's account is exact. `process` may be another one meanwhile, or none."""

    def __init__(self, process=None):
        self.process = process
        self.count = 0
        self._wrong = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._ended.wait(0.02) and not self._wrong:
            process = self.process
            if not process:
                continue
            try:
                self._look(process)
                self.count += 1
            except (OSError, http.client.HTTPException):
                pass  # it ends, or begins
            except Exception as wrong:  # pylint: disable=broad-except
                ends = self.process is not process or "the process is ending" in str(wrong)
                self._wrong = None if ends else wrong

    def _look(self, process):
        status, _, text = process.get("/healthz")
        assert status == 200, text
        metrics = process.metrics()
        for key in metrics["ebbgate_feedback_accepted_total"]:
            wrong = account(metrics, dict(key)["peer"])
            assert not wrong, wrong
        for peer in process.api("feedback")["items"]:
            assert peer["accepted"] == sum(peer[count] for count in COUNTS), peer

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *unused):
        self._ended.set()
        self._thread.join()
        if kind is None:
            if self._wrong:
                raise self._wrong
            assert self.count > 0, "nothing was seen"


def is_ascending(numbers):
    return all(earlier < later for earlier, later in zip(numbers, numbers[1:]))


class PromiseTest(FeedbackTest):

    def assert_nothing_stays(self, process):
        """What was delivered is not kept."""
        self.assertEqual(process.stop()[0], 0)
        with contextlib.closing(sqlite3.connect(self.database)) as database:
            self.assertEqual(database.execute("SELECT number, job_id FROM feedback").fetchall(), [])

    def waits(self, process, peer="sidecar"):
        status = self.status(process, peer)
        return status["queued"] + status["in_flight"]

    def test_a_web_page_cannot_post(self):
        peer = self.peer().start()
        self.feed(peer.settings())
        process = self.start()
        status, _, text = process.get("/api/v1/feedback/sidecar", "POST",
                                      {"Origin": "http://127.0.0.1:9911", "Content-Length": "0"})
        self.assertEqual(status, 403)
        self.assertIn("web page", text)
        self.assertEqual(self.status(process)["accepted"], 0)

    def test_an_outage_takes_two_lines_of_the_log_and_the_second_tells_what_it_cost(self):
        peer = self.peer().start("accept_then_close")
        self.feed(peer.settings(queue=5, attempts=1000,
                                reconnect={"base": "20ms", "max": "300ms"}))
        process = self.start()
        eventually(lambda: self.level(process) >= 1, "it began")
        # One of them may be on its way, and not in the queue.
        dropped = sum(self.post(process, [message(n)])[1]["dropped"] for n in range(20))
        self.assertIn(dropped, (14, 15))
        eventually(lambda: self.level(process) == 5, "it takes long")
        peer.kill()
        eventually(lambda: self.attempts(process).get("refused", 0) >= 2, "nobody is there")
        peer.start("good")
        self.wait_until_done(process, 20)
        attempts = int(sum(self.attempts(process).values()))
        told = self.log_lines(process)
        self.assertEqual([line.split()[1] for line in told], ["warn", "info"], told)
        self.assertIn("closed by the peer; the next attempt is in 20ms", told[0])
        # The attempt that failed first is the outage's cause, and not one of its attempts.
        self.assertRegex(told[1], rf"answers again after \S+ and {attempts - 1} attempts; "
                                  rf"{dropped} messages were dropped meanwhile")
        self.assertEqual(self.done(process), {"delivered": 20 - dropped, "dropped": dropped})

    def test_a_socket_that_appears_is_tried_early_again_after_each_scheduled_attempt(self):
        base = 3
        peer = self.peer()
        self.feed(peer.settings(reconnect={"base": f"{base}s", "factor": 4, "max": "10m"}))
        begin = time.monotonic()
        process = self.start()
        eventually(lambda: self.level(process) == 1, "it was found absent")

        def appear(attempts):
            peer.kill()
            peer.start("accept_then_close")
            return eventually(lambda: len(peer.events("accepted")) >= attempts
                              and peer.events("accepted"), "it is tried")

        appear(1)
        peer.kill()
        peer.start("accept_then_close")
        early, scheduled, *_ = eventually(
            lambda: len(peer.events("accepted")) >= 2 and peer.events("accepted"), "it is due")
        self.assertGreaterEqual(scheduled.at - begin, base)
        self.assertLess(early.at, scheduled.at)
        eventually(lambda: self.level(process) == 2, "the scheduled one counts")
        appeared = time.monotonic()
        again = appear(3)[2]
        # The next scheduled one is four times the base away; this one is not.
        self.assertGreater(again.at, appeared)
        self.assertLess(again.at, scheduled.at + 4 * base)
        eventually(lambda: self.attempts(process) == {"refused": 1, "closed": 3}, "all are counted")
        self.assertEqual(self.level(process), 2)

    def test_attempts_of_a_message_count_on_after_a_clean_stop(self):
        peer = self.peer().start("hangs_up")
        self.feed(peer.settings(attempts=5, reconnect={"base": "500ms", "max": "500ms"}))
        process = self.start()
        self.post_all(process, range(2))
        eventually(lambda: len(peer.received()) >= 2, "it came twice")
        self.assertEqual(process.stop()[0], 0)
        before = len(peer.received())
        process = self.start()
        eventually(lambda: "1" in peer.job_ids(), "the next one's turn came")
        self.assertEqual(peer.job_ids().count("0"), 5, f"{before} of them before the stop")
        peer.behave("good")
        self.wait_until_done(process, 2)
        self.assertEqual(self.done(process), {"rejected": 1, "delivered": 1})

    def test_a_reload_moves_a_peer_to_another_socket_and_a_smaller_queue_drops_the_newest(self):
        absent, moved = self.peer(), self.peer("moved").start()
        self.feed(absent.settings(queue=20))
        process = self.start()
        with Looks(process):
            self.post_all(process, range(20))
            eventually(lambda: self.level(process) >= 1, "nobody is there")
            self.feed({**moved.settings(queue=8), "name": "sidecar"})
            process.send(signal.SIGHUP)
            self.wait_until_done(process, 20)
        # Of a smaller queue one more is on its way, where it was taken out before.
        delivered = int(self.done(process)["delivered"])
        self.assertIn(delivered, (8, 9))
        self.assertEqual(self.done(process), {"delivered": delivered, "dropped": 20 - delivered})
        self.assertEqual(moved.job_ids(), [str(n) for n in range(delivered)])
        self.assertEqual(absent.events(), [])

    def test_each_producers_order_is_kept_and_nothing_stays_in_the_database(self):
        # So quick that many are delivered before they are stored.
        peer = self.peer().start()
        self.feed(peer.settings(queue=10000))
        process = self.start()
        posted = collections.Counter()

        def producer(name, query):
            def produce(number):
                job_ids = [f"{name}.{2 * number}", f"{name}.{2 * number + 1}"]
                self.post_all(process, job_ids, query=query)
                posted[name] += 2
            return Repeating(produce, 100)

        with Looks(process), contextlib.ExitStack() as producers:
            for name in ("a", "b", "c"):
                producers.enter_context(producer(name, "?durable=true"))
                producers.enter_context(producer(name * 2, ""))
            eventually(lambda: min(posted.values(), default=0) >= 100 and len(posted) == 6,
                       "everybody posted")
        self.wait_until_done(process, sum(posted.values()))
        self.assertEqual(self.done(process), {"delivered": sum(posted.values())})
        received = collections.defaultdict(list)
        for job_id in peer.job_ids():
            name, number = job_id.split(".")
            received[name].append(int(number))
        self.assertEqual(received, {name: list(range(count)) for name, count in posted.items()})
        self.assert_nothing_stays(process)

    def test_whoever_ends_no_durable_message_is_lost_and_order_holds(self):
        peer = self.peer().start("slow", seconds=0.001)
        self.feed(peer.settings(queue=10000, attempts=1000,
                                reconnect={"base": "20ms", "max": "100ms"}))
        luck = random.Random(time.time_ns())
        taken, posted, ended = [], 0, threading.Event()

        def end_peer():
            while not ended.wait(luck.uniform(0.1, 0.6)):
                peer.kill()
                ended.wait(luck.choice([0, luck.uniform(0, 0.4)]))
                peer.start(luck.choice(["good", "slow"]), seconds=0.001)

        ending = threading.Thread(target=end_peer, daemon=True)
        looks = Looks()
        with looks:
            ending.start()
            for _ in range(8):
                process = looks.process = self.start()
                killer = threading.Timer(luck.uniform(0.1, 1.2),
                                         luck.choice([process.kill, process.stop]))
                killer.start()
                while True:
                    posted += 1
                    try:
                        status, _ = self.post(process, [message(posted)], query="?durable=true")
                    except (OSError, ValueError, http.client.HTTPException):
                        break  # whether it was taken is not known
                    if status == 202:
                        taken.append(posted)
                looks.process = None
                killer.join()
            ended.set()
            ending.join()
            process = looks.process = self.start()
            eventually(lambda: self.waits(process) == 0, "everything was sent")
            self.assertEqual(self.done(process).keys() - {"delivered"}, set())
        received = collections.defaultdict(list)
        for one in peer.received():
            received[one.connection].append(int(one.job_id))
        for connection, numbers in received.items():
            self.assertTrue(is_ascending(numbers), (connection, numbers))
        firsts = list(dict.fromkeys(n for numbers in received.values() for n in numbers))
        self.assertTrue(is_ascending(firsts), firsts)
        self.assertEqual(set(taken) - set(firsts), set())
        self.assertGreater(len(taken), 20)
        self.assertGreater(len({run for run, _ in received}), 3, "the peer ended often enough")
        self.assert_nothing_stays(process)


if __name__ == "__main__":
    main()
