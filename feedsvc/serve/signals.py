"""Which process handles the signals of a terminal while a site is served.

A terminal sends SIGINT and SIGHUP to every process of the foreground group. A worker would get
SIGINT from it and SIGTERM from the server at almost the same time. Linux may then deliver both to a
thread other than the main one, which goes on waiting for a lock. Python runs handlers in the main
thread alone, so neither was run, and the worker was killed after its time to drain.
"""

import signal
import threading
from multiprocessing import resource_tracker
from typing import Any

from granian.server.common import AbstractServer

_TERMINAL = frozenset({signal.SIGINT, signal.SIGHUP})


def handle_terminal_signals(server: AbstractServer[Any]) -> None:
    """Let a server handle SIGINT and SIGHUP in a thread, and keep them from its workers.

    They are blocked from now on, which threads and workers inherit from their first instruction;
    one that arrives before the server has started waits for it. Call this in the main thread,
    before any other thread is started and after all other startup hooks are registered.
    """
    resource_tracker.ensure_running()  # would unblock SIGINT if the first worker started it
    signal.pthread_sigmask(signal.SIG_BLOCK, _TERMINAL)
    server.on_startup(threading.Thread(target=_dispatch, name="feedsvc-signals", daemon=True).start)


def _dispatch() -> None:
    """Call the handler of each signal. Those of the server only set an event."""
    while True:
        received = signal.sigwait(_TERMINAL)
        handler = signal.getsignal(received)
        if callable(handler):  # not SIG_IGN, which a blocked signal disregards
            handler(received, None)
