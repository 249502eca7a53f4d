"""Workloads that Ebbgate takes over: never seen before, Wave's, or its own after its database was
lost. None of them rolls out for that."""

import itertools
import json
import pathlib
import threading
import unittest

import support
import api
import cluster
import objects
from support import eventually

bed = cluster.shared()

BUILDERS = {"Deployment": objects.deployment, "StatefulSet": objects.stateful_set,
            "DaemonSet": objects.daemon_set}
VECTORS = (pathlib.Path(__file__).parent.parent
           / "unit/kubernetes/testdata/wave-hashes.json")
WAVE_HASH = "wave.pusher.com/config-hash"


def at_once(jobs):
    """Calls each of them in a thread of its own."""
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def without_pods(kind):
    return {"ready": False} if kind == "DaemonSet" else {"replicas": 0}


class Adoption(support.ControllerTest):
    bed = bed

    def wait_all_adopted(self, workloads):
        """`workloads`: (kind, namespace, name) of each."""
        def look():
            there = {(kind, namespace, thing["metadata"]["name"]): support.state(thing)
                     for kind, namespace in {workload[:2] for workload in workloads}
                     for thing in bed.api.list(kind, namespace)}
            return all(there[workload] for workload in workloads)
        eventually(look, f"all of {workloads} are adopted")

    def test_fifty_workloads_are_adopted_in_the_slow_lane_without_a_rollout(self):
        namespace = bed.namespace()
        bed.api.create(objects.config_map(namespace, "settings", {"a": "1"}))
        workloads = [(list(BUILDERS)[number % 3], namespace, f"web-{number}")
                     for number in range(50)]
        for kind, _, name in workloads:
            bed.api.create(BUILDERS[kind](namespace, name, config_maps=["settings"],
                                          **without_pods(kind)))
        controller = self.controller([namespace], budget={"rate": 1, "burst": 5})
        self.wait_all_adopted(workloads)

        patches = sorted(bed.audit.entries(user=controller.user, verb="patch",
                                           namespace=namespace), key=lambda entry: entry.received)
        records = [patch for patch in patches if patch.resource != "events"]
        self.assertEqual([record.code for record in records], [200] * 50)
        for record in records:
            written = [step["path"] for step in record.body if step["op"] != "test"]
            self.assertEqual(len(written), 1)
            self.assertTrue(written[0].startswith("/metadata/annotations"), written)
        took = records[-1].received - records[0].received
        self.assertGreaterEqual(took, 49 * 0.1 - 0.5)
        for kind, _, name in workloads:
            self.assertIsNone(support.template_hash(self.get(namespace, name, kind)))
        self.assertEqual(controller.metrics()["ebbgate_budget_tokens"][()], 5)
        revisions = bed.api.list("ControllerRevision", namespace)
        sets = [name for kind, _, name in workloads if kind != "Deployment"]
        eventually(lambda: len(bed.api.list("ReplicaSet", namespace)) == 50 - len(sets),
                   "each Deployment has one ReplicaSet")
        self.assertEqual(len(revisions), len(sets))

        # From here on the promises hold.
        bed.api.patch("ConfigMap", namespace, "settings", {"data": {"a": "2"}})
        for kind, _, name in workloads[:3]:
            self.wait_writes(controller, namespace, name, 1, kind)

    def vectors(self, suffix, wrong=False):
        """Creates Wave's workloads with their objects; returns where, as Wave left them, or with
        hashes that are of other data."""
        spaces = {"default": bed.namespace("wave" + suffix), "other": bed.namespace("wave-other")}
        workloads = []
        for vector in json.loads(VECTORS.read_text())["vectors"]:
            text = json.dumps([vector["objects"], vector["workload"]["metadata"]])
            text = text.replace('"default"', f'"{spaces["default"]}"')
            text = text.replace('"default/', f'"{spaces["default"]}/')
            text = text.replace('"other"', f'"{spaces["other"]}"')
            text = text.replace(',other/', f',{spaces["other"]}/')
            things, metadata = json.loads(text)
            for thing in things:
                bed.api.create(thing)
            workload = {**vector["workload"], "metadata": metadata}
            annotations = workload["spec"]["template"]["metadata"].setdefault("annotations", {})
            annotations[WAVE_HASH] = "0" * 64 if wrong else vector["hash"]
            bed.api.create(workload)
            workloads.append((workload["kind"], spaces["default"], metadata["name"]))
        self.assertEqual(len(workloads), 20)
        return list(spaces.values()), workloads

    def test_waves_workloads_roll_out_only_where_its_hash_is_not_of_the_data(self):
        spaces, matching = self.vectors("-matching")
        more, others = self.vectors("-other", wrong=True)
        controller = self.controller([*spaces, *more])
        for kind, namespace, name in others:
            self.wait_writes(controller, namespace, name, 1, kind)
            self.wait_at_rest(controller, namespace, name, kind)
        self.wait_all_adopted(matching + others)
        counts = {workload: len(self.template_writes(controller, workload[1], workload[2],
                                                     workload[0]))
                  for workload in matching + others}
        self.assertEqual(counts, {**dict.fromkeys(matching, 0), **dict.fromkeys(others, 1)})
        for kind, namespace, name in matching:
            self.assertIsNone(support.template_hash(self.get(namespace, name, kind)))

        # The others' next change, of an object that only the annotation names, in each.
        bed.api.patch("ConfigMap", spaces[1], "v13-other", {"data": {"changed": "now"}})
        self.wait_writes(controller, spaces[0], "v13", 1)
        # After a restart their hash is not looked at any more.
        controller.stop()
        again = self.controller([*spaces, *more])
        for kind, namespace, name in matching + others:
            self.wait_at_rest(again, namespace, name, kind)
        bed.api.patch("ConfigMap", spaces[0], "v01", {"data": {"changed": "now"}})
        self.wait_writes(again, spaces[0], "v01", 1)
        counts.update({("Deployment", spaces[0], "v01"): 1, ("Deployment", spaces[0], "v13"): 1})
        self.assertEqual(counts, {
            workload: len(self.template_writes(again, workload[1], workload[2], workload[0]))
            for workload in counts})

    def test_a_lost_database_costs_no_rollout_and_no_level(self):
        namespace = bed.namespace()
        for name in ("updated", "adopted", "missed"):
            bed.api.create(objects.config_map(namespace, name, {"a": "1"}))
            bed.api.create(objects.deployment(namespace, name, replicas=0, config_maps=[name]))
        controller = self.controller([namespace])
        self.wait_adopted(namespace, "updated", "adopted", "missed")
        for count in (1, 2, 3):
            bed.api.patch("ConfigMap", namespace, "updated", {"data": {"a": f"changed {count}"}})
            self.wait_writes(controller, namespace, "updated", count)
            self.wait_at_rest(controller, namespace, "updated")
        controller.stop()
        self.forget_database()
        bed.api.patch("ConfigMap", namespace, "missed", {"data": {"a": "2"}})
        again = self.controller([namespace])
        self.wait_writes(again, namespace, "missed", 1)
        for name in ("updated", "adopted", "missed"):
            self.wait_at_rest(again, namespace, name)
        self.assertEqual([again.workload(name, namespace)["level"]
                          for name in ("updated", "adopted", "missed")], [3, 0, 1])
        # Its level demands as much as before, from the beginning of the term.
        bed.api.patch("ConfigMap", namespace, "updated", {"data": {"a": "changed again"}})
        writes = self.wait_writes(again, namespace, "updated", 4)
        self.assert_spaced(writes)
        self.assertEqual(support.written_state(writes[-1])["level"], 4)
        self.assertEqual(support.written_state(writes[-1])["counter"], 4)
        self.assertEqual(len(self.template_writes(again, namespace, "adopted")), 0)
        self.assertEqual(len(self.template_writes(again, namespace, "missed")), 1)

    def test_configuration_and_workload_may_be_applied_in_any_order(self):
        namespace = bed.namespace()
        controller = self.controller([namespace])
        names = []

        def create(name, order, pause):
            things = {"Secret": objects.secret(namespace, name, {"a": "1"}),
                      "ConfigMap": objects.config_map(namespace, name, {"a": "1"}),
                      "Deployment": objects.deployment(namespace, name, config_maps=[name],
                                                       secrets=[name])}
            for kind in order:
                bed.api.create(things[kind])
                if pause:
                    pause.wait(1)

        jobs = []
        for pause in (None, threading.Event()):
            for number, order in enumerate(itertools.permutations(
                    ("Secret", "ConfigMap", "Deployment"))):
                name = f"web-{number}-{'slowly' if pause else 'at-once'}"
                names.append(name)
                jobs.append(lambda name=name, order=order, pause=pause: create(name, order, pause))
        at_once(jobs)
        self.wait_adopted(namespace, *names)
        for name in names:
            bed.wait_rolled_out("Deployment", namespace, name)
            self.wait_at_rest(controller, namespace, name)
        self.assertEqual({name: len(self.template_writes(controller, namespace, name))
                          for name in names}, dict.fromkeys(names, 0))
        self.assertEqual(len(bed.api.list("ReplicaSet", namespace)), len(names))

        # The next change of any of them is one.
        bed.api.patch("Secret", namespace, names[0], {"stringData": {"a": "2"}})
        self.wait_writes(controller, namespace, names[0], 1)
        self.wait_at_rest(controller, namespace, names[0])
        self.assertEqual(len(self.template_writes(controller, namespace, names[0])), 1)

    def test_five_objects_that_change_together_make_one_rollout(self):
        namespace = bed.namespace()
        parts = range(3)
        for kind, build in BUILDERS.items():
            name = kind.lower()
            for part in parts:
                bed.api.create(objects.config_map(namespace, f"{name}-{part}", {"a": "1"}))
            for part in parts[:2]:
                bed.api.create(objects.secret(namespace, f"{name}-{part}", {"a": "1"}))
            bed.api.create(build(namespace, name,
                                 config_maps=[f"{name}-{part}" for part in parts],
                                 secrets=[f"{name}-{part}" for part in parts[:2]]))
            bed.wait_rolled_out(kind, namespace, name)
        controller = self.controller([namespace], settle={"quiet": "2s", "max": "20s"})
        for kind in BUILDERS:
            self.wait_adopted(namespace, kind.lower(), kind=kind)

        def change(name):
            client = api.Api(bed.server, bed.ca_file, bed.tokens["tests"])
            for part in parts:
                client.patch("ConfigMap", namespace, f"{name}-{part}", {"data": {"a": "2"}})
            for part in parts[:2]:
                client.patch("Secret", namespace, f"{name}-{part}", {"stringData": {"a": "2"}})
            client.close()

        at_once([lambda kind=kind: change(kind.lower()) for kind in BUILDERS])
        for kind in BUILDERS:
            name = kind.lower()
            self.wait_writes(controller, namespace, name, 1, kind)
            self.wait_at_rest(controller, namespace, name, kind)
            bed.wait_rolled_out(kind, namespace, name)
            seen = controller.workload(name, namespace, kind)
            self.assertEqual((seen["changes"], seen["coalesced"], seen["updates"]), (5, 4, 1))
            self.assertEqual(len(self.template_writes(controller, namespace, name, kind)), 1)
            self.assertTrue(support.template_hash(self.get(namespace, name, kind)).startswith(
                "v1-" + seen["desired"]))


def load_tests(loader, tests, pattern):
    return support.SideBySide(loader.loadTestsFromTestCase(Adoption))


if __name__ == "__main__":
    unittest.main(verbosity=2)
