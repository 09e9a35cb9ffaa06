"""Worker processes; docs/adr/0019 says why they are not a pool of multiprocessing.

A worker runs the function `serve` of one of our modules. It reads pickled values from its standard
input, writes pickled answers to its standard output, and exits at the end of its input, and so
also when its parent process is killed.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Self

from feedsvc.errors import FeedsvcError


class Process:
    """A worker process; it ends with the `with` block.

    module: the one whose `serve` it runs. task: a verb phrase for messages, like `read articles`.
    All methods raise FeedsvcError if it cannot be started, or was killed.
    """

    def __init__(self, module: str, task: str) -> None:
        self._task = task
        command = (sys.executable, "-P", "-c", f"from {module} import serve; serve()")
        try:
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment(),
                process_group=0,  # Ctrl-C is only for this process
            )
        except OSError as error:
            message = f"no process can be started to {task}: {error.strerror}"
            raise FeedsvcError(message) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        with suppress(OSError):  # unsent values cannot be flushed
            self._process.__exit__(None, None, None)

    def send(self, value: object) -> None:
        """Send it a value."""
        try:
            _dump(value, self._process.stdin)
        except OSError:
            raise self._killed() from None

    def receive(self) -> Any:
        """Wait for its next answer."""
        try:
            return _load(self._process.stdout)
        except (EOFError, pickle.UnpicklingError):
            raise self._killed() from None

    def _killed(self) -> FeedsvcError:
        return FeedsvcError(
            f"a process that was to {self._task} was killed; is there enough memory?"
        )


def environment() -> dict[str, str]:
    """Return the environment for a process that imports modules from where this one does."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(os.path.isabs, sys.path))}


def given() -> Iterator[Any]:
    """In a worker, yield the values that are sent to it."""
    with suppress(EOFError):
        while True:
            yield _load(sys.stdin.buffer)


def answer(value: object) -> None:
    """In a worker, send an answer. Raises BrokenPipeError if the parent process has ended."""
    _dump(value, sys.stdout.buffer)


def _dump(value: object, stream: Any) -> None:
    pickle.dump(value, stream, pickle.HIGHEST_PROTOCOL)
    stream.flush()


def _load(stream: Any) -> Any:
    return pickle.load(stream)  # noqa: S301 - from a process that we started, or that started us
