"""Wrong configurations: every mistake is named by file, line and key, with what would be right."""

import json

from harness import HANGING, EndToEndTest, command, main, write

# (what is wrong, the YAML, standard error: `FILE` stands for the file)
WRONG = [
    ("an unknown key",
     "backof: {max: 5m}\n",
     ["FILE:1: backof: is an unknown key; did you mean backoff?"]),
    ("an unknown key in a section",
     "backoff: {maximum: 5m}\n",
     ["FILE:1: backoff.maximum: is an unknown key; write one of base, factor, max, stable_after, "
      "unhealthy_max or unknown_level"]),
    ("a bad duration",
     "backoff:\n  max: soon\n",
     ['FILE:2: backoff.max: "soon" is no duration; write one such as 500ms, 10s, 1m30s or 1h']),
    ("a duration without a unit",
     "backoff: {base: 10}\n",
     ['FILE:1: backoff.base: "10" is no duration; write one such as 500ms, 10s, 1m30s or 1h']),
    ("a wrong type",
     "backoff: 5\n",
     ["FILE:1: backoff: is a single value; write a map with base, factor, max, stable_after, "
      "unhealthy_max or unknown_level"]),
    ("a list for a scalar",
     "listen: [a, b]\n",
     ["FILE:1: listen: is a list; write a single value"]),
    ("max under base",
     "backoff: {base: 10s, max: 5s}\n",
     ["FILE:1: backoff.max: is 5s, but must not be less than backoff.base (10s)"]),
    ("unhealthy_max under max",
     "backoff: {max: 20m, unhealthy_max: 10m}\n",
     ["FILE:1: backoff.unhealthy_max: is 10m, but must not be less than backoff.max (20m)",
      "FILE:1: backoff.unhealthy_max: does not fit backoff.stable_after, which is 10m, but must "
      "not be less than the longest delay (20m)"]),
    ("stable_after under max",
     "backoff: {stable_after: 1m}\n",
     ["FILE:1: backoff.stable_after: is 1m, but must not be less than the longest delay (10m)"]),
    ("a factor under one",
     "backoff: {factor: 0.5}\n",
     ["FILE:1: backoff.factor: is 0.5, but must be a number from 1 to 1000"]),
    ("a factor that is no number",
     "backoff: {factor: .nan}\n",
     ['FILE:1: backoff.factor: ".nan" is no number; write one such as 2 or 1.5']),
    ("an octal number",
     "history: {keep: 010}\n",
     ['FILE:1: history.keep: "010" begins with a zero; write 10']),
    ("a negative budget",
     "budget: {rate: -1}\n",
     ["FILE:1: budget.rate: is -1, but must be a number from 0 to 1000000, or unlimited"]),
    ("a burst of zero",
     "budget: {burst: 0}\n",
     ['FILE:1: budget.burst: "0" does not fit; write a whole number from 1 to 1000000000']),
    ("a bad jitter",
     "retry: {jitter: some}\n",
     ['FILE:1: retry.jitter: "some" is unknown; write none, equal or full']),
    ("a bad log level",
     "log: {level: loud, format: xml}\n",
     ['FILE:1: log.level: "loud" is unknown; write debug, info, warn or error',
      'FILE:1: log.format: "xml" is unknown; write text or json']),
    ("a key twice",
     "listen: 127.0.0.1:1\n"
     "listen: 127.0.0.1:2\n",
     ["FILE:2: listen: is given twice, first in line 1; keep one of them"]),
    ("a syntax error",
     "backoff: {max: 5m\n"
     "listen: x\n",
     ["FILE:2: not valid YAML (end of map flow not found); mend the syntax near this line"]),
    ("an empty listen address",
     "listen: nonsense\n",
     ['FILE:1: listen: "nonsense" is no address to listen on; write HOST:PORT, such as '
      "127.0.0.1:9911 or [::1]:9911"]),
    ("an unknown provider",
     "provider: nomad\n",
     ['FILE:1: provider: "nomad" is unknown; write local or kubernetes']),
    ("a bad unknown_level",
     "backoff: {unknown_level: many}\n",
     ['FILE:1: backoff.unknown_level: "many" does not fit; write a whole number from 0 to 64, or '
      "highest"]),
    ("two workloads of one name",
     "local:\n  workloads:\n    - {name: web, watch: [a], update: {exec: [x]}}\n    - {name: "
     "web, watch: [b], update: {exec: [x]}}\n",
     ["FILE:4: local.workloads[1].name: default/web is already the workload of line 3; give each "
      "a name of its own"]),
    ("a workload without what it needs",
     "local:\n  workloads:\n    - {namespace: shop}\n",
     ["FILE:3: local.workloads[0].name: is missing; write a name",
      "FILE:3: local.workloads[0].watch: is missing; list the files and folders to watch",
      "FILE:3: local.workloads[0].update: is missing; write one of exec, http or signal"]),
    ("two kinds of update",
     "local:\n  workloads:\n    - name: web\n      watch: [a]\n      update: {exec: [x], http: "
     '{url: "http://127.0.0.1/"}}\n',
     ["FILE:5: local.workloads[0].update: has exec and http; keep one of them"]),
    ("no kind of update",
     "local:\n  workloads:\n    - {name: web, watch: [a], update: {timeout: 3s}}\n",
     ["FILE:3: local.workloads[0].update: has none of exec, http or signal; write one of them"]),
    ("an empty command",
     "local:\n  workloads:\n    - {name: web, watch: [a], update: {exec: []}}\n",
     ["FILE:3: local.workloads[0].update.exec: is empty; write the program and its arguments, "
      "such as [nginx, -s, reload]"]),
    ("a command in one string",
     "local:\n  workloads:\n    - {name: web, watch: [a], update: {exec: nginx -s reload}}\n",
     ["FILE:3: local.workloads[0].update.exec: is a single value; write a list, such as [a, b]"]),
    ("a bad URL",
     'local:\n  workloads:\n    - {name: web, watch: [a], update: {http: {url: "ftp://x/"}}}\n',
     ["FILE:3: local.workloads[0].update.http.url: does not begin with http:// or https://; "
      "write one such as http://127.0.0.1:8080/reload"]),
    ("a bad signal",
     "local:\n  workloads:\n    - {name: web, watch: [a], update: {signal: {pid_file: p, signal: "
     "WAVE}}}\n",
     ['FILE:3: local.workloads[0].update.signal.signal: "WAVE" is no signal; write its name, '
      "such as HUP, USR1 or TERM"]),
    ("a bad hold",
     "local:\n  workloads:\n    - {name: web, watch: [a], update: {exec: [x]}, hold: tomorrow}\n",
     ['FILE:3: local.workloads[0].hold: "tomorrow" is neither true, false nor a time; write a '
      "time as 2026-12-24T18:00:00Z"]),
    ("a bad first sight",
     "local:\n  workloads:\n    - {name: web, watch: [a], update: {exec: [x]}, on_first_sight: "
     "maybe}\n",
     ['FILE:3: local.workloads[0].on_first_sight: "maybe" is unknown; write adopt or update']),
    ("nothing to watch",
     "local:\n  workloads:\n    - {name: web, watch: [], update: {exec: [x]}}\n",
     ["FILE:3: local.workloads[0].watch: is empty; list the files and folders to watch"]),
    ("a workload's policy that makes no sense",
     "backoff: {max: 1m}\n"
     "local:\n  workloads:\n    - name: web\n      watch: [a]\n      update: {exec: [x]}\n      "
     "backoff: {base: 2m}\n",
     ["FILE:7: local.workloads[0].backoff.base: does not fit backoff.max, which is 1m, but must "
      "not be less than backoff.base (2m)"]),
    ("a name with a slash",
     "local:\n  workloads:\n    - {name: a/b, watch: [a], update: {exec: [x]}}\n",
     ['FILE:3: local.workloads[0].name: "a/b" has a slash; write a name without /']),
    ("all errors at once",
     "backoff:\n  max: soon\n  bogus: 1\n"
     "budget: {rate: fast}\n"
     "local:\n  workloads:\n    - name: web\n      watch: conf.d\n      update: {exec: [x], "
     "timeout: never}\n",
     ['FILE:2: backoff.max: "soon" is no duration; write one such as 500ms, 10s, 1m30s or 1h',
      "FILE:3: backoff.bogus: is an unknown key; write one of base, factor, max, stable_after, "
      "unhealthy_max or unknown_level",
      'FILE:4: budget.rate: "fast" is no number; write one such as 2 or 1.5, or unlimited',
      "FILE:8: local.workloads[0].watch: is a single value; write a list, such as [a, b]",
      'FILE:9: local.workloads[0].update.timeout: "never" is no duration; write one such as '
      "500ms, 10s, 1m30s or 1h"]),
]


class WrongConfigurationTest(EndToEndTest):

    def test_every_mistake_is_named_with_its_place_and_its_remedy(self):
        for what, text, expected in WRONG:
            with self.subTest(what):
                write(self.config_path, text)
                checked = command("check", "--config", self.config_path)
                self.assertEqual(checked.code, 2)
                self.assertEqual(checked.out, "")
                self.assertEqual(checked.err.replace(str(self.config_path), "FILE").splitlines(),
                                 expected)

    def test_run_says_the_same_and_touches_nothing(self):
        for what, text, expected in WRONG[:3]:
            with self.subTest(what):
                write(self.config_path, text)
                done = command("run", "--config", self.config_path)
                self.assertEqual(done.code, 2)
                self.assertEqual(done.err.replace(str(self.config_path), "FILE").splitlines(),
                                 expected)
                self.assertEqual(list(self.folder.glob("ebbgate.db*")), [])

    def test_wrong_flags_and_variables_are_named_as_they_were_given(self):
        write(self.config_path, "{}\n")
        done = command("check", "--config", self.config_path, "--backoff.max", "soon",
                       env={"EBBGATE_BUDGET_RATE": "fast"})
        self.assertEqual(done.code, 2)
        self.assertIn("--backoff.max", done.err)
        self.assertIn("EBBGATE_BUDGET_RATE", done.err)

    def test_secrets_are_masked_in_what_check_prints(self):
        write(self.config_path, json.dumps({"local": {"workloads": [
            {"name": "web", "watch": ["a"], "update": {"http": {
                "url": "http://127.0.0.1/?token=passw0rd",
                "headers": {"Authorization": "Bearer s3cret"}}}}]}}))
        done = command("check", "--config", self.config_path)
        self.assertEqual(done.code, 0, done.err)
        self.assertNotIn("s3cret", done.out + done.err)
        self.assertNotIn("passw0rd", done.out + done.err)
        self.assertIn("Authorization", done.out)

    def test_a_url_with_credentials_is_refused_and_not_repeated(self):
        url = "http://user:passw0rd@127.0.0.1:1/"
        for where in ({"update": {"http": {"url": url}}},
                      {"update": {"exec": ["x"]}, "ready": {"http": url}}):
            write(self.config_path, json.dumps({"local": {"workloads": [
                {"name": "web", "watch": ["a"], **where}]}}))
            for name in ("check", "run"):
                with self.subTest(where, command=name):
                    done = command(name, "--config", self.config_path)
                    self.assertEqual(done.code, 2)
                    self.assertIn("has a user or a password", done.err)
                    self.assertNotIn("passw0rd", done.out + done.err)

    def test_what_is_not_there_is_warned_of_by_its_place(self):
        write(self.config_path, f"""feedback:
  - {{name: sidecar, socket: run/sidecar.sock}}
local:
  workloads:
    - name: web
      watch:
        - {self.file("there")}
        - conf/none
      update: {{exec: [no-such-program-anywhere]}}
    - name: other
      watch: [conf]
      update: {{exec: [/bin/true]}}
      ready: {{exec: [conf/there]}}
""")
        for arguments in (("--config", self.config_path), ()):
            done = command("check", *arguments, cwd=self.folder)
            self.assertEqual(done.code, 0, done.err)
            name = arguments[1] if arguments else "ebbgate.yaml"
            first, second, third, fourth, last = done.err.splitlines()
            self.assertEqual(first, f"warning: {name}:2: feedback[0].socket: {self.folder}/run does "
                                    "not exist; create it, start what creates it, or mend the path")
            self.assertEqual(second, f"warning: {name}:8: local.workloads[0].watch[1]: {self.conf}/"
                                     "none does not exist; create it, or mend the path")
            self.assertRegex(third, rf"^warning: {name}:9: local.workloads\[0\].update.exec\[0\]: "
                                    r"cannot find the program no-such-program-anywhere along PATH"
                                    r": install it or write its whole path$")
            self.assertEqual(fourth, f"warning: {name}:13: local.workloads[1].ready.exec[0]: cannot "
                                     "execute conf/there: Permission denied: let the user whom "
                                     "Ebbgate runs as execute it")
            self.assertEqual(last, "warnings: 4")
            self.assertIn("no-such-program-anywhere", done.out)
        (self.folder / "run").mkdir()
        write(self.conf / "none", "")
        done = command("check", "--config", self.config_path)
        self.assertEqual(done.err.splitlines()[-1], "warnings: 2")

    def test_a_file_system_that_does_not_answer_is_named_and_not_waited_for(self):
        flag = self.folder / "hangs"
        flag.touch()
        self.configure([{"name": "web", "watch": [str(self.file(name)) for name in ("dead", "web")],
                         "update": {"exec": ["/bin/true"]}}])
        done = command("check", "--config", self.config_path, env={
            "LD_PRELOAD": HANGING, "HANGING": str(flag), "HANGING_STAT": str(self.conf / "dead")})
        self.assertEqual(done.code, 0, done.err)
        told, last = done.err.splitlines()
        self.assertIn(f"local.workloads[0].watch[0]: {self.conf}/dead cannot be looked at within 2s; "
                      "its file system does not answer", told)
        self.assertEqual(last, "warnings: 1")

    def test_what_check_prints_is_a_configuration(self):
        self.configure([{"name": "web", "watch": ["a"], "update": {"exec": ["x"]}}])
        first = command("check", "--config", self.config_path)
        self.assertEqual(first.code, 0, first.err)
        again = self.folder / "again.yaml"
        write(again, first.out)
        second = command("check", "--config", again)
        self.assertEqual((second.code, second.out), (0, first.out), second.err)


if __name__ == "__main__":
    main()
