"""What the tests of the container image need from their machine, and what happens where it is missing."""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(os.environ.get("EBBGATE_SOURCE")
                      or pathlib.Path(__file__).resolve().parent.parent.parent)
UNPACKED = SOURCE / "build/tools/usr/bin"  # by scripts/test-tools
VENV_PYTHON = SOURCE / "build/venv/bin/python"  # by the same
SKIPPED = 77  # CTest's SKIP_RETURN_CODE


def missing(reason):
    """Ends a test, or a whole module's: as skipped, or as failed where every part is required."""
    if os.environ.get("EBBGATE_REQUIRE_ALL") == "1":
        raise AssertionError(f"all parts are required (EBBGATE_REQUIRE_ALL=1): {reason}")
    raise unittest.SkipTest(reason)


def unable(reason):
    """Ends a test that needs a Docker daemon as skipped, whatever is required: not every machine can
    run one."""
    raise unittest.SkipTest(reason)


def tool(name, package, otherwise=missing):
    """The path of a program."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:{UNPACKED}"
    return shutil.which(name, path=path) or otherwise(f"{name} is not there: install {package}")


def with_yaml():
    """Goes on under a Python that has PyYAML: this one, or that of scripts/test-tools. Without one,
    `import yaml` fails."""
    try:
        import yaml  # noqa: F401  pylint: disable=unused-import,import-outside-toplevel
    except ImportError:
        if VENV_PYTHON.exists() and pathlib.Path(sys.prefix) != VENV_PYTHON.parent.parent:
            os.execv(VENV_PYTHON, [str(VENV_PYTHON), "-B", *sys.argv])


def run(*command, timeout=120, **options):
    """Runs a command to its end: (exit code, all that it printed)."""
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout,
                          **options)
    return done.returncode, done.stdout.decode(errors="replace")


def compose():
    """The command words of Docker Compose, the plugin or the program. Neither needs a daemon to read
    a file."""
    if shutil.which("docker") and run("docker", "compose", "version")[0] == 0:
        return ["docker", "compose"]
    return [tool("docker-compose", "docker-compose")]


def main():
    """Runs the tests; where all of them were skipped, CTest hears of it."""
    result = unittest.main(verbosity=2, exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.skipped and len(result.skipped) >= max(result.testsRun, 1):
        sys.exit(SKIPPED)
