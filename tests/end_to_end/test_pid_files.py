"""Signals by pid file: who gets one, and who never does."""

import os
import pathlib
import subprocess
import time

from harness import HANGING, EndToEndTest, allowed, eventually, main, replace, write


class PidFileTest(EndToEndTest):

    def setUp(self):
        super().setUp()
        self.pid_file = self.folder / "run" / "web.pid"
        self.pid_file.parent.mkdir()
        self.word = self.folder / "word"

    def daemon(self):
        """A process that appends to a file when it gets SIGUSR1."""
        script = f"trap 'echo got >> {self.word}' USR1; echo $$ > {self.pid_file}.new;" \
                 f" mv {self.pid_file}.new {self.pid_file}; while :; do sleep 0.02; done"
        child = subprocess.Popen(["sh", "-c", script])
        self.addCleanup(lambda: (child.kill(), child.wait()))
        eventually(self.pid_file.exists, "it wrote its pid")
        return child

    def words(self):
        return self.word.read_text().count("got") if self.word.exists() else 0

    def workload(self, **more):
        return {"name": "web", "watch": [str(self.file("web"))],
                "update": {"signal": {"pid_file": str(self.pid_file), "signal": "USR1", **more}}}

    def refusal(self, process):
        self.wait_until_answered(process, "web", "refused")
        return process.workload("web")["last_error"]

    def test_nobody_is_signalled_who_must_not_be(self):
        self.configure([self.workload()], retry={"base": "100ms", "max": "200ms"})
        write(self.pid_file, "1\n")
        process = self.start()
        replace(self.conf / "web", "new")
        self.assertIn("allow_pid_1", self.refusal(process))
        write(self.pid_file, f"{process.pid}\n")
        eventually(lambda: "Ebbgate itself" in self.refusal(process), "its own pid is refused")
        write(self.pid_file, f"{os.getpid()}\n")
        os.chmod(self.pid_file, 0o666)
        eventually(lambda: "written by everybody" in self.refusal(process), "its mode is refused")
        os.remove(self.pid_file)
        os.mkfifo(self.pid_file)
        eventually(lambda: "no regular file" in self.refusal(process), "a FIFO is refused")
        self.assertEqual(process.workload("web")["level"], 0)
        os.remove(self.pid_file)
        self.daemon()
        eventually(self.words, "the signal comes at last")
        self.wait_until_answered(process, "web")
        self.assertEqual(process.stop()[0], 0)

    def test_process_1_gets_a_signal_where_that_is_allowed(self):
        """In a process namespace of its own, the daemon is the first process."""
        probe = subprocess.run(["unshare", "--fork", "--pid", "--mount-proc", "true"],
                               stderr=subprocess.DEVNULL, check=False)
        if probe.returncode != 0:
            self.skipTest("no process namespaces here")
        self.configure([self.workload(allow_pid_1=True)])
        log, binary = self.folder / "log.inside", os.environ["EBBGATE_BINARY"]
        script = (f"trap 'echo got >> {self.word}' USR1; trap 'kill $!; wait $!; exit 0' TERM;"
                  f" echo 1 > {self.pid_file}; {binary} run --config {self.config_path}"
                  f" 2> {log} & while :; do sleep 0.02; done")
        inside = subprocess.Popen(["unshare", "--fork", "--kill-child", "--pid", "--mount-proc",
                                   "sh", "-c", script])
        self.addCleanup(lambda: (inside.kill(), inside.wait()))
        eventually(lambda: log.exists() and "listening" in log.read_text(), "it runs inside")
        time.sleep(1)  # until it is ready: nothing of it can be asked from outside
        replace(self.conf / "web", "new")
        eventually(self.words, "the signal came")

    def test_a_file_system_that_hangs_holds_up_nobody_else(self):
        receiver = self.receiver()
        other = self.http_workload("other", receiver)
        flag = self.folder / "hanging"
        web = self.workload()
        web["update"]["timeout"] = "1s"
        self.configure([web, other], retry={"base": "100ms", "max": "200ms"})
        self.daemon()
        process = self.start(env={"LD_PRELOAD": HANGING, "HANGING": str(flag),
                                  "HANGING_PATH": str(self.pid_file)})
        write(flag, "")
        replace(self.conf / "web", "new")
        eventually(lambda: pathlib.Path(f"{flag}.reached").is_symlink(), "it hangs")
        threads = lambda: len(os.listdir(f"/proc/{process.pid}/task"))  # noqa: E731
        before = threads()
        begin = time.monotonic()
        replace(self.conf / "other", "new")
        self.wait_for(lambda: receiver.updates("/other"), 1)
        self.assertLess(time.monotonic() - begin, allowed(2))
        self.wait_until_answered(process, "other")
        self.assertIn("within 1s", self.refusal(process))
        eventually(lambda: "does not answer" in self.refusal(process), "it was tried again")
        time.sleep(1)
        self.assertLessEqual(threads(), before + 2)  # not one for each attempt
        self.assertEqual(self.words(), 0)
        os.remove(flag)
        eventually(self.words, "the signal comes once it answers")
        self.wait_until_answered(process, "web")
        time.sleep(0.5)
        self.assertEqual(self.words(), 1)  # what was given up stays so

    def test_it_ends_in_time_while_a_pid_file_hangs(self):
        flag = self.folder / "hanging"
        self.configure([self.workload()])
        self.daemon()
        process = self.start(env={"LD_PRELOAD": HANGING, "HANGING": str(flag),
                                  "HANGING_PATH": str(self.pid_file)})
        write(flag, "")
        replace(self.conf / "web", "new")
        eventually(lambda: pathlib.Path(f"{flag}.reached").is_symlink(), "it hangs")
        code, seconds = process.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, allowed(5))
        self.assertEqual(self.words(), 0)


if __name__ == "__main__":
    main()
