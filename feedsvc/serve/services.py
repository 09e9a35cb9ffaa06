"""Runs commands beside the server, such as the push process, and restarts them when they end.

An entry point of the group `feedsvc.services` names a function that takes the Settings and returns
the arguments of a command of feedsvc as a tuple, or None if the site does not need it. The command
must exit at the end of its standard input, as the server has ended then.
"""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from feedsvc import plugins, processes
from feedsvc.config.push import SERVICES
from feedsvc.config.settings import ENVIRONMENT_PREFIX, Settings

_PAUSE, _LONGEST_PAUSE = 1.0, 60.0  # seconds before a restart
_HEALTHY = 60.0  # seconds of running after which the pause is short again
_END = 15.0  # seconds to end before it is killed


def services(settings: Settings) -> "list[Service]":
    """Return the commands of the installed packages that a site needs. Raises FeedsvcError."""
    needed = plugins.results(SERVICES, tuple, settings).items()
    return [Service(name, arguments, settings) for name, arguments in needed]


class Service(threading.Thread):
    """The thread that runs a command, and restarts it whenever it ends, until `stop`."""

    def __init__(self, name: str, arguments: Sequence[str], settings: Settings) -> None:
        super().__init__(name=f"feedsvc-{name}", daemon=True)
        self._service = name
        self._logger = logging.getLogger(f"feedsvc.serve.{name}")
        verbose = ["-v"] if self._logger.isEnabledFor(logging.INFO) else []
        self._command = [sys.executable, "-P", "-m", "feedsvc", *verbose, *arguments]
        # It may be derived from a content folder that only the writer has.
        self._link = {f"{ENVIRONMENT_PREFIX}ARTICLE_LINK": settings.article_link}
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Keep the process running."""
        pause = _PAUSE
        while not self._stopping.is_set():
            started = time.monotonic()
            try:
                reason = f"it ended with code {self._run_once()}"
            except OSError as error:
                reason = f"it cannot be started: {error.strerror}"
            if self._stopping.is_set():
                return
            self._logger.error("event=%s-ended reason=%r", self._service, reason)
            pause = _PAUSE if time.monotonic() > started + _HEALTHY else pause
            self._stopping.wait(pause)
            pause = min(_LONGEST_PAUSE, 2 * pause)

    def stop(self) -> None:
        """End the process and the thread; the process has some seconds to finish its work."""
        self._stopping.set()
        self._terminate()
        if self.is_alive():
            self.join(_END)
        if self._process and self._process.poll() is None:
            self._process.kill()

    def _run_once(self) -> int:
        # The pipe tells it when this process ends, for whatever reason. Being in a process group of
        # its own, it does not receive Ctrl-C; this process stops it.
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            self._command,
            stdin=subprocess.PIPE,
            env=processes.environment() | self._link,
            process_group=0,
        )
        if self._stopping.is_set():
            self._terminate()
        return self._process.wait()

    def _terminate(self) -> None:
        if self._process:
            with suppress(OSError):
                self._process.terminate()
