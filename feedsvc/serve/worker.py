"""The worker process: Granian's RSGI worker without an event loop, and with socket timeouts.

Granian passes each RSGI request to an event loop, which costs a third of the throughput. Nothing
here is asynchronous, so requests are answered on Granian's Python thread, as in its WSGI worker.
"""

import multiprocessing
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from granian import _granian, _signals
from granian.constants import RuntimeModes
from granian.server.common import WORKERS_METHODS
from granian.server.mp import WorkerProcess

from feedsvc.serve.gateway import Gateway

CONNECTIONS = 4096  # maximum per worker
STALLED = 60  # seconds without progress after which a connection is closed
_PROBE = 10  # seconds between keep-alive probes
_PAUSE = 0.02  # seconds between checks whether a worker listens
_REPLACE_TIMEOUT = 60  # seconds to wait for a new worker to listen before the old one is stopped
_UNSENT = 131_072  # maximum bytes of a response in the send buffer
_SPARE_FILES = 256  # file descriptors for everything except downloads

# Missing from Granian's type stubs.
_RSGIWorker: Any = _granian.RSGIWorker
_set_sync_signals: Any = _signals.set_sync_signals

# TCP options, in seconds except TCP_USER_TIMEOUT (RFC 5482), which on Linux also closes a
# connection whose client stops reading. macOS lacks it, and calls TCP_KEEPIDLE TCP_KEEPALIVE.
# TCP_NOTSENT_LOWAT keeps a stalled download from buffering megabytes.
_OPTIONS = {
    "TCP_USER_TIMEOUT": STALLED * 1000,
    "TCP_KEEPIDLE": STALLED,
    "TCP_KEEPALIVE": STALLED,
    "TCP_KEEPINTVL": _PROBE,
    "TCP_KEEPCNT": STALLED // _PROBE,
    "TCP_NOTSENT_LOWAT": _UNSENT,
}


class _Direct(_granian.CallbackScheduler):
    """Runs the callback on the thread that delivers the request."""

    def __new__(cls, loop: Any, callback: Callable[..., None]) -> "_Direct":
        return super().__new__(cls, loop, callback, None, None, None)  # type: ignore[call-arg]

    def __init__(self, _loop: Any, callback: Callable[..., None]) -> None:
        super().__init__()

        def run(watcher: Any) -> None:
            try:
                callback(watcher.scope, watcher.proto)  # another thread may respond later
            except Exception as error:  # noqa: BLE001 - Granian logs it and responds with 500
                watcher.err(error)

        self._schedule_fn = run


@WorkerProcess.wrap_target  # type: ignore[untyped-decorator]
def run(
    worker_id: int,
    app: Any,
    sock: Any,
    ipc: Any,
    loop: Any,
    runtime_mode: RuntimeModes,
    runtime_threads: int,
    runtime_blocking_threads: int | None,
    blocking_threads: int,
    blocking_threads_idle_timeout: int,
    backpressure: int,
    _task_impl: Any,
    http_mode: Any,
    http1_settings: Any,
    http2_settings: Any,
    websockets: bool,
    static_path: Any,
    _log_access_format: str | None,
    ssl_context: tuple[Any, ...],
    _scope_options: dict[str, Any],
    metrics: Any,
) -> None:
    """Serve a WSGI app until SIGTERM; replaces Granian's `_spawn_rsgi_worker`."""
    connections = min(backpressure, _allow_files(2 * backpressure + _SPARE_FILES))
    received, wakeup = os.pipe()
    os.set_blocking(wakeup, False)
    signal.set_wakeup_fd(wakeup)
    stop = _set_sync_signals()
    stopped = threading.Event()
    stop.add_cb(stopped.set)
    spec, holder = sock
    holder = holder or spec.build()
    set_timeouts(holder.get_fd())
    listener = socket.socket(fileno=os.dup(holder.get_fd()))
    worker = _RSGIWorker(
        worker_id,
        (None, holder),
        ipc,
        runtime_threads,
        runtime_blocking_threads,
        blocking_threads,
        blocking_threads_idle_timeout,
        connections,
        http_mode,
        http1_settings,
        http2_settings,
        websockets,
        static_path,
        *ssl_context,
        metrics,
    )
    serve = getattr(worker, WORKERS_METHODS[runtime_mode][False])
    gateway = Gateway(app)
    threading.Thread(target=_end_with_parent, name="feedsvc-parent", daemon=True).start()
    serve(_Direct(loop, gateway), gateway.loop, stop)
    await_listening(listener, stopped)
    multiprocessing.current_process().listening.set()  # type: ignore[attr-defined]
    # Event.wait() would miss a signal that arrives just before it blocks, or in another thread.
    os.read(received, 1)
    stopped.wait()


def _end_with_parent() -> None:
    """End this process once its parent has ended, even by SIGKILL.

    Otherwise the port would stay in use, and nothing would be published or delivered.
    """
    if parent := multiprocessing.parent_process():
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


class ServingProcess(WorkerProcess):
    """A worker process as its parent sees it, with one thread that waits for it.

    Granian waits in two threads. One of them may miss both the process and its exit code, so that
    Granian reports that a worker had to be killed although it has ended.

    successor: the process that replaces it. Granian stops a worker as soon as its successor has
    started, even if the successor does not listen yet.
    """

    successor: "ServingProcess | None" = None

    def start(self) -> None:
        """Start the process."""
        # Pickled with the process; the worker sets it.
        self.inner.listening = multiprocessing.get_context("spawn").Event()
        super().start()  # type: ignore[no-untyped-call]

    def terminate(self) -> None:
        """Tell the process to stop, once its successor listens."""
        if self.successor and self.is_alive():
            self.successor.await_listening()
        super().terminate()  # type: ignore[no-untyped-call]

    def await_listening(self) -> None:
        """Wait until the process accepts connections or has ended, or the server is to stop."""
        end = time.monotonic() + _REPLACE_TIMEOUT
        while time.monotonic() < end and self.is_alive() and not self.parent.interrupt_signal:
            if self.inner.listening.wait(_PAUSE):
                return

    def _watch(self) -> None:
        self._watcher_thread = threading.Thread(target=self._watcher)
        self._watcher_thread.start()

    def is_alive(self) -> bool:
        """Return whether the process runs."""
        return self._watcher_thread.is_alive()

    def join(self, timeout: float | None = None) -> None:
        """Wait until the process ends."""
        self._watcher_thread.join(timeout)


def await_listening(listener: socket.socket, stopped: threading.Event) -> None:
    """Wait until a socket listens, or the process is to stop; close the socket."""
    with listener:
        while not (
            stopped.is_set() or listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        ):
            time.sleep(_PAUSE)


def set_timeouts(listener: int) -> None:
    """Make the system close connections that make no progress.

    listener: file descriptor of the listening socket; accepted connections inherit the options.
    """
    with socket.socket(fileno=os.dup(listener)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _OPTIONS.items():
            if (option := getattr(socket, name, None)) is not None:
                listening.setsockopt(socket.IPPROTO_TCP, option, value)


def _allow_files(count: int) -> int:
    """Raise the limit of open files to `count` if allowed; return how many downloads it permits.

    A download needs two file descriptors: its connection and the file.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        soft = count
    elif soft < (allowed := count if hard == resource.RLIM_INFINITY else min(count, hard)):
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        soft = allowed
    return max(1, (soft - _SPARE_FILES) // 2)
