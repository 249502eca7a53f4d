"""`ebbgate backup`, and what a copy is when it is put in the database's place."""

import os
import re
import sqlite3
import stat
import subprocess
import time

from harness import (BINARY, SOURCE, Storm, clean_environment, command, eventually, main, replace,
                     total)
from store_harness import BASE, HIGHEST, HIGHEST_WAIT, StoreTest


class BackupTest(StoreTest):

    def setUp(self):
        super().setUp()
        self.copy = self.folder / "copy.db"

    def backup(self, *arguments, code=0):
        done = command("backup", self.copy, "--config", self.config_path, *arguments)
        self.assertEqual(done.code, code, done.out + done.err)
        return done.out + done.err

    def levels(self, database):
        connection = sqlite3.connect(f"file:{database}?immutable=1", uri=True)
        try:
            self.assertEqual(connection.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            return dict(connection.execute("SELECT name, level FROM workload").fetchall())
        finally:
            connection.close()

    def at_rest(self):
        before = self.files_of_database()
        time.sleep(0.3)
        return self.files_of_database() == before

    def names(self):
        return sorted(file.name for file in self.folder.glob("*.db*"))

    def test_a_copy_is_one_private_file_beside_a_running_process_and_without_one(self):
        process = self.start()
        self.update(process, 2)
        eventually(self.at_rest, "nothing is written any more")
        for end in (lambda: None, process.kill):
            end()
            before = self.files_of_database()
            self.assertIn(str(self.copy), self.backup())
            self.assertEqual(self.files_of_database(), before)
            self.assertEqual(self.levels(self.copy), {"hook": 2})
            self.assertEqual(stat.S_IMODE(self.copy.stat().st_mode), 0o600)
            self.assertEqual([name for name in self.names() if "copy" in name], ["copy.db"])
            self.copy.unlink()

    def test_what_has_the_name_already_stays_unless_it_is_forced(self):
        process = self.start()
        self.update(process)
        self.copy.write_text("something else")
        self.assertIn("--force", self.backup(code=1))
        self.assertEqual(self.copy.read_text(), "something else")
        self.backup("--force")
        self.assertEqual(self.levels(self.copy), {"hook": 1})
        for own in ("ebbgate.db", "ebbgate.db-wal", "ebbgate.db.lock"):
            done = command("backup", self.folder / own, "--config", self.config_path, "--force")
            self.assertEqual(done.code, 1, own)
        self.assertEqual(process.workload("hook")["level"], 1)

    def test_what_is_no_regular_file_is_never_replaced(self):
        self.update(self.start())
        target = self.folder / "target"
        target.write_text("something else")
        for name, make in (("pipe", os.mkfifo), ("folder", os.mkdir),
                           ("link", lambda path: os.symlink(target, path))):
            path = self.folder / name
            make(path)
            before = os.lstat(path)
            for force in ((), ("--force",)):
                with self.subTest(name=name, force=force):
                    done = command("backup", path, "--config", self.config_path, *force)
                    self.assertEqual(done.code, 1)
                    self.assertIn(f"{path} exists and is no regular file", done.err)
                    self.assertEqual(os.lstat(path), before)
        self.assertEqual(target.read_text(), "something else")

    def test_where_there_is_nothing_to_copy_it_fails_and_leaves_nothing(self):
        self.assertIn("there is no database", self.backup(code=1))
        process = self.start()
        self.update(process)
        process.kill()
        self.database.with_name("ebbgate.db-wal").unlink()
        self.assertIn("not closed cleanly", self.backup(code=1))
        self.copy = self.folder / "nowhere" / "copy.db"
        self.assertIn("nowhere", self.backup(code=1))
        self.assertFalse([name for name in self.names() if "copy" in name])

    def test_copies_in_a_storm_are_whole_and_neither_stop_nor_change_anything(self):
        process = self.start()
        path = self.conf / "hook"
        with Storm([path], rate=50):
            for count in range(1, 11):
                at_least = process.workload("hook")["level"]
                self.backup("--force")
                level = self.levels(self.copy).get("hook", 0)
                self.assertGreaterEqual(level, min(at_least, level + (count == 1)))
        self.assert_spaced(self.updates(), base=BASE, cap=HIGHEST_WAIT)
        self.assertEqual(total(process.metrics(), "ebbgate_store_degraded"), 0)

    def test_a_restored_older_copy_makes_no_level_lower_and_no_update_come_early(self):
        process = self.start()
        self.update(process)
        self.backup()
        self.update(process, 3)
        process.kill()
        self.restore()
        checked = command("check", "--config", self.config_path)
        self.assertIn("a copy that was put in place", checked.out)
        self.assertIn("warning: database: the state in ", checked.err)
        self.assertIn("a copy that was put in place", checked.err)
        self.assertRegex(checked.err, r"warnings: \d+\n$")
        count, started = len(self.updates()), time.monotonic()
        process = self.start()
        self.assertEqual(process.workload("hook")["level"], HIGHEST)
        self.assertEqual(total(process.metrics(), "ebbgate_store_recoveries_total",
                               reason="restored"), 1)
        problems = process.api("process")["problems"]
        self.assertEqual(len(problems), 1, problems)
        self.assertIn("the stored state is a restored copy", problems[0])
        # What it last took on is not known: it takes on the newest, once, after the wait.
        updates = self.wait_for(self.updates, count + 1)
        self.assertGreaterEqual(updates[-1].at - started, HIGHEST_WAIT)
        self.wait_until_answered(process, "hook")
        self.assert_spaced(updates, base=BASE, cap=HIGHEST_WAIT)
        self.assertEqual(process.stop()[0], 0)
        # Done once: now it is an ordinary database.
        process = self.start()
        self.assertEqual(total(process.metrics(), "ebbgate_store_recoveries_total"), 0)
        self.assertEqual(process.workload("hook")["level"], HIGHEST)
        time.sleep(HIGHEST_WAIT + 1)
        self.assertEqual(len(self.updates()), count + 1)

    def restore(self):
        """Without removing the log, which belongs to the later state."""
        self.copy.rename(self.database)

    def test_a_change_back_that_the_copy_does_not_know_of_is_carried(self):
        process = self.start()
        replace(self.conf / "hook", "one")
        self.wait_for(self.updates, 1)
        self.wait_until_answered(process, "hook")
        self.backup()
        replace(self.conf / "hook", "two")
        self.wait_for(self.updates, 2)
        self.wait_until_answered(process, "hook")
        process.kill()
        self.restore()
        replace(self.conf / "hook", "one")  # as the copy says that it is applied
        process = self.start()
        self.assertEqual(self.wait_for(self.updates, 3)[-1].content, "one")

    def test_a_start_that_is_killed_before_it_has_seen_all_is_as_cautious_again(self):
        process = self.start()
        self.update(process)
        self.backup()
        process.kill()
        self.restore()
        for _ in range(3):
            process = self.start()
            self.assertEqual(process.workload("hook")["level"], HIGHEST)
            process.kill()
        process = self.start()
        self.assertEqual(process.workload("hook")["level"], HIGHEST)

    def test_the_documented_commands_work_as_pasted(self):
        text = (SOURCE / "docs/operations.md").read_text()
        blocks = dict(re.findall(r"^```sh (\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
        self.assertEqual(set(blocks), {"backup", "restore"})
        tools = self.folder / "tools"
        tools.mkdir()
        (tools / "ebbgate").symlink_to(BINARY)
        environment = clean_environment({"PATH": f"{tools}:/usr/bin:/bin"})

        def run(block):
            subprocess.run(["sh", "-euc", blocks[block]], cwd=self.folder, env=environment,
                           check=True, stdout=subprocess.DEVNULL)
        process = self.start()
        self.update(process)
        run("backup")
        self.update(process)
        self.assertEqual(process.stop()[0], 0)
        run("restore")
        process = self.start()
        self.assertEqual(process.workload("hook")["level"], HIGHEST)
        self.assertEqual(stat.S_IMODE(self.database.stat().st_mode), 0o600)
        eventually(lambda: process.get("/readyz")[0] == 200, "it is ready")


if __name__ == "__main__":
    main()
