"""A shell on a real terminal, typed on and looked at through tmux."""
import os
import subprocess
import tempfile

from daemon import PATIENCE, wait_until

ROWS = 24


class Shell:
    """A shell in a separate tmux; use it with `with`."""

    def __init__(self, columns=80):
        self.directory = tempfile.TemporaryDirectory()
        self.columns = columns

    def begin(self):
        """Runs when the block is entered; a derived class starts its program here."""
        self.tmux("new-session", "-d", "-x", str(self.columns), "-y", str(ROWS),
                  "PS1='% ' ENV= exec sh")
        self.wait_for_line("%")
        self.type("stty -a >before", "Enter")
        self.wait_for_last_lines("% stty -a >before", "%")  # else its prompt gets in the way

    def tmux(self, *arguments):
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        environment.pop("TMUX", None)
        return subprocess.run(
            ["tmux", "-S", f"{self.directory.name}/tmux", "-f", "/dev/null", *arguments],
            cwd=self.directory.name, env=environment, check=True, timeout=PATIENCE,
            stdout=subprocess.PIPE).stdout.decode()

    def __enter__(self):
        try:
            self.begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.tmux("kill-server")
        self.directory.cleanup()

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def screen(self):
        return [line.rstrip() for line in self.tmux("capture-pane", "-p").splitlines()]

    def size(self):
        """Columns and rows as a program reads them, which change a little later than in tmux."""
        tty = os.open(self.tmux("display-message", "-p", "#{pane_tty}").strip(),
                      os.O_RDONLY | os.O_NOCTTY)
        try:
            return tuple(os.get_terminal_size(tty))
        finally:
            os.close(tty)

    def wait_for_line(self, line):
        if not wait_until(lambda: line in self.screen()):
            raise AssertionError(f"{line!r} is not on the screen:\n" + "\n".join(self.screen()))

    def wait_for_last_lines(self, *lines):
        def last():
            return [line for line in self.screen() if line][-len(lines):]
        if not wait_until(lambda: last() == list(lines)):
            raise AssertionError(f"not {lines}:\n" + "\n".join(self.screen()))

    def terminal_is_restored(self):
        self.type("stty -a >after; cmp before after && echo the same", "Enter")
        self.wait_for_last_lines("the same", "%")
