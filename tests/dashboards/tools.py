"""Prometheus, Alertmanager and their checkers for tests: on PATH, or unpacked by scripts/test-tools."""

import os
import pathlib
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent.parent.parent
UNPACKED = SOURCE / "build/tools/usr/bin"
PYTHON = SOURCE / "build/venv/bin/python"
SKIPPED = 77  # CTest's SKIP_RETURN_CODE

PACKAGES = {"prometheus": "prometheus", "promtool": "prometheus",
            "amtool": "prometheus-alertmanager"}


def skip(reason):
    """Ends this test program: as skipped, or as failed where every part is required."""
    if os.environ.get("EBBGATE_REQUIRE_ALL") == "1":
        sys.exit(f"all parts are required (EBBGATE_REQUIRE_ALL=1): {reason}")
    print(f"skipped: {reason}", flush=True)
    sys.exit(SKIPPED)


def tool(name):
    """The path of a program; where it cannot be had, this test program ends as skipped."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{UNPACKED}")
    if not found:
        skip(f"{name} is not there: install {PACKAGES[name]}, or run scripts/test-tools")
    return found


def with_packages():
    """Goes on under the Python that has the packages of dashboards/requirements.txt."""
    if pathlib.Path(sys.prefix) == PYTHON.parent.parent:
        return
    if not PYTHON.exists():
        skip(f"{PYTHON} is not there: run scripts/test-tools")
    os.execv(PYTHON, [str(PYTHON), "-B", *sys.argv])


def run(*command, text="", **options):
    """Runs a command on `text` to its end and returns (exit code, all that it printed)."""
    done = subprocess.run([str(part) for part in command], input=text.encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, **options)
    return done.returncode, done.stdout.decode(errors="replace")
