"""Runs the push process beside the server, which has no part in its work."""

import logging
import subprocess
import sys
import threading
import time
from contextlib import suppress

from feedsvc import processes
from feedsvc.config.settings import ENVIRONMENT_PREFIX, Settings

logger = logging.getLogger("feedsvc.serve.push")

_PAUSE, _LONGEST_PAUSE = 1.0, 60.0  # seconds until it is started again
_HEALTHY = 60.0  # seconds after which it does not count as failed
_END = 15.0  # seconds in which it ends


class PushProcess(threading.Thread):
    """The thread that starts `feedsvc push --worker`, again whenever it ends, until `stop`."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(name="feedsvc-push", daemon=True)
        verbose = ["-v"] if logger.isEnabledFor(logging.INFO) else []
        command = [*verbose, "push", "--worker", "--supervised", "--site", str(settings.site)]
        self._command = [sys.executable, "-P", "-m", "feedsvc", *command]
        # It may follow from a content folder that only the writer has.
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
            logger.error("event=push-ended reason=%r", reason)
            pause = _PAUSE if time.monotonic() > started + _HEALTHY else pause
            self._stopping.wait(pause)
            pause = min(_LONGEST_PAUSE, 2 * pause)

    def stop(self) -> None:
        """End the process and the thread; what is being delivered has some seconds."""
        self._stopping.set()
        self._terminate()
        if self.is_alive():
            self.join(_END)
        if self._process and self._process.poll() is None:
            self._process.kill()

    def _run_once(self) -> int:
        # Its end of the pipe tells it of the end of this process, however that comes about. Ctrl-C
        # is for this process, which stops it.
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
