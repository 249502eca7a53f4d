"""Peers in every mood: each is cut off for its own reason, and nobody else is slowed down."""

import itertools
import threading
import time

from feedback_harness import HASTY, HASTY_SECONDS, FeedbackTest, message
from harness import SANITIZER, allowed, eventually, main, replace

LONG = "x" * 900_000
GARBAGE = ["nonsense", "", "[]", "{}", '{"ok": "yes"}', '{"ok": true', '{"ok": NaN}', "\xff\x00",
           '{"ok": false, "retryable": 1}', '{"ok": true, "job_id": 7}', "[" * 5000]


class AnsweringTest(FeedbackTest):
    """Peers that answer, in whatever form."""

    def test_a_peer_gets_every_message_as_it_was_sent_in_order_and_once(self):
        for mood, more in [("good", {}), ("slow", {"seconds": 0.02}), ("pieces", {}),
                           ("unknown_members", {}), ("bare", {})]:
            with self.subTest(mood=mood):
                peer = self.peer(mood).start(mood, **more)
                self.feed(peer.settings())
                process = self.start()
                sent = [message(n, event={"ä": "\u2028\\n"}, other=[None, {}]) for n in range(20)]
                self.assertEqual(self.post(process, sent, peer.name)[0], 202)
                self.wait_until_done(process, 20, peer.name)
                self.assertEqual([one.message for one in peer.received()], sent)
                self.assertEqual(self.done(process, peer.name), {"delivered": 20})
                self.assertEqual(self.attempts(process, peer.name), {"connected": 1})
                self.assertEqual(self.disconnects(process, peer.name), {})
                self.assertEqual(self.log_lines(process, peer.name), [])
                status = self.status(process, peer.name)
                self.assertEqual((status["up"], status["level"]), (True, 0))
                self.assertIsNone(status["problem"])
                process.kill()

    def test_one_message_goes_out_when_the_one_before_it_was_answered(self):
        peer = self.peer().start("slow", seconds=0.05)
        self.feed(peer.settings())
        self.post_all(self.start(), range(10))
        eventually(lambda: len(peer.events("answered")) == 10, "all are answered")
        order = [event.what for event in peer.events()]
        self.assertEqual(order, ["accepted"] + ["message", "answered"] * 10)

    def test_what_a_peer_rejects_is_counted_and_the_rest_goes_on(self):
        peer = self.peer().start("rejecting")
        self.feed(peer.settings(), log={"level": "debug"})
        process = self.start()
        self.post_all(process, range(5))
        self.wait_until_done(process, 5)
        peer.behave("good")
        self.post_all(process, range(5, 10))
        self.wait_until_done(process, 10)
        self.assertEqual(self.done(process), {"rejected": 5, "delivered": 5})
        self.assertEqual(peer.job_ids(), [str(n) for n in range(10)])
        self.assertEqual(self.disconnects(process), {})
        self.assertEqual(self.attempts(process), {"connected": 1})
        self.assertEqual(self.log_lines(process, above_debug=True), [])
        process.says("not wanted")

    def test_a_message_that_a_peer_asks_to_send_later_comes_first_on_the_next_connection(self):
        peer = self.peer().start("retryable", times=3)
        self.feed(peer.settings())
        process = self.start()
        self.post_all(process, range(5))
        self.wait_until_done(process, 5)
        self.assertEqual(self.done(process), {"delivered": 5})
        self.assertEqual(peer.job_ids(), ["0", "0", "0", "0", "1", "2", "3", "4"])
        self.assertEqual([one.connection[1] for one in peer.received()], [1, 2, 3, 4, 4, 4, 4, 4])
        self.assertEqual(self.disconnects(process), {"retryable": 3})
        self.assertEqual(self.attempts(process), {"closed": 3, "connected": 1})
        self.assert_first_failure_and_recovery_are_told(process, "busy")

    def test_a_message_has_so_many_attempts_and_no_more(self):
        peer = self.peer().start("retryable", times=4)
        self.feed(peer.settings(attempts=4))
        process = self.start()
        self.post_all(process, range(3))
        self.wait_until_done(process, 3)
        self.assertEqual(self.done(process), {"rejected": 1, "delivered": 2})
        self.assertEqual(peer.job_ids(), ["0", "0", "0", "0", "1", "2"])

    def assert_first_failure_and_recovery_are_told(self, process, problem):
        told = self.log_lines(process, above_debug=True)
        self.assertEqual([line.split()[1] for line in told], ["warn", "info"], told)
        self.assertIn(problem, told[0])
        self.assertRegex(told[1], "answers again after .* attempts; 0 messages were dropped")


class CutOffTest(FeedbackTest):
    """Peers that do not answer as they should: each is cut off and counted, and its message waits,
    until it behaves."""

    def assert_cut_off(self, mood, reason, messages=None, **more):
        peer = self.peer().start(mood, **more)
        settings = {"timeouts": HASTY} if reason == "timeout" else {}
        self.feed(peer.settings(attempts=1000, max_message="1MiB", **settings),
                  log={"level": "debug"})
        process = self.start()
        sent = messages or [message(n) for n in range(3)]
        for one in sent:
            self.assertEqual(self.post(process, [one]), (202, {"queued": 1, "dropped": 0}))
        eventually(lambda: self.disconnects(process).get(reason, 0) >= 2, f"{reason} is counted")
        self.assertEqual(set(self.disconnects(process)), {reason})
        self.assertEqual(set(self.attempts(process)),
                         {"timeout" if reason == "timeout" else "closed"})
        self.assertEqual(self.done(process), {})
        status = self.status(process)
        self.assertEqual(status["queued"] + status["in_flight"], len(sent))
        self.assertGreaterEqual(status["level"], 1)
        eventually(lambda: self.status(process)["problem"], "between attempts it is told why")
        peer.behave("good")
        self.wait_until_done(process, len(sent))
        self.assertEqual(self.done(process), {"delivered": len(sent)})
        firsts = list(dict.fromkeys(peer.job_ids()))
        self.assertEqual(firsts, [one["job_id"] for one in sent])
        self.assertEqual(self.status(process)["level"], 0)
        attempts = self.attempts(process)
        told = self.log_lines(process)
        self.assertLessEqual(len(told), sum(attempts.values()), told)
        above = self.log_lines(process, above_debug=True)
        self.assertEqual([line.split()[1] for line in above], ["warn", "info"], above)
        return peer, process

    def test_a_peer_that_accepts_and_closes(self):
        self.assert_cut_off("accept_then_close", "closed")

    def test_a_peer_that_takes_a_message_and_hangs_up(self):
        self.assert_cut_off("hangs_up", "closed")

    def test_a_peer_that_does_not_accept(self):
        peer = self.peer().start("deaf")
        self.feed(peer.settings(timeouts=HASTY), log={"level": "debug"})
        process = self.start()
        self.post_all(process, range(3))
        eventually(lambda: self.attempts(process).get("timeout", 0) >= 2, "the dial takes too long")
        self.assertEqual(self.attempts(process).keys(), {"timeout"})
        self.assertEqual((self.disconnects(process), self.done(process)), ({}, {}))
        process.says("was not accepted within 700ms")
        peer.behave("good")
        self.wait_until_done(process, 3)
        self.assertEqual(peer.job_ids(), ["0", "1", "2"])

    def test_a_peer_that_never_answers(self):
        self.assert_cut_off("never", "timeout")

    def test_a_peer_that_answers_too_late(self):
        peer, _ = self.assert_cut_off("late", "timeout", seconds=2 * HASTY_SECONDS)
        self.assertGreaterEqual(peer.job_ids().count("0"), 3)

    def test_a_peer_that_answers_by_and_by(self):
        self.assert_cut_off("trickle", "timeout")

    def test_a_peer_that_never_reads(self):
        self.assert_cut_off("never_reads", "timeout")

    def test_a_peer_that_never_reads_a_message_larger_than_the_socket_takes(self):
        _, process = self.assert_cut_off("never_reads", "timeout",
                                         messages=[message(0, event={"long": LONG})])
        process.says("did not read a message within 700ms")

    def test_a_peer_that_reads_a_byte_a_second(self):
        self.assert_cut_off("reads_a_byte_a_second", "timeout",
                            messages=[message(0, event={"long": LONG}), message(1)])

    def test_a_peer_that_answers_a_gigabyte_without_newline(self):
        peer, process = self.assert_cut_off("endless", "overlong")
        # What the kernel holds beside, and no more.
        self.assertLess(max(event.more for event in peer.events("sent")), 2 << 20)
        if not SANITIZER:
            self.assertLess(process.metrics()["process_resident_memory_bytes"][()], 100 << 20)

    def test_a_peer_that_answers_to_another_message(self):
        self.assert_cut_off("wrong_job_id", "garbage")

    def test_a_peer_that_floods_answers_unasked(self):
        # With a message on its way, the first of them counts as its answer, as it names no other.
        peer = self.peer().start("floods")
        self.feed(peer.settings(), log={"level": "debug"})
        process = self.start()
        eventually(lambda: self.disconnects(process).get("unasked", 0) >= 3, "it is cut off")
        self.assertEqual(set(self.disconnects(process)), {"unasked"})
        self.assertEqual(self.done(process), {})
        peer.behave("good")
        self.post_all(process, range(3))
        self.wait_until_done(process, 3)
        self.assertEqual(peer.job_ids(), ["0", "1", "2"])

    def test_a_peer_that_answers_twice_in_one_write(self):
        peer = self.peer().start("several")
        self.feed(peer.settings())
        process = self.start()
        self.post_all(process, range(3))
        self.wait_until_done(process, 3)
        self.assertEqual(self.done(process), {"delivered": 3})
        self.assertEqual(peer.job_ids(), ["0", "1", "2"])
        self.assertEqual([one.connection[1] for one in peer.received()], [1, 2, 3])
        eventually(lambda: self.disconnects(process) == {"unasked": 3}, "each time it is cut off")

    def test_a_peer_that_dies_in_the_middle_of_a_message(self):
        # Longer than one read takes.
        self.assert_dies("dies_reading", [message(0, event={"long": LONG}), message(1)])

    def test_a_peer_that_dies_in_the_middle_of_an_answer(self):
        self.assert_dies("half", [message(0), message(1)])

    def assert_dies(self, mood, messages):
        peer = self.peer().start(mood)
        self.feed(peer.settings(max_message="1MiB"))
        process = self.start()
        for one in messages:
            self.assertEqual(self.post(process, [one])[0], 202)
        eventually(lambda: not peer.running(), "it died")
        peer.gone()
        eventually(lambda: self.attempts(process).get("refused", 0) >= 2, "nobody is there")
        self.assertEqual(self.disconnects(process), {"closed": 1})
        peer.start()
        self.wait_until_done(process, 2)
        self.assertEqual(self.done(process), {"delivered": 2})
        firsts = list(dict.fromkeys(peer.job_ids()))
        self.assertEqual(firsts, ["0", "1"])

    def test_a_peer_that_answers_garbage(self):
        peer = self.peer()
        peer.start("garbage", garbage=GARBAGE[0])
        self.feed(peer.settings(attempts=1000, reconnect={"base": "20ms", "max": "20ms"}))
        process = self.start()
        self.post_all(process, range(3))
        for garbage in GARBAGE:
            peer.behave("garbage", garbage=garbage)
            enough = self.disconnects(process).get("garbage", 0) + 2
            eventually(lambda enough=enough: self.disconnects(process).get("garbage", 0) >= enough,
                       f"{garbage[:20]!r} is cut off")
        self.assertEqual(set(self.disconnects(process)), {"garbage"})
        self.assertEqual(self.done(process), {})
        peer.behave("good")
        self.wait_until_done(process, 3)
        self.assertEqual(self.done(process), {"delivered": 3})


class IsolationTest(FeedbackTest):

    def test_peers_in_every_bad_mood_at_once_slow_neither_a_good_one_nor_the_loop(self):
        moods = {"accept_then_close": {}, "deaf": {}, "endless": {}, "floods": {},
                 "garbage": {"garbage": "?"}, "hangs_up": {}, "never": {}, "never_reads": {},
                 "reads_a_byte_a_second": {}, "retryable": {"times": 1_000_000}, "trickle": {},
                 "wrong_job_id": {}}
        bad = [self.peer(mood).start(mood, **more) for mood, more in moods.items()]
        absent = self.peer("absent")
        good = self.peer("good").start()
        workload, commands = self.exec_workload("web", backoff={"base": "10ms", "max": "10ms"})
        self.feed(*[peer.settings(attempts=1000, timeouts=HASTY) for peer in [*bad, absent]],
                  good.settings(),
                  workloads=[workload], budget={"rate": "unlimited"})
        process = self.start()
        for peer in [*bad, absent]:
            self.post_all(process, range(100), peer.name)
        latencies, ended = [], threading.Event()

        def look():
            while not ended.wait(0.02):
                begin = time.monotonic()
                assert process.get("/healthz")[0] == 200
                latencies.append(time.monotonic() - begin)

        looking = threading.Thread(target=look, daemon=True)
        looking.start()
        deliveries, updates = [], []
        until = time.monotonic() + 4 * HASTY_SECONDS
        for n in itertools.takewhile(lambda _: time.monotonic() < until, itertools.count()):
            begin = time.monotonic()
            self.post_all(process, [n], "good")
            received = eventually(lambda n=n: [one for one in good.received()
                                               if one.job_id == str(n)], "it is delivered")
            deliveries.append(received[0].at - begin)
            begin = time.monotonic()
            replace(self.conf / "web", f"content {n}")
            updates.append(self.wait_for(commands.updates, n + 1)[-1].at - begin)
            self.wait_until_answered(process, "web")
        ended.set()
        looking.join()
        # None could hold anybody up for less than an answer may take.
        for what, seconds in [("delivery", deliveries), ("update", updates), ("look", latencies)]:
            self.assertLess(sorted(seconds)[len(seconds) // 2], allowed(HASTY_SECONDS / 2), what)
        for peer in bad:
            told = self.attempts if peer.name == "deaf" else self.disconnects
            self.assertTrue(told(process, peer.name), peer.name)
        self.assertEqual(self.attempts(process, "absent").keys(), {"refused"})
        self.assertEqual(self.done(process, "good"), {"delivered": len(deliveries)})
        self.assertEqual(self.attempts(process, "good"), {"connected": 1})
        self.assertEqual(self.log_lines(process, "good"), [])
        code, seconds = process.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, allowed(5))


if __name__ == "__main__":
    main()
