#!/usr/bin/env python3
"""What bash and zsh complete for each program: every option of --help, and the values of options.

The functions are called as the shells call them; a real shell on a pseudo-terminal also completes a
few words.
"""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from usage import section_of

COMPLETIONS = pathlib.Path(os.environ["BUILD_DIR"]) / "completions"
PROGRAMS = {"sluicectl": "SLUICECTL", "sluiced": "SLUICED", "sluice-fetch": "SLUICE_FETCH",
            "sluice-lookup": "SLUICE_LOOKUP",
            "sluice-scan": "SLUICE_SCAN", "sluice-talk": "SLUICE_TALK"}
SERVICES = ["broadcast=", "chargen=", "chat=", "daytime=", "discard=", "echo=", "framed=", "greet=",
            "irc=", "metrics=", "relay=", "time=", "upper=", "web="]
BACKENDS = ["auto", "epoll", "poll", "select"]
PATIENCE = 60 * float(os.environ.get("SLUICE_SLOWNESS", "1"))

# Outside of a completion compopt is an error; here it shows how it was called.
BASH = """
compopt() { echo "compopt $*"; }
source "$1"
COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2))
_%s
printf 'reply %%s\\n' "${COMPREPLY[@]}"
"""
ZSH = '_arguments() { print -rl -- "$@" }; source "$1"'


def options_of(program):
    shown = subprocess.run([os.environ[PROGRAMS[program]], "--help"], stdout=subprocess.PIPE,
                           check=True, text=True, timeout=PATIENCE).stdout
    rows = re.findall(r"^  (?:(-\w), )?(--[\w-]+)", section_of(shown, "Options:"), re.MULTILINE)
    names = {name for row in rows for name in row if name}
    assert {"--help", "--version"} < names
    return names


class Bash(unittest.TestCase):
    def setUp(self):
        if shutil.which("bash") is None:
            self.skipTest("there is no bash")

    def complete(self, program, *words):
        """The replies while the last of these words is typed, and the arguments of compopt."""
        script = BASH % program.replace("-", "_")
        file = COMPLETIONS / "bash" / program
        done = subprocess.run(["bash", "--norc", "-c", script, "bash", file, program, *words],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                              text=True, timeout=PATIENCE)
        self.assertEqual(done.stderr, "")
        replies = [line[len("reply "):] for line in done.stdout.splitlines()
                   if line.startswith("reply ") and line != "reply "]
        return sorted(replies), re.findall("^compopt (.*)$", done.stdout, re.MULTILINE)

    def test_offers_every_option_of_the_help(self):
        for program in PROGRAMS:
            with self.subTest(program):
                self.assertEqual(set(self.complete(program, "-")[0]), options_of(program))

    def test_offers_the_options_that_begin_as_typed(self):
        self.assertEqual(self.complete("sluice-scan", "--ex"),
                         (["--exclude", "--exclude-file", "--exclude-ports"], []))
        self.assertEqual(self.complete("sluice-scan", "--open", "--js"), (["--json"], []))

    def test_offers_the_words_that_an_option_allows(self):
        for program in PROGRAMS.keys() - {"sluicectl"}:  # which has no loop
            self.assertEqual(self.complete(program, "--backend", ""), (BACKENDS, []))
            self.assertEqual(self.complete(program, "--backend", "=", "e"), (["epoll"], []))
            self.assertEqual(self.complete(program, "--backend", "="), (BACKENDS, []))

    def test_offers_the_services_without_a_blank_behind(self):
        self.assertEqual(self.complete("sluiced", "-l", ""), (SERVICES, ["-o nospace"]))
        self.assertEqual(self.complete("sluiced", "--listen", "ch"),
                         (["chargen=", "chat="], ["-o nospace"]))

    def test_offers_the_framings(self):
        self.assertEqual(self.complete("sluice-talk", "--framing", "d")[0],
                         ["decimal:", "delimiter:"])

    def test_leaves_files_to_the_shell(self):
        self.assertEqual(self.complete("sluice-scan", "-i", ""), ([], ["-o default"]))
        self.assertEqual(self.complete("sluice-fetch", "--output", "="), ([], ["-o default"]))

    def test_offers_nothing_for_a_value_that_the_user_has_to_type(self):
        self.assertEqual(self.complete("sluice-scan", "--timeout", "-"), ([], []))
        self.assertEqual(self.complete("sluice-scan", "--banner", "=", ""), ([], []))

    def test_the_word_after_an_option_with_an_optional_value_is_not_its_value(self):
        self.assertEqual(self.complete("sluice-scan", "--banner", "--op"), (["--open"], []))


class Zsh(unittest.TestCase):
    def setUp(self):
        if shutil.which("zsh") is None:
            self.skipTest("there is no zsh")

    def arguments(self, program):
        """What the file calls _arguments with."""
        file = COMPLETIONS / "zsh" / f"_{program}"
        done = subprocess.run(["zsh", "-f", "-c", ZSH, "zsh", file],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                              text=True, timeout=PATIENCE)
        self.assertEqual(done.stderr, "")
        return done.stdout.splitlines()

    def test_offers_every_option_of_the_help(self):
        for program in PROGRAMS:
            with self.subTest(program):
                text = (COMPLETIONS / "zsh" / f"_{program}").read_text(encoding="utf-8")
                self.assertEqual(text.splitlines()[0], f"#compdef {program}")
                specs = [re.match(r"(?:\(.*?\)|\*)?(--?[\w-]+?)(?:=-|[=+])?\[", spec)
                         for spec in self.arguments(program) if "[" in spec]
                self.assertEqual({spec.group(1) for spec in specs}, options_of(program))

    def test_says_what_an_option_does_and_how_it_is_completed(self):
        specs = self.arguments("sluice-scan")
        self.assertTrue([spec for spec in specs if re.fullmatch(
            r"--backend=\[[^]]+\]:auto\|epoll\|poll\|select:\(auto epoll poll select\)", spec)])
        self.assertTrue([spec for spec in specs if re.fullmatch(
            r"\(-o --output\)-o\+\[[^]]+\]:FILE:_files", spec)])


class Terminal(unittest.TestCase):
    """A shell on a pseudo-terminal, where Tab is pressed."""

    def start(self, *command, **variables):
        if shutil.which(command[0]) is None:
            self.skipTest(f"there is no {command[0]}")
        home = tempfile.TemporaryDirectory()
        self.addCleanup(home.cleanup)
        environment = {"PATH": os.environ["PATH"], "HOME": home.name, "TERM": "dumb", "PS1": "> ",
                       "LC_ALL": "C", "INPUTRC": "/dev/null", **variables}
        self.master, slave = pty.openpty()
        self.addCleanup(os.close, self.master)
        self.shell = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave,
                                      cwd=home.name, env=environment, start_new_session=True)
        os.close(slave)
        self.addCleanup(self.shell.wait)
        self.addCleanup(self.shell.kill)

    def type(self, keys):
        os.write(self.master, keys.encode())

    def expect(self, text):
        shown = ""
        end = time.monotonic() + PATIENCE
        while text not in shown:
            left = end - time.monotonic()
            ready = left > 0 and select.select([self.master], [], [], left)[0]
            self.assertTrue(ready, f"{text!r} is expected in {shown!r}")
            shown += os.read(self.master, 4096).decode(errors="replace")

    def complete_a_few(self):
        self.type("echo got sluiced\n")
        self.expect("\ngot sluiced")
        for typed, completed in (("sluiced --drain-t", "sluiced --drain-timeout"),
                                 ("sluiced --backend=ep", "sluiced --backend=epoll"),
                                 ("sluiced -l chat", "sluiced -l chat=\r"),
                                 ("sluice-talk --framing nets", "sluice-talk --framing netstring")):
            # Ctrl-A and Ctrl-E: what was completed becomes the words of echo.
            self.type(f"{typed}\t\x01echo '\x05'\n")
            self.expect(f"\n{completed}")

    def test_bash_completes(self):
        self.start("bash", "--norc", "--noprofile", "-i")
        for program in ("sluiced", "sluice-talk"):
            self.type(f"source '{COMPLETIONS}/bash/{program}'\n")
        self.complete_a_few()

    def test_zsh_completes(self):
        self.start("zsh", "-f", "-i")
        self.type(f"fpath=('{COMPLETIONS}/zsh' $fpath); bindkey -e\n")
        self.type("autoload -U compinit && compinit -u -D\n")
        self.complete_a_few()


if __name__ == "__main__":
    result = unittest.main(verbosity=2, exit=False).result
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
