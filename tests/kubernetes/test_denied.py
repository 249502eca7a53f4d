"""Updates that the cluster denies: the workload is failing, for the reason that the API server gives,
until they are allowed."""

import base64
import http.server
import json
import shutil
import ssl
import tempfile
import threading
import unittest

import support
import api
import cluster
import credentials
import objects
from access import RULES
from harness import command
from support import eventually

bed = cluster.shared()

HEALS = 90  # what is denied is tried again within a minute
MESSAGE = "templates are frozen until the release team says otherwise"
GROUP = "admissionregistration.k8s.io/v1"


class Webhook:
    """An admission webhook that lets nobody change a template, and gives no code for that."""

    def __init__(self):
        folder = tempfile.mkdtemp(prefix="ebbgate-webhook-")
        self._remove = lambda: shutil.rmtree(folder, ignore_errors=True)
        authority = credentials.Authority(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*map(str, authority.server()))
        self.ca_bundle = base64.b64encode(authority.certificate.read_bytes()).decode()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True,
                                                  do_handshake_on_connect=False)
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @staticmethod
    def _handler():
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # pylint: disable=invalid-name
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                request = review["request"]
                same = (request["object"]["spec"]["template"] ==
                        request["oldObject"]["spec"]["template"])
                answer = {"uid": request["uid"], "allowed": same}
                if not same:
                    answer["status"] = {"message": MESSAGE}
                body = json.dumps({**review, "request": None, "response": answer}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass
        return Handler

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._remove()


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

    def freeze_by_webhook(self, namespace):
        """The same by a webhook, whose denials without a code the API server answers as 400."""
        hook = Webhook()
        self.addCleanup(hook.close)
        name = f"freeze-{namespace}.example.com"
        bed.api.create({"apiVersion": GROUP, "kind": "ValidatingWebhookConfiguration",
                        "metadata": {"name": name}, "webhooks": [{
                            "name": name, "failurePolicy": "Fail", "sideEffects": "None",
                            "admissionReviewVersions": ["v1"],
                            "clientConfig": {"url": hook.url, "caBundle": hook.ca_bundle},
                            "namespaceSelector": {"matchLabels": {
                                "kubernetes.io/metadata.name": namespace}},
                            "rules": [{"apiGroups": ["apps"], "apiVersions": ["v1"],
                                       "resources": ["deployments"],
                                       "operations": ["UPDATE"]}]}]})

        def thaw():
            if bed.api.find("ValidatingWebhookConfiguration", None, name):
                bed.api.delete("ValidatingWebhookConfiguration", None, name)
        self.addCleanup(thaw)
        eventually(lambda: not self.may_change_template(namespace), "the webhook is asked")
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
        self.denied_by(lambda namespace: self.freeze(namespace, reason), cause, advice)

    def denied_by(self, freeze, cause, advice):
        namespace = bed.namespace()
        self.workload(namespace)
        controller = self.controller([namespace])
        self.wait_adopted(namespace, "web")
        thaw = freeze(namespace)
        self.paint(namespace, "blue")
        seen = self.failing(controller, namespace, 4)
        self.assert_told(controller, namespace, seen, cause, MESSAGE, advice)
        self.assert_told_in_one_event(namespace, MESSAGE)
        thaw()
        self.assert_over(controller, namespace)
        # A second beginning is told of again.
        freeze(namespace)
        self.paint(namespace, "green")
        self.failing(controller, namespace, 1)
        eventually(lambda: support.reasons(bed.api, namespace, "web")["UpdateFailing"][1] == 2,
                   "an event says so again")

    def test_a_policy_that_forbids_it(self):
        self.denied_by_policy("Forbidden", "api_denied", "mend the admission policy")

    def test_a_policy_that_finds_it_invalid(self):
        self.denied_by_policy("Invalid", "api_invalid", "Mend what the message names")

    def test_a_webhook_that_answers_400(self):
        self.denied_by(self.freeze_by_webhook, "api_denied", "mend the admission policy")

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
