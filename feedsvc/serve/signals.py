"""Handles the signals of a terminal in the parent process only.

A terminal sends SIGINT and SIGHUP to every process of the foreground group. A worker would receive
SIGINT from it and SIGTERM from the server at almost the same time. Linux may deliver both to a
thread other than the main one, which stays blocked on a lock. Python runs signal handlers only in
the main thread, so neither would run, and the worker would be killed after the drain timeout.
"""

import signal
import threading
from multiprocessing import resource_tracker
from typing import Any

from granian.server.common import AbstractServer

_TERMINAL = frozenset({signal.SIGINT, signal.SIGHUP})


def handle_terminal_signals(server: AbstractServer[Any]) -> None:
    """Let a server handle SIGINT and SIGHUP in a thread, and keep them from its workers.

    They are blocked from now on, and new threads and workers inherit the mask; a signal that
    arrives before the server has started stays pending until then. Call this in the main thread,
    before any other thread is started and after all other startup hooks are registered.
    """
    # The tracker inherits the mask, so that it outlives the terminal, too. Starting it
    # unblocks SIGINT, even if the first worker does so.
    signal.pthread_sigmask(signal.SIG_BLOCK, _TERMINAL)
    resource_tracker.ensure_running()
    signal.pthread_sigmask(signal.SIG_BLOCK, _TERMINAL)
    server.on_startup(threading.Thread(target=_dispatch, name="feedsvc-signals", daemon=True).start)


def _dispatch() -> None:
    """Call the handler of each signal. Granian's handlers only set an event."""
    while True:
        received = signal.sigwait(_TERMINAL)
        handler = signal.getsignal(received)
        if callable(handler):  # SIG_IGN is not, and does not discard a blocked signal
            handler(received, None)
