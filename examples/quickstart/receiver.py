#!/usr/bin/env python3
"""receiver.py PORT FOLDER: a server that reloads FOLDER on POST /reload, and tells when it did."""

import http.server
import pathlib
import sys
import time


class Site(http.server.BaseHTTPRequestHandler):
    folder = pathlib.Path(sys.argv[2])
    reloaded = None

    def do_POST(self):
        if self.path != "/reload":
            self.send_error(404)
            return
        now = time.monotonic()
        since = f"{now - Site.reloaded:.1f} s after the last one" if Site.reloaded else "first one"
        Site.reloaded = now
        headline = (self.folder / "headline.txt").read_text().strip()
        print(f"receiver: reload, {since}: {headline}", flush=True)
        self.answer()

    def do_GET(self):
        if self.path == "/healthz":
            self.answer()
        else:
            self.send_error(404)

    def answer(self):
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Site)
    print(f"receiver: http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
