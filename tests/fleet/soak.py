"""Runs a fleet under random faults and checks every answer.

    python -m tests.fleet.soak [MINUTES] [SEED]

Two machines with copies of the articles, of which one writes, and two without them; PostgreSQL;
and, if they are installed, Valkey or Redis for the limits and Varnish in front. Articles are edited
each second; drafts and scheduled ones are among them. The exit code is 1 if a promise was broken.
"""

import json
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path

from tests.fleet.parts import Daemon, Node, Postgres, redis, varnish
from tests.fleet.promises import SECRET, Machine, Promises
from tests.serving import free_port
from tests.sites import article

ARTICLES = 40
TAKEOVER = 10.0  # seconds
PATIENCE = 120.0  # seconds until a machine must be well again
PATHS = (
    *("/feeds/all.rss", "/feeds/all.atom", "/feeds/all.json", "/feeds/tag/x.json"),
    *("/feeds/all.rss", "/articles/s1", "/articles/s2", "/feeds/tag/x.rss"),
)
_PAUSE = 0.25  # seconds between the polls of a machine


class Editor(threading.Thread):
    """Edits the copies of the articles on all machines that write, about once a second."""

    def __init__(self, sites: list[Path], chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.stopping = threading.Event()
        self.edits = 0
        self._sites, self._chance = sites, chance
        for number in range(ARTICLES):
            self._write(number, f"First {number}")

    def run(self) -> None:
        while not self.stopping.wait(self._chance.uniform(0.6, 1.4)):
            self.edit()

    def edit(self) -> None:
        self.edits += 1
        number = self._chance.randrange(ARTICLES)
        kind = self._chance.choice(["edit", "edit", "edit", "draft", "due", "delete"])
        if kind == "edit":
            self._write(number, f"Edit {self.edits}")
        elif kind == "draft":
            self._write(number, f"{SECRET} {self.edits}", draft=True)
        elif kind == "due":
            due = int(time.time()) + self._chance.randrange(3, 20)
            self._write(number, f"DUE-{due}", published=datetime.fromtimestamp(due, UTC))
        else:
            for site in self._sites:
                (site / "content" / f"{number}.md").unlink(missing_ok=True)

    def mark(self, title: str) -> None:
        """Give an article that is always published, and the newest, this title."""
        self._write(ARTICLES, title, datetime(2026, 11, 1, tzinfo=UTC))

    def _write(
        self, number: int, title: str, published: datetime | None = None, draft: bool = False
    ) -> None:
        date = published or datetime(2022, 1, 1 + number % 28, tzinfo=UTC)
        tags = ["x"] if number % 2 else []
        text = article(title, date.isoformat(), slug=f"s{number}", tags=tags, draft=draft)
        for site in self._sites:
            temporary = site / f"new-{number}"
            temporary.write_text(text, encoding="utf-8")
            temporary.rename(site / "content" / f"{number}.md")


class Fleet:
    """The parts, the pollers and the faults."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.promises = Promises()
        self.chance = chance
        self.postgres = Postgres()
        port = free_port()
        self.redis = redis(port)
        limits = (
            f'[serve]\nfull_polls = "100000/minute"\nlimit_storage = "redis://127.0.0.1:{port}"'
        )
        toml = "[feeds]\nlimit = 20\nmax_age = 1\n" + (limits if self.redis else "")
        url = self.postgres.url
        self.writers = [Node(folder, name, url, toml, True) for name in ("w1", "w2")]
        self.editor = Editor([node.site for node in self.writers], chance)
        self.nodes = [
            *self.writers,
            *(Node(folder, name, url, toml, False) for name in ("n1", "n2")),
        ]
        front = free_port()
        self.varnish = varnish(folder, front, self.nodes)
        self.cache = Machine("varnish", front, is_cache=True)
        self.takeovers: list[float] = []
        self.faults: dict[str, int] = {}
        self._stopping = threading.Event()

    def targets(self) -> list[Machine]:
        return [*self.nodes, *([self.cache] if self.varnish else [])]

    def poll(self, machine: Machine) -> None:
        connection = HTTPConnection("127.0.0.1", machine.port, timeout=30)
        chance = random.Random(machine.name)
        while not self._stopping.wait(_PAUSE):
            self.promises.poll(machine, chance.choice(PATHS), connection)
        connection.close()

    def start(self) -> None:
        self.await_well()
        self.editor.start()
        for machine in self.targets():
            machine.disturb()
            threading.Thread(target=self.poll, args=[machine], daemon=True).start()

    def await_well(self) -> None:
        """Wait until every machine answers and is ready again."""
        for node in self.nodes:
            end = time.monotonic() + PATIENCE
            while not self.is_well(node):
                if node.process.poll() is not None:  # as systemd does
                    node.start()
                if time.monotonic() > end:
                    self.promises.fail(f"{node.name}: was not well again after {PATIENCE:.0f} s")
                    break
                node.disturb()
                time.sleep(0.3)

    def is_well(self, node: Node) -> bool:
        connection = HTTPConnection("127.0.0.1", node.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def disturb_all(self) -> None:
        for machine in self.targets():
            machine.disturb()

    def fault(self) -> None:
        """Do something bad, and undo it."""
        node = self.chance.choice(self.nodes)
        faults: dict[str, Callable[[], None]] = {
            "machine killed": lambda: self._restart(node),
            "worker killed": node.kill_worker,
            "machine restarted": lambda: self._terminate(node),
            "workers replaced": lambda: node.process.send_signal(signal.SIGHUP),
            "writer killed": lambda: self._lose_writer("killed"),
            "writer frozen": lambda: self._lose_writer("frozen"),
            "writer cut off": lambda: self._lose_writer("cut off"),
            "machine cut off": lambda: self._cut(node),
            "database restarted": lambda: self._database(self.postgres.restart),
            "database killed": lambda: self._database(self.postgres.kill),
            "counters killed": lambda: self._daemon(self.redis),
            "cache killed": lambda: self._daemon(self.varnish),
        }
        name = self.chance.choice(list(faults))
        say(f"{time.strftime('%H:%M:%S')} {name}")
        self.faults[name] = self.faults.get(name, 0) + 1
        node.disturb()
        self.cache.disturb()  # it learns from a failed request that a machine has gone
        faults[name]()
        node.disturb()
        self.cache.disturb()
        self.await_well()

    def _restart(self, node: Node) -> None:
        node.kill()
        time.sleep(self.chance.uniform(0, 3))
        node.start()

    def _terminate(self, node: Node) -> None:
        node.process.terminate()
        node.process.wait(60)
        node.start()

    def _cut(self, node: Node) -> None:
        node.proxy.is_open.clear()
        end = time.monotonic() + self.chance.uniform(2, 12)
        while time.monotonic() < end:
            node.disturb()
            time.sleep(0.5)
        node.proxy.is_open.set()

    def _database(self, fault: Callable[[], None]) -> None:
        self.disturb_all()
        fault()
        self.disturb_all()

    def _daemon(self, daemon: Daemon | None) -> None:
        if daemon:
            self.cache.disturb()
            daemon.kill()
            time.sleep(self.chance.uniform(0, 3))
            daemon.start()

    def _lose_writer(self, how: str) -> None:
        """Take the writer away; another one has to publish what is saved from then on."""
        name = self.postgres.writer()
        writer = next((node for node in self.writers if node.name == name), None)
        if writer is None:
            return
        if how == "killed":
            writer.kill()
        elif how == "frozen":
            writer.signal(signal.SIGSTOP)
        else:
            writer.proxy.is_open.clear()
        started = time.monotonic()
        title = f"After {started:.3f}"
        self.editor.mark(title)
        other = next(node for node in self.nodes if node.name.startswith("n"))
        while not self._shows(other, title):
            writer.disturb()
            if time.monotonic() > started + PATIENCE:
                self.promises.fail(f"nobody wrote after {name} was {how}")
                break
            time.sleep(0.1)
        self.takeovers.append(time.monotonic() - started)
        time.sleep(self.chance.uniform(0, 5))
        writer.disturb()
        if how == "killed":
            writer.start()
        elif how == "frozen":
            writer.signal(signal.SIGCONT)
        else:
            writer.proxy.is_open.set()

    def _shows(self, node: Node, title: str) -> bool:
        connection = HTTPConnection("127.0.0.1", node.port, timeout=10)
        try:
            connection.request("GET", "/feeds/all.json")
            return title in connection.getresponse().read().decode()
        except OSError:
            return False
        finally:
            connection.close()

    def check_end(self) -> None:
        """See that all machines agree once nothing happens, and that the history is whole."""
        self.editor.stopping.set()
        self.editor.join()
        self.editor.mark("The end")
        self.await_well()
        for node in self.nodes:
            end = time.monotonic() + PATIENCE
            while not self._shows(node, "The end"):
                if time.monotonic() > end:
                    self.promises.fail(f"{node.name}: never showed the last edit")
                    break
                time.sleep(0.2)
        rows = self.postgres.rows("SELECT number, instant FROM revision ORDER BY number")
        self.promises.counts["revisions"] = len(rows)
        if [number for number, _ in rows] != list(range(1, len(rows) + 1)):
            self.promises.fail("the numbers of the revisions have a gap")
        instants = [instant for _, instant in rows]
        if any(later <= earlier for earlier, later in pairwise(instants)):
            self.promises.fail("the instants of the revisions do not grow")

    def stop(self) -> None:
        self._stopping.set()
        time.sleep(2 * _PAUSE)
        for daemon in (self.varnish, self.redis):
            if daemon:
                daemon.kill()
        for node in self.nodes:
            node.close()
        self.postgres.stop()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(minutes: float = 60, seed: float = 2026) -> int:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="feedsvc-soak-") as name:
        fleet = Fleet(Path(name), chance)
        try:
            fleet.start()
            end = time.monotonic() + 60 * minutes
            while time.monotonic() < end:
                time.sleep(chance.uniform(5, 25))
                fleet.fault()
            fleet.check_end()
        finally:
            fleet.stop()
        logs = {node.name: node.log.read_text(errors="replace") for node in fleet.nodes}
    for node_name, log in logs.items():
        if "Traceback" in log:
            at = log.index("Traceback")
            fleet.promises.fail(f"{node_name}: {log[max(0, at - 300) : at + 2000]}")
    late = [f"{each:.1f}" for each in sorted(fleet.takeovers)]
    say(
        json.dumps(
            {
                "minutes": minutes,
                "edits": fleet.editor.edits,
                "answers": dict(fleet.promises.counts),
                "faults": fleet.faults,
                "takeovers, in seconds": late,
                "breaks": fleet.promises.breaks,
            },
            indent=1,
        )
    )
    return 1 if fleet.promises.breaks else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # through the blocks that clean up
    sys.exit(main(*map(float, sys.argv[1:2]), *map(int, sys.argv[2:3])))
