"""Ebbgate with almost no descriptors: what it cannot begin it refuses, and nothing is lost, sent
twice or told as unknown; it waits for descriptors without eating a processor."""

import os
import resource
import socket
import time

from harness import PATIENCE, EndToEndTest, eventually, main, replace, total

LIMIT = 48
FEWEST = 40  # docs/operations.md


def at_most(limit):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


few_descriptors = at_most(LIMIT)


class FewDescriptorsTest(EndToEndTest):

    settings = {"settle": {"quiet": "0s"}, "budget": {"rate": "unlimited"},
                "retry": {"base": "100ms", "max": "500ms"}}

    def start_with_few(self):
        return self.start(preexec_fn=few_descriptors)

    def processor_seconds(self, process):
        with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def outcomes(self, process):
        metrics = process.metrics()
        return {outcome: total(metrics, "ebbgate_updates_total", outcome=outcome)
                for outcome in ("applied", "refused", "unknown")}

    def asked(self, process, question):
        """The answer; while all descriptors are in use it may take a few attempts."""
        def ask():
            try:
                return question()
            except (OSError, AssertionError):
                return None
        return eventually(ask, "it answers")

    def check_outcomes(self, process, count):
        outcomes = self.asked(process, lambda: self.outcomes(process))
        print(f"outcomes of {count} updates: {outcomes}")
        self.assertEqual(outcomes["applied"], count)
        self.assertEqual(outcomes["unknown"], 0)
        return outcomes

    def test_requests_that_have_no_descriptor_are_refused_and_each_arrives_once(self):
        receiver = self.receiver()
        receiver.delay = 0.3
        names = [f"web-{n}" for n in range(160)]
        self.configure([self.http_workload(name, receiver) for name in names])
        process = self.start_with_few()
        for name in names:
            replace(self.conf / name, "new")
        eventually(lambda: len(receiver.all()) >= 160, "all arrived", 2 * PATIENCE,
                   progress=lambda: len(receiver.all()))
        eventually(lambda: self.asked(process, lambda: self.outcomes(process))["applied"] >= 160,
                   "all are answered")
        self.assertGreater(self.check_outcomes(process, 160)["refused"], 0)
        self.assertEqual([len(receiver.updates("/" + name)) for name in names], [1] * 160)
        self.assertEqual(process.stop()[0], 0)

    def test_commands_that_have_no_descriptor_are_refused_and_each_runs_once(self):
        made = [self.exec_workload(f"web-{n}") for n in range(60)]
        for _, commands in made:
            commands.behave("sleep 1")
        self.configure([workload for workload, _ in made])
        process = self.start_with_few()
        for n in range(60):
            replace(self.conf / f"web-{n}", "new")
        ran = lambda: sum(len(commands.updates()) for _, commands in made)  # noqa: E731
        eventually(lambda: ran() >= 60, "all ran", 2 * PATIENCE, progress=ran)
        eventually(lambda: self.asked(process, lambda: self.outcomes(process))["applied"] >= 60,
                   "all are answered")
        self.check_outcomes(process, 60)
        self.assertEqual([len(commands.updates()) for _, commands in made], [1] * 60)
        self.assertEqual(process.stop()[0], 0)

    def test_clients_that_take_all_descriptors_stop_no_update_and_cost_no_processor(self):
        receiver = self.receiver()
        self.configure([self.http_workload("web", receiver)])
        process = self.start_with_few()
        connections = [socket.create_connection(process.address()) for _ in range(100)]
        before = self.processor_seconds(process)
        replace(self.conf / "web", "one")
        self.wait_for(lambda: receiver.updates("/web"), 1)
        self.assertTrue(process.running())
        eventually(lambda: self.asked(process, lambda: process.get("/healthz")[0]) == 200,
                   "/healthz answers")
        self.assertLess(self.processor_seconds(process) - before, 2)
        for connection in connections:
            connection.close()
        replace(self.conf / "web", "two")
        self.wait_for(lambda: receiver.updates("/web"), 2)
        self.wait_until_answered(process, "web")
        self.assertEqual(self.outcomes(process)["unknown"], 0)
        self.assertEqual(process.stop()[0], 0)

    def start_while_forty_hang(self, hanging, others):
        """Of a few that hang each holds its descriptors for as long as the test takes."""
        for workload in hanging:
            workload["update"]["timeout"] = "20m"
        self.configure([*hanging, *others])
        process = self.start_with_few()
        for workload in hanging:
            replace(self.conf / workload["name"], "new")
        return process

    def check_that_another_goes_on(self, process, updates, begun):
        """`begun` tells how many of those that hang were begun."""
        eventually(lambda: begun() > 0 and self.failing(process) > 0, "they hold what there is")
        time.sleep(3)  # longer than a standstill: what comes then is known not to hang with them
        for count in (1, 2, 3):
            replace(self.conf / "web", f"content {count}")
            self.wait_for(updates, count)
            self.wait_until_answered(process, "web")
        self.assertLess(begun(), 40)
        self.check_causes(process)
        self.assertEqual(process.stop()[0], 0)

    def failing(self, process):
        return total(self.asked(process, process.metrics), "ebbgate_workloads_failing")

    def check_causes(self, process):
        """What was refused for want of descriptors says so, and nothing else."""
        self.assertNotIn("by someone else", process.log())
        workloads = self.asked(process, lambda: process.api("workloads"))["items"]
        failing = [workload for workload in workloads if workload["state"] == "failing"]
        self.assertGreater(len(failing), 0)
        for workload in failing:
            self.assertEqual((workload["last_outcome"], workload["failure_cause"]),
                             ("refused", "own_resources"), workload)

    def test_commands_that_hang_keep_no_other_workload_from_its_updates(self):
        made = [self.exec_workload(f"hangs-{n}") for n in range(40)]
        for _, commands in made:
            commands.behave("sleep 1200")
        web, updates = self.exec_workload("web", backoff={"base": "100ms"})
        process = self.start_while_forty_hang([workload for workload, _ in made], [web])
        self.check_that_another_goes_on(
            process, updates.updates, lambda: sum(len(commands.updates()) for _, commands in made))

    def test_hooks_that_hang_keep_no_other_workload_from_its_updates(self):
        hanging, receiver = self.receiver(), self.receiver()
        hanging.delay = 1200
        made = [self.http_workload(f"hangs-{n}", hanging) for n in range(40)]
        web = self.http_workload("web", receiver, backoff={"base": "100ms"})
        process = self.start_while_forty_hang(made, [web])
        self.check_that_another_goes_on(process, lambda: receiver.updates("/web"),
                                        lambda: len(hanging.all()))

    def test_what_comes_with_many_that_hang_waits_for_their_time_out_at_most_once(self):
        made = [self.exec_workload(f"hangs-{n}") for n in range(40)]
        for _, commands in made:
            commands.behave("sleep 1200")
        web, updates = self.exec_workload("web")
        for workload, _ in made:
            workload["update"]["timeout"] = "1s"
        self.configure([*(workload for workload, _ in made), web])
        process = self.start_with_few()
        for name in [workload["name"] for workload, _ in made] + ["web"]:
            replace(self.conf / name, "new")
        self.wait_for(updates.updates, 1)
        self.assertNotIn("by someone else", process.log())
        self.assertEqual(process.stop()[0], 0)

    def test_it_works_with_the_fewest_and_does_not_start_with_less(self):
        receiver = self.receiver()
        web, commands = self.exec_workload("web")
        self.configure([web, self.http_workload("hook", receiver)])
        process = self.start(preexec_fn=at_most(FEWEST))
        replace(self.conf / "web", "new")
        replace(self.conf / "hook", "new")
        self.wait_for(commands.updates, 1)
        self.wait_for(lambda: receiver.updates("/hook"), 1)
        self.assertEqual(self.asked(process, lambda: process.get("/")[0]), 200)
        self.assertEqual(process.stop()[0], 0)
        for limit in (FEWEST - 1, 24, 12, 6):
            with self.subTest(limit):
                process = self.start(wait=False, preexec_fn=at_most(limit))
                self.assertEqual(process.wait(), 1, process.log())
                process.says(f"cannot start: the limit of open files is {limit}")
                process.says(f"needs at least {FEWEST}")
                self.assertNotIn("listening", process.log())


if __name__ == "__main__":
    main()
