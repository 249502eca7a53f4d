"""Logs that nobody reads, or that have nowhere to go, hold up nothing."""

import fcntl
import json
import os
import pathlib
import select
import signal
import subprocess
import time

from harness import (BINARY, PATIENCE, EndToEndTest, Process, clean_environment, command,
                     eventually, main, replace, total, write)


class Piped(Process):
    """One `ebbgate run` that logs to a small pipe, of which log() takes what is there."""

    def __init__(self, config):  # pylint: disable=super-init-not-called
        self._reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        self.started = time.monotonic()
        self.log_path = "a pipe"
        self._child = subprocess.Popen([BINARY, "run", "--config", str(config)], stderr=writer,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       env=clean_environment())
        os.close(writer)
        self.pid = self._child.pid
        self._address = None
        self._text = b""

    def log(self):
        while select.select([self._reader], [], [], 0)[0]:
            some = os.read(self._reader, 65536)
            if not some:
                break
            self._text += some
        return self._text.decode()

    def wait(self, patience=PATIENCE):
        # Without a look at the log, which would make room for what waits to be written.
        return self._child.wait(patience)


class UnreadTest(EndToEndTest):

    def start_piped(self):
        process = Piped(self.config_path)
        self.processes.append(process)
        return process.ready()

    def test_a_log_that_nobody_reads_holds_up_neither_updates_nor_the_end(self):
        receiver = self.receiver()
        self.configure([self.http_workload("web", receiver)], budget={"rate": "unlimited"},
                       backoff={"base": "10ms", "max": "10ms", "unhealthy_max": "10ms"})
        process = self.start_piped()
        # Each update makes some lines; the pipe takes but a few dozens.
        for count in range(1, 101):
            replace(self.conf / "web", f"content {count}")
            self.wait_for(lambda: receiver.updates("/web"), count)  # pylint: disable=cell-var-from-loop
        self.assertEqual(process.get("/healthz")[0], 200)
        code, seconds = process.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, 5)
        self.assertNotIn("ended", process.log())

    def test_what_is_dropped_is_counted_and_told_once_somebody_reads(self):
        self.configure([self.http_workload("web", self.receiver())])
        process = self.start_piped()
        right = self.config_path.read_text()
        write(self.config_path, "".join(f"{'x' * 200}{n}: 1\n" for n in range(200)))

        def dropped():
            return total(process.metrics(), "ebbgate_log_lines_dropped_total")

        self.assertEqual(dropped(), 0)

        def log_more():
            process.send(signal.SIGHUP)
            return dropped() > 0

        eventually(log_more, "lines are dropped")
        self.assertEqual(process.get("/healthz")[0], 200)
        write(self.config_path, right)

        def reloaded():
            # What says so may be dropped, too, while there is no room yet.
            process.send(signal.SIGHUP)
            return "the configuration was reloaded" in process.log()

        eventually(reloaded, "lines flow again", pause=0.2)

        def told():
            return sum(int(line.split("lines=")[1]) for line in process.log().splitlines()
                       if "log lines were dropped" in line)

        self.assertEqual(told(), dropped())
        code, seconds = process.stop()
        self.assertEqual((code, seconds < 5), (0, True))
        self.assertTrue(process.log().splitlines()[-1].endswith("ended"), process.log()[-300:])


class ClosedTest(EndToEndTest):

    def run_without(self, descriptors, *arguments, **options):
        def close():
            for descriptor in descriptors:
                os.close(descriptor)
        return subprocess.Popen([BINARY, *map(str, arguments)], env=clean_environment(),
                                preexec_fn=close, **options)

    def test_what_is_printed_never_lands_in_another_file(self):
        for descriptors in ((0,), (1,), (2,), (0, 1, 2)):
            with self.subTest(descriptors):
                workload, commands = self.exec_workload("web")
                self.configure([workload], log={"level": "debug"})
                child = self.run_without(descriptors, "run", "--config", self.config_path,
                                         stderr=subprocess.DEVNULL)
                self.addCleanup(child.wait)
                self.addCleanup(child.kill)
                before = len(commands.updates())
                eventually((self.folder / "ebbgate.sock").exists, "it runs")
                released = command("release", "default/Local/web", "--config", self.config_path)
                self.assertEqual(released.code, 0, released.err)
                replace(self.conf / "web", f"without {descriptors}")
                self.wait_for(commands.updates, before + 1)
                for descriptor in descriptors:
                    self.assertEqual(os.readlink(f"/proc/{child.pid}/fd/{descriptor}"), "/dev/null")
                child.terminate()
                self.assertEqual(child.wait(30), 0)
                for file in self.folder.glob("ebbgate.db*"):
                    self.assertNotIn(b"listening on", file.read_bytes())

    def test_a_closed_standard_output_is_a_failure(self):
        self.configure([])
        for arguments in (("check", "--config", self.config_path), ("manual",), ("--version",)):
            with self.subTest(arguments):
                child = self.run_without((1,), *arguments, stderr=subprocess.PIPE)
                self.assertIn(b"the output could not be written", child.communicate(timeout=60)[1])
                self.assertEqual(child.returncode, 1)


class JsonTest(EndToEndTest):

    def test_what_is_wrong_at_the_start_is_json_too_where_that_is_asked_for(self):
        for text, more, variables in (
                ("bogus: 1\nlog: {format: json}\nother: 2\n", (), {}),
                ("bogus: [\n", ("--log.format", "json"), {}),
                ("bogus: 1\n", (), {"EBBGATE_LOG_FORMAT": "json"}),
                (None, ("--log.format", "json"), {})):
            with self.subTest(text):
                self.config_path.unlink(missing_ok=True)
                if text is not None:
                    write(self.config_path, text)
                done = command("run", *more, env=variables, cwd=self.folder)
                self.assertEqual(done.code, 2)
                lines = [json.loads(line) for line in done.err.splitlines()]
                self.assertTrue(lines)
                for line in lines:
                    self.assertEqual(line["level"], "error")
                    self.assertTrue(line["message"])

    def test_text_lines_hold_nothing_that_acts_on_a_terminal(self):
        workload, commands = self.exec_workload("web")
        script = "printf '\\033[31m \\302\\233 \\342\\200\\256evil \\377\\n'"
        workload["update"] = {"exec": ["sh", "-c", f"{script}; exec \"$@\"", "sh", *commands.argv]}
        self.configure([workload])
        process = self.start()
        replace(self.conf / "web", "new")
        self.wait_until_answered(process, "web")
        process.stop()
        raw = pathlib.Path(process.log_path).read_bytes()
        self.assertIn(b"evil", raw)
        for harmful in (b"\x1b", b"\xc2\x9b", b"\xe2\x80\xae", b"\xff"):
            self.assertNotIn(harmful, raw)


if __name__ == "__main__":
    main()
