"""A watched folder that holds the database, too."""

from harness import EndToEndTest, eventually, main, replace


class OwnFilesTest(EndToEndTest):

    def test_what_ebbgate_writes_itself_is_no_change_of_a_watched_folder(self):
        hook = self.receiver()
        web = self.http_workload("web", hook)
        web["watch"] = [str(self.conf)]
        # Forgiveness takes a second of rest, which each change would end.
        self.configure([web], database=str(self.conf / "ebbgate.db"),
                       backoff={"base": "100ms", "max": "200ms", "unhealthy_max": "200ms",
                                "stable_after": "1s"})

        def at_rest():
            workload = process.workload("web")
            return workload["level"] == 0 and workload["state"] == "idle"

        process = self.start()
        for count in (1, 2, 3):
            replace(self.conf / "web", f"content {count}")
            self.wait_for(lambda: hook.updates("/web"), count)
            eventually(at_rest, "it is forgiven")
        names = {path.name for path in self.conf.iterdir()}
        self.assertLessEqual({"ebbgate.db", "ebbgate.db-wal", "ebbgate.db.lock", "ebbgate.sock"},
                             names)
        self.assertEqual(len(hook.updates("/web")), 3)
        self.assertEqual(process.workload("web")["changes"], 3)
        # Nor is what a loss sets aside, or what goes with a clean end.
        process.kill()
        (self.conf / "ebbgate.db-wal").unlink()
        process = self.start()
        self.assertTrue(list(self.conf.glob("ebbgate.db.lost-*")))
        self.assertEqual(process.stop()[0], 0)
        process = self.start()
        eventually(at_rest, "it is forgiven")
        self.assertEqual(len(hook.updates("/web")), 3)


if __name__ == "__main__":
    main()
