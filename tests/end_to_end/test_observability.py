"""What people and Prometheus see while and after a storm."""

import json
import socket
import threading
import time

from harness import SANITIZER, EndToEndTest, Storm, allowed, eventually, main, replace, total


class StormMetricsTest(EndToEndTest):

    def test_counters_add_up_and_series_vanish_with_the_level(self):
        receiver = self.receiver()
        self.configure([self.http_workload("web", receiver), self.http_workload("idle", receiver)],
                       backoff={"base": "100ms", "max": "800ms", "unhealthy_max": "800ms",
                                "stable_after": "2s"})
        process = self.start()
        with Storm([self.conf / "web"], rate=50):
            time.sleep(1)

            def waiting():
                metrics = process.metrics()
                return metrics if total(metrics, "ebbgate_updates_pending", gate="backoff") else None

            # Between two waits there is the moment in which an update is on its way.
            during = eventually(waiting, "a change waits for the backoff")
            eventually(lambda: total(process.metrics(), "ebbgate_changes_total") > 100,
                       "many changes were seen")
        labels = {"namespace": "default", "kind": "Local", "workload": "web"}
        self.assertGreater(total(during, "ebbgate_workload_backoff_level", **labels), 0)
        self.assertEqual(total(during, "ebbgate_updates_pending", gate="backoff"), 1)
        at = total(during, "ebbgate_workload_next_update_timestamp_seconds", **labels)
        self.assertLess(abs(at - time.time()), 60)
        self.assertNotIn("idle", str(during["ebbgate_workload_backoff_level"]))

        eventually(lambda: process.workload("web")["state"] == "idle", "it is idle")
        metrics = process.metrics()
        changes = total(metrics, "ebbgate_changes_total")
        applied = total(metrics, "ebbgate_updates_total", outcome="applied")
        coalesced = total(metrics, "ebbgate_updates_coalesced_total")
        self.assertEqual(applied, len(receiver.updates("/web")))
        self.assertEqual(changes, applied + coalesced)
        suppressed = total(metrics, "ebbgate_updates_suppressed_total")
        self.assertEqual(total(metrics, "ebbgate_updates_suppressed_total", gate="settle"), 0)
        self.assertLessEqual(suppressed, changes)
        self.assertGreaterEqual(suppressed, changes - applied - 1)
        for histogram in ("delay", "duration"):
            self.assertEqual(total(metrics, f"ebbgate_update_{histogram}_seconds_count"), applied)
        self.assertEqual(total(metrics, "ebbgate_updates_pending"), 0)
        workload = process.workload("web")
        self.assertEqual((workload["changes"], workload["updates"], workload["coalesced"],
                          workload["suppressed"]), (changes, applied, coalesced, suppressed))

        eventually(lambda: not process.metrics().get("ebbgate_workload_backoff_level"),
                   "the series vanished")
        self.assertEqual(process.workload("web")["level"], 0)
        self.assertEqual(total(process.metrics(), "ebbgate_workloads", level="0"), 2)
        self.assertIn("forgiven", [h["event"] for h in process.api("history?limit=5")["items"]])
        # After the rest the first change goes at once.
        changed = time.monotonic()
        replace(self.conf / "web", "after the rest")
        update = self.wait_for(lambda: receiver.updates("/web"), applied + 1)[-1]
        self.assertLess(update.at - changed, allowed(1))

    def test_counters_add_up_in_every_scrape_of_a_storm(self):
        receiver = self.receiver()
        self.configure([self.http_workload("web", receiver)],
                       backoff={"base": "50ms", "max": "200ms", "unhealthy_max": "200ms"})
        process = self.start()
        with Storm([self.conf / "web"], rate=200):
            for _ in range(60):
                metrics = process.metrics()
                changes = total(metrics, "ebbgate_changes_total")
                coalesced = total(metrics, "ebbgate_updates_coalesced_total")
                carried = total(metrics, "ebbgate_updates_total")
                # At most one waits, and one is in flight.
                self.assertIn(changes - coalesced - carried, (0, 1, 2))

    def test_every_metric_is_there_from_the_start(self):
        self.configure([self.http_workload("web", self.receiver())])
        metrics = self.start().metrics()
        for name in ("ebbgate_workloads", "ebbgate_changes_total",
                     "ebbgate_updates_coalesced_total", "ebbgate_updates_suppressed_total",
                     "ebbgate_updates_total", "ebbgate_update_delay_seconds_count",
                     "ebbgate_update_duration_seconds_count", "ebbgate_updates_pending",
                     "ebbgate_rollouts_unfinished", "ebbgate_workload_series_omitted",
                     "ebbgate_budget_tokens", "ebbgate_budget_burst_tokens",
                     "ebbgate_workloads_at_highest_level", "ebbgate_workloads_failing",
                     "ebbgate_loop_turn_duration_seconds_count",
                     "ebbgate_rollouts_timed_out_total", "ebbgate_rollouts_failed",
                     "ebbgate_store_commit_duration_seconds_count", "ebbgate_store_degraded",
                     "ebbgate_store_size_bytes", "ebbgate_store_recoveries_total",
                     "ebbgate_build_info", "ebbgate_config_last_reload_successful",
                     "ebbgate_log_lines_dropped_total", "ebbgate_watch_reads_overdue",
                     "process_cpu_seconds_total", "process_resident_memory_bytes",
                     "process_start_time_seconds", "process_open_fds"):
            self.assertIn(name, metrics)
        for outcome in ("applied", "refused", "unknown"):
            self.assertIn((("outcome", outcome),), metrics["ebbgate_updates_total"])
        for gate in ("backoff", "health", "budget", "unfinished", "hold", "missing", "retry"):
            self.assertIn((("gate", gate),), metrics["ebbgate_updates_suppressed_total"])
        self.assertEqual(total(metrics, "ebbgate_budget_burst_tokens"), 100)
        overflows = metrics["ebbgate_watch_restarts_total"]
        self.assertEqual(overflows, {(("reason", "overflow"), ("resource", "files")): 0})

    def test_metrics_tell_when_the_watch_of_files_last_brought_something(self):
        self.configure([self.http_workload("web", self.receiver())])
        process = self.start()
        begun = time.time()
        replace(self.conf / "web", "new")

        def heard():
            return total(process.metrics(), "ebbgate_watch_last_event_timestamp_seconds",
                         resource="files") >= begun - 0.01

        eventually(heard, "the watch brought something")
        self.assertLessEqual(total(process.metrics(), "ebbgate_watch_last_event_timestamp_seconds",
                                   resource="files"), time.time() + 1)


class LogTest(EndToEndTest):

    def test_the_log_of_a_storm_is_bounded_by_its_updates(self):
        receiver = self.receiver()
        self.configure([self.http_workload("web", receiver)])
        process = self.start()
        before = process.log().count("\n")
        with Storm([self.conf / "web"], rate=200) as storm:
            time.sleep(8)
        lines = process.log().split("\n")[before:]
        updates = len(receiver.updates("/web"))
        self.assertGreater(storm.count, 500)
        # It begins to wait, is sent, is answered: a few lines each.
        self.assertLessEqual(len(lines), 6 * (updates + 1), "\n".join(lines))
        waiting = [line for line in lines if "default/Local/web" in line and "backoff" in line]
        self.assertTrue(waiting, "\n".join(lines))

    def test_contents_of_files_are_never_logged(self):
        receiver = self.receiver()
        self.configure([self.http_workload("web", receiver)], log={"level": "debug"})
        process = self.start()
        replace(self.conf / "web", "hunter2-is-a-secret")
        self.wait_for(lambda: receiver.updates("/web"), 1)
        self.wait_until_answered(process, "web")
        process.stop()
        self.assertNotIn("hunter2", process.log())
        for file in self.folder.glob("ebbgate.db*"):
            self.assertNotIn(b"hunter2", file.read_bytes())

    def test_json_logs_are_json_line_by_line(self):
        receiver = self.receiver()
        self.configure([self.http_workload("web", receiver)], log={"format": "json"})
        process = self.start()
        replace(self.conf / "web", "new")
        self.wait_for(lambda: receiver.updates("/web"), 1)
        self.wait_until_answered(process, "web")
        process.stop()
        lines = [json.loads(line) for line in process.log().splitlines()]
        self.assertGreater(len(lines), 3)
        (sent,) = [line for line in lines if line["message"] == "update sent"]
        self.assertEqual((sent["level"], sent["workload"], sent["backoff_level"]),
                         ("info", "default/Local/web", 1))
        self.assertIsInstance(sent["delay_seconds"], float)


class HostileClientsTest(EndToEndTest):

    def test_hostile_clients_hold_up_neither_updates_nor_others(self):
        receiver = self.receiver()
        self.configure([self.http_workload("web", receiver)],
                       backoff={"base": "200ms", "max": "1600ms", "unhealthy_max": "1600ms"})
        process = self.start()
        ended = threading.Event()
        connections = []

        def connect():
            connection = socket.create_connection(process.address(), timeout=2)
            connections.append(connection)
            return connection

        def attack(how):
            while not ended.is_set():
                try:
                    how(connect())
                except OSError:
                    pass
                ended.wait(0.02)

        def drip(connection):
            connection.sendall(b"GET / HTTP/1.1\r\n")
            for _ in range(100):
                if ended.wait(0.2):
                    return
                connection.sendall(b"X: y\r\n")

        attacks = [
            lambda connection: None,  # says nothing and stays
            drip,
            lambda connection: connection.sendall(b"\x16\x03\x01\x02\x00" + bytes(200)),
            lambda connection: connection.sendall(b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n"),
            lambda connection: connection.sendall(
                b"GET / HTTP/1.1\r\n" + b"".join(b"H%d: %s\r\n" % (n, b"v" * 1000)
                                                for n in range(200))),
            lambda connection: connection.sendall(
                b"POST /api/v1/feedback/x HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n"
                + b"b" * 100_000),
            lambda connection: connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200),
        ]
        threads = [threading.Thread(target=attack, args=(how,), daemon=True)
                   for how in attacks for _ in range(2)]
        with Storm([self.conf / "web"], rate=20):
            for thread in threads:
                thread.start()
            time.sleep(8)
            updates = receiver.updates("/web")
            ended.set()
        for thread in threads:
            thread.join(5)
        self.assertTrue(process.running(), process.log()[-2000:])
        # 0, 0.2, 0.6, 1.4, 3.0, 4.6, 6.2, 7.8: as if there were nobody.
        self.assert_spaced(updates, base=0.2, cap=1.6)
        self.assertGreaterEqual(len(updates), 6)
        # The hostile ones are still connected; an honest one gets its answer nevertheless.
        eventually(lambda: self.answers(process, "/healthz"), "/healthz answers")
        eventually(lambda: self.answers(process, "/metrics"), "/metrics answers")
        for connection in connections:
            connection.close()
        if not SANITIZER:
            self.assertLess(total(process.metrics(), "process_resident_memory_bytes"), 300e6)
        self.assertEqual(process.stop()[0], 0)

    def answers(self, process, path):
        try:
            return process.get(path)[0] == 200
        except OSError:
            return False

    def test_a_process_ends_in_time_with_idle_clients_connected(self):
        self.configure([self.http_workload("web", self.receiver())])
        process = self.start()
        connections = [socket.create_connection(process.address()) for _ in range(20)]
        code, seconds = process.stop()
        self.assertEqual(code, 0)
        self.assertLess(seconds, allowed(5))
        for connection in connections:
            connection.close()


class PageTest(EndToEndTest):

    def test_page_and_probes_answer(self):
        self.configure([self.http_workload("web", self.receiver())])
        process = self.start()
        for path, kind in (("/", "text/html"), ("/healthz", "text/plain"),
                           ("/readyz", "text/plain"), ("/metrics", "text/plain"),
                           ("/api/v1/workloads", "application/json"),
                           ("/api/v1/history", "application/json")):
            status, headers, text = process.get(path)
            self.assertEqual(status, 200, path)
            self.assertIn(kind, headers["Content-Type"], path)
            self.assertTrue(text)
        self.assertIn("Ebbgate", process.get("/")[2])
        self.assertEqual(process.get("/nothing")[0], 404)
        self.assertEqual(process.get("/metrics", "POST")[0], 405)

    def test_the_api_pages_through_workloads_and_filters_them(self):
        receiver = self.receiver()
        self.configure([self.http_workload(f"web-{n}", receiver, namespace=f"ns-{n % 2}",
                                           hold=n == 3) for n in range(10)])
        process = self.start()
        names, after = [], ""
        while True:
            page = process.api(f"workloads?limit=3{after}")
            names += [f"{w['namespace']}/{w['name']}" for w in page["items"]]
            if "next" not in page:
                break
            after = f"&after={page['next']}"
        self.assertEqual(names, sorted(f"ns-{n % 2}/web-{n}" for n in range(10)))
        self.assertEqual(len(process.api("workloads?namespace=ns-1")["items"]), 5)
        replace(self.conf / "web-3", "new")
        eventually(lambda: [w["name"] for w in process.api("workloads?state=held")["items"]]
                   == ["web-3"], "it is held")
        self.assertEqual(process.get("/api/v1/workloads?limit=none")[0], 400)

    def test_an_answer_stays_the_same_while_nothing_happens(self):
        receiver = self.receiver()
        self.configure([self.http_workload("web", receiver)], backoff={"base": "20s"})
        process = self.start()
        replace(self.conf / "web", "one")
        self.wait_for(lambda: receiver.updates("/web"), 1)
        self.wait_until_answered(process, "web")
        replace(self.conf / "web", "two")
        eventually(lambda: process.workload("web")["state"] == "waiting", "it waits")
        tag = process.get("/api/v1/workloads")[1]["ETag"]
        for _ in range(50):
            time.sleep(0.02)
            status, _, text = process.get("/api/v1/workloads", headers={"If-None-Match": tag})
            self.assertEqual((status, text), (304, ""))

    def test_strange_names_are_escaped_in_metrics_and_logs(self):
        name = 'a<b>&"c\u00e9'
        path = self.file("web")
        receiver = self.receiver()
        self.configure([{"name": name, "watch": [str(path)],
                         "update": {"http": {"url": f"{receiver.url}/web"}}}],
                       log={"format": "json"})
        process = self.start()
        replace(path, "new")
        self.wait_for(lambda: receiver.updates("/web"), 1)
        eventually(lambda: process.metrics().get("ebbgate_workload_backoff_level"), "it has a level")
        for line in process.log().splitlines():
            json.loads(line)


if __name__ == "__main__":
    main()
