"""A `database` that names something else by mistake."""

import os
import sqlite3

from harness import EndToEndTest, command, main


class MisnamedDatabaseTest(EndToEndTest):

    def setUp(self):
        super().setUp()
        self.configure([self.http_workload("hook", self.receiver())])

    def picture(self):
        return {path: (path.stat().st_mode, path.stat().st_mtime_ns,
                       path.is_file() and path.read_bytes())
                for path in self.folder.rglob("*")}

    def assert_refused(self, database, *sayings):
        """By all that look at it, with the exit code of a wrong configuration; nothing is changed."""
        before = self.picture()
        for arguments in (("run",), ("check",), ("backup", self.folder / "copy.db"), ("run",)):
            with self.subTest(database=str(database), command=arguments[0]):
                done = command(*arguments, "--config", self.config_path, "--database", database)
                said = done.out + done.err
                self.assertEqual(done.code, 2, said)
                for saying in ("`database`", *sayings):
                    self.assertIn(saying, said)
                self.assertNotIn("filesystem error", said)
                self.assertNotIn("lock", said)
                self.assertEqual(self.picture(), before)

    def test_a_file_of_somebody_else_stays_as_it_is(self):
        greeting = self.file("greeting.txt", "hello\n")
        greeting.chmod(0o644)
        noise = self.folder / "noise.db"
        noise.write_bytes(os.urandom(10000))
        theirs = self.folder / "theirs.db"
        connection = sqlite3.connect(theirs)
        connection.execute("CREATE TABLE theirs (x)")
        connection.close()
        for file in (greeting, noise, theirs):
            self.assert_refused(
                file, f"{file} is no Ebbgate database: name another file in `database`")

    def test_a_folder_is_refused(self):
        self.assert_refused(self.conf, f"{self.conf} is a folder: name a file")

    def test_a_file_in_no_folder_is_refused(self):
        nowhere = self.folder / "nowhere"
        self.assert_refused(nowhere / "x.db", f"the folder {nowhere} does not exist: create it")


if __name__ == "__main__":
    main()
