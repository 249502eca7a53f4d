"""Limits that workloads share: the budget, the cap on unfinished rollouts; and how a workload waits
for its own rollout to become healthy."""

import unittest

import support
import cluster
import objects
from support import eventually
from harness import Repeating, total

bed = cluster.shared()


class Limits(support.ControllerTest):
    bed = bed

    def fleet(self, namespace, count, **how):
        """Creates a ConfigMap and workloads that share it; returns their names."""
        bed.api.create(objects.config_map(namespace, "shared", {"colour": "red"}))
        names = [f"web-{number:03}" for number in range(count)]
        for name in names:
            bed.api.create(objects.deployment(namespace, name, config_maps=["shared"], **how))
        return names

    def paint(self, namespace, colour, name="shared"):
        bed.api.patch("ConfigMap", namespace, name, {"data": {"colour": colour}})

    def wait_known(self, controller, count):
        def look():
            there = controller.api("workloads?limit=1000")["items"]
            return len(there) == count and all(one["applied"] == one["desired"] for one in there)
        eventually(look, f"{count} workloads are at rest")

    def all_writes(self, controller, *namespaces):
        """All template writes of ours there, in their order."""
        found = [entry for namespace in namespaces
                 for entry in bed.audit.entries(user=controller.user, verb="patch",
                                                resource="deployments", namespace=namespace)
                 if entry.code == 200 and touches_template(entry)]
        return sorted(found, key=lambda entry: entry.received)

    def wait_all_writes(self, controller, namespaces, count):
        eventually(lambda: len(self.all_writes(controller, *namespaces)) >= count,
                   f"{count} template writes")
        return self.all_writes(controller, *namespaces)

    def make_ready(self, namespace, name):
        """As if its newest pods had started well."""
        def look():
            bed.make_ready(namespace, name)
            return bed.rolled_out("Deployment", namespace, name)
        eventually(look, f"{namespace}/{name} is rolled out")

    def test_two_hundred_workloads_of_one_config_map_share_the_budget_and_all_converge(self):
        namespaces = [bed.namespace(), bed.namespace()]
        for namespace in namespaces:
            self.fleet(namespace, 100, replicas=0)
        burst, rate = 40, 20
        controller = self.controller(namespaces, budget={"rate": rate, "burst": burst})
        self.wait_known(controller, 200)
        for namespace in namespaces:
            self.paint(namespace, "blue")
        begin = min(entry.received for namespace in namespaces
                    for entry in bed.audit.entries(verb="patch", namespace=namespace,
                                                   resource="configmaps"))
        writes = self.wait_all_writes(controller, namespaces, 200)
        self.wait_known(controller, 200)
        self.assertEqual(len(self.all_writes(controller, *namespaces)), 200)
        self.assertEqual(len({(write.namespace, write.name) for write in writes}), 200)
        for number, write in enumerate(writes, start=1):
            self.assertGreaterEqual(write.received - begin, (number - burst) / rate, number)
        # Once both wait, namespaces take turns, but for updates that overtake each other on their
        # way, until one has nothing left.
        places = [write.namespace for write in writes]
        begin = max(places.index(namespace) for namespace in namespaces)
        end = min(len(places) - places[::-1].index(namespace) for namespace in namespaces)
        lead = 0
        for number, place in enumerate(places[begin:end]):
            lead += 1 if place == namespaces[0] else -1
            self.assertLessEqual(abs(lead), 16, number)

    def test_no_more_rollouts_are_unfinished_than_allowed_and_each_that_ends_makes_room(self):
        namespaces = [bed.namespace(), bed.namespace()]
        names = {namespace: self.fleet(namespace, 4, ready=False) for namespace in namespaces}
        controller = self.controller(namespaces, unfinished={"max": 3, "per_namespace": 2})
        self.wait_known(controller, 8)
        for namespace in namespaces:
            self.paint(namespace, "blue")
        ready = set()
        for done in range(8):
            expected = min(8, done + 3)
            # At the end one namespace may be alone, with its own cap.
            left = {namespace: sum((namespace, name) not in ready for name in names[namespace])
                    for namespace in namespaces}
            expected = min(expected, done + sum(min(2, count) for count in left.values()))
            writes = self.wait_all_writes(controller, namespaces, expected)
            self.settled(controller, expected)
            writes = self.all_writes(controller, *namespaces)
            self.assertEqual(len(writes), expected)
            unfinished = [(write.namespace, write.name) for write in writes
                          if (write.namespace, write.name) not in ready]
            for namespace in namespaces:
                self.assertLessEqual(sum(place == namespace for place, _ in unfinished), 2)
            first = unfinished[0]
            self.make_ready(*first)
            ready.add(first)
        self.wait_known(controller, 8)
        self.assertEqual(len(self.all_writes(controller, *namespaces)), 8)

    def settled(self, controller, sent):
        """Waits until as many are sent and answered, and all others wait for room."""
        def look():
            there = controller.api("workloads?limit=1000")["items"]
            waiting = [one for one in there if one["desired"] != one["applied"]]
            return len(there) - len(waiting) == sent and all(
                "unfinished" in [gate["gate"] for gate in one["gates"]] for one in waiting)
        eventually(look, f"{sent} are sent, all others wait for room")

    def test_a_rollout_that_failed_or_takes_too_long_makes_room_for_others(self):
        failing, slow = bed.namespace(), bed.namespace()
        self.fleet(failing, 3, ready=False, more={"progressDeadlineSeconds": 2})
        self.fleet(slow, 3, ready=False)
        by_failure = self.controller([failing], name="by-failure", unfinished={"max": 1})
        by_time = self.controller([slow], name="by-time",
                                  unfinished={"max": 1, "timeout": "2s"})
        for controller, namespace in ((by_failure, failing), (by_time, slow)):
            self.wait_known(controller, 3)
            self.paint(namespace, "blue")
        for controller, namespace in ((by_failure, failing), (by_time, slow)):
            writes = self.wait_all_writes(controller, [namespace], 3)
            self.assertEqual(len({write.name for write in writes}), 3)
            for one, following in zip(writes, writes[1:]):
                self.assertGreaterEqual(following.received - one.answered, 1)
        for one, following in zip(writes, writes[1:]):
            self.assertGreaterEqual(following.received - one.answered, 2)
        first = writes[0].name
        eventually(lambda: "RolloutTimedOut" in support.reasons(bed.api, slow, first),
                   "an event tells that its rollout takes too long")
        eventually(lambda: total(by_failure.metrics(), "ebbgate_rollouts_failed") >= 2,
                   "rollouts that failed are counted")
        eventually(lambda: total(by_time.metrics(), "ebbgate_rollouts_timed_out_total") >= 2,
                   "rollouts that took too long are counted")
        self.assertEqual(total(by_failure.metrics(), "ebbgate_rollouts_timed_out_total"), 0)

    def test_a_workload_waits_longer_while_its_rollout_is_not_ready(self):
        namespace = bed.namespace()
        backoff = {"base": "500ms", "max": "1s", "unhealthy_max": "2m", "stable_after": "10m"}
        bed.api.create(objects.config_map(namespace, "web", {"colour": "red"}))
        bed.api.create(objects.deployment(namespace, "web", ready=False, config_maps=["web"]))
        self.make_ready(namespace, "web")
        controller = self.controller([namespace], backoff=backoff)
        self.wait_adopted(namespace, "web")
        with painter(namespace, "web"):
            self.wait_writes(controller, namespace, "web", 4)
            eventually(lambda: "health" in [gate["gate"] for gate in
                                            controller.workload("web", namespace)["gates"]],
                       "the gate health is closed")
            writes = self.wait_writes(controller, namespace, "web", 5)
            self.assertEqual(levels(writes), [1, 2, 3, 4, 5])
            self.assert_spaced(writes, base=0.5, cap=120)

            # Once ready, the level falls to what max allows, and the delay with it.
            def look():
                bed.make_ready(namespace, "web")
                return levels(self.template_writes(controller, namespace, "web"))[-1] == 3
            eventually(look, "its level has fallen", patience=120)
        self.make_ready(namespace, "web")
        self.wait_at_rest(controller, namespace, "web")
        writes = self.template_writes(controller, namespace, "web")
        fallen = levels(writes).index(3, 3)
        self.assertEqual(levels(writes[:fallen]), list(range(1, fallen + 1)))
        self.assertLess(writes[fallen].received - writes[fallen - 1].answered,
                        0.5 * 2 ** (fallen - 1))


def levels(writes):
    return [support.written_state(write)["level"] for write in writes]


def touches_template(entry):
    return any(step["op"] != "test" and step["path"].startswith("/spec/template/")
               for step in entry.body)


def painter(namespace, name):
    """Changes a ConfigMap ten times a second."""
    return Repeating(
        lambda done: bed.api.patch("ConfigMap", namespace, name, {"data": {"colour": str(done)}}),
        rate=10)


def load_tests(loader, tests, pattern):
    return support.SideBySide(loader.loadTestsFromTestCase(Limits))


if __name__ == "__main__":
    unittest.main(verbosity=2)
