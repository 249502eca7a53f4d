"""Updates that the cluster denies: the workload is failing, for the reason that the API server gives,
until they are allowed."""

import unittest

import support
import api
import cluster
import objects
from access import RULES
from harness import command
from support import eventually

bed = cluster.shared()

HEALS = 90  # what is denied is tried again within a minute
MESSAGE = "templates are frozen until the release team says otherwise"
GROUP = "admissionregistration.k8s.io/v1"


class DeniedTest(support.ControllerTest):
    bed = bed
    settings = {**support.ControllerTest.settings,
                "retry": {"base": "200ms", "max": "2s", "jitter": "none"}}

    def workload(self, namespace):
        bed.api.create(objects.config_map(namespace, "settings", {"colour": "red"}))
        bed.api.create(objects.deployment(namespace, "web", config_maps=["settings"]))

    def paint(self, namespace, colour):
        bed.api.patch("ConfigMap", namespace, "settings", {"data": {"colour": colour}})

    def freeze(self, namespace, reason):
        """Nobody may change a Deployment's template any more. Returns what ends that."""
        name = f"freeze-{namespace}"
        selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
        bed.api.create({"apiVersion": GROUP, "kind": "ValidatingAdmissionPolicy",
                        "metadata": {"name": name}, "spec": {
                            "failurePolicy": "Fail",
                            "matchConstraints": {
                                "namespaceSelector": selector,
                                "resourceRules": [{"apiGroups": ["apps"], "apiVersions": ["v1"],
                                                   "resources": ["deployments"],
                                                   "operations": ["UPDATE"]}]},
                            "validations": [{
                                "expression": "object.spec.template == oldObject.spec.template",
                                "message": MESSAGE, "reason": reason}]}})
        bed.api.create({"apiVersion": GROUP, "kind": "ValidatingAdmissionPolicyBinding",
                        "metadata": {"name": name},
                        "spec": {"policyName": name, "validationActions": ["Deny"]}})

        def thaw():
            for kind in ("ValidatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy"):
                if bed.api.find(kind, None, name):
                    bed.api.delete(kind, None, name)
        self.addCleanup(thaw)
        eventually(lambda: not self.may_change_template(namespace), "the policy is in force")
        return thaw

    def may_change_template(self, namespace):
        change = {"spec": {"template": {"metadata": {"annotations": {"tried": "yes"}}}}}
        try:
            bed.api.patch("Deployment", namespace, "web", change, dryRun="All")
        except api.ApiError as denied:
            self.assertIn(MESSAGE, str(denied))
            return False
        return True

    def may_patch(self, user, namespace):
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                  "spec": {"resourceAttributes": {"group": "apps", "resource": "deployments",
                                                  "verb": "patch", "namespace": namespace}}}
        client = bed.client(user)
        self.addCleanup(client.close)
        return client.create(review)["status"]["allowed"]

    def failing(self, controller, namespace, times):
        """The workload, once its update has been denied so often."""
        def look():
            seen = controller.workload("web", namespace)
            return seen["failures"] >= times and seen
        return eventually(look, f"it fails {times} times", HEALS,
                          lambda: controller.workload("web", namespace)["failures"])

    def assert_told(self, controller, namespace, seen, cause, message, advice):
        self.assertEqual((seen["failure_cause"], seen["level"]), (cause, 0))
        self.assertIn(message, seen["last_error"])
        key = f"{namespace}/Deployment/web"
        shown = command("explain", key, "--url", controller.url, env={"COLUMNS": "1000"}).out
        for text in (message, advice, "Its last update failed"):
            self.assertIn(text, shown)
        for text in ("changes keep coming", "rollout is not ready", "rewrites"):
            self.assertNotIn(text, shown)
        table = command("status", "--url", controller.url, env={"COLUMNS": "1000"}).out
        self.assertIn("failing", table)
        failing = controller.metrics()["ebbgate_workload_failing"]
        self.assertEqual(failing, {(("kind", "Deployment"), ("namespace", namespace),
                                    ("workload", "web")): 1})
        history = controller.api(f"history?workload={key}&limit=50")["items"]
        self.assertIn(message, " ".join(entry["detail"] for entry in history))

    def assert_told_in_one_event(self, namespace, message):
        eventually(lambda: "UpdateFailing" in support.reasons(bed.api, namespace, "web"),
                   "an event says so")
        events = [event for event in bed.api.list("Event", namespace)
                  if event["reason"] == "UpdateFailing"]
        self.assertEqual([(event["type"], event.get("count") or 1) for event in events],
                         [("Warning", 1)])
        self.assertIn(message, events[0]["message"])

    def assert_over(self, controller, namespace):
        """The update goes out, once, and nothing is failing any more."""
        self.wait_writes(controller, namespace, "web", 1, patience=HEALS)
        self.wait_at_rest(controller, namespace, "web")
        self.assertEqual(len(self.template_writes(controller, namespace, "web")), 1)
        seen = controller.workload("web", namespace)
        self.assertEqual((seen["failures"], seen["last_error"], seen["level"]), (0, None, 1))
        self.assertNotIn("ebbgate_workload_failing", controller.metrics())

    def denied_by_policy(self, reason, cause, advice):
        namespace = bed.namespace()
        self.workload(namespace)
        controller = self.controller([namespace])
        self.wait_adopted(namespace, "web")
        thaw = self.freeze(namespace, reason)
        self.paint(namespace, "blue")
        seen = self.failing(controller, namespace, 4)
        self.assert_told(controller, namespace, seen, cause, MESSAGE, advice)
        self.assert_told_in_one_event(namespace, MESSAGE)
        thaw()
        self.assert_over(controller, namespace)
        # A second beginning is told of again.
        self.freeze(namespace, reason)
        self.paint(namespace, "green")
        self.failing(controller, namespace, 1)
        eventually(lambda: support.reasons(bed.api, namespace, "web")["UpdateFailing"][1] == 2,
                   "an event says so again")

    def test_a_policy_that_forbids_it(self):
        self.denied_by_policy("Forbidden", "api_denied", "mend the admission policy")

    def test_a_policy_that_finds_it_invalid(self):
        self.denied_by_policy("Invalid", "api_invalid", "Mend what the message names")

    def test_a_right_that_is_missing(self):
        namespace, user = bed.namespace(), bed.user()
        self.workload(namespace)
        bed.grant(user, [namespace])
        controller = self.controller([namespace], user=user, grant=False)
        self.wait_adopted(namespace, "web")
        all_rights = [binding["metadata"]["name"]
                      for binding in bed.api.list("RoleBinding", namespace)]
        reading = [{"apiGroups": [group], "resources": list(resources),
                    "verbs": [verb for verb in verbs
                              if (verb, resources[0]) != ("patch", "deployments")]}
                   for group, resources, verbs in RULES]
        bed.grant(user, [namespace], own_rules=reading)
        for name in all_rights:
            bed.api.delete("RoleBinding", namespace, name)
        eventually(lambda: not self.may_patch(user, namespace), "it may not patch any more")
        self.paint(namespace, "blue")
        seen = self.failing(controller, namespace, 3)
        self.assert_told(controller, namespace, seen, "api_denied", "cannot patch resource",
                         "auth can-i patch")
        self.assert_told_in_one_event(namespace, "cannot patch resource")
        bed.grant(user, [namespace])
        self.assert_over(controller, namespace)


def load_tests(loader, tests, pattern):
    return unittest.TestSuite([support.SideBySide(loader.loadTestsFromTestCase(DeniedTest))])


if __name__ == "__main__":
    unittest.main(verbosity=2)
