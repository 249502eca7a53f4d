"""Rights that are missing, credentials that do not serve, clusters that are not there: what is wrong
is said once, with what to do; the rest goes on, and what is mended heals by itself."""

import json
import unittest

import support
import cluster
import credentials
import objects
from access import RULES
from harness import command, total, write
from support import eventually, state

bed = cluster.shared()

HEALS = 90  # what is forbidden is tried again every 30 s, records and updates within a minute


def rules(without):
    """Rules of a Role for Ebbgate without these (verb, resource)."""
    found = []
    for group, resources, verbs in RULES:
        for resource in resources:
            left = [verb for verb in verbs if (verb, resource) not in without]
            if left:
                found.append({"apiGroups": [group], "resources": [resource], "verbs": left})
    return found


class PermissionsTest(support.ControllerTest):
    bed = bed

    def workload(self, namespace, name="web", config="settings", **pods):
        self.bed.api.create(objects.config_map(namespace, config, {"colour": "red"}))
        self.bed.api.create(objects.deployment(namespace, name, config_maps=[config], **pods))

    def paint(self, namespace, colour, config="settings"):
        self.bed.api.patch("ConfigMap", namespace, config, {"data": {"colour": colour}})

    def lines(self, controller, *parts):
        """The lines of the log that hold all of these."""
        return [line for line in controller.log().splitlines()
                if all(part in line for part in parts)]

    def forbidden(self, user):
        return [(entry.verb, entry.resource) for entry in self.bed.audit.entries(user, code=403)]

    def rolls(self, controller, namespace, name="web"):
        self.paint(namespace, "blue")
        self.wait_writes(controller, namespace, name, 1, patience=HEALS)
        self.wait_at_rest(controller, namespace, name)
        self.assertEqual(len(self.template_writes(controller, namespace, name)), 1)


class Rights(PermissionsTest):
    """Side by side: they wait until what is forbidden is tried again."""

    def test_roles_in_two_namespaces_are_enough(self):
        here, there, elsewhere = (bed.namespace() for _ in range(3))
        for namespace in (here, there, elsewhere):
            self.workload(namespace)
        controller = self.controller([here, there])
        for namespace in (here, there):
            self.wait_adopted(namespace, "web")
            self.rolls(controller, namespace)
        self.assertIsNone(state(self.get(elsewhere, "web")))
        self.assertEqual(self.forbidden(controller.user), [])
        asked = {entry.namespace for entry in bed.audit.entries(controller.user)}
        self.assertEqual(asked, {here, there})

    def test_rights_for_the_whole_cluster_are_used_in_the_namespaces_that_were_named(self):
        here, elsewhere = bed.namespace(), bed.namespace()
        self.workload(here)
        self.workload(elsewhere)
        user = bed.user()
        bed.grant(user)
        controller = self.controller([here], user=user)
        self.wait_adopted(here, "web")
        self.rolls(controller, here)
        self.assertIsNone(state(self.get(elsewhere, "web")))
        self.assertEqual({entry.namespace for entry in bed.audit.entries(user)}, {here})

    def test_without_secrets_only_what_needs_them_waits_until_they_are_granted(self):
        namespace, user = bed.namespace(), bed.user()
        bed.grant(user, [namespace], without=("secrets",))
        bed.api.create(objects.secret(namespace, "token", {"t": "1"}))
        self.workload(namespace)
        bed.api.create(objects.deployment(namespace, "needs", secrets=["token"]))
        controller = self.controller([namespace], user=user, grant=False)
        self.wait_adopted(namespace, "web")
        self.rolls(controller, namespace)
        problems = controller.api("process")["problems"]
        self.assertEqual(len(problems), 1, problems)
        self.assertIn("grant the verb list on secrets", problems[0])
        waits = controller.workload("needs", namespace)
        gates = {gate["gate"]: gate.get("reason", "") for gate in waits["gates"]}
        self.assertIn("missing", gates)
        self.assertIn(f"Secret {namespace}/token may not be read", gates["missing"])
        eventually(lambda: "Forbidden" in support.reasons(bed.api, namespace, "needs"),
                   "an event says so")
        self.assertIsNone(state(self.get(namespace, "needs")))
        # It is tried again, and said no second time.
        before = self.forbidden(user).count(("list", "secrets"))
        eventually(lambda: self.forbidden(user).count(("list", "secrets")) > before,
                   "it is tried again", HEALS)
        told = self.lines(controller, "grant the verb list on secrets")
        self.assertEqual(len([line for line in told if "needs" not in line]), 1, told)
        self.assertEqual(len([line for line in told if "needs" in line]), 1, told)
        bed.grant(user, [namespace])
        eventually(lambda: state(self.get(namespace, "needs")), "it is adopted", HEALS)
        self.assertEqual(controller.api("process")["problems"], [])
        bed.api.patch("Secret", namespace, "token", {"stringData": {"t": "2"}})
        self.wait_writes(controller, namespace, "needs", 1)
        self.wait_at_rest(controller, namespace, "needs")
        self.assertEqual(len(self.template_writes(controller, namespace, "needs")), 1)

    def test_without_the_right_to_patch_it_is_said_and_the_update_goes_out_when_granted(self):
        namespace, user = bed.namespace(), bed.user()
        bed.grant(user, [namespace], own_rules=rules({("patch", "deployments")}))
        self.workload(namespace)
        controller = self.controller([namespace], user=user, grant=False)
        eventually(lambda: self.lines(controller, "grant the verb patch on deployments"),
                   "it is said")
        self.paint(namespace, "blue")
        eventually(lambda: "UpdateFailing" in support.reasons(bed.api, namespace, "web"),
                   "an event says that it is refused")
        eventually(lambda: controller.workload("web", namespace)["last_outcome"] == "refused",
                   "it is refused")
        self.assertEqual(controller.workload("web", namespace)["level"], 0)
        bed.grant(user, [namespace])
        self.wait_writes(controller, namespace, "web", 1, patience=HEALS)
        self.wait_at_rest(controller, namespace, "web")
        self.assertEqual(len(self.template_writes(controller, namespace, "web")), 1)

    def test_a_workload_that_could_not_be_marked_is_marked_when_that_is_granted(self):
        namespace, user = bed.namespace(), bed.user()
        bed.grant(user, [namespace], own_rules=rules({("patch", "deployments")}))
        self.workload(namespace)
        controller = self.controller([namespace], user=user, grant=False)
        eventually(lambda: self.lines(controller, "grant the verb patch on deployments"),
                   "it is said")
        bed.grant(user, [namespace])
        eventually(lambda: state(self.get(namespace, "web")), "it is adopted", HEALS)
        self.assertEqual(len(self.lines(controller, "grant the verb patch on deployments")), 1)

    def test_without_any_right_to_its_lease_it_says_so_once_and_leads_when_granted(self):
        namespace, user = bed.namespace(), bed.user()
        bed.grant(user, [namespace], without=("leases",))
        self.workload(namespace)
        controller = self.controller([namespace], user=user, grant=False, wait=False)
        eventually(lambda: self.forbidden(user).count(("get", "leases")) >= 3, "it tries again")
        self.assertEqual(controller.api("process")["role"], "standby")
        self.assertEqual(len(self.lines(controller, "grant the verb get on leases")), 1)
        eventually(lambda: any("grant the verb get on leases" in problem
                               for problem in controller.api("process")["problems"]),
                   "the status says so too")
        bed.grant(user, [namespace])
        controller.leads()
        self.wait_adopted(namespace, "web")
        self.assertEqual(controller.api("process")["problems"], [])

    def test_without_the_right_to_write_its_lease_it_says_so_once_though_it_may_read_it(self):
        namespace, user = bed.namespace(), bed.user()
        bed.grant(user, [namespace], own_rules=rules({("update", "leases")}))
        first = self.controller([namespace], name="first")
        first.stop()  # it leaves a lease that can be read
        controller = self.controller([namespace], user=user, grant=False, wait=False)
        eventually(lambda: self.forbidden(user).count(("update", "leases")) >= 3, "it tries again")
        self.assertEqual(len(self.lines(controller, "grant the verb update on leases")), 1)
        bed.grant(user, [namespace])
        controller.leads()

    def test_without_the_right_to_write_events_all_else_works(self):
        namespace, user = bed.namespace(), bed.user()
        bed.grant(user, [namespace], without=("events",))
        self.workload(namespace)
        controller = self.controller([namespace], user=user, grant=False)
        self.wait_adopted(namespace, "web")
        self.rolls(controller, namespace)
        eventually(lambda: self.lines(controller, "Events cannot be written"), "it is said")
        self.paint(namespace, "green")
        self.wait_writes(controller, namespace, "web", 2)
        eventually(lambda: self.forbidden(user).count(("create", "events")) >= 2, "and again")
        told = self.lines(controller, "Events cannot be written")
        self.assertEqual(len(told), 1, told)
        self.assertIn("grant the verb create on events", told[0])

    def test_a_token_that_rotates_is_read_again_and_an_expired_one_is_told(self):
        namespace = bed.namespace()
        account = f"system:serviceaccount:{namespace}:ebbgate"
        file = self.folder / "token"
        write(file, bed.service_account_token(namespace, "ebbgate"))
        bed.grant(account, [namespace])
        self.workload(namespace)
        kubeconfig = bed.kubeconfig(account, path=self.folder / "kubeconfig",
                                    tokenFile=str(file))
        controller = self.controller([namespace], user=account, kubeconfig=kubeconfig, grant=False)
        self.wait_adopted(namespace, "web")
        # Worth nothing from now on, as after its expiry.
        bed.api.delete("ServiceAccount", namespace, "ebbgate")
        eventually(lambda: self.lines(controller, "401", "missing, expired or not for this"),
                   "it is told")
        self.assertEqual(self.template_writes(controller, namespace, "web"), [])
        write(file, bed.service_account_token(namespace, "ebbgate"))
        controller.leads()
        self.rolls(controller, namespace)
        told = self.lines(controller, "missing, expired or not for this")
        self.assertLess(len(told), 20, told)
        self.assertNotIn(file.read_text(), controller.log())


class Credentials(PermissionsTest):
    """What a kubeconfig can say."""

    def kubeconfig(self, user, identity=None, server=None, ca_file=None, **cluster_fields):
        """A kubeconfig of this test's own; `cluster_fields` with _ for -."""
        path = bed.kubeconfig(user, path=self.folder / f"kubeconfig-{len(self.controllers)}",
                              server=server, ca_file=ca_file, **(identity or {}))
        config = json.loads(path.read_text())
        fields = config["clusters"][0]["cluster"]
        for name, value in cluster_fields.items():
            fields[name.replace("_", "-")] = value
            if value is None:
                del fields[name.replace("_", "-")]
        path.write_text(json.dumps(config))
        return path

    def works(self, **kubeconfig):
        """Ebbgate with such a kubeconfig, when it has led a change to its end."""
        namespace, user = bed.namespace(), bed.user()
        bed.grant(user, [namespace])
        self.workload(namespace)
        controller = self.controller([namespace], user=user, grant=False,
                                     kubeconfig=self.kubeconfig(user, **kubeconfig))
        self.wait_adopted(namespace, "web")
        self.rolls(controller, namespace)
        return controller

    def tells(self, text, **kubeconfig):
        """Ebbgate with a kubeconfig that does not serve, when it has said so, once."""
        namespace, user = bed.namespace(), bed.user()
        controller = self.controller([namespace], user=user, grant=False, wait=False,
                                     kubeconfig=self.kubeconfig(user, **kubeconfig))
        eventually(lambda: self.lines(controller, text), f"it says: {text}")
        self.assertTrue(controller.running())
        return controller

    def test_a_client_certificate_serves(self):
        namespace, user = bed.namespace(), bed.user()
        bed.grant(user, [namespace])
        certificate, key = bed.client_certificate(user)
        self.workload(namespace)
        kubeconfig = self.kubeconfig(user, {"client-certificate": str(certificate),
                                            "client-key": str(key)})
        controller = self.controller([namespace], user=user, kubeconfig=kubeconfig, grant=False)
        self.wait_adopted(namespace, "web")
        self.rolls(controller, namespace)

    def test_a_plugin_that_prints_a_token_serves(self):
        user = bed.user()
        plugin = self.folder / "plugin"
        printed = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
                   "status": {"token": bed.tokens[user]}}
        plugin.write_text(f"#!/bin/sh\necho called >>{self.folder}/calls\n"
                          f"cat <<'END'\n{json.dumps(printed)}\nEND\n")
        plugin.chmod(0o755)
        namespace = bed.namespace()
        bed.grant(user, [namespace])
        self.workload(namespace)
        kubeconfig = self.kubeconfig(user, {"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin),
            "interactiveMode": "Never"}})
        controller = self.controller([namespace], user=user, kubeconfig=kubeconfig, grant=False)
        self.wait_adopted(namespace, "web")
        self.rolls(controller, namespace)
        self.assertEqual((self.folder / "calls").read_text(), "called\n")
        self.assertNotIn(bed.tokens[user], controller.log())

    def test_a_plugin_that_fails_is_told_with_its_hint(self):
        controller = self.tells("get it from the shelf", identity={"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": "/bin/false",
            "interactiveMode": "Never", "installHint": "get it from the shelf"}})
        self.assertIn("/bin/false", self.lines(controller, "get it from the shelf")[0])

    def test_a_wrong_authority_is_told_with_what_to_do_and_not_in_a_loop(self):
        folder = self.folder / "other"
        folder.mkdir()
        other = credentials.Authority(folder)
        controller = self.tells("certificate is not trusted", ca_file=other.certificate)
        self.assertIn("the certificate authority of the configuration must be the one that "
                      "signed it", controller.log())
        self.assertIn("the certificate authority",
                      eventually(lambda: controller.api("process")["problems"], "status says so")[0])
        eventually(lambda: total(controller.metrics(), "ebbgate_api_requests_total", verb="get",
                                 resource="leases") >= 3, "it tries again")
        self.assertEqual(len(self.lines(controller, "certificate is not trusted")), 1)

    def test_tls_server_name_is_the_name_that_the_certificate_must_be_for(self):
        self.works(tls_server_name="kubernetes.default.svc").stop()
        controller = self.tells("it is not for wrong.example", tls_server_name="wrong.example")
        self.assertIn("set tls-server-name", controller.log())

    def test_unverified_tls_works_and_is_warned_about(self):
        controller = self.works(insecure_skip_tls_verify=True, certificate_authority=None)
        controller.says("insecure-skip-tls-verify is set")
        self.assertEqual(len(self.lines(controller, "insecure-skip-tls-verify is set")), 1)

    def test_an_unknown_token_is_told(self):
        controller = self.tells("401", identity={"token": "nobody"})
        self.assertIn("the credentials are missing, expired or not for this cluster",
                      controller.log())
        self.assertNotIn("nobody", controller.log())


class Nowhere(PermissionsTest):
    """Where there is no cluster to talk to, it ends with 1 and says what was tried."""

    def ends(self, env=None, **kubernetes):
        config = {"provider": "kubernetes", "listen": "127.0.0.1:0",
                  "database": str(self.folder / "ebbgate.db"), "kubernetes": kubernetes}
        write(self.folder / "ebbgate.yaml", json.dumps(config))
        environment = {"HOME": str(self.folder), "KUBECONFIG": "", "KUBERNETES_SERVICE_HOST": ""}
        done = command("run", "--config", self.folder / "ebbgate.yaml",
                       env={**environment, **(env or {})})
        self.assertEqual(done.code, 1, done)
        return done.out + done.err

    def test_every_place_that_was_tried_is_named(self):
        said = self.ends()
        for place in ("the pod's service account", "KUBERNETES_SERVICE_HOST", "$KUBECONFIG",
                      f"{self.folder}/.kube/config", "set kubernetes.kubeconfig"):
            self.assertIn(place, said)

    def test_files_of_kubeconfig_that_are_missing_are_named(self):
        said = self.ends(env={"KUBECONFIG": "/nowhere/one:/nowhere/two"})
        self.assertIn("/nowhere/one, /nowhere/two", said)

    def test_a_file_that_was_asked_for_and_is_missing_is_named(self):
        self.assertIn("/nowhere/three: No such file", self.ends(kubeconfig="/nowhere/three"))

    def test_a_context_that_is_not_there_is_told_with_those_that_are(self):
        path = bed.kubeconfig(path=self.folder / "kubeconfig")
        said = self.ends(kubeconfig=str(path), context="other")
        self.assertIn("has no context other; its contexts: tests", said)

    def test_an_authority_that_cannot_be_read_is_named(self):
        path = bed.kubeconfig(path=self.folder / "kubeconfig", ca_file="/nowhere/ca.crt")
        self.assertIn("certificate-authority: cannot read /nowhere/ca.crt", self.ends(
            kubeconfig=str(path)))


def load_tests(loader, tests, pattern):
    return unittest.TestSuite([support.SideBySide(loader.loadTestsFromTestCase(Rights)),
                               support.SideBySide(loader.loadTestsFromTestCase(Credentials)),
                               loader.loadTestsFromTestCase(Nowhere)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
