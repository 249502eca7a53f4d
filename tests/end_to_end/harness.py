"""Runs the real binary on real files and judges it by what the receivers of its updates recorded.

All times are CLOCK_MONOTONIC in seconds, taken by the receiver. Everything that is started here is
stopped here, by its own pid. Ports are picked by the kernel.
"""

import collections
import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "common"))

import product  # noqa: E402 (it, too, is found by the line above)
from product import BINARY, SANITIZER, allowed  # noqa: E402,F401 (for the tests)
from waiting import PATIENCE, eventually  # noqa: E402

RECORDER = os.environ["EBBGATE_RECORDER"]
HANGING = os.environ["EBBGATE_HANGING"]
SOURCE = pathlib.Path(os.environ["EBBGATE_SOURCE"])

Update = collections.namedtuple("Update", "at answered workload level fingerprint content")
Update.__doc__ = """An update as its receiver saw it: when it came, and a moment no later than its
answer (spacing runs from the answer as the sender saw it, which is later still)."""

Finished = collections.namedtuple("Finished", "code out err")


def clean_environment(extra=None):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EBBGATE_")}
    environment.update(extra or {})
    return environment


def command(*arguments, env=None, cwd=None, timeout=10 * PATIENCE):
    """Runs `ebbgate ARGUMENTS` to its end."""
    done = subprocess.run([BINARY, *map(str, arguments)], env=clean_environment(env), cwd=cwd,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout)
    return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())


def write(path, content):
    """Rewrites a file in place."""
    with open(path, "w") as file:
        file.write(content)


def replace(path, content):
    """Replaces a file by an atomic rename from another folder."""
    path = pathlib.Path(path)
    staging = path.parent.with_name(path.parent.name + ".staging")
    staging.mkdir(exist_ok=True)
    write(staging / path.name, content)
    os.rename(staging / path.name, path)


class Commands:
    """The updates that an exec workload's command recorded."""

    def __init__(self, log, content):
        self.log = pathlib.Path(log)
        self.argv = [RECORDER, str(log), str(content)]

    def behave(self, mode):
        """What the command does from now on (see recorder.cpp)."""
        replace(str(self.log) + ".mode", mode)

    def updates(self):
        if not self.log.exists():
            return []
        lines = self.log.read_text().split("\n")[:-1]
        updates = []
        for line in lines:
            at, _pid, workload, level, fingerprint, content = line.split(" ", 5)
            at = int(at) / 1e9
            updates.append(Update(at, at, workload, level, fingerprint, content))
        return updates

    def pids(self):
        return [int(line.split(" ")[1]) for line in self.log.read_text().split("\n")[:-1]]


class Receiver:
    """An HTTP server that records every request by path. `files` maps paths to the files whose
    content is noted when a request comes; `status`, `body` and `delay` say how it answers."""

    def __init__(self, port=0):
        self.files = {}
        self.status = 200
        self.body = b""
        self.delay = 0.0
        self.on_request = None
        self._lock = threading.Lock()
        self._updates = collections.defaultdict(list)
        self.requests = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self):
                at = time.monotonic()
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                receiver._serve(self, at, body)

            do_GET = do_POST = do_PUT = answer

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 1024

            def handle_error(self, request, client_address):
                pass  # a sender that was killed

        self._server = Server(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def _serve(self, handler, at, body):
        content = None
        if handler.path in self.files:
            content = pathlib.Path(self.files[handler.path]).read_text()
        with self._lock:
            index = len(self._updates[handler.path])
            self._updates[handler.path].append(Update(at, at, handler.path, None, None, content))
            self.requests.append((handler.command, handler.path, dict(handler.headers), body))
        if self.on_request:
            self.on_request(handler.path)
        if self.delay:
            time.sleep(self.delay)
        status = self.status(handler.path) if callable(self.status) else self.status
        with self._lock:
            update = self._updates[handler.path][index]
            self._updates[handler.path][index] = update._replace(answered=time.monotonic())
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(self.body)))
        handler.end_headers()
        handler.wfile.write(self.body)

    def updates(self, path):
        with self._lock:
            return list(self._updates[path])

    def all(self):
        with self._lock:
            return sorted(u for updates in self._updates.values() for u in updates)

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Repeating:
    """Calls `step` in a thread, `rate` times a second, with how often it was done before, until its
    `with` ends; what `step` raised is raised there."""

    def __init__(self, step, rate):
        self.done = 0
        self._step = step
        self._pause = 1 / rate
        self._failure = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        try:
            while not self._ended.wait(self._pause):
                self._step(self.done)
                self.done += 1
        except Exception as failure:  # pylint: disable=broad-except
            self._failure = failure

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *unused):
        self._ended.set()
        self._thread.join()
        if self._failure:
            raise self._failure


class Storm(Repeating):
    """Rewrites files, `rate` times a second; the content counts up."""

    def __init__(self, paths, rate=10, writer=replace):
        super().__init__(self._write, rate)
        self.count = 0
        self._paths = paths
        self._writer = writer

    def _write(self, done):
        self.count = done + 1
        for path in self._paths:
            self._writer(path, f"content {self.count}")


class Process:
    """One `ebbgate run`."""

    def __init__(self, config, log, env=None, arguments=(), **options):
        self.log_path = pathlib.Path(log)
        self.started = time.monotonic()
        with open(log, "wb") as output:
            self._child = subprocess.Popen(
                [BINARY, "run", "--config", str(config), *arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                env=clean_environment(env), **options)
        self.pid = self._child.pid
        self._address = None

    def log(self):
        return self.log_path.read_text(errors="replace")

    def says(self, text):
        """Waits until its log has this text: it is written by a thread of its own, so what else
        there is to be seen of an event may come first."""
        return self.says_like(re.escape(text))

    def says_like(self, pattern):
        def look():
            ended = not self.running()
            return re.search(pattern, self.log()) or ended
        eventually(look, f"{pattern} in the log")
        found = re.search(pattern, self.log())
        assert found, f"{pattern} is not in the log:\n{self.log()}"
        return found

    def running(self):
        return self._child.poll() is None

    def address(self):
        """(host, port) of its page; waits for it."""
        def find():
            found = re.search(r"listening on http://([0-9.]+):(\d+)", self.log())
            if not found and not self.running():
                raise AssertionError(f"ebbgate ended with {self._child.returncode}:\n{self.log()}")
            return found
        if not self._address:
            found = eventually(find, f"the line `listening on http://…` in\n{self.log()}")
            self._address = (found[1], int(found[2]))
        return self._address

    @property
    def url(self):
        return "http://%s:%d" % self.address()

    def ready(self):
        """Waits until decisions are made."""
        self.address()
        eventually(lambda: self.get("/readyz")[0] == 200, "/readyz says ok")
        return self

    def get(self, path, method="GET", headers=None):
        """(status, headers, text) of one request."""
        connection = http.client.HTTPConnection(*self.address(), timeout=PATIENCE)
        try:
            connection.request(method, path, headers=headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()
        finally:
            connection.close()

    def api(self, path):
        status, _, text = self.get("/api/v1/" + path)
        assert status == 200, f"{path}: {status} {text}"
        return json.loads(text)

    def workload(self, name, namespace="default"):
        return self.api(f"workloads/{namespace}/Local/{urllib.parse.quote(name, safe='')}")

    def metrics(self):
        status, _, text = self.get("/metrics")
        assert status == 200, text
        return parse_metrics(text)

    def send(self, number):
        os.kill(self.pid, number)

    def kill(self):
        """kill -9."""
        self._child.kill()
        return self._child.wait()

    def wait(self, patience=PATIENCE):
        """Waits until it has ended and returns its exit code."""
        eventually(lambda: not self.running(), f"ebbgate ends:\n{self.log()[-2000:]}", patience)
        return self._child.wait()

    def stop(self, number=signal.SIGTERM):
        """Ends it cleanly and returns (exit code, seconds it took)."""
        begin = time.monotonic()
        self.send(number)
        code = self.wait()
        return code, time.monotonic() - begin


def parse_metrics(text):
    """{name: {((label, value), …): number}} of an exposition, which must be without fault: every
    family described once, in one piece, no series twice."""
    samples = collections.defaultdict(dict)
    types, helps, finished, family = {}, set(), set(), None
    for line in text.split("\n"):
        if not line:
            continue
        described = re.fullmatch(r"# (HELP|TYPE) (\S+) (.+)", line)
        if described:
            what, name, rest = described.groups()
            if name != family:
                assert name not in finished, f"{name} comes in two pieces"
                finished.add(family)
                family = name
            if what == "HELP":
                assert name not in helps, f"{name} has two HELP lines"
                helps.add(name)
            else:
                assert name not in types, f"{name} has two TYPE lines"
                types[name] = rest
            continue
        sample = re.fullmatch(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)", line)
        assert sample, f"not a sample: {line!r}"
        name, labels, value = sample.groups()
        base = re.sub("_(bucket|sum|count)$", "", name) if types.get(family) == "histogram" else name
        assert base == family, f"{name} stands under {family}"
        assert family in helps and family in types, f"{family} is not described"
        pairs = re.findall(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"', labels or "")
        assert ",".join(f'{k}="{v}"' for k, v in pairs) == (labels or "").rstrip(","), line
        key = tuple(sorted(pairs))
        assert key not in samples[name], f"twice: {line}"
        samples[name][key] = float(value)
    return dict(samples)


def total(metrics, name, **labels):
    """The sum over all series of a metric that have these labels."""
    return sum(value for key, value in metrics.get(name, {}).items()
               if all((k, v) in key for k, v in labels.items()))


class EndToEndTest(unittest.TestCase):
    """A temporary folder, and processes that end with the test. Their logs are shown when it
    fails."""

    maxDiff = None
    # Quick commands need no settling; tests of settling set it themselves.
    settings = {"settle": {"quiet": "0s"}}

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ebbgate-"))
        self.conf = self.folder / "conf"
        self.conf.mkdir()
        self.config_path = self.folder / "ebbgate.yaml"
        self.database = self.folder / "ebbgate.db"
        self.processes = []
        self.receivers = []

    def run(self, result=None):
        result = result if result is not None else self.defaultTestResult()
        before = len(result.failures) + len(result.errors)
        super().run(result)
        for process in self.processes:
            if process.running():
                process.kill()
        for receiver in self.receivers:
            receiver.close()
        product.fail_for_reports(self, result)
        if len(result.failures) + len(result.errors) > before:
            for process in self.processes[-3:]:
                print(f"--- {process.log_path}:\n{process.log()[-6000:]}", file=sys.stderr)
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def configure(self, workloads, **settings):
        """Writes the configuration (JSON is YAML too) and returns its path."""
        config = {"listen": "127.0.0.1:0", "database": str(self.database), **self.settings,
                  **settings}
        config["local"] = {**config.get("local", {}), "workloads": workloads}
        write(self.config_path, json.dumps(config, indent=1))
        return self.config_path

    def start(self, wait=True, **options):
        log = self.folder / f"log.{len(self.processes)}"
        process = Process(self.config_path, log, **options)
        self.processes.append(process)
        return process.ready() if wait else process

    def receiver(self, port=0):
        receiver = Receiver(port)
        self.receivers.append(receiver)
        return receiver

    def file(self, name, content="as it was at first\n"):
        path = self.conf / name
        write(path, content)
        return path

    def exec_workload(self, name, path=None, **more):
        """(workload, Commands): its command records what it sees."""
        path = path or self.file(name)
        commands = Commands(self.folder / f"{name}.updates", path)
        return {"name": name, "watch": [str(path)], "update": {"exec": commands.argv},
                **more}, commands

    def http_workload(self, name, receiver, path=None, **more):
        path = path or self.file(name)
        receiver.files["/" + name] = path
        return {"name": name, "watch": [str(path)],
                "update": {"http": {"url": f"{receiver.url}/{name}"}}, **more}

    def wait_for(self, updates, count, patience=PATIENCE):
        """Waits for `count` updates and returns them all. `updates` is called."""
        eventually(lambda: len(updates()) >= count, f"{count} updates came", patience,
                   progress=lambda: len(updates()))
        return updates()

    def wait_until_answered(self, process, name, outcome="applied", patience=PATIENCE):
        """Waits until the workload has nothing in flight and its last outcome is this."""
        def look():
            workload = process.workload(name)
            return workload["state"] != "updating" and workload["last_outcome"] == outcome
        eventually(look, f"{name} is {outcome}", patience)

    def assert_spaced(self, updates, base=1.0, factor=2.0, cap=64.0, kills=()):
        """Each change waits min(base·factor^(level−1), cap) after the update before it, and the kth
        repeat of a fingerprint as if the level were higher by k: exactly, as no stamp of a receiver
        can make a wait look longer than it was. Changes raise the level, repeats do not. A hook is
        not told the fingerprint: whatever follows a kill may be a repeat."""
        level, repeats = 1, 0
        for n, (one, next_one) in enumerate(zip(updates, updates[1:]), start=1):
            if one.fingerprint is None:
                repeated = any(one.at < at < next_one.at for at in kills)
            else:
                repeated = next_one.fingerprint == one.fingerprint
                repeats = repeats + 1 if repeated else 0
            wait = next_one.at - one.answered
            self.assertGreaterEqual(wait, min(base * factor ** (level + repeats - 1), cap),
                                    f"between updates {n} and {n + 1} of {len(updates)}: "
                                    f"{[round(u.at - updates[0].at, 4) for u in updates]}, "
                                    f"at level {level}, repeat {repeats}")
            level += not repeated


def raw_connection(process):
    return socket.create_connection(process.address(), timeout=PATIENCE)


def main():
    unittest.main(verbosity=2)
