"""A proxy in front of the API server that misbehaves on request, with TLS on both sides.

    bad = Proxy(bed)
    kubeconfig = bed.kubeconfig(user, server=bad.server, ca_file=bad.ca_file)
    with bad.refuse(429, retry_after=1, method="PATCH"):
        ...

Each rule says which requests it is about: `method` (one or a tuple), `path` (a regular expression
that is searched in path and query), `watch` (True: watches only, False: all else), `count` (how many
of them; then it is spent). A rule holds until remove(), or the end of its `with`; `hits` counts.
Clients authenticate by tokens; client certificates do not pass.
"""

import collections
import http.client
import json
import pathlib
import re
import select
import shutil
import socket
import ssl
import tempfile
import threading
import time
import urllib.parse

import credentials

Seen = collections.namedtuple("Seen", "at method target")
Seen.__doc__ = "A request that came: CLOCK_MONOTONIC in seconds, method, path with query."


class _Ended(Exception):
    """A side has closed its connection, or the proxy has."""


class _Stream:
    """A socket with what was read ahead of it."""

    def __init__(self, connection):
        self.connection = connection
        self.ahead = b""

    def more(self):
        try:
            data = self.connection.recv(65536)
        except (OSError, ValueError) as error:
            raise _Ended from error
        if not data:
            raise _Ended
        self.ahead += data

    def until(self, mark):
        while mark not in self.ahead:
            self.more()
        end = self.ahead.index(mark) + len(mark)
        return self.take(end)

    def exactly(self, count):
        while len(self.ahead) < count:
            self.more()
        return self.take(count)

    def take(self, count):
        data, self.ahead = self.ahead[:count], self.ahead[count:]
        return data

    def send(self, data):
        try:
            self.connection.sendall(data)
        except (OSError, ValueError) as error:
            raise _Ended from error

    def readable(self):
        return bool(self.ahead) or self.connection.pending() > 0

    def close(self):
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.connection.close()


class _Message:
    """The head of a request or an answer."""

    def __init__(self, head):
        self.head = head
        lines = head.decode("latin-1").split("\r\n")
        self.first = lines[0].split(" ", 2)
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()

    def chunked(self):
        return self.headers.get("transfer-encoding", "").lower() == "chunked"

    def length(self):
        return int(self.headers.get("content-length", 0))


def _pieces(stream, message, wait=lambda: None):
    """Yields a body in its raw pieces, framing included. `wait` is called before each."""
    if message.chunked():
        while True:
            wait()
            size = stream.until(b"\r\n")
            count = int(size.split(b";")[0], 16)
            if count == 0:
                yield size + stream.until(b"\r\n")  # no trailers in this API
                return
            yield size + stream.exactly(count + 2)
    else:
        left = message.length()
        while left:
            wait()
            if not stream.ahead:
                stream.more()
            piece = stream.take(min(left, len(stream.ahead)))
            left -= len(piece)
            yield piece


class Request:
    """A request with the exact bytes in which it came."""

    def __init__(self, head, body):
        self.at = time.monotonic()
        self.method, self.target = head.first[0], head.first[1]
        self.headers = head.headers
        self.raw = head.head + body
        self.body = body
        self.is_watch = "watch" in urllib.parse.parse_qs(urllib.parse.urlsplit(self.target).query)
        self.silenced = False


class Rule:
    def __init__(self, proxy, action, method=None, path=None, watch=None, count=None, **settings):
        self.action = action
        self.settings = settings
        self.hits = 0
        self.recorded = []
        self._proxy = proxy
        self._methods = (method,) if isinstance(method, str) else method
        self._path = re.compile(path) if path else None
        self._watch = watch
        self._count = count
        self.removed = threading.Event()

    def take(self, request):
        """Whether it is about this request; if so, it is counted."""
        with self._proxy.lock:
            if (self.removed.is_set() or self._count is not None and self.hits >= self._count
                    or self._methods and request.method not in self._methods
                    or self._path and not self._path.search(request.target)
                    or self._watch is not None and self._watch != request.is_watch):
                return False
            self.hits += 1
            return True

    def remove(self):
        self.removed.set()
        with self._proxy.lock:
            if self in self._proxy.rules:
                self._proxy.rules.remove(self)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.remove()


class Proxy:
    """In front of `access.server`, on a port of its own, until close()."""

    def __init__(self, access):
        self.lock = threading.Lock()
        self.rules = []
        self._seen = []
        self._streams = set()
        self._closed = False
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="ebbgate-proxy-"))
        authority = credentials.Authority(self._folder)
        self.ca_file = authority.certificate
        self._inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._inside.load_cert_chain(*map(str, authority.server()))
        self._inside.set_alpn_protocols(["http/1.1"])
        self._outside = ssl.create_default_context(cafile=str(access.ca_file))
        address = urllib.parse.urlsplit(access.server)
        self._upstream = (address.hostname, address.port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._listener.getsockname()[1]
        self.server = f"https://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    # The rules.

    def refuse(self, status, retry_after=None, message="refused by the tests", **about):
        """Answers with this status and forwards nothing."""
        return self._add("refuse", about, status=status, retry_after=retry_after, message=message)

    def delay(self, seconds, **about):
        """Forwards at once; the answer comes that much later, or when the rule is removed."""
        return self._add("delay", about, seconds=seconds)

    def cut(self, forwarded=False, **about):
        """Closes the connection instead of an answer, before or after the server had the request."""
        return self._add("cut", about, forwarded=forwarded)

    def mask(self, status, retry_after=None, message="masked by the tests", **about):
        """Forwards, and answers with this status instead of what the server said."""
        return self._add("mask", about, status=status, retry_after=retry_after, message=message)

    def hang(self, **about):
        """Forwards nothing, answers nothing and closes nothing."""
        return self._add("hang", about)

    def silence(self, **about):
        """Swallows what the server answers and closes nothing; of watches that run already, from
        their next event on. What was silenced stays so when the rule is removed."""
        return self._add("silence", about)

    def slow(self, bytes_per_second, **about):
        """Answers come in drops."""
        return self._add("slow", about, rate=bytes_per_second)

    def record(self, **about):
        """Keeps requests, in `rule.recorded`, for replay()."""
        return self._add("record", about)

    def replay(self, request):
        """Sends a recorded request's exact bytes again and returns (status, text)."""
        stream = self._connect()
        try:
            stream.send(request.raw)
            response = http.client.HTTPResponse(stream.connection, method=request.method)
            response.begin()
            return response.status, response.read().decode()
        finally:
            self._drop(stream)

    def cut_all(self):
        """Closes all connections that there are."""
        with self.lock:
            streams = list(self._streams)
        for stream in streams:
            try:
                stream.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def requests(self, method=None, path=""):
        """Those that came, refused ones too."""
        with self.lock:
            return [seen for seen in self._seen
                    if (method is None or seen.method == method) and re.search(path, seen.target)]

    def close(self):
        self._closed = True
        for rule in list(self.rules):
            rule.remove()
        # Closing alone does not wake a thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_all()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def _add(self, action, about, **settings):
        rule = Rule(self, action, **about, **settings)
        with self.lock:
            self.rules.append(rule)
        return rule

    def _rule(self, action, request):
        with self.lock:
            rules = [rule for rule in self.rules if rule.action == action]
        return next((rule for rule in rules if rule.take(request)), None)

    # The connections.

    def _accept(self):
        while not self._closed:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _keep(self, connection):
        stream = _Stream(connection)
        with self.lock:
            self._streams.add(stream)
        return stream

    def _drop(self, stream):
        with self.lock:
            self._streams.discard(stream)
        stream.close()

    def _connect(self):
        try:
            plain = socket.create_connection(self._upstream, timeout=30)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = self._outside.wrap_socket(plain, server_hostname=self._upstream[0])
            connection.settimeout(None)
            return self._keep(connection)
        except OSError as error:
            raise _Ended from error

    def _serve(self, plain):
        client = upstream = None
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(30)
            connection = self._inside.wrap_socket(plain, server_side=True)
            connection.settimeout(None)
            client = self._keep(connection)
            while not self._closed:
                head = _Message(client.until(b"\r\n\r\n"))
                request = Request(head, b"".join(_pieces(client, head)))
                with self.lock:
                    self._seen.append(Seen(request.at, request.method, request.target))
                if not self._handled_here(client, request):
                    upstream = upstream or self._connect()
                    self._forward(client, upstream, request)
        except (_Ended, OSError):
            pass
        finally:
            plain.close()
            for stream in (client, upstream):
                if stream:
                    self._drop(stream)

    def _handled_here(self, client, request):
        rule = self._rule("record", request)
        if rule:
            rule.recorded.append(request)
        rule = self._rule("refuse", request)
        if rule:
            client.send(_refusal(**rule.settings))
            return True
        if self._rule("hang", request):
            _idle(client)
        return False

    def _forward(self, client, upstream, request):
        cut = self._rule("cut", request)
        if cut and not cut.settings["forwarded"]:
            raise _Ended
        upstream.send(request.raw)
        self._await(client, upstream)
        head = _Message(upstream.until(b"\r\n\r\n"))
        mask = self._rule("mask", request)
        if cut or mask:
            for _ in _pieces(upstream, head):
                pass
            if cut:
                raise _Ended
            return client.send(_refusal(**mask.settings))
        delay = self._rule("delay", request)
        if delay:
            delay.removed.wait(delay.settings["seconds"])
        slow = self._rule("slow", request)
        self._pass(client, request, head.head, slow)
        bodyless = request.method == "HEAD" or head.first[1] in ("204", "304")
        if not bodyless:
            for piece in _pieces(upstream, head, lambda: self._await(client, upstream)):
                self._pass(client, request, piece, slow)
        if request.silenced:
            _idle(client)

    def _await(self, client, upstream):
        """Waits for the server's bytes; ends when the client is gone."""
        while not upstream.readable():
            ready = select.select([upstream.connection, client.connection], [], [])[0]
            if upstream.connection in ready:
                return
            client.more()

    def _pass(self, client, request, data, slow):
        request.silenced = request.silenced or self._rule("silence", request) is not None
        if request.silenced:
            return
        if not slow:
            client.send(data)
            return
        step = max(1, int(slow.settings["rate"] / 20))
        for start in range(0, len(data), step):
            client.send(data[start:start + step])
            slow.removed.wait(0.05)


def _idle(client):
    """Waits until the client gives up."""
    while True:
        client.more()
        client.ahead = b""


def _refusal(status, retry_after, message):
    body = json.dumps({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                       "message": message, "code": status}).encode()
    again = f"Retry-After: {retry_after}\r\n" if retry_after is not None else ""
    reason = http.client.responses.get(status, "Refused")
    return (f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/json\r\n{again}"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body
