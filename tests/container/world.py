"""A daemon with the image built as docs/compose.md says, and containers of it that tests judge."""

import json
import os
import pathlib
import re
import shutil
import tempfile
import time
import urllib.error
import urllib.request

import base_images
import daemon
import documented
from needs import SOURCE, compose, run, tool, unable

PATIENCE = 30

# Without a terminal, `docker-compose` wants to be told.
COMMAND = """#!/bin/sh
[ "$1" = compose ] || exec {docker} "$@"
shift
case "$1" in
  exec) shift; exec {compose} exec -T "$@" ;;
  run) shift; exec {compose} run -T "$@" ;;
  *) exec {compose} "$@" ;;
esac
"""


def eventually(condition, what, patience=PATIENCE):
    """Waits until `condition()` is true and returns what it returned."""
    deadline = time.monotonic() + patience
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"still not after {patience} s: {what() if callable(what) else what}")
        time.sleep(0.05)


def fetch(url):
    """(status, text); (0, why) where there is no answer."""
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except (OSError, urllib.error.URLError) as error:
        return 0, str(error)


_world = None
_failure = None


def get():
    """The world of this process; its build is tried once."""
    global _world, _failure
    if _failure:
        raise _failure
    if not _world:
        try:
            _world = World()
        except Exception as failure:
            _failure = failure
            raise
    return _world


def leave():
    if _world:
        _world.close()


class World:
    """The daemon, and the names of the images that this run uses."""

    def __init__(self):
        self.docker = daemon.reach()
        self.image = f"ebbgate-test:{os.getpid()}"
        # What `docker` is for the document, and the tests' own folders.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ebbgate-container-"))
        try:
            self._write_docker_command()
            self.images = self._images_of_the_stack()
            base = re.search(r"^ARG BASE=(\S+)", (SOURCE / "Dockerfile").read_text(), re.MULTILINE)[1]
            if self.docker.own:
                base_images.debian(self.docker, base)
                base_images.busybox(self.docker, self.images["busybox"])
                base_images.monitoring(self.docker, self.images["prometheus"], base, "prometheus",
                                       "prometheus", "prometheus")
                base_images.monitoring(self.docker, self.images["alertmanager"], base,
                                       "alertmanager", "prometheus-alertmanager",
                                       "prometheus-alertmanager")
            else:
                self._pull(base, *self.images.values())
            self._build()
            self.docker.leave_network()
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _images_of_the_stack():
        """{"busybox": "busybox:1.37.0", …}"""
        names = re.findall(r"^ +image: ([a-z/]+:\S+)$",
                           (SOURCE / "docker-compose.yml").read_text(), re.MULTILINE)
        return {name.split(":")[0].split("/")[-1]: name for name in names}

    def _write_docker_command(self):
        """A `docker compose` for machines that have `docker-compose` only."""
        words = compose()
        if len(words) > 1:
            return
        command = self.folder / "docker"
        command.write_text(COMMAND.format(docker=tool("docker", "docker.io"), compose=words[0]))
        command.chmod(0o755)

    def _pull(self, *names):
        for name in names:
            if self("image", "inspect", name)[0] != 0 and self("pull", name, timeout=600)[0] != 0:
                unable(f"the Docker daemon has no {name} and cannot pull it")

    def _build(self):
        code, said = run("git", "rev-parse", "--short=12", "HEAD", cwd=SOURCE)
        self.revision = said.strip() if code == 0 else ""
        line = documented.line("docker build ").replace("-t ebbgate ", f"-t {self.image} ")
        assert self.image in line, line
        if self.docker.own:
            line = line.replace("docker build ", "docker build --network host ")
        begin = time.monotonic()
        code, said = run("sh", "-c", line, cwd=SOURCE, env=self.docker.environment, timeout=1000)
        assert code == 0, f"{line}\n{said[-6000:]}"
        print(f"the image took {time.monotonic() - begin:.0f} s to build", flush=True)

    def __call__(self, *arguments, timeout=120):
        """`docker ARGUMENTS`: (exit code, all that it printed)."""
        return run("docker", *arguments, env=self.docker.environment, timeout=timeout)

    def do(self, *arguments):
        """`docker ARGUMENTS`, which must succeed: what it printed."""
        code, said = self(*arguments)
        assert code == 0, f"docker {' '.join(map(str, arguments))}\n{said}"
        return said.strip()

    def inspect(self, what):
        return json.loads(self.do("inspect", what))[0]

    def shell(self, line, folder, **variables):
        """A command line of the document: (exit code, all that it printed)."""
        environment = {**self.docker.environment, **variables}
        environment["PATH"] = f"{self.folder}:{environment['PATH']}"
        return run("sh", "-c", line, cwd=folder, env=environment, timeout=300)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        if not self.docker.own:
            self("image", "rm", "-f", self.image)
        self.docker.close()


class Container:
    """One container of the image, on a read-only file system and without capabilities, which can be
    reached at `url`. Its configuration and a folder `updates` are those of the host."""

    HEALTH = ("--health-interval=1s", "--health-timeout=1s", "--health-retries=1",
              "--health-start-period=0s")

    def __init__(self, world, name, folder, volume):
        self.world = world
        self.name = f"{name}-{os.getpid()}"
        self.world.do("run", "--detach", "--name", self.name, "--read-only", "--cap-drop", "ALL",
                      "--security-opt", "no-new-privileges", *self.HEALTH,
                      "--publish", "127.0.0.1::9911", "--volume", f"{volume}:/var/lib/ebbgate",
                      "--volume", f"{folder}:/etc/ebbgate:ro", self.world.image)
        port = self.world.do("port", self.name, "9911").splitlines()[0]
        self.url = f"http://{port}"

    def ready(self):
        eventually(lambda: fetch(self.url + "/readyz")[0] == 200,
                   lambda: f"/readyz says ok\n{self.logs()}")
        return self

    def logs(self):
        return self.world.do("logs", self.name)

    def health(self):
        return self.world.inspect(self.name)["State"]["Health"]["Status"]

    def run(self, *command):
        return self.world.do("exec", self.name, *command)

    def workload(self, name):
        status, text = fetch(f"{self.url}/api/v1/workloads/default/Local/{name}")
        assert status == 200, text
        return json.loads(text)

    def remove(self):
        self.world("rm", "--force", self.name)
