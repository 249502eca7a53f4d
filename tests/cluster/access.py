"""What a test uses of a running cluster: namespaces, users, rights, clients, the audit log."""

import fcntl
import json
import pathlib
import subprocess
import sys
import time
import unittest

import api
import audit
import credentials
import objects
import programs

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "common"))

from waiting import PATIENCE, eventually  # noqa: E402 (found by the line above)

ADMINISTRATOR = "tests"

# What Ebbgate needs, by (API group, resources, verbs).
RULES = (
    ("", ("configmaps", "secrets"), ("get", "list", "watch")),
    ("apps", ("deployments", "statefulsets", "daemonsets"), ("get", "list", "watch", "patch")),
    ("", ("events",), ("create", "patch")),
    ("events.k8s.io", ("events",), ("create", "patch")),
    ("coordination.k8s.io", ("leases",), ("get", "create", "update")),
)


def rules(without=()):
    """The rules of a Role for Ebbgate, less the resources named."""
    found = []
    for group, resources, verbs in RULES:
        left = [resource for resource in resources if resource not in without]
        if left:
            found.append({"apiGroups": [group], "resources": left, "verbs": list(verbs)})
    return found


class Access:
    """A running cluster, described by a dict that JSON can hold, so that processes can share it:
    server, etcd, ca, folder, tokens, pids."""

    def __init__(self, description):
        self.description = description
        self.server = description["server"]
        self.etcd = description["etcd"]
        self.ca_file = description["ca"]
        self.folder = pathlib.Path(description["folder"])
        self.tokens = description["tokens"]
        self.audit = audit.Audit(self.folder / "audit.log")
        self.api = self.client(ADMINISTRATOR)

    def client(self, user, server=None, ca_file=None):
        """An Api that acts as this user."""
        return api.Api(server or self.server, ca_file or self.ca_file, self.tokens[user])

    def _next(self, what):
        """0, 1, 2 …: a number that no other process gets from this cluster."""
        with open(self.folder / f"next-{what}", "a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            number = int(file.read() or 0)
            file.seek(0)
            file.truncate()
            file.write(str(number + 1))
        return number

    def namespace(self, prefix="test"):
        """Creates a namespace that nobody else uses and returns its name."""
        name = f"{prefix}-{self._next('namespace')}"
        self.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        return name

    def user(self):
        """A user that nobody else is, without any right yet: one for each Ebbgate, so that the audit
        log tells who did what."""
        name = f"ebbgate-{self._next('user')}"
        if name not in self.tokens:
            raise RuntimeError(f"all of the cluster's users are taken: {name} is not one")
        return name

    def kubeconfig(self, user=ADMINISTRATOR, server=None, ca_file=None, namespace="default",
                   path=None, **identity):
        """Writes a kubeconfig file for this user and returns its path. `server` and `ca_file` lead
        through a proxy; `identity` replaces the token (see credentials.write_kubeconfig)."""
        path = path or self.folder / f"kubeconfig-{user}-{self._next('kubeconfig')}"
        return credentials.write_kubeconfig(
            path, server or self.server, user, ca_file or self.ca_file, namespace,
            **(identity or {"token": self.tokens[user]}))

    def client_certificate(self, user):
        """(certificate, key) files that name a client as this user."""
        return credentials.Authority(self.folder).client(user)

    def service_account_token(self, namespace, name, lifetime=3600):
        """Creates the account where it is missing and returns a token for it. Deleting the account
        makes the token worth nothing within seconds. Its user is
        system:serviceaccount:NAMESPACE:NAME."""
        if not self.api.find("ServiceAccount", namespace, name):
            self.api.create({"apiVersion": "v1", "kind": "ServiceAccount",
                             "metadata": {"namespace": namespace, "name": name}})
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
                   "spec": {"expirationSeconds": lifetime}}
        path = api.path_of("ServiceAccount", namespace, name, "token")
        return self.api.request("POST", path, request)["status"]["token"]

    def grant(self, user, namespaces=None, without=(), own_rules=None):
        """Gives a user what Ebbgate needs, less the resources named in `without`: everywhere, or in
        these namespaces by Roles. Returns when it has taken effect."""
        granted = own_rules if own_rules is not None else rules(without)
        group = "rbac.authorization.k8s.io"
        kind = "Role" if namespaces is not None else "ClusterRole"
        for namespace in namespaces if namespaces is not None else [None]:
            place = {"namespace": namespace} if namespace else {}
            name = f"{user.replace(':', '-')}-{self._next('role')}"
            metadata = {"name": name, **place}
            self.api.create({"apiVersion": f"{group}/v1", "kind": kind, "metadata": metadata,
                             "rules": granted})
            self.api.create({"apiVersion": f"{group}/v1", "kind": kind + "Binding",
                             "metadata": metadata,
                             "roleRef": {"apiGroup": group, "kind": kind, "name": name},
                             "subjects": [{"apiGroup": group, "kind": "User", "name": user}]})
            for rule in granted:
                self._wait_until_allowed(user, rule, namespace)

    def revoke(self, user):
        """Takes back all that `grant` gave."""
        for kind in ("RoleBinding", "ClusterRoleBinding"):
            for binding in self.api.list(kind):
                if any(subject["name"] == user for subject in binding.get("subjects", [])):
                    metadata = binding["metadata"]
                    self.api.delete(kind, metadata.get("namespace"), metadata["name"])

    def _wait_until_allowed(self, user, rule, namespace):
        attributes = {"group": rule["apiGroups"][0], "resource": rule["resources"][0],
                      "verb": rule["verbs"][0], "namespace": namespace or ""}
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
                  "spec": {"user": user, "resourceAttributes": attributes}}
        path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        eventually(lambda: self.api.request("POST", path, review)["status"]["allowed"],
                   f"{user} may {attributes}")

    def make_ready(self, namespace, app, ready=True):
        """Sets the readiness of all pods with the label app=…, which must not be on the fake node
        (there they are ready at once, and stay so). Returns how many there are."""
        pods = self.api.list("Pod", namespace, labelSelector=f"app={app}")
        status = "True" if ready else "False"
        conditions = [{"type": kind, "status": status, "lastTransitionTime":
                       time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
                      for kind in ("Ready", "ContainersReady")]
        for pod in pods:
            try:
                self.api.patch("Pod", namespace, pod["metadata"]["name"],
                               {"status": {"phase": "Running", "conditions": conditions}},
                               "strategic", "status")
            except api.ApiError as error:
                if error.code != 404:
                    raise
        return len(pods)

    def rolled_out(self, kind, namespace, name):
        """Whether a workload's newest template has reached all its pods, and they are ready."""
        thing = self.api.get(kind, namespace, name)
        status = thing.get("status", {})
        if status.get("observedGeneration", 0) < thing["metadata"]["generation"]:
            return False
        if kind == "DaemonSet":
            want = status.get("desiredNumberScheduled", 0)
            have = (status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0))
        else:
            want = thing["spec"]["replicas"]
            have = (status.get("updatedReplicas", 0), status.get("availableReplicas", 0),
                    status.get("replicas", 0))
        return all(count == want for count in have)

    def wait_rolled_out(self, kind, namespace, name, patience=PATIENCE):
        """Waits as long as the workload, its pods, or anything that makes them goes on changing."""
        eventually(lambda: self.rolled_out(kind, namespace, name),
                   f"{namespace}/{kind}/{name} is rolled out", patience,
                   lambda: self._versions(kind, namespace, name))

    def wait_observed(self, kind, namespace, name):
        """Waits until the workload's controller has seen its newest template: pods that it makes
        from then on have it."""
        def look():
            thing = self.api.get(kind, namespace, name)
            observed = thing.get("status", {}).get("observedGeneration", 0)
            return observed >= thing["metadata"]["generation"]
        eventually(look, f"the controller of {namespace}/{kind}/{name} has seen its template",
                   progress=lambda: self._versions(kind, namespace, name))

    def _versions(self, kind, namespace, name):
        things = [self.api.get(kind, namespace, name)]
        for part in ("ReplicaSet", "Pod"):
            things += self.api.list(part, namespace)
        return {thing["metadata"]["name"]: thing["metadata"]["resourceVersion"]
                for thing in things}

    def _run(self, program, flag, *arguments, stdin=None, check=True):
        try:
            command = programs.program(program)
        except programs.Missing as missing:
            if programs.required():
                raise
            raise unittest.SkipTest(str(missing)) from missing
        done = subprocess.run([command, flag, str(self.folder / "kubeconfig"),
                               *map(str, arguments)],
                              input=stdin.encode() if stdin is not None else b"",
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=10 * PATIENCE)
        if check and done.returncode:
            raise AssertionError(f"{program} {' '.join(map(str, arguments))}: "
                                 f"{done.stderr.decode()}")
        return done.stdout.decode() if check else done

    def kubectl(self, *arguments, stdin=None, check=True):
        """Runs kubectl as the administrator and returns what it printed. `stdin` may be objects.
        With check=False: the finished process, whatever its exit code."""
        if stdin is not None and not isinstance(stdin, str):
            items = stdin if isinstance(stdin, list) else [stdin]
            stdin = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        return self._run("kubectl", "--kubeconfig", *arguments, stdin=stdin, check=check)

    def helm(self, *arguments, check=True):
        return self._run("helm", "--kubeconfig", *arguments, check=check)


def fake_node():
    """The node that kwok keeps alive."""
    labels = {"kubernetes.io/hostname": objects.FAKE_NODE, "kubernetes.io/os": "linux",
              "type": "kwok"}
    room = {"cpu": "10000", "memory": "10Ti", "pods": "100000"}
    return {"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": objects.FAKE_NODE, "labels": labels,
                         "annotations": {"kwok.x-k8s.io/node": "fake"}},
            "status": {"allocatable": room, "capacity": room}}
