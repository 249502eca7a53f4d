"""The proxy's faults do what they say."""

import http.client
import threading
import time
import unittest

import access
import api
import cluster
import objects
import proxy

bed = cluster.shared()
BROKEN = (OSError, http.client.HTTPException)


class ProxyTest(unittest.TestCase):
    def setUp(self):
        self.namespace = bed.namespace()
        self.user = bed.user()
        bed.grant(self.user, [self.namespace])
        self.proxy = proxy.Proxy(bed)
        self.addCleanup(self.proxy.close)
        self.client = bed.client(self.user, self.proxy.server, self.proxy.ca_file)
        bed.api.create(objects.deployment(self.namespace, "web", replicas=0))

    def patch(self, value="1"):
        return self.client.patch("Deployment", self.namespace, "web",
                                 {"spec": {"template": {"metadata": {"annotations": {"v": value}}}}})

    def writes(self):
        return bed.audit.template_writes(self.user, self.namespace, "Deployment", "web")

    def test_without_rules_all_passes(self):
        self.patch()
        self.assertEqual(len(self.writes()), 1)
        self.assertEqual(len(self.client.list("Deployment", self.namespace)), 1)
        self.assertEqual([seen.method for seen in self.proxy.requests()], ["PATCH", "GET"])
        kubeconfig = bed.kubeconfig(server=self.proxy.server, ca_file=self.proxy.ca_file)
        self.assertIn("web", bed.kubectl("get", "deployments", "-n", self.namespace, "--kubeconfig",
                                         kubeconfig))

    def test_a_refused_request_never_reaches_the_server(self):
        with self.proxy.refuse(429, retry_after=7, method="PATCH", path="/deployments/web"):
            with self.assertRaises(api.ApiError) as refused:
                self.patch()
            self.client.list("Deployment", self.namespace)
        self.assertEqual(refused.exception.code, 429)
        self.assertEqual(refused.exception.headers["Retry-After"], "7")
        self.assertEqual(bed.audit.writes(self.user), [])
        self.patch()
        self.assertEqual(len(self.writes()), 1)

    def test_a_rule_with_a_count_is_spent_after_it(self):
        rule = self.proxy.refuse(503, count=2)
        for _ in range(2):
            with self.assertRaises(api.ApiError):
                self.client.list("ConfigMap", self.namespace)
        self.client.list("ConfigMap", self.namespace)
        self.assertEqual(rule.hits, 2)

    def test_a_delayed_answer_comes_long_after_the_write(self):
        with self.proxy.delay(1, method="PATCH"):
            begin = time.monotonic()
            self.patch()
            self.assertGreaterEqual(time.monotonic() - begin, 1)
        write, = self.writes()
        self.assertLess(write.answered - write.received, 1)

    def test_a_cut_before_loses_the_request_and_a_cut_after_its_answer(self):
        with self.proxy.cut(method="PATCH"):
            self.assertRaises(BROKEN, self.patch)
        self.assertEqual(self.writes(), [])
        with self.proxy.cut(forwarded=True, method="PATCH"):
            self.assertRaises(BROKEN, self.patch)
        self.assertEqual(len(self.writes()), 1)

    def test_a_hanging_request_is_not_forwarded(self):
        impatient = api.Api(self.proxy.server, self.proxy.ca_file, bed.tokens[self.user], timeout=1)
        with self.proxy.hang():
            self.assertRaises(TimeoutError, impatient.list, "ConfigMap", self.namespace)
        self.assertEqual(bed.audit.entries(self.user), [])

    def events(self, **query):
        """(names seen so far, end) of a watch of ConfigMaps in a thread."""
        names, ended = [], threading.Event()

        def follow():
            try:
                for _, thing in self.client.watch("ConfigMap", self.namespace, **query):
                    names.append(thing["metadata"]["name"])
            except BROKEN:
                pass
            ended.set()
        threading.Thread(target=follow, daemon=True).start()
        return names, ended

    def make(self, name):
        bed.api.create(objects.config_map(self.namespace, name))

    def test_a_silenced_watch_shows_nothing_and_stays_open(self):
        names, ended = self.events()
        self.make("before")
        access.eventually(lambda: names == ["before"], "the watch tells")
        with self.proxy.silence(watch=True) as rule:
            self.make("meanwhile")
            access.eventually(lambda: rule.hits == 1, "the event was swallowed")
            self.assertEqual(len(self.client.list("ConfigMap", self.namespace)), 2)
        self.make("after")
        another, _ = self.events(resourceVersion="0")
        access.eventually(lambda: len(another) == 3, "a new watch tells all")
        self.assertEqual(names, ["before"])
        self.assertFalse(ended.is_set())

    def test_a_silenced_watch_stays_open_though_the_server_ends_it(self):
        names, ended = self.events(timeoutSeconds="1")
        with self.proxy.silence(watch=True):
            self.make("meanwhile")
            access.eventually(
                lambda: [entry for entry in bed.audit.entries(self.user, "watch")
                         if entry.stage == "ResponseComplete"], "the server has ended it")
        self.assertEqual(names, [])
        self.assertFalse(ended.wait(0.5))

    def test_all_connections_can_be_cut_at_once(self):
        names, ended = self.events()
        self.make("seen")
        access.eventually(lambda: names, "the watch tells")
        self.proxy.cut_all()
        self.assertTrue(ended.wait(60))
        self.client.list("ConfigMap", self.namespace)

    def test_a_recorded_request_is_replayed_byte_by_byte(self):
        with self.proxy.record(method="PATCH") as rule:
            self.patch("first")
            self.patch("second")
        first = rule.recorded[0]
        status, text = self.proxy.replay(first)
        self.assertEqual(status, 200)
        self.assertIn('"v":"first"', text)
        values = [write.body["spec"]["template"]["metadata"]["annotations"]["v"]
                  for write in self.writes()]
        self.assertEqual(values, ["first", "second", "first"])

    def test_a_slow_answer_comes_in_drops(self):
        bed.api.create(objects.config_map(self.namespace, "large", {"a": "x" * 10000}))
        with self.proxy.slow(10000, path="/configmaps"):
            begin = time.monotonic()
            found = self.client.get("ConfigMap", self.namespace, "large")
        self.assertGreater(time.monotonic() - begin, 1)
        self.assertEqual(found["data"]["a"], "x" * 10000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
