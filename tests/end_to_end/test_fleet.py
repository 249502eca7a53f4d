"""A thousand workloads share one budget."""

import bisect
import time

from harness import EndToEndTest, allowed, command, eventually, main, replace, total

RATE, BURST = 20, 50


class FleetTest(EndToEndTest):

    def test_200_changes_at_once_share_the_budget_fairly_and_all_arrive(self):
        receiver = self.receiver()
        workloads = [self.http_workload(f"web-{n}", receiver, namespace="busy")
                     for n in range(999)]
        workloads.append(self.http_workload("lone", receiver, namespace="quiet"))
        self.configure(workloads, budget={"rate": RATE, "burst": BURST})
        process = self.start()
        self.assertEqual(total(process.metrics(), "ebbgate_budget_tokens"), BURST)

        changed = range(0, 800, 4)
        begin = time.monotonic()
        for n in changed:
            replace(self.conf / f"web-{n}", "new")
        self.wait_for(receiver.all, BURST)
        eventually(lambda: total(process.metrics(), "ebbgate_updates_pending", gate="budget") > 0,
                   "the budget holds some back")
        lone_changed = time.monotonic()
        replace(self.conf / "lone", "new")
        lone = self.wait_for(lambda: receiver.updates("/lone"), 1)[0]
        updates = self.wait_for(receiver.all, len(changed) + 1)
        time.sleep(0.5)

        # Never more than the bucket held at the beginning and got since.
        times = [update.at for update in receiver.all()]
        for count, at in enumerate(times, start=1):
            self.assertLessEqual(count, BURST + RATE * (at - begin))
        # Any stretch of time; the receiver's threads may be late by a little.
        for first, start in enumerate(times):
            for last in range(first, len(times)):
                self.assertLessEqual(last - first + 1,
                                     BURST + RATE * (times[last] - start + 0.5))
        # Everyone exactly once, and nobody else.
        self.assertEqual(sorted(u.workload for u in updates),
                         sorted([f"/web-{n}" for n in changed] + ["/lone"]))
        # The lone one waited for its namespace's turn, not for the queue.
        between = bisect.bisect(times, lone.at) - bisect.bisect(times, lone_changed)
        behind = len(times) - bisect.bisect(times, lone.at)
        print(f"{between} went between the lone change and its update, {behind} after it, "
              f"{times[-1] - begin:.1f} s in all")
        self.assertLessEqual(between, 10)
        self.assertGreater(behind, 40)
        # Nor was the budget wasted.
        self.assertLess(times[-1] - begin, (len(times) - BURST) / RATE + allowed(5))

        eventually(lambda: total(process.metrics(), "ebbgate_updates_total",
                                 outcome="applied") == len(times), "all are counted as applied")
        metrics = process.metrics()
        self.assertEqual(total(metrics, "ebbgate_changes_total"), len(times))
        self.assertEqual(total(metrics, "ebbgate_updates_coalesced_total"), 0)
        self.assertEqual(total(metrics, "ebbgate_workloads"), 1000)
        self.assertEqual(total(metrics, "ebbgate_workloads", level="1"), len(times))

        process.kill()
        process = self.start()
        time.sleep(0.5)
        self.assertEqual(len(receiver.all()), len(times))

    def test_a_restart_refills_no_budget(self):
        receiver = self.receiver()
        names = [f"web-{n}" for n in range(4)]
        self.configure([self.http_workload(name, receiver) for name in names],
                       budget={"rate": 0.1, "burst": 3})
        process = self.start()
        begin = time.monotonic()
        for name in names:
            replace(self.conf / name, "new")
        self.wait_for(receiver.all, 3)
        for _ in range(3):
            process.kill()
            process = self.start()
            self.assertLess(total(process.metrics(), "ebbgate_budget_tokens"), 1)
        updates = self.wait_for(receiver.all, 4)
        self.assertGreaterEqual(updates[3].at - begin, 10)

    def test_a_rate_of_zero_stops_everything(self):
        receiver = self.receiver()
        self.configure([self.http_workload("web", receiver)], budget={"rate": 0})
        process = self.start()
        replace(self.conf / "web", "new")
        eventually(lambda: process.workload("web")["state"] == "waiting", "it waits")
        gates = process.workload("web")["gates"]
        self.assertEqual([g["gate"] for g in gates], ["budget"])
        self.assertIn("budget.rate is 0", gates[0]["reason"])
        self.assertIsNone(process.workload("web")["next_update"])
        for done in (command("status", "--url", process.url),
                     command("explain", "web", "--url", process.url)):
            self.assertIn("budget.rate is 0", done.out)
            self.assertNotRegex(done.out, r"\bturn\b|\bin \d+s")
        checked = command("check", "--config", self.config_path)
        self.assertEqual(checked.code, 0)
        self.assertRegex(checked.err, r"ebbgate\.yaml:\d+: budget\.rate: is 0, so that no update")
        time.sleep(1)
        self.assertEqual(receiver.all(), [])

    def test_a_cap_on_unfinished_rollouts_lets_one_go_after_the_other(self):
        receiver = self.receiver()
        health = self.receiver()
        names = [f"web-{n}" for n in range(4)]
        ready = {}

        def status(path):
            updates = receiver.updates(path)
            if updates and time.monotonic() > updates[-1].at + 0.5:
                ready.setdefault(path, time.monotonic())
                return 200
            return 503
        health.status = status
        self.configure([self.http_workload(
            name, receiver, ready={"http": f"{health.url}/{name}", "interval": "50ms"})
            for name in names], unfinished={"max": 1}, budget={"rate": "unlimited"})
        self.start()
        for name in names:
            replace(self.conf / name, "new")
        updates = self.wait_for(receiver.all, 4)
        for one, next_one in zip(updates, updates[1:]):
            self.assertGreaterEqual(next_one.at, ready[one.workload])


if __name__ == "__main__":
    main()
