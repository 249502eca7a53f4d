"""`status` and `explain` in a real terminal, beside a real Ebbgate: what somebody sees there, and what
a pipe gets."""

import json
import re
import signal
import subprocess
import time

from harness import (BINARY, EndToEndTest, Storm, allowed, clean_environment, command, eventually,
                     main, replace)
from terminal import Terminal, width_of

LONG = "checkout-frontend-of-the-shop-in-europe-west-1"
WIDE = "漢字のワークロード名前が長い場合はどうなりますか"
KEY = "default/Local/web"


class TerminalTest(EndToEndTest):

    settings = {**EndToEndTest.settings, "backoff": {"base": "50s"},
                "admin_socket": "admin.sock"}

    def setUp(self):
        super().setUp()
        self.hook = self.receiver()

    def start_with(self, *names, **settings):
        """An Ebbgate whose workloads of these names wait after their first update."""
        for name in names:
            (self.conf / name).write_text("at first")
        self.configure([self.http_workload(name, self.hook, path=self.conf / name,
                                           update={"http": {"url": f"{self.hook.url}/x"}})
                        for name in names], **settings)
        self.process = self.start()
        return self.process

    def change(self, *names):
        for name in names:
            replace(self.conf / name, f"changed {time.monotonic()}")

    def make_wait(self, *names):
        self.change(*names)
        for name in names:
            eventually(lambda: self.process.workload(name)["last_outcome"] == "applied", "applied")
        self.change(*names)
        for name in names:
            eventually(lambda: self.process.workload(name)["state"] == "waiting", "it waits")

    def terminal(self, *arguments, **options):
        return Terminal(*arguments, "--url", self.process.url, **options)


class OnceTest(TerminalTest):

    def test_no_line_is_wider_than_the_window_in_a_storm(self):
        names = ("web", LONG, WIDE)
        self.start_with(*names)
        self.make_wait(*names)
        with Storm([self.conf / name for name in names]):
            for columns in (50, 60, 80, 120):
                for arguments in (("status",), ("explain", KEY),
                                  ("explain", f"default/Local/{WIDE}")):
                    with self.subTest(columns=columns, arguments=arguments), \
                            self.terminal(*arguments, columns=columns, rows=70) as terminal:
                        self.assertEqual(terminal.wait(), 0)
                        # One word of a command is not broken: it could not be copied.
                        self.assertEqual([line for line in terminal.screen.overflowed
                                          if not re.match(r"    \S+$", line)], [])
                        self.assertIn("waiting", terminal.text())
                        self.assertTrue(terminal.screen.styles)
                        self.assertEqual(terminal.screen.style, "")

    def test_status_keeps_level_state_and_next_update_where_it_is_narrow(self):
        self.start_with("web", LONG, WIDE)
        self.make_wait("web", LONG)
        for columns in (45, 60, 80):
            with self.subTest(columns), self.terminal("status", columns=columns) as terminal:
                self.assertEqual(terminal.wait(), 0)
                (line,) = [line for line in terminal.text().split("\n") if "west-1" in line]
                self.assertRegex(line, r"  1 +waiting .*in \d+s")
                if columns >= 60:
                    self.assertIn("backoff", line)
                if columns >= 80:
                    self.assertRegex(line, r"(now|\d+s ago)$")

    def test_a_pipe_gets_plain_text_of_any_width(self):
        self.start_with("web", LONG)
        self.make_wait("web")
        for arguments in (("status",), ("explain", KEY)):
            done = command(*arguments, "--url", self.process.url, env={"TERM": "xterm"})
            self.assertEqual((done.code, done.err), (0, ""))
            self.assertNotIn("\x1b", done.out)
            self.assertNotIn("…", done.out)
        self.assertIn(f"default/Local/{LONG}", command("status", "--url", self.process.url).out)

    def test_no_color_and_dumb_terminals_get_none(self):
        self.start_with("web")
        self.make_wait("web")
        for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            for arguments in (("status",), ("explain", KEY)):
                with self.subTest(env=env), self.terminal(*arguments, env=env) as terminal:
                    self.assertEqual(terminal.wait(), 0)
                    self.assertNotIn("\x1b", terminal.raw)
        with self.terminal("status", env={"NO_COLOR": ""}) as terminal:
            terminal.wait()
            self.assertIn("\x1b[33mwaiting", terminal.raw)

    def test_many_idle_workloads_do_not_hide_the_one_that_waits(self):
        idle = [f"idle-{n:03}" for n in range(60)]
        self.start_with("web", *idle)
        self.make_wait("web")
        with self.terminal("status") as terminal:
            self.assertEqual(terminal.wait(), 0)
            self.assertIn(KEY, terminal.text().split("\n")[1])
            self.assertIn("61 workloads: 1 waiting, 60 idle", terminal.text())
            self.assertNotIn("idle-", terminal.text())
        with self.terminal("status", "--all", rows=80) as terminal:
            self.assertEqual(terminal.wait(), 0)
            self.assertEqual(terminal.text().count("default/Local/idle-"), 60)
        listed = command("status", "--url", self.process.url).out
        self.assertEqual(listed.count("default/Local/idle-"), 60)
        said = json.loads(command("status", "--json", "--state", "waiting", "--namespace",
                                  "default", "--url", self.process.url).out)
        self.assertEqual([item["name"] for item in said["items"]], ["web"])
        self.assertEqual(said["process"]["provider"], "local")

    def test_explain_says_what_to_do_and_that_is_what_helps(self):
        self.start_with("web")
        self.make_wait("web")
        with Terminal("explain", KEY, "--config", self.config_path, "--url",
                      self.process.url, rows=40) as terminal:
            self.assertEqual(terminal.wait(), 0)
            text = terminal.text()
        self.assertIn("To let it go now", text)
        advised = re.search(r"^    (ebbgate release(?:.*\\\n)*.*)$", text, re.MULTILINE)[1]
        line = advised.replace("ebbgate", BINARY, 1)
        done = subprocess.run(["sh", "-c", line], env=clean_environment(), timeout=30,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stderr)
        eventually(lambda: self.process.workload("web")["state"] == "idle", "it went")


class WatchTest(TerminalTest):

    def end(self, terminal):
        """Ctrl-C, after which a shell would find its terminal as it should be."""
        terminal.type("\x03")
        self.assertIn(terminal.wait(), (-signal.SIGINT, 0, 130))
        self.assertTrue(terminal.screen.cursor)
        self.assertEqual(terminal.screen.style, "")
        self.assertEqual(terminal.screen.column, 0)

    def test_a_watch_repaints_in_place_and_follows_what_happens(self):
        self.start_with("web", "api")
        with self.terminal("status", "--watch", rows=10) as terminal:
            terminal.shows("2 idle")
            scrolled = terminal.screen.scrolled
            with Storm([self.conf / "web"]):
                first = re.search(r"in (\d+)s", terminal.shows(r"web .*waiting .*in \d+s"))[1]
                terminal.shows(rf"in (?!{first}s)\d+s")
                terminal.shows("1 waiting, 1 idle")
            self.assertGreater(terminal.screen.repaints, 2)
            self.assertEqual(terminal.screen.scrolled, scrolled)
            self.assertEqual(terminal.screen.overflowed, [])
            self.assertNotIn("\x1b[2J", terminal.raw)
            self.end(terminal)

    def test_explain_watches_too_and_counts_down(self):
        self.start_with("web")
        self.make_wait("web")
        with self.terminal("explain", KEY, "--watch", rows=40) as terminal:
            first = re.search(r"in (\d+)s", terminal.shows(r"backoff .*in \d+s"))[1]
            terminal.shows(rf"backoff .*in (?!{first}s)\d+s")
            self.assertEqual(terminal.screen.overflowed, [])
            self.end(terminal)

    def test_a_line_that_fills_the_window_keeps_its_last_character(self):
        self.start_with("web")
        title = f"{KEY} is idle, level 0"
        with self.terminal("explain", KEY, "--watch", columns=len(title), rows=40) as terminal:
            terminal.shows("No history yet")
            self.assertEqual(terminal.text().split("\n")[1], title)
            self.end(terminal)

    def test_a_window_that_is_too_small_says_how_much_is_left_out_and_may_grow(self):
        names = [f"w{n:02}" for n in range(19)]
        self.start_with(*names)
        with self.terminal("status", "--watch", columns=60, rows=10) as terminal:
            self.assertRegex(terminal.shows("19 workloads"), r"w03 [^…]*\n… 15 more\n")
            terminal.resize(90, 30)
            text = terminal.shows("w18")
            self.assertNotIn("more", text)
            self.assertEqual(len(text.split("\n")), 23)
            terminal.resize(45, 8)
            terminal.shows("w02 [^…]*\n… 16 more\n")
            self.assertEqual(terminal.screen.overflowed, [])
            self.end(terminal)

    def test_what_was_seen_stays_while_ebbgate_is_away_and_goes_on_when_it_is_back(self):
        self.start_with("web")
        host, port = self.process.address()
        with self.terminal("status", "--watch") as terminal:
            terminal.shows(KEY)
            self.process.kill()
            text = terminal.shows("OLD ")
            self.assertRegex(text, r"of \d{4}-\d\d-\d\dT[0-9:.]+Z,\s+\d+s\s+ago")
            self.assertIn(KEY, text)
            first = re.search(r"(\d+)s\s+ago", text)[1]
            terminal.shows(rf"(?<!\d)(?!{first}s)\d+s\s+ago")
            config = json.loads(self.config_path.read_text())
            config["listen"] = f"{host}:{port}"
            self.config_path.write_text(json.dumps(config))
            self.start()
            terminal.shows(r"\A" + re.escape(self.process.url) + r"  \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\nWORKLOAD")
            self.assertNotIn("OLD", terminal.text())
            self.end(terminal)

    def test_an_ebbgate_that_hangs_is_told_and_ctrl_c_ends_at_once(self):
        self.start_with("web")
        with self.terminal("status", "--watch") as terminal:
            terminal.shows(KEY)
            self.process.send(signal.SIGSTOP)
            try:
                self.assertIn(KEY, terminal.shows("OLD "))
                begin = time.monotonic()
                self.end(terminal)
                self.assertLess(time.monotonic() - begin, allowed(5))
            finally:
                self.process.send(signal.SIGCONT)

    def test_a_watch_on_a_pipe_is_plain_and_in_json_one_line_a_look(self):
        self.start_with("web")
        for arguments, pattern in ((("status",), rb"WORKLOAD"), (("explain", KEY), rb"is idle")):
            for more in ((), ("--json",)):
                with self.subTest(arguments=arguments, more=more):
                    child = subprocess.Popen(
                        [BINARY, *arguments, *more, "--watch", "--url", self.process.url],
                        stdout=subprocess.PIPE, env=clean_environment({"TERM": "xterm"}))
                    lines = [child.stdout.readline() for _ in range(3 if more else 8)]
                    child.send_signal(signal.SIGTERM)
                    child.wait(10)
                    child.stdout.close()
                    self.assertNotIn(b"\x1b", b"".join(lines))
                    if more:
                        for line in lines:
                            self.assertIn(b"web", line)
                            json.loads(line)
                    else:
                        self.assertTrue(lines[0].startswith(self.process.url.encode() + b"  20"), lines)
                        self.assertRegex(lines[1], pattern)

    def test_names_from_outside_cannot_act_on_the_terminal(self):
        self.start_with("e\u0301 \u202etxt\u2066", WIDE)
        with self.terminal("status") as terminal:
            self.assertEqual(terminal.wait(), 0)
            self.assertNotIn("\u202e", terminal.raw)
            lines = terminal.text().split("\n")
            self.assertIn("default/Local/e\u0301 ?txt?", lines[1])
            self.assertEqual(*(width_of(line[:line.index("0      idle")])
                               for line in lines[1:3]))


if __name__ == "__main__":
    main()
