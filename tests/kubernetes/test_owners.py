"""What owners and their tools do to workloads beside Ebbgate: it neither fights them nor rolls out
what they rolled out themselves."""

import calendar
import time
import unittest

import support
import cluster
import objects
from support import eventually, state, template_hash
from harness import Repeating

bed = cluster.shared()

QUICK = {"ebbgate.io/backoff-base": "500ms"}
WAITING = {"ebbgate.io/backoff-base": "10s"}

CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "values.yaml": "colour: red\nimage: 1\n",
    "templates/config.yaml": """
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {colour: {{ .Values.colour | quote }}}
""",
    "templates/web.yaml": """
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  annotations: {ebbgate.io/watch: "true"}
spec:
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      nodeName: kwok-node-0
      terminationGracePeriodSeconds: 0
      containers:
        - name: app
          image: "registry.example/app:{{ .Values.image }}"
          envFrom: [{configMapRef: {name: {{ .Release.Name }}}}]
""",
}


class OwnersTest(support.ControllerTest):
    bed = bed

    def setUp(self):
        super().setUp()
        self.namespace = bed.namespace()
        self.witnesses = 0

    def web(self, name="web", build=objects.deployment, annotations=None, colour="red", **how):
        """Creates a ConfigMap and a workload of this name that takes it, and returns the latter as
        it was applied."""
        bed.api.create(objects.config_map(self.namespace, name, {"colour": colour}))
        thing = build(self.namespace, name, config_maps=[name],
                      annotations={**objects.WATCHED, **(annotations or {})}, **how)
        bed.api.create(thing)
        return thing

    def start(self, *names, kind="Deployment", rolled_out=True, **settings):
        for name in names if rolled_out else ():
            bed.wait_rolled_out(kind, self.namespace, name)
        controller = self.controller([self.namespace], **settings)
        self.wait_adopted(self.namespace, *names, kind=kind)
        return controller

    def paint(self, colour, name="web"):
        bed.api.patch("ConfigMap", self.namespace, name, {"data": {"colour": colour}})

    def painted(self, controller, colour, count, name="web", kind="Deployment", rolled_out=True):
        """Changes the configuration and waits for its rollout, the `count`th template write."""
        self.paint(colour, name)
        self.wait_writes(controller, self.namespace, name, count, kind)
        self.wait_at_rest(controller, self.namespace, name, kind)
        if rolled_out:
            bed.wait_rolled_out(kind, self.namespace, name)

    def annotate(self, name="web", kind="Deployment", **annotations):
        """Sets annotations of the workload itself, for example hold="true"; None removes."""
        bed.api.patch(kind, self.namespace, name, {"metadata": {"annotations": {
            "ebbgate.io/" + key.replace("_", "-"): value for key, value in annotations.items()}}})

    def edit_template(self, name="web", kind="Deployment", text="by its owner"):
        bed.api.patch(kind, self.namespace, name, {
            "spec": {"template": {"metadata": {"annotations": {"edited": text}}}}})

    def writes(self, controller, name="web", kind="Deployment"):
        return self.template_writes(controller, self.namespace, name, kind)

    def replace(self, *things):
        """`kubectl replace`, again where the cluster's own write of the status came between."""
        def look():
            done = bed.kubectl("replace", "-f", "-", stdin=list(things), check=False)
            self.assertTrue(not done.returncode or b"Conflict" in done.stderr, done.stderr)
            return not done.returncode
        eventually(look, "it is replaced")

    def revisions(self, name="web"):
        return len(bed.api.list("ReplicaSet", self.namespace, labelSelector=f"app={name}"))

    def wait_after(self, controller):
        """Waits until it is sure that what was done before this call was seen and acted on: a
        workload that is made now is adopted and updated."""
        self.witnesses += 1
        name = f"witness-{self.witnesses}"
        self.web(name, replicas=0, annotations={"ebbgate.io/settle": "0s"})
        self.wait_adopted(self.namespace, name)
        self.painted(controller, "blue", 1, name, rolled_out=False)

    def wait_state(self, counter, level, name="web", kind="Deployment"):
        """Waits until the workload carries this."""
        def look():
            carried = state(self.get(self.namespace, name, kind)) or {}
            return (carried.get("counter"), carried.get("level")) == (counter, level)
        eventually(look, f"{name} carries counter {counter} and level {level}")

    def assert_at_rest_after(self, controller, count, name="web", level=None):
        """Nothing more is written: all in all there were `count` template writes of ours."""
        self.wait_after(controller)
        self.wait_at_rest(controller, self.namespace, name)
        self.assertEqual(len(self.writes(controller, name)), count)
        if level is not None:
            self.assertEqual(controller.workload(name, self.namespace)["level"], level)


class Tools(OwnersTest):
    """kubectl, Helm, and whoever else applies."""

    def test_helm_rolls_out_what_it_changes_together_and_ebbgate_the_configuration_alone(self):
        chart = self.folder / "chart"
        for name, text in CHART.items():
            (chart / name).parent.mkdir(parents=True, exist_ok=True)
            (chart / name).write_text(text)

        def helm(verb, *values):
            sets = [word for value in values for word in ("--set", value)]
            bed.helm("--namespace", self.namespace, verb, "web", chart, *sets)

        helm("install")
        controller = self.start("web", settle={"quiet": "8s", "max": "60s"})
        for number in (2, 3):
            helm("upgrade", f"colour=blue{number}", f"image={number}")
            bed.wait_rolled_out("Deployment", self.namespace, "web")
            self.assert_at_rest_after(controller, 0, level=0)
            self.assertEqual(self.revisions(), number)
        helm("upgrade", "colour=green", "image=3")
        self.wait_writes(controller, self.namespace, "web", 1)
        bed.wait_rolled_out("Deployment", self.namespace, "web")
        self.assertEqual(self.revisions(), 4)
        # Its three-way merge leaves our annotations alone.
        helm("upgrade", "colour=yellow", "image=4")
        bed.wait_rolled_out("Deployment", self.namespace, "web")
        self.assert_at_rest_after(controller, 1, level=1)
        self.assertEqual(self.revisions(), 5)
        bed.helm("--namespace", self.namespace, "rollback", "web", 1)
        bed.wait_rolled_out("Deployment", self.namespace, "web")
        self.assert_at_rest_after(controller, 1, level=1)

    def test_after_rollout_undo_the_state_is_written_back_and_nothing_rolls_out(self):
        self.web()
        controller = self.start("web")
        self.painted(controller, "blue", 1)
        bed.kubectl("-n", self.namespace, "rollout", "undo", "deployment/web")
        bed.wait_rolled_out("Deployment", self.namespace, "web")
        self.wait_state(counter=1, level=1)
        self.assert_at_rest_after(controller, 1, level=1)
        self.assertIsNone(template_hash(self.get(self.namespace, "web")))
        # What runs now began with blue.
        self.painted(controller, "red", 2)
        self.assert_spaced(self.writes(controller))

    def test_rollout_undo_of_a_rollout_that_was_not_complete_is_followed_by_one_update(self):
        self.web(ready=False)
        eventually(lambda: bed.make_ready(self.namespace, "web"), "its pod is there")
        controller = self.start("web")
        self.painted(controller, "blue", 1, rolled_out=False)
        eventually(lambda: self.revisions() == 2, "there is a revision to go back to")
        bed.kubectl("-n", self.namespace, "rollout", "undo", "deployment/web")
        writes = self.wait_writes(controller, self.namespace, "web", 2)
        self.assert_spaced(writes)
        self.assert_at_rest_after(controller, 2)

    def test_kubectl_apply_and_server_side_apply_by_others_make_no_rollout_and_no_fight(self):
        names = ("client", "server")
        things = {name: self.web(name) for name in names}
        bed.kubectl("apply", "-f", "-", stdin=[things["client"]])
        bed.api.apply(things["server"], manager="deployer")
        controller = self.start(*names)
        for name in names:
            self.painted(controller, "blue", 1, name)
        before = {name: state(self.get(self.namespace, name)) for name in names}
        for _ in range(3):
            bed.kubectl("apply", "-f", "-", stdin=[things["client"]])
            bed.api.apply(things["server"], manager="deployer")
        for name in names:
            self.assert_at_rest_after(controller, 1, name, level=1)
            self.assertEqual(self.revisions(name), 2)
            self.assertEqual(state(self.get(self.namespace, name)), before[name])
        # Together with a change of the template.
        for name, thing in things.items():
            thing["spec"]["template"]["spec"]["containers"][0]["image"] += ".1"
        bed.kubectl("apply", "-f", "-", stdin=[things["client"]])
        bed.api.apply(things["server"], manager="deployer")
        for name in names:
            bed.wait_rolled_out("Deployment", self.namespace, name)
            self.assert_at_rest_after(controller, 1, name, level=1)
            self.assertEqual(self.revisions(name), 3)

    def test_kubectl_replace_wipes_our_annotations_and_the_state_comes_back(self):
        things = {name: self.web(name) for name in ("updated", "adopted")}
        controller = self.start(*things)
        self.painted(controller, "blue", 1, "updated")
        for thing in things.values():
            self.replace(thing)
        for name, counter in (("updated", 1), ("adopted", 0)):
            self.wait_state(counter=counter, level=counter, name=name)
            bed.wait_rolled_out("Deployment", self.namespace, name)
            self.assert_at_rest_after(controller, counter, name, level=counter)
        self.assertIsNone(template_hash(self.get(self.namespace, "updated")))
        self.assertEqual(self.revisions("adopted"), 1)
        # A leader without a database takes all of it from there.
        controller.stop()
        self.forget_database()
        again = self.controller([self.namespace])
        self.assertEqual(again.workload("updated", self.namespace)["level"], 1)
        self.assert_at_rest_after(again, 1, "updated")
        self.painted(again, "red", 2, "updated")
        self.painted(again, "blue", 1, "adopted")
        self.assert_spaced(self.writes(again, "updated"))

    def test_two_deployers_that_replace_in_turn_meet_no_write_but_the_states(self):
        thing = self.web(replicas=0)
        controller = self.start("web")
        self.painted(controller, "blue", 1)
        for turn in range(4):
            thing["metadata"]["labels"] = {"turn": str(turn)}
            self.replace(thing)
            self.wait_state(counter=1, level=1)
        self.assert_at_rest_after(controller, 1, level=1)
        patches = bed.audit.entries(user=controller.user, verb="patch", name="web",
                                    namespace=self.namespace, resource="deployments")
        # Its adoption, its update, and one for each time that it was wiped.
        self.assertLessEqual(len(patches), 2 + 2 * 4)

    def test_the_update_lands_though_the_workload_is_scaled_and_annotated_all_the_time(self):
        self.web(annotations=QUICK)
        controller = self.start("web")

        def scale(number):
            bed.api.patch("Deployment", self.namespace, "web",
                          {"spec": {"replicas": 1 + number % 3}}, subresource="scale")

        def annotate(number):
            bed.api.patch("Deployment", self.namespace, "web",
                          {"metadata": {"annotations": {"tool.example/seen": str(number)}}})

        def paint(number):
            bed.api.patch("ConfigMap", self.namespace, "web", {"data": {"colour": str(number)}})

        with Repeating(annotate, 50) as annotated, Repeating(scale, 4) as scaled, \
                Repeating(paint, 20):
            # Half a second, one, two and four after each other; pods come and go meanwhile.
            self.wait_writes(controller, self.namespace, "web", 4)
            eventually(lambda: annotated.done >= 50 and scaled.done >= 4,
                       "others have written to it often", patience=120)
        self.paint("at last")
        self.wait_at_rest(controller, self.namespace, "web")
        writes = self.writes(controller)
        self.assert_spaced(writes, base=0.5)
        patches = bed.audit.entries(user=controller.user, verb="patch", resource="deployments",
                                    namespace=self.namespace, name="web")
        # All that it does to the workload is its adoption and its updates, none in vain.
        self.assertEqual([patch.code for patch in patches], [200] * (1 + len(writes)))


class Workloads(OwnersTest):
    """What an owner does to one workload."""

    def test_a_template_edit_takes_on_a_waiting_change_and_a_change_back_is_one(self):
        self.web(annotations=WAITING, replicas=0)
        controller = self.start("web")
        self.painted(controller, "blue", 1)
        self.paint("green")
        eventually(lambda: controller.workload("web", self.namespace)["state"] == "waiting",
                   "green waits")
        self.edit_template()
        self.wait_at_rest(controller, self.namespace, "web")
        bed.wait_rolled_out("Deployment", self.namespace, "web")
        seen = controller.workload("web", self.namespace)
        self.assertEqual((seen["changes"], seen["coalesced"], seen["updates"]), (2, 1, 1))
        self.paint("blue")
        writes = self.wait_writes(controller, self.namespace, "web", 2)
        self.assert_spaced(writes, base=10)
        self.wait_at_rest(controller, self.namespace, "web")
        bed.wait_rolled_out("Deployment", self.namespace, "web")
        # Red, blue, the edit, and blue again, though its fingerprint never left the template.
        eventually(lambda: self.revisions() == 4, "four revisions")
        seen = controller.workload("web", self.namespace)
        self.assertEqual((seen["changes"], seen["coalesced"], seen["updates"]), (3, 1, 2))

    def test_a_change_that_is_changed_back_while_it_waits_makes_no_update(self):
        self.web(annotations={"ebbgate.io/backoff-base": "30s"}, replicas=0)
        controller = self.start("web")
        self.painted(controller, "blue", 1)
        for colour in ("green", "yellow", "blue"):
            self.paint(colour)
        self.assert_at_rest_after(controller, 1, level=1)
        self.assertEqual(self.revisions(), 2)

    def test_a_stripped_hash_is_the_owners_rollout_and_is_not_put_back(self):
        self.web()
        controller = self.start("web")
        self.painted(controller, "blue", 1)
        path = "/spec/template/metadata/annotations"
        bed.api.patch("Deployment", self.namespace, "web", [{"op": "remove", "path": path}],
                      "json")
        bed.wait_rolled_out("Deployment", self.namespace, "web")
        self.assert_at_rest_after(controller, 1, level=1)
        self.assertIsNone(template_hash(self.get(self.namespace, "web")))
        # What it took on stands in its state.
        controller.stop()
        self.forget_database()
        again = self.controller([self.namespace])
        self.assert_at_rest_after(again, 1, level=1)
        self.painted(again, "green", 2)

    def test_deleting_and_making_it_anew_does_not_launder_its_level(self):
        thing = self.web()
        controller = self.start("web")
        for count, colour in ((1, "blue"), (2, "green")):
            self.painted(controller, colour, count)
        before = self.get(self.namespace, "web")["metadata"]["uid"]
        bed.api.delete("Deployment", self.namespace, "web")
        eventually(lambda: bed.api.find("Deployment", self.namespace, "web") is None,
                   "it is deleted")
        bed.api.create(thing)
        self.wait_state(counter=2, level=2)
        self.assertNotEqual(self.get(self.namespace, "web")["metadata"]["uid"], before)
        bed.wait_rolled_out("Deployment", self.namespace, "web")
        self.assert_at_rest_after(controller, 2, level=2)
        self.painted(controller, "yellow", 3)
        self.assert_spaced(self.writes(controller))
        self.assertEqual(support.written_state(self.writes(controller)[-1])["level"], 3)

    def test_a_copy_of_a_workload_takes_nothing_over_from_the_one_it_was_copied_from(self):
        self.web()
        controller = self.start("web")
        self.painted(controller, "blue", 1)
        copy = self.get(self.namespace, "web")
        copy.pop("status")
        copy["metadata"] = {"namespace": self.namespace, "name": "copy",
                            "annotations": copy["metadata"]["annotations"]}
        copy["spec"]["selector"] = {"matchLabels": {"app": "copy"}}
        copy["spec"]["template"]["metadata"]["labels"] = {"app": "copy"}
        bed.api.create(copy)
        self.wait_state(counter=0, level=0, name="copy")
        bed.wait_rolled_out("Deployment", self.namespace, "copy")
        self.assert_at_rest_after(controller, 0, "copy", level=0)
        self.paint("green")
        self.wait_writes(controller, self.namespace, "copy", 1)

    def test_nothing_is_written_while_it_is_paused_and_one_update_after(self):
        self.web()
        controller = self.start("web")
        bed.api.patch("Deployment", self.namespace, "web", {"spec": {"paused": True}})
        eventually(lambda: controller.workload("web", self.namespace)["state"] == "held",
                   "it is seen to be paused")
        for colour in ("blue", "green"):
            self.paint(colour)
        self.wait_after(controller)
        seen = controller.workload("web", self.namespace)
        self.assertEqual((seen["state"], [gate["gate"] for gate in seen["gates"]]),
                         ("held", ["hold"]))
        self.assertIn("paused", seen["gates"][0]["reason"])
        self.assertEqual(self.writes(controller), [])
        bed.api.patch("Deployment", self.namespace, "web", {"spec": {"paused": False}})
        self.wait_writes(controller, self.namespace, "web", 1)
        bed.wait_rolled_out("Deployment", self.namespace, "web")
        self.assert_at_rest_after(controller, 1, level=1)
        self.assertEqual(self.revisions(), 2)

    def test_pods_of_ondelete_workloads_wait_for_deletion_and_an_event_says_so(self):
        on_delete = {"updateStrategy": {"type": "OnDelete"}}
        builders = {"StatefulSet": objects.stateful_set, "DaemonSet": objects.daemon_set}
        for kind, build in builders.items():
            self.web(kind.lower(), build, more=on_delete)
            bed.wait_rolled_out(kind, self.namespace, kind.lower())
        controller = self.controller([self.namespace])
        for kind in builders:
            name = kind.lower()
            self.wait_adopted(self.namespace, name, kind=kind)
            self.painted(controller, "blue", 1, name, kind, rolled_out=False)
            eventually(lambda: "WaitsForDeletion" in support.reasons(bed.api, self.namespace, name),
                       f"an event tells that pods of {name} wait")
            pods = bed.api.list("Pod", self.namespace, labelSelector=f"app={name}")
            self.assertEqual([pod["metadata"]["annotations"] for pod in pods
                              if support.HASH in pod["metadata"].get("annotations", {})], [])
            # Nobody waits for such a rollout: only the level counts.
            self.painted(controller, "green", 2, name, kind, rolled_out=False)
            self.assert_spaced(self.writes(controller, name, kind))
            # A pod that is deleted earlier comes back as it was.
            bed.wait_observed(kind, self.namespace, name)
            for pod in pods:
                bed.api.delete("Pod", self.namespace, pod["metadata"]["name"])
            bed.wait_rolled_out(kind, self.namespace, name)

    def test_a_workload_that_is_being_deleted_is_left_alone(self):
        self.web()
        controller = self.start("web")
        bed.api.patch("Deployment", self.namespace, "web",
                      {"metadata": {"finalizers": ["tests.example/keep"]}})
        bed.api.delete("Deployment", self.namespace, "web")
        path = f"/api/v1/workloads/{self.namespace}/Deployment/web"
        eventually(lambda: controller.get(path)[0] == 404, "it is seen that it is being deleted")
        self.paint("blue")
        self.wait_after(controller)
        self.assertEqual(self.writes(controller), [])
        bed.api.patch("Deployment", self.namespace, "web", {"metadata": {"finalizers": None}})
        eventually(lambda: bed.api.find("Deployment", self.namespace, "web") is None, "it is gone")

    def test_a_workload_without_replicas_is_updated_and_not_waited_for(self):
        self.web(replicas=0, annotations=QUICK)
        controller = self.start("web")
        for count, colour in ((1, "blue"), (2, "green"), (3, "yellow")):
            self.painted(controller, colour, count)
        self.assert_spaced(self.writes(controller), base=0.5)
        self.assertEqual(controller.workload("web", self.namespace)["state"], "idle")
        bed.api.patch("Deployment", self.namespace, "web", {"spec": {"replicas": 2}})
        bed.wait_rolled_out("Deployment", self.namespace, "web")
        self.assert_at_rest_after(controller, 3, level=3)


class Annotations(OwnersTest):
    """What an owner asks for in annotations."""

    def test_a_workload_may_have_a_policy_of_its_own_and_an_invalid_one_is_set_aside(self):
        self.web("own", annotations={"ebbgate.io/backoff-base": "3s"}, replicas=0)
        self.web("invalid", annotations={"ebbgate.io/backoff-base": "soon"}, replicas=0)
        # Would it count, its second update were not seen here.
        self.web("nonsense", annotations={"ebbgate.io/backoff-base": "9m",
                                          "ebbgate.io/backoff-max": "8m"}, replicas=0)
        names = {"own": 3, "invalid": 1, "nonsense": 1}
        controller = self.start(*names, rolled_out=False)
        for name in ("invalid", "nonsense"):
            eventually(lambda: "InvalidPolicy" in support.reasons(bed.api, self.namespace, name),
                       f"an event tells that the policy of {name} is invalid")
        for colour in ("blue", "green"):
            for name in names:
                self.paint(colour, name)
            for name in names:
                self.wait_writes(controller, self.namespace, name,
                                 ("blue", "green").index(colour) + 1)
        for name, base in names.items():
            self.assert_spaced(self.writes(controller, name), base=base)
        self.assertNotIn("InvalidPolicy", support.reasons(bed.api, self.namespace, "own"))

        # A policy that comes later counts from then on, for the delay under way too.
        self.annotate("own", backoff_base="9m", backoff_max="9m")
        self.paint("red", "own")
        eventually(lambda: controller.workload("own", self.namespace)["state"] == "waiting",
                   "red waits")
        self.wait_after(controller)
        self.assertEqual(len(self.writes(controller, "own")), 2)
        self.annotate("own", backoff_base="1s", backoff_max="1s")
        self.wait_writes(controller, self.namespace, "own", 3)

    def test_a_held_workload_is_updated_once_after_it_is_held_no_more(self):
        self.web("held", annotations={"ebbgate.io/hold": "true"}, replicas=0)
        self.web("until", replicas=0)
        self.web("misspelt", annotations={"ebbgate.io/hold": "yes"}, replicas=0)
        names = ("held", "until", "misspelt")
        controller = self.start(*names, rolled_out=False)
        end = int(time.time()) + 4
        text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))
        self.annotate("until", hold=text)
        eventually(lambda: controller.workload("until", self.namespace)["state"] == "held",
                   "it is held")
        for colour in ("blue", "green"):
            for name in names:
                self.paint(colour, name)
        self.wait_after(controller)
        for name in ("held", "misspelt"):
            self.assertEqual(self.writes(controller, name), [])
            self.assertEqual(controller.workload(name, self.namespace)["state"], "held")
        eventually(lambda: "InvalidPolicy" in support.reasons(bed.api, self.namespace, "misspelt"),
                   "an event tells that the hold is misspelt")
        eventually(lambda: "UpdateHeld" in support.reasons(bed.api, self.namespace, "held"),
                   "an event tells that an update is held")
        self.annotate("held", hold=None)
        self.annotate("misspelt", hold="false")
        for name in names:
            self.wait_writes(controller, self.namespace, name, 1)
        self.assertGreaterEqual(self.writes(controller, "until")[0].received,
                                calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")))
        for name in names:
            self.assert_at_rest_after(controller, 1, name, level=1)

    def test_who_opts_out_is_left_alone_and_who_opts_in_again_has_missed_nothing(self):
        for name in ("changed", "unchanged"):
            self.web(name, replicas=0)
        names = ("changed", "unchanged")
        controller = self.start(*names)
        for name in names:
            self.painted(controller, "blue", 1, name)
            self.annotate(name, watch="false")
            path = f"/api/v1/workloads/{self.namespace}/Deployment/{name}"
            eventually(lambda path=path: controller.get(path)[0] == 404, f"{name} is let go")
        self.paint("green", "changed")
        self.wait_after(controller)
        for name in names:
            self.assertEqual(len(self.writes(controller, name)), 1)
        for name in names:
            self.annotate(name, watch="true")
        self.wait_writes(controller, self.namespace, "changed", 2)
        self.assert_spaced(self.writes(controller, "changed"))
        self.assert_at_rest_after(controller, 2, "changed", level=2)
        self.assert_at_rest_after(controller, 1, "unchanged", level=1)


def load_tests(loader, tests, pattern):
    return unittest.TestSuite(support.SideBySide(loader.loadTestsFromTestCase(group))
                              for group in (Tools, Workloads, Annotations))


if __name__ == "__main__":
    unittest.main(verbosity=2)
