"""When a peer that is gone, or no good, is dialled: judged by what the peer saw."""

import os
import shutil
import statistics
import time

from feedback_harness import FeedbackTest
from harness import eventually, main

LONG = {"base": "10m", "max": "10m"}


class BackoffTest(FeedbackTest):

    def gaps(self, peer):
        """Seconds from each closing of a connection by the peer to the next attempt."""
        closings, attempts = peer.events("closing"), peer.events("accepted")
        return [later.at - earlier.at for earlier, later in zip(closings, attempts[1:])]

    def assert_waits(self, gaps, base, cap):
        for n, gap in enumerate(gaps):
            self.assertGreaterEqual(gap, min(base * 2 ** n, cap), f"wait {n + 1} of {gaps}")

    def test_attempts_on_a_peer_that_accepts_and_closes_follow_the_backoff_and_do_not_spin(self):
        peer = self.peer().start("accept_then_close")
        self.feed(peer.settings(attempts=1000, reconnect={"base": "20ms", "max": "1200ms"}),
                  log={"level": "debug"})
        process = self.start()
        self.post_all(process, range(10))
        eventually(lambda: len(peer.events("accepted")) >= 11, "it was tried 11 times")
        gaps = self.gaps(peer)[:10]
        self.assert_waits(gaps, 0.02, 1.2)
        # 20 · 2^6 is above the longest; a busy machine adds to some, but hardly to most.
        self.assertLess(statistics.median(gaps[6:]), 1.2 * 2)
        self.assertEqual(self.level(process), 7)
        # All that it did cost: a line an attempt, one of them above debug.
        told = self.log_lines(process)
        self.assertLessEqual(len(told), len(peer.events("accepted")))
        self.assertEqual([line.split()[1] for line in told], ["warn"] + ["debug"] * (len(told) - 1))
        self.assertEqual(self.done(process), {})

    def test_only_an_answer_ends_the_backoff(self):
        peer = self.peer().start("never")
        self.feed(peer.settings(attempts=1000, timeouts={"ack": "300ms"},
                                reconnect={"base": "20ms", "max": "200ms"}))
        process = self.start()
        self.post_all(process, range(2))
        eventually(lambda: self.level(process) >= 4, "its level rose")
        # It accepts, and reads, and is not believed.
        self.assertGreaterEqual(len(peer.received()), 3)
        peer.behave("rejecting")
        self.wait_until_done(process, 2)
        eventually(lambda: self.level(process) == 0, "it is believed")
        self.assertEqual(self.done(process), {"rejected": 2})

    def test_after_kill_9_in_an_outage_the_backoff_goes_on_where_it_was(self):
        peer = self.peer().start("accept_then_close")
        self.feed(peer.settings(attempts=1000, reconnect={"base": "400ms", "max": "1m"}))
        process = self.start()
        self.post_all(process, range(2), query="?durable=true")
        eventually(lambda: self.level(process) == 4, "its level rose")
        # Commits are made in order: what was to be stored before this is stored.
        self.post_all(process, [2], query="?durable=true")
        before = self.next_attempt(process)
        process.kill()
        attempts = len(peer.events("accepted"))
        self.assertEqual(attempts, 4)
        peer.behave("good")

        process = self.start()
        status = self.status(process)
        if not status["up"]:  # unless the start took longer than the wait
            self.assertEqual(status["level"], 4)
            self.assertEqual(self.level(process), 4)
            self.assertAlmostEqual(self.next_attempt(process), before, delta=0.1)
        self.wait_until_done(process, 3)
        self.assert_waits(self.gaps(peer), 0.4, 60)
        self.assertEqual(peer.job_ids(), ["0", "1", "2"])
        self.assertEqual(self.level(process), 0)
        # And that is stored too.
        self.post_all(process, [3], query="?durable=true")
        process.kill()
        process = self.start()
        self.assertEqual(self.level(process), 0)

    def test_a_level_goes_up_from_where_it_was_before_a_restart(self):
        peer = self.peer().start("accept_then_close")
        self.feed(peer.settings(attempts=1000, reconnect={"base": "200ms", "max": "1m"}))
        process = self.start()
        eventually(lambda: self.level(process) == 3, "its level rose")
        self.assertEqual(process.stop()[0], 0)
        process = self.start()
        eventually(lambda: len(peer.events("accepted")) == 5, "it was tried twice more")
        self.assert_waits(self.gaps(peer), 0.2, 60)
        eventually(lambda: self.level(process) == 5, "its level rose by two")


class AppearingTest(FeedbackTest):

    def absent(self, socket=None, **more):
        """A peer that was found absent and is due in ten minutes, and its process."""
        peer = self.peer()
        peer.socket = socket or peer.socket
        self.feed(peer.settings(reconnect=LONG, **more))
        process = self.start()
        eventually(lambda: self.level(process) == 1, "it was found absent")
        return peer, process

    def test_a_socket_that_appears_is_tried_at_once(self):
        peer, process = self.absent()
        self.post_all(process, range(3))
        peer.start()
        self.wait_until_done(process, 3)
        self.assertEqual(peer.job_ids(), ["0", "1", "2"])
        self.assertEqual(self.level(process), 0)
        self.assertEqual(self.attempts(process), {"refused": 1, "connected": 1})

    def test_a_socket_whose_folder_is_made_anew_is_tried_at_once(self):
        run = self.folder / "run"
        for there in (True, False):
            with self.subTest(there_at_the_start=there):
                if there:
                    (run / "app").mkdir(parents=True)
                peer, process = self.absent(run / "app" / "s")
                self.post_all(process, range(3))
                shutil.rmtree(run, ignore_errors=True)
                (run / "app").mkdir(parents=True)
                peer.start()
                self.wait_until_done(process, 3)
                self.assertEqual(self.attempts(process), {"refused": 1, "connected": 1})
                process.stop()
                peer.kill()
                shutil.rmtree(run)
                self.database.unlink()

    def test_a_socket_that_appears_again_and_again_is_tried_once_for_each_scheduled_attempt(self):
        peer, process = self.absent(attempts=1000)
        due = self.next_attempt(process)
        self.post_all(process, range(3))
        peer.start("accept_then_close")
        eventually(lambda: self.attempts(process).get("closed"), "it is tried")
        for _ in range(4):
            peer.kill()
            os.unlink(peer.socket)
            peer.start("accept_then_close")
            time.sleep(0.3)  # many times what the first one took
        self.assertEqual(len(peer.events("accepted")), 1)
        self.assertEqual(self.attempts(process), {"refused": 1, "closed": 1})
        # Nothing of that moved the schedule or raised a level.
        self.assertEqual(self.level(process), 1)
        self.assertAlmostEqual(self.next_attempt(process), due, delta=0.1)

    def test_a_socket_that_is_there_at_the_start_is_no_appearance(self):
        peer, process = self.absent()
        self.post_all(process, [0], query="?durable=true")
        process.kill()
        peer.start()
        process = self.start()
        time.sleep(0.5)
        self.assertEqual(peer.events(), [])
        self.assertEqual(self.attempts(process), {})
        self.assertEqual((self.level(process), self.done(process)), (1, {}))


class RequirementTest(FeedbackTest):

    def refused(self, **require):
        peer = self.peer().start()
        os.chmod(peer.socket, 0o640)
        self.feed(peer.settings(require=require))
        process = self.start()
        self.post_all(process, range(2))
        eventually(lambda: self.attempts(process).get("refused", 0) >= 2, "it is refused")
        self.assertEqual(peer.events(), [])
        self.assertEqual(self.done(process), {})
        return peer, process, self.status(process)["problem"]

    def test_a_socket_with_another_mode_gets_nothing_until_it_has_the_right_one(self):
        peer, process, problem = self.refused(mode="0600")
        self.assertIn("has mode 0640, not 0600", problem)
        self.assertEqual(len(self.log_lines(process, above_debug=True)), 1)
        os.chmod(peer.socket, 0o600)
        self.wait_until_done(process, 2)
        self.assertEqual(self.done(process), {"delivered": 2})

    def test_a_socket_of_another_owner_gets_nothing(self):
        _, _, problem = self.refused(owner=str(os.getuid() + 1))
        self.assertIn(f"belongs to user {os.getuid()}, not to {os.getuid() + 1}", problem)

    def test_a_socket_of_the_right_owner_and_mode_gets_everything(self):
        peer = self.peer().start()
        os.chmod(peer.socket, 0o600)
        self.feed(peer.settings(require={"owner": str(os.getuid()), "mode": "0600"}))
        process = self.start()
        self.post_all(process, range(2))
        self.wait_until_done(process, 2)
        self.assertEqual(self.attempts(process), {"connected": 1})

    def test_a_file_that_is_no_socket_is_told_as_such(self):
        peer = self.peer()
        peer.socket.write_text("")
        self.feed(peer.settings())
        process = self.start()
        eventually(lambda: "is not a socket" in (self.status(process)["problem"] or ""),
                   "it is told")
        peer.start()
        self.post_all(process, range(2))
        self.wait_until_done(process, 2)


if __name__ == "__main__":
    main()
