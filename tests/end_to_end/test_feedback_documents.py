"""docs/feedback.md and examples/sidecar say what is true."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys

from feedback import FeedbackTest
from harness import SOURCE, clean_environment, command, eventually, main, replace

DOCUMENT = (SOURCE / "docs" / "feedback.md").read_text()


def blocks(kind):
    found = re.findall(rf"^```{kind}\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert found, f"the document has a block of {kind}"
    return found


class SidecarTest(FeedbackTest):
    """examples/sidecar, as a user runs it."""

    def setUp(self):
        super().setUp()
        self.work = self.folder / "sidecar"
        shutil.copytree(SOURCE / "examples" / "sidecar", self.work)
        self.config_path = self.work / "ebbgate.yaml"
        self.printed = self.folder / "printed"
        self.sidecar = None
        self.addCleanup(self.end_sidecar)

    def start_sidecar(self):
        with open(self.printed, "ab") as output:
            self.sidecar = subprocess.Popen(
                [sys.executable, self.work / "sidecar.py", "sidecar.sock"], cwd=self.work,
                stdout=output, stderr=output)

    def end_sidecar(self, number=signal.SIGKILL):
        if self.sidecar:
            self.sidecar.send_signal(number)
            self.sidecar.wait()
            self.sidecar = None

    def start_ebbgate(self):
        return self.start(arguments=("--listen", "127.0.0.1:0"), cwd=self.work)

    def run_examples(self, process):
        for block in blocks("console feedback"):
            line, expected = re.fullmatch(r"\$ (.*)\n(.*)\n", block).groups()
            done = subprocess.run(["sh", "-c", line.replace("http://127.0.0.1:9911", process.url)],
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60,
                                  env=clean_environment())
            self.assertEqual((done.returncode, done.stdout.decode().strip()), (0, expected))

    def test_it_gets_what_is_handed_in_and_the_outcomes_of_updates(self):
        self.start_sidecar()
        eventually((self.work / "sidecar.sock").exists, "it listens")
        process = self.start_ebbgate()
        self.run_examples(process)
        self.wait_until_done(process, 1)
        replace(self.work / "greeting.txt", "Good evening")
        self.wait_until_done(process, 2)
        self.assertEqual(self.done(process), {"delivered": 2})
        printed = self.printed.read_text().splitlines()
        self.assertEqual(printed[0], "step 1: a-1 scored 91, the mean is 91")
        self.assertRegex(printed[1], "^step 2: [0-9a-f]{32} scored 100, the mean is 95.5$")

    def test_it_can_be_gone_and_takes_a_message_that_comes_again_once(self):
        process = self.start_ebbgate()
        self.run_examples(process)
        self.run_examples(process)
        eventually(lambda: self.status(process)["problem"], "nobody is there")
        self.start_sidecar()
        self.wait_until_done(process, 2)
        self.end_sidecar(signal.SIGINT)
        self.assertTrue((self.work / "sidecar.sock").exists())
        self.start_sidecar()  # over what it left behind
        self.post(process, "".join(blocks("json message")))
        self.wait_until_done(process, 3)
        self.assertEqual(self.done(process), {"delivered": 3})
        self.assertEqual(self.printed.read_text(), "step 1: a-1 scored 91, the mean is 91\n" * 2)

    def test_it_rejects_what_is_wrong_and_goes_on(self):
        self.start_sidecar()
        eventually((self.work / "sidecar.sock").exists, "it listens")
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.work / "sidecar.sock"))
            connection.sendall(b'nonsense\n[]\n{"job_id": "x"}\n' + blocks("json message")[0].encode())
            answers = [json.loads(line) for _, line in zip(range(4), connection.makefile())]
        self.assertEqual([(one["ok"], one.get("retryable")) for one in answers],
                         [(False, False)] * 3 + [(True, None)])


class DocumentTest(FeedbackTest):

    def answered_with(self, answer):
        """(what became of the message, why connections ended)"""
        name = f"peer{len(self.processes)}"
        peer = self.peer(name).start("garbage", garbage=answer.strip())
        self.feed(peer.settings(attempts=1000))
        process = self.start()
        self.assertEqual(self.post(process, blocks("json message")[0], name)[0], 202)
        eventually(lambda: self.done(process, name) or self.disconnects(process, name),
                   "it was answered")
        came_of_it = self.done(process, name), self.disconnects(process, name).keys()
        process.kill()
        return came_of_it

    def test_answers_mean_what_it_says(self):
        for what in ("delivered", "rejected"):
            for answer in blocks(f"json {what}"):
                self.assertEqual(self.answered_with(answer), ({what: 1}, set()))
        for answer in blocks("json retryable"):
            self.assertEqual(self.answered_with(answer), ({}, {"retryable"}))

    def test_an_outcome_looks_as_it_says(self):
        (text,) = blocks("json outcome")
        documented = json.loads(text)
        peer = self.peer().start()
        workload, _ = self.exec_workload(
            "web", ready={"exec": ["/bin/false"], "interval": "50ms", "timeout": "300ms"})
        self.feed(peer.settings(outcomes=True), workloads=[workload])
        self.start()
        replace(self.conf / "web", "new")
        sent = eventually(peer.received, "the outcome came")[0].message
        self.assertEqual(list(sent), list(documented))
        self.assertEqual(list(sent["event"]), list(documented["event"]))
        self.assertEqual(len(sent["features"]), len(documented["features"]))
        self.assertEqual(len(re.findall(r"^\d\. ", DOCUMENT, re.MULTILINE)), len(sent["features"]))
        for key in ("job_id", "true_score"):
            self.assertEqual(len(str(sent[key])), len(str(documented[key])))
        self.assertEqual(sent["event"]["outcome"], documented["event"]["outcome"])
        self.assertEqual(len(sent["event"]["fingerprint"]),
                         len(documented["event"]["fingerprint"]))

    def test_the_configuration_beside_the_sidecar_is_right(self):
        done = command("check", "--config", SOURCE / "examples/sidecar/ebbgate.yaml")
        self.assertEqual(done.code, 0, done.err)


if __name__ == "__main__":
    main()
