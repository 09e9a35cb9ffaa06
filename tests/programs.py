"""Runs programs, such as `python -m feedsvc`, in processes that have imported feedsvc already.

Imports take most of the time of starting `python -m feedsvc`. A fork server imports everything once
and forks for each start:

- The new process is a child of the requesting process, so that waiting, signals and process groups
  work as usual: the server forks twice, and the requesting process, a subreaper for that moment,
  adopts the orphan.
- The server has imported the plugins and compiled the templates, routes and SQL statements of a
  site. The caches of feedsvc are empty, except for the entry points by search path.
- It gets the descriptors, environment, folder, signals and arguments of the request, and then runs
  like `python -m MODULE` or `python -c CODE`.
- A process that serves has its own fork server for its workers, since those must be its children.
  Only multiprocessing uses it.
- At exit it runs the usual handlers, but does not free each object, for which the system would have
  to copy most of the memory.

Its hash seed is that of the server. Tests that depend on the seed, on imports, or on signals during
startup use `fresh`.
"""

import atexit
import ctypes
import fcntl
import gc
import importlib
import inspect
import multiprocessing.util
import os
import pickle
import re
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import _lru_cache_wrapper, cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pytest
from prometheus_client import values

from feedsvc import plugins
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import sync
from feedsvc.model import Format
from feedsvc.publication import Publication
from feedsvc.web import create_app
from tests import catalogs, compiled
from tests.sites import article, make_site

_ROOT = Path(__file__).parent.parent
SUPPORTED = sys.platform == "linux"
_PR_SET_CHILD_SUBREAPER = 36
_LARGEST = 1 << 20  # bytes of a message
_EXECUTE = inspect.signature(subprocess.Popen._execute_child)  # type: ignore[attr-defined]
_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
# Each process imports any further modules itself. The tests listed here use multiprocessing.
_PRELOADED = (
    *(
        "feedsvc.cli.follow",
        "feedsvc.cli.serve",
        "feedsvc.cli.sync",
        "feedsvc.cli.feeds",
        "feedsvc.cli.ids",
    ),
    *("feedsvc.push.command", "feedsvc.push.worker", "feedsvc.export.command"),
    *("feedsvc.audience.page", "feedsvc.sources.generators.hugo", "tests.sites"),
    *("psycopg", "sqlalchemy.dialects.sqlite.pysqlite", "sqlalchemy.dialects.postgresql.psycopg"),
    *("tests.catalog.test_atomicity", "tests.catalog.test_migrations"),
    "tests.render.test_extensions",
)


@dataclass(frozen=True)
class _Start:
    """A start of `python *arguments`.

    descriptors: numbers for those that come with it. session: whether the process starts one, of
    which its standard input is the controlling terminal if it is a terminal.
    """

    arguments: Sequence[str]
    descriptors: Sequence[int]
    environment: Mapping[str, str]
    folder: str
    ignored: Sequence[signal.Signals]
    blocked: Sequence[int]
    session: bool
    group: int  # -1: that of the server


class _Server:
    """A running fork server, as the process that uses it sees it."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._lock = threading.Lock()

    def start(
        self,
        arguments: Sequence[str],
        descriptors: Mapping[int, int],
        environment: Mapping[str, str] | None = None,
        folder: str | None = None,
        session: bool = False,
        group: int = -1,
    ) -> int:
        """Start a process; return its id. descriptors: those of this process by their number."""
        start = _Start(
            arguments,
            list(descriptors),
            dict(os.environ if environment is None else environment),
            os.fspath(folder or Path.cwd()),
            [each for each in _SIGNALS if signal.getsignal(each) == signal.SIG_IGN],
            [int(each) for each in signal.pthread_sigmask(signal.SIG_BLOCK, ())],
            session,
            group,
        )
        with self._lock:
            _adopt_orphans(True)
            try:
                sent = [pickle.dumps(start)], list(descriptors.values())
                socket.send_fds(self._channel, *sent)
                return int(self._channel.recv(_LARGEST))
            finally:
                _adopt_orphans(False)

    def spawn(self, path: bytes, args: Sequence[Any], passfds: Sequence[int]) -> int:
        """Do what `multiprocessing.util.spawnv_passfds` does."""
        given = [os.fsdecode(each) for each in args[1:]]
        return self.start(given, {each: each for each in (0, 1, 2, *passfds)})


def _adopt_orphans(adopts: bool) -> None:
    """Make orphans below this process its children, or those of init as usual."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, int(adopts), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def popen(arguments: Sequence[str | Path], **options: Any) -> "subprocess.Popen[Any]":
    """Like `subprocess.Popen([sys.executable, *arguments], ...)`, but from the fork server."""
    if SUPPORTED and not options.get("preexec_fn"):
        return Process([sys.executable, *arguments], **options)
    return fresh(arguments, **options)


def fresh(arguments: Sequence[str | Path], **options: Any) -> "subprocess.Popen[Any]":
    """Start a new interpreter, as users do."""
    return subprocess.Popen([sys.executable, *arguments], **options)


def run(arguments: Sequence[str | Path], **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run a program to completion and return its output."""
    pipe = subprocess.PIPE
    given = {"stdout": pipe, "stderr": pipe, "text": True} | options
    with popen(arguments, **given) as process:
        output, errors = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def fork_for_multiprocessing(patch: pytest.MonkeyPatch) -> None:
    """Let the fork server start the processes of multiprocessing in this process, too."""
    if SUPPORTED:
        spawn = "multiprocessing.util.spawnv_passfds"
        patch.setattr(spawn, lambda *given: _server().spawn(*given))


class Process(subprocess.Popen[Any]):
    """A process from the fork server."""

    def _execute_child(self, *args: Any) -> None:
        """Start the process; the overridden method forks and executes a program."""
        given = _EXECUTE.bind(self, *args).arguments
        used = given["p2cread"], given["c2pwrite"], given["errwrite"]
        files = {number: file if file >= 0 else number for number, file in enumerate(used)}
        self.pid = _server().start(
            [os.fspath(each) for each in given["args"][1:]],
            files | {each: each for each in given["pass_fds"]},
            given["env"],
            given["cwd"],
            given["start_new_session"],
            given["process_group"],
        )
        self._child_created = True
        pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        self._close_pipe_fds(*(given[name] for name in pipes))  # type: ignore[attr-defined]


@cache
def _server() -> _Server:
    """Return the fork server of this process, which exits with it."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        its.set_inheritable(True)
        code = f"from tests.programs import _main; _main({its.fileno()})"
        command = [sys.executable, "-c", code]
        os.posix_spawn(command[0], command, {**os.environ, "PYTHONPATH": str(_ROOT)})
    assert ours.recv(1), "the fork server has not started"
    atexit.register(ours.close)
    return _Server(ours)


# In the fork server


def _serve(channel: socket.socket) -> _Start:
    """Fork for each message; return in each new process. Exit with the process that uses it.

    A signal to a new process is blocked until the process has its own handlers.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    while True:
        message, received, _, _ = socket.recv_fds(channel, _LARGEST, 64)
        if not message:
            os._exit(0)
        here, there = socket.socketpair()
        if not (middle := os.fork()):
            if child := os.fork():
                there.send(str(child).encode())
                os._exit(0)
            there.recv(1)  # until it is the child of the process that requested it
            for each in (channel, here, there):
                each.close()
            start: _Start = pickle.loads(message)
            _enter(start, received)
            return start
        child_id = here.recv(20)
        os.waitpid(middle, 0)
        here.send(b"1")
        channel.send(child_id)
        for each in (here, there):
            each.close()
        for descriptor in received:
            os.close(descriptor)


def _enter(start: _Start, received: Sequence[int]) -> None:
    """Give this new process the state of a newly started program."""
    if start.session:
        os.setsid()
    elif start.group >= 0:
        os.setpgid(0, start.group)
    floor = 1 + max(start.descriptors)
    above = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, floor) for each in received]
    for each in received:
        os.close(each)
    for each, number in zip(above, start.descriptors, strict=True):
        os.dup2(each, number)
        os.close(each)
    if start.session and os.isatty(0):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.chdir(start.folder)
    os.environ.clear()
    os.environ.update(start.environment)
    time.tzset()
    tempfile.tempdir = None
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]  # of the environment
    for each in _SIGNALS:
        usual = signal.default_int_handler if each == signal.SIGINT else signal.SIG_DFL
        signal.signal(each, signal.SIG_IGN if each in start.ignored else usual)
    signal.pthread_sigmask(signal.SIG_SETMASK, start.blocked)
    coding = sys.stdout.encoding
    sys.stdin = open(0, encoding=coding, closefd=False)  # noqa: SIM115
    sys.stdout = open(  # noqa: SIM115
        1, "w", encoding=coding, closefd=False, buffering=1 if os.isatty(1) else -1
    )
    sys.stderr = open(  # noqa: SIM115
        2, "w", encoding=coding, errors="backslashreplace", closefd=False, buffering=1
    )


def _execute(arguments: Sequence[str]) -> None:
    """Run `python *arguments`; all options but -c and -m are those of the server."""
    at = next(at for at, each in enumerate(arguments) if each in ("-c", "-m"))
    option, program, *others = arguments[at:]
    sys.argv = [option, *others]
    if option == "-m":
        runpy.run_module(program, run_name="__main__", alter_sys=True)
        return
    sys.modules["__main__"] = module = ModuleType("__main__")
    exec(compile(program, "<string>", "exec"), module.__dict__)


def _with_server(start: _Start) -> _Start:
    """Start a fork server as a child of this process, with which it exits.

    Return the program to start, also in the new processes.
    """
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork():
        its.close()
        multiprocessing.util.spawnv_passfds = _Server(ours).spawn
        return start
    ours.close()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)
    os.close(nowhere)
    return _serve(its)


def _end(code: int) -> NoReturn:
    """Exit without running destructors."""
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except (OSError, ValueError):
        sys.exit(code)  # Python reports it, or not
    os._exit(code)


def _warm_up() -> None:
    """Do once what each process would repeat: compile templates, routes and statements."""
    patch = pytest.MonkeyPatch()
    compiled.templates_once(patch)
    compiled.builders_once(patch)
    catalogs.compile_once(patch)
    with tempfile.TemporaryDirectory() as folder:
        settings = make_site(Path(folder), {"a.md": article()})
        with Catalog(settings.database) as catalog:
            catalog.create()
            sync(catalog, settings, datetime.now(UTC))
            client = create_app(Publication(settings, catalog)).test_client()
            for path in ("/", "/articles/t", *(f"/feeds/all.{each}" for each in Format)):
                client.get(path)
    for each in gc.get_objects():  # what depends on the installed packages, among others
        if isinstance(each, _lru_cache_wrapper) and each.__module__.startswith("feedsvc."):
            each.cache_clear()


def _main(descriptor: int) -> None:
    channel = socket.socket(fileno=descriptor)
    # Paths of packages found in the current folder would be relative, but processes run in others.
    sys.path[:] = [each for each in sys.path if each]
    for name in _PRELOADED:
        with suppress(ModuleNotFoundError):  # see test_core.py
            importlib.import_module(name)
    _warm_up()
    for group in filter(re.compile(r"feedsvc\.").match, entry_points().groups):
        for plugin in plugins.installed(group):
            with suppress(ModuleNotFoundError):
                plugin.load()
    gc.freeze()
    channel.send(b"1")
    start = _serve(channel)
    if "serve" in start.arguments:
        start = _with_server(start)
    try:
        _execute(start.arguments)
    except SystemExit as ended:
        if not isinstance(ended.code, int | None):
            raise
        _end(ended.code or 0)
    _end(0)
