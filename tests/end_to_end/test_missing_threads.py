"""Ebbgate on a system that has no thread left: it does not start without those that it needs, and
says so; once it runs, nothing ends it, nothing that it promised fails for want of one, and what
cannot be begun is refused and tried again."""

import os
import signal
import unittest

from harness import SANITIZER, EndToEndTest, allowed, eventually, main, replace, total, write

NO_THREADS = os.environ["EBBGATE_NO_THREADS"]


@unittest.skipIf(SANITIZER, "sanitizers make threads of their own, and must be loaded first")
class MissingThreadsTest(EndToEndTest):

    settings = {"settle": {"quiet": "0s"}, "budget": {"rate": "unlimited"},
                "retry": {"base": "100ms", "max": "500ms"}}

    def setUp(self):
        super().setUp()
        self.flag = self.folder / "no-threads"
        self.hook = self.receiver()
        self.one = self.http_workload("one", self.hook)
        self.two = self.http_workload("two", self.hook)
        self.peer = {"name": "sidecar", "socket": str(self.folder / "peer.sock")}

    def start_with(self, wait=True, **environment):
        return self.start(wait, env={"LD_PRELOAD": NO_THREADS, **environment})

    def start_until_they_are_refused(self):
        process = self.start_with(NO_THREADS=str(self.flag))
        write(self.flag, "")
        return process

    def reloaded(self, process, successful):
        return total(process.metrics(), "ebbgate_config_last_reload_successful") == successful

    def test_a_start_without_a_thread_that_it_needs_ends_and_says_so(self):
        self.configure([self.one], feedback=[self.peer])
        for count in range(100):
            process = self.start_with(wait=False, NO_THREADS_AFTER=str(count))
            eventually(lambda: not process.running() or "listening on" in process.log(),
                       "it starts or ends")
            if process.running() and self.is_ready(process):
                break
            self.assertEqual(process.wait(), 1, process.log())
            process.says("cannot start: there is no thread for ")
            process.says("ulimit -u")
        print(f"it starts with {count} threads")
        self.assertGreater(count, 5)
        self.assertEqual(process.stop()[0], 0)

    def is_ready(self, process):
        def look():
            if not process.running():
                return True
            try:
                return process.get("/readyz")[0] == 200
            except OSError:
                return False
        eventually(look, "it is ready or ends")
        return process.running()

    def test_sigterm_ends_it_in_time(self):
        hanging, commands = self.exec_workload("hanging")
        commands.behave("sleep 60")
        self.configure([self.one, hanging])
        process = self.start_until_they_are_refused()
        replace(self.conf / "hanging", "new")
        self.wait_for(commands.updates, 1)
        code, seconds = process.stop()
        self.assertEqual(code, 0, process.log())
        self.assertLess(seconds, allowed(5))

    def test_a_reload_needs_none_but_for_what_is_new(self):
        self.configure([self.one])
        process = self.start_until_they_are_refused()
        self.configure([self.one, self.two])
        process.send(signal.SIGHUP)
        eventually(lambda: len(process.api("workloads")["items"]) == 2, "it knows both")
        self.assertTrue(self.reloaded(process, 1))
        self.configure([self.one], feedback=[self.peer], admin_socket="other.sock")
        process.send(signal.SIGHUP)
        eventually(lambda: self.reloaded(process, 0), "the reload is refused")
        process.says_like("there is no thread for ")
        self.assertEqual(len(process.api("workloads")["items"]), 2)
        self.configure([self.one], feedback=[self.peer])
        process.send(signal.SIGHUP)
        process.says("there is no thread for the feedback peer sidecar")
        self.flag.unlink()
        process.send(signal.SIGHUP)
        eventually(lambda: self.reloaded(process, 1), "it is taken on once there is one")
        self.assertIn("ebbgate_peer_up", process.metrics())
        write(self.flag, "")
        self.configure([self.one], feedback=[{**self.peer, "queue": 7}])
        process.send(signal.SIGHUP)
        eventually(lambda: process.log().count("configuration was reloaded") == 3,
                   "a peer takes on other settings without a new one")
        self.assertEqual(process.stop()[0], 0)

    def test_an_update_that_needs_one_is_refused_and_arrives_once(self):
        self.configure([self.one])
        process = self.start_until_they_are_refused()
        replace(self.conf / "one", "new")
        eventually(lambda: process.workload("one")["state"] == "failing", "it is refused")
        self.assertEqual(process.workload("one")["last_outcome"], "refused")
        self.assertIn("lacks descriptors, memory or threads",
                      str(process.workload("one")))
        self.flag.unlink()
        self.wait_for(lambda: self.hook.updates("/one"), 1)
        self.wait_until_answered(process, "one")
        self.assertEqual(total(process.metrics(), "ebbgate_updates_total", outcome="unknown"), 0)
        self.assertEqual(len(self.hook.updates("/one")), 1)
        self.assertEqual(process.stop()[0], 0)


if __name__ == "__main__":
    main()
