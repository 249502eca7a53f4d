"""The container image on a Docker daemon: safe, healthy, and it remembers."""

import os
import pathlib
import re
import shutil
import signal
import tempfile
import threading
import time
import unittest

import documented
from needs import SOURCE, main
from stack import StackTest  # noqa: F401  pylint: disable=unused-import
from world import Container, eventually, fetch, get, leave

world = None

CONFIGURATION = """
settle: {quiet: 50ms}
local:
  workloads:
    - name: stormy
      watch: [stormy.txt]
      update:  # the kernel's clock, which lives on when the container does not
        exec: [sh, -c, "read -r up _ </proc/uptime && echo $up >>/var/lib/ebbgate/updates"]
    - name: slow
      watch: [slow.txt]
      update: {exec: [sleep, "60"]}
"""


class ImageTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        global world
        world = get()

    def setUp(self):
        # Everybody may read it: the container is another user.
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=world.folder))
        self.addCleanup(shutil.rmtree, self.folder)
        self.folder.chmod(0o755)
        self.write("ebbgate.yaml", CONFIGURATION)
        self.write("stormy.txt", "at first")
        self.write("slow.txt", "at first")
        self.volume = f"ebbgate-image-{os.getpid()}"
        world.do("volume", "create", self.volume)
        self.addCleanup(world, "volume", "rm", "--force", self.volume)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o644)

    def start(self, name):
        container = Container(world, name, self.folder, self.volume)
        self.addCleanup(container.remove)
        return container.ready()

    def storm(self):
        """Changes stormy.txt ten times a second until the test's end, or what it returns is set."""
        over = threading.Event()

        def blow():
            count = 0
            while not over.wait(0.1):
                count += 1
                self.write("stormy.txt", f"change {count}")
        thread = threading.Thread(target=blow, daemon=True)
        thread.start()

        def end():
            over.set()
            thread.join()
        self.addCleanup(end)
        return end

    def test_it_runs_as_a_user_without_rights_and_is_healthy(self):
        container = self.start("plain")
        self.assertEqual(container.run("id", "-u"), "65532")
        self.assertEqual(fetch(container.url + "/healthz"), (200, "ok\n"))
        self.assertIn(f'ebbgate_build_info{{revision="{world.revision or "unknown"}",version="',
                      fetch(container.url + "/metrics")[1])
        eventually(lambda: container.health() == "healthy", "its health check says so")

    def test_its_health_check_fails_while_it_hangs(self):
        container = self.start("hanging")
        eventually(lambda: container.health() == "healthy", "it is healthy at first")
        world.do("kill", "--signal", "STOP", container.name)
        eventually(lambda: container.health() == "unhealthy", "a stopped process is not healthy")
        world.do("kill", "--signal", "CONT", container.name)
        eventually(lambda: container.health() == "healthy", "it is healthy again")

    def test_a_level_and_its_wait_survive_kill_and_a_new_container(self):
        container = self.start("before")
        self.storm()
        eventually(lambda: container.workload("stormy")["level"] >= 3, "the third update went out")
        world.do("kill", "--signal", "KILL", container.name)
        self.assertEqual(world.inspect(container.name)["State"]["ExitCode"], 137)
        container.remove()

        container = self.start("after")
        self.assertGreaterEqual(container.workload("stormy")["level"], 3)

        def updates():
            return [float(line) for line in container.run("cat", "/var/lib/ebbgate/updates").split()]
        eventually(lambda: len(updates()) >= 4, "one more update went out")
        self.assertGreaterEqual(container.workload("stormy")["level"], 4)
        times = updates()
        for number, (one, other) in enumerate(zip(times, times[1:]), start=1):
            # The clock that the command reads cuts off at hundredths.
            self.assertGreaterEqual(other - one, 2 ** (number - 1) - 0.02, times)

    def test_SIGTERM_to_process_1_ends_it_cleanly_with_a_command_under_way(self):
        container = self.start("ending")
        self.write("slow.txt", "now")
        eventually(lambda: container.workload("slow")["state"] == "updating", "its command runs")
        begin = time.monotonic()
        world.do("stop", "--time", "20", container.name)
        took = time.monotonic() - begin
        self.assertEqual(world.inspect(container.name)["State"]["ExitCode"], 0, container.logs())
        self.assertLess(took, 5.5, "5 s, and what Docker itself needs")

    def test_without_a_configuration_it_says_what_is_missing(self):
        code, said = world("run", "--rm", "--network", "none", world.image)
        self.assertEqual(code, 2)
        self.assertIn("/etc/ebbgate/ebbgate.yaml", said)

    def test_it_has_its_licence_and_the_certificates_that_https_needs(self):
        world.do("run", "--rm", "--network", "none", "--entrypoint", "test", world.image,
                 "-s", "/usr/share/doc/ebbgate/LICENSE", "-a",
                 "-s", "/etc/ssl/certs/ca-certificates.crt")

    def test_its_labels_say_what_it_is(self):
        labels = world.inspect(world.image)["Config"]["Labels"]
        self.assertEqual(labels["org.opencontainers.image.licenses"], "Apache-2.0")
        self.assertEqual(labels["org.opencontainers.image.revision"], world.revision)
        self.assertEqual(world.do("run", "--rm", "--network", "none", world.image, "--version"),
                         labels["org.opencontainers.image.version"])

    def test_the_document_runs_it_as_it_says(self):
        if not world.docker.own:
            self.skipTest("its container and volume may be somebody's on this daemon")
        world.do("tag", world.image, "ebbgate")
        self.addCleanup(world, "rm", "--force", "--volumes", "ebbgate")
        for line in documented.lines():
            if line.startswith("docker ") and not line.startswith(("docker compose ", "docker build ")):
                with self.subTest(line=line):
                    code, said = world.shell(line, SOURCE)
                    self.assertEqual(code, 0, said)
                    if line.startswith("docker run --detach"):
                        address = re.search(r"--publish (\S+):9911 ", line)[1]
                        eventually(lambda: fetch(f"http://{address}/readyz")[0] == 200,
                                   "it is ready at the address of the document")


if __name__ == "__main__":
    # SIGTERM ends it as Ctrl-C does, and it leaves nothing behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        main()
    finally:
        leave()
