"""Clients of the HTTP server that are not what they should be: they ask for another host, or they
come in hundreds and never stop."""

import json
import os
import signal
import socket
import threading
import time

from harness import EndToEndTest, eventually, main, raw_connection, replace


def asked(process, request):
    """The whole answer to these bytes."""
    with raw_connection(process) as connection:
        connection.sendall(request)
        answer = b""
        while True:
            got = connection.recv(65536)
            if not got:
                return answer.decode()
            answer += got


def to_host(host, version="1.1", path="/healthz"):
    header = "" if host is None else f"Host: {host}\r\n"
    return f"GET {path} HTTP/{version}\r\n{header}\r\n".encode()


class HostTest(EndToEndTest):

    def status(self, process, *request):
        return int(asked(process, to_host(*request)).split(" ")[1])

    def test_only_names_of_this_machine_and_those_listed_are_answered_to(self):
        self.configure([], listen_hosts=["ebbgate.example.org"])
        process = self.start()
        own = socket.gethostname()
        for host in ("127.0.0.1", "127.0.0.1:1", "[::1]:9911", "localhost", "LOCALHOST:80", own,
                     own.split(".")[0] + ":9911", "Ebbgate.Example.org.:443"):
            self.assertEqual(self.status(process, host), 200, host)
        for host in ("evil.example", "evil.example:80", "example.org", "localhost.evil.example"):
            self.assertEqual(self.status(process, host), 403, host)
            self.assertEqual(self.status(process, host, "1.0"), 403, host)
        self.assertEqual(self.status(process, None, "1.0"), 200)
        self.assertEqual(self.status(process, None), 400)

    def test_the_refusal_says_what_to_set_and_a_reload_of_that_is_enough(self):
        self.configure([])
        process = self.start()
        for path in ("/", "/metrics", "/api/v1/workloads", "/nothing"):
            head, body = asked(process, to_host("box.example.org", path=path)).split("\r\n\r\n")
            self.assertIn(" 403 ", head.splitlines()[0])
            self.assertIn("listen_hosts", json.loads(body)["error"])
        self.configure([], listen_hosts=["box.example.org"])
        process.send(signal.SIGHUP)
        eventually(lambda: self.status(process, "box.example.org") == 200, "the reload counts")

    def test_every_answer_protects_who_looks(self):
        self.configure([])
        process = self.start()
        for path, method in (("/", "GET"), ("/", "HEAD"), ("/metrics", "GET"), ("/healthz", "GET"),
                             ("/api/v1/workloads", "GET"), ("/nothing", "GET"), ("/", "POST")):
            headers = process.get(path, method)[1]
            self.assertEqual(headers.get_all("X-Content-Type-Options"), ["nosniff"], path)
            self.assertEqual(headers.get_all("Referrer-Policy"), ["no-referrer"], path)
            policy, = headers.get_all("Content-Security-Policy")
            self.assertIn("frame-ancestors 'none'", policy)
            self.assertIn("default-src 'none'", policy)


class CrowdTest(EndToEndTest):

    def serve(self):
        receiver = self.receiver()
        self.configure([self.http_workload("web", receiver)])
        return self.start(), receiver

    def answers(self, process):
        try:
            return process.get("/healthz")[0] == 200
        except OSError:
            return False

    def check(self, process, receiver):
        """It lives, answers, decides and ends as if nothing had been."""
        self.assertTrue(process.running(), process.log()[-2000:])
        eventually(lambda: self.answers(process), "/healthz answers")
        replace(self.conf / "web", "new")
        self.wait_for(lambda: receiver.updates("/web"), 1)
        self.assertTrue(process.running(), process.log()[-2000:])

    def connect(self, process):
        connection = socket.create_connection(process.address(), timeout=10)
        connection.setblocking(False)
        return connection

    def push(self, connections, more, seconds):
        """Sends `more` to everybody, as much as goes, and again to whoever still takes it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for connection in connections:
                try:
                    connection.send(more)
                except OSError:
                    pass  # it is full, or closed by the server

    def test_hundreds_that_are_refused_and_go_on_sending(self):
        process, receiver = self.serve()
        for _ in range(3):
            connections = [self.connect(process) for _ in range(600)]
            for connection in connections:
                try:
                    connection.send(b"POST / HTTP/1.1\r\nOrigin: x\r\n\r\n" + b"x" * 100_000)
                except OSError:
                    pass
            self.push(connections, b"x" * 65536, 1)
            self.assertTrue(process.running(), process.log()[-2000:])
            self.assertTrue(eventually(lambda: self.answers(process), "/healthz answers"))
            for connection in connections:
                connection.close()
        self.check(process, receiver)
        self.assertEqual(process.stop()[0], 0)

    def test_hundreds_that_send_their_request_a_line_at_a_time(self):
        process, receiver = self.serve()
        ended = threading.Event()

        def drip():
            connections = []
            while not ended.is_set():
                while len(connections) < 100:
                    try:
                        connection = self.connect(process)
                        connection.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
                        connections.append(connection)
                    except OSError:
                        break
                open_ones = []
                for connection in connections:
                    try:
                        connection.send(b"X: y\r\n")
                        open_ones.append(connection)
                    except BlockingIOError:
                        open_ones.append(connection)
                    except OSError:
                        connection.close()
                connections = open_ones
                ended.wait(0.1)
            for connection in connections:
                connection.close()

        threads = [threading.Thread(target=drip, daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        slowest = 0
        for _ in range(20):
            begin = time.monotonic()
            self.assertTrue(eventually(lambda: self.answers(process), "/healthz answers"))
            slowest = max(slowest, time.monotonic() - begin)
            time.sleep(0.2)
        self.check(process, receiver)
        ended.set()
        for thread in threads:
            thread.join(10)
        print(f"the slowest answer took {slowest:.3f} s")

    def test_a_thousand_that_say_nothing(self):
        process, receiver = self.serve()
        before = self.resources(process)
        connections = [self.connect(process) for _ in range(1000)]
        self.check(process, receiver)
        threads, _ = self.resources(process)
        self.assertLessEqual(threads, before[0] + 40)  # none for a client that says nothing
        for connection in connections:
            connection.close()
        # Their descriptors come back.
        eventually(lambda: self.resources(process)[1] <= before[1] + 5, "descriptors are closed",
                   progress=lambda: self.resources(process))
        self.assertEqual(process.stop()[0], 0)

    def resources(self, process):
        """(threads, descriptors)"""
        return tuple(len(os.listdir(f"/proc/{process.pid}/{what}")) for what in ("task", "fd"))


if __name__ == "__main__":
    main()
