"""A fleet with readers: machines, database, counters and cache."""

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from itertools import pairwise
from pathlib import Path

from tests.fleet.editor import Editor
from tests.fleet.parts import Node, Postgres, redis, varnish
from tests.fleet.promises import Cache, Machine, Promises, Reader
from tests.serving import free_port

WAIT = 120.0  # seconds until a machine must be healthy again
PATHS = (
    *("/feeds/all.rss", "/feeds/all.atom", "/feeds/all.json", "/feeds/tag/x.json"),
    *("/feeds/all.rss", "/articles/s1", "/articles/s2", "/feeds/tag/x.rss", "/feeds.opml"),
)
_PAUSE = 0.25  # seconds between the polls of a reader
_REUSE = 0.8  # of the polls use the same connection again
_LIMITS = """
[serve]
full_polls = "100000/minute"
limit_storage = "redis://127.0.0.1:{port}"
"""


class Fleet:
    """Two machines with copies of the articles, of two workers each, and two without articles.

    Each has a reader, and so has the cache, and one moves between the machines.
    """

    def __init__(self, folder: Path, chance: random.Random, say: Callable[[str], None]) -> None:
        """say: called with each broken promise."""
        self.promises = Promises(say)
        self.postgres = Postgres()
        port = free_port()
        self.redis = redis(port)
        toml = "[feeds]\nlimit = 20\nmax_age = 1\n"
        toml += _LIMITS.format(port=port) if self.redis else ""
        url = self.postgres.url
        self.writers = [Node(folder, name, url, toml, workers=2) for name in ("w1", "w2")]
        self.others = [Node(folder, name, url, toml, writes=False) for name in ("n1", "n2")]
        self.nodes = [*self.writers, *self.others]
        self.editor = Editor([node.site for node in self.writers], chance)
        machines: list[Machine] = [*self.nodes]
        self.cache = Cache("varnish", free_port(), machines=machines)
        self.varnish = varnish(folder, self.cache.port, [node.port for node in self.nodes])
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start editing and polling."""
        self.wait_until_healthy()
        self.editor.start()
        for node in self.nodes:
            self._read(Reader(node.name, deltas=node in self.others), [node])
        self._read(Reader("roaming"), self.cache.machines)
        if self.varnish:
            self.cache.disturb()  # it may have just started to listen
            self._read(Reader("behind"), [self.cache])
            self._read(Reader("behind, with deltas", deltas=True), [self.cache])

    def wait_until_healthy(self) -> None:
        """Wait until every machine responds and is ready again."""
        for node in self.nodes:
            end = time.monotonic() + WAIT
            while not self._is_healthy(node):
                if node.process.poll() is not None:  # as systemd does
                    node.start()
                if time.monotonic() > end:
                    self.promises.fail(f"{node.name}: was not healthy again after {WAIT:.0f} s")
                    break
                node.disturb()
                time.sleep(0.3)

    def await_title(self, node: Node, title: str) -> bool:
        """Wait until a machine serves a title; return False if it never does."""
        end = time.monotonic() + WAIT
        while title not in self._get(node, "/feeds/all.json")[1]:
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
        return True

    def check_end(self) -> None:
        """Check that all machines agree after the last edit, and that the history has no gaps."""
        self.editor.stopping.set()
        self.editor.join()
        self.editor.mark("The end")
        self.wait_until_healthy()
        for node in self.nodes:
            if not self.await_title(node, "The end"):
                self.promises.fail(f"{node.name}: never served the last edit")
        rows = self.postgres.rows("SELECT number, instant FROM revision ORDER BY number")
        self.promises.counts["revisions"] = len(rows)
        if [number for number, _ in rows] != list(range(1, len(rows) + 1)):
            self.promises.fail("the numbers of the revisions have a gap")
        instants = [instant for _, instant in rows]
        if any(later <= earlier for earlier, later in pairwise(instants)):
            self.promises.fail("the instants of the revisions do not grow")
        for node in self.nodes:
            log = node.log.read_text(errors="replace")
            if "Traceback" in log:
                at = log.index("Traceback")
                self.promises.fail(f"{node.name}: {log[max(0, at - 300) : at + 2000]}")

    def stop(self) -> None:
        """Stop everything."""
        self._stopping.set()
        time.sleep(2 * _PAUSE)
        for daemon in (self.varnish, self.redis):
            if daemon:
                daemon.kill()
        for node in self.nodes:
            node.close()
        self.postgres.stop()

    def _read(self, reader: Reader, machines: list[Machine]) -> None:
        threading.Thread(target=self._poll, args=[reader, machines], daemon=True).start()

    def _poll(self, reader: Reader, machines: list[Machine]) -> None:
        chance = random.Random(reader.name)
        machine = machines[0]
        connection = HTTPConnection("127.0.0.1", machine.port, timeout=30)
        while not self._stopping.wait(_PAUSE):
            if chance.random() > _REUSE:  # another worker may accept the next one
                connection.close()
                machine = chance.choice(machines)
                connection = HTTPConnection("127.0.0.1", machine.port, timeout=30)
            self.promises.poll(reader, machine, chance.choice(PATHS), connection)
        connection.close()

    def _is_healthy(self, node: Node) -> bool:
        return self._get(node, "/healthz")[0] == 200

    def _get(self, node: Node, path: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", node.port, timeout=5)
        with suppress(OSError, HTTPException):
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        connection.close()
        return 0, ""
