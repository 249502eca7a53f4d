"""What Ebbgate gets from whoever starts it, what its commands get, and who may look into it."""

import contextlib
import os
import pathlib
import resource
import signal
import subprocess
import unittest

from harness import SANITIZER, EndToEndTest, eventually, main, replace

# Where the tests run as root, who may look at everything, somebody else does.
SOMEBODY = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}


def limits_of(pid):
    """(soft, hard) limit of descriptors."""
    for line in pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines():
        if line.startswith("Max open files"):
            return tuple(map(int, line.split()[3:5]))
    raise AssertionError("no such limit")


class SignalsTest(EndToEndTest):

    def start_with(self, prepare):
        return self.start(preexec_fn=prepare, restore_signals=False)

    def test_outcomes_are_learned_and_signals_obeyed_whatever_was_ignored_or_blocked(self):
        def prepare():
            for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK,
                                   {signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1})

        workload, commands = self.exec_workload("web")
        seen = self.folder / "seen"
        workload["update"] = {"exec": [
            "sh", "-c", f"grep -E 'Sig(Ign|Blk)' /proc/self/status > {seen}; exec \"$@\"", "sh",
            *commands.argv]}
        self.configure([workload], backoff={"base": "10ms"})
        process = self.start_with(prepare)
        replace(self.conf / "web", "new")
        self.wait_until_answered(process, "web", "applied")
        for line in seen.read_text().splitlines():
            self.assertEqual(int(line.split()[1], 16), 0, line)
        commands.behave("exit 3")
        replace(self.conf / "web", "newer")
        eventually(lambda: "exit status 3" in process.log(), "its status is known")
        process.send(signal.SIGHUP)
        eventually(lambda: "was reloaded" in process.log(), "it reloads")
        code, seconds = process.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, 5)

    def test_commands_get_the_limit_of_descriptors_that_ebbgate_was_started_with(self):
        def prepare():
            resource.setrlimit(resource.RLIMIT_NOFILE, (300, 2000))

        workload, commands = self.exec_workload("web")
        seen = self.folder / "seen"
        workload["update"] = {"exec": ["sh", "-c", f"ulimit -Sn > {seen}; exec \"$@\"", "sh",
                                       *commands.argv]}
        self.configure([workload])
        process = self.start(preexec_fn=prepare)
        self.assertEqual(limits_of(process.pid), (2000, 2000))
        replace(self.conf / "web", "new")
        self.wait_until_answered(process, "web")
        self.assertEqual(seen.read_text(), "300\n")


class MemoryTest(EndToEndTest):

    def start_as_somebody(self, **settings):
        self.configure([], **settings)
        if SOMEBODY:
            for path in (self.folder, *self.folder.glob("*")):
                os.chown(path, SOMEBODY["user"], SOMEBODY["group"])
        return self.start(**SOMEBODY)

    def may_be_read(self, process):
        """Whether another process of its user reads its environment, which needs the same right as
        its memory."""
        done = subprocess.run(["cat", f"/proc/{process.pid}/environ"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, cwd="/", check=False, **SOMEBODY)
        return done.returncode == 0

    def test_nobody_looks_into_the_memory_unless_that_is_asked_for(self):
        process = self.start_as_somebody()
        self.assertFalse(self.may_be_read(process))
        self.assertEqual(process.metrics()["process_open_fds"].keys(), {()})
        self.configure([], debug={"core_dumps": True})
        process.send(signal.SIGHUP)
        eventually(lambda: "was reloaded" in process.log(), "it reloads")
        self.assertTrue(self.may_be_read(process))
        self.assertEqual(process.stop()[0], 0)

    @unittest.skipIf(SANITIZER, "sanitizers take the signal for a report of their own")
    def test_a_crash_is_told_by_the_exit_status_and_leaves_no_core(self):
        def prepare():
            resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)

        self.configure([])
        cores = self.folder / "cores"
        cores.mkdir()
        with contextlib.suppress(ValueError):  # where the hard limit forbids cores
            process = self.start(preexec_fn=prepare, cwd=cores)
            os.kill(process.pid, signal.SIGSEGV)
            _, status = os.waitpid(process.pid, 0)
            self.assertEqual(os.WTERMSIG(status), signal.SIGSEGV)
            self.assertFalse(os.WCOREDUMP(status))
            self.assertEqual(list(cores.iterdir()), [])


if __name__ == "__main__":
    main()
