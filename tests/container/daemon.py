"""A Docker daemon for tests: one that is there, or one of their own, of which nothing stays behind."""

import ctypes
import glob
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from needs import run, tool, unable

PATIENCE = 60
_CLONE_NEWNS, _CLONE_NEWNET = 0x00020000, 0x40000000
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _unshare(what):
    if _libc.unshare(what) != 0:
        unable(f"this process may not have namespaces of its own: {os.strerror(ctypes.get_errno())}")


def _end_with_parent():
    """In a new child: it is asked to end, and ends its containers, when its parent is killed."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


class Given:
    """The daemon that the `docker` command reaches by itself."""

    own = False
    environment = dict(os.environ)

    def leave_network(self):
        pass

    def close(self):
        pass


class Own:
    """A daemon of this process: its files are in a temporary folder, its mounts in a mount namespace
    that this process enters. It begins in the network of the machine, which builds need, without a
    bridge and firewall rules. leave_network() starts it anew in an empty network that this process
    enters, too: whatever it makes there goes with the two of them, and no port is taken."""

    own = True

    def __init__(self):
        if os.geteuid() != 0:
            unable("no Docker daemon can be reached, and only root can start one")
        self._dockerd = tool("dockerd", "docker.io", unable)
        self._busybox = tool("busybox", "busybox-static", unable)
        _unshare(_CLONE_NEWNS)
        run("mount", "--make-rprivate", "/")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ebbgate-docker-"))
        self._cgroup = self.folder.name
        self._process = None
        self.environment = {**os.environ, "DOCKER_HOST": f"unix://{self.folder}/docker.sock",
                            "DOCKER_BUILDKIT": "0"}
        for name in ("DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
            self.environment.pop(name, None)
        try:
            self._start("--bridge=none", "--iptables=false", "--ip6tables=false",
                        "--ip-forward=false")
        except BaseException:
            self.close()
            raise

    def _start(self, *options):
        log = self.folder / "log"
        with open(log, "ab") as output:
            self._process = subprocess.Popen(
                [self._dockerd, "--data-root", str(self.folder / "data"),
                 "--exec-root", str(self.folder / "exec"), "--pidfile", str(self.folder / "pid"),
                 "--host", self.environment["DOCKER_HOST"], "--cgroup-parent", "/" + self._cgroup,
                 *options],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                preexec_fn=_end_with_parent)
        deadline = time.monotonic() + PATIENCE
        while run("docker", "info", env=self.environment)[0] != 0:
            if self._process.poll() is not None or time.monotonic() > deadline:
                unable(f"dockerd does not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)

    def _stop(self):
        if not self._process:
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def leave_network(self):
        self._stop()
        _unshare(_CLONE_NEWNET)
        code, said = run(self._busybox, "ip", "link", "set", "lo", "up")
        assert code == 0, said
        self._start()

    def close(self):
        self._stop()
        for line in reversed(pathlib.Path("/proc/self/mounts").read_text().splitlines()):
            where = line.split(" ")[1]
            if where.startswith(f"{self.folder}/"):
                run("umount", "-l", where)
        shutil.rmtree(self.folder)
        for place in ("/sys/fs/cgroup/", "/sys/fs/cgroup/*/"):
            for folder in glob.glob(place + self._cgroup):
                os.rmdir(folder)


def reach():
    """The daemon that is there, else one of our own."""
    tool("docker", "docker.io", unable)
    if run("docker", "info")[0] == 0:
        return Given()
    return Own()
