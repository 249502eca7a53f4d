"""Processes that a command leaves behind, and what becomes of them when Ebbgate stops."""

import os
import signal

from harness import EndToEndTest, eventually, main, replace

ADVICE = "redirect the output of that process"


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


class DaemonTest(EndToEndTest):

    def leave(self, redirection=""):
        """The pid of a daemon that an update's command left behind; it writes a line all the time,
        and a file each time that worked. And the process, which has answered the update."""
        pid_file, beats = self.folder / "daemon.pid", self.folder / "beats"
        script = (f"setsid sh -c 'echo $$ > {pid_file}; while sleep 0.05; do echo a line;"
                  f" echo >> {beats}; done' {redirection} &")
        self.configure([{"name": "web", "watch": [str(self.file("web"))],
                         "update": {"exec": ["sh", "-c", script]}}])
        process = self.start()
        replace(self.conf / "web", "new")
        self.wait_until_answered(process, "web")
        pid = int(eventually(lambda: pid_file.exists() and pid_file.read_text().strip(),
                             "the daemon runs"))
        self.addCleanup(lambda: lives(pid) and os.kill(pid, signal.SIGKILL))
        self.beats = lambda: beats.exists() and len(beats.read_text())
        return pid, process

    def go_on(self, what):
        """Waits until the daemon has written more."""
        before = self.beats()
        eventually(lambda: self.beats() > before + 3, what)

    def test_a_daemon_that_writes_is_told_of_and_lives_as_long_as_ebbgate(self):
        pid, process = self.leave()
        eventually(lambda: ADVICE in process.log(), "the log says what to do")
        process.says("default/Local/web: its command left a process behind")
        self.go_on("what it writes is read")
        self.assertTrue(lives(pid))
        self.assertEqual(process.stop()[0], 0)
        # What the advice and the documentation say would happen.
        eventually(lambda: not lives(pid), "SIGPIPE has ended it")

    def test_a_daemon_whose_output_is_redirected_outlives_ebbgate_without_a_word(self):
        pid, process = self.leave(">/dev/null 2>&1")
        self.go_on("it runs")
        self.assertEqual(process.stop()[0], 0)
        self.go_on("it still runs")
        self.assertTrue(lives(pid))
        self.assertNotIn(ADVICE, process.log())

    def test_a_command_that_prints_much_at_its_end_is_no_daemon(self):
        self.configure([{"name": "web", "watch": [str(self.file("web"))],
                         "update": {"exec": ["sh", "-c", "yes | head -c 1000000"]}}])
        process = self.start()
        replace(self.conf / "web", "new")
        self.wait_until_answered(process, "web")
        for _ in range(2):
            before = process.workload("web")["updates"]
            replace(self.conf / "web", f"newer {before}")
            eventually(lambda n=before: process.workload("web")["updates"] > n, "another update")
        self.assertNotIn(ADVICE, process.log())


if __name__ == "__main__":
    main()
