"""The shared cluster does what tests rely on."""

import json
import time
import unittest

import access
import api
import cluster
import objects

bed = cluster.shared()


class SharedCluster(unittest.TestCase):
    def setUp(self):
        self.namespace = bed.namespace()

    def user(self):
        user = bed.user()
        bed.grant(user, [self.namespace])
        return user

    def test_pods_on_the_fake_node_become_ready_for_each_kind_of_workload(self):
        bed.api.create(objects.config_map(self.namespace, "settings", {"a": "1"}))
        for kind, build in (("Deployment", objects.deployment),
                            ("StatefulSet", objects.stateful_set),
                            ("DaemonSet", objects.daemon_set)):
            with self.subTest(kind):
                bed.api.create(build(self.namespace, kind.lower(), config_maps=["settings"]))
                bed.wait_rolled_out(kind, self.namespace, kind.lower())
        owners = [replica_set["metadata"]["ownerReferences"][0]["name"]
                  for replica_set in bed.api.list("ReplicaSet", self.namespace)]
        self.assertEqual(owners, ["deployment"])

    def test_other_pods_become_ready_when_the_test_says_so_and_not_before(self):
        name = "stuck"
        bed.api.create(objects.deployment(self.namespace, name, replicas=2, ready=False))
        access.eventually(lambda: len(bed.api.list("Pod", self.namespace)) == 2, "two pods")
        self.assertFalse(bed.rolled_out("Deployment", self.namespace, name))
        self.assertEqual(bed.make_ready(self.namespace, name), 2)
        bed.wait_rolled_out("Deployment", self.namespace, name)
        bed.make_ready(self.namespace, name, ready=False)
        access.eventually(lambda: not bed.rolled_out("Deployment", self.namespace, name),
                          "unready again")

    def test_a_new_template_replaces_the_pods(self):
        bed.api.create(objects.deployment(self.namespace, "web"))
        bed.wait_rolled_out("Deployment", self.namespace, "web")
        bed.api.patch("Deployment", self.namespace, "web",
                      {"spec": {"template": {"metadata": {"annotations": {"again": "1"}}}}})
        bed.wait_rolled_out("Deployment", self.namespace, "web")
        self.assertEqual(len(bed.api.list("ReplicaSet", self.namespace)), 2)

    def test_the_audit_log_tells_who_wrote_a_template_what_and_when(self):
        user, other = self.user(), self.user()
        bed.api.create(objects.deployment(self.namespace, "web"))
        client = bed.client(user)
        patch = [{"op": "add", "path": "/spec/template/metadata/annotations",
                  "value": {"ebbgate.io/config-hash": "x"}}]
        before = time.time()
        client.patch("Deployment", self.namespace, "web", patch, "json", fieldManager="ebbgate")
        after = time.time()
        # None of these is a write of the template that took place.
        client.patch("Deployment", self.namespace, "web", {"metadata": {"annotations": {"a": "b"}}})
        client.patch("Deployment", self.namespace, "web", patch, "json", dryRun="All")
        with self.assertRaises(api.ApiError) as failed:
            client.patch("Deployment", self.namespace, "web",
                         [{"op": "test", "path": "/metadata/uid", "value": "no"}] + patch, "json")
        self.assertEqual(failed.exception.code, 422)
        bed.client(other).patch("Deployment", self.namespace, "web", patch, "json")

        writes = bed.audit.template_writes(user, self.namespace, "Deployment", "web")
        self.assertEqual([write.body for write in writes], [patch])
        self.assertLessEqual(before - 0.001, writes[0].received)
        self.assertLess(writes[0].received, writes[0].answered)
        self.assertLessEqual(writes[0].answered, after + 0.001)
        self.assertIn("fieldManager=ebbgate", writes[0].uri)
        self.assertEqual([write.code for write in bed.audit.writes(user)], [200, 200, 200, 422])
        self.assertEqual(
            [write.user for write in
             bed.audit.template_writes(None, self.namespace, "Deployment", "web")], [user, other])

    def test_the_reads_of_a_user_are_counted(self):
        user = self.user()
        client = bed.client(user)
        client.list("Secret", self.namespace)
        watch = client.watch("ConfigMap", self.namespace, allowWatchBookmarks="true")
        bed.api.create(objects.config_map(self.namespace, "seen", {"a": "1"}))
        self.assertEqual([next(watch)[1]["metadata"]["name"]], ["seen"])
        watch.close()
        access.eventually(lambda: bed.audit.calls(user)["watch", "configmaps"], "the watch is there")
        self.assertEqual(bed.audit.calls(user),
                         {("list", "secrets"): 1, ("watch", "configmaps"): 1})

    def test_values_of_secrets_are_not_in_the_audit_log(self):
        bed.api.create(objects.secret(self.namespace, "password", {"value": "hunter2"}))
        entry = bed.audit.writes(namespace=self.namespace, resource="secrets")[0]
        self.assertEqual((entry.verb, entry.name, entry.body), ("create", "password", None))

    def test_a_user_may_what_it_was_granted_and_only_there(self):
        user = bed.user()
        bed.grant(user, [self.namespace], without=["secrets"])
        client = bed.client(user)
        client.list("ConfigMap", self.namespace)
        for kind, namespace in (("Secret", self.namespace), ("ConfigMap", "default"),
                                ("ConfigMap", None)):
            with self.assertRaises(api.ApiError) as refused:
                client.list(kind, namespace)
            self.assertEqual(refused.exception.code, 403)
        bed.revoke(user)

        def refused_now():
            try:
                client.list("ConfigMap", self.namespace)
            except api.ApiError as error:
                return error.code == 403
        access.eventually(refused_now, "what was revoked is refused")

    def test_users_and_namespaces_are_given_once(self):
        self.assertNotEqual(bed.user(), bed.user())
        self.assertNotEqual(bed.namespace(), bed.namespace())

    def test_a_deleted_service_accounts_token_is_worth_nothing(self):
        token = bed.service_account_token(self.namespace, "ebbgate")
        account = f"system:serviceaccount:{self.namespace}:ebbgate"
        bed.grant(account, [self.namespace])
        client = api.Api(bed.server, bed.ca_file, token)
        client.list("ConfigMap", self.namespace)
        bed.api.delete("ServiceAccount", self.namespace, "ebbgate")

        def unknown_now():
            try:
                client.list("ConfigMap", self.namespace)
            except api.ApiError as error:
                return error.code == 401
        access.eventually(unknown_now, "the token is refused")

    def test_a_client_certificate_names_its_user(self):
        user = self.user()
        certificate, key = bed.client_certificate(user)
        kubeconfig = bed.kubeconfig(user, **{"client-certificate": str(certificate),
                                             "client-key": str(key)})
        found = bed.kubectl("auth", "whoami", "-o", "json", "--kubeconfig", kubeconfig)
        self.assertEqual(json.loads(found)["status"]["userInfo"]["username"], user)

    def test_kubectl_and_helm_work(self):
        bed.kubectl("apply", "-f", "-", stdin=[
            objects.config_map(self.namespace, "settings", {"a": "1"}),
            objects.deployment(self.namespace, "web", config_maps=["settings"])])
        bed.kubectl("rollout", "status", "--timeout=60s", "-n", self.namespace, "deployment/web")
        self.assertEqual(json.loads(bed.helm("list", "-n", self.namespace, "-o", "json")), [])

    def test_server_side_apply_owns_its_fields(self):
        thing = objects.config_map(self.namespace, "settings", {"a": "1"})
        bed.api.apply(thing, "one")
        found = bed.api.apply({**thing, "data": {"a": "2"}}, "two")
        self.assertEqual(found["data"], {"a": "2"})
        self.assertIn("two", [field["manager"] for field in found["metadata"]["managedFields"]])


if __name__ == "__main__":
    unittest.main(verbosity=2)
