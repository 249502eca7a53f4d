"""What counts as a change of files and folders, and what makes one update of several."""

import os
import pathlib
import time

from harness import EndToEndTest, allowed, eventually, main, replace, write


class FilesTest(EndToEndTest):

    # A new file may be read before it is written: several steps are one change only when settled.
    settings = {"settle": {"quiet": "300ms"}}

    def watch(self, *paths, **settings):
        """One workload that watches these paths, never throttled, and its updates."""
        self.hook = self.receiver()
        self.configure([{"name": "web", "watch": [str(p) for p in paths],
                         "update": {"http": {"url": f"{self.hook.url}/web"}}}],
                       backoff={"base": "1ms", "factor": 1, "max": "1ms", "unhealthy_max": "1ms"},
                       **settings)
        self.process = self.start()

    def updates(self):
        return self.hook.updates("/web")

    def one_update_follows(self, count=1):
        """`count` in all, and then no more."""
        self.wait_for(self.updates, count)
        time.sleep(0.7)
        self.assertEqual(len(self.updates()), count)

    def none_follows(self, count=0):
        time.sleep(1.5)  # longer than a bare modification is waited for
        self.assertEqual(len(self.updates()), count)

    def test_in_place_writes_renames_and_appends_are_changes(self):
        path = self.file("app")
        self.watch(path)
        for count, change in enumerate((
                lambda: write(path, "in place"),
                lambda: replace(path, "renamed"),
                lambda: os.system(f"echo more >> {path}"),
                lambda: os.truncate(path, 0)), start=1):
            change()
            self.one_update_follows(count)

    def test_a_bare_modification_without_a_close_is_seen(self):
        path = self.file("app")
        self.watch(path)
        with open(path, "r+b", buffering=0) as file:
            file.write(b"changed")
            self.one_update_follows()

    def test_touching_rewriting_and_mode_changes_are_no_changes(self):
        path = self.file("app", "same")
        self.watch(path)
        os.utime(path)
        write(path, "same")
        replace(path, "same")
        os.chmod(path, 0o600)
        self.none_follows()
        self.assertEqual(self.process.workload("web")["changes"], 0)

    def test_a_file_that_appears_goes_and_comes_back_is_a_change_each_time(self):
        path = self.conf / "later" / "app"
        self.watch(path)
        path.parent.mkdir()
        write(path, "there")
        self.one_update_follows(1)
        path.unlink()
        self.one_update_follows(2)
        write(path, "there")
        self.one_update_follows(3)
        path.unlink()
        path.parent.rmdir()
        self.one_update_follows(4)

    def test_a_watched_path_that_does_not_exist_is_said_to_be_absent(self):
        receiver = self.receiver()
        path = self.conf / "later"
        workload = self.http_workload("web", receiver, self.file("web"))
        workload["watch"].append(str(path))
        self.configure([workload])
        process = self.start()

        def states():
            return {r["name"]: r["state"] for r in process.workload("web")["references"]}
        self.assertEqual(states(), {str(self.conf / "web"): "applied", str(path): "absent"})
        write(path, "here\n")
        self.wait_for(lambda: receiver.updates("/web"), 1)
        self.wait_until_answered(process, "web")
        self.assertEqual(states()[str(path)], "applied")

    def test_a_folder_is_watched_with_all_below_it(self):
        folder = self.conf / "conf.d"
        folder.mkdir()
        self.watch(folder)
        write(folder / "one", "1")
        self.one_update_follows(1)
        (folder / "a" / "b").mkdir(parents=True)
        write(folder / "a" / "b" / "two", "2")
        self.one_update_follows(2)
        os.rename(folder / "one", folder / "uno")  # names count too
        self.one_update_follows(3)
        os.rename(folder / "a", self.folder / "elsewhere")
        self.one_update_follows(4)

    def test_editors_temporary_files_are_passed_over(self):
        folder = self.conf / "conf.d"
        folder.mkdir()
        self.watch(folder)
        for name in ("app.swp", "app~", "4913", ".#app"):
            write(folder / name, "x")
            (folder / name).unlink()
            write(folder / name, "y")
        self.none_follows()
        # As vim saves: the old one is moved away, the new one written in its place.
        write(folder / "app", "1")
        self.one_update_follows(1)
        os.rename(folder / "app", folder / "app~")
        write(folder / "app", "2")
        eventually(lambda: len(self.updates()) >= 2, "an update follows")
        eventually(lambda: self.process.workload("web")["state"] == "idle", "it is idle")
        self.assertLessEqual(len(self.updates()), 3)  # on a slow machine one without the file between

    def test_the_data_symlink_swap_of_kubernetes_volumes_is_one_change(self):
        volume = self.conf / "volume"
        volume.mkdir()

        def publish(version, files):
            generation = volume / f"..{version}"
            generation.mkdir()
            for name, content in files.items():
                write(generation / name, content)
            os.symlink(generation.name, volume / "..data_tmp")
            os.rename(volume / "..data_tmp", volume / "..data")
            return generation

        old = publish("v1", {"app": "1", "db": "1"})
        for name in ("app", "db"):
            os.symlink(f"..data/{name}", volume / name)
        self.watch(volume)
        publish("v2", {"app": "2", "db": "2"})
        for file in old.iterdir():
            file.unlink()
        old.rmdir()
        self.one_update_follows(1)
        publish("v3", {"app": "2", "db": "2"})  # a resync with the same contents
        self.none_follows(1)

    def test_a_single_file_of_a_kubernetes_volume_is_followed_through_its_links(self):
        volume = self.conf / "volume"
        volume.mkdir()
        for version in "12":
            (volume / f"..v{version}").mkdir()
            write(volume / f"..v{version}" / "app", version)
        os.symlink("..v1", volume / "..data")
        os.symlink("..data/app", volume / "app")
        self.watch(volume / "app")
        os.symlink("..v2", volume / "..data_tmp")
        os.rename(volume / "..data_tmp", volume / "..data")
        self.one_update_follows(1)
        write(volume / "..v2" / "app", "3")
        self.one_update_follows(2)

    def test_settling_makes_one_update_of_five_writes(self):
        paths = [self.file(f"app{n}") for n in range(5)]
        self.watch(*paths, settle={"quiet": "500ms", "max": "5s"})
        for path in paths:
            replace(path, "new")
            time.sleep(0.1)
        last = time.monotonic()
        self.wait_for(self.updates, 1)
        self.assertGreaterEqual(self.updates()[0].at - last, 0.3)
        self.one_update_follows(1)

    def test_settling_ends_at_its_longest_in_a_storm(self):
        path = self.file("app")
        self.watch(path, settle={"quiet": "500ms", "max": "1500ms"})
        begin = time.monotonic()
        count = 0
        while time.monotonic() < begin + 3:
            replace(path, f"{count}")
            count += 1
            time.sleep(0.05)
        first = self.updates()[0].at - begin
        self.assertGreaterEqual(first, 1.5)
        self.assertLess(first, 1.5 + allowed(1))

    def test_a_path_relative_to_the_configuration_is_found_from_anywhere(self):
        self.file("app")
        self.watch(pathlib.Path("conf/app"))
        replace(self.conf / "app", "new")
        self.one_update_follows(1)

    def test_many_files_changed_at_once_in_one_folder_lead_to_their_final_state(self):
        folder = self.conf / "conf.d"
        folder.mkdir()
        self.watch(folder)
        for number in range(2000):
            write(folder / f"file{number}", str(number))
        eventually(lambda: self.updates() and self.process.workload("web")["state"] == "idle",
                   "it is idle")
        workload = self.process.workload("web")
        self.assertEqual(workload["applied"], workload["desired"])
        count = len(self.updates())
        write(folder / "file1999", "new")
        self.one_update_follows(count + 1)


if __name__ == "__main__":
    main()
