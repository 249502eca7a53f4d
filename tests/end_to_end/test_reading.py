"""Files that hang, are huge or never rest, beside neighbours that must not notice."""

import contextlib
import os
import statistics
import time

from harness import (HANGING, EndToEndTest, Repeating, allowed, command, eventually, main, replace,
                     total, write)

MEBIBYTE = 1 << 20
QUICK = {"base": "1ms", "factor": 1, "max": "1ms", "unhealthy_max": "1ms"}


class ReadingTest(EndToEndTest):

    settings = {"settle": {"quiet": "0s"}, "backoff": QUICK,
                "budget": {"rate": "unlimited"}}

    def setUp(self):
        super().setUp()
        self.hook = self.receiver()
        self.neighbours = [self.http_workload(f"neighbour{number}", self.hook)
                           for number in range(3)]

    def workload_of(self, name, path, **more):
        return {"name": name, "watch": [str(path)],
                "update": {"http": {"url": f"{self.hook.url}/{name}"}}, **more}

    def delays(self, rounds=15):
        """From a neighbour's change to its update, of so many changes of each; the middle and the
        worst."""
        delays = []
        for turn in range(rounds):
            for number in range(len(self.neighbours)):
                name = f"neighbour{number}"
                before = len(self.hook.updates("/" + name))
                changed = time.monotonic()
                replace(self.conf / name, f"{changed} {turn}")
                updates = self.wait_for(lambda path="/" + name: self.hook.updates(path), before + 1)
                delays.append(updates[before].at - changed)
        return statistics.median(delays), max(delays)

    def known(self, process):
        """Waits until the neighbours' first content has been read."""
        for neighbour in self.neighbours:
            path = f"/api/v1/workloads/default/Local/{neighbour['name']}"
            eventually(lambda path=path: process.get(path)[0] == 200, f"{path} is known")
        return process

    def missing(self, process, name):
        """Why it waits for its configuration."""
        return " ".join(gate["reason"] for gate in process.workload(name)["gates"]
                        if gate["gate"] == "missing")

    def start_hanging(self, flag, part, **more):
        return self.known(self.start(wait=False, env={
            "LD_PRELOAD": HANGING, "HANGING": str(flag), "HANGING_PATH": str(part), **more}))


class HangingTest(ReadingTest):

    def test_an_open_that_hangs_is_told_of_and_holds_up_nobody_else(self):
        flag = self.folder / "hang"
        path = self.file("hangs")
        self.configure([self.workload_of("hanging", path), *self.neighbours])
        write(flag, "")
        process = self.start_hanging(flag, path)
        eventually(lambda: os.path.lexists(f"{flag}.reached"), "it hangs")
        self.delays()
        code, _, text = process.get("/readyz")
        self.assertEqual(code, 503)
        self.assertIn("default/Local/hanging", text)
        self.assertIn(str(path), text)
        self.assertNotIn("neighbour", text)
        self.assertIn(str(path), self.missing(process, "hanging"))

        def overdue():
            return total(process.metrics(), "ebbgate_watch_reads_overdue")

        eventually(lambda: overdue() == 1, "the metric tells of it")
        eventually(lambda: f"{path} is still being read for " in
                   " ".join(process.api("process")["problems"]), "the API tells of it")
        eventually(lambda: "still being read for " in self.missing(process, "hanging"), "so does "
                   "the workload")
        status = "".join(command("status", "--url", process.url).out.split())
        self.assertIn("hangsisstillbeingreadfor", status)
        explained = "".join(command("explain", "default/Local/hanging", "--url",
                                    process.url).out.split())
        self.assertIn("stillbeingreadfor", explained)
        self.assertEqual(process.log().count(f"{path} is still being read"), 1)

        flag.unlink()
        eventually(lambda: process.get("/readyz")[0] == 200, "it is ready")
        eventually(lambda: overdue() == 0, "nothing is overdue")
        process.says(f"{path} has been read, after ")
        self.assertEqual(process.workload("hanging")["state"], "idle")
        replace(path, "new")
        self.wait_for(lambda: self.hook.updates("/hanging"), 1)

    def test_a_file_server_that_answers_no_look_holds_up_nobody_else(self):
        flag = self.folder / "hang"
        folder = self.folder / "mount"
        folder.mkdir()
        write(folder / "app", "1")
        self.configure([self.workload_of("hanging", folder), *self.neighbours])
        process = self.start_hanging(flag, folder, HANGING_LOOKUPS="1").ready()
        write(flag, "")
        os.utime(folder)
        write(folder / "app", "2")
        eventually(lambda: os.path.lexists(f"{flag}.reached"), "it hangs")
        self.delays()
        self.assertEqual(process.get("/readyz")[0], 200)  # what it held is known
        self.assertEqual(self.hook.updates("/hanging"), [])
        flag.unlink()
        self.wait_for(lambda: self.hook.updates("/hanging"), 1)

    def test_many_that_hang_hold_up_no_other(self):
        flag = self.folder / "hang"
        hanging = [self.workload_of(f"w{n}", self.file(f"hangs{n}")) for n in range(30)]
        self.configure(hanging + self.neighbours)
        write(flag, "")
        process = self.start_hanging(flag, self.conf / "hangs")
        eventually(lambda: "so are 10 more" in process.get("/readyz")[2], "all are told of")
        self.delays(rounds=3)
        code, seconds = process.stop()
        self.assertEqual(code, 0, process.log())
        self.assertLess(seconds, allowed(5))

    def test_sigterm_ends_it_cleanly_while_a_read_hangs(self):
        flag = self.folder / "hang"
        path = self.file("hangs")
        self.configure([self.workload_of("hanging", path), *self.neighbours])
        process = self.start_hanging(flag, path).ready()
        write(flag, "")
        replace(path, "new")
        eventually(lambda: os.path.lexists(f"{flag}.reached"), "it hangs")
        self.delays(rounds=1)
        code, seconds = process.stop()
        self.assertEqual(code, 0, process.log())
        self.assertLess(seconds, allowed(5))
        self.assertEqual(list(self.folder.glob("ebbgate.db-wal")), [])
        flag.unlink()
        process = self.start()
        self.assertNotIn("not closed cleanly", process.log())
        self.wait_for(lambda: self.hook.updates("/hanging"), 1)


class TooMuchTest(ReadingTest):

    def baseline(self):
        self.configure(self.neighbours)
        process = self.start()
        self.delays(rounds=2)
        measured = self.delays()
        process.stop()
        return measured

    def assert_as_quick(self, delays, baseline):
        """A read of the whole of any of these takes seconds."""
        self.assertLess(delays[0], 5 * baseline[0] + allowed(0.1))
        self.assertLess(delays[1], 3 * baseline[1] + allowed(0.5))

    def refused(self):
        """{name: (path, what is said of it)}"""
        sparse = self.file("sparse", "")
        os.truncate(sparse, 1 << 40)
        logs = self.conf / "logs"
        logs.mkdir()
        write(logs / "app.yaml", "1")
        with open(logs / "app.log", "wb") as file:
            for _ in range(300):
                file.write(b"a line of a log\n" * (MEBIBYTE // 16))
        (self.conf / "pagemap").symlink_to("/proc/self/pagemap")
        for level in range(12):
            (self.conf / "bomb" / str(level)).mkdir(parents=True)
            for link in range(10):
                (self.conf / "bomb" / str(level) / f"l{link}").symlink_to(f"../{level + 1}")
        return {"sparse": (sparse, "holds 1048576 MiB, and max_file_size is 64 MiB"),
                "logs": (logs, "app.log holds 300 MiB, and max_file_size is 64 MiB"),
                "pagemap": (self.conf / "pagemap", "holds more, and max_file_size is 64 MiB"),
                "bomb": (self.conf / "bomb" / "0", "lead to")}

    def test_what_is_no_configuration_is_refused_by_name_and_delays_nobody(self):
        baseline = self.baseline()
        for name, (path, words) in self.refused().items():
            with self.subTest(name):
                self.configure([self.workload_of(name, path), *self.neighbours])
                process = self.start()
                self.assert_as_quick(self.delays(), baseline)
                self.assertIn(words, self.missing(process, name))
                self.assertIn("local.ignore", self.missing(process, name))
                self.assertEqual(process.workload(name)["state"], "missing")
                code, seconds = process.stop()
                self.assertEqual(code, 0, process.log())
                self.assertLess(seconds, allowed(5))

    def test_a_raised_limit_of_one_workload_takes_a_larger_file(self):
        path = self.file("large", "")
        os.truncate(path, 100 * MEBIBYTE)
        self.configure([self.workload_of("large", path)])
        process = self.start()
        self.assertIn("100 MiB", self.missing(process, "large"))
        self.configure([self.workload_of("large", path, max_file_size="200MiB")])
        process.stop()
        process = self.start()
        self.assertEqual(process.workload("large")["state"], "idle")
        with open(path, "r+b") as file:
            file.write(b"x")
        self.wait_for(lambda: self.hook.updates("/large"), 1)

    @contextlib.contextmanager
    def growing(self, path):
        def grow(done):
            os.truncate(path, (32 + done % 31) * MEBIBYTE)
        with Repeating(grow, rate=100) as growing:
            eventually(lambda: growing.done > 10, "it grows")
            yield

    def test_a_file_that_never_rests_takes_little_time_and_delays_nobody(self):
        baseline = self.baseline()
        path = self.file("growing", "")
        self.configure([self.workload_of("growing", path), *self.neighbours])
        process = self.start()

        def processor():
            return total(process.metrics(), "process_cpu_seconds_total")

        with self.growing(path):
            self.wait_for(lambda: self.hook.updates("/growing"), 1)
            before, begin = processor(), time.monotonic()
            self.assert_as_quick(self.delays(), baseline)
            while time.monotonic() < begin + 5:
                time.sleep(0.1)
            used = (processor() - before) / (time.monotonic() - begin)
        # A tenth for the file, and what the neighbours' updates take.
        self.assertLess(used, 0.5)
        # The last content is taken on once it rests.
        eventually(lambda: process.workload("growing")["state"] == "idle", "it rests")
        count = len(self.hook.updates("/growing"))
        write(path, "small")
        self.wait_for(lambda: self.hook.updates("/growing"), count + 1)


if __name__ == "__main__":
    main()
