"""A small client of the Kubernetes API for tests: objects are dicts as in JSON."""

import http.client
import json
import select
import ssl
import threading
import urllib.parse

# kind: (path of its group and version, plural, whether it lives in a namespace)
KINDS = {
    "ConfigMap": ("api/v1", "configmaps", True),
    "Secret": ("api/v1", "secrets", True),
    "Pod": ("api/v1", "pods", True),
    "Event": ("api/v1", "events", True),
    "ServiceAccount": ("api/v1", "serviceaccounts", True),
    "Namespace": ("api/v1", "namespaces", False),
    "Node": ("api/v1", "nodes", False),
    "Deployment": ("apis/apps/v1", "deployments", True),
    "StatefulSet": ("apis/apps/v1", "statefulsets", True),
    "DaemonSet": ("apis/apps/v1", "daemonsets", True),
    "ReplicaSet": ("apis/apps/v1", "replicasets", True),
    "ControllerRevision": ("apis/apps/v1", "controllerrevisions", True),
    "Lease": ("apis/coordination.k8s.io/v1", "leases", True),
    "Role": ("apis/rbac.authorization.k8s.io/v1", "roles", True),
    "RoleBinding": ("apis/rbac.authorization.k8s.io/v1", "rolebindings", True),
    "ClusterRole": ("apis/rbac.authorization.k8s.io/v1", "clusterroles", False),
    "ClusterRoleBinding": ("apis/rbac.authorization.k8s.io/v1", "clusterrolebindings", False),
    "ValidatingWebhookConfiguration": ("apis/admissionregistration.k8s.io/v1",
                                       "validatingwebhookconfigurations", False),
    "ValidatingAdmissionPolicy": ("apis/admissionregistration.k8s.io/v1",
                                  "validatingadmissionpolicies", False),
    "ValidatingAdmissionPolicyBinding": ("apis/admissionregistration.k8s.io/v1",
                                         "validatingadmissionpolicybindings", False),
    "SelfSubjectAccessReview": ("apis/authorization.k8s.io/v1", "selfsubjectaccessreviews", False),
}

PATCHES = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}


class ApiError(Exception):
    """An answer that is not a success."""

    def __init__(self, code, status, headers=None):
        super().__init__(f"{code} {status.get('reason', '')}: {status.get('message', '')}")
        self.code = code
        self.reason = status.get("reason", "")
        self.status = status
        self.headers = headers


def path_of(kind, namespace=None, name=None, subresource=None):
    """The URL's path of a kind, of an object, or of its subresource."""
    group, plural, namespaced = KINDS[kind]
    parts = [group]
    if namespaced and namespace:
        parts += ["namespaces", namespace]
    parts += [part for part in (plural, name, subresource) if part]
    return "/" + "/".join(parts)


class Api:
    """Requests as one user, over one kept connection a thread. A connection that breaks while a
    request is on its way raises; nothing is sent twice."""

    def __init__(self, server, ca_file, token, timeout=60):
        address = urllib.parse.urlsplit(server)
        self._host, self._port = address.hostname, address.port
        self._context = ssl.create_default_context(cafile=str(ca_file))
        self._token = token
        self._timeout = timeout
        self._local = threading.local()

    def _connect(self, timeout=None):
        return http.client.HTTPSConnection(self._host, self._port, context=self._context,
                                           timeout=timeout or self._timeout)

    def _connection(self):
        connection = getattr(self._local, "connection", None)
        if connection is not None and connection.sock is not None:
            # Bytes or an end where none are due: the server has closed it.
            if not select.select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()
        self._local.connection = self._connect()
        return self._local.connection

    def close(self):
        """Closes this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()

    def _headers(self, content_type=None):
        headers = {"Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if content_type:
            headers["Content-Type"] = content_type
        return headers

    def raw(self, method, path, body=None, content_type="application/json"):
        """(code, headers, text) of one request. `body` is a str, or anything that JSON can say."""
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        connection = self._connection()
        try:
            connection.request(method, path, body=body,
                               headers=self._headers(content_type if body is not None else None))
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()
        except BaseException:
            connection.close()
            raise

    def request(self, method, path, body=None, content_type="application/json"):
        """The answer's JSON; ApiError where it is none of success."""
        code, headers, text = self.raw(method, path, body, content_type)
        try:
            answer = json.loads(text)
        except ValueError:
            answer = {"message": text}
        if code >= 300:
            raise ApiError(code, answer, headers)
        return answer

    def get(self, kind, namespace, name):
        return self.request("GET", path_of(kind, namespace, name))

    def find(self, kind, namespace, name):
        """As get, but None where there is no such object."""
        try:
            return self.get(kind, namespace, name)
        except ApiError as error:
            if error.code != 404:
                raise
            return None

    def list(self, kind, namespace=None, **query):
        """The items, for example with labelSelector=…, fieldSelector=…"""
        return self.request("GET", path_of(kind, namespace) + _query(query))["items"]

    def create(self, thing, subresource=None):
        metadata = thing.get("metadata", {})
        name = metadata.get("name") if subresource else None
        return self.request(
            "POST", path_of(thing["kind"], metadata.get("namespace"), name, subresource), thing)

    def replace(self, thing, subresource=None):
        metadata = thing["metadata"]
        return self.request("PUT", path_of(thing["kind"], metadata.get("namespace"),
                                           metadata["name"], subresource), thing)

    def patch(self, kind, namespace, name, patch, form="merge", subresource=None, **query):
        """`form` is one of PATCHES; query for example fieldManager=…, dryRun=…"""
        return self.request("PATCH", path_of(kind, namespace, name, subresource) + _query(query),
                            patch, PATCHES[form])

    def apply(self, thing, manager="tests", force=True):
        """Server-side apply."""
        metadata = thing["metadata"]
        return self.patch(thing["kind"], metadata.get("namespace"), metadata["name"], thing,
                          "apply", fieldManager=manager, force=str(force).lower())

    def delete(self, kind, namespace, name, propagation="Background"):
        return self.request("DELETE", path_of(kind, namespace, name)
                            + _query({"propagationPolicy": propagation}))

    def watch(self, kind, namespace=None, timeout=300, **query):
        """Yields (type, object) from a connection of its own until the server ends the watch or
        the generator is closed; raises TimeoutError when nothing comes for `timeout` seconds."""
        connection = self._connect(timeout)
        try:
            connection.request("GET", path_of(kind, namespace)
                               + _query({"watch": "true", **query}), headers=self._headers())
            response = connection.getresponse()
            if response.status != 200:
                raise ApiError(response.status, json.loads(response.read()), response.headers)
            for line in response:
                event = json.loads(line)
                yield event["type"], event["object"]
        finally:
            connection.close()


def _query(query):
    return "?" + urllib.parse.urlencode(query) if query else ""
