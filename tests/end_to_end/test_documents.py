"""Documents say what is true: their examples run, their links lead somewhere.

What a fenced block is, its first line says:
  ```yaml [FILE]      a whole configuration, which `ebbgate check` accepts; later blocks can use FILE
  ```yaml other       YAML of something else
  ```json FILE        a file that later blocks can use
  ```console          each line that begins with `$ ` is run (make only with -n; what runs on is
                      started by other tests); the lines below it, if any, are its exact output
"""

import os
import pathlib
import re
import subprocess

from harness import BINARY, SOURCE, EndToEndTest, clean_environment, command, main, write

DOCUMENTS = sorted([*SOURCE.glob("*.md"), *(SOURCE / "docs").glob("**/*.md")])
FENCE = re.compile(r"^```(\w*) *(\S*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUNS_ON = re.compile(r"ebbgate (run|status|explain|release)\b")


class DocumentsTest(EndToEndTest):

    def setUp(self):
        super().setUp()
        tools = self.folder / "tools"
        tools.mkdir()
        os.symlink(BINARY, tools / "ebbgate")
        self.environment = clean_environment({"PATH": f"{tools}:{os.environ['PATH']}"})
        self.work = self.folder / "work"
        self.work.mkdir()

    def run_line(self, line):
        if line.startswith("make "):
            line, place = line.replace("make ", "make -n SETUP=true ", 1), SOURCE
        else:
            place = self.work
        done = subprocess.run(["sh", "-c", line], cwd=place, env=self.environment, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout.decode()

    def run_console(self, text):
        examples = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE)
        self.assertTrue(examples, "a console block has lines that begin with `$ `")
        for line, expected in examples:
            if RUNS_ON.match(line):
                usage = command(line.split()[1], "--help").out
                for option in re.findall(r"--[a-z_.]+", line):
                    self.assertIn(option, usage)
                continue
            code, output = self.run_line(line)
            self.assertEqual(code, 0, f"{line}\n{output}")
            if expected.strip():
                self.assertEqual(output.strip(), expected.strip(), line)

    def test_every_example_of_every_document_runs(self):
        self.assertIn(SOURCE / "README.md", DOCUMENTS)
        for document in DOCUMENTS:
            for language, name, text in FENCE.findall(document.read_text()):
                with self.subTest(document=document.name, block=f"{language} {name}\n{text}"):
                    if language == "yaml" and name != "other":
                        path = self.work / (name or "unnamed.yaml")
                        write(path, text)
                        # The folder of the database is on the reader's machine.
                        done = command("check", "--config", path,
                                       "--database", self.work / "ebbgate.db")
                        self.assertEqual(done.code, 0, done.err)
                    elif language == "json" and name:
                        write(self.work / name, text)
                    elif language == "console":
                        self.run_console(text)

    def test_the_quickstart_configuration_is_right(self):
        done = command("check", "--config", SOURCE / "examples/quickstart/ebbgate.yaml")
        self.assertEqual(done.code, 0, done.err)

    def test_every_link_to_a_file_leads_to_one(self):
        for document in DOCUMENTS:
            text = FENCE.sub("", document.read_text())
            for target in re.findall(r"\]\(([^)\s]+)\)", text):
                if "://" in target or target.startswith("#"):
                    continue
                with self.subTest(document=document.name, target=target):
                    path = pathlib.Path(target.split("#")[0])
                    self.assertTrue((document.parent / path).exists())

    def test_documents_name_only_make_targets_that_exist(self):
        targets = re.findall(r"^([a-z-]+):", (SOURCE / "Makefile").read_text(), re.MULTILINE)
        for document in DOCUMENTS:
            for target in re.findall(r"`make ([a-z-]+)`", document.read_text()):
                with self.subTest(document=document.name):
                    self.assertIn(target, targets)


if __name__ == "__main__":
    main()
