"""A workload whose updates fail is told as failing, with the reason and what to do about that, and
never as one whose configuration changes too often."""

import json
import os
import signal
import socket
import time
from datetime import datetime, timezone

from harness import EndToEndTest, allowed, command, eventually, main, replace, write

SHORT = {"base": "200ms", "max": "1s", "unhealthy_max": "2s"}
KEY = "default/Local/web"
STORM = ("changed often", "changes keep coming", "rewrites", "`ready`")


class FailingTest(EndToEndTest):

    settings = {**EndToEndTest.settings, "backoff": SHORT,
                "retry": {"base": "200ms", "max": "1s", "jitter": "none"}}

    def begin(self, update, **more):
        """Ebbgate with one workload, whose configuration has changed."""
        path = self.file("web")
        self.configure([{"name": "web", "watch": [str(path)], "update": update, **more}])
        process = self.start()
        replace(path, "broken")
        return process

    def failing(self, process, times=1):
        """The workload, once its updates have failed so often."""
        def look():
            workload = process.workload("web")
            return workload["failures"] >= times and workload
        return eventually(look, f"{times} failures", progress=lambda: process.workload("web"))

    def explained(self, process):
        done = command("explain", KEY, "--url", process.url, env={"COLUMNS": "1000"})
        self.assertEqual(done.code, 0, done.err)
        return done.out

    def listed(self, process):
        return command("status", "--url", process.url, env={"COLUMNS": "1000"}).out

    def history(self, process):
        return process.api(f"history?workload={KEY}&limit=100")["items"]

    def assert_told(self, process, workload, cause, error, advice):
        """Everywhere it is failing, for this reason, and no storm."""
        self.assertEqual(workload["failure_cause"], cause)
        self.assertIn(error, workload["last_error"])
        self.assertIn(workload["state"], ("failing", "updating"))
        def look():  # between two tries
            text = self.explained(process)
            return text if "is failing" in text else None
        shown = eventually(look, "it is failing")
        for text in (error, advice, "Its last update failed"):
            self.assertIn(text, shown)
        for text in STORM:
            self.assertNotIn(text, shown)
        eventually(lambda: "default/Local/web  1      failing" in self.listed(process) or
                   "default/Local/web  0      failing" in self.listed(process), "status says so")
        metrics = process.metrics()
        causes = metrics["ebbgate_workload_failure_cause"]
        self.assertEqual([dict(labels)["cause"] for labels in causes], [cause])
        labels = (("kind", "Local"), ("namespace", "default"), ("workload", "web"))
        self.assertEqual(metrics["ebbgate_workload_failing"], {labels: 1})
        self.assertEqual(metrics["ebbgate_workloads_failing"], {(): 1})


class CauseTest(FailingTest):

    def test_a_command_that_fails_for_ever(self):
        process = self.begin({"exec": ["/bin/sh", "-c", "echo to stdout; for i in 1 2 3 4 5 6 7 8; "
                                       "do echo line $i of the error >&2; done; exit 1"]})
        first = self.failing(process)
        workload = self.failing(process, 4)
        self.assert_told(process, workload, "command_exit", "line 8 of the error",
                         "Run the command by hand")
        self.assertIn("exit status 1", workload["last_error"])
        self.assertNotIn("line 1 ", workload["last_error"])
        self.assertEqual(workload["level"], 1)
        self.assertEqual(workload["pending_since"], first["pending_since"])
        self.assertEqual(workload["failing_since"], first["failing_since"])
        failures = [entry for entry in self.history(process) if entry["event"] == "unknown"]
        self.assertGreaterEqual(len(failures), 4)
        for entry in failures:
            self.assertIn("line 8 of the error", entry["detail"])
        oldest = process.metrics()["ebbgate_updates_pending_oldest_timestamp_seconds"][()]
        self.assertLess(abs(oldest - moment(first["pending_since"])), 0.1)

    def test_a_further_try_is_told_while_it_is_under_way(self):
        process = self.begin({"exec": ["/bin/sh", "-c", f"test -e {self.folder}/again && "
                                       f"exec sleep 60; touch {self.folder}/again; "
                                       "echo broken >&2; exit 1"]})
        eventually(lambda: process.workload("web")["state"] == "updating" and
                   process.workload("web")["failures"] == 1, "the second try is under way")
        shown = self.explained(process)
        for text in ("is updating", "Its last update failed, and is tried again now: this is try 2.",
                     "exit status 1: broken", "1 time\n", "next update    under way\n"):
            self.assertIn(text, shown)
        self.assertNotIn("newer change", shown)
        self.assertRegex(self.listed(process), r"updating +under way ")
        replace(self.conf / "web", "newer")
        eventually(lambda: "A newer change waits for its answer." in self.explained(process),
                   "the newer change is told of")

    def test_a_program_that_is_not_there(self):
        process = self.begin({"exec": ["/nonexistent/program"]})
        self.assert_told(process, self.failing(process, 2), "command_not_started",
                         "/nonexistent/program", "See that the program exists")

    def test_a_hook_that_answers_404_and_tells_what_it_was_asked(self):
        receiver = self.receiver()
        receiver.status = 404
        receiver.body = (b'{"error": "no such path", "asked": "/reload?token=t0psecret&user=x", '
                         b'"authorization": "Bearer s3cret-token", "key": "t0psecret"}\n')
        process = self.begin({"http": {"url": receiver.url + "/reload?token=t0psecret&user=x",
                                       "headers": {"Authorization": "Bearer s3cret-token"}}})
        workload = self.failing(process, 2)
        self.assert_told(process, workload, "http_status", "HTTP 404",
                         "See its last error for what was answered")
        self.assertIn("may repeat secrets of the request", workload["last_error"])
        self.assertEqual(workload["level"], 1)
        history = self.history(process)
        told = "".join([process.log(), json.dumps(process.workload("web")), json.dumps(history),
                        self.explained(process), process.get("/metrics")[2]])
        for secret in ("s3cret", "t0psecret"):
            self.assertNotIn(secret, told)

    def test_a_hook_without_secrets_that_tells_what_is_wrong(self):
        receiver = self.receiver()
        receiver.status = 500
        receiver.body = b"line 5 of the rules is wrong\n"
        process = self.begin({"http": {"url": receiver.url + "/-/reload"}})
        workload = self.failing(process, 2)
        self.assert_told(process, workload, "http_status",
                         "/-/reload: HTTP 500: line 5 of the rules is wrong",
                         "See its last error for what was answered")

    def test_a_hook_whose_secret_is_in_its_path(self):
        receiver = self.receiver()
        receiver.status = 302
        process = self.begin({"http": {"url": receiver.url + "/services/T000/B000/Xs3cret"}})
        workload = self.failing(process, 2)
        self.assert_told(process, workload, "http_redirect", "/services/********: HTTP 302",
                         "Write the address that it redirects to")
        told = "".join([process.log(), json.dumps(process.workload("web")),
                        json.dumps(self.history(process)), self.explained(process),
                        command("check", "--config", str(self.config_path)).out])
        for secret in ("s3cret", "T000", "B000"):
            self.assertNotIn(secret, told)

    def test_a_hook_that_does_not_speak_tls(self):
        receiver = self.receiver()
        process = self.begin({"http": {"url": "https" + receiver.url[4:] + "/"}})
        self.assert_told(process, self.failing(process, 2), "http_not_tls",
                         "does not answer the TLS handshake", "begin with http://")

    def test_a_pid_file_that_holds_no_pid(self):
        pid_file = self.file("pid")
        process = self.begin({"signal": {"pid_file": str(pid_file), "signal": "HUP"}})
        for content, cause, error, advice in (
                ("", "signal_file_empty", "is empty", "See whether the program has started"),
                ("x", "signal_file_garbled", "does not hold a process id", "writes its process id"),
                ("1", "signal_forbidden", "set allow_pid_1", "`allow_pid_1: true`")):
            replace(pid_file, content)
            eventually(lambda cause=cause: process.workload("web")["failure_cause"] == cause, cause)
            self.assert_told(process, process.workload("web"), cause, error, advice)

    def test_a_hook_where_nobody_listens(self):
        with socket.socket() as taken:  # nobody else can listen there either
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            process = self.begin({"http": {"url": f"http://127.0.0.1:{port}/"}})
            workload = self.failing(process, 3)
            self.assert_told(process, workload, "http_unreachable", "connection refused",
                             "See that the service runs")
            self.assertEqual(workload["level"], 0)
            self.assertIn("refused", [entry["event"] for entry in self.history(process)])
        receiver = self.receiver(port)
        self.wait_for(lambda: receiver.updates("/"), 1)
        self.assert_over(process)

    def assert_over(self, process):
        eventually(lambda: process.workload("web")["state"] == "idle", "it is over")
        workload = process.workload("web")
        for member in ("last_error", "failure_cause", "failing_since", "pending_since"):
            self.assertIsNone(workload[member], member)
        self.assertEqual(workload["failures"], 0)
        self.assertNotIn("ebbgate_workload_failing", process.metrics())
        self.assertNotIn("failing", self.explained(process).split("\n")[0])


class FixTest(FailingTest):

    def test_a_fix_goes_out_within_max_of_the_last_try(self):
        workload, commands = self.exec_workload("web", backoff={
            "base": "500ms", "max": "1s", "unhealthy_max": "100s"})
        commands.behave("exit 1")
        self.configure([workload])
        process = self.start()
        replace(self.conf / "web", "broken")
        # The next repeat is 8 s after the fifth try.
        tries = self.wait_for(commands.updates, 5)
        eventually(lambda: process.workload("web")["state"] == "failing", "it was answered")
        commands.behave("exit 0")
        replace(self.conf / "web", "fixed")
        updates = self.wait_for(commands.updates, 6)
        self.assertEqual(updates[5].content, "fixed")
        self.assertLess(updates[5].at - tries[4].at, 1 + allowed(3))
        self.wait_until_answered(process, "web")
        self.assertEqual(process.workload("web")["failures"], 0)
        self.assertEqual(process.workload("web")["level"], 2)

    def test_a_restart_forgets_neither_since_when_nor_how_often_nor_why(self):
        process = self.begin({"exec": ["/bin/sh", "-c", "echo no such thing >&2; exit 1"]})
        before = self.failing(process, 3)
        process.kill()
        process = self.start()
        after = self.failing(process, before["failures"])
        for member in ("pending_since", "failing_since"):
            self.assertLess(abs(moment(after[member]) - moment(before[member])), 0.1, member)
        again = self.failing(process, before["failures"] + 2)
        self.assertLess(abs(moment(again["pending_since"]) - moment(before["pending_since"])), 0.1)
        self.assertIn("no such thing", again["last_error"])

    def test_a_change_that_waits_goes_on_waiting_since_then_after_a_crash(self):
        workload, commands = self.exec_workload("web", backoff={
            "base": "40s", "max": "40s", "unhealthy_max": "40s"})
        self.configure([workload])
        process = self.start()
        replace(self.conf / "web", "one")
        self.wait_for(commands.updates, 1)
        self.wait_until_answered(process, "web")
        replace(self.conf / "web", "two")
        eventually(lambda: process.workload("web")["pending_since"], "it waits")
        before = process.workload("web")["pending_since"]
        # It is stored with the next commit.
        eventually(lambda: any(entry["event"] == "wait" for entry in self.history(process)),
                   "that is stored")
        process.kill()
        time.sleep(1)
        process = self.start()
        eventually(lambda: process.workload("web")["pending_since"], "it waits again")
        after = process.workload("web")["pending_since"]
        self.assertLess(abs(moment(after) - moment(before)), 0.1, (before, after))


class AroundTest(FailingTest):

    def test_what_was_never_there_is_absent_and_not_applied(self):
        path = self.file("web")
        self.configure([{"name": "web", "watch": [str(path), str(self.conf / "none")],
                         "update": {"exec": ["/bin/true"]}}])
        process = self.start()
        states = {reference["name"]: reference["state"]
                  for reference in process.workload("web")["references"]}
        self.assertEqual(states, {str(path): "applied", str(self.conf / "none"): "absent"})
        self.assertRegex(self.explained(process), r"absent .*/conf/none\n")
        self.assertIn("1 of its references is absent", self.explained(process))
        self.assertRegex(self.listed(process), r"default/Local/web +0 +idle, 1 absent\n")
        self.assertEqual(process.workload("web")["absent"], 1)
        replace(self.conf / "none", "there now")
        eventually(lambda: process.workload("web")["absent"] == 0, "it is there")
        self.assertNotIn("absent", self.listed(process))

    def test_what_is_neither_a_file_nor_a_folder_is_told_as_what_it_is(self):
        pipe, loop = self.conf / "pipe", self.conf / "loop"
        os.mkfifo(pipe)
        loop.symlink_to("loop")
        self.configure([{"name": "web", "watch": [str(pipe), str(loop), "/dev/null"],
                         "update": {"exec": ["/bin/true"]}}])
        process = self.start()
        states = {reference["name"]: reference["state"]
                  for reference in process.workload("web")["references"]}
        self.assertEqual(states, {str(pipe): "fifo", str(loop): "loop", "/dev/null": "device"})
        explained, listed = self.explained(process), self.listed(process)
        checked = command("check", "--config", str(self.config_path)).err
        for path, state, what in ((pipe, "fifo", "is a FIFO"),
                                  ("/dev/null", "device", "is a device"),
                                  (loop, "loop", "leads into a loop of symbolic links")):
            self.assertRegex(explained, rf"{state} .*{path}\n")
            self.assertIn("so put a file or folder in its place", " ".join(explained.split()))
            self.assertNotIn("Nothing needs to be done", explained)
            self.assertNotIn("absent", explained)
            for text in (listed, checked):
                self.assertIn(f"{path} {what}", text)
            process.says(f"{path} {what}")
            self.assertNotIn(f"{path} does not exist", checked)
        os.remove(pipe)
        replace(pipe, "now a file")
        eventually(lambda: "FIFO" not in self.listed(process), "that is over")

    def test_a_reload_that_fails_is_a_problem_until_one_does_not(self):
        path = self.file("web")
        workloads = [{"name": "web", "watch": [str(path)], "update": {"exec": ["/bin/true"]}}]
        self.configure(workloads)
        process = self.start()
        self.assertEqual(process.api("process")["problems"], [])
        good = self.config_path.read_text()
        write(self.config_path, json.dumps({"bogus": 1}))
        process.send(signal.SIGHUP)
        problems = eventually(lambda: process.api("process")["problems"], "it is told")
        self.assertEqual(len(problems), 1)
        self.assertIn("not reloaded", problems[0])
        self.assertIn("bogus", problems[0])
        self.assertIn("problem: " + problems[0], self.listed(process))
        self.assertEqual(process.metrics()["ebbgate_config_last_reload_successful"], {(): 0})
        write(self.config_path, good)
        process.send(signal.SIGHUP)
        eventually(lambda: not process.api("process")["problems"], "it is over")

    def test_release_lets_a_failing_one_go_at_once_on_a_fresh_install(self):
        workload, commands = self.exec_workload("web", backoff={
            "base": "100s", "max": "100s", "unhealthy_max": "100s"})
        commands.behave("exit 1")
        self.configure([workload])
        process = self.start()
        replace(self.conf / "web", "new")
        self.failing(process)
        commands.behave("exit 0")
        advised = [line.strip() for line in self.explained(process).split("\n")
                   if line.strip().startswith("ebbgate release")]
        self.assertEqual(len(advised), 1, self.explained(process))
        done = command(*advised[0].split()[1:])
        self.assertEqual(done.code, 0, done.err)
        self.wait_for(commands.updates, 2)
        self.wait_until_answered(process, "web")
        self.assertEqual(process.workload("web")["failures"], 0)


def moment(text):
    """Seconds of a time in the API."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(
        tzinfo=timezone.utc).timestamp()


if __name__ == "__main__":
    main()
