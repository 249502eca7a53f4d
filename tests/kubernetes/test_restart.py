"""Whatever begins a term anew writes nothing for nothing, and misses nothing."""

import contextlib
import pathlib
import sqlite3
import unittest

import support
import cluster
import objects
from support import eventually, fingerprint, state, template_hash

bed = cluster.shared()


BASE = 0.2  # seconds


class Restart(support.ControllerTest):
    bed = bed
    settings = {**support.ControllerTest.settings, "backoff": {"base": "200ms"}}

    def place(self):
        """A namespace with two Deployments: `web`, and `witness`, whose update proves that what
        came before it was seen and dealt with."""
        namespace = bed.namespace()
        for name in ("web", "witness"):
            bed.api.create(objects.config_map(namespace, name, {"colour": "red"}))
            bed.api.create(objects.deployment(namespace, name, config_maps=[name]))
        return namespace

    def paint(self, namespace, name, colour):
        bed.api.patch("ConfigMap", namespace, name, {"data": {"colour": colour}})

    def adopted(self, **more):
        namespace = self.place()
        controller = self.controller([namespace], **more)
        self.wait_adopted(namespace, "web", "witness")
        return namespace, controller

    def updated(self, **more):
        """`web` has been updated once, and its pods are ready."""
        namespace, controller = self.adopted(**more)
        self.paint(namespace, "web", "blue")
        self.wait_writes(controller, namespace, "web", 1)
        bed.wait_rolled_out("Deployment", namespace, "web")
        self.wait_at_rest(controller, namespace, "web")
        return namespace, controller

    def writes(self, namespace, name="web"):
        """All that any Ebbgate asked the API server to change of a workload."""
        return [write for controller in {c.user: c for c in self.controllers}.values()
                for write in bed.audit.writes(controller.user, resource="deployments",
                                              namespace=namespace, name=name)]

    def witness(self, controller, namespace):
        """Changes `witness` and waits for its update, and an event of it."""
        count = len(self.template_writes(controller, namespace, "witness"))
        self.paint(namespace, "witness", f"colour {len(self.controllers)}.{count}")
        self.wait_writes(controller, namespace, "witness", count + 1)
        self.wait_at_rest(controller, namespace, "witness")

    def test_restarts_without_a_change_write_nothing_whatever_became_of_the_database(self):
        namespace, controller = self.updated()
        before = self.get(namespace, "web")
        count = len(self.writes(namespace))
        ways = (("stop", False), ("kill", False), ("stop", True), ("kill", True))
        for end, forget in ways:
            with self.subTest(end=end, forget=forget):
                getattr(controller, end)()
                if forget:
                    self.forget_database()
                controller = self.controller([namespace])
                self.wait_at_rest(controller, namespace, "web")
                self.witness(controller, namespace)
                seen = controller.workload("web", namespace)
                self.assertEqual((seen["level"], seen["applied"]),
                                 (1, fingerprint(template_hash(before))))
                self.assertEqual(len(self.writes(namespace)), count, self.writes(namespace))
        self.assertEqual(self.get(namespace, "web")["metadata"]["generation"],
                         before["metadata"]["generation"])

    def test_a_change_while_it_was_down_leads_to_exactly_one_write_on_return(self):
        namespace, controller = self.updated()
        for number, forget in enumerate((False, True), start=1):
            with self.subTest(forget=forget):
                controller.kill()
                if forget:
                    self.forget_database()
                self.paint(namespace, "web", f"colour {number}")
                self.paint(namespace, "web", f"colour {number}, once more")
                controller = self.controller([namespace])
                writes = self.wait_writes(controller, namespace, "web", number + 1)
                self.wait_at_rest(controller, namespace, "web")
                self.witness(controller, namespace)
                self.assertEqual(len(self.writes(namespace)), number + 2)  # one adopted it
                self.assert_spaced(writes, base=BASE)
                seen = controller.workload("web", namespace)
                self.assertEqual(fingerprint(template_hash(self.get(namespace, "web"))),
                                 seen["desired"])
                self.assertEqual(state(self.get(namespace, "web"))["counter"], number + 1)

    def test_a_change_while_it_was_down_is_no_less_one_where_nothing_was_updated_before(self):
        for forget in (False, True):
            with self.subTest(forget=forget):
                name = f"ebbgate-{forget}"
                namespace, controller = self.adopted(name=name)
                controller.stop()
                if forget:
                    self.forget_database(name)
                self.paint(namespace, "web", "blue")
                controller = self.controller([namespace], name=name)
                self.wait_writes(controller, namespace, "web", 1)
                self.wait_at_rest(controller, namespace, "web")
                self.witness(controller, namespace)
                self.assertEqual(len(self.template_writes(controller, namespace, "web")), 1)

    def test_a_change_that_was_changed_back_while_it_was_down_leads_to_nothing(self):
        namespace, controller = self.updated()
        count = len(self.writes(namespace))
        controller.kill()
        self.paint(namespace, "web", "green")
        self.paint(namespace, "web", "blue")
        controller = self.controller([namespace])
        self.witness(controller, namespace)
        self.assertEqual(len(self.writes(namespace)), count)

    def test_a_database_of_the_first_schema_is_brought_up_to_date_and_nothing_is_written(self):
        namespace, controller = self.updated()
        count = len(self.writes(namespace))
        controller.stop()
        # Which noted nothing that would tell of a change by hand.
        lock = pathlib.Path(f"{controller.database}.lock")
        lock.write_text(lock.read_text().split("frames: ")[0])
        with contextlib.closing(sqlite3.connect(controller.database)) as database:
            database.executescript("ALTER TABLE workload DROP COLUMN counter;"
                                   "ALTER TABLE store DROP COLUMN budget_term;"
                                   "DROP TABLE peer; DROP TABLE feedback;"
                                   "ALTER TABLE workload DROP COLUMN incarnation;"
                                   "ALTER TABLE workload DROP COLUMN adopted;"
                                   "ALTER TABLE workload DROP COLUMN revision;"
                                   "ALTER TABLE workload DROP COLUMN tried;"
                                   "ALTER TABLE workload DROP COLUMN repeats;"
                                   "ALTER TABLE workload DROP COLUMN failures;"
                                   "ALTER TABLE workload DROP COLUMN failing_since;"
                                   "ALTER TABLE workload DROP COLUMN failure_cause;"
                                   "ALTER TABLE workload DROP COLUMN last_error;"
                                   "ALTER TABLE workload DROP COLUMN pending_since;"
                                   "ALTER TABLE store DROP COLUMN copied;"
                                   "PRAGMA user_version = 1;")
        controller = self.controller([namespace])
        self.wait_at_rest(controller, namespace, "web")
        self.witness(controller, namespace)
        self.assertEqual(controller.workload("web", namespace)["level"], 1)
        self.assertEqual(len(self.writes(namespace)), count)

    def test_a_restart_neither_refills_nor_empties_the_bucket_unless_another_led_in_between(self):
        budget = {"budget": {"rate": 0.001, "burst": 3}}
        namespace, first = self.updated(name="first", **budget)

        def tokens(controller):
            return round(controller.metrics()["ebbgate_budget_tokens"][()])

        for end in ("stop", "kill"):
            with self.subTest(end=end):
                self.assertEqual(tokens(first), 2)
                # Answered once all that was decided is on disk.
                first.api("history")
                getattr(first, end)()
                first = self.controller([namespace], name="first", **budget)
        self.assertEqual(tokens(first), 2)
        first.stop()
        self.controller([namespace], name="second", **budget).stop()
        first = self.controller([namespace], name="first", **budget)
        self.assertEqual(tokens(first), 0)

    def test_resyncs_without_a_change_write_nothing(self):
        namespace, controller = self.updated(kubernetes={"resync": "6s"})
        count = len(self.writes(namespace))

        def lists():
            return bed.audit.calls(controller.user).get(("list", "deployments"), 0)

        # A watch that ends within five seconds would make the next list wait.
        before = lists()
        eventually(lambda: lists() >= before + 2, "the Deployments are listed again")
        self.witness(controller, namespace)
        self.assertEqual(len(self.writes(namespace)), count)

    def test_another_leader_without_a_database_knows_all_from_the_workload_and_writes_nothing(self):
        namespace, first = self.updated(name="first")
        count = len(self.writes(namespace))
        second = self.controller([namespace], name="second", wait=False)
        second.ready()
        self.assertEqual(second.api("process")["role"], "standby")
        first.stop()
        second.leads()
        self.wait_at_rest(second, namespace, "web")
        self.witness(second, namespace)
        seen = second.workload("web", namespace)
        self.assertEqual((seen["level"], seen["applied"]),
                         (1, fingerprint(template_hash(self.get(namespace, "web")))))
        self.assertEqual(len(self.writes(namespace)), count)
        self.paint(namespace, "web", "green")
        (write,) = self.wait_writes(second, namespace, "web", 1)
        self.assertEqual((support.written_state(write)["counter"],
                          support.written_state(write)["level"]), (2, 2))
        self.assert_spaced(self.template_writes(first, namespace, "web") + [write], base=BASE)


if __name__ == "__main__":
    unittest.main(verbosity=2)
