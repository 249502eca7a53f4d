"""Ebbgate's own outcomes, as its peers receive them."""

import datetime
import re
import time

from feedback_harness import FeedbackTest
from harness import eventually, main, replace

LEVEL, DELAY, DURATION, ATTEMPTS, HEALTH, COALESCED, JUDGED = range(7)


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class OutcomesTest(FeedbackTest):

    def outcomes(self, peer, count):
        eventually(lambda: len(peer.received()) >= count, f"{count} outcomes came")
        self.assertEqual(len(peer.received()), count)
        return [one.message for one in peer.received()]

    def test_an_update_that_works_scores_100_with_what_led_to_it(self):
        peer = self.peer().start()
        workload, commands = self.exec_workload("web", backoff={"base": "500ms"})
        self.feed(peer.settings(outcomes=True), workloads=[workload])
        process = self.start()
        replace(self.conf / "web", "one")
        self.wait_until_answered(process, "web")
        for content in ("two", "three"):
            changes = process.workload("web")["changes"]
            replace(self.conf / "web", content)
            eventually(lambda before=changes: process.workload("web")["changes"] == before + 1,
                       "the change was seen")
        first, second = self.outcomes(peer, 2)
        updates = commands.updates()
        for outcome, update, level in [(first, updates[0], 1), (second, updates[1], 2)]:
            self.assertEqual(outcome["true_score"], 100)
            self.assertEqual(outcome.keys(), {"job_id", "features", "true_score", "event"})
            event, features = outcome["event"], outcome["features"]
            self.assertEqual(len(features), 7)
            self.assertEqual((features[LEVEL], features[ATTEMPTS], features[HEALTH],
                              features[JUDGED]), (level, 1, 0, 0))
            self.assertGreater(features[DURATION], 0)
            self.assertEqual(
                {key: event[key] for key in ("namespace", "kind", "workload", "outcome", "level")},
                {"namespace": "default", "kind": "Local", "workload": "web", "outcome": "ready",
                 "level": level})
            self.assertEqual(event["fingerprint"], update.fingerprint)
            self.assertAlmostEqual(seconds(event["answered_at"]) - seconds(event["sent_at"]),
                                   features[DURATION], delta=0.01)
            self.assertLess(abs(seconds(event["ended_at"]) - time.time()), 60)
        self.assertEqual((first["features"][COALESCED], second["features"][COALESCED]), (0, 1))
        # It waited for its backoff, but for what passed from the answer to the change.
        self.assertLess(first["features"][DELAY], second["features"][DELAY])
        self.assertNotEqual(first["job_id"], second["job_id"])
        self.assertRegex(first["job_id"], "^[0-9a-f]{32}$")

    def test_an_update_that_becomes_ready_scores_100_and_one_that_does_not_0(self):
        peer = self.peer().start()
        healthy, _ = self.exec_workload(
            "healthy", ready={"exec": ["/bin/true"], "interval": "50ms", "timeout": "1m"})
        broken, _ = self.exec_workload(
            "broken", ready={"exec": ["/bin/false"], "interval": "50ms", "timeout": "300ms"})
        self.feed(peer.settings(outcomes=True), workloads=[healthy, broken])
        process = self.start()
        replace(self.conf / "healthy", "new")
        replace(self.conf / "broken", "new")
        outcomes = {one["event"]["workload"]: one for one in self.outcomes(peer, 2)}
        self.assertEqual(outcomes["healthy"]["true_score"], 100)
        self.assertEqual(outcomes["healthy"]["event"]["outcome"], "ready")
        self.assertGreaterEqual(outcomes["healthy"]["features"][HEALTH], 0.05)
        self.assertEqual(outcomes["broken"]["true_score"], 0)
        self.assertEqual(outcomes["broken"]["event"]["outcome"], "failed")
        self.assertGreaterEqual(outcomes["broken"]["features"][HEALTH], 0.29)
        self.assertEqual({one["features"][JUDGED] for one in outcomes.values()}, {1})
        self.wait_until_done(process, 2)
        self.assertEqual(self.done(process), {"delivered": 2})

    def test_a_command_that_fails_scores_0_as_its_outcome_is_not_known(self):
        peer = self.peer().start()
        workload, commands = self.exec_workload("web", backoff={"base": "1h", "max": "1h",
                                                                "unhealthy_max": "1h",
                                                                "stable_after": "2h"})
        commands.behave("exit 3")
        self.feed(peer.settings(outcomes=True), workloads=[workload])
        self.start()
        replace(self.conf / "web", "new")
        (outcome,) = self.outcomes(peer, 1)
        self.assertEqual((outcome["true_score"], outcome["event"]["outcome"]), (0, "unknown"))
        self.assertTrue(re.search("3", outcome["event"]["detail"]), outcome)

    def test_only_peers_that_want_outcomes_get_them_and_an_absent_one_holds_up_no_update(self):
        wants, does_not, absent = self.peer("wants").start(), self.peer("not").start(), self.peer()
        workload, commands = self.exec_workload("web", backoff={"base": "10ms", "max": "10ms"})
        self.feed(wants.settings(outcomes=True), does_not.settings(),
                  absent.settings(outcomes=True, queue=3), workloads=[workload],
                  budget={"rate": "unlimited"})
        process = self.start()
        for n in range(6):
            replace(self.conf / "web", f"content {n}")
            self.wait_for(commands.updates, n + 1)
            self.wait_until_answered(process, "web")
        self.outcomes(wants, 6)
        self.assertEqual(does_not.received(), [])
        eventually(lambda: self.status(process)["accepted"] == 6, "all are accounted for")
        self.assertEqual(self.done(process), {"dropped": 3})


if __name__ == "__main__":
    main()
