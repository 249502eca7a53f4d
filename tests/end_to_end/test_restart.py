"""What an end and a new start change: nothing."""

import signal
import time

from harness import EndToEndTest, allowed, eventually, main, replace


class RestartTest(EndToEndTest):

    def setUp(self):
        super().setUp()
        self.hook = self.receiver()
        # The sentinel is never throttled: once its update came, changes before it were looked at.
        sentinel = self.http_workload(
            "sentinel", self.hook,
            backoff={"base": "1ms", "factor": 1, "max": "1ms", "unhealthy_max": "1ms"})
        self.configure([self.http_workload("hook", self.hook), sentinel])

    def updates(self):
        return self.hook.updates("/hook")

    def everything_is_quiet(self):
        count = len(self.hook.updates("/sentinel"))
        replace(self.conf / "sentinel", str(time.monotonic()))
        self.wait_for(lambda: self.hook.updates("/sentinel"), count + 1)
        time.sleep(0.3)

    def change_and_wait(self, process, content):
        count = len(self.updates())
        replace(self.conf / "hook", content)
        self.wait_for(self.updates, count + 1)
        self.wait_until_answered(process, "hook")

    def test_the_first_start_takes_the_configuration_as_it_is(self):
        self.start()
        self.everything_is_quiet()
        self.assertEqual(self.updates(), [])

    def test_a_restart_with_nothing_changed_sends_nothing_and_keeps_the_level(self):
        process = self.start()
        self.change_and_wait(process, "one")
        self.change_and_wait(process, "two")
        for end in ("stop", "kill"):
            getattr(process, end)()
            process = self.start()
            self.everything_is_quiet()
            self.assertEqual(len(self.updates()), 2)
            self.assertEqual(process.workload("hook")["level"], 2)

    def test_a_change_while_it_was_down_leads_to_exactly_one_update(self):
        process = self.start()
        for count, end in enumerate(("stop", "kill"), start=1):
            getattr(process, end)()
            for step in range(3):
                replace(self.conf / "hook", f"{count}.{step}")
            process = self.start()
            updates = self.wait_for(self.updates, count)
            self.assertEqual(updates[-1].content, f"{count}.2")
            self.wait_until_answered(process, "hook")
            self.everything_is_quiet()
            self.assertEqual(len(self.updates()), count)
        self.assert_spaced(self.updates())

    def test_a_change_and_a_change_back_while_it_was_down_lead_to_none(self):
        process = self.start()
        self.change_and_wait(process, "one")
        process.kill()
        replace(self.conf / "hook", "two")
        replace(self.conf / "hook", "one")
        self.start()
        self.everything_is_quiet()
        self.assertEqual(len(self.updates()), 1)

    def test_a_waiting_change_survives_and_waits_no_shorter(self):
        process = self.start()
        for content in ("one", "two", "three"):
            self.change_and_wait(process, content)
        replace(self.conf / "hook", "four")
        eventually(lambda: process.workload("hook")["state"] == "waiting", "it waits")
        self.assertEqual(process.stop()[0], 0)
        process = self.start()
        updates = self.wait_for(self.updates, 4)
        self.assertEqual(updates[-1].content, "four")
        self.assert_spaced(updates)
        self.assertLess(updates[3].at - updates[2].at, 4 + allowed(5))

    def test_a_change_that_is_taken_back_while_it_waits_sends_nothing(self):
        process = self.start()
        self.change_and_wait(process, "one")
        replace(self.conf / "hook", "two")
        eventually(lambda: process.workload("hook")["state"] == "waiting", "it waits")
        replace(self.conf / "hook", "one")
        eventually(lambda: process.workload("hook")["state"] == "idle", "it waits no more")
        time.sleep(1.2)
        self.assertEqual(len(self.updates()), 1)

    def test_it_ends_cleanly_on_sigint_too(self):
        process = self.start()
        code, seconds = process.stop(signal.SIGINT)
        self.assertEqual(code, 0)
        self.assertLess(seconds, allowed(5))


if __name__ == "__main__":
    main()
