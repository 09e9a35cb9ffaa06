"""Runs a command in a pseudo-terminal and presses keys in it."""

import fcntl
import os
import pty
import select
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import programs
from tests.serving import PATIENCE


def _take_terminal() -> None:
    """Make standard input the controlling terminal; runs in the new process."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@dataclass
class Terminal:
    """A terminal and the command in its foreground. output: the output so far."""

    process: "subprocess.Popen[bytes]"
    descriptor: int
    output: str = ""

    def press(self, key: bytes) -> None:
        """Type a key."""
        os.write(self.descriptor, key)

    def wait_for(self, text: str) -> None:
        """Read until a text is in the output."""
        end = time.monotonic() + PATIENCE
        while text not in self.output:
            assert time.monotonic() < end, f"{text!r} was never shown: {self.output}"
            assert self._read() or self.process.poll() is None, self.output

    def await_end(self, limit: float) -> int | None:
        """Read until the command ends; return its exit code, or None after `limit` seconds."""
        end = time.monotonic() + limit
        while self.process.poll() is None and time.monotonic() < end:
            self._read()
        while self._read():
            pass
        return self.process.returncode

    def hang_up(self) -> None:
        """Close the terminal, as a user closes its window."""
        os.close(self.descriptor)
        self.descriptor = -1

    def processes(self) -> list[int]:
        """Return the running processes of this terminal's session."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                state, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(session) == self.process.pid and state not in "ZX":
                found.append(int(folder.name))
        return found

    def _read(self) -> bool:
        """Read the output of the next 20 ms; return whether there was any."""
        if self.descriptor < 0 or not select.select([self.descriptor], [], [], 0.02)[0]:
            return False
        try:
            read = os.read(self.descriptor, 65536)
        except OSError:  # EIO: no process has it open any more
            return False
        self.output += read.decode(errors="replace")
        return bool(read)


@contextmanager
def terminal(*arguments: str, fresh: bool = False) -> Iterator[Terminal]:
    """Run feedsvc in a terminal; processes still running at the end of the block are killed.

    fresh: in a new interpreter; see tests/programs.py.
    """
    master, slave = pty.openpty()
    command = ["-m", "feedsvc", *arguments]
    if fresh:  # setsid and TIOCSCTTY need the new process itself
        process = programs.fresh(
            command, stdin=slave, stdout=slave, stderr=slave, preexec_fn=_take_terminal
        )
    else:
        process = programs.popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )
    os.close(slave)
    running = Terminal(process, master)
    try:
        yield running
    finally:
        for each in running.processes():
            os.kill(each, 9)
        process.wait()
        if running.descriptor >= 0:
            running.hang_up()
