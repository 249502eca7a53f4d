"""Files of the store that are removed, replaced or moved away under the process that uses them."""

import os
import re
import shutil

from harness import command, eventually, main
from store_harness import BASE, HIGHEST_WAIT, StoreTest


class FilesTakenAwayTest(StoreTest):

    def problems(self, process):
        return " ".join(process.api("process")["problems"])

    def assert_told(self, process, path):
        eventually(lambda: f"{path} was removed or replaced" in self.problems(process),
                   "the status tells it")
        process.says(f"{path} was removed or replaced while it is in use; the state was written "
                     "anew")

    def assert_level_survives_a_kill(self, process, level):
        eventually(lambda: not self.degraded(process)
                   and "marked as lost: no" in self.lock.read_text(), "all is written")
        process.kill()
        process = self.start()
        self.assertEqual(self.recoveries(process), 0, process.log())
        self.assertEqual(process.workload("hook")["level"], level)
        self.assert_spaced(self.updates(), base=BASE, cap=HIGHEST_WAIT)
        return process

    def test_a_file_that_is_removed_is_noticed_at_rest_and_costs_nothing(self):
        process = self.start()
        self.update(process, 2)
        for path in (self.database, self.wal, self.lock):
            path.unlink()
            self.assert_told(process, path)
            self.assertTrue(path.exists())
            process = self.assert_level_survives_a_kill(process, 2)

    def test_all_files_removed_at_once_cost_nothing(self):
        process = self.start()
        self.update(process, 2)
        for path in (self.database, self.wal, self.lock):
            path.unlink()
        self.update(process)
        self.assert_told(process, self.database)
        self.assert_level_survives_a_kill(process, 3)

    def test_an_older_database_that_replaces_it_is_not_believed(self):
        process = self.start()
        self.update(process)
        copy = self.folder / "copy.db"
        self.assertEqual(command("backup", copy, "--config", self.config_path).code, 0)
        self.update(process, 2)
        copy.rename(self.database)
        self.assert_told(process, self.database)
        self.assertEqual(len(list(self.folder.glob("ebbgate.db.replaced-*-wal"))), 1)
        self.assertEqual(process.stop()[0], 0)
        process = self.start()
        self.assertEqual(process.workload("hook")["level"], 3)

    def test_without_its_folder_it_is_degraded_and_updates_wait_until_it_is_back(self):
        folder = self.folder / "state"
        folder.mkdir()
        self.use_database(folder / "ebbgate.db")
        process = self.start()
        self.update(process, 2)
        shutil.rmtree(folder)
        eventually(lambda: self.degraded(process), "the store is degraded")
        status, _, text = process.get("/readyz")
        self.assertEqual(status, 503)
        # It may be noticed between two looks at the files, of which the lock file is the last.
        self.assertRegex(text, f"{re.escape(str(self.database))}(\\.lock)? was removed or replaced")
        folder.mkdir()
        eventually(lambda: not self.degraded(process), "the store works again")
        self.assert_told(process, self.database)
        self.update(process)
        self.assert_level_survives_a_kill(process, 3)

    def test_a_second_process_never_takes_over_what_the_first_uses(self):
        first = self.start()
        self.update(first, 2)
        self.database.unlink()
        self.lock.unlink()
        second = self.start(wait=False)
        eventually(lambda: not second.running() or "listening on" in second.log(), "it decided")
        if not second.running():  # the first was faster
            second.says("in use")
            return
        eventually(lambda: self.degraded(first), "the first is degraded")
        before = os.stat(self.database)
        self.assertEqual(first.stop()[0], 1)
        self.assertEqual(os.stat(self.database).st_ino, before.st_ino)
        self.update(second)


if __name__ == "__main__":
    main()
