"""What producers meet at POST /api/v1/feedback/{peer}."""

import json
import pathlib
import socket
import subprocess
import time

from feedback_harness import FeedbackTest, Scrapes, lines, message
from harness import HANGING, allowed, eventually, main, write

MIB = 1 << 20
RIGHT = json.dumps(message("right"))

# (what is wrong, the body, the line that is named, part of the message)
WRONG = [
    ("nothing", "", 1, "is empty"),
    ("an empty line", f"{RIGHT}\n\n{RIGHT}\n", 2, "is empty"),
    ("no JSON", "job_id=7", 1, "must be a JSON object"),
    ("a list", "[1]", 1, "must be a JSON object"),
    ("an object cut off", f'{RIGHT}\n{{"job_id": "x"\n', 2, "must be one JSON object"),
    ("two in one line", RIGHT + RIGHT, 1, "must be one JSON object"),
    ("NaN", f'{RIGHT}\n{{"job_id": "x", "features": [NaN], "true_score": 1}}\n', 2, "NaN"),
    ("Infinity", '{"job_id": "x", "features": [1], "true_score": Infinity}', 1, "Infinity"),
    ("-Infinity", '{"job_id": "x", "features": [-Infinity], "true_score": 1}', 1, "Infinity"),
    ("a number like infinity", '{"job_id": "x", "features": [1e999], "true_score": 1}', 1,
     "finite"),
    ("no job_id", '{"features": [1], "true_score": 1}', 1, "job_id is missing"),
    ("a number for job_id", '{"job_id": 7, "features": [1], "true_score": 1}', 1,
     "job_id must be a string"),
    ("an empty job_id", '{"job_id": "", "features": [1], "true_score": 1}', 1, "must not be empty"),
    ("no features", '{"job_id": "x", "true_score": 1}', 1, "features is missing"),
    ("empty features", '{"job_id": "x", "features": [], "true_score": 1}', 1,
     "at least one number"),
    ("a string among features", '{"job_id": "x", "features": [1, "2"], "true_score": 1}', 1,
     "features must be a list of numbers"),
    ("no true_score", '{"job_id": "x", "features": [1]}', 1, "true_score is missing"),
    ("true for true_score", '{"job_id": "x", "features": [1], "true_score": true}', 1,
     "true_score must be a number"),
    ("a member twice", '{"job_id": "x", "job_id": "y", "features": [1], "true_score": 1}', 1,
     "once only"),
    ("no UTF-8", b'{"job_id": "\xff", "features": [1], "true_score": 1}', 1, "UTF-8"),
    ("an over-long message", lines([message(1), message(2, event={"x": "x" * 65536})]), 2,
     "must not have more than 65536 bytes"),
]


class HttpTest(FeedbackTest):

    def absent_peer(self, **more):
        """A process whose peer is not there."""
        peer = self.peer()
        self.feed(peer.settings(**more), self.peer("other").settings())
        return peer, self.start()

    def counts(self, process):
        status = self.status(process)
        return {key: status[key] for key in ("accepted", "queued", "in_flight", "dropped")
                if status[key]}

    def test_what_is_wrong_is_named_by_its_line_and_nothing_is_taken(self):
        _, process = self.absent_peer()
        for query in ("", "?durable=true"):
            for what, body, line, problem in WRONG:
                with self.subTest(what, query=query):
                    status, answer = self.post(process, body, query=query)
                    self.assertEqual((status, answer["line"]), (400, line), answer)
                    self.assertIn(problem, answer["error"])
        self.assertEqual(self.counts(process), {})
        self.assertEqual(self.post(process, RIGHT, query="?durable=maybe")[0], 400)
        self.assertEqual(self.post(process, RIGHT, query="?durably=true")[0], 400)
        self.assertEqual(self.counts(process), {})

    def test_curl_posts_one_object_on_one_line_or_several_or_one_a_line(self):
        peer = self.peer().start()
        self.feed(peer.settings())
        process = self.start()
        file = self.folder / "messages.ndjson"
        bodies = [RIGHT, json.dumps(message("spread"), indent=2),
                  lines([message("one"), message("two")]), lines([message("three")]).strip()]
        for body in bodies:
            pathlib.Path(file).write_text(body)
            done = subprocess.run(["curl", "-sS", "--data-binary", f"@{file}",
                                   f"{process.url}/api/v1/feedback/sidecar"],
                                  stdout=subprocess.PIPE, check=True, timeout=30)
            self.assertEqual(json.loads(done.stdout)["dropped"], 0)
        self.wait_until_done(process, 5)
        self.assertEqual(peer.job_ids(), ["right", "spread", "one", "two", "three"])

    def test_numbers_and_unknown_members_arrive_as_they_were_written(self):
        peer = self.peer().start()
        self.feed(peer.settings())
        process = self.start()
        text = ('{"job_id":"x","features":[0.1000000000000000055,1E2,-0,12345678901234567890],'
                '"true_score":1.50,"more":{"a":[null,true," b "],"é":"\\u00e9"}}')
        self.assertEqual(self.post(process, text.replace(",", " , "))[0], 202)
        self.wait_until_done(process, 1)
        self.assertEqual(peer.events("message")[0].more, text)

    def test_a_full_queue_drops_the_newest_and_says_how_many(self):
        peer, process = self.absent_peer(queue=10)
        with Scrapes(process):
            self.assertEqual(self.post(process, [message(n) for n in range(15)]),
                             (202, {"queued": 10, "dropped": 5}))
            self.assertEqual(self.post(process, [message(15)]), (202, {"queued": 0, "dropped": 1}))
        self.assertEqual(self.counts(process), {"accepted": 16, "queued": 10, "dropped": 6})
        peer.start()
        self.wait_until_done(process, 16)
        self.assertEqual(peer.job_ids(), [str(n) for n in range(10)])

    def test_durable_messages_of_which_not_all_fit_are_not_taken_at_all(self):
        _, process = self.absent_peer(queue=10)
        self.post_all(process, range(8), query="?durable=true")
        status, answer = self.post(process, [message(n) for n in range(8, 11)],
                                   query="?durable=true")
        self.assertEqual(status, 507)
        self.assertIn("nothing was taken", answer["error"])
        self.assertEqual(self.counts(process), {"accepted": 8, "queued": 8})
        self.post_all(process, [8, 9], query="?durable=true")

    def test_an_unknown_peer_is_not_found_and_the_known_ones_are_named(self):
        _, process = self.absent_peer()
        status, answer = self.post(process, RIGHT, peer="sidecart")
        self.assertEqual(status, 404)
        self.assertIn("sidecar, other", answer["error"])
        self.assertEqual(process.get("/api/v1/feedback/sidecar")[0], 405)

    def test_a_body_beyond_a_mebibyte_is_refused_before_it_comes(self):
        _, process = self.absent_peer(queue=100000)
        one = lines([message("x")])
        self.assertEqual(self.post(process, one * (MIB // len(one)))[0], 202)
        with socket.create_connection(process.address(), timeout=10) as connection:
            connection.sendall(b"POST /api/v1/feedback/sidecar HTTP/1.1\r\nHost: localhost\r\n"
                               b"Content-Length: %d\r\n\r\n" % (MIB + 1))
            self.assertIn(b" 413 ", connection.recv(1024).split(b"\r\n")[0])
        self.assertEqual(self.status(process)["accepted"], MIB // len(one))

    def test_durable_messages_are_turned_away_while_the_disk_hangs_and_others_are_not(self):
        peer = self.peer().start()
        self.feed(peer.settings())
        flag = self.folder / "hang"
        process = self.start(env={"LD_PRELOAD": HANGING, "HANGING": str(flag)})
        write(flag, "")
        begin = time.monotonic()
        status, answer = self.post(process, [message(0)], query="?durable=true")
        self.assertEqual(status, 503)
        self.assertIn("may be delivered still", answer["error"])
        self.assertLess(time.monotonic() - begin, allowed(5))
        self.post_all(process, [1])
        self.wait_until_done(process, 2)
        self.assertEqual(peer.job_ids(), ["0", "1"])
        flag.unlink()
        eventually(lambda: process.get("/readyz")[0] == 200, "the disk works again")
        self.post_all(process, [2], query="?durable=true")
        self.wait_until_done(process, 3)

    def test_producers_do_not_wait_for_a_peer_that_hangs(self):
        peer = self.peer().start("never")
        self.feed(peer.settings(timeouts={"ack": "1m"}))
        process = self.start()
        seconds = []
        for n in range(100):
            begin = time.monotonic()
            self.post_all(process, [n])
            seconds.append(time.monotonic() - begin)
        # On a busy machine some take long; that most do could only be the peer's doing.
        self.assertLess(sorted(seconds)[50], allowed(0.2))
        self.assertEqual(peer.job_ids(), ["0"])


if __name__ == "__main__":
    main()
