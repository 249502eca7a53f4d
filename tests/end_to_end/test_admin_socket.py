"""The socket for `release` is there unless somebody does not want it, and never in the way."""

import json
import os
import signal
import socket
import stat
import subprocess

from harness import (BINARY, EndToEndTest, clean_environment, command, eventually, main,
                     write)

KEY = "default/Local/web"


class AdminSocketTest(EndToEndTest):

    def setUp(self):
        super().setUp()
        self.web = self.http_workload("web", self.receiver())
        self.socket = self.folder / "ebbgate.sock"

    def release(self, **options):
        return command("release", KEY, "--config", self.config_path, **options)

    def problems(self, process):
        return " ".join(process.api("process")["problems"])

    def test_release_works_without_any_setting_for_it(self):
        self.configure([self.web])
        process = self.start()
        self.assertEqual(stat.S_IMODE(self.socket.lstat().st_mode), 0o600)
        self.assertEqual(self.release().code, 0)
        # Beside the configuration it needs not even be named.
        done = command("release", KEY, cwd=self.folder)
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(process.api("process")["problems"], [])
        process.stop()
        self.assertFalse(self.socket.exists())

    def test_it_is_beside_the_database(self):
        elsewhere = self.folder / "state"
        elsewhere.mkdir()
        self.configure([self.web], database=str(elsewhere / "a.db"))
        self.start()
        self.assertTrue((elsewhere / "ebbgate.sock").exists())
        self.assertEqual(self.release().code, 0)

    def test_one_that_a_killed_process_left_behind_is_replaced(self):
        self.configure([self.web])
        self.start().kill()
        self.assertTrue(self.socket.exists())
        self.assertNotEqual(self.release().code, 0)
        self.start()
        self.assertEqual(self.release().code, 0)

    def test_the_default_prevents_no_start_and_what_prevents_it_is_told(self):
        self.socket.mkdir()
        self.configure([self.web])
        process = self.start()
        self.assertIn("no socket has that name", self.problems(process))
        process.says("no socket has that name")
        done = command("status", "--config", self.config_path, "--url", process.url)
        self.assertIn("problem: ", done.out)
        self.assertEqual(process.stop()[0], 0)

    def test_one_that_was_chosen_must_work(self):
        (self.folder / "mine").mkdir()
        self.configure([self.web], admin_socket="mine")
        process = self.start(wait=False)
        self.assertEqual(process.wait(), 1)
        process.says("no socket has that name")

    def test_check_warns_of_what_keeps_run_from_listening_there(self):
        self.configure([self.web], admin_socket="none/a.sock")
        process = self.start(wait=False)
        self.assertEqual(process.wait(), 1)
        done = command("check", "--config", self.config_path)
        self.assertEqual(done.code, 0)
        self.assertIn(": admin_socket: its folder " + str(self.folder / "none") +
                      " does not exist", done.err)
        self.assertIn("`ebbgate run` does not start", done.err)
        self.assertEqual(done.err.splitlines()[-1], "warnings: 1")
        # The default one is missed by `release` alone.
        self.socket.mkdir()
        self.configure([self.web])
        done = command("check", "--config", self.config_path)
        self.assertEqual(done.code, 0)
        self.assertIn("warning: admin_socket: ", done.err)
        self.assertIn("`ebbgate release` does not reach", done.err)

    def test_check_warns_of_a_folder_that_is_not_to_be_written(self):
        locked = self.folder / "locked"
        locked.mkdir(mode=0o555)
        self.configure([self.web], admin_socket="locked/a.sock")
        options = {}
        if os.geteuid() == 0:  # who may write everywhere
            options = {"user": 65534, "group": 65534, "extra_groups": []}
            os.chmod(self.folder, 0o755)
        done = subprocess.run([BINARY, "check", "--config", self.config_path], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=clean_environment(), timeout=60, **options)
        self.assertIn(f"its folder {locked} cannot be written (Permission denied)",
                      done.stderr.decode())

    def test_two_processes_in_one_folder_both_run(self):
        self.configure([self.web])
        first = self.start()
        first_config = self.config_path
        self.config_path = self.folder / "second.yaml"
        self.configure([self.web], database=str(self.folder / "second.db"))
        second = self.start()
        self.assertIn("another process listens there", self.problems(second))
        self.assertEqual(self.problems(first), "")
        self.assertEqual(second.stop()[0], 0)
        self.config_path = first_config
        self.assertEqual(self.release().code, 0)

    def test_a_path_that_is_too_long_turns_it_off_with_a_warning(self):
        deep = self.folder / ("d" * 100)
        deep.mkdir()
        self.configure([self.web], database=str(deep / "ebbgate.db"))
        process = self.start()
        process.says("`ebbgate release` does not work")
        done = self.release()
        self.assertEqual(done.code, 1)
        self.assertIn("admin_socket", done.err)

    def test_a_reload_moves_it_and_turns_it_off_and_on(self):
        self.configure([self.web])
        process = self.start()

        def reload(**settings):
            before = process.log().count("was reloaded")
            self.configure([self.web], **settings)
            process.send(signal.SIGHUP)
            eventually(lambda: process.log().count("was reloaded") > before, "it reloads")

        reload(admin_socket="other.sock")
        self.assertFalse(self.socket.exists())
        self.assertEqual(self.release().code, 0)
        reload(admin_socket="")
        self.assertFalse((self.folder / "other.sock").exists())
        self.assertEqual(self.release().code, 1)
        reload()
        self.assertEqual(self.release().code, 0)

    def test_a_reload_to_a_path_that_does_not_work_keeps_the_old_one(self):
        self.configure([self.web])
        process = self.start()
        taken = socket.socket(socket.AF_UNIX)
        self.addCleanup(taken.close)
        taken.bind(str(self.folder / "taken.sock"))
        taken.listen()
        self.configure([self.web], admin_socket="taken.sock")
        process.send(signal.SIGHUP)
        eventually(lambda: "was not reloaded" in process.log(), "it is refused")
        self.assertIn("taken.sock", self.problems(process))
        done = command("release", KEY, "--admin_socket", self.socket)
        self.assertEqual(done.code, 0, done.err)


class UsualFileTest(EndToEndTest):

    def test_every_command_finds_the_configuration_where_it_runs(self):
        receiver = self.receiver()
        self.configure([self.http_workload("web", receiver)])
        process = self.start(arguments=[])
        self.assertEqual(command("check", cwd=self.folder).out.splitlines()[0],
                         "# read from ebbgate.yaml")
        self.assertEqual(command("release", KEY, cwd=self.folder).code, 0)
        # Where it listens is asked of the file, too.
        self.configure([self.http_workload("web", receiver)], listen=process.url[len("http://"):])
        self.assertIn(KEY, command("status", cwd=self.folder).out)
        self.assertIn(KEY, command("explain", KEY, cwd=self.folder).out)
        self.assertIn(KEY, command("names", cwd=self.folder).out)

    def test_a_wrong_one_that_is_found_is_named(self):
        write(self.config_path, json.dumps({"bogus": 1}))
        for name in ("run", "check"):
            done = command(name, cwd=self.folder)
            self.assertEqual(done.code, 2)
            self.assertTrue(done.err.startswith("ebbgate.yaml:1: bogus: "), done.err)

    def test_where_there_is_none_run_and_check_say_so(self):
        if os.path.exists("/etc/ebbgate/ebbgate.yaml"):
            self.skipTest("this machine has one")
        for name in ("run", "check"):
            done = command(name, cwd=self.folder)
            self.assertEqual(done.code, 2)
            self.assertIn("there is no configuration file", done.err)
            self.assertIn("--config", done.err)
        self.assertEqual(list(self.folder.iterdir()), [self.conf])
        # A cluster may be named without a file.
        self.assertEqual(command("check", "--provider", "kubernetes", cwd=self.folder).code, 0)


if __name__ == "__main__":
    main()
