"""State that was lost, spoilt, is someone else's or cannot be written."""

import os
import re
import sqlite3
import time

from harness import command, eventually, main, replace, total
from store_harness import HIGHEST_WAIT, StoreTest


class DatabaseTest(StoreTest):

    def one_update_then(self, end):
        process = self.start()
        self.update(process)
        if end == "kill":
            process.kill()
        else:
            self.assertEqual(process.stop()[0], 0)

    def assert_state_counts_as_lost(self, reason, aside=True):
        """A workload then starts at the highest level, answered now: it waits the whole delay."""
        count, started = len(self.updates()), time.monotonic()
        replace(self.conf / "hook", f"{started}")
        process = self.start()
        log = process.log()
        self.assertEqual(total(process.metrics(), "ebbgate_store_recoveries_total", reason=reason),
                         1, log)
        self.assertEqual(process.workload("hook")["level"], 4)
        self.assertIn(str(self.database), log)
        if aside:
            self.assertTrue([f for f in os.listdir(self.folder)
                             if re.search(r"ebbgate\.db.*\d{8}", f)], os.listdir(self.folder))
        told = [problem for problem in process.api("process")["problems"] if "lost" in problem]
        self.assertEqual(len(told), 1, told)
        self.assertIn("Workloads without a record started at the highest level", told[0])
        self.assertIn("problem: the stored state was lost", self.shown(process, "status"))
        # At first sight of a new database what is there is adopted; a change after it waits.
        replace(self.conf / "hook", f"{time.monotonic()}")
        eventually(lambda: process.workload("hook")["pending_since"], "it waits")
        explained = self.shown(process, "explain", "default/Local/hook")
        for text in ("When it was updated last is not known", "last update not known",
                     "Mind that the stored state was lost"):
            self.assertIn(text, explained)
        self.assertNotIn("updated lately", explained)
        updates = self.wait_for(self.updates, count + 1)
        self.assertGreaterEqual(updates[-1].at - started, HIGHEST_WAIT)
        self.wait_until_answered(process, "hook")
        self.assertEqual(process.stop()[0], 0)
        # The loss is told once: the new database is a good one.
        process = self.start()
        self.assertEqual(total(process.metrics(), "ebbgate_store_recoveries_total"), 0)
        self.assertEqual(process.api("process")["problems"], [])
        self.assertEqual(process.workload("hook")["level"], 4)

    def shown(self, process, *arguments):
        done = command(*arguments, "--url", process.url, env={"COLUMNS": "2000"})
        self.assertEqual(done.code, 0, done.err)
        return done.out

    def test_a_deleted_database_counts_as_lost(self):
        self.one_update_then("stop")
        self.database.unlink()
        self.assert_state_counts_as_lost("missing", aside=False)

    def test_an_empty_database_counts_as_lost(self):
        self.one_update_then("stop")
        os.truncate(self.database, 0)
        self.assert_state_counts_as_lost("empty")

    def test_a_database_with_garbage_in_the_middle_counts_as_lost(self):
        self.one_update_then("stop")
        with open(self.database, "r+b") as file:
            file.seek(4096)
            file.write(os.urandom(os.path.getsize(self.database) - 4096))
        self.assert_state_counts_as_lost("corrupt")

    def test_a_truncated_database_counts_as_lost(self):
        self.one_update_then("stop")
        os.truncate(self.database, os.path.getsize(self.database) // 2)
        self.assert_state_counts_as_lost("corrupt")

    def test_a_file_that_is_no_database_counts_as_lost(self):
        self.one_update_then("stop")
        with open(self.database, "wb") as file:
            file.write(os.urandom(10000))
        self.assert_state_counts_as_lost("corrupt")

    def test_a_deleted_wal_counts_as_lost_after_kill_9(self):
        self.one_update_then("kill")
        self.wal.unlink()
        self.assert_state_counts_as_lost("wal")

    def test_a_flipped_bit_in_the_header_of_the_wal_counts_as_lost_after_kill_9(self):
        self.one_update_then("kill")
        with open(self.wal, "r+b") as file:
            file.seek(17)
            byte = file.read(1)[0]
            file.seek(17)
            file.write(bytes([byte ^ 4]))
        self.assert_state_counts_as_lost("wal")

    def test_state_that_is_whole_is_kept_after_kill_9(self):
        self.one_update_then("kill")
        process = self.start()
        self.assertEqual(process.workload("hook")["level"], 1)
        self.assertEqual(total(process.metrics(), "ebbgate_store_recoveries_total"), 0)

    def test_a_newer_schema_is_refused_and_left_alone(self):
        self.one_update_then("stop")
        connection = sqlite3.connect(self.database)
        connection.execute("PRAGMA user_version = 1000")
        connection.commit()
        connection.close()
        before = self.database.read_bytes()
        process = self.start(wait=False)
        self.assertEqual(process.wait(), 1)
        process.says(str(self.database))
        process.says_like(r"(?i)1000.*newer|newer.*1000")
        self.assertEqual(self.database.read_bytes(), before)
        checked = command("check", "--config", self.config_path)
        self.assertNotEqual(checked.code, 0)
        self.assertRegex(checked.out + checked.err, r"(?i)1000.*newer|newer.*1000")
        self.assertEqual(self.database.read_bytes(), before)

    def test_a_second_process_on_one_database_ends_and_names_file_and_pid(self):
        first = self.start()
        second = self.start(wait=False)
        self.assertEqual(second.wait(), 1)
        second.says(str(self.database))
        second.says_like(rf"\b{first.pid}\b")
        self.update(first)  # the first goes on
        first.kill()
        self.start()

    def test_check_looks_without_touching(self):
        process = self.start()
        self.update(process)

        def picture():
            # -shm is shared memory, and the running process' own business.
            return {f.name: (f.stat().st_mtime_ns, f.read_bytes())
                    for f in self.folder.glob("ebbgate.*")
                    if f.is_file() and not f.name.endswith("-shm")}

        def at_rest():  # the answer of the update is on disk, too
            before = picture()
            time.sleep(0.3)
            return picture() == before
        eventually(at_rest, "nothing is written any more")
        before = picture()
        done = command("check", "--config", self.config_path)
        self.assertEqual(done.code, 0, done.out + done.err)
        self.assertEqual(picture(), before)
        process.kill()
        before = picture()
        done = command("check", "--config", self.config_path)
        self.assertEqual(done.code, 0, done.out + done.err)
        self.assertEqual(picture(), before)


if __name__ == "__main__":
    main()
