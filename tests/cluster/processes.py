"""Child processes that die with their parent, and ports for them."""

import ctypes
import pathlib
import random
import signal
import socket
import subprocess

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent():
    """In a new child: the kernel kills it when the thread that started it ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def free_port():
    """A free port below those that the kernel gives to outgoing connections, so that it can be
    listened on again after a restart."""
    lowest = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(10000, lowest if lowest > 12000 else 32768)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class Child:
    """A process with its log. Started by the main thread: it dies with that thread."""

    def __init__(self, arguments, log, env=None):
        self.arguments = [str(argument) for argument in arguments]
        self.log_path = pathlib.Path(log)
        with open(log, "ab") as output:
            self._process = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env,
                cwd=self.log_path.parent, preexec_fn=die_with_parent,
                start_new_session=True)  # a Ctrl-C is for its parent, which ends it in order
        self.pid = self._process.pid

    def running(self):
        return self._process.poll() is None

    def tail(self, characters=4000):
        return self.log_path.read_text(errors="replace")[-characters:]

    def kill(self):
        """kill -9."""
        self._process.kill()
        self._process.wait()

    def pause(self):
        """Lets it do nothing until resume()."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self):
        self._process.send_signal(signal.SIGCONT)

    def stop(self, patience=60):
        """SIGTERM, and SIGKILL for one that does not end."""
        if not self.running():
            return
        self._process.terminate()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()

    def memory(self):
        """Its resident memory in bytes."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().split("\n"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0
