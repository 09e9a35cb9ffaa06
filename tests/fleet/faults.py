"""What may happen to a fleet."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable

from tests.fleet.fleet import Fleet
from tests.fleet.parts import Daemon, Node


class Faults:
    """Random faults. counts: how often each happened.

    takeovers: seconds from the loss of each writer until another machine shows a later edit.
    """

    def __init__(self, fleet: Fleet, chance: random.Random, say: Callable[[str], None]) -> None:
        self.counts: Counter[str] = Counter()
        self.takeovers: list[float] = []
        self._fleet, self._chance, self._say = fleet, chance, say

    def one(self) -> None:
        """Let something happen, and undo it."""
        fleet, node = self._fleet, self._chance.choice(self._fleet.nodes)
        faults: dict[str, Callable[[], None]] = {
            "machine killed": lambda: self._kill(node),
            "worker killed": node.kill_worker,
            "machine restarted": lambda: self._restart(node),
            "workers replaced": lambda: node.process.send_signal(signal.SIGHUP),
            "machine cut off": lambda: self._cut(node),
            "machine frozen": lambda: self._freeze(node),
            "writer killed": lambda: self._lose_writer("killed"),
            "writer frozen": lambda: self._lose_writer("frozen"),
            "writer cut off": lambda: self._lose_writer("cut off"),
            "database restarted": lambda: self._lose_database(fleet.postgres.restart),
            "database killed": lambda: self._lose_database(fleet.postgres.kill),
        }
        if fleet.redis:
            faults["counters killed"] = lambda: self._kill_daemon(fleet.redis)
        if fleet.varnish:
            faults["cache killed"] = self._kill_cache
        name = self._chance.choice(list(faults))
        self._say(f"{time.strftime('%H:%M:%S')} {name} {node.name}")
        self.counts[name] += 1
        if name.startswith(("machine", "worker")):
            node.disturb()
        faults[name]()
        if name.startswith(("machine", "worker")):
            node.disturb()
        fleet.await_well()

    def _kill(self, node: Node) -> None:
        node.kill()
        time.sleep(self._chance.uniform(0, 3))
        node.start()

    def _restart(self, node: Node) -> None:
        node.process.terminate()
        node.process.wait(60)
        node.start()

    def _cut(self, node: Node) -> None:
        node.proxy.is_open.clear()
        self._last(node, self._chance.uniform(2, 12))
        node.proxy.is_open.set()

    def _freeze(self, node: Node) -> None:
        node.signal(signal.SIGSTOP)
        self._last(node, self._chance.uniform(1, 8))
        node.signal(signal.SIGCONT)

    def _last(self, node: Node, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            node.disturb()
            time.sleep(0.2)

    def _lose_database(self, fault: Callable[[], None]) -> None:
        for node in self._fleet.nodes:
            node.disturb()
        fault()
        for node in self._fleet.nodes:
            node.disturb()

    def _kill_daemon(self, daemon: Daemon | None) -> None:
        if daemon:
            daemon.kill()
            time.sleep(self._chance.uniform(0, 3))
            daemon.start()

    def _kill_cache(self) -> None:
        cache = self._fleet.cache
        cache.disturb()
        self._kill_daemon(self._fleet.varnish)
        cache.disturb()
        cache.started = time.monotonic()

    def _lose_writer(self, how: str) -> None:
        """Take the writer away; another one has to publish what is saved from then on."""
        fleet = self._fleet
        name = fleet.postgres.writer()
        writer = next((node for node in fleet.writers if node.name == name), None)
        if writer is None:
            return
        writer.disturb()
        if how == "killed":
            writer.kill()
        elif how == "frozen":
            writer.signal(signal.SIGSTOP)
        else:
            writer.proxy.is_open.clear()
        started = time.monotonic()
        title = f"After {started:.3f}"
        fleet.editor.mark(title)
        if not fleet.await_title(fleet.others[0], title, writer.disturb):
            fleet.promises.fail(f"nobody wrote after {name} was {how}")
        self.takeovers.append(time.monotonic() - started)
        self._last(writer, self._chance.uniform(0, 5))
        if how == "killed":
            writer.start()
        elif how == "frozen":
            writer.signal(signal.SIGCONT)
        else:
            writer.proxy.is_open.set()
        writer.disturb()
