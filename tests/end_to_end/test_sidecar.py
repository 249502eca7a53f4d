"""The example of a sidecar learns from what Ebbgate sends, and docs/feedback.md says what is true."""

import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import threading
import urllib.error
import urllib.request

from harness import (BINARY, SOURCE, EndToEndTest, clean_environment, eventually, main, total,
                     write)

EXAMPLE = SOURCE / "examples" / "sidecar"
DOCUMENT = (SOURCE / "docs" / "feedback.md").read_text()

sys.path.insert(0, str(EXAMPLE))
import sidecar as example  # noqa: E402  pylint: disable=wrong-import-position


def documented(member):
    """The JSON examples of the document that have this member."""
    blocks = re.findall(r"^```json\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    decoder, found = json.JSONDecoder(), []
    for block in blocks:
        rest = block.strip()
        while rest:
            value, end = decoder.raw_decode(rest)
            rest = rest[end:].lstrip()
            if member in value:
                found.append(value)
    assert found, f"the document has an example with {member}"
    return found


class Recorder(example.Trainer):
    """Keeps what it learned from."""

    def __init__(self):
        super().__init__()
        self.messages = []

    def learn(self, message):
        self.messages.append(message)


class SidecarTest(EndToEndTest):

    def setUp(self):
        super().setUp()
        self.work = self.folder / "sidecar"
        shutil.copytree(EXAMPLE, self.work, ignore=shutil.ignore_patterns("__pycache__"))
        self.config_path = self.work / "ebbgate.yaml"
        self.socket = self.work / "sidecar.sock"
        self.sidecar_log = self.folder / "sidecar.log"
        self.child = None

    def start_sidecar(self):
        with open(self.sidecar_log, "ab") as output:
            child = subprocess.Popen([sys.executable, "-B", "sidecar.py", "sidecar.sock"],
                                     cwd=self.work, stdout=output, stderr=output)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        self.child = child
        eventually(lambda: self.said("listening") > 0 and self.socket.exists(), "it listens")

    def kill_sidecar(self):
        self.child.kill()
        self.child.wait()

    def said(self, text):
        return self.sidecar_log.read_text().count(text)

    def start_ebbgate(self):
        return self.start(arguments=["--listen", "127.0.0.1:0"], cwd=self.work)

    def curl(self, process, line):
        """Runs the document's command, for another port."""
        line = line.replace("http://127.0.0.1:9911", process.url)
        done = subprocess.run(["sh", "-c", line], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return json.loads(done.stdout)

    def post(self, process, name, score):
        message = json.dumps({"job_id": name, "features": [1], "true_score": score})
        return self.curl(process, "curl --silent --data '" + message +
                         "' http://127.0.0.1:9911/api/v1/feedback/sidecar")

    def delivered(self, process):
        return total(process.metrics(), "ebbgate_feedback_messages_total", result="delivered")

    def exchange(self, *lines):
        """The answers to lines on one connection."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(str(self.socket))
            answers = connection.makefile()
            got = []
            for line in lines:
                connection.sendall(line.encode() + b"\n")
                got.append(json.loads(answers.readline()))
            return got

    def test_a_message_that_is_posted_and_an_outcome_arrive(self):
        self.start_sidecar()
        process = self.start_ebbgate()
        command = re.search(r"^curl .*$", DOCUMENT, re.MULTILINE)[0]
        self.assertEqual(self.curl(process, "curl --silent" + command[len("curl"):]),
                         documented("queued")[0])
        eventually(lambda: self.said("8f2c1a: score 71.5, mean 71.5 of 1"), "it was learned")
        write(self.work / "greeting.txt", "Good evening\n")
        eventually(lambda: self.said("score 100, mean 85.8 of 2"), "the outcome was learned")
        eventually(lambda: self.delivered(process) == 2, "both are counted")
        self.assertEqual(process.stop()[0], 0)

    def test_the_document_s_two_terminals_work_as_pasted(self):
        block = re.search(r"^```sh\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)[1]
        tools = self.folder / "tools"
        tools.mkdir()
        os.symlink(BINARY, tools / "ebbgate")
        # All but the port, which may be another's here.
        environment = clean_environment({"PATH": f"{tools}:{os.environ['PATH']}",
                                         "EBBGATE_LISTEN": "127.0.0.1:0"})
        self.assertEqual(len(block.splitlines()), 2, block)
        logs = []
        for number, line in enumerate(block.splitlines()):
            logs.append(self.folder / f"terminal.{number}")
            with open(logs[-1], "wb") as output:
                child = subprocess.Popen(["sh", "-c", f"exec {line}"], cwd=self.work, stdout=output,
                                         stderr=output, env=environment)
            self.addCleanup(child.wait)
            self.addCleanup(child.kill)
        sidecar, ebbgate = logs
        address = eventually(lambda: re.search(r"listening on (http://\S+)", ebbgate.read_text()),
                             "Ebbgate runs")[1]

        def ready():  # until then, what changes is what it begins with
            try:
                with urllib.request.urlopen(address + "/readyz", timeout=60) as answer:
                    return answer.status == 200
            except urllib.error.URLError:
                return False
        eventually(ready, "it has read what it watches")
        write(self.work / "greeting.txt", "Good evening\n")
        eventually(lambda: "score 100" in sidecar.read_text(), "the outcome was learned")
        self.assertEqual(child.poll(), None)

    def test_a_sidecar_that_was_killed_gets_what_waited_in_order(self):
        self.start_sidecar()
        process = self.start_ebbgate()
        self.post(process, "first", 1)
        eventually(lambda: self.delivered(process) == 1, "the first arrives")
        self.kill_sidecar()
        eventually(lambda: total(process.metrics(), "ebbgate_peer_up") == 0, "its end is noticed")
        for number in range(3):
            self.assertEqual(self.post(process, f"waiting-{number}", number),
                             {"queued": 1, "dropped": 0})
        self.assertEqual(self.delivered(process), 1)
        self.start_sidecar()
        eventually(lambda: self.delivered(process) == 4, "all arrive")
        self.assertEqual(re.findall(r"sidecar: (\S+): score", self.sidecar_log.read_text()),
                         ["first", "waiting-0", "waiting-1", "waiting-2"])
        process.says_like(r"closed by the peer; the next attempt is in 2s")
        process.says_like(r"the peer answers again after \S+ and \d attempts?; "
                          r"0 messages were dropped meanwhile")

    def test_what_was_queued_on_a_clean_stop_arrives_after_the_start(self):
        process = self.start_ebbgate()
        self.post(process, "kept", 5)
        self.assertEqual(process.stop()[0], 0)
        self.start_sidecar()
        self.start_ebbgate()
        eventually(lambda: self.said("kept: score 5"), "it arrives")

    def test_a_message_that_comes_twice_is_learned_from_once(self):
        self.start_sidecar()
        line = json.dumps(documented("features")[0])
        self.assertEqual(self.exchange(line)[0]["trained"], True)
        again, other = self.exchange(line, line.replace("8f2c1a", "another"))
        self.assertEqual(again, {"ok": True, "step": 1, "trained": False, "job_id": "8f2c1a"})
        self.assertEqual(other, {"ok": True, "step": 2, "trained": True, "job_id": "another"})
        self.assertEqual(self.said("8f2c1a: score"), 1)

    def test_what_is_no_message_is_refused_for_good_and_the_next_one_taken(self):
        self.start_sidecar()
        good = json.dumps(documented("features")[0])
        wrong = ["garbage", "[]", "{}", '{"job_id": [], "features": [1], "true_score": 1}',
                 '{"job_id": "a", "features": [1], "true_score": "high"}', "\x00"]
        *refused, taken = self.exchange(*wrong, good)
        for answer in refused:
            self.assertEqual((answer["ok"], answer["retryable"]), (False, False), answer)
        self.assertEqual((taken["ok"], taken["step"]), (True, 1))

    def test_its_socket_is_the_users_own_and_replaces_a_stale_one_only(self):
        self.start_sidecar()
        self.assertEqual(stat.S_IMODE(os.stat(self.socket).st_mode), 0o600)
        second = subprocess.run([sys.executable, "-B", "sidecar.py", "sidecar.sock"], cwd=self.work,
                                stderr=subprocess.PIPE, timeout=60, check=False)
        self.assertIn(b"Address already in use", second.stderr)
        self.kill_sidecar()
        self.assertTrue(self.socket.exists())
        write(self.sidecar_log, "")
        self.start_sidecar()
        self.assertEqual(self.exchange(json.dumps(documented("features")[0]))[0]["ok"], True)
        with self.assertRaises(OSError):
            example.Sidecar(str(self.config_path), None)
        self.assertTrue(self.config_path.exists())

    def test_outcomes_have_the_documented_form(self):
        recorder = Recorder()
        with example.Sidecar(str(self.socket), recorder) as sidecar:
            threading.Thread(target=sidecar.serve_forever, args=(0.05,), daemon=True).start()
            self.addCleanup(sidecar.shutdown)
            self.start_ebbgate()
            write(self.work / "greeting.txt", "Good evening\n")
            eventually(lambda: recorder.messages, "the outcome arrives")
        real, (example_of_it,) = recorder.messages[0], documented("event")
        self.assertEqual(sorted(real), sorted(example_of_it))
        for member, value in example_of_it["event"].items():
            self.assertIs(type(real["event"][member]), type(value), member)
        self.assertEqual(sorted(real["event"]), sorted(example_of_it["event"]))
        self.assertEqual(len(real["features"]), len(example_of_it["features"]))
        self.assertEqual(len(re.findall(r"^\| \d \|", DOCUMENT, re.MULTILINE)),
                         len(real["features"]))
        self.assertEqual((real["features"][0], real["features"][3], real["features"][6]), (1, 1, 0))
        self.assertEqual(real["true_score"], 100)

    def test_the_documented_answers_are_understood_as_documented(self):
        answers = documented("ok")
        self.assertEqual(len(answers), 3)
        given = []

        class Scripted(example.Connection):
            def answer(self, line):
                given.append(json.loads(line)["job_id"])
                return answers[len(given) - 1] if len(given) <= len(answers) else {"ok": True}

        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.socket))
            os.chmod(self.socket, 0o600)
            listener.listen()
            process = self.start_ebbgate()
            for name in ("8f2c1a", "later", "8f2c1a"):
                self.post(process, name, 1)

            def serve():
                for _ in range(2):  # the second one after the answer that asks for it
                    with listener.accept()[0] as connection:
                        Scripted(connection, None, None)

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()

            def done():
                metrics = process.metrics()
                return [total(metrics, "ebbgate_feedback_messages_total", result=result)
                        for result in ("delivered", "rejected")] == [2, 1]
            eventually(done, "the second one, which comes again, is rejected")
            process.stop()
            thread.join()
        self.assertEqual(given, ["8f2c1a", "later", "later", "8f2c1a"])


if __name__ == "__main__":
    main()
