"""What happens where something that is not the store's own file has one of its names."""

import os
import socket
import subprocess

from harness import BINARY, clean_environment, command, main
from store_harness import StoreTest

COMMANDS = (("check",), ("backup", "copy.db"), ("run",))
PATIENCE = 20  # a look that waits for a pipe never ends


class IrregularFilesTest(StoreTest):

    def setUp(self):
        super().setUp()
        process = self.start()
        self.update(process, 2)
        process.kill()

    def names(self):
        return sorted(os.listdir(self.folder))

    def assert_told(self, *sayings):
        before = self.names()
        for arguments in COMMANDS:
            with self.subTest(sayings=sayings, command=arguments[0]):
                done = command(*arguments, "--config", self.config_path, cwd=self.folder,
                               timeout=PATIENCE)
                self.assertIn(done.code, (1, 2))
                for saying in sayings:
                    self.assertIn(saying, done.out + done.err)
                self.assertNotIn("filesystem error", done.out + done.err)
                self.assertEqual(self.names(), before)

    def test_what_is_no_regular_file_is_told_and_never_waited_for(self):
        def folder(path):
            path.mkdir()

        def listening(path):
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(str(path))

        for name in ("ebbgate.db", "ebbgate.db-wal", "ebbgate.db-journal", "ebbgate.db.lock",
                     "ebbgate.db.lock.new"):
            path = self.database.with_name(name)
            kept = self.folder / "kept"
            if path.exists():
                path.rename(kept)
            for make in (os.mkfifo, folder, listening):
                make(path)
                self.assert_told(str(path), "is a folder" if (name, make) == ("ebbgate.db", folder)
                                 else "is no regular file")
                if path.is_dir():
                    path.rmdir()
                else:
                    path.unlink()
            if kept.exists():
                kept.rename(path)
        # All this has cost nothing.
        process = self.start()
        self.assertEqual(process.workload("hook")["level"], 2)

    def test_what_another_program_keeps_at_the_name_of_the_lock_file_stays_as_it_is(self):
        self.use_database(self.folder / "yarn")
        lock, victim = self.folder / "yarn.lock", self.folder / "victim"
        lock.write_text("# yarn lockfile v1\n", encoding="ascii")
        lock.chmod(0o644)
        self.assert_told(f"{lock} has the name of Ebbgate's lock file and is none")
        self.assertEqual(lock.read_text(encoding="ascii"), "# yarn lockfile v1\n")
        self.assertEqual(lock.stat().st_mode & 0o777, 0o644)
        for name in ("yarn.lock", "yarn.lock.new", "yarn-wal", "yarn-journal", "yarn-shm"):
            lock.unlink(missing_ok=True)
            victim.unlink(missing_ok=True)
            link = self.folder / name
            link.symlink_to(victim)
            self.assert_told(f"{link} is a symbolic link")
            self.assertFalse(victim.exists())
            victim.write_text("", encoding="ascii")
            victim.chmod(0o644)
            self.assert_told(f"{link} is a symbolic link")
            self.assertEqual(victim.read_text(encoding="ascii"), "")
            self.assertEqual(victim.stat().st_mode & 0o777, 0o644)
            link.unlink()

    def test_files_larger_than_any_state_are_told_and_not_copied(self):
        for name in ("ebbgate.db", "ebbgate.db-wal"):
            path = self.database.with_name(name)
            size = path.stat().st_size
            os.truncate(path, 1 << 40)
            self.assert_told(f"{path} has 1024 GiB")
            os.truncate(path, size)
        process = self.start()
        self.assertEqual(process.workload("hook")["level"], 2)

    def test_a_name_that_leads_through_a_file_is_told(self):
        self.use_database(self.config_path / "ebbgate.db")
        self.assert_told(f"{self.config_path} is no folder")

    def test_a_working_directory_that_was_removed_is_no_reason_to_fail(self):
        gone = self.folder / "gone"
        gone.mkdir()
        done = subprocess.run(["sh", "-c", 'rmdir "$PWD" && exec "$0" check --config "$1"', BINARY,
                               self.config_path], cwd=gone, env=clean_environment(),
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("highest level 2", done.stdout)


if __name__ == "__main__":
    main()
