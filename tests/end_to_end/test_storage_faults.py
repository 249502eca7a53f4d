"""Files that were deleted, damaged or taken away under a process, and who may read them."""

import os
import sqlite3
import stat
import struct
import time

from harness import command, eventually, main, total
from store_harness import HIGHEST, HIGHEST_WAIT, StoreTest

FRAME = 24 + 4096


class StorageFaultsTest(StoreTest):

    def killed_after(self, updates):
        process = self.start()
        self.update(process, updates)
        # The last commit may not be answered yet: nobody has relied on it.
        eventually(lambda: f"frames: {self.frames()} " in self.lock.read_text(),
                   "all that is in the WAL was answered")
        process.kill()

    def assert_lost(self, reason):
        checked = command("check", "--config", self.config_path)
        self.assertIn("lost", checked.out)
        started = time.monotonic()
        process = self.start()
        self.assertEqual(total(process.metrics(), "ebbgate_store_recoveries_total", reason=reason),
                         1, process.log())
        self.assertEqual(process.workload("hook")["level"], HIGHEST)
        self.update(process)
        self.assertGreaterEqual(self.updates()[-1].at - started, HIGHEST_WAIT)

    def test_wal_and_lock_file_deleted_after_kill_9_are_a_loss(self):
        self.killed_after(2)
        self.wal.unlink()
        self.lock.unlink()
        self.assert_lost("wal")

    def test_database_and_lock_file_deleted_after_kill_9_are_a_loss(self):
        self.killed_after(2)
        self.database.unlink()
        self.lock.unlink()
        self.assert_lost("missing")

    def test_a_lock_file_deleted_after_kill_9_costs_nothing(self):
        self.killed_after(2)
        self.lock.unlink()
        process = self.start()
        self.assertEqual(process.workload("hook")["level"], 2)
        self.assertEqual(total(process.metrics(), "ebbgate_store_recoveries_total"), 0)

    def test_a_damaged_lock_file_hides_no_wal_that_was_cut(self):
        self.killed_after(2)
        os.truncate(self.wal, 32 + self.frames() // 2 * FRAME)
        content = bytearray(self.lock.read_bytes())
        at = content.index(b"frames: ") + len("frames: ")
        content[at:at + 1] = b"1" if content[at:at + 1] != b"1" else b"0"
        self.lock.write_bytes(content)
        checked = command("check", "--config", self.config_path)
        self.assertIn(f"the lock file {self.lock} is damaged", checked.out)
        self.assert_lost("lock")

    def flip_in_frame(self, number, offset):
        with open(self.wal, "r+b") as file:
            file.seek(32 + number * FRAME + offset)
            byte = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ 1]))

    def frames(self):
        """How many frames of the WAL SQLite would replay, judged by their salts alone."""
        content = self.wal.read_bytes()
        frames = [content[at:at + 24] for at in range(32, len(content) - FRAME + 1, FRAME)]
        return sum(frame[8:16] == content[16:24] for frame in frames)

    def test_damage_in_the_middle_of_the_wal_is_a_loss(self):
        self.killed_after(2)
        self.assertGreater(self.frames(), 4)
        self.flip_in_frame(self.frames() // 2, 24 + 100)
        self.assert_lost("wal")

    def test_damage_in_the_last_frame_is_a_loss(self):
        self.killed_after(2)
        self.flip_in_frame(self.frames() - 1, 24 + 100)
        self.assert_lost("wal")

    def test_a_changed_byte_in_a_database_that_was_closed_is_a_loss(self):
        process = self.start()
        self.update(process, 2)
        self.assertEqual(process.stop()[0], 0)
        content = bytearray(self.database.read_bytes())
        # A level within a row: SQLite has no checksum that would tell.
        connection = sqlite3.connect(f"file:{self.database}?immutable=1", uri=True)
        self.assertEqual(connection.execute("SELECT level FROM workload").fetchall(), [(2,)])
        connection.close()
        at = next(at for at in range(len(content))
                  if content[at:at + 4] == b"hook" and self.level_without(content, at) is not None)
        self.database.write_bytes(self.level_without(content, at))
        self.assert_lost("corrupt")

    def level_without(self, content, at):
        """The content with a level of 1 in the row that has its name here; else nothing."""
        for place in range(at + 4, at + 8):
            changed = bytearray(content)
            if changed[place] != 2:
                continue
            changed[place] = 1
            copy = self.folder / "changed.db"
            copy.write_bytes(changed)
            connection = sqlite3.connect(f"file:{copy}?immutable=1", uri=True)
            try:
                levels = connection.execute("SELECT level FROM workload").fetchall()
                good = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            except sqlite3.DatabaseError:
                continue
            finally:
                connection.close()
            if levels == [(1,)] and good:
                return bytes(changed)
        return None

    def test_a_second_process_is_refused_even_where_the_lock_file_was_removed(self):
        first = self.start()
        for _ in range(2):
            self.lock.unlink()
            second = self.start(wait=False)
            self.assertEqual(second.wait(), 1)
            second.says(str(self.database))
            second.says_like(rf"\b{first.pid}\b")
            self.update(first)  # the second time there is something in the WAL
        self.lock.unlink()
        checked = command("check", "--config", self.config_path)
        self.assertEqual(checked.code, 0, checked.err)
        self.assertIn(f"in use by process {first.pid}", checked.out)
        self.assertIn("highest level 2", checked.out)
        with self.assertRaisesRegex(sqlite3.OperationalError, "locked"):
            sqlite3.connect(self.database, timeout=0).execute("SELECT * FROM workload")
        first.kill()
        process = self.start()
        self.assertEqual(process.workload("hook")["level"], 2)

    def modes(self):
        return {file.name: stat.S_IMODE(file.stat().st_mode)
                for file in self.folder.glob("ebbgate.db*")}

    def test_nobody_else_may_read_what_is_stored(self):
        process = self.start(umask=0)
        self.update(process)
        self.assertEqual(self.modes(), {"ebbgate.db": 0o600, "ebbgate.db-wal": 0o600,
                                        "ebbgate.db.lock": 0o600})
        process.kill()
        for file in self.folder.glob("ebbgate.db*"):
            file.chmod(0o644)
        process = self.start(umask=0)
        self.assertEqual(set(self.modes().values()), {0o600})
        process.kill()
        for file in self.folder.glob("ebbgate.db*"):
            file.chmod(0o644)
        self.wal.unlink()
        process = self.start(umask=0)
        self.assertGreater(len(self.modes()), 3)  # the old ones were set aside
        self.assertEqual(set(self.modes().values()), {0o600}, self.modes())

    def test_two_databases_in_one_folder_are_told_apart_by_their_sockets(self):
        first = self.start()
        second = self.start(wait=False, arguments=["--database", str(self.folder / "other.db")])
        eventually(lambda: "listening on" in second.log() or not second.running(), "it decided")
        self.assertTrue(second.running(), second.log())
        second.says_like(r"release.*ebbgate\.sock.*another process listens there")
        self.assertTrue(first.running())


if __name__ == "__main__":
    main()
