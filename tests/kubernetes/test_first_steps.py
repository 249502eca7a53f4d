"""The main job: a change rolls out once, and a restart changes nothing."""

import unittest

import support
import cluster
import objects
from support import eventually, template_hash

bed = cluster.shared()


class FirstSteps(support.ControllerTest):
    bed = bed

    def test_a_changed_config_map_rolls_out_by_one_patch_and_nothing_else(self):
        namespace = bed.namespace()
        bed.api.create(objects.config_map(namespace, "settings", {"colour": "red"}))
        bed.api.create(objects.deployment(namespace, "web", config_maps=["settings"]))
        controller = self.controller([namespace])
        self.wait_adopted(namespace, "web")
        self.assertIsNone(template_hash(self.get(namespace, "web")))
        bed.api.patch("ConfigMap", namespace, "settings", {"data": {"colour": "blue"}})
        self.wait_writes(controller, namespace, "web", 1)
        self.wait_at_rest(controller, namespace, "web")
        bed.wait_rolled_out("Deployment", namespace, "web")
        self.assertEqual(len(self.template_writes(controller, namespace, "web")), 1)
        seen = controller.workload("web", namespace)
        self.assertEqual(support.fingerprint(template_hash(self.get(namespace, "web"))), seen["desired"])
        self.assertEqual(seen["level"], 1)
        eventually(lambda: support.reasons(bed.api, namespace, "web").get("Updated") == (1, 1),
                   "one event tells of it")

    def test_a_restart_writes_nothing_and_remembers_the_level(self):
        namespace = bed.namespace()
        bed.api.create(objects.config_map(namespace, "settings", {"colour": "red"}))
        bed.api.create(objects.deployment(namespace, "web", config_maps=["settings"]))
        controller = self.controller([namespace])
        self.wait_adopted(namespace, "web")
        bed.api.patch("ConfigMap", namespace, "settings", {"data": {"colour": "blue"}})
        self.wait_writes(controller, namespace, "web", 1)
        self.wait_at_rest(controller, namespace, "web")
        before = self.get(namespace, "web")["metadata"]["generation"]
        controller.stop()
        again = self.controller([namespace])
        self.wait_at_rest(again, namespace, "web")
        self.assertEqual(again.workload("web", namespace)["level"], 1)
        again.stop()
        self.assertEqual(self.get(namespace, "web")["metadata"]["generation"], before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
