"""The man page, and what `cmake --install` puts where."""

import os
import pathlib
import re
import shutil
import subprocess

from harness import BINARY, EndToEndTest, command, main, write

BUILD = pathlib.Path(BINARY).parent


def run(*arguments):
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120)
    return done.returncode, done.stdout.decode()


class ManualTest(EndToEndTest):

    def need(self, tool):
        path = shutil.which(tool)
        if not path:
            if os.environ.get("EBBGATE_REQUIRE_ALL") == "1":
                self.fail(f"{tool} is not installed, and required")
            self.skipTest(f"{tool} is not installed")
        return path

    def page(self):
        done = command("manual")
        self.assertEqual((done.code, done.err), (0, ""))
        path = self.folder / "ebbgate.1"
        write(path, done.out)
        return path

    def test_the_man_page_is_without_fault(self):
        self.assertEqual(run(self.need("mandoc"), "-T", "lint", "-W", "warning", str(self.page())),
                         (0, ""))

    def test_the_man_page_shows_every_command_and_flag_that_help_has(self):
        code, text = run(self.need("mandoc"), "-T", "ascii", "-O", "width=200", str(self.page()))
        self.assertEqual(code, 0)
        text = re.sub(".\b", "", text)
        commands = re.findall(r"^  ([a-z]+) {2,}", command("--help").out, re.MULTILINE)
        self.assertIn("status", commands)
        for name in commands:
            self.assertIn(f"   ebbgate {name}\n", text)
            for flag, value in re.findall(r"^  (?:-\w,)?(--[a-z_.]+)(?: ([^ \n]+))?",
                                          command(name, "--help").out, re.MULTILINE):
                with self.subTest(command=name, flag=flag):
                    self.assertRegex(text, rf"(?m)^ +(-\w, )?{re.escape((flag + ' ' + value).strip())}( |$)")


class InstallTest(EndToEndTest):

    def test_the_program_its_manual_and_its_completions_go_where_others_look_for_them(self):
        if not (BUILD / "cmake_install.cmake").exists():
            self.skipTest("the program does not stand in its build folder")
        cmake = re.search(r"^CMAKE_COMMAND:INTERNAL=(.*)$", (BUILD / "CMakeCache.txt").read_text(),
                          re.MULTILINE)[1]
        prefix = self.folder / "prefix"
        code, output = run(cmake, "--install", str(BUILD), "--prefix", str(prefix))
        self.assertEqual(code, 0, output)
        installed = {str(path.relative_to(prefix)) for path in prefix.rglob("*") if path.is_file()}
        self.assertEqual(installed, {"bin/ebbgate",
                                     "share/man/man1/ebbgate.1",
                                     "share/bash-completion/completions/ebbgate",
                                     "share/zsh/site-functions/_ebbgate",
                                     "share/fish/vendor_completions.d/ebbgate.fish"})
        self.assertEqual(run(str(prefix / "bin/ebbgate"), "--version"),
                         (0, command("--version").out))
        for arguments, place in ((("manual",), "man/man1/ebbgate.1"),
                                 (("completion", "bash"), "bash-completion/completions/ebbgate"),
                                 (("completion", "zsh"), "zsh/site-functions/_ebbgate"),
                                 (("completion", "fish"), "fish/vendor_completions.d/ebbgate.fish")):
            self.assertEqual((prefix / "share" / place).read_text(), command(*arguments).out)


if __name__ == "__main__":
    main()
