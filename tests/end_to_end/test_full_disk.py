"""What is stored, and what is done, where the disk of the database or of a copy is full."""

import os
import resource
import sqlite3
import subprocess

from harness import BINARY, allowed, clean_environment, command, eventually, main
from store_harness import BASE, HIGHEST, HIGHEST_WAIT, StoreTest


class FullDiskTest(StoreTest):

    def setUp(self):
        super().setUp()
        self.disk = self.small_disk()
        self.use_database(self.disk / "ebbgate.db")

    def degraded_on_a_full_disk(self):
        process = self.start()
        self.change()
        self.fill(self.disk)
        self.change()
        eventually(lambda: self.degraded(process), "the store is degraded")
        return process

    def make_room(self):
        (self.disk / "filler").unlink()

    def assert_highest(self, process, started):
        self.assertEqual(process.workload("hook")["level"], HIGHEST)
        self.change()
        self.assertGreaterEqual(self.updates()[-1].at - started, HIGHEST_WAIT)

    def test_updates_go_on_spaced_and_the_state_counts_as_lost_later(self):
        process = self.degraded_on_a_full_disk()
        status, _, text = process.get("/readyz")
        self.assertEqual(status, 503)
        self.assertIn("store", text)
        self.change()
        self.assert_spaced(self.updates(), base=BASE, cap=HIGHEST_WAIT)
        process.kill()
        self.make_room()
        process = self.start()
        self.assertEqual(self.recoveries(process, reason="marked"), 1)
        self.assert_highest(process, process.started)

    def test_once_the_disk_has_room_again_nothing_was_lost(self):
        process = self.degraded_on_a_full_disk()
        self.make_room()
        eventually(lambda: not self.degraded(process), "the store works again")
        eventually(lambda: process.get("/readyz")[0] == 200, "it is ready again")
        self.wait_until_answered(process, "hook")
        process.kill()
        process = self.start()
        self.assertEqual(self.recoveries(process), 0)
        self.assertEqual(process.workload("hook")["level"], 2)

    def test_it_ends_in_time(self):
        _, seconds = self.degraded_on_a_full_disk().stop()
        self.assertLess(seconds, allowed(5))

    def test_a_first_start_fails_with_a_clear_message(self):
        self.fill(self.disk)
        process = self.start(wait=False)
        self.assertEqual(process.wait(), 1)
        process.says_like("cannot start: .*No space left on device")

    def test_a_start_after_a_loss_says_that_there_is_no_room_and_leaves_all_as_it_is(self):
        self.degraded_on_a_full_disk().kill()
        self.fill(self.disk)
        before = self.files_of_database()
        for _ in range(3):
            process = self.start(wait=False)
            self.assertEqual(process.wait(), 1, process.log())
            process.says_like("cannot start: .* marked its state as lost; a new one "
                              "cannot be made: .*disk is full; free some space where it lies")
            after = self.files_of_database()
            self.assertEqual(set(after), set(before))
            self.assertEqual(after["ebbgate.db"], before["ebbgate.db"])
        self.make_room()
        process = self.start()
        self.assertEqual(self.recoveries(process, reason="marked"), 1)
        self.assert_highest(process, process.started)

    def test_a_start_after_a_kill_needs_no_room(self):
        process = self.start()
        self.update(process, 2)
        self.fill(self.disk)
        process.kill()
        process = self.start()
        self.assertEqual(process.workload("hook")["level"], 2)
        self.assertEqual(self.recoveries(process), 0)

    def test_a_copy_that_finds_no_room_says_so_whatever_is_missing_and_leaves_nothing(self):
        process = self.start()
        self.update(process, 2)
        names = os.listdir(self.disk)
        self.fill(self.disk)
        filler = self.disk / "filler"
        copy = self.disk / "copy.db"
        refused = 0
        for _ in range(60):
            done = command("backup", copy, "--config", self.config_path)
            if done.code == 0:
                break
            refused += 1
            self.assertRegex(done.err, "No space left on device|disk is full")
            self.assertNotIn("filesystem error", done.err)
            self.assertNotIn("Input/output error", done.err)
            self.assertEqual(sorted(os.listdir(self.disk)), sorted([*names, "filler"]))
            os.truncate(filler, filler.stat().st_size - 4096)
        self.assertEqual(done.code, 0, done.err)
        self.assertGreater(refused, 5)
        connection = sqlite3.connect(f"file:{copy}?immutable=1", uri=True)
        self.assertEqual(connection.execute("SELECT level FROM workload").fetchall(), [(2,)])
        connection.close()

    def test_a_look_at_the_state_that_finds_no_room_says_so(self):
        process = self.start()
        self.update(process)
        self.fill(self.disk)
        done = command("check", "--config", self.config_path, env={"TMPDIR": str(self.disk)})
        self.assertEqual(done.code, 1)
        self.assertRegex(done.err, f"{self.disk}.*: No space left on device")
        self.assertNotIn("filesystem error", done.err)
        done = command("check", "--config", self.config_path, env={"TMPDIR": str(self.config_path)})
        self.assertEqual(done.code, 1)
        self.assertIn("set TMPDIR", done.err)
        self.assertNotIn("filesystem error", done.err)


class FileSizeLimitTest(StoreTest):

    def test_a_limit_of_the_size_of_files_is_as_a_full_disk(self):
        process = self.start()
        self.update(process, 2)
        usual = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (self.wal.stat().st_size, usual[1]))
        changes = 0
        while not self.degraded(process) and changes < 4:
            self.change()
            changes += 1
        eventually(lambda: self.degraded(process), "the store is degraded")
        process.says_like("the store is degraded.*File too large.*ulimit -f")
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, usual)
        eventually(lambda: not self.degraded(process), "the store works again")
        self.wait_until_answered(process, "hook")
        level = process.workload("hook")["level"]
        process.kill()
        process = self.start()
        self.assertEqual(self.recoveries(process), 0)
        self.assertEqual(process.workload("hook")["level"], level)

    def test_a_command_that_reaches_the_limit_says_so_and_leaves_nothing(self):
        process = self.start()
        self.update(process, 2)
        copy = self.folder / "copy.db"
        names = sorted(os.listdir(self.folder))
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))  # noqa: E731
        done = subprocess.run([BINARY, "backup", copy, "--config", self.config_path],
                              preexec_fn=limit, env=clean_environment(), capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("File too large", done.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), names)


if __name__ == "__main__":
    main()
