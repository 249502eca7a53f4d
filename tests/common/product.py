"""The program under test, EBBGATE_BINARY, and what follows from how it was built.

Built with a sanitizer, it writes its reports to files, and a test in which one appears has failed.
"""

import atexit
import os
import pathlib
import shutil
import tempfile

BINARY = os.environ["EBBGATE_BINARY"]


def _sanitizer():
    content = pathlib.Path(BINARY).read_bytes()
    for name in ("asan", "tsan"):
        if f"lib{name}.so".encode() in content:
            return name
    return None


SANITIZER = _sanitizer()  # "asan", "tsan", or None
_SLOWNESS = {None: 1, "asan": 4, "tsan": 10}[SANITIZER]


def allowed(seconds):
    """What a test that says how long something may take allows this build."""
    return seconds * _SLOWNESS


_reports = None
_told = set()
if SANITIZER:
    _reports = pathlib.Path(tempfile.mkdtemp(prefix="ebbgate-reports-"))
    atexit.register(shutil.rmtree, _reports, ignore_errors=True)
    _options = f"log_path={_reports}/report:exitcode=99"
    # Tests put libraries of their own before the sanitizer's.
    os.environ["ASAN_OPTIONS"] = _options + ":verify_asan_link_order=0:detect_stack_use_after_return=1"
    os.environ["UBSAN_OPTIONS"] = _options + ":print_stacktrace=1"
    os.environ["TSAN_OPTIONS"] = _options + ":second_deadlock_stack=1"


def new_reports():
    """What a sanitizer has reported since the last call; empty: nothing."""
    texts = []
    for path in sorted(_reports.iterdir()) if _reports else ():
        if path not in _told:
            _told.add(path)
            texts.append(path.read_text(errors="replace"))
    return "\n".join(texts)


def fail_for_reports(test, result):
    """Fails the test, if it has not failed yet, for what was reported in it."""
    report = new_reports()
    if report:
        try:
            raise AssertionError(f"{SANITIZER} reports:\n{report}")
        except AssertionError as failure:
            result.addFailure(test, (type(failure), failure, None))
