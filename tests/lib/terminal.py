# SPDX-License-Identifier: GPL-2.0-or-later
"""goroutop on a real terminal: tmux with a server of its own, keys sent, the screen polled."""

import os
import re
import shlex
import subprocess
import tempfile

from suite import Skip, test
import live

PROMPT = "shell-is-ready$"
SIZES = [(80, 24), (160, 50)]


def sizes(*more):
    """Marks a test of the screen that is to hold in the two usual sizes, and in others."""
    return test(alone=True, each=lambda: [*SIZES, *more], call=lambda s: f"{s[0]}×{s[1]}")


def fits(text, height):
    """Whether the bar of keys stands on the last of so many lines: nothing that is drawn above it has
    taken more room than there is. (What tmux tells of a screen is never wider than that.)"""
    lines = text.split("\n")
    return len(lines) == height + 1 and lines[height - 1].startswith("F1Help")

# Buttons of the mouse, as terminals number them.
LEFT, MIDDLE, RIGHT, WHEEL_UP, WHEEL_DOWN = 0, 1, 2, 64, 65

# The grounds of two kinds of rows where there are 256 colours (tui/theme.c).
SELECTED, FOLLOWED = 25, 53


class Terminal:
    """A tmux pane of a fixed size with a shell in it, in which a program can be run."""

    def __init__(self, width=80, height=24, term="tmux-256color", user_env=None):
        self.tmux = live.shutil.which("tmux")
        if not self.tmux:
            raise Skip("tmux", "not installed")
        self.socket = os.path.join(tempfile.mkdtemp(), "tmux")
        # A shell takes its prompt from here; root's would not from the environment.
        profile = self.socket + ".profile"
        with open(profile, "w") as f:
            f.write(f"PS1='{PROMPT} '\n")
        env = {**os.environ, "ENV": profile, "TERM": "xterm-256color", **(user_env or {})}
        env.pop("TMUX", None)
        conf = self.socket + ".conf"
        with open(conf, "w") as f:
            f.write(f"set -g default-terminal {term}\nset -g status off\nset -g escape-time 0\n"
                    "set -g mouse on\n")
        self.env = env
        self.run("-f", conf, "new-session", "-d", "-x", str(width), "-y", str(height), "-s", "t",
                 "exec env -u TMUX sh")
        self.wait(lambda s: PROMPT in s, "the shell's prompt")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Hangs up; what ran in the terminal, and tmux, end by that."""
        try:
            pids = [int(self.format("pane_pid")), int(self.format("pid"))]
            pids += live.children(pids[0])
        except AssertionError:
            pids = []  # the shell has ended, and so has tmux
        subprocess.run([self.tmux, "-S", self.socket, "kill-server"], capture_output=True, check=False)
        live.wait_until(lambda: all(live.gone(pid) for pid in pids), "everything ends as its terminal does")

    def run(self, *arguments):
        done = subprocess.run([self.tmux, "-u", "-S", self.socket, *arguments], env=self.env,
                              capture_output=True, text=True)
        assert done.returncode == 0, f"tmux {arguments}: {done.stderr}"
        return done.stdout

    def type(self, text):
        self.run("send-keys", "-t", "t", "-l", text)

    def keys(self, *names):
        self.run("send-keys", "-t", "t", *names)

    def press(self, x, y, button=LEFT, times=1):
        """A button of the mouse, pressed on that character of the screen (from 0, 0 on) and let go, in the
        form that the program has asked the terminal for; all times at one go."""
        assert self.format("mouse_any_flag") == "1", "nobody has asked for the mouse"
        code = ""
        for number, end in ([(button, "M")] if button >= WHEEL_UP else [(button, "M"), (button, "m")]) * times:
            if self.format("mouse_sgr_flag") == "1":
                code += f"\033[<{number};{x + 1};{y + 1}{end}"
            else:  # a release does not say of which button
                code += "\033[M" + "".join(chr(32 + n) for n in (3 if end == "m" else number, x + 1, y + 1))
        self.run("send-keys", "-t", "t", "-H", *(f"{b:02x}" for b in code.encode("latin-1")))

    def press_on(self, pattern, **how):
        """The same on the first character of what matches; it must be on the screen by now."""
        for y, line in enumerate(self.screen().split("\n")):
            if found := re.search(pattern, line):
                return self.press(found.start(), y, **how)
        raise AssertionError(f"/{pattern}/ is not on the screen:\n{self.screen()}")

    def start(self, *words, env=None):
        """Runs a command in the shell."""
        settings = [f"{k}={shlex.quote(v)}" for k, v in (env or {}).items()]
        self.type(" ".join([*settings, *(shlex.quote(str(w)) for w in words)]))
        self.keys("Enter")

    def screen(self, escapes=False):
        """The screen's text, a line each, without trailing spaces."""
        return self.run("capture-pane", "-p", "-t", "t", *(["-e", "-N"] if escapes else []))

    def format(self, name):
        return self.run("display-message", "-p", "-t", "t", f"#{{{name}}}").strip()

    def wait(self, condition, what, timeout=15.0):
        """Polls the screen until condition(screen) is true; returns that screen."""
        seen = [""]

        def look():
            seen[0] = self.screen()
            return condition(seen[0])

        try:
            live.wait_until(look, what, timeout)
        except AssertionError as late:
            raise AssertionError(f"{late}; the screen is:\n{seen[0].rstrip()}") from None
        return seen[0]

    def wait_for(self, pattern, timeout=15.0):
        return self.wait(lambda s: re.search(pattern, s, re.MULTILINE), f"/{pattern}/ is on the screen", timeout)

    def resize(self, width, height):
        self.run("resize-window", "-t", "t", "-x", str(width), "-y", str(height))

    def shell(self, command):
        """The output of a shell command typed into the terminal."""
        out = os.path.join(os.path.dirname(self.socket), "out")
        done = out + ".done"
        self.type(f"{command} >{out} 2>&1; touch {done}")
        self.keys("Enter")
        live.wait_until(lambda: os.path.exists(done), f"{command} is over")
        os.unlink(done)
        with open(out) as f:
            return f.read()


class Screen(Terminal):
    """goroutop on a target under tmux. It is up when its table is there."""

    def __init__(self, pid, *arguments, env=None, probes=True, **more):
        super().__init__(**more)
        prefix = live.privilege.for_probes() if probes else []
        try:
            self.modes = self.shell("stty -a")
            source = [] if probes else ["--source", "memory"]
            self.start(*prefix, live.program(), *source, *arguments, *(["-p", pid] if pid else []), env=env)
        except BaseException:
            self.__exit__()
            raise

    def pid(self):
        """goroutop's own pid."""
        shell = int(self.format("pane_pid"))
        return live.descendant(shell, "goroutop")

    def up(self):
        """Waits until the table has rows; returns the screen."""
        return self.wait(self.rows, "the table has rows")

    def titles(self, screen=None):
        """The words of the table's titles, without the mark of what it is sorted by."""
        lines = [re.sub("[▾▴‹›]", " ", line).split() for line in (screen or self.screen()).split("\n")]
        return next((words for words in lines if {"GOID", "AGE"} <= set(words)), [])

    def goids(self, screen=None):
        """Those of the rows, from above."""
        return [int(row[0]) for row in self.rows(screen)]

    def bar(self, color=SELECTED):
        """The goid of the row whose ground has this colour of 256; None: no such row."""
        found = re.search(rf"^(?:\x1b\[[\d;]*m)*\x1b\[48;5;{color}m((?:\x1b\[[\d;]*m| )*)(\d+) ",
                          self.screen(escapes=True), re.MULTILINE)
        return int(found[2]) if found else None

    def rows(self, screen=None):
        """The table's rows below its header, split into words; of that screen, or of the present one."""
        lines = (screen or self.screen()).split("\n")
        at = next((i for i, line in enumerate(lines) if re.match(r"\s*GOID\b", line)), None)
        if at is None:
            return []
        return [line.split() for line in lines[at + 1:] if re.match(r"\s*[>▶]?\s*\d+ ", line)]

    def over(self):
        """Waits for goroutop's end and returns its exit status; the terminal must be as before."""
        self.wait(lambda s: s.rstrip().split("\n")[-1].strip() == PROMPT, "the shell's prompt is back", 30)
        status = self.shell("echo $?")
        assert self.format("alternate_on") == "0", "the alternate screen was not left"
        assert self.format("cursor_flag") == "1", "the cursor is still hidden"
        assert self.format("mouse_any_flag") == "0", "the mouse is still taken"
        assert self.format("keypad_flag") == "0", "the keypad is still in application mode"
        assert self.shell("stty -a") == self.modes, "the terminal's modes were not restored"
        return int(status)
