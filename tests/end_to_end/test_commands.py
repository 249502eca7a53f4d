"""The command line: what each command prints, and how it exits.

Long because every command is tried here, in one place.
"""

import json
import os
import re
import signal
import subprocess
import time

from harness import (BINARY, EndToEndTest, clean_environment, command, eventually, main,
                     replace, write)

KEY = "default/Local/web"


def seconds(duration):
    """`1m3s`, `500ms` → seconds."""
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h)", duration)
    assert parts and "".join(a + b for a, b in parts) == duration, duration
    return sum(float(number) * units[unit] for number, unit in parts)


def seconds_of(event):
    return seconds(event["at"])


class UsageTest(EndToEndTest):

    def test_every_command_tells_its_usage_and_the_version_is_told(self):
        top = command("--help")
        self.assertEqual((top.code, top.err), (0, ""))
        self.assertNotIn("names", top.out)
        for name in ("run", "check", "status", "explain", "simulate", "release", "backup",
                     "completion", "manual"):
            self.assertIn(name, top.out)
            own = command(name, "--help")
            self.assertEqual((own.code, own.err), (0, ""))
            self.assertIn(name, own.out)
            self.assertEqual(command(name, "--version").code, 0)
        version = command("--version")
        self.assertEqual(version.code, 0)
        self.assertRegex(version.out, r"\b\d+\.\d+\.\d+")

    def test_wrong_usage_exits_with_2_and_says_what_is_wrong(self):
        for arguments, word in (((), "command"), (("bogus",), "bogus"),
                                (("run", "--bogus"), "--bogus"), (("explain",), "WORKLOAD"),
                                (("simulate",), "TRACE"), (("release",), "WORKLOAD"),
                                (("backup",), "FILE"),
                                (("check", "--backoff.max", "soon"), "soon"),
                                (("run", "--config", "/nonexistent/x.yaml"), "/nonexistent/x.yaml"),
                                (("explain", "a//web"), "NAMESPACE/KIND/NAME"),
                                (("statsu",), "did you mean status?"),
                                (("status", "--wacth"), "did you mean --watch?"),
                                (("status", "--state", "odd"), "waiting"),
                                (("completion", "csh"), "bash, zsh or fish")):
            with self.subTest(arguments):
                done = command(*arguments)
                self.assertEqual(done.code, 2, done.out + done.err)
                self.assertIn(word.lower(), done.err.lower())

    def test_errors_of_files_say_what_is_wrong_where_and_what_to_do(self):
        write(self.folder / "file", "not a socket")
        self.configure([self.http_workload("web", self.receiver())])
        self.start()
        for arguments, words in (
                (("simulate", self.folder), (str(self.folder), "Is a directory", "JSON lines")),
                (("simulate", self.folder / "none"), ("No such file", "JSON lines")),
                (("run", "--config", ""), ("--config: is empty", "name a file")),
                (("backup", ""), ("is empty", "name the file")),
                (("backup", self.folder / "none/copy.db", "--database", self.database),
                 ("none/copy.db", "create its folder")),
                (("backup", self.folder / "copy.db", "--database", self.folder / "other.db"),
                 ("there is no database", "--database")),
                (("release", "web", "--admin_socket", ""), ("--admin_socket is empty", "name the")),
                (("release", "web", "--admin_socket", self.folder / "file"),
                 ("file is no socket", "--admin_socket")),
                (("status", "--url", "localhost:9911"), ("--url: is no address", "http://"))):
            with self.subTest(arguments):
                done = command(*arguments)
                self.assertIn(done.code, (1, 2))
                self.assertEqual(done.out, "")
                for word in words:
                    self.assertIn(word, done.err)

    def test_what_may_not_be_read_or_written_is_told_with_what_to_do(self):
        locked = self.folder / "locked"
        locked.mkdir(mode=0o555)
        write(self.config_path, f"database: {locked}/ebbgate.db\nlisten: 127.0.0.1:0\n")
        options = {}
        if os.geteuid() == 0:  # who may write everywhere
            options = {"user": 65534, "group": 65534, "extra_groups": []}
            os.chmod(self.folder, 0o755)
        done = subprocess.run([BINARY, "run", "--config", self.config_path], timeout=60,
                              env=clean_environment(), stderr=subprocess.PIPE, **options)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"cannot create {locked}/ebbgate.db", done.stderr.decode())
        self.assertIn("read and write the file and its folder", done.stderr.decode())

    def test_a_path_behind_the_port_is_told(self):
        self.configure([self.http_workload("web", self.receiver())])
        process = self.start()
        done = command("status", "--url", process.url + "/page")
        self.assertEqual(done.code, 1)
        self.assertIn("without a path behind the port", done.err)

    def test_output_that_cannot_be_written_is_a_failure(self):
        trace = self.folder / "trace"
        events = [{"at": f"{n}s", "workload": KEY, "fingerprint": str(n)} for n in range(3)]
        write(trace, "".join(json.dumps(event) + "\n" for event in events))
        write(self.config_path, "{}\n")
        for arguments in (("completion", "bash"), ("completion", "fish"), ("manual",), ("--help",),
                          ("--version",), ("check", "--config", self.config_path),
                          ("simulate", trace), ("simulate", "--json", trace)):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                done = subprocess.run([BINARY, *map(str, arguments)], env=clean_environment(),
                                      stdout=full, stderr=subprocess.PIPE, timeout=60)
                self.assertEqual(done.returncode, 1)
                self.assertEqual(done.stderr.splitlines()[-1],
                                 b"ebbgate: the output could not be written")

    def test_release_without_a_configuration_asks_for_it(self):
        done = command("release", KEY, cwd=self.folder)
        self.assertEqual((done.code, done.out), (1, ""))
        self.assertIn("name the running ebbgate's configuration with --config", done.err)
        write(self.config_path, "admin_socket: ''\n")
        done = command("release", "--config", self.config_path, KEY)
        self.assertEqual((done.code, done.out), (1, ""))
        self.assertIn("set `admin_socket` in the configuration", done.err)

    def test_a_process_that_is_not_there_is_told_and_exits_with_1(self):
        for arguments in (("status",), ("explain", KEY)):
            done = command(*arguments, "--url", "http://127.0.0.1:1")
            self.assertEqual(done.code, 1)
            self.assertIn("127.0.0.1:1", done.err)


class WrongConfigurationTest(EndToEndTest):
    """One that lies where a command runs need not be that of the Ebbgate that is asked."""

    def setUp(self):
        super().setUp()
        self.configure([self.http_workload("web", self.receiver())])
        self.process = self.start()
        self.elsewhere = self.folder / "elsewhere"
        self.elsewhere.mkdir()
        self.wrong = self.elsewhere / "ebbgate.yaml"
        write(self.wrong, "listen: [\n")

    def test_where_a_flag_says_what_is_asked_no_configuration_is_read(self):
        copy = self.folder / "copy.db"
        for arguments in (("status", "--url", self.process.url),
                          ("explain", KEY, "--url", self.process.url),
                          ("names", "--url", self.process.url),
                          ("status", "--url", self.process.url, "--config", self.wrong),
                          ("release", KEY, "--admin_socket", self.folder / "ebbgate.sock"),
                          ("release", KEY, "--admin_socket", "../ebbgate.sock"),
                          ("backup", copy, "--database", self.database)):
            with self.subTest(arguments):
                done = command(*arguments, cwd=self.elsewhere,
                               env={"EBBGATE_LISTEN": "nowhere", "EBBGATE_DATABASE": "/"})
                self.assertEqual((done.code, done.err), (0, ""))
                self.assertRegex(done.out, "default/Local/web|copied")

    def test_where_none_does_the_wrong_one_is_named_and_the_flag_that_helps(self):
        for arguments, flag in ((("status",), "--url"), (("explain", KEY), "--url"),
                                (("release", KEY), "--admin_socket"),
                                (("backup", self.folder / "copy.db"), "--database")):
            with self.subTest(arguments):
                done = command(*arguments, cwd=self.elsewhere)
                self.assertEqual((done.code, done.out), (2, ""))
                first, last = done.err.splitlines()
                self.assertTrue(first.startswith("ebbgate.yaml:"), first)
                self.assertIn(f" {flag}", last)

    def test_a_working_directory_that_is_gone_is_in_nobodys_way(self):
        gone = self.folder / "gone"
        gone.mkdir()
        done = subprocess.run(["sh", "-c", 'rmdir "$PWD" && exec "$@"', "sh", BINARY, "status",
                               "--url", self.process.url], cwd=gone, env=clean_environment(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn(KEY, done.stdout.decode())


class StatusTest(EndToEndTest):

    def setUp(self):
        super().setUp()
        self.hook = self.receiver()
        self.configure([self.http_workload("web", self.hook),
                        self.http_workload("idle", self.hook)], backoff={"base": "20s"})
        self.process = self.start()
        replace(self.conf / "web", "one")
        self.wait_for(lambda: self.hook.updates("/web"), 1)
        self.wait_until_answered(self.process, "web")
        replace(self.conf / "web", "two")
        eventually(lambda: self.process.workload("web")["state"] == "waiting", "it waits")

    def test_status_is_a_table_of_what_waits_and_why(self):
        done = command("status", "--url", self.process.url)
        self.assertEqual((done.code, done.err), (0, ""))
        lines = done.out.splitlines()
        for word in ("workload", "level", "state"):
            self.assertIn(word, lines[0].lower())
        line = [line for line in lines if KEY in line][0]
        for word in ("1", "waiting", "backoff"):
            self.assertIn(word, line.split())
        self.assertIn("idle", [line for line in lines if "default/Local/idle" in line][0])

    def test_status_as_json_is_what_the_api_says(self):
        done = command("status", "--json", "--url", self.process.url)
        self.assertEqual(done.code, 0, done.err)
        said = json.loads(done.out)
        self.assertEqual(said.pop("feedback"), self.process.api("feedback")["items"])
        process = {**self.process.api("process"), "not_ready": []}
        for answer in (said["process"], process):
            del answer["budget"]["tokens"]  # more of them with each moment
        self.assertEqual(said.pop("process"), process)
        self.assertEqual(said, self.process.api("workloads"))

    def test_status_and_explain_fail_where_their_output_is_lost(self):
        for arguments in (("status",), ("status", "--json"), ("status", "--watch"),
                          ("explain", KEY)):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                done = subprocess.run([BINARY, *arguments, "--url", self.process.url],
                                      env=clean_environment(), stdout=full, timeout=60,
                                      stderr=subprocess.PIPE)
                self.assertEqual(done.returncode, 1)
                self.assertEqual(done.stderr, b"ebbgate: the output could not be written\n")

    def test_a_watch_whose_pipe_is_closed_fails_where_the_signal_is_ignored(self):
        for more in ((), ("--json",)):
            with self.subTest(more):
                # This process ignores SIGPIPE, as services do, and leaves it so.
                child = subprocess.Popen(
                    [BINARY, "status", "--watch", *more, "--url", self.process.url],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment(),
                    restore_signals=False)
                child.stdout.readline()
                child.stdout.close()
                self.assertEqual(child.wait(20), 1)
                self.assertEqual(child.stderr.read(), b"ebbgate: the output could not be written\n")
                child.stderr.close()

    def test_status_watches_until_it_is_interrupted(self):
        child = subprocess.Popen([BINARY, "status", "--watch", "--url", self.process.url],
                                 stdout=subprocess.PIPE, env=clean_environment())
        self.addCleanup(child.stdout.close)
        time.sleep(2.5)
        child.send_signal(signal.SIGINT)
        code = child.wait(10)
        self.assertIn(code, (0, -signal.SIGINT, 130))
        self.assertGreaterEqual(child.stdout.read().decode().count(KEY), 2)

    def test_explain_tells_gates_references_and_history(self):
        done = command("explain", KEY, "--url", self.process.url)
        self.assertEqual((done.code, done.err), (0, ""))
        for word in (KEY, "backoff", str(self.conf / "web"), "changed", "applied", "sent"):
            self.assertIn(word, done.out)
        done = command("explain", KEY, "--json", "--url", self.process.url)
        explained = json.loads(done.out)
        self.assertIn("backoff", json.dumps(explained))
        self.assertIn(str(self.conf / "web"), json.dumps(explained))
        unknown = command("explain", "default/Local/other", "--url", self.process.url)
        self.assertEqual(unknown.code, 1)
        self.assertIn("default/Local/other", unknown.err)

    def test_the_api_tells_gate_until_and_reason(self):
        workload = self.process.workload("web")
        (gate,) = workload["gates"]
        self.assertEqual(gate["gate"], "backoff")
        self.assertTrue(gate["reason"])
        self.assertEqual(workload["next_update"], gate["until"])
        self.assertRegex(gate["until"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual((workload["namespace"], workload["kind"], workload["name"]),
                         ("default", "Local", "web"))
        self.assertNotEqual(workload["applied"], workload["desired"])
        self.assertEqual(self.process.get("/api/v1/workloads/default/Local/other")[0], 404)


    def test_completion_and_manual_need_no_configuration(self):
        broken = {"EBBGATE_BACKOFF_MAX": "nonsense"}
        for arguments in (("completion", "bash"), ("completion", "zsh"), ("completion", "fish"),
                          ("manual",)):
            done = command(*arguments, env=broken)
            self.assertEqual((done.code, done.err), (0, ""))
            self.assertIn("backoff.max", done.out)


class SimulateTest(EndToEndTest):

    def simulate(self, events, *arguments, config="settle: {quiet: 0s}\n"):
        """The actions, as (seconds, action, line)."""
        trace = self.folder / "trace"
        write(trace, "".join(json.dumps(event) + "\n" for event in events))
        write(self.config_path, config)
        done = command("simulate", "--config", self.config_path, "--json", *arguments, trace)
        self.assertEqual((done.code, done.err), (0, ""), done.out)
        lines = [json.loads(line) for line in done.out.splitlines()]
        return [(round(seconds(line["at"]), 3), line["action"], line) for line in lines]

    def updates(self, actions):
        return [at for at, action, _ in actions if action == "update"]

    def storm(self, until, step=0.1):
        return [{"at": f"{round(n * step * 1000)}ms", "workload": KEY, "fingerprint": f"{n}"}
                for n in range(round(until / step) + 1)]

    def test_a_storm_with_the_defaults_is_sent_at_these_times(self):
        actions = self.simulate(self.storm(330))  # what waits at its end is sent, too
        first = self.updates(actions)[0]
        self.assertEqual([round(at - first, 3) for at in self.updates(actions)],
                         [0, 1, 3, 7, 15, 31, 63, 127, 191, 255, 319, 383])
        levels = [line["level"] for _, action, line in actions if action == "update"]
        self.assertEqual(levels, [1, 2, 3, 4, 5, 6, 7, 7, 7, 7, 7, 7])

    def test_never_ready_rollouts_go_on_past_max(self):
        # A `ready` line anywhere in the trace says that this workload's rollouts are judged.
        events = self.storm(2000, step=1) + [{"at": "10000s", "workload": KEY, "ready": True}]
        times = self.updates(self.simulate(events))
        self.assertEqual([round(b - a) for a, b in zip(times, times[1:])][:11],
                         [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600])

    def test_rollouts_of_90_seconds_are_spaced_at_90_seconds(self):
        # Updates at 1, 2, 4 … 128 s, none of them ready in time; from then on after 90 s each.
        ready = [{"at": f"{128 + 90 * n}s", "workload": KEY, "ready": True} for n in (1, 2, 3, 4)]
        events = sorted(self.storm(500, step=1) + ready, key=seconds_of)
        times = self.updates(self.simulate(events))
        self.assertEqual(times[7:12], [128, 218, 308, 398, 488])

    def test_restarts_and_crashes_shorten_nothing(self):
        calm = self.updates(self.simulate(self.storm(64)))
        for kind in ("restart", "crash"):
            events = []
            for n, event in enumerate(self.storm(64)):
                events.append(event)
                if n % 17 == 5:
                    events.append({"at": event["at"], kind: True})
            times = self.updates(self.simulate(events))
            self.assertEqual(times, calm, kind)

    def test_a_refused_update_is_retried_and_raises_no_level(self):
        events = [{"at": "0s", "workload": KEY, "fingerprint": "a"},
                  {"at": "1s", "workload": KEY, "fails": 2},
                  {"at": "2s", "workload": KEY, "fingerprint": "b"}]
        actions = self.simulate(events, "--retry.jitter", "none")
        kinds = [action for _, action, _ in actions]
        self.assertEqual(kinds.count("retry"), 2)
        self.assertEqual(self.updates(actions)[-1], 5)  # after 1 s, then 2 s more
        self.assertEqual([line["level"] for _, action, line in actions if action == "update"][-1],
                         1)

    def test_what_was_changed_back_is_coalesced_and_rest_forgives(self):
        events = [{"at": "0s", "workload": KEY, "fingerprint": "a"},
                  {"at": "1s", "workload": KEY, "fingerprint": "b"},
                  {"at": "1100ms", "workload": KEY, "fingerprint": "c"},
                  {"at": "1200ms", "workload": KEY, "fingerprint": "b"},
                  {"at": "20m", "workload": KEY, "fingerprint": "d"}]
        actions = self.simulate(events)
        self.assertEqual(self.updates(actions), [1, 1200])
        kinds = [action for _, action, _ in actions]
        self.assertIn("coalesce", kinds)
        self.assertIn("hold", kinds)
        forgiven = [at for at, action, _ in actions if action == "forgive"]
        self.assertEqual(forgiven, [601.2, 1800])
        self.assertEqual([line["level"] for _, action, line in actions if action == "update"],
                         [1, 1])

    def test_the_same_trace_gives_the_same_bytes(self):
        trace = self.folder / "trace"
        write(trace, "".join(
            json.dumps({"at": f"{n * 40}ms", "workload": f"ns{n % 7}/Deployment/web{n % 31}",
                        "fingerprint": f"{n}"}) + "\n" for n in range(3000))
              + '{"at":"121s","workload":"ns1/Deployment/web1","fails":3}\n'
              + '{"at":"122s","workload":"ns1/Deployment/web1","fingerprint":"x"}\n')
        for arguments in (("--json",), ()):
            once, again = (command("simulate", *arguments, trace) for _ in range(2))
            self.assertEqual(once.code, 0, once.err)
            self.assertEqual(once, again)
            self.assertGreater(len(once.out), 1000)

    def test_without_json_it_is_a_table_with_a_summary(self):
        trace = self.folder / "trace"
        write(trace, "".join(json.dumps(event) + "\n" for event in self.storm(10)))
        done = command("simulate", "--settle.quiet", "0s", trace)
        self.assertEqual((done.code, done.err), (0, ""))
        for word in ("changes", "updates", "coalesced", "highest level", "longest wait"):
            self.assertIn(word, done.out.lower())

    def test_a_faulty_trace_is_refused_by_its_line(self):
        trace = self.folder / "trace"
        good = json.dumps({"at": "1s", "workload": KEY, "fingerprint": "a"}) + "\n"
        for bad in ("nonsense\n", '{"at":"soon","workload":"a/b/c","fingerprint":"x"}\n',
                    '{"at":"500ms","workload":"a/b/c","fingerprint":"x"}\n',
                    '{"at":"2s","workload":"web","fingerprint":"x"}\n',
                    '{"at":"2s","bogus":1}\n', '[]\n'):
            with self.subTest(bad):
                write(trace, good + bad)
                done = command("simulate", trace)
                self.assertIn(done.code, (1, 2))
                self.assertRegex(done.err, rf"{trace}:2\b|line 2\b")
        self.assertNotEqual(command("simulate", self.folder / "none").code, 0)


class SettingsTest(EndToEndTest):

    def effective(self, *arguments, env=None):
        done = command("check", "--config", self.config_path, *arguments, env=env)
        self.assertEqual(done.code, 0, done.err)
        return done.out

    def test_a_flag_beats_the_environment_beats_the_file_beats_the_default(self):
        write(self.config_path, "local: {workloads: []}\n")
        self.assertRegex(self.effective(), r"max: \"?1m4s|max: \"?64s")
        write(self.config_path, "backoff: {max: 2m}\n")
        self.assertRegex(self.effective(), r"max: \"?2m")
        environment = {"EBBGATE_BACKOFF_MAX": "3m"}
        self.assertRegex(self.effective(env=environment), r"max: \"?3m")
        self.assertRegex(self.effective("--backoff.max", "4m", env=environment), r"max: \"?4m")

    def test_the_environment_that_others_inject_is_passed_over(self):
        write(self.config_path, "{}\n")
        self.effective(env={"EBBGATE_PORT": "tcp://10.0.0.1:9911",
                            "EBBGATE_SERVICE_HOST": "10.0.0.1"})


if __name__ == "__main__":
    main()
