"""Which changes of ConfigMaps and Secrets roll a workload out, and which do not: one Ebbgate with
many workloads, each of which references its configuration in another way."""

import unittest

import support
import cluster
import objects
from objects import config_map_volume, secret_volume
from support import eventually

bed = cluster.shared()

OTHERS = (
    {"serviceAccountToken": {"path": "token"}},
    {"downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
)


def projected(*sources):
    return {"name": "projected", "projected": {"sources": [*OTHERS, *sources]}}


def variable(name, key, kind="configMapKeyRef", **more):
    return {"name": "VARIABLE", "valueFrom": {kind: {"name": name, "key": key, **more}}}


def items(*keys):
    return [{"key": key, "path": key} for key in keys]


def initial(**fields):
    """A pod whose init container has these fields."""
    return {"initContainers": [{"name": "init", "image": objects.IMAGE, **fields}]}


def extra(kind, *names):
    return {**objects.WATCHED, f"ebbgate.io/extra-{kind}": ", ".join(names)}


class References(support.ControllerTest):
    bed = bed

    def setUp(self):
        super().setUp()
        self.namespace, self.other = bed.namespace(), bed.namespace("other")
        self.witnesses = 0

    def map(self, name, namespace=None, **data):
        return bed.api.create(objects.config_map(namespace or self.namespace, name,
                                                 data or {"a": "1", "b": "1"}))

    def secret(self, name, namespace=None, **data):
        return bed.api.create(objects.secret(namespace or self.namespace, name,
                                             data or {"a": "1", "b": "1"}))

    def workload(self, name, build=objects.deployment, **how):
        """Without pods: what matters is its template."""
        if build is not objects.daemon_set:
            how.setdefault("replicas", 0)
        return bed.api.create(build(self.namespace, name, **how))

    def set(self, name, namespace=None, kind="ConfigMap", **data):
        """Sets these keys; None removes one."""
        field = "data" if kind == "ConfigMap" else "stringData"
        bed.api.patch(kind, namespace or self.namespace, name, {field: data})

    def start(self, *names):
        controller = self.controller([self.namespace, self.other])
        self.wait_all_adopted(names)
        return controller

    def wait_all_adopted(self, names):
        def look():
            there = {thing["metadata"]["name"]: support.state(thing)
                     for kind in ("Deployment", "StatefulSet", "DaemonSet")
                     for thing in bed.api.list(kind, self.namespace)}
            return all(there[name] for name in names)
        eventually(look, f"all of {names} are adopted")

    def counts(self, controller, kinds):
        return {name: len(self.template_writes(controller, self.namespace, name, kind))
                for name, kind in kinds.items()}

    def changes(self, controller, names):
        return {name: controller.workload(name, self.namespace)["changes"] for name in names}

    def wait_after(self, controller, *kinds):
        """Waits until the effect of a change that is made now is seen: what was changed in objects
        of these kinds before was seen as well."""
        for kind in kinds:
            self.witnesses += 1
            name = f"witness-{self.witnesses}"
            field = "config_maps" if kind == "ConfigMap" else "secrets"
            (self.map if kind == "ConfigMap" else self.secret)(name)
            self.workload(name, **{field: [name]})
            self.wait_all_adopted([name])
            self.set(name, kind=kind, a="2")
            self.wait_writes(controller, self.namespace, name, 1)

    def test_a_change_of_what_is_referenced_rolls_out_once_however_it_is_referenced(self):
        kinds, steps = {}, []

        def case(name, step, build=objects.deployment, **how):
            kinds[name] = self.workload(name, build, **how)["kind"]
            steps.append(step)

        def of_map(name, build=objects.deployment, data=None, change=None, **how):
            self.map(name, **(data or {}))
            case(name, lambda: self.set(name, **(change or {"a": "2"})), build, **how)

        def of_secret(name, **how):
            self.secret(name)
            case(name, lambda: self.set(name, kind="Secret", a="2"), **how)

        of_map("map-environment", config_maps=["map-environment"])
        of_map("map-volume", volumes=[config_map_volume("map-volume")])
        of_map("map-items", volumes=[config_map_volume("map-items", ["a"])])
        of_map("map-variable", container={"env": [variable("map-variable", "a")]})
        of_map("map-projected",
               volumes=[projected({"configMap": {"name": "map-projected"}})])
        of_map("map-projected-items", volumes=[projected(
            {"configMap": {"name": "map-projected-items", "items": items("a")}})])
        of_map("map-init-variable", spec=initial(env=[variable("map-init-variable", "a")]))
        of_map("map-init-environment",
               spec=initial(envFrom=[{"configMapRef": {"name": "map-init-environment"}}]))
        of_map("new-key", change={"c": "1"}, config_maps=["new-key"])
        of_map("lost-key", change={"b": None}, config_maps=["lost-key"])
        of_map("twice", change={"b": "2"}, volumes=[config_map_volume("twice", ["b"])],
               container={"env": [variable("twice", "a")]})
        of_map("twice-optional", change={"c": "1"},
               volumes=[config_map_volume("twice-optional", ["a"])],
               container={"env": [variable("twice-optional", "c", optional=True)]})
        of_map("stateful-set", build=objects.stateful_set, config_maps=["stateful-set"])
        of_map("daemon-set", build=objects.daemon_set, config_maps=["daemon-set"], ready=False)
        of_secret("secret-environment", secrets=["secret-environment"])
        of_secret("secret-volume", volumes=[secret_volume("secret-volume")])
        of_secret("secret-items", volumes=[secret_volume("secret-items", ["a"])])
        of_secret("secret-variable",
                  container={"env": [variable("secret-variable", "a", "secretKeyRef")]})
        of_secret("secret-projected",
                  volumes=[projected({"secret": {"name": "secret-projected"}})])
        of_secret("secret-init-variable",
                  spec=initial(env=[variable("secret-init-variable", "a", "secretKeyRef")]))
        of_map("extra-map", annotations=extra("configmaps", "extra-map"))
        of_map("extra-map-key", annotations=extra("configmaps", "extra-map-key:a"))
        of_secret("extra-secret", annotations=extra("secrets", "extra-secret"))
        for name, entry in (("far-map", "far-map"), ("far-map-key", "far-map-key:a")):
            self.map(name, self.other)
            case(name, lambda name=name: self.set(name, self.other, a="2"),
                 annotations=extra("configmaps", "no-other", f"{self.other}/{entry}"))
        self.map("no-other")
        self.secret("far-secret", self.other)
        case("far-secret", lambda: self.set("far-secret", self.other, "Secret", a="2"),
             annotations=extra("secrets", f"{self.other}/far-secret:a"))
        bed.api.create(objects.config_map(self.namespace, "binary", binary={"a": b"\x00\xff"}))
        case("binary", lambda: bed.api.replace(
            objects.config_map(self.namespace, "binary", binary={"a": b"\x00\xfe"})),
            volumes=[config_map_volume("binary", ["a"])])
        case("optional-map", lambda: self.map("optional-map"),
             volumes=[config_map_volume("optional-map", optional=True)])
        case("optional-secret", lambda: self.secret("optional-secret"), container={
            "envFrom": [{"secretRef": {"name": "optional-secret", "optional": True}}]})
        self.map("optional-lost")
        case("optional-lost",
             lambda: bed.api.delete("ConfigMap", self.namespace, "optional-lost"),
             volumes=[projected({"configMap": {"name": "optional-lost", "optional": True}})])

        controller = self.start(*kinds)
        self.assertEqual(self.counts(controller, kinds), dict.fromkeys(kinds, 0))
        for step in steps:
            step()
        for name, kind in kinds.items():
            self.wait_writes(controller, self.namespace, name, 1, kind)
            self.wait_at_rest(controller, self.namespace, name, kind)
        self.wait_after(controller, "ConfigMap", "Secret")
        self.assertEqual(self.counts(controller, kinds), dict.fromkeys(kinds, 1))
        for name, kind in kinds.items():
            seen = controller.workload(name, self.namespace, kind)
            self.assertEqual((name, seen["changes"], seen["updates"]), (name, 1, 1))
            self.assertTrue(support.template_hash(self.get(self.namespace, name, kind)).startswith(
                "v1-" + seen["desired"]))

    def test_what_is_not_referenced_or_is_no_content_changes_nothing(self):
        names = []

        def case(name, **how):
            self.workload(name, **how)
            names.append(name)

        for name, how in {
                "other-item": {"volumes": [config_map_volume("other-item", ["a"])]},
                "other-key": {"container": {"env": [variable("other-key", "a")]}},
                "other-extra-key": {"annotations": extra("configmaps", "other-extra-key:a")},
                "metadata": {"config_maps": ["metadata"]},
                "immutable": {"config_maps": ["immutable"]},
                "rewritten": {"config_maps": ["rewritten"]},
                "made-anew": {"config_maps": ["made-anew"]},
                "ignored": {"config_maps": ["ignored"]},
                "far": {"config_maps": ["far"]},
                "workload-metadata": {"config_maps": ["workload-metadata"]},
                "optional-absent": {
                    "config_maps": ["optional-absent"],
                    "volumes": [config_map_volume("never", optional=True)]}}.items():
            self.map(name)
            case(name, **how)
        bed.api.create(objects.config_map(self.namespace, "ignored-first", {"a": "1"},
                                          annotations={"ebbgate.io/ignore": "true"}))
        case("ignored-first", config_maps=["ignored-first"])
        self.map("far", self.other)
        self.secret("pull", **{".dockerconfigjson": "{}"})
        case("pull", spec={"imagePullSecrets": [{"name": "pull"}]})
        self.secret("secret-rewritten")
        case("secret-rewritten", secrets=["secret-rewritten"])
        self.map("not-watched")
        self.workload("not-watched", annotations={"ebbgate.io/watch": "false"},
                      config_maps=["not-watched"])

        controller = self.start(*names)
        for name in ("other-item", "other-key", "other-extra-key"):
            self.set(name, b="2", c="1")
        bed.api.patch("ConfigMap", self.namespace, "metadata", {
            "metadata": {"labels": {"a": "b"}, "annotations": {"a": "b"}}})
        bed.api.patch("ConfigMap", self.namespace, "immutable", {"immutable": True})
        for turn in range(3):
            rewritten = objects.config_map(self.namespace, "rewritten", {"b": "1", "a": "1"},
                                           labels={"turn": str(turn)})
            bed.api.replace(rewritten)
        bed.api.delete("ConfigMap", self.namespace, "made-anew")
        self.map("made-anew")
        bed.api.patch("ConfigMap", self.namespace, "ignored",
                      {"metadata": {"annotations": {"ebbgate.io/ignore": "true"}}})
        for name in ("ignored", "ignored-first", "not-watched"):
            self.set(name, a="2")
        self.set("far", self.other, a="2")
        bed.api.patch("Deployment", self.namespace, "workload-metadata", {
            "metadata": {"labels": {"a": "b"}, "annotations": {"a": "b"}}})
        self.set("pull", kind="Secret", **{".dockerconfigjson": '{"auths": {}}'})
        bed.api.replace(objects.secret(self.namespace, "secret-rewritten", {"b": "1", "a": "1"},
                                       labels={"again": "true"}))
        self.wait_after(controller, "ConfigMap", "Secret")

        kinds = dict.fromkeys([*names, "not-watched"], "Deployment")
        self.assertEqual(self.counts(controller, kinds), dict.fromkeys(kinds, 0))
        self.assertEqual({name: support.template_hash(self.get(self.namespace, name))
                          for name in kinds}, dict.fromkeys(kinds, None))
        self.assertIsNone(support.state(self.get(self.namespace, "not-watched")))
        changed_back = {"made-anew"}  # it was absent for a moment, which is no content
        quiet = [name for name in names if name not in changed_back]
        self.assertEqual(self.changes(controller, quiet), dict.fromkeys(quiet, 0))

        # What was ignored counts again from when it is no longer: not for its past.
        bed.api.patch("ConfigMap", self.namespace, "ignored",
                      {"metadata": {"annotations": {"ebbgate.io/ignore": None}}})
        self.wait_after(controller, "ConfigMap")
        self.assertEqual(self.template_writes(controller, self.namespace, "ignored"), [])
        self.set("ignored", a="3")
        self.wait_writes(controller, self.namespace, "ignored", 1)

    def wait_missing(self, controller, name, what):
        """Waits until it waits for this, and an event says so."""
        def look():
            seen = controller.workload(name, self.namespace)
            return any(gate["gate"] == "missing" and what in gate["reason"]
                       for gate in seen["gates"])
        eventually(look, f"{name} waits for {what}")
        eventually(lambda: "ReferenceMissing" in support.reasons(bed.api, self.namespace, name),
                   f"an event tells that {name} waits for {what}")

    def test_an_update_waits_for_what_is_required_and_missing_and_then_goes_out_once(self):
        for name in ("object", "whole"):
            self.map(name)
            self.map(name + "-needed")
            self.workload(name, config_maps=[name, name + "-needed"])
        self.map("key")
        self.workload("key", container={"env": [variable("key", "a"), variable("key", "b")]})
        self.map("item")
        self.workload("item", volumes=[config_map_volume("item", ["a", "b"])])
        self.map("secret-key")
        self.secret("secret-key")
        self.workload("secret-key", config_maps=["secret-key"], container={
            "env": [variable("secret-key", "b", "secretKeyRef"), variable("secret-key", "a")]})
        self.map("extra")
        self.map("extra-needed", self.other)
        self.workload("extra", annotations=extra("configmaps", f"{self.other}/extra-needed"),
                      config_maps=["extra"])
        kinds = dict.fromkeys(("object", "whole", "key", "item", "secret-key", "extra"),
                              "Deployment")
        controller = self.start(*kinds)

        bed.api.delete("ConfigMap", self.namespace, "object-needed")
        bed.api.delete("ConfigMap", self.namespace, "whole-needed")
        bed.api.delete("ConfigMap", self.other, "extra-needed")
        self.set("key", b=None)
        self.set("item", b=None)
        bed.api.patch("Secret", self.namespace, "secret-key", {"data": {"b": None}})
        self.wait_missing(controller, "object", "object-needed")
        self.wait_missing(controller, "whole", "whole-needed")
        self.wait_missing(controller, "extra", f"{self.other}/extra-needed")
        for name in ("key", "item", "secret-key"):
            self.wait_missing(controller, name, "has no key b")
        for name in kinds:
            self.set(name, a="2")
        self.wait_after(controller, "ConfigMap", "Secret")
        self.assertEqual(self.counts(controller, kinds), dict.fromkeys(kinds, 0))

        self.map("object-needed", a="other than before")
        self.map("whole-needed")
        self.map("extra-needed", self.other)
        for name in ("key", "item"):
            self.set(name, b="2")
        self.set("secret-key", kind="Secret", b="2")
        for name in kinds:
            self.wait_writes(controller, self.namespace, name, 1)
            self.wait_at_rest(controller, self.namespace, name)
        self.wait_after(controller, "ConfigMap", "Secret")
        self.assertEqual(self.counts(controller, kinds), dict.fromkeys(kinds, 1))

    def test_a_workload_whose_references_are_missing_at_first_is_adopted_once_they_exist(self):
        self.map("half", a="1")
        self.workload("object", config_maps=["late"])
        self.workload("key", container={"env": [variable("half", "b")]})
        controller = self.controller([self.namespace])
        self.wait_missing(controller, "object", "late does not exist")
        self.wait_missing(controller, "key", "half has no key b")
        for name in ("object", "key"):
            self.assertIsNone(support.state(self.get(self.namespace, name)))
        self.map("late")
        self.set("half", b="1")
        self.wait_all_adopted(["object", "key"])
        kinds = dict.fromkeys(("object", "key"), "Deployment")
        self.assertEqual(self.counts(controller, kinds), dict.fromkeys(kinds, 0))
        self.set("late", a="2")
        self.set("half", b="2")
        for name in kinds:
            self.wait_writes(controller, self.namespace, name, 1)
            self.wait_at_rest(controller, self.namespace, name)
        self.assertEqual(self.counts(controller, kinds), dict.fromkeys(kinds, 1))

    def test_another_set_of_references_is_adopted_while_ebbgate_watches(self):
        for name in ("own", "more", "annotated"):
            self.map(name)
        self.workload("template", config_maps=["own"])
        self.workload("annotation", config_maps=["own"])
        controller = self.start("template", "annotation")
        kinds = dict.fromkeys(("template", "annotation"), "Deployment")

        # The owner's own rollout; an annotation rolls nothing out.
        sources = [{"configMapRef": {"name": name}} for name in ("own", "more")]
        bed.api.patch("Deployment", self.namespace, "template", {"spec": {"template": {"spec": {
            "containers": [{"name": "app", "envFrom": sources}]}}}}, "strategic")
        bed.api.patch("Deployment", self.namespace, "annotation", {
            "metadata": {"annotations": extra("configmaps", "annotated")}})
        for name, count in (("template", 2), ("annotation", 2)):
            eventually(lambda: len(controller.workload(name, self.namespace)["references"]) == count,
                       f"{name} has {count} references")
            self.wait_at_rest(controller, self.namespace, name)
        self.wait_after(controller, "ConfigMap")
        self.assertEqual(self.counts(controller, kinds), dict.fromkeys(kinds, 0))
        self.assertEqual(self.changes(controller, kinds), dict.fromkeys(kinds, 0))

        # What was added counts from here on.
        self.set("more", a="2")
        self.set("annotated", a="2")
        for name in kinds:
            self.wait_writes(controller, self.namespace, name, 1)
            self.wait_at_rest(controller, self.namespace, name)

        # What is taken away counts no more.
        bed.api.patch("Deployment", self.namespace, "annotation", {
            "metadata": {"annotations": {"ebbgate.io/extra-configmaps": None}}})
        eventually(lambda: len(controller.workload("annotation",
                                                   self.namespace)["references"]) == 1,
                   "the annotation's reference is gone")
        self.set("annotated", a="3")
        self.wait_after(controller, "ConfigMap")
        self.assertEqual(self.counts(controller, kinds), dict.fromkeys(kinds, 1))
        self.set("own", a="2")
        for name in kinds:
            self.wait_writes(controller, self.namespace, name, 2)
            self.wait_at_rest(controller, self.namespace, name)
        self.assertEqual(self.counts(controller, kinds), dict.fromkeys(kinds, 2))


def load_tests(loader, tests, pattern):
    return support.SideBySide(loader.loadTestsFromTestCase(References))


if __name__ == "__main__":
    unittest.main(verbosity=2)
