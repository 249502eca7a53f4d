"""Ebbgate with almost no descriptors: what it cannot begin it refuses, and nothing is lost, sent
twice or told as unknown; it waits for descriptors without eating a processor."""

import os
import resource
import socket

from harness import PATIENCE, EndToEndTest, eventually, main, replace, total

LIMIT = 48


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))


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


if __name__ == "__main__":
    main()
