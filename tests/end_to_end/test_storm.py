"""The promise that matters most: whatever happens to the process, a storm stays throttled."""

import pathlib
import random
import threading
import time

from harness import PATIENCE, EndToEndTest, Storm, allowed, eventually, main, replace, write


def as_the_sender_saw(updates, kills):
    """A hook goes on to its answer when the sender is gone, for whom it counts as answered at the
    restart."""
    return [update._replace(answered=min([update.answered] + [at for at in kills if at > update.at]))
            for update in updates]


class StormTest(EndToEndTest):

    def test_a_storm_stays_throttled_through_kills_at_random_moments(self):
        seed = random.randrange(10**6)
        print("seed", seed, flush=True)
        dice = random.Random(seed)
        receiver = self.receiver()
        receiver.delay = 0.02  # so that some kills come while a request is under way
        exec_workload, commands = self.exec_workload("command")
        commands.behave("sleep 0.02")
        http_workload = self.http_workload("hook", receiver)
        self.configure([exec_workload, http_workload])
        everything = {"command": commands.updates, "hook": lambda: receiver.updates("/hook")}

        arrived = threading.Event()
        receiver.on_request = lambda path: arrived.set()

        process, kills = self.start(), []
        begin = time.monotonic()
        with Storm([self.conf / "command"]) as renamed, \
                Storm([self.conf / "hook"], writer=write) as in_place:
            while time.monotonic() < begin + 30 or len(kills) < 20:
                time.sleep(dice.choice([0.01, 0.1, 1, 1.5]) * (0.5 + dice.random()))
                if dice.random() < 0.3:  # while a request is under way, if one comes soon
                    arrived.clear()
                    arrived.wait(1.5)
                    time.sleep(0.03 * dice.random())
                process.kill()
                kills.append(time.monotonic())
                process = self.start(wait=dice.random() < 0.7)
        process.ready()
        end = time.monotonic()
        print(f"{len(kills)} kills;", {n: [round(u.at - begin, 3) for u in updates()]
                                  for n, updates in everything.items()}, flush=True)

        # The final content goes out within what is left of the delay.
        last = {"command": f"content {renamed.count}", "hook": f"content {in_place.count}"}
        for name, updates in everything.items():
            self.assertGreaterEqual(len(updates()), 3)
            level = process.workload(name)["level"]
            self.assertLessEqual(level, len(updates()) + len(kills))
            eventually(lambda: updates()[-1].content == last[name], f"{name} took on {last[name]}",
                       min(2 ** (level - 1), 64) + PATIENCE)
            self.assertLessEqual(updates()[-1].at - end, min(2 ** (level - 1), 64) + allowed(2))
            # The last kill may have cut it off: then it is repeated, after its whole delay.
            self.wait_until_answered(process, name, patience=min(2 ** level, 64) + PATIENCE)

        # Nothing changes any more: neither kills nor clean ends lead to an update.
        counts = {name: len(updates()) for name, updates in everything.items()}
        for end in ("kill", "stop", "kill"):
            getattr(process, end)()
            process = self.start()
        time.sleep(0.5)
        for name, updates in everything.items():
            self.assertEqual(len(updates()), counts[name])
            self.assert_spaced(as_the_sender_saw(updates(), kills), kills=kills)
            repeats = sum(a.content == b.content for a, b in zip(updates(), updates()[1:]))
            self.assertLessEqual(repeats, len(kills))
            self.assertEqual(process.workload(name)["applied"], process.workload(name)["desired"])
        for each in self.processes:
            self.assertNotIn("set aside", each.log())

    def test_a_storm_of_one_leaves_its_neighbour_alone(self):
        receiver = self.receiver()
        neighbour = self.http_workload("neighbour", receiver)
        self.configure([self.http_workload("noisy", receiver), neighbour])
        self.start()
        delays = []
        with Storm([self.conf / "noisy"], rate=200):
            for count in range(1, 4):
                time.sleep(2 ** (count - 1) + 0.2)  # its own delay is over
                changed = time.monotonic()
                replace(self.conf / "neighbour", f"{count}")
                updates = self.wait_for(lambda: receiver.updates("/neighbour"), count)
                delays.append(updates[-1].at - changed)
        self.assertLess(sorted(delays)[1], allowed(0.5))
        self.assert_spaced(receiver.updates("/noisy"))
        self.assertLessEqual(len(receiver.updates("/noisy")), 5)

    def test_a_jump_of_the_wall_clock_shortens_no_wait(self):
        (library,) = pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
        receiver = self.receiver()
        self.configure([self.http_workload("hook", receiver)])
        self.start()
        kills = []
        # The wall clock alone is moved: CLOCK_BOOTTIME stays as it is.
        with Storm([self.conf / "hook"]):
            for offset in ("+400d", "-400d", "+1h"):
                time.sleep(2)
                self.processes[-1].kill()
                kills.append(time.monotonic())
                process = self.start(env={"LD_PRELOAD": str(library), "FAKETIME": offset,
                                          "FAKETIME_DONT_FAKE_MONOTONIC": "1"})
            time.sleep(2)
        self.assert_spaced(receiver.updates("/hook"), kills=kills)
        self.assertGreaterEqual(len(receiver.updates("/hook")), 3)
        self.assertNotIn("set aside", process.log())


class KillInFlightTest(EndToEndTest):

    def test_an_update_that_a_kill_cut_off_is_repeated_once_and_after_its_delay(self):
        receiver = self.receiver()
        receiver.delay = 5
        self.configure([self.http_workload("hook", receiver)], backoff={"base": "700ms"})
        process = self.start()
        replace(self.conf / "hook", "new")
        self.wait_for(lambda: receiver.updates("/hook"), 1)
        process.kill()
        receiver.delay = 0
        killed = time.monotonic()
        process = self.start()
        updates = self.wait_for(lambda: receiver.updates("/hook"), 2)
        # It counts as answered when the process was gone, and its repeat waits as if the level were
        # 2, but raises none.
        self.assertGreaterEqual(updates[1].at - killed, 1.4)
        self.wait_until_answered(process, "hook")
        self.assertEqual(process.workload("hook")["level"], 1)
        process.kill()
        self.start()
        time.sleep(2)
        self.assertEqual(len(receiver.updates("/hook")), 2)

    def test_a_change_back_after_a_cut_off_update_is_sent(self):
        receiver = self.receiver()
        receiver.delay = 5
        self.configure([self.http_workload("hook", receiver)], backoff={"base": "200ms"})
        before = (self.conf / "hook").read_text()
        process = self.start()
        replace(self.conf / "hook", "new")
        self.wait_for(lambda: receiver.updates("/hook"), 1)
        process.kill()
        receiver.delay = 0
        replace(self.conf / "hook", before)
        self.start()
        updates = self.wait_for(lambda: receiver.updates("/hook"), 2)
        self.assertEqual(updates[1].content, before)

    def test_there_are_no_more_repeats_than_kills(self):
        dice = random.Random(1)
        receiver = self.receiver()
        receiver.delay = 0.03
        exec_workload, commands = self.exec_workload("command")
        commands.behave("sleep 0.03")
        self.configure([exec_workload, self.http_workload("hook", receiver)],
                       backoff={"base": "50ms", "max": "200ms", "unhealthy_max": "200ms"})
        everything = {"command": commands.updates, "hook": lambda: receiver.updates("/hook")}
        process, rounds, kills = self.start(), 10, []
        for count in range(rounds):
            before = {name: len(updates()) for name, updates in everything.items()}
            for name in everything:
                replace(self.conf / name, f"{count}")
            eventually(lambda: any(len(updates()) > before[name]
                                   for name, updates in everything.items()), "an update comes")
            time.sleep(0.06 * dice.random())
            process.kill()
            kills.append(time.monotonic())
            process = self.start()
            for name, updates in everything.items():
                self.wait_until_answered(process, name)
                eventually(lambda: process.workload(name)["state"] == "idle", f"{name} is idle")
                self.assertEqual(updates()[-1].content, f"{count}")
        for name, updates in everything.items():
            print(f"{len(updates()) - rounds} repeats of {name} in {rounds} kills")
            self.assertLessEqual(len(updates()), 2 * rounds)
            self.assert_spaced(as_the_sender_saw(updates(), kills), base=0.05, cap=0.2, kills=kills)
            self.assertEqual(list(dict.fromkeys(u.content for u in updates())),
                             [f"{count}" for count in range(rounds)])

    def test_a_command_dies_with_its_controller(self):
        workload, commands = self.exec_workload("command")
        commands.behave("child 60")
        self.configure([workload], backoff={"base": "200ms"})
        process = self.start()
        replace(self.conf / "command", "new")
        self.wait_for(commands.updates, 1)
        child = self.folder / "command.updates.child"
        eventually(lambda: child.exists() and child.read_text().endswith("\n"), "it has a child")
        process.kill()
        commands.behave("exit 0")
        process = self.start()
        updates = self.wait_for(commands.updates, 2)
        for pid in (commands.pids()[0], int(child.read_text())):
            self.assertFalse(alive(pid), "of the first command nothing is left")
        self.wait_until_answered(process, "command")
        self.assertEqual([u.content for u in updates], ["new", "new"])


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    main()
