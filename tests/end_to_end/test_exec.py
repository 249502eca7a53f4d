"""What docs/configuration.md says of `exec` is so: its example runs as it stands there."""

import re
import signal

from harness import SOURCE, EndToEndTest, eventually, main, replace, write


class ExecTest(EndToEndTest):

    def test_the_example_of_the_documentation_sees_what_the_documentation_says(self):
        text = (SOURCE / "docs/configuration.md").read_text()
        example = re.search(r"^```yaml exec\.yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[1]
        write(self.config_path, f"listen: 127.0.0.1:0\nsettle: {{quiet: 0s}}\n{example}")
        watched = self.folder / "greeting.txt"
        write(watched, "old\n")
        place = self.folder / "elsewhere"
        place.mkdir()
        process = self.start(cwd=place)
        replace(watched, "new\n")
        self.wait_until_answered(process, "web")
        self.assertEqual((place / "updates.log").read_text(),
                         f"default/Local/web 1 {place} $HOME\n")

    def test_it_has_no_input_and_the_environment_of_ebbgate_with_more_in_it(self):
        seen = self.folder / "seen"
        script = ('{ cat; echo "input ended"; id -u; echo "$FROM_OUTSIDE"; '
                  f'echo "$EBBGATE_FINGERPRINT"; }} > {seen}')
        watched = self.file("web")
        self.configure([{"name": "web", "watch": [str(watched)],
                         "update": {"exec": ["sh", "-c", script]}}])
        process = self.start(env={"FROM_OUTSIDE": "as it was"})
        replace(watched, "new\n")
        self.wait_until_answered(process, "web")
        ended, user, outside, fingerprint = seen.read_text().splitlines()
        self.assertEqual(ended, "input ended")
        self.assertEqual(int(user), process_user(process.pid))
        self.assertEqual(outside, "as it was")
        self.assertEqual(fingerprint, process.workload("web")["applied"])

    def test_how_it_ends_is_the_outcome(self):
        watched = self.file("web")
        for argv, outcome in ((["true"], "applied"), (["false"], "unknown"),
                              (["sh", "-c", "kill -KILL $$"], "unknown"),
                              (["no-such-program-anywhere"], "refused")):
            with self.subTest(argv):
                write(watched, "before\n")
                self.configure([{"name": "web", "watch": [str(watched)],
                                 "update": {"exec": argv}}],
                               database=str(self.folder / f"{outcome}{len(argv)}.db"))
                process = self.start()
                replace(watched, "after\n")
                eventually(lambda: process.workload("web")["last_outcome"] == outcome,
                           f"it is {outcome}")
                # What surely changed nothing raises no level.
                level = process.workload("web")["level"]
                self.assertEqual(level, 0 if outcome == "refused" else 1)
                process.stop(signal.SIGTERM)


def process_user(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"^Uid:\s+(\d+)", status.read(), re.MULTILINE)[1])


if __name__ == "__main__":
    main()
