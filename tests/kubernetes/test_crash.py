"""The promise that matters most: whatever happens to the process and to its database, a storm
stays throttled, and nothing is lost."""

import random
import time
import unittest

import support
import cluster
import proxy
import storm
from support import fingerprint, template_hash, written_state

bed = cluster.shared()

KILLS = 20
DATABASES_LOST = 6
STORMS = ("noisy", "lively")
LIVELY = {"ebbgate.io/backoff-max": "1s", "ebbgate.io/unhealthy-max": "1s"}
CAPS = {"noisy": 64, "lively": 1}  # seconds
HIGHEST = {"noisy": 10, "lively": 1}  # levels


class Crash(support.ControllerTest):
    bed = bed

    def start(self, namespace, wait=False):
        return self.controller([namespace], self.user, self.kubeconfig, wait=wait,
                               log="info")

    def restart(self, controller, namespace, forget, wait):
        """kill -9 and a new start, and when that was: (controller, time)."""
        controller.kill()
        if forget:
            self.forget_database()
        began = time.time()
        return self.start(namespace, wait), began

    def test_a_storm_stays_throttled_through_kills_at_random_moments_and_lost_databases(self):
        seed = random.randrange(10**6)
        print("seed", seed, flush=True)
        dice = random.Random(seed)
        namespace, self.user = bed.namespace(), bed.user()
        bed.grant(self.user, [namespace])
        storm.create(bed, namespace, "noisy")
        storm.create(bed, namespace, "lively", LIVELY)
        storm.create(bed, namespace, "witness", ready=True)
        bad = proxy.Proxy(bed)
        self.addCleanup(bad.close)
        self.kubeconfig = bed.kubeconfig(self.user, server=bad.server, ca_file=bad.ca_file)
        # So that some kills come while a PATCH is answered.
        patches = bad.delay(0.05, method="PATCH", path="/deployments/")

        controller = self.start(namespace, wait=True)
        self.wait_adopted(namespace, "noisy", "lively", "witness")
        forgotten, in_flight = [], 0
        with storm.Storm(bed, namespace, "noisy") as noisy, \
                storm.Storm(bed, namespace, "lively") as lively:
            for forget in dice.sample([True] * DATABASES_LOST + [False] * (KILLS - DATABASES_LOST),
                                      KILLS):
                if dice.random() < 0.3:  # a PATCH whose outcome is not known, if one comes
                    bad.cut(method="PATCH", path="/deployments/", forwarded=dice.random() < 0.5,
                            count=1)
                time.sleep(dice.choice([0.05, 0.5, 3, 5]) * (0.5 + dice.random()))
                if dice.random() < 0.6:  # while a PATCH is under way, if one comes soon
                    hits = patches.hits
                    deadline = time.monotonic() + 2
                    while patches.hits == hits and time.monotonic() < deadline:
                        time.sleep(0.002)
                    in_flight += patches.hits > hits
                    time.sleep(0.06 * dice.random())
                controller, began = self.restart(controller, namespace, forget,
                                                 wait=dice.random() < 0.7)
                if forget:
                    forgotten.append(began)
            noisy.end(b"at last")
            lively.end(b"at last")
        for rule in list(bad.rules):
            rule.remove()
        controller.leads()
        ended = time.time()
        print(f"{KILLS} kills, {in_flight} in flight, {len(forgotten)} databases lost; "
              f"{noisy.count} changes in {ended - noisy.began:.1f} s", flush=True)

        # The final content goes out within what is left of the delay.
        for name in STORMS:
            level = controller.workload(name, namespace)["level"]
            remaining = min(2 ** (level - 1), CAPS[name])
            self.wait_at_rest(controller, namespace, name, patience=remaining + support.PATIENCE)
            self.assertEqual(fingerprint(template_hash(self.get(namespace, name))),
                             controller.workload(name, namespace)["desired"])
        for name in STORMS:
            writes = self.template_writes(controller, namespace, name)
            print(name, [(round(write.received - noisy.began, 2), written_state(write)["level"])
                         for write in writes], flush=True)
            self.assertGreaterEqual(len(writes), 3)
            self.assert_spaced(writes, cap=CAPS[name])
            storm.assert_waited_after_forgetting(self, writes, forgotten, CAPS[name])
            storm.assert_in_turn(self, writes, HIGHEST[name])

        # Nothing changes any more: no kind of end leads to a write, with a database or without.
        def counts():
            return {name: len(bed.audit.writes(self.user, namespace=namespace, name=name,
                                               resource="deployments")) for name in STORMS}

        before = counts()
        for number, forget in enumerate((False, True, False), start=1):
            controller, _ = self.restart(controller, namespace, forget, wait=True)
            # Its update proves that the others' would have come.
            bed.api.patch("Secret", namespace, "witness", {"stringData": {"key": f"{number}"}})
            self.wait_writes(controller, namespace, "witness", number)
            for name in STORMS:
                self.wait_at_rest(controller, namespace, name)
            self.assertEqual(counts(), before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
