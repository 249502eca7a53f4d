"""A configuration that cannot be read, or is too much, and an end that nothing holds up."""

import os
import signal

from harness import (HANGING, EndToEndTest, command, eventually, main,
                     replace, total, write)


class ReloadTest(EndToEndTest):

    def setUp(self):
        super().setUp()
        self.hook = self.receiver()
        self.configure([self.http_workload("web", self.hook)])
        self.right = self.config_path.read_text()

    def problems(self, process):
        return " ".join(process.api("process")["problems"])

    def assert_alive(self, process):
        before = len(self.hook.updates("/web"))
        replace(self.conf / "web", f"content {before}")
        self.wait_for(lambda: self.hook.updates("/web"), before + 1)
        self.wait_until_answered(process, "web")

    def test_a_refused_reload_is_told_everywhere_until_the_next_good_one(self):
        process = self.start()
        self.assertEqual(self.problems(process), "")
        write(self.config_path, "backoff:\n  maxx: 5m\n")
        process.send(signal.SIGHUP)
        eventually(lambda: "backoff.maxx" in self.problems(process), "the API says so")
        self.assertIn("was not reloaded", self.problems(process))
        status = command("status", "--url", process.url).out
        self.assertIn("problem: ", status)
        self.assertIn("backoff.maxx", status.replace("\n", ""))
        write(self.config_path, self.right)
        process.send(signal.SIGHUP)
        eventually(lambda: self.problems(process) == "", "it is gone")

    def test_a_pipe_is_no_configuration(self):
        self.config_path.unlink()
        os.mkfifo(self.config_path)
        for name in ("run", "check", "status"):
            done = command(name, "--config", self.config_path, timeout=30)
            self.assertEqual(done.code, 2, done.err)
            self.assertIn("is a pipe", done.err)

    def test_a_reload_from_a_pipe_is_refused_and_holds_up_nothing(self):
        process = self.start()
        self.config_path.unlink()
        os.mkfifo(self.config_path)
        process.send(signal.SIGHUP)
        eventually(lambda: "is a pipe" in self.problems(process), "it is refused")
        self.assert_alive(process)
        code, seconds = process.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, 5)

    def start_hanging(self, flag, part, **options):
        return self.start(env={"LD_PRELOAD": HANGING, "HANGING": str(flag),
                               "HANGING_PATH": str(part)}, **options)

    def test_a_reload_from_a_file_system_that_does_not_answer_ends(self):
        flag = self.folder / "hang"
        process = self.start_hanging(flag, self.config_path)
        write(flag, "")
        process.send(signal.SIGHUP)
        eventually(lambda: os.path.lexists(f"{flag}.reached"), "it hangs")
        self.assert_alive(process)
        eventually(lambda: "does not answer" in self.problems(process), "it is given up")
        self.assertEqual(total(process.metrics(), "ebbgate_config_last_reload_successful"), 0)
        flag.unlink()
        process.send(signal.SIGHUP)
        eventually(lambda: self.problems(process) == "", "it reloads")
        self.assertEqual(process.stop()[0], 0)

    def test_sigterm_ends_it_in_time_while_the_configuration_hangs(self):
        flag = self.folder / "hang"
        process = self.start_hanging(flag, self.config_path)
        write(flag, "")
        process.send(signal.SIGHUP)
        eventually(lambda: os.path.lexists(f"{flag}.reached"), "it hangs")
        code, seconds = process.stop()
        self.assertEqual(code, 0, process.log())
        self.assertLess(seconds, 5)

    def test_sigterm_ends_a_start_that_hangs(self):
        flag = self.folder / "hang"
        for part, code in ((self.config_path, -signal.SIGTERM), (self.database, 1)):
            with self.subTest(part):
                write(flag, "")
                process = self.start_hanging(flag, part, wait=False)
                eventually(lambda: os.path.lexists(f"{flag}.reached"), "it hangs")
                ended, seconds = process.stop()
                self.assertEqual(ended, code, process.log())
                self.assertLess(seconds, 5.5)
                os.unlink(f"{flag}.reached")


class LargeTest(EndToEndTest):

    def seconds_for(self, text):
        """Processor time of a check."""
        write(self.config_path, text)
        before = os.times()
        done = command("check", "--config", self.config_path, timeout=120)
        after = os.times()
        return done, (after.children_user - before.children_user +
                      after.children_system - before.children_system)

    SHAPES = {
        "a long list to watch": lambda n:
            "local: {workloads: [{name: a, update: {exec: [x]}, watch: [" +
            ", ".join(f"c/{i}" for i in range(n // 8)) + "]}]}",
        "many workloads": lambda n: "local:\n  workloads:\n" + "".join(
            f"    - {{name: w{i}, watch: [conf/{i}], update: {{exec: [x]}}, backoff: {{max: 5m}}}}\n"
            for i in range(n // 75)),
        "many wrong keys": lambda n: "".join(f"key{i}: {i}\n" for i in range(n // 17)),
        "many workloads of one name": lambda n: "local:\n  workloads:\n" + "".join(
            "    - {name: a, watch: [a], update: {exec: [x]}}\n" for i in range(n // 50)),
    }

    def test_the_time_for_a_check_grows_as_the_file_does(self):
        for what, text in self.SHAPES.items():
            with self.subTest(what):
                # What a start costs is in both.
                _, small = self.seconds_for(text(250_000))
                done, large = self.seconds_for(text(2_000_000))
                self.assertIn(done.code, (0, 2))
                self.assertLessEqual(len(done.err.splitlines()), 102)
                self.assertLess(large, 8 * 3 * max(small, 0.05))

    def test_aliases_of_aliases_are_refused_at_once(self):
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
        for i in range(1, 12):
            lines.append(f"a{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 9) + "]")
        done, _ = self.seconds_for("\n".join(lines) + "\n")
        self.assertEqual(done.code, 2)
        self.assertIn("the aliases up to here stand for more than 1000000 values", done.err)


if __name__ == "__main__":
    main()
