"""A real Prometheus on a free port, with the rules of dashboards/rules, that scrapes what it is told."""

import json
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import tools

sys.path.append(str(tools.SOURCE / "tests/common"))

from waiting import PATIENCE, Patience  # noqa: E402 (found by the line above)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Refused(Exception):
    """What Prometheus says of a query that it does not answer."""


class Prometheus:
    """Its job `ebbgate` honours labels, as every scrape configuration of Ebbgate must."""

    def __init__(self, folder, interval="2s"):
        self.folder = pathlib.Path(folder)
        self._targets = self.folder / "targets.json"
        self.scrape([])
        rules = sorted(str(path) for path in (tools.SOURCE / "dashboards/rules").glob("*.yml"))
        config = self.folder / "prometheus.yml"
        config.write_text(json.dumps({  # JSON is YAML too
            "global": {"scrape_interval": interval, "scrape_timeout": interval,
                       "evaluation_interval": interval},
            "rule_files": rules,
            "scrape_configs": [{"job_name": "ebbgate", "honor_labels": True,
                                "file_sd_configs": [{"files": [str(self._targets)],
                                                     "refresh_interval": "1s"}]}]}))
        code, said = tools.run(tools.tool("promtool"), "check", "config", config)
        assert code == 0, said
        self._log = self.folder / "prometheus.log"
        # Another process may take the port between the look and the start.
        for _ in range(5):
            if self._start(config):
                return
        raise AssertionError(f"Prometheus does not start:\n{self._log.read_text()}")

    def _start(self, config):
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        with open(self._log, "wb") as log:
            self._child = subprocess.Popen(
                [tools.tool("prometheus"), f"--config.file={config}",
                 f"--storage.tsdb.path={self.folder / 'data'}",
                 f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        left = Patience()
        while self._child.poll() is None and not left.over():
            try:
                with urllib.request.urlopen(f"{self.url}/-/ready", timeout=PATIENCE):
                    return True
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        self.stop()
        return False

    def stop(self):
        self._child.terminate()
        try:
            self._child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def scrape(self, addresses):
        """From soon on, these (HOST:PORT) are its targets."""
        text = json.dumps([{"targets": list(addresses)}])
        staging = self._targets.with_suffix(".new.json")
        staging.write_text(text)
        staging.rename(self._targets)

    def ask(self, path, **parameters):
        query = urllib.parse.urlencode(parameters, doseq=True)
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=PATIENCE) as reply:
                return json.load(reply)["data"]
        except urllib.error.HTTPError as error:
            raise Refused(json.load(error)["error"]) from None

    def query(self, expression):
        """[(labels, value)] now."""
        data = self.ask("query", query=expression)
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        return [(series["metric"], float(series["value"][1])) for series in data["result"]]

    def query_range(self, expression, seconds, step=1):
        """[(labels, [(time, value)])] of the last `seconds`."""
        now = time.time()
        data = self.ask("query_range", query=expression, start=now - seconds, end=now, step=step)
        return [(series["metric"], [(at, float(value)) for at, value in series["values"]])
                for series in data["result"]]

    def rules(self):
        return [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]

    def healthy_targets(self):
        return {target["labels"]["instance"] for target in self.ask("targets")["activeTargets"]
                if target["health"] == "up"}
