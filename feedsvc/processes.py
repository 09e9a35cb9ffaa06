"""Processes that work for this one; docs/adr/0019 says why they are not a pool of multiprocessing.

Such a process runs the function `serve` of one of our modules. It is given values on its standard
input and answers on its standard output, all of it pickled, and ends when there is nothing more to
read, which is also so if the process that started it is killed.
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
    """One such process; it ends with the `with` block.

    module: the one whose `serve` it runs. task: what it is for, as in `read articles`. Raises
    FeedsvcError if it cannot be started, and whenever it is found to have been killed.
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
                process_group=0,  # Ctrl-C is for the one that started it
            )
        except OSError as error:
            message = f"no process can be started to {task}: {error.strerror}"
            raise FeedsvcError(message) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        with suppress(OSError):  # what it was not given any more
            self._process.__exit__(None, None, None)

    def send(self, value: object) -> None:
        """Give it something."""
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
            f"a process that was to {self._task} was ended by force; is memory short?"
        )


def environment() -> dict[str, str]:
    """Return the environment for a process that imports modules from where this one does."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(os.path.isabs, sys.path))}


def given() -> Iterator[Any]:
    """Yield, in such a process, what it is given, until there is nothing more."""
    with suppress(EOFError):
        while True:
            yield _load(sys.stdin.buffer)


def answer(value: object) -> None:
    """Answer, in such a process. Raises BrokenPipeError where nobody listens any more."""
    _dump(value, sys.stdout.buffer)


def _dump(value: object, stream: Any) -> None:
    pickle.dump(value, stream, pickle.HIGHEST_PROTOCOL)
    stream.flush()


def _load(stream: Any) -> Any:
    return pickle.load(stream)  # noqa: S301 - of a process that we started, or that started us
