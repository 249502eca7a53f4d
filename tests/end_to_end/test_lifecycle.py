"""Ends, reloads, and what they leave behind."""

import contextlib
import http.client
import json
import os
import signal
import threading
import time

from harness import HANGING, EndToEndTest, allowed, eventually, main, replace, total, write


class EndTest(EndToEndTest):

    def test_sigterm_ends_it_in_time_while_a_command_hangs(self):
        workload, commands = self.exec_workload("web", backoff={"base": "200ms"})
        commands.behave("sleep 60")
        self.configure([workload])
        process = self.start()
        replace(self.conf / "web", "new")
        self.wait_for(commands.updates, 1)
        code, seconds = process.stop()
        self.assertEqual(code, 0, process.log())
        self.assertLess(seconds, allowed(5))
        commands.behave("exit 0")
        # Its outcome was unknown: it is repeated, once.
        process = self.start()
        self.wait_for(commands.updates, 2)
        self.wait_until_answered(process, "web")
        process.stop()
        self.start()
        time.sleep(1)
        self.assertEqual(len(commands.updates()), 2)

    def test_sigterm_ends_it_in_time_while_a_receiver_hangs(self):
        receiver = self.receiver()
        receiver.delay = 60
        self.configure([self.http_workload("web", receiver)])
        process = self.start()
        replace(self.conf / "web", "new")
        self.wait_for(lambda: receiver.updates("/web"), 1)
        code, seconds = process.stop()
        self.assertEqual(code, 0, process.log())
        self.assertLess(seconds, allowed(5))

    def start_on_a_disk_that_hangs(self, flag, **environment):
        """From when `flag` exists on; `flag`.reached tells that something hangs."""
        return self.start(env={"LD_PRELOAD": HANGING, "HANGING": str(flag), **environment})

    def test_sigterm_ends_it_in_time_while_the_disk_a_command_and_a_request_hang(self):
        hanging, commands = self.exec_workload("hanging")
        commands.behave("sleep 60")
        self.configure([hanging, self.http_workload("web", self.receiver())])
        flag = self.folder / "hang"
        process = self.start_on_a_disk_that_hangs(flag)
        replace(self.conf / "hanging", "new")
        self.wait_for(commands.updates, 1)
        write(flag, "")
        replace(self.conf / "web", "new")
        eventually(lambda: "degraded" in process.get("/readyz")[2], "the disk hangs")
        def ask():
            with contextlib.suppress(OSError, http.client.HTTPException):
                process.get("/api/v1/history")

        request = threading.Thread(target=ask)
        request.start()
        time.sleep(0.1)
        code, seconds = process.stop()
        self.assertLess(seconds, allowed(5))
        self.assertEqual(code, 1, process.log())
        process.says("could not be written")
        request.join()

    def test_sigterm_ends_it_in_time_while_a_watched_file_hangs(self):
        path = self.file("web")
        receiver = self.receiver()
        self.configure([self.http_workload("web", receiver, path)])
        flag = self.folder / "hang"
        process = self.start_on_a_disk_that_hangs(flag, HANGING_PATH=str(path))
        write(flag, "")
        replace(path, "new")
        eventually(lambda: os.path.lexists(f"{flag}.reached"), "the file hangs")
        code, seconds = process.stop()
        self.assertLess(seconds, allowed(5))
        self.assertEqual(code, 0, process.log())
        flag.unlink()
        # The change is found by the next one.
        self.start()
        self.wait_for(lambda: receiver.updates("/web"), 1)

    def test_a_clean_end_leaves_one_database_file_and_the_lock(self):
        workload, commands = self.exec_workload("web")
        self.configure([workload])
        process = self.start()
        replace(self.conf / "web", "new")
        self.wait_for(commands.updates, 1)
        self.assertEqual(process.stop()[0], 0)
        self.assertEqual(len(list(self.folder.glob("ebbgate.db*"))), 2,
                         list(self.folder.glob("ebbgate.db*")))


class ReloadTest(EndToEndTest):

    def setUp(self):
        super().setUp()
        self.hook = self.receiver()
        self.one = self.http_workload("one", self.hook)
        self.configure([self.one])
        self.process = self.start()

    def reloaded(self, successful):
        return total(self.process.metrics(), "ebbgate_config_last_reload_successful") == successful

    def test_a_reload_takes_on_workloads_and_policies(self):
        self.assertTrue(self.reloaded(1))
        two = self.http_workload("two", self.hook)
        self.configure([self.one, two], backoff={"base": "200ms"})
        self.process.send(signal.SIGHUP)
        eventually(lambda: len(self.process.api("workloads")["items"]) == 2, "it knows both")
        replace(self.conf / "two", "new")
        self.wait_for(lambda: self.hook.updates("/two"), 1)
        self.configure([two])
        self.process.send(signal.SIGHUP)
        eventually(lambda: len(self.process.api("workloads")["items"]) == 1, "it forgot one")
        self.assertTrue(self.reloaded(1))

    def test_a_raised_base_counts_for_the_update_that_waits(self):
        replace(self.conf / "one", "1")
        self.wait_for(lambda: self.hook.updates("/one"), 1)
        self.wait_until_answered(self.process, "one")
        # The hold keeps it waiting until the reload, however late that comes on a busy machine.
        self.configure([{**self.one, "hold": True}])
        self.process.send(signal.SIGHUP)
        eventually(lambda: self.process.workload("one")["state"] == "held", "it is held")
        replace(self.conf / "one", "2")
        eventually(lambda: self.process.workload("one")["pending_since"], "it waits")
        self.configure([self.one], backoff={"base": "3s"})
        self.process.send(signal.SIGHUP)
        updates = self.wait_for(lambda: self.hook.updates("/one"), 2)
        self.assertGreaterEqual(updates[1].at - updates[0].at, 3)

    def test_a_wrong_configuration_is_refused_and_the_old_one_kept(self):
        write(self.config_path, json.dumps({"listen": "127.0.0.1:0", "bogus": 1,
                                            "local": {"workloads": []}}))
        self.process.send(signal.SIGHUP)
        eventually(lambda: self.reloaded(0), "the metric says so")
        self.process.says("bogus")
        replace(self.conf / "one", "new")
        self.wait_for(lambda: self.hook.updates("/one"), 1)
        self.configure([self.one])
        self.process.send(signal.SIGHUP)
        eventually(lambda: self.reloaded(1), "the right one was taken on")

    def test_what_needs_a_restart_is_refused_as_a_whole(self):
        for settings in ({"database": "other.db"}, {"listen": "127.0.0.1:1"}):
            with self.subTest(settings):
                (key,) = settings
                self.configure([self.one, self.http_workload("two", self.hook)], **settings)
                self.process.send(signal.SIGHUP)
                eventually(lambda: self.reloaded(0), "the metric says so")
                self.process.says_like(rf"{key}.*restart")
                self.assertEqual(len(self.process.api("workloads")["items"]), 1)
                self.configure([self.one])
                self.process.send(signal.SIGHUP)
                eventually(lambda: self.reloaded(1), "the right one was taken on")

    def test_a_reload_that_changes_nothing_sends_nothing(self):
        for _ in range(3):
            self.process.send(signal.SIGHUP)
        replace(self.conf / "one", "new")
        self.wait_for(lambda: self.hook.updates("/one"), 1)
        self.process.send(signal.SIGHUP)
        time.sleep(1)
        self.assertEqual(len(self.hook.updates("/one")), 1)
        self.assertEqual(self.process.workload("one")["level"], 1)


if __name__ == "__main__":
    main()
