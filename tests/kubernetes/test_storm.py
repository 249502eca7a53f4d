"""Secrets that are rewritten 20 times a second for a minute and a half: what is written to their
workloads, and what becomes of their neighbours."""

import random
import time
import unittest

import support
import cluster
import proxy
import storm
from support import fingerprint, template_hash
from harness import PATIENCE, Repeating

bed = cluster.shared()

LENGTH = 90  # seconds
# The first at once, then after 1, 2, 4, 8, 16 and 32 s; the next one 64 s later.
MOST_WRITES = 7
NEIGHBOURS = ("neighbour-1", "neighbour-2", "neighbour-3")
# Of events, one series for each reason that a workload gives is kept, and rewritten as it grows.
MOST_EVENTS = 5


class Replays(Repeating):
    """Sends again, all the time, PATCHes that have reached a workload before."""

    def __init__(self, bad, controller, namespace, name):
        super().__init__(self._replay, rate=5)
        self.statuses = []
        self._dice = random.Random(1)
        self._bad = bad
        self._where = {"user": controller.user, "namespace": namespace, "name": name, "code": 200}
        self._rule = bad.record(method="PATCH", path=f"/deployments/{name}[?]")

    def _replay(self, done):  # pylint: disable=unused-argument
        landed = self._rule.recorded[:len(bed.audit.writes(**self._where))]
        for request in {landed[-1], self._dice.choice(landed)} if landed else ():
            self.statuses.append(self._bad.replay(request)[0])


class StormTest(support.ControllerTest):
    bed = bed

    def neighbours_react(self, controller, namespace, began):
        """Changes each neighbour once and returns for how long that went unanswered, by the API
        server's clock: from its answer, and from when it came."""
        from_answer, from_coming = [], []
        for number, name in enumerate(NEIGHBOURS):
            time.sleep(max(0, began + LENGTH * (number + 1) / 4 - time.time()))
            bed.api.patch("Secret", namespace, name, {"data": {"key": "Y2hhbmdlZA=="}})
            (write,) = self.wait_writes(controller, namespace, name, 1)
            (cause,) = bed.audit.entries(verb="patch", resource="secrets", namespace=namespace,
                                         name=name)
            from_answer.append(write.received - cause.answered)
            from_coming.append(write.received - cause.received)
        return from_answer, from_coming

    def assert_calm(self, controller, namespace, name, began, most=MOST_WRITES):
        """What was written to a workload in a storm, and after it."""
        writes = self.template_writes(controller, namespace, name)
        print(f"{namespace}/{name}:", [round(write.received - began, 2) for write in writes],
              flush=True)
        during = [write for write in writes if write.received < began + LENGTH]
        self.assertLessEqual(len(during), most)
        self.assertLessEqual(len(writes), len(during) + 1)
        self.assert_spaced(writes)
        storm.assert_in_turn(self, writes)
        everything = bed.audit.writes(controller.user, namespace=namespace, name=name,
                                      resource="deployments", code=200)
        self.assertEqual(len(storm.adoptions(everything)), 1)
        self.assertEqual(len(everything), len(writes) + 1)
        return during

    def assert_final(self, controller, namespace, names):
        """What the workloads have taken on is what one who knows nothing reads now; who writes
        nothing to them."""
        counts = {name: len(self.template_writes(controller, namespace, name)) for name in names}
        controller.stop()
        self.forget_database(controller.database.parent.name)
        again = self.controller([namespace], name=controller.database.parent.name)
        for name in names:
            self.wait_at_rest(again, namespace, name)
            self.assertEqual(fingerprint(template_hash(self.get(namespace, name))),
                             again.workload(name, namespace)["desired"])
        # Its update proves that the others' would have come.
        bed.api.patch("Secret", namespace, NEIGHBOURS[0], {"data": {"key": "YWdhaW4="}})
        self.wait_writes(again, namespace, NEIGHBOURS[0], 2)
        for name, count in counts.items():
            self.assertEqual(len(self.template_writes(again, namespace, name)), count)

    def assert_few_calls(self, controller, namespace, names):
        """Nothing is read but by lists and watches, and of events there are few."""
        calls = bed.audit.calls(controller.user)
        print(namespace, dict(calls), flush=True)
        for resource in ("secrets", "configmaps", "deployments"):
            self.assertNotIn(("get", resource), calls)
        writes = sum(len(self.template_writes(controller, namespace, name)) for name in names)
        events = calls["create", "events"] + calls["patch", "events"]
        # An update is told of, and that the next one has to wait.
        self.assertLessEqual(events, 4 * writes)
        for name in names:
            told = support.reasons(bed.api, namespace, name)
            self.assertLessEqual(sum(objects for objects, _ in told.values()), MOST_EVENTS, told)

    def test_without_settling_and_with_late_duplicates_of_all_that_was_sent(self):
        namespace, user = bed.namespace(), bed.user()
        bed.grant(user, [namespace])
        for name in ("noisy", "alternating", "replayed", *NEIGHBOURS):
            storm.create(bed, namespace, name)
        bad = proxy.Proxy(bed)
        self.addCleanup(bad.close)
        controller = self.controller(
            [namespace], user, bed.kubeconfig(user, server=bad.server, ca_file=bad.ca_file),
            log="info")
        replays = Replays(bad, controller, namespace, "replayed")
        self.wait_adopted(namespace, "noisy", "alternating", "replayed", *NEIGHBOURS)
        two = (b"one", b"the other")
        with storm.Storm(bed, namespace, "noisy") as noisy, \
                storm.Storm(bed, namespace, "alternating", two) as alternating, \
                storm.Storm(bed, namespace, "replayed", two) as replayed, replays:
            delays, _ = self.neighbours_react(controller, namespace, noisy.began)
            time.sleep(max(0, noisy.began + LENGTH - time.time()))
            for each in (noisy, alternating, replayed):
                each.end(b"at last")
            for name in ("noisy", "alternating", "replayed"):
                self.wait_at_rest(controller, namespace, name, patience=64 + PATIENCE)
        print("reactions:", delays, "replays:", len(replays.statuses), "changes:", noisy.count)
        self.assertGreater(noisy.count, 2 * LENGTH)  # on however busy a machine
        self.assertLess(sorted(delays)[1], 1)
        for name in ("noisy", "alternating", "replayed"):
            during = self.assert_calm(controller, namespace, name, noisy.began)
            self.assertGreaterEqual(len(during), MOST_WRITES - 1)
        self.assertGreater(len(replays.statuses), LENGTH / 2)
        self.assertEqual(set(replays.statuses), {422})
        self.assert_few_calls(controller, namespace, ("noisy", "alternating"))
        self.assert_final(controller, namespace, ("noisy", "alternating", "replayed"))

    def test_settled_and_budgeted_as_by_default(self):
        namespace = bed.namespace()
        for name in ("noisy", "alternating", *NEIGHBOURS):
            storm.create(bed, namespace, name)
        controller = self.controller([namespace], settle={}, budget={}, log="info")
        self.wait_adopted(namespace, "noisy", "alternating", *NEIGHBOURS)
        with storm.Storm(bed, namespace, "noisy") as noisy, \
                storm.Storm(bed, namespace, "alternating", (b"one", b"the other")) as alternating:
            delays, waits = self.neighbours_react(controller, namespace, noisy.began)
            time.sleep(max(0, noisy.began + LENGTH - time.time()))
            for each in (noisy, alternating):
                each.end(b"at last")
            for name in ("noisy", "alternating"):
                self.wait_at_rest(controller, namespace, name, patience=64 + PATIENCE)
        print("reactions:", delays, "changes:", noisy.count)
        self.assertGreater(noisy.count, 2 * LENGTH)  # on however busy a machine
        self.assertLess(sorted(delays)[1], 1.5)
        self.assertGreaterEqual(min(waits), 0.5)
        during = self.assert_calm(controller, namespace, "noisy", noisy.began)
        self.assertGreaterEqual(len(during), MOST_WRITES - 1)
        # What is changed from one to the other all the time does not settle.
        self.assert_calm(controller, namespace, "alternating", noisy.began)
        self.assert_few_calls(controller, namespace, ("noisy", "alternating"))
        self.assert_final(controller, namespace, ("noisy", "alternating"))


def load_tests(loader, tests, pattern):
    del loader, pattern
    return unittest.TestSuite(support.SideBySide(group) for group in tests)


if __name__ == "__main__":
    unittest.main(verbosity=2)
