"""The program is built so that a fault of memory ends it, as the binary itself tells."""

import platform
import re
import shutil
import subprocess
import unittest

from harness import BINARY, SANITIZER, main


def read(*flags):
    done = subprocess.run(["readelf", "--wide", *flags, BINARY], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=True, timeout=300)
    return done.stdout.decode()


def first_instruction(symbol):
    """As objdump writes it, with the bytes left out."""
    done = subprocess.run(["objdump", "--no-show-raw-insn", f"--disassemble={symbol}", BINARY],
                          stdout=subprocess.PIPE, check=True, timeout=300)
    return re.search(rf"<{symbol}>:\n\s*[0-9a-f]+:\s+(.+)", done.stdout.decode())[1]


@unittest.skipUnless(shutil.which("readelf") and shutil.which("objdump"),
                     "readelf and objdump are not there: install binutils")
@unittest.skipIf(SANITIZER, "sanitizers have checks of their own")
class HardeningTest(unittest.TestCase):

    def test_it_can_be_loaded_at_any_address(self):
        self.assertRegex(read("--file-header"), r"Type:\s+DYN")
        self.assertRegex(read("--dynamic"), r"\(FLAGS_1\).*\bPIE\b")
        self.assertRegex(read("--program-headers"), r"\bINTERP\b")

    def test_addresses_of_functions_are_read_only_once_it_is_loaded(self):
        self.assertRegex(read("--program-headers"), r"\bGNU_RELRO\b")
        self.assertRegex(read("--dynamic"), r"\(FLAGS_1\).*\bNOW\b")

    def test_no_memory_is_both_writable_and_executable(self):
        headers = read("--program-headers")
        self.assertRegex(headers, r"\bGNU_STACK\b.* RW ")
        self.assertNotRegex(headers, r"\bRWE\b")

    def test_libraries_are_looked_for_where_the_system_has_them_only(self):
        self.assertNotRegex(read("--dynamic"), r"\((?:RPATH|RUNPATH|TEXTREL)\)")

    def test_stacks_and_the_functions_of_libc_that_write_are_guarded(self):
        symbols = read("--dyn-syms")
        self.assertRegex(symbols, r"\b__stack_chk_fail@")
        self.assertRegex(symbols, r"\b__(?:memcpy|memset|memmove|read|recv|poll)_chk@")

    def test_functions_that_may_be_jumped_to_say_so(self):
        # Its mark in the file's notes is only there when every library linked in has it as well.
        begins = {"x86_64": "endbr64", "aarch64": r"(?:paciasp|bti\b)"}.get(platform.machine())
        if not begins:
            self.skipTest("this architecture has none")
        self.assertRegex(first_instruction("main"), begins)


if __name__ == "__main__":
    main()
