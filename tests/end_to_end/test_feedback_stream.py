"""No message is lost, doubled without need or out of order, whatever ends meanwhile; and the
account of messages is right at every scrape."""

import collections
import http.client
import random
import signal
import threading
import time

from feedback_harness import FeedbackTest, Scrapes, message
from harness import Repeating, allowed, eventually, main

SECONDS = 15
RATE = 200


class StreamTest(FeedbackTest):

    def waiting(self, process):
        """Messages that are neither done nor dropped."""
        status = self.status(process)
        return status["queued"] + status["in_flight"]

    def assert_in_order_and_doubled_only_unacknowledged(self, received):
        """Messages count up. One comes again only where its connection ended after it, and then
        first of all."""
        earlier = None
        for one in received:
            if earlier and one.job_id == earlier.job_id:
                self.assertNotEqual(one.connection, earlier.connection, one.job_id)
            elif earlier:
                self.assertGreater(int(one.job_id), int(earlier.job_id))
            earlier = one

    def test_a_stream_survives_a_peer_that_is_killed_and_restarted_at_random(self):
        peer = self.peer().start()
        self.feed(peer.settings(queue=100, attempts=100,
                                reconnect={"base": "20ms", "max": "200ms"}))
        process = self.start()
        taken, dropped = [], []

        def produce(number):
            status, answer = self.post(process, [message(number)])
            assert (status, answer["queued"] + answer["dropped"]) == (202, 1), answer
            (taken if answer["queued"] else dropped).append(str(number))

        luck = random.Random(time.time_ns())
        with Scrapes(process), Repeating(produce, RATE):
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                time.sleep(luck.uniform(0.1, 1))
                peer.kill()
                time.sleep(luck.choice([0, luck.uniform(0, 1)]))
                # While it takes its time, a message is on its way when it is killed.
                peer.start(luck.choice(["good", "slow"]), seconds=0.003)
            peer.behave("good")
        self.wait_until_done(process, len(taken) + len(dropped))

        counts = collections.Counter(self.done(process))
        self.assertEqual(counts, {"delivered": len(taken),
                                  **({"dropped": len(dropped)} if dropped else {})})
        received = peer.received()
        self.assertEqual(list(dict.fromkeys(one.job_id for one in received)), taken)
        self.assert_in_order_and_doubled_only_unacknowledged(received)
        runs = {one.connection[0] for one in received}
        self.assertGreater(len(runs), 3, "the peer was there, and gone, often enough")
        self.assertLessEqual(len(received) - len(taken), len(peer.events("accepted")))

    def test_what_was_accepted_durably_survives_ebbgate_being_killed_at_random(self):
        peer = self.peer().start("slow", seconds=0.001)
        self.feed(peer.settings(queue=10000, attempts=100))
        scrapes = Scrapes()
        luck = random.Random(time.time_ns())
        taken, number = [], 0
        with scrapes:
            for _ in range(6):
                process = scrapes.process = self.start()
                killer = threading.Timer(luck.uniform(0.1, 1), process.kill)
                killer.start()
                while True:
                    number += 1
                    try:
                        status, _ = self.post(process, [message(number)], query="?durable=true")
                    except (OSError, ValueError, http.client.HTTPException):
                        break  # killed; whether it was taken is not known
                    if status == 202:
                        taken.append(str(number))
                killer.join()
                scrapes.process = None
            process = scrapes.process = self.start()
            eventually(lambda: self.waiting(process) == 0, "everything was sent")
            self.assertEqual(self.done(process).keys() - {"delivered"}, set())
        self.assertGreater(len(taken), 20)
        received = peer.received()
        self.assertEqual(set(taken) - {one.job_id for one in received}, set())
        # A finished message's row goes in time, so kill -9 may bring the last ones again, in order.
        firsts = [int(job_id) for job_id in dict.fromkeys(one.job_id for one in received)]
        self.assertEqual(firsts, sorted(firsts))
        self.assertLessEqual(max(firsts), number)

    def test_a_clean_stop_keeps_what_waits_and_sends_it_in_order_after_the_start(self):
        peer = self.peer()
        self.feed(peer.settings(queue=50, reconnect={"base": "100ms", "max": "100ms"}))
        process = self.start()
        self.post_all(process, range(50))
        eventually(lambda: self.status(process)["level"] == 1, "nobody is there")
        for _ in range(2):
            self.assertEqual(process.stop()[0], 0)
            process = self.start()
            status = self.status(process)
            self.assertEqual((status["accepted"], status["dropped"]), (50, 0))
            self.assertEqual(self.waiting(process), 50)
        with Scrapes(process):
            peer.start()
            self.wait_until_done(process, 50)
        self.assertEqual(peer.job_ids(), [str(n) for n in range(50)])
        self.assertEqual(process.stop()[0], 0)
        process = self.start()
        self.assertEqual(self.status(process)["accepted"], 0)

    def test_a_stop_while_a_message_is_on_its_way_sends_it_again_first(self):
        peer = self.peer().start("never")
        self.feed(peer.settings(timeouts={"ack": "1m"}))
        process = self.start()
        self.post_all(process, range(3))
        eventually(lambda: peer.job_ids() == ["0"], "one is on its way")
        code, seconds = process.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, allowed(5))
        peer.behave("good")
        process = self.start()
        self.wait_until_done(process, 3)
        self.assertEqual(peer.job_ids(), ["0", "0", "1", "2"])


class ReloadTest(FeedbackTest):

    def reload(self, process, *peers):
        self.feed(*peers)
        process.send(signal.SIGHUP)

    def names(self, process):
        return [one["peer"] for one in process.api("feedback")["items"]]

    def test_reloads_add_change_and_remove_peers_and_lose_nothing(self):
        steady, changed, added = (self.peer(name).start()
                                  for name in ("steady", "changed", "added"))
        self.feed(steady.settings(), changed.settings())
        process = self.start()
        posted = collections.defaultdict(list)
        receivers = [steady, changed]

        def produce(number):
            for peer in list(receivers):
                status, answer = self.post(process, [message(number)], peer.name)
                assert (status, answer) == (202, {"queued": 1, "dropped": 0}), (status, answer)
                posted[peer.name].append(str(number))

        with Scrapes(process), Repeating(produce, 50):
            for round_ in range(5):
                self.reload(process, steady.settings(),
                            changed.settings(attempts=20 + round_))
                time.sleep(0.3)
            self.reload(process, steady.settings(), changed.settings(), added.settings())
            eventually(lambda: "added" in self.names(process), "it is there")
            receivers.append(added)
            time.sleep(0.5)
        for peer in receivers:
            self.assertGreater(len(posted[peer.name]), 5)
            self.wait_until_done(process, len(posted[peer.name]), peer.name)
            self.assertEqual(list(dict.fromkeys(peer.job_ids())), posted[peer.name])
            self.assertEqual(self.done(process, peer.name), {"delivered": len(posted[peer.name])})
        # Who is not changed keeps its connection.
        self.assertEqual(self.attempts(process, "steady"), {"connected": 1})
        self.assertEqual(self.disconnects(process, "steady"), {})
        self.assertEqual(self.disconnects(process, "changed").keys(), {"stopped"})

    def test_what_waits_for_a_peer_that_is_removed_waits_for_its_return(self):
        peer, other = self.peer(), self.peer("other").start()
        self.feed(peer.settings(), other.settings())
        process = self.start()
        self.post_all(process, range(20))
        self.reload(process, other.settings())
        eventually(lambda: self.names(process) == ["other"], "it is gone")
        self.assertEqual(self.post(process, [message(20)])[0], 404)
        self.assertNotIn('peer="sidecar"', process.get("/metrics")[2])
        # Over a restart too.
        self.assertEqual(process.stop()[0], 0)
        process = self.start()
        peer.start()
        self.reload(process, peer.settings(), other.settings())
        eventually(lambda: "sidecar" in self.names(process), "it is back")
        self.post_all(process, [20])
        self.wait_until_done(process, 21)
        self.assertEqual(peer.job_ids(), [str(n) for n in range(21)])

    def test_a_wrong_file_changes_no_peer(self):
        peer = self.peer().start("slow", seconds=0.05)
        self.feed(peer.settings())
        process = self.start()
        self.post_all(process, range(20))
        self.reload(process, {**peer.settings(), "queue": "many"})
        eventually(lambda: "feedback[0].queue" in process.log(), "the error is told")
        self.wait_until_done(process, 20)
        self.assertEqual(peer.job_ids(), [str(n) for n in range(20)])
        self.assertEqual(self.attempts(process), {"connected": 1})


if __name__ == "__main__":
    main()
