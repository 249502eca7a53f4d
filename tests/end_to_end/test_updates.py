"""Commands, HTTP requests and signals, how they can fail, and what holds them back."""

import datetime
import os
import pathlib
import signal
import socket
import stat
import time

from harness import (HANGING, EndToEndTest, Storm, allowed, command, eventually, main, replace, total,
                     write)

SHORT = {"base": "200ms", "max": "400ms", "unhealthy_max": "1600ms"}


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class UpdateTest(EndToEndTest):

    def test_a_command_learns_workload_level_and_fingerprint(self):
        workload, commands = self.exec_workload("web", namespace="shop")
        self.configure([workload])
        process = self.start()
        replace(self.conf / "web", "new")
        update = self.wait_for(commands.updates, 1)[0]
        self.assertEqual(update.workload, "shop/Local/web")
        self.assertEqual(update.level, "1")
        self.assertEqual(update.content, "new")
        self.assertEqual(update.fingerprint, process.workload("web", "shop")["desired"])

    def test_an_http_update_is_the_request_that_was_configured(self):
        receiver = self.receiver()
        receiver.status = 204
        workload = self.http_workload("web", receiver)
        workload["update"] = {"http": {"method": "PUT", "url": receiver.url + "/reload?x=1",
                                       "headers": {"Authorization": "Bearer s3cret"}}}
        self.configure([workload])
        process = self.start()
        replace(self.conf / "web", "new")
        self.wait_for(receiver.all, 1)
        method, path, headers, _ = receiver.requests[0]
        self.assertEqual((method, path), ("PUT", "/reload?x=1"))
        self.assertEqual(headers["Authorization"], "Bearer s3cret")
        self.wait_until_answered(process, "web")
        self.assertNotIn("s3cret", process.log())
        self.assertNotIn("s3cret", command("check", "--config", self.config_path).out)

    def test_a_program_on_a_file_system_that_hangs_holds_up_nobody_else(self):
        flag, receiver = self.folder / "hanging", self.receiver()
        slow, commands = self.exec_workload("slow")
        slow["update"] = {"exec": [str(self.folder / "dead" / "program")], "timeout": "2s"}
        self.configure([slow, self.http_workload("web", receiver)])
        process = self.start(env={"LD_PRELOAD": HANGING, "HANGING": str(flag),
                                  "HANGING_PROGRAM": str(self.folder / "dead")})
        write(flag, "")
        replace(self.conf / "slow", "new")
        eventually(lambda: pathlib.Path(f"{flag}.reached").is_symlink(), "it hangs")
        begin = time.monotonic()
        replace(self.conf / "web", "new")
        self.wait_for(lambda: receiver.updates("/web"), 1)
        self.assertLess(time.monotonic() - begin, allowed(2))
        self.wait_until_answered(process, "slow", "unknown")
        self.assertIn("not finished within 2s", process.workload("slow")["last_error"])
        self.assertEqual(process.stop()[0], 0)
        self.assertEqual(commands.updates(), [])

    def test_a_signal_reaches_the_process_of_the_pid_file(self):
        received = []
        old = signal.signal(signal.SIGUSR1, lambda *_: received.append(time.monotonic()))
        self.addCleanup(signal.signal, signal.SIGUSR1, old)
        pid_file = self.folder / "pid"
        write(pid_file, f"{os.getpid()}\n")
        self.configure([{"name": "web", "watch": [str(self.file("web"))],
                         "update": {"signal": {"pid_file": str(pid_file), "signal": "USR1"}}}])
        process = self.start()
        replace(self.conf / "web", "new")
        eventually(lambda: received, "the signal came")
        self.wait_until_answered(process, "web")

    def test_a_stale_pid_file_hits_no_stranger(self):
        received = []
        old = signal.signal(signal.SIGUSR1, lambda *_: received.append(time.monotonic()))
        self.addCleanup(signal.signal, signal.SIGUSR1, old)
        pid_file = self.folder / "pid"
        write(pid_file, f"{os.getpid()}\n")
        os.utime(pid_file, (1e9, 1e9))  # written long before the process that has this pid began
        self.configure([{"name": "web", "watch": [str(self.file("web"))],
                         "update": {"signal": {"pid_file": str(pid_file), "signal": "USR1"}}}])
        process = self.start()
        replace(self.conf / "web", "new")
        self.wait_until_answered(process, "web", "refused")
        time.sleep(1)
        self.assertEqual(received, [])
        self.assertEqual(process.workload("web")["level"], 0)
        write(pid_file, f"{os.getpid()}\n")  # the daemon was started anew
        eventually(lambda: received, "the signal came")

    def test_a_refused_connection_raises_no_level_and_is_retried(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        path = self.file("web")
        self.configure([{"name": "web", "watch": [str(path)],
                         "update": {"http": {"url": f"http://127.0.0.1:{port}/web"}}}],
                       retry={"base": "200ms", "max": "400ms", "jitter": "none"})
        process = self.start()
        replace(path, "new")
        self.wait_until_answered(process, "web", "refused")
        self.assertEqual(process.workload("web")["level"], 0)
        receiver = self.receiver(port)
        self.wait_for(lambda: receiver.updates("/web"), 1, 10)
        self.wait_until_answered(process, "web")
        self.assertEqual(process.workload("web")["level"], 1)
        self.assertGreaterEqual(total(process.metrics(), "ebbgate_updates_total",
                                      outcome="refused"), 1)

    def test_a_command_that_cannot_be_started_is_refused(self):
        path = self.file("web")
        self.configure([{"name": "web", "watch": [str(path)],
                         "update": {"exec": ["/nonexistent/program"]}}])
        process = self.start()
        replace(path, "new")
        self.wait_until_answered(process, "web", "refused")
        self.assertEqual(process.workload("web")["level"], 0)
        process.says("/nonexistent/program")

    def test_a_hanging_command_blocks_nobody_and_dies_with_its_children_at_its_timeout(self):
        hanging, commands = self.exec_workload("hanging", backoff=SHORT)
        hanging["update"]["timeout"] = "3s"
        commands.behave("child 60")
        receiver = self.receiver()
        self.configure([hanging, self.http_workload("web", receiver)])
        process = self.start()
        replace(self.conf / "hanging", "new")
        self.wait_for(commands.updates, 1)
        changed = time.monotonic()
        replace(self.conf / "web", "new")
        update = self.wait_for(lambda: receiver.updates("/web"), 1)[0]
        self.assertLess(update.at - changed, allowed(1))
        self.assertEqual(process.workload("hanging")["state"], "updating")
        child = int((self.folder / "hanging.updates.child").read_text())
        commands.behave("exit 0")
        # Killed at its timeout, its outcome is unknown; it is tried again and succeeds.
        updates = self.wait_for(commands.updates, 2)
        self.assertGreaterEqual(updates[1].at - updates[0].at, 3.2 - 0.1)  # it began before it was recorded
        for pid in (commands.pids()[0], child):
            self.assertFalse(alive(pid))
        self.wait_until_answered(process, "hanging")

    def test_a_command_that_fails_for_ever_goes_on_to_the_unhealthy_backoff(self):
        workload, commands = self.exec_workload("web", backoff=SHORT)
        commands.behave("exit 3")
        self.configure([workload])
        process = self.start()
        replace(self.conf / "web", "new")
        updates = self.wait_for(commands.updates, 6)
        self.assert_spaced(updates, base=0.2, cap=1.6)
        self.assertLess(updates[5].at - updates[4].at, 1.6 + allowed(2))
        self.assertEqual(process.workload("web")["last_outcome"], "unknown")
        # Once it succeeds, the waits are capped by `max` again.
        commands.behave("exit 0")
        self.wait_for(commands.updates, 7)
        self.wait_until_answered(process, "web")
        self.assertEqual(process.workload("web")["level"], 1)
        changed = time.monotonic()
        replace(self.conf / "web", "newer")
        updates = self.wait_for(commands.updates, 8)
        self.assertEqual(len(updates), 8)
        self.assertGreaterEqual(updates[7].at - updates[6].at, 0.2)
        self.assertLess(updates[7].at - changed, 0.4 + allowed(1))

    def test_a_commands_output_goes_to_the_log_and_is_bounded(self):
        path = self.file("web")
        self.configure([{"name": "web", "watch": [str(path)], "update": {"exec": [
            "/bin/sh", "-c", "echo a word of the command; head -c 5000000 /dev/zero | tr '\\0' x"]}}])
        process = self.start()
        replace(path, "new")
        self.wait_until_answered(process, "web")
        process.says("a word of the command")
        self.assertLess(len(process.log()), 200_000)


class ReadinessTest(EndToEndTest):

    def test_rollouts_that_never_get_ready_are_spaced_past_max(self):
        receiver = self.receiver()
        self.configure([self.http_workload(
            "web", receiver, backoff=SHORT,
            ready={"exec": ["/bin/false"], "interval": "50ms", "timeout": "1m"})])
        process = self.start()
        with Storm([self.conf / "web"], rate=20):
            updates = self.wait_for(lambda: receiver.updates("/web"), 6)
            eventually(lambda: "health" in [g["gate"] for g in process.workload("web")["gates"]],
                       "the gate `health` holds it")
        self.assert_spaced(updates, base=0.2, cap=1.6)
        self.assertLess(updates[5].at - updates[4].at, 1.6 + allowed(2))

    def test_rollouts_that_get_ready_are_spaced_by_max_or_by_their_own_length(self):
        receiver, health = self.receiver(), self.receiver()
        length = 1.3

        def status(path):
            updates = receiver.updates("/web")
            return 200 if updates and time.monotonic() > updates[-1].at + length else 503
        health.status = status
        self.configure([self.http_workload(
            "web", receiver, backoff={"base": "500ms", "max": "1s", "unhealthy_max": "4s"},
            ready={"http": health.url, "interval": "50ms", "timeout": "1m"})])
        process = self.start()
        with Storm([self.conf / "web"], rate=20):
            updates = self.wait_for(lambda: receiver.updates("/web"), 6)
        # From level 3 on it would be 2 s while not ready; ready after 1.3 s, the next one goes then.
        for one, next_one in zip(updates[2:], updates[3:]):
            self.assertGreaterEqual(next_one.at - one.at, length)
            self.assertLess(next_one.at - one.at, length + allowed(0.7))
        self.assert_spaced(updates, base=0.5, cap=1)
        eventually(lambda: process.workload("web")["state"] == "idle", "it is idle")
        self.assertEqual(process.workload("web")["level"], 2)

    def test_a_rollout_that_is_not_ready_in_time_has_failed(self):
        receiver = self.receiver()
        self.configure([self.http_workload(
            "web", receiver,
            ready={"exec": ["/bin/false"], "interval": "50ms", "timeout": "300ms"})])
        process = self.start()
        replace(self.conf / "web", "new")
        eventually(lambda: process.workload("web")["state"] == "unhealthy", "it is unhealthy")
        eventually(lambda: "failed" in [h["event"] for h in
                                        process.api("history?workload=default/Local/web&limit=10")["items"]],
                   "its history says so")


    def fail_rollout(self, receiver, health, **ready):
        health.status = 503
        self.configure([self.http_workload(
            "web", receiver, ready={"http": health.url, "interval": "50ms", "timeout": "300ms", **ready})])
        process = self.start()
        replace(self.conf / "web", "new")
        eventually(lambda: process.workload("web")["state"] == "unhealthy", "it is unhealthy")
        eventually(lambda: total(process.metrics(), "ebbgate_rollouts_failed") == 1, "it counts as failed")
        return process

    def assert_recovered(self, process):
        eventually(lambda: process.workload("web")["state"] == "idle", "it is ready after all")
        self.assertIsNone(process.workload("web")["last_error"])
        eventually(lambda: total(process.metrics(), "ebbgate_rollouts_failed") == 0, "no rollout counts as failed")

    def test_a_rollout_that_failed_is_ready_once_its_service_recovers(self):
        receiver, health = self.receiver(), self.receiver()
        process = self.fail_rollout(receiver, health)
        self.wait_for(health.all, len(health.all()) + 3)
        self.assertEqual(process.workload("web")["state"], "unhealthy")
        probes = [probe.at for probe in health.all()]
        self.assertGreater(probes[-1] - probes[-2], probes[1] - probes[0] + 0.05)
        health.status = 200
        self.assert_recovered(process)
        events = [h["event"] for h in process.api("history?workload=default/Local/web&limit=10")["items"]]
        self.assertEqual(events[:2], ["ready", "failed"])
        self.assertEqual(len(receiver.updates("/web")), 1)

    def test_a_rollout_that_failed_before_a_crash_is_ready_once_its_service_recovers(self):
        receiver, health = self.receiver(), self.receiver()
        process = self.fail_rollout(receiver, health)
        eventually(lambda: "failed" in [h["event"] for h in
                                        process.api("history?workload=default/Local/web&limit=10")["items"]],
                   "the failure is committed")
        process.kill()
        probes = len(health.all())
        process = self.start()
        self.wait_for(health.all, probes + 2)
        self.assertEqual(process.workload("web")["state"], "unhealthy")
        health.status = 200
        self.assert_recovered(process)
        self.assertEqual(len(receiver.updates("/web")), 1)

    def test_a_check_that_was_wrong_is_mended_by_a_reload(self):
        receiver, health = self.receiver(), self.receiver()
        process = self.fail_rollout(receiver, health)
        mended = self.receiver()
        self.configure([self.http_workload(
            "web", receiver, ready={"http": mended.url, "interval": "50ms", "timeout": "300ms"})])
        process.send(signal.SIGHUP)
        self.wait_for(mended.all, 1)
        self.assert_recovered(process)


class HoldAndReleaseTest(EndToEndTest):

    def test_a_held_workload_waits_until_it_is_held_no_more(self):
        receiver = self.receiver()
        workload = self.http_workload("web", receiver, hold=True)
        self.configure([workload])
        process = self.start()
        replace(self.conf / "web", "new")
        eventually(lambda: process.workload("web")["pending_since"], "the change was seen")
        self.assertEqual(process.workload("web")["state"], "held")
        self.assertEqual([g["gate"] for g in process.workload("web")["gates"]], ["hold"])
        time.sleep(1)
        self.assertEqual(receiver.updates("/web"), [])
        self.configure([{**workload, "hold": False}])
        process.send(signal.SIGHUP)
        self.wait_for(lambda: receiver.updates("/web"), 1)

    def test_a_hold_until_a_time_ends_by_itself(self):
        receiver = self.receiver()
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=3)
        ends = time.monotonic() + 3
        text = until.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.configure([self.http_workload("web", receiver, hold=text)])
        process = self.start()
        replace(self.conf / "web", "new")
        eventually(lambda: process.workload("web")["pending_since"], "the change was seen")
        gate = process.workload("web")["gates"][0]
        self.assertEqual((gate["gate"], gate["until"]), ("hold", text))
        update = self.wait_for(lambda: receiver.updates("/web"), 1)[0]
        self.assertGreaterEqual(update.at, ends - 0.01)  # whole milliseconds, and two clocks
        self.assertLess(update.at, ends + allowed(2))

    def test_release_lets_a_waiting_update_go_and_forgives(self):
        receiver = self.receiver()
        self.configure([self.http_workload("web", receiver)], admin_socket="admin.sock",
                       backoff={"base": "30s"})
        process = self.start()
        socket_path = self.folder / "admin.sock"
        self.assertEqual(stat.S_IMODE(socket_path.stat().st_mode), 0o600)
        replace(self.conf / "web", "one")
        self.wait_for(lambda: receiver.updates("/web"), 1)
        self.wait_until_answered(process, "web")
        replace(self.conf / "web", "two")
        eventually(lambda: process.workload("web")["state"] == "waiting", "it waits")
        released = command("release", "default/Local/web", "--config", self.config_path)
        self.assertEqual((released.code, released.err), (0, ""), released.out)
        self.wait_for(lambda: receiver.updates("/web"), 2, 5)
        self.wait_until_answered(process, "web")
        self.assertEqual(process.workload("web")["level"], 1)

        again = command("release", "default/Local/web", "--admin_socket", socket_path)
        self.assertEqual(again.code, 0, again.err)
        eventually(lambda: process.workload("web")["level"] == 0, "it is forgiven")
        unknown = command("release", "default/Local/other", "--config", self.config_path)
        self.assertEqual(unknown.code, 1)
        self.assertIn("default/Local/other", unknown.err)
        by_short_name = command("release", "web", "--config", self.config_path)
        self.assertEqual((by_short_name.code, by_short_name.err), (0, ""))
        nobody = command("release", "nobody", "--config", self.config_path)
        self.assertEqual(nobody.code, 1)
        malformed = command("release", "default//web", "--config", self.config_path)
        self.assertEqual(malformed.code, 2)
        self.assertIn("NAMESPACE/KIND/NAME", malformed.err)
        process.stop()
        self.assertEqual(
            command("release", "default/Local/web", "--config", self.config_path).code, 1)

    def test_release_opens_no_hold(self):
        receiver = self.receiver()
        self.configure([self.http_workload("web", receiver, hold=True)], admin_socket="admin.sock")
        process = self.start()
        replace(self.conf / "web", "one")
        eventually(lambda: process.workload("web")["pending_since"], "the change was seen")
        command("release", "default/Local/web", "--config", self.config_path)
        time.sleep(1)
        self.assertEqual(receiver.updates("/web"), [])

    def test_a_release_takes_the_admin_socket_not_the_page(self):
        self.configure([self.http_workload("web", self.receiver())])
        process = self.start()
        for path in ("/api/v1/workloads/default/Local/web/release", "/api/v1/release",
                     "/release"):
            self.assertIn(process.get(path, "POST")[0], (404, 405))


if __name__ == "__main__":
    main()
