"""Start the servers to compare, each with one worker, on loopback.

These are feedsvc, nginx, Django on gunicorn, and a bare WSGI application on Granian.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from socket import socket

from benchmarks import syndication
from benchmarks.corpus import Essay
from benchmarks.wire import Answer, ask
from feedsvc.html.markup import markdown
from feedsvc.serve.worker import CONNECTIONS

_PATIENCE = 300.0  # seconds; a bound for a server that never answers
_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")

# Requirements; measurements that need a missing one are skipped.
_FOUND: Mapping[str, Callable[[], bool]] = {
    "wrk": lambda: shutil.which("wrk") is not None,
    "nginx": lambda: _nginx() is not None,
    "Django": lambda: find_spec("django") is not None,
    "gunicorn": lambda: find_spec("gunicorn") is not None,
    "/proc": lambda: (_PROC / "self/smaps_rollup").exists(),
}

# Header fields that nginx generates itself.
_NGINX_SAYS = {
    "server", "date", "content-type", "content-length", "last-modified", "etag", "connection",
}  # fmt: skip
# Header fields that Granian generates itself.
_GRANIAN_SAYS = {"server", "date"}
# As `feedsvc serve` configures it, but for the interface; see feedsvc/serve/listen.py.
_GRANIAN = (
    *("--interface", "wsgi", "--workers", "1", "--blocking-threads", "1", "--runtime-mode", "st"),
    *("--backpressure", str(CONNECTIONS), "--http", "1", "--no-ws", "--log-level", "warning"),
    *("--http1-header-read-timeout", "30000", "--http1-buffer-size", "65536"),
)
# Tuned as for production: no unnecessary system calls for an unchanged file.
_NGINX = """\
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  server_tokens off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  open_file_cache max=10;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  default_type {media_type};
  types {{ }}
  server {{
    listen 127.0.0.1:{port};
    root {folder}/root;
    max_ranges 0;
    {fields}
  }}
}}
"""


def missing(needed: Iterable[str]) -> list[str]:
    """Return the names of requirements that are not installed."""
    return [name for name in needed if not _FOUND[name]()]


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    port: int
    process: "subprocess.Popen[bytes]"

    def url(self, path: str) -> str:
        """Return the URL of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def ask(self, path: str, **fields: str) -> Answer:
        """Send one request and return the response."""
        return ask(self.port, path, **fields)

    def worked(self) -> float:
        """Return the CPU time used by all its processes so far, in seconds."""
        pids = (self.process.pid, *_children(self.process.pid))
        # proc(5): utime and stime are fields 14 and 15; the name, field 2, may hold spaces.
        stats = ((_PROC / f"{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids)
        return sum(int(stat[11]) + int(stat[12]) for stat in stats) / _TICKS

    def memory(self) -> tuple[float, float]:
        """Return the resident set size (RSS) and PSS of its only worker, in MB."""
        pids = [pid for pid in _children(self.process.pid) if not _is_tracker(pid)]
        if len(pids) != 1:
            sys.exit(f"expected one worker, found {len(pids)}")
        lines = (_PROC / f"{pids[0]}/smaps_rollup").read_text().splitlines()[1:]
        sizes = {line.split()[0]: int(line.split()[1]) * 1024 / 1e6 for line in lines}
        return sizes["Rss:"], sizes["Pss:"]


@contextmanager
def feedsvc(site: Path) -> Iterator[Server]:
    """Serve a site with feedsvc."""
    port = free_port()
    command = (sys.executable, "-m", "feedsvc", "serve", "--site", site, "--workers", "1")
    with _running((*command, "--bind", f"127.0.0.1:{port}"), port, site) as server:
        yield server


@contextmanager
def nginx(folder: Path, path: str, answer: Answer) -> Iterator[Server]:
    """Serve an answer's body as a static file, with the same header fields as far as possible."""
    program = _nginx()
    if program is None:
        raise FileNotFoundError("nginx")
    port = free_port()
    file = folder / "root" / path.lstrip("/")
    file.parent.mkdir(parents=True)
    file.write_bytes(answer.body)
    modified = parsedate_to_datetime(answer.fields["last-modified"]).timestamp()
    os.utime(file, (modified, modified))
    fields = (
        f"add_header {name} {_quoted(value)};"
        for name, value in answer.fields.items()
        if name not in _NGINX_SAYS
    )
    settings = _NGINX.format(
        folder=folder,
        port=port,
        media_type=_quoted(answer.fields["content-type"]),
        fields="\n    ".join(fields),
    )
    (folder / "nginx.conf").write_text(settings, encoding="utf-8")
    folder.chmod(0o755)  # when started as root, nginx runs its worker as nobody
    command = (program, "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf")
    with _running(command, port, folder) as server:
        yield server


@contextmanager
def constant(folder: Path, answer: Answer) -> Iterator[Server]:
    """Serve an answer, whatever is requested, with a bare WSGI application on Granian."""
    port = free_port()
    folder.mkdir()
    shutil.copy(Path(__file__).with_name("constant.py"), folder)
    status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
    fields = [each for each in answer.fields.items() if each[0] not in _GRANIAN_SAYS]
    (folder / "head.json").write_text(json.dumps([status, fields]), encoding="utf-8")
    (folder / "body").write_bytes(answer.body)
    command = (
        sys.executable,
        "-m",
        "granian",
        *_GRANIAN,
        "--port",
        str(port),
        "constant:application",
    )
    with _running(command, port, folder) as server:
        yield server


@contextmanager
def django(folder: Path, essays: Iterable[Essay]) -> Iterator[Server]:
    """Serve the same articles with Django on gunicorn."""
    port = free_port()
    module = syndication.MODULE
    folder.mkdir()
    (folder / f"{module}.py").write_text(syndication.PROJECT, encoding="utf-8")
    lines = "\n".join(json.dumps(_row(essay)) for essay in essays)
    fill = (sys.executable, "-c", f"import {module}; {module}.fill()")
    subprocess.run(fill, cwd=folder, input=lines, text=True, check=True)
    settings = syndication.SETTINGS.format(port=port)
    (folder / "gunicorn.conf.py").write_text(settings, encoding="utf-8")
    command = (sys.executable, "-m", "gunicorn", f"{module}:application")
    with _running(command, port, folder) as server:
        yield server


def _row(essay: Essay) -> dict[str, object]:
    return {
        "slug": essay.slug,
        "title": essay.title,
        "published": essay.published.isoformat(),
        "author": essay.author,
        "categories": (*essay.categories, *essay.tags),
        "summary": essay.summary,
        "html": markdown(essay.body),
    }


@contextmanager
def _running(command: Sequence[str | Path], port: int, folder: Path) -> Iterator[Server]:
    """Run a server for the duration of the block; its output goes to a file in `folder`."""
    printed = folder / "printed"
    environment = {key: value for key, value in os.environ.items() if key[:8] != "FEEDSVC_"}
    with printed.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, cwd=folder, env=environment
        )
    try:
        _await_answer(process, port, printed)
        yield Server(port, process)
    finally:
        process.terminate()
        process.wait()


def _await_answer(process: "subprocess.Popen[bytes]", port: int, printed: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            ask(port, "/")
        except OSError:
            time.sleep(0.05)
        else:
            return
    sys.exit(f"{process.args!r} did not respond: {printed.read_text(encoding='utf-8')}")


def _children(pid: int) -> list[int]:
    return [
        int(child)
        for task in (_PROC / f"{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]


def _is_tracker(pid: int) -> bool:
    """Return whether a process is multiprocessing's resource tracker."""
    return b"resource_tracker" in (_PROC / f"{pid}/cmdline").read_bytes()


def _nginx() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/local/sbin:/usr/sbin")


def free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
