"""A cluster of one's own can be killed, restarted and compacted, and leaves nothing behind."""

import http.client
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import access
import api
import cluster
import objects

cluster.require()


def alive(pid):
    """A zombie whose parent has not looked yet is dead."""
    try:
        return "State:\tZ" not in pathlib.Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


class OwnCluster(unittest.TestCase):
    def test_the_api_server_comes_back_after_kill_9_with_its_data_and_its_audit_log(self):
        with cluster.Cluster() as own:
            namespace = own.namespace()
            own.api.create(objects.config_map(namespace, "settings", {"a": "1"}))
            own.kill9_api_server()
            with self.assertRaises((OSError, http.client.HTTPException)):
                own.api.list("ConfigMap", namespace)
            own.restart_api_server()
            self.assertEqual(own.api.get("ConfigMap", namespace, "settings")["data"], {"a": "1"})
            own.api.patch("ConfigMap", namespace, "settings", {"data": {"a": "2"}})
            writes = own.audit.writes(namespace=namespace, resource="configmaps")
            self.assertEqual([write.verb for write in writes], ["create", "patch"])
            # The controllers have found it again.
            own.api.create(objects.deployment(namespace, "web"))
            own.wait_rolled_out("Deployment", namespace, "web")

    def test_old_revisions_are_gone_after_compaction(self):
        with cluster.Cluster(kwok=False) as own:
            namespace = own.namespace()
            for name in "abc":
                own.api.create(objects.config_map(namespace, name))
            old = own.api.get("ConfigMap", namespace, "a")["metadata"]["resourceVersion"]
            # One page from etcd: its token names the revision.
            path = api.path_of("ConfigMap", namespace) + "?limit=1"
            token = own.api.request("GET", path)["metadata"]["continue"]
            own.api.patch("ConfigMap", namespace, "a", {"data": {"a": "2"}})
            own.compact_etcd()
            own.kill9_api_server()
            own.restart_api_server()
            with self.assertRaises(api.ApiError) as gone:
                own.api.request("GET", f"{path}&continue={token}")
            self.assertEqual(gone.exception.code, 410)
            kind, status = next(own.api.watch("ConfigMap", namespace, resourceVersion=old))
            self.assertEqual((kind, status["code"]), ("ERROR", 410))

    def test_nothing_outlives_the_process_that_started_it(self):
        with tempfile.TemporaryDirectory() as folder:
            script = (f"import cluster, os\nown = cluster.Cluster({folder!r})\n"
                      "print(*own.description['pids'].values(), flush=True)\n"
                      "os.kill(os.getpid(), 9)\n")
            done = subprocess.run([sys.executable, "-B", "-c", script], stdout=subprocess.PIPE,
                                  stdin=subprocess.DEVNULL, timeout=300,
                                  env={**os.environ, "PYTHONPATH": os.path.dirname(cluster.__file__)})
            pids = [int(pid) for pid in done.stdout.split()]
            self.assertEqual(len(pids), 4)
            access.eventually(lambda: not any(map(alive, pids)), "all have died with it")


if __name__ == "__main__":
    unittest.main(verbosity=2)
