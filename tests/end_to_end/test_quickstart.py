"""The demonstration does what it says."""

import re
import signal
import socket
import subprocess
import sys
import time

from harness import BINARY, PATIENCE, SOURCE, EndToEndTest, clean_environment, eventually, main, write

SCRIPT = SOURCE / "scripts" / "quickstart"


class QuickstartTest(EndToEndTest):

    def test_it_reacts_to_edits_and_storms_and_ends_cleanly(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        folder, log = self.folder / "run", self.folder / "log"
        with open(log, "wb") as output:
            child = subprocess.Popen(
                [sys.executable, SCRIPT, "run", "--binary", BINARY, "--folder", folder,
                 "--listen", "127.0.0.1:0", "--receiver-port", port],
                stdout=output, stderr=output, env=clean_environment())
        self.addCleanup(child.wait)
        self.addCleanup(child.terminate)
        try:
            eventually(lambda: "listening on" in log.read_text(), "it listens")
            time.sleep(1)
            write(folder / "greeting.txt", "Good evening")
            eventually(lambda: "Good evening" in log.read_text(), "the command printed it")
            headline = folder / "site" / "headline.txt"
            before = headline.read_text()
            with open(headline) as reading:
                subprocess.run(
                    [sys.executable, SCRIPT, "storm", "--folder", folder, "--seconds", "9"],
                    check=True, stdout=subprocess.DEVNULL)
                # Who opened it before reads it whole, whatever came in its place.
                self.assertEqual(reading.read(), before)
            self.assertNotEqual(headline.read_text(), before)
            eventually(lambda: "last one: Storm, change" in log.read_text(), "the waits show")
            child.send_signal(signal.SIGINT)
            self.assertEqual(child.wait(PATIENCE), 0)
        except BaseException:
            print(log.read_text())
            raise
        waits = [float(w) for w in re.findall(r"reload, ([0-9.]+) s after", log.read_text())]
        self.assertGreaterEqual(len(waits), 2)
        for n, wait in enumerate(waits):
            self.assertGreaterEqual(wait, 2 ** n - 0.05)  # printed with one digit
        with socket.socket() as probe:
            self.assertNotEqual(probe.connect_ex(("127.0.0.1", int(port))), 0)

    def test_the_storm_says_what_it_misses(self):
        done = subprocess.run([sys.executable, SCRIPT, "storm", "--folder", self.folder / "none"],
                              stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"make run", done.stderr)


if __name__ == "__main__":
    main()
