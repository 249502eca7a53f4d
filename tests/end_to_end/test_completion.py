"""Completion in the real shells: somebody types the beginning of a command line and a key.

bash is always there; zsh and fish are skipped where they are not installed, unless EBBGATE_REQUIRE_ALL
is 1.
"""

import fcntl
import http.server
import json
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import termios
import threading
import time
import unittest

from harness import BINARY, PATIENCE, EndToEndTest, allowed, clean_environment, command, main, write

ODD = "we b: $(id) 'x'"

# Each by a beginning that is its alone, up to what a shell might take for its own.
HARMFUL = {f"{n}x": f"{n}x{rest}" for n, rest in enumerate((
    "$(touch run)", "`touch run`", '"; touch run; "', "'; touch run; '", "; touch run", "!!",
    "\\", "$HOME", " | touch run", "${x:=$(touch run)}", "&touch run", "*", "漢字;'\""))}

BASH = r"""
PS1='> '
bind 'set bell-style none'
bind '"\C-xa": insert-completions'
bind -x '"\C-xp": printf "LINE<%s>\n" "$READLINE_LINE"'
source {script}
"""

FISH = r"""
function fish_prompt; echo '> '; end
bind \cxp 'echo; echo "LINE<"(commandline)">"'
source {script}
"""

ZSH = r"""
unsetopt beep zle_bracketed_paste
PS1='> '
fpath=({folder} $fpath)
autoload -Uz compinit && compinit -u -D
zle -C all-matches complete-word _generic
zstyle ':completion:all-matches:*' completer _all_matches _complete
zstyle ':completion:all-matches:*' insert true
bindkey '^Xa' all-matches
show-line() {{ print -r -- "LINE<$BUFFER>" }}
zle -N show-line
bindkey '^Xp' show-line
"""


class Shell:
    """An interactive shell in a terminal."""

    def __init__(self, arguments, folder, environment):
        self._master, slave = pty.openpty()
        self._child = subprocess.Popen(arguments, stdin=slave, stdout=slave, stderr=slave,
                                       cwd=folder, env=environment, start_new_session=True,
                                       preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self._output = ""

    def _until(self, pattern):
        deadline = time.monotonic() + PATIENCE
        while True:
            found = re.search(pattern, self._output, re.DOTALL)
            if found:
                self._output = self._output[found.end():]
                return found
            assert time.monotonic() < deadline, f"no {pattern} in {self._output!r}"
            if select.select([self._master], [], [], 0.1)[0]:
                self._output += os.read(self._master, 65536).decode(errors="replace")

    def run(self, text):
        """Runs lines, to their end."""
        os.write(self._master, text.encode())
        os.write(self._master, b"echo DO''NE\n")
        self._until("DONE")

    def line_after(self, text, keys):
        """What stands on the command line after this was typed; it is not carried out."""
        os.write(self._master, text.encode() + keys + b"\x18p")
        line = self._until(r"LINE<(.*?)>\r*\n")[1]
        os.write(self._master, b"\x15\x0b")  # kill the line, on both sides
        return line

    def close(self):
        self._child.kill()
        self._child.wait()
        os.close(self._master)


class ShellTest(EndToEndTest):

    odd = (ODD,)

    def setUp(self):
        super().setUp()
        hook = self.receiver()
        workloads = [self.http_workload(name, hook, path=self.file("f"))
                     for name in ("web", "worker")]
        workloads += [{**workloads[0], "name": name} for name in self.odd]
        self.configure(workloads)
        self.process = self.start()
        self.tools = self.folder / "tools"
        self.tools.mkdir()
        os.symlink(BINARY, self.tools / "ebbgate")
        self.environment = clean_environment(
            {"PATH": f"{self.tools}:{os.environ['PATH']}", "TERM": "dumb", "HOME": str(self.folder),
             "LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": str(self.folder),
             "XDG_DATA_HOME": str(self.folder)})
        self.work = self.folder / "work"
        self.work.mkdir()
        write(self.work / "some trace.jsonl", "")
        write(self.work / "ebbgate.yaml", 'listen: "%s:%d"\n' % self.process.address())
        write(self.work / "nobody.yaml", 'listen: "127.0.0.1:1"\n')

    def interactive(self, name, *arguments):
        shell = Shell([self.need(name), *arguments], self.work, self.environment)
        self.addCleanup(shell.close)
        return shell

    def script(self, shell, name):
        done = command("completion", shell)
        self.assertEqual((done.code, done.err), (0, ""))
        path = self.tools / name
        write(path, done.out)
        return path

    def need(self, shell):
        path = shutil.which(shell)
        if not path:
            if os.environ.get("EBBGATE_REQUIRE_ALL") == "1":
                self.fail(f"{shell} is not installed, and required")
            self.skipTest(f"{shell} is not installed")
        return path


class CompletionTest(ShellTest):

    def judge(self, candidates, completed, quoted):
        """`candidates(line)`: all that may follow; `completed(line)`: the line after one tab."""
        commands = {"run", "check", "status", "explain", "simulate", "release", "backup",
                    "completion", "manual", "help", "version"}
        self.assertEqual(candidates("ebbgate "), commands)
        self.assertEqual(candidates("ebbgate s"), {"status", "simulate"})
        self.assertEqual(completed("ebbgate sta"), "ebbgate status ")
        self.assertEqual(candidates("ebbgate status --"),
                         {"--help", "--config", "--url", "--json", "--output", "--watch",
                          "--state", "--namespace", "--all", "--version"})
        self.assertEqual(completed("ebbgate run --backoff.un"), "ebbgate run --backoff.un")
        self.assertEqual(candidates("ebbgate run --backoff.un"),
                         {"--backoff.unhealthy_max", "--backoff.unknown_level"})
        self.assertEqual(candidates("ebbgate run --log.format "), {"text", "json"})
        self.assertEqual(completed("ebbgate run --log.format t"), "ebbgate run --log.format text ")
        self.assertEqual(completed("ebbgate run --log.format=t"), "ebbgate run --log.format=text ")
        self.assertEqual(completed("ebbgate status --state w"), "ebbgate status --state waiting ")
        self.assertEqual(completed("ebbgate status --output j"), "ebbgate status --output json ")
        self.assertEqual(completed("ebbgate status -o j"), "ebbgate status -o json ")
        self.assertEqual(completed("ebbgate help expl"), "ebbgate help explain ")
        self.assertEqual(candidates("ebbgate completion "), {"bash", "zsh", "fish"})
        self.assertEqual(completed("ebbgate check --config ebb"),
                         "ebbgate check --config ebbgate.yaml ")
        self.assertEqual(completed("ebbgate check --config=ebb"),
                         "ebbgate check --config=ebbgate.yaml ")
        self.assertEqual(completed("ebbgate simulate so"), r"ebbgate simulate some\ trace.jsonl ")
        for begin in ("ebbgate explain --config ebbgate.yaml", "ebbgate release --config=ebbgate.yaml",
                      f"ebbgate explain --url {self.process.url}",
                      f"ebbgate explain --json --url={self.process.url}"):
            for typed, whole in (("web", "default/Local/web"), ("wo", "default/Local/worker"),
                                 ("we\\ ", quoted)):
                self.assertEqual(completed(f"{begin} default/Local/{typed}"), f"{begin} {whole} ")
        # Where nobody answers, nothing happens.
        for begin in ("ebbgate explain --config nobody.yaml",
                      "ebbgate explain --url=http://127.0.0.1:1"):
            self.assertEqual(completed(f"{begin} default/Local/wo"), f"{begin} default/Local/wo")

    def test_bash(self):
        shell = self.interactive("bash", "--norc", "--noprofile", "-i")
        shell.run(BASH.format(script=self.script("bash", "ebbgate.bash")))
        quoted = subprocess.run(["bash", "-c", 'printf %q "$1"', "-", f"default/Local/{ODD}"],
                                stdout=subprocess.PIPE, check=True).stdout.decode()

        def candidates(line):
            inserted = shell.line_after(line, b"\x18a")
            rest = inserted[line.rindex(" ") + 1:]
            return set(re.findall(r"\S+", rest))
        self.judge(candidates, lambda line: shell.line_after(line, b"\t"), quoted)
        begin = "ebbgate explain --config ebbgate.yaml"
        # In quotes, and at a colon, where readline breaks words.
        self.assertEqual(shell.line_after(f'{begin} "default/Local/wo', b"\t"),
                         f'{begin} "default/Local/worker" ')
        self.assertEqual(shell.line_after(f"{begin} default/Local/we\\ b:", b"\t"),
                         f"{begin} {quoted} ")

    def test_zsh(self):
        shell = self.interactive("zsh", "-f", "-i")
        self.script("zsh", "_ebbgate")
        write(self.folder / "setup.zsh", ZSH.format(folder=self.tools))
        shell.run(f"source {self.folder}/setup.zsh\n")
        quoted = subprocess.run(["zsh", "-fc", 'print -rn -- ${(q)1}', "-", f"default/Local/{ODD}"],
                                stdout=subprocess.PIPE, check=True).stdout.decode()

        def candidates(line):
            inserted = shell.line_after(line, b"\x18a")
            # zsh offers `--flag=`, and takes the `=` away where a space follows.
            return {word.rstrip("=") for word in inserted[line.rindex(" ") + 1:].split()}
        self.judge(candidates, lambda line: shell.line_after(line, b"\t"), quoted)

    def test_zsh_takes_the_script_sourced_too(self):
        shell = self.interactive("zsh", "-f", "-i")
        write(self.folder / "setup.zsh", ZSH.format(folder="/nonexistent"))
        shell.run(f"source {self.folder}/setup.zsh; source <(ebbgate completion zsh)\n")
        self.assertEqual(shell.line_after("ebbgate sta", b"\t"), "ebbgate status ")

    def test_fish(self):
        fish = self.need("fish")
        script = self.script("fish", "ebbgate.fish")

        def complete(line):
            done = subprocess.run(
                [fish, "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", str(script),
                 line],
                cwd=self.work, env=self.environment, timeout=60, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            return dict((row + "\t").split("\t")[:2] for row in done.stdout.decode().splitlines())
        self.judge_fish(complete)

    def judge_fish(self, complete):
        commands = complete("ebbgate ")
        self.assertEqual(set(commands), {"run", "check", "status", "explain", "simulate", "release",
                                         "backup", "completion", "manual", "help", "version"})
        self.assertEqual(commands["status"], "List workloads and what holds them")
        self.assertEqual(set(complete("ebbgate s")), {"status", "simulate"})
        flags = complete("ebbgate status --")
        self.assertEqual(set(flags), {"--help", "--config", "--url", "--json", "--output",
                                      "--watch", "--state", "--namespace", "--all", "--version"})
        self.assertEqual(flags["--json"], "Print JSON")
        self.assertEqual(set(complete("ebbgate run --backoff.un")),
                         {"--backoff.unhealthy_max", "--backoff.unknown_level"})
        self.assertEqual(set(complete("ebbgate run --log.format ")), {"text", "json"})
        self.assertEqual(set(complete("ebbgate run --log.format=")),
                         {"--log.format=text", "--log.format=json"})
        self.assertEqual(set(complete("ebbgate completion ")), {"bash", "zsh", "fish"})
        self.assertEqual(set(complete("ebbgate status -o ")), {"text", "json"})
        self.assertIn("explain", complete("ebbgate help "))
        self.assertIn("ebbgate.yaml", complete("ebbgate check --config ebb"))
        self.assertIn("some trace.jsonl", complete("ebbgate simulate so"))
        self.assertNotIn("ebbgate.yaml", complete("ebbgate explain ebb"))
        names = {f"default/Local/{name}" for name in ("web", "worker", ODD)}
        for name in ("explain", "release"):
            self.assertEqual(set(complete(f"ebbgate {name} --config ebbgate.yaml ")), names)
            self.assertEqual(set(complete(f"ebbgate {name} --config=ebbgate.yaml ")), names)
        self.assertEqual(set(complete(f"ebbgate explain --url {self.process.url} "
                                      "default/Local/wo")),
                         {"default/Local/worker"})
        self.assertEqual(complete("ebbgate explain --url http://127.0.0.1:1 default"), {})

    def test_names_are_quick_and_silent_where_nothing_answers(self):
        begin = time.monotonic()
        for arguments in (("--url", "http://127.0.0.1:1"), ("--config", "/nonexistent.yaml"),
                          ("--url", "http://10.255.255.1:9")):
            done = command("names", *arguments)
            self.assertEqual(done, (1, "", ""))
        self.assertLess(time.monotonic() - begin, allowed(10))
        done = command("names", env={"EBBGATE_LISTEN": "%s:%d" % self.process.address()})
        self.assertEqual(done.out.split("\n"),
                         [f"default/Local/{name}" for name in (ODD, "web", "worker")] + [""])


class SlowTest(EndToEndTest):
    """Somebody who pressed Tab waits."""

    def serve(self, answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                try:
                    answer(self)
                except OSError:
                    pass  # the client went away

            def log_message(self, *arguments):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        return f"http://127.0.0.1:{server.server_address[1]}"

    def test_names_end_soon_however_many_pages_there_are(self):
        pages = []

        def answer(handler):
            time.sleep(0.3)
            pages.append(handler.path)
            body = {"items": [{"namespace": "a", "kind": "b", "name": f"{len(pages):05}"}]}
            if len(pages) < 60:
                body["next"] = f"a/b/{len(pages):05}"
            text = json.dumps(body).encode()
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(text)))
            handler.end_headers()
            handler.wfile.write(text)
        self.judge(self.serve(answer))
        self.assertGreater(len(pages), 1)

    def test_names_end_soon_where_an_answer_comes_byte_by_byte(self):
        def answer(handler):
            for _ in range(60):
                handler.wfile.write(b"H")
                time.sleep(0.3)
        self.judge(self.serve(answer))

    def judge(self, url):
        begin = time.monotonic()
        self.assertEqual(command("names", "--url", url), (1, "", ""))
        self.assertLess(time.monotonic() - begin, allowed(8))


class HarmfulNamesTest(ShellTest):
    """A name may be of somebody else's choice: completed, it is that name to the shell, or not
    offered."""

    odd = tuple(HARMFUL.values())

    def judge(self, shell, unoffered):
        for quote in ("", '"', "'"):
            left_out = set()
            for typed, name in HARMFUL.items():
                begin = "ebbgate explain --config ebbgate.yaml "
                word = f"{quote}default/Local/{typed}"
                line = shell.line_after(begin + word, b"\t")
                self.assertTrue(line.startswith(begin), line)
                argument = line[len(begin):]
                if argument == word:
                    left_out.add(name)
                    continue
                shell.run(f"printf %s {argument} >got\n")
                self.assertEqual((self.work / "got").read_text(), f"default/Local/{name}", line)
            self.assertEqual(left_out, {name for name in self.odd
                                        if set(name) & set(unoffered.get(quote, ""))})
        self.assertFalse((self.work / "run").exists())

    def test_bash(self):
        shell = self.interactive("bash", "--norc", "--noprofile", "-i")
        shell.run(BASH.format(script=self.script("bash", "ebbgate.bash")))
        self.judge(shell, {'"': '$`\\"!', "'": "'"})
        # A quote that is escaped ends nothing, so that what follows is still within quotes or not.
        line = 'ebbgate explain --config ebbgate.yaml --json "\\" "default/Local/4x'
        self.assertNotIn(";", shell.line_after(line, b"\t"))

    def test_zsh(self):
        shell = self.interactive("zsh", "-f", "-i")
        self.script("zsh", "_ebbgate")
        write(self.folder / "setup.zsh", ZSH.format(folder=self.tools))
        shell.run(f"source {self.folder}/setup.zsh\n")
        self.judge(shell, {})

    def test_fish(self):
        shell = self.interactive("fish", "--no-config", "-i")
        write(self.folder / "setup.fish", FISH.format(script=self.script("fish", "ebbgate.fish")))
        shell.run(f"source {self.folder}/setup.fish\n")
        self.judge(shell, {})


if __name__ == "__main__":
    main()
