"""Builders of the objects that tests apply: plain dicts, to be changed at will."""

import base64

IMAGE = "registry.example/app:1"
FAKE_NODE = "kwok-node-0"
WATCHED = {"ebbgate.io/watch": "true"}


def _metadata(namespace, name, annotations, labels):
    metadata = {"namespace": namespace, "name": name}
    if annotations:
        metadata["annotations"] = dict(annotations)
    if labels:
        metadata["labels"] = dict(labels)
    return metadata


def config_map(namespace, name, data=None, binary=None, annotations=None, labels=None, **more):
    """`data` maps keys to text, `binary` to bytes; `more` for example immutable=True."""
    thing = {"apiVersion": "v1", "kind": "ConfigMap",
             "metadata": _metadata(namespace, name, annotations, labels),
             "data": dict(data or {}), **more}
    if binary:
        thing["binaryData"] = {k: base64.b64encode(v).decode() for k, v in binary.items()}
    return thing


def secret(namespace, name, data=None, annotations=None, labels=None, **more):
    """`data` maps keys to text or bytes; `more` for example type=…"""
    encoded = {k: base64.b64encode(v if isinstance(v, bytes) else v.encode()).decode()
               for k, v in (data or {}).items()}
    return {"apiVersion": "v1", "kind": "Secret",
            "metadata": _metadata(namespace, name, annotations, labels), "data": encoded, **more}


def pod_template(name, config_maps=(), secrets=(), volumes=(), ready=True, annotations=None,
                 container=None, spec=None):
    """A pod with one container that takes these objects as envFrom. `volumes` are volumes as the
    API has them, each mounted; `container` and `spec` add fields or replace them. Its pods are
    bound to the fake node, which makes them Ready; with ready=False nobody ever does (but see
    Access.make_ready)."""
    sources = [{"configMapRef": {"name": source}} for source in config_maps]
    sources += [{"secretRef": {"name": source}} for source in secrets]
    app = {"name": "app", "image": IMAGE}
    if sources:
        app["envFrom"] = sources
    if volumes:
        app["volumeMounts"] = [{"name": volume["name"], "mountPath": f"/etc/{volume['name']}"}
                               for volume in volumes]
    app.update(container or {})
    pod = {"containers": [app], "terminationGracePeriodSeconds": 0}
    if ready:
        pod["nodeName"] = FAKE_NODE
    if volumes:
        pod["volumes"] = list(volumes)
    pod.update(spec or {})
    metadata = {"labels": {"app": name}}
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {"metadata": metadata, "spec": pod}


def _workload(kind, namespace, name, annotations, labels, template, spec, pods):
    return {"apiVersion": "apps/v1", "kind": kind,
            "metadata": _metadata(namespace, name, annotations, labels),
            "spec": {"selector": {"matchLabels": {"app": name}},
                     "template": template or pod_template(name, **pods), **spec}}


def deployment(namespace, name, replicas=1, annotations=WATCHED, labels=None, template=None,
               more=None, **pods):
    """`more` goes into its spec (strategy, paused, …); `pods` are arguments of pod_template."""
    return _workload("Deployment", namespace, name, annotations, labels, template,
                     {"replicas": replicas, **(more or {})}, pods)


def stateful_set(namespace, name, replicas=1, annotations=WATCHED, labels=None, template=None,
                 more=None, **pods):
    return _workload("StatefulSet", namespace, name, annotations, labels, template,
                     {"replicas": replicas, "serviceName": name, **(more or {})}, pods)


def daemon_set(namespace, name, annotations=WATCHED, labels=None, template=None, more=None, **pods):
    return _workload("DaemonSet", namespace, name, annotations, labels, template, more or {}, pods)


def config_map_volume(name, items=None, optional=None, volume=None):
    """A volume of a ConfigMap; `items` lists keys."""
    return _object_volume("configMap", "name", name, items, optional, volume)


def secret_volume(name, items=None, optional=None, volume=None):
    return _object_volume("secret", "secretName", name, items, optional, volume)


def _object_volume(field, name_field, name, items, optional, volume):
    source = {name_field: name}
    if items is not None:
        source["items"] = [{"key": key, "path": key} for key in items]
    if optional is not None:
        source["optional"] = optional
    return {"name": volume or name, field: source}
