"""Two replicas, of which one leads: a storm stays throttled and nothing is lost or written twice
however leadership changes."""

import signal
import time
import unittest

import support
import cluster
import proxy
import storm
from support import eventually, fingerprint, template_hash, written_state

bed = cluster.shared()

DURATION = 14  # of the lease, in seconds: more than the 12 that an update may take
RENEW = 5
RETRY = 0.5
STORMS = ("noisy", "lively")
LIVELY = {"ebbgate.io/backoff-max": "1s", "ebbgate.io/unhealthy-max": "1s"}
CAPS = {"noisy": 64, "lively": 1}  # seconds
HIGHEST = {"noisy": 10, "lively": 1}  # levels


class Failover(support.ControllerTest):
    bed = bed

    def start(self, name):
        """A replica, behind a proxy of its own. The same name again is its restart."""
        if name not in self.proxies:
            self.proxies[name] = proxy.Proxy(bed)
            # So that leaders are ended while a PATCH is answered.
            self.patches[name] = self.proxies[name].delay(0.2, method="PATCH", path="/deployments/")
            self.addCleanup(self.proxies[name].close)
            self.users[name] = bed.user()
            bed.grant(self.users[name], [self.namespace])
        bad, user = self.proxies[name], self.users[name]
        election = {"namespace": self.namespace, "identity": name, "duration": f"{DURATION}s",
                    "renew": f"{RENEW}s", "retry": f"{int(RETRY * 1000)}ms"}
        return self.controller(
            [self.namespace], user, bed.kubeconfig(user, server=bad.server, ca_file=bad.ca_file),
            name, grant=False, wait=False, log="info",
            kubernetes={"leader_election": election})

    def role(self, controller):
        return controller.api("process")["role"]

    def leads(self, controller, patience):
        """Waits until it leads, decides and updates; returns when it was seen not to lead, or to
        lead, for the last and the first time."""
        stood_by = time.time()

        def look():
            nonlocal stood_by
            asked = time.time()
            if self.role(controller) == "leader":
                return True
            stood_by = asked
            return False

        eventually(look, "it leads", patience)
        seen = time.time()
        self.assertEqual(controller.metrics()["ebbgate_leader"][()], 1)
        eventually(lambda: len(self.template_writes(controller, self.namespace, "lively",
                                                    since=seen)) >= 3, "the new leader updates")
        return stood_by, seen

    def while_a_patch_is_under_way(self, name):
        """Returns when the server has one that this replica sent, and the replica no answer."""
        hits = self.patches[name].hits
        eventually(lambda: self.patches[name].hits > hits, f"{name} sends a PATCH")

    def when_it_asks_for_the_lease(self, controller):
        """By then all that it sent as a leader has come."""
        now = time.time()
        eventually(lambda: bed.audit.calls(controller.user, now)["get", "leases"] >= 2,
                   "it asks for the lease")
        return time.time()

    def assert_stands_by(self, controller, leader, since):
        """It is ready, knows who leads, and asks for nothing but the lease."""
        eventually(lambda: controller.api("process")["leader"] == leader, f"{leader} leads")
        self.assertEqual(controller.get("/readyz")[0], 200)
        self.assertEqual(self.role(controller), "standby")
        self.assertEqual(controller.metrics()["ebbgate_leader"][()], 0)
        self.assertEqual(controller.api("workloads")["items"], [])
        eventually(lambda: bed.audit.calls(controller.user, since), "it asks for the lease")
        calls = bed.audit.calls(controller.user, since)
        self.assertEqual({resource for _, resource in calls}, {"leases"}, calls)

    def all_writes(self, name):
        """The template writes of all replicas, in the order of the API server."""
        return bed.audit.template_writes(None, self.namespace, "Deployment", name)

    def test_a_storm_stays_throttled_while_leadership_changes_in_every_way(self):
        self.namespace, self.proxies, self.patches, self.users = bed.namespace(), {}, {}, {}
        storm.create(bed, self.namespace, "noisy")
        storm.create(bed, self.namespace, "lively", LIVELY)
        a = self.start("a")
        a.leads()
        self.wait_adopted(self.namespace, *STORMS)
        began = time.time()
        b = self.start("b").ready()
        self.assert_stands_by(b, "a", began)
        with storm.Storm(bed, self.namespace, "noisy") as noisy, \
                storm.Storm(bed, self.namespace, "lively") as lively:
            self.leads(a, 5)
            self.assert_stands_by(b, "a", began)

            # A clean end releases the lease.
            code, _ = a.stop()
            self.assertEqual(code, 0)
            ended = time.time()
            _, led = self.leads(b, DURATION - 2)
            print(f"released: {led - ended:.1f} s", flush=True)
            self.forget_database("a")
            began = time.time()
            a = self.start("a").ready()
            self.assert_stands_by(a, "b", began)

            # kill -9: the other one waits until the lease is over, and knows nothing but what the
            # workloads carry.
            self.while_a_patch_is_under_way("b")
            b.kill()
            ended = time.time()
            forgotten, led = self.leads(a, 3 * DURATION)
            print(f"killed: {led - ended:.1f} s", flush=True)
            self.assertGreaterEqual(led - ended, DURATION - RETRY - 1)
            began = time.time()
            b = self.start("b").ready()
            self.assert_stands_by(b, "a", began)

            # A leader that is frozen, and wakes when its lease is long over.
            self.while_a_patch_is_under_way("a")
            a.send(signal.SIGSTOP)
            frozen = time.time()
            _, led = self.leads(b, 3 * DURATION)
            print(f"frozen: {led - frozen:.1f} s", flush=True)
            self.assertGreaterEqual(led - frozen, DURATION - RETRY - 1)
            a.send(signal.SIGCONT)
            a.begun_anew()
            began = self.when_it_asks_for_the_lease(a)
            self.assert_stands_by(a, "b", began)
            self.assertTrue(a.running())
            self.assertEqual(bed.audit.writes(a.user, resource="deployments", since=frozen), [])

            # A leader that is cut off gives up before another can lead, and stands by again once
            # it reaches the API server.
            bad = self.proxies["b"]
            self.while_a_patch_is_under_way("b")
            cut = bad.cut()
            bad.cut_all()
            ended = time.time()
            b.begun_anew()
            gave_up = time.time()
            self.assertEqual(b.metrics()["ebbgate_leader"][()], 0)
            _, led = self.leads(a, 3 * DURATION)
            print(f"cut off: gave up after {gave_up - ended:.1f} s, the other leads after "
                  f"{led - ended:.1f} s", flush=True)
            self.assertLess(gave_up, led)
            self.assertGreaterEqual(led - ended, DURATION - RETRY - 1)
            cut.remove()
            began = self.when_it_asks_for_the_lease(b)
            self.assert_stands_by(b, "a", began)
            self.assertTrue(b.running())
            noisy.end(b"at last")
            lively.end(b"at last")

        for name in STORMS:
            level = a.workload(name, self.namespace)["level"]
            self.wait_at_rest(a, self.namespace, name,
                              patience=min(2 ** (level - 1), CAPS[name]) + support.PATIENCE)
            self.assertEqual(fingerprint(template_hash(self.get(self.namespace, name))),
                             a.workload(name, self.namespace)["desired"])
            writes = self.all_writes(name)
            print(name, [(write.user, round(write.received - noisy.began, 2),
                          written_state(write)["level"]) for write in writes], flush=True)
            self.assertEqual({write.user for write in writes}, set(self.users.values()))
            self.assert_spaced(writes, cap=CAPS[name])
            storm.assert_waited_after_forgetting(self, writes, [forgotten], CAPS[name])
            # Two leaders' writes for one counter would stand here both.
            storm.assert_in_turn(self, writes, HIGHEST[name])
            # Leaders took turns: a, b, a, b, a.
            turns = [write.user for i, write in enumerate(writes)
                     if not i or writes[i - 1].user != write.user]
            self.assertLessEqual(len(turns), 5)

        # Once more, with nothing that changes: nothing is written.
        counts = {name: len(self.all_writes(name)) for name in STORMS}
        a.stop()
        eventually(lambda: self.role(b) == "leader", "b leads", 3 * DURATION)
        b.leads()
        for name in STORMS:
            self.wait_at_rest(b, self.namespace, name)
        bed.api.patch("Secret", self.namespace, "lively", {"stringData": {"key": "anew"}})
        eventually(lambda: len(self.all_writes("lively")) > counts["lively"], "b updates")
        self.wait_at_rest(b, self.namespace, "lively")
        self.assertEqual(len(self.all_writes("lively")), counts["lively"] + 1)
        self.assertEqual(len(self.all_writes("noisy")), counts["noisy"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
