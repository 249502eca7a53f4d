"""Faults of the API server and of the network: everything converges, and nothing is done twice."""

import http.client
import threading
import time
import unittest

import support
import api
import cluster
import objects
import processes
import proxy
from harness import total
from support import eventually, template_hash

cluster.require()

bed = None  # a script of its own clusters: one for all behind proxies, one to kill

LONG = 150  # more than a watch may be silent, and than a lease and backoff take to come back


class Faults(support.ControllerTest):
    """All of them wait most of the time, so they run side by side."""

    @classmethod
    def setUpClass(cls):
        cls.bed = cluster.Cluster()

    @classmethod
    def tearDownClass(cls):
        cls.bed.close()

    def behind(self, bad, namespace, **more):
        """Ebbgate behind a proxy, when it has adopted the Deployment `web`, which takes the
        ConfigMap `settings`."""
        self.bed.api.create(objects.config_map(namespace, "settings", {"colour": "red"}))
        self.bed.api.create(objects.deployment(namespace, "web", config_maps=["settings"]))
        self.bed.wait_rolled_out("Deployment", namespace, "web")
        user = self.bed.user()
        self.bed.grant(user, [namespace])
        kubeconfig = self.bed.kubeconfig(user, server=bad.server, ca_file=bad.ca_file)
        # The page is where it was when the process has begun anew as a standby.
        controller = self.controller([namespace], user=user, kubeconfig=kubeconfig,
                                     listen=f"127.0.0.1:{processes.free_port()}", **more)
        self.wait_adopted(namespace, "web")
        # And has heard of it: an update before that meets a conflict, which is another story.
        eventually(lambda: total(controller.metrics(), "ebbgate_api_requests_total", verb="patch",
                                 code="200") >= 1, "it has the answer")
        return controller

    def paint(self, namespace, colour, name="settings"):
        self.bed.api.patch("ConfigMap", namespace, name, {"data": {"colour": colour}})

    def converged(self, controller, namespace, fewest, most=None):
        """Waits until the workload is at rest after so many template writes, and returns them: there
        are no more, no two are the same update, they keep their distance, and the last is of the
        newest data."""
        found = self.wait_writes(controller, namespace, "web", fewest, patience=LONG)
        self.wait_at_rest(controller, namespace, "web", patience=LONG)
        want = controller.workload("web", namespace)["desired"]
        # A further part tells revisions of the same configuration apart.
        self.assertRegex(template_hash(self.get(namespace, "web")), f"^v1-{want}(-[0-9]+)?$")
        found = self.template_writes(controller, namespace, "web")
        self.assertLessEqual(len(found), most or fewest, found)
        counters = [support.written_state(write)["counter"] for write in found]
        self.assertEqual(counters, sorted(set(counters)))
        self.assert_spaced(found)
        return found

    # Of one PATCH.

    def test_an_answer_that_comes_too_late_makes_no_second_update(self):
        namespace = self.bed.namespace()
        with proxy.Proxy(self.bed) as bad:
            controller = self.behind(bad, namespace)
            late = bad.delay(60, method="PATCH", path="/deployments/web", count=1)
            self.paint(namespace, "blue")
            eventually(lambda: controller.workload("web", namespace)["last_outcome"] == "applied",
                       "it was found out what became of it")
            late.remove()
            self.converged(controller, namespace, 1)
            seen = controller.workload("web", namespace)
            self.assertEqual((seen["level"], seen["updates"]), (1, 1))
            self.paint(namespace, "green")
            self.converged(controller, namespace, 2)

    def test_a_patch_that_arrives_after_it_was_given_up_changes_nothing_twice(self):
        namespace = self.bed.namespace()
        with proxy.Proxy(self.bed) as bad:
            controller = self.behind(bad, namespace)
            kept = bad.record(method="PATCH", path="/deployments/web")
            bad.hang(method="PATCH", path="/deployments/web", count=1)
            self.paint(namespace, "blue")
            eventually(lambda: len(kept.recorded) == 2, "it is sent once more")
            first, second = kept.recorded
            self.assertGreaterEqual(second.at - first.at, 12)
            self.converged(controller, namespace, 1)
            status, _ = bad.replay(first)
            self.assertEqual(status, 422)
            self.assertEqual(bad.replay(second)[0], 422)
            # A change afterwards goes its way, and what came late stays without effect.
            self.paint(namespace, "green")
            self.converged(controller, namespace, 2)
            self.assertEqual(bad.replay(first)[0], 422)
            self.converged(controller, namespace, 2)

    def test_a_patch_that_lands_between_giving_up_and_trying_again_is_taken_as_done(self):
        namespace = self.bed.namespace()
        with proxy.Proxy(self.bed) as bad:
            # The second attempt waits long enough for the first to land before it.
            controller = self.behind(bad, namespace, backoff={"base": "8s"})
            kept = bad.record(method="PATCH", path="/deployments/web")
            bad.hang(method="PATCH", path="/deployments/web", count=1)
            self.paint(namespace, "blue")
            eventually(lambda: controller.workload("web", namespace)["last_outcome"] == "unknown",
                       "it was given up")
            self.assertEqual(bad.replay(kept.recorded[0])[0], 200)
            eventually(lambda: not controller.workload("web", namespace)["pending_since"],
                       "it is seen as done")
            # A later change shows that nothing else was on its way.
            self.paint(namespace, "green")
            eventually(lambda: len(self.template_writes(controller, namespace, "web")) == 2,
                       "the later change is written")
            eventually(lambda: controller.workload("web", namespace)["last_outcome"] == "applied",
                       "and answered")
            self.assertEqual(len(kept.recorded), 2)
            # The watch told of the first one before the server had answered it.
            first, second = self.template_writes(controller, namespace, "web")
            self.assertGreaterEqual(second.received - first.received, 8)

    def test_a_connection_cut_after_the_patch_was_sent_makes_no_second_update(self):
        namespace = self.bed.namespace()
        with proxy.Proxy(self.bed) as bad:
            controller = self.behind(bad, namespace)
            cut = bad.cut(forwarded=True, method="PATCH", path="/deployments/web", count=1)
            self.paint(namespace, "blue")
            eventually(lambda: cut.hits == 1, "it was cut")
            self.converged(controller, namespace, 1)
            self.assertEqual(len(bad.requests("PATCH", "/deployments/web")), 2)  # and its adoption

    def test_a_connection_cut_before_the_patch_arrived_repeats_it_once(self):
        namespace = self.bed.namespace()
        with proxy.Proxy(self.bed) as bad:
            controller = self.behind(bad, namespace)
            cut = bad.cut(method="PATCH", path="/deployments/web", count=1)
            self.paint(namespace, "blue")
            eventually(lambda: cut.hits == 1, "it was cut")
            self.converged(controller, namespace, 1)
            self.assertEqual(total(controller.metrics(), "ebbgate_updates_total"), 2)

    def test_a_503_of_a_proxy_that_had_forwarded_makes_no_second_update(self):
        namespace = self.bed.namespace()
        with proxy.Proxy(self.bed) as bad:
            controller = self.behind(bad, namespace)
            mask = bad.mask(503, retry_after=1, method="PATCH", path="/deployments/web", count=1)
            self.paint(namespace, "blue")
            eventually(lambda: mask.hits == 1, "it was masked")
            self.converged(controller, namespace, 1)
            self.assertEqual(len(bad.requests("PATCH", "/deployments/web")), 2)

    # Of watches and lists.

    def test_a_watch_that_falls_silent_is_replaced_and_loses_nothing(self):
        namespace = self.bed.namespace()
        with proxy.Proxy(self.bed) as bad:
            self.bed.api.create(objects.secret(namespace, "token", {"t": "1"}))
            self.bed.api.create(objects.deployment(namespace, "other", secrets=["token"]))
            controller = self.behind(bad, namespace)
            self.wait_adopted(namespace, "other")
            silenced = bad.silence(watch=True, path="/configmaps")
            self.paint(namespace, "blue")
            eventually(lambda: silenced.hits == 1, "its event is swallowed")
            silenced.remove()  # of later watches; this one stays silent
            heard = self.heard(controller, "configmaps")
            self.bed.api.patch("Secret", namespace, "token", {"stringData": {"t": "2"}})
            # All else goes on meanwhile, and how old the news is can be seen.
            self.wait_writes(controller, namespace, "other", 1)
            self.assertEqual(self.template_writes(controller, namespace, "web"), [])
            self.assertEqual(self.heard(controller, "configmaps"), heard)
            self.converged(controller, namespace, 1)
            self.assertEqual(total(controller.metrics(), "ebbgate_watch_restarts_total",
                                   resource="configmaps", reason="silent"), 1)
            self.assertGreater(self.heard(controller, "configmaps"), heard + 60)

    def heard(self, controller, resource):
        return total(controller.metrics(), "ebbgate_watch_last_event_timestamp_seconds",
                     resource=resource)

    def test_watches_that_are_closed_are_resumed_without_a_list(self):
        namespace = self.bed.namespace()
        with proxy.Proxy(self.bed) as bad:
            controller = self.behind(bad, namespace)
            lists = self.lists(controller)
            self.assertEqual(lists, 5)
            for colour in ("blue", "green", "blue", "white"):
                bad.cut_all()
                self.paint(namespace, colour)
                watches = len(bad.requests(path="configmaps.*watch"))
                eventually(lambda: len(bad.requests(path="configmaps.*watch")) > watches,
                           "it watches again")
            bad.cut_all()
            self.paint(namespace, "black")
            eventually(lambda: self.count_changes(controller, namespace), "the last is seen")
            self.converged(controller, namespace, 1, 5)
            self.assertEqual(self.lists(controller), lists)
            self.assertGreaterEqual(total(
                controller.metrics(), "ebbgate_watch_restarts_total", reason="broken"), 5)

    def count_changes(self, controller, namespace):
        return controller.workload("web", namespace)["changes"] == 5

    def lists(self, controller):
        calls = self.bed.audit.calls(controller.user)
        return sum(count for (verb, _), count in calls.items() if verb == "list")

    def test_a_slow_first_list_tells_how_far_it_is(self):
        namespace = self.bed.namespace()
        for number in range(250):
            self.bed.api.create(objects.config_map(namespace, f"fill-{number}", {"x": "x" * 500}))
        with proxy.Proxy(self.bed) as bad:
            drops = bad.slow(10000, path="/configmaps", watch=False)
            self.bed.api.create(objects.config_map(namespace, "settings", {"colour": "red"}))
            self.bed.api.create(objects.deployment(namespace, "web", config_maps=["settings"]))
            user = self.bed.user()
            self.bed.grant(user, [namespace])
            kubeconfig = self.bed.kubeconfig(user, server=bad.server, ca_file=bad.ca_file)
            controller = self.controller([namespace], user=user, kubeconfig=kubeconfig, wait=False)
            eventually(lambda: "objects to come" in controller.log(), "it tells of its progress")
            self.assertNotEqual(controller.get("/readyz")[0], 200)
            drops.remove()
            controller.ready()
            controller.says_like(r"configmaps .*: listed in ")
            self.wait_adopted(namespace, "web")

    # Of the whole API server, as it seems.

    def refused(self, code, retry_after):
        """30 s of refusals of everything, with a change at their beginning that is seen (watches
        are open still) and one that is not, as they are closed then. Returns the times of the
        PATCHes that were refused."""
        namespace = self.bed.namespace()
        with proxy.Proxy(self.bed) as bad:
            controller = self.behind(bad, namespace)
            begin = time.monotonic()
            with bad.refuse(code, retry_after=retry_after):
                self.paint(namespace, "blue")
                eventually(lambda: bad.requests("PATCH", "/deployments/web")[1:], "it is tried")
                time.sleep(5)  # of the thirty
                bad.cut_all()
                self.paint(namespace, "green")
                time.sleep(begin + 30 - time.monotonic())
            attempts = [seen.at for seen in bad.requests("PATCH", "/deployments/web")[1:]]
            self.assertEqual(self.template_writes(controller, namespace, "web"), [])
            controller.leads()
            self.converged(controller, namespace, 1)
            # Nobody needs to read the same a hundred times.
            self.assertLess(controller.log().count("was answered with"), 60)
            return attempts

    def test_30_seconds_of_429_are_survived_at_the_pace_that_they_ask_for(self):
        attempts = self.refused(429, 3)
        for one, following in zip(attempts, attempts[1:]):
            self.assertGreaterEqual(following - one, 3)

    def test_30_seconds_of_500_are_survived_with_fewer_and_fewer_attempts(self):
        attempts = self.refused(500, None)
        self.assertLessEqual(len(attempts), 6)

    # Of the real one.

    def test_an_api_server_that_is_killed_and_compacted_costs_no_change_and_no_second_write(self):
        with cluster.Cluster() as own:
            self.bed = own
            namespace = own.namespace()
            with proxy.Proxy(own) as bad:
                # Of one process, on however slow a machine: it does not lose its lease.
                lease = {"namespace": namespace, "duration": "200s", "renew": "150s"}
                controller = self.behind(bad, namespace, kubernetes={"leader_election": lease})
                self.killed_in_the_middle_of_changes(own, controller, namespace)
                self.compacted(own, bad, controller, namespace)

    def killed_in_the_middle_of_changes(self, own, controller, namespace):
        for number in range(3):
            ended = threading.Event()
            def changes():
                while not ended.is_set():
                    try:
                        self.paint(namespace, f"{number} {time.monotonic()}")
                    except (OSError, http.client.HTTPException, api.ApiError):
                        pass
                    ended.wait(0.05)
            painter = threading.Thread(target=changes)
            painter.start()
            try:
                before = len(self.template_writes(controller, namespace, "web"))
                self.wait_writes(controller, namespace, "web", before + 1, patience=LONG)
                own.kill9_api_server()
                own.restart_api_server()
                eventually(lambda: self.painted(namespace), "changes arrive again")
            finally:
                ended.set()
                painter.join()
        self.paint(namespace, "the last")
        controller.leads()
        self.converged(controller, namespace, 3, 20)

    def painted(self, namespace):
        try:
            self.paint(namespace, "here again")
            return True
        except (OSError, http.client.HTTPException, api.ApiError):
            return False

    def compacted(self, own, bad, controller, namespace):
        before = len(self.template_writes(controller, namespace, "web"))
        with bad.refuse(503, watch=True):
            bad.cut_all()
            self.paint(namespace, "while nobody watches")
            own.compact_etcd()
            own.kill9_api_server()
            own.restart_api_server()
        eventually(lambda: total(controller.metrics(), "ebbgate_watch_restarts_total",
                                 resource="configmaps", reason="expired") >= 1,
                   "the version to resume at is gone", LONG)
        self.converged(controller, namespace, before + 1)


def load_tests(loader, tests, pattern):
    return support.SideBySide(loader.loadTestsFromTestCase(Faults))


if __name__ == "__main__":
    unittest.main(verbosity=2)
