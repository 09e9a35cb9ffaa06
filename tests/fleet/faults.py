"""Faults of a fleet."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial

from tests.fleet.fleet import Fleet
from tests.fleet.parts import Daemon, Node
from tests.fleet.promises import Machine

_SECOND_LOSS = 6.0  # seconds in which another loss of a worker ends the machine


class Faults:
    """Random faults. counts: how often each happened.

    takeovers: seconds from the loss of each writer until another machine serves a later edit.
    """

    def __init__(self, fleet: Fleet, chance: random.Random, say: Callable[[str], None]) -> None:
        self.counts: Counter[str] = Counter()
        self.takeovers: list[float] = []
        self._fleet, self._chance, self._say = fleet, chance, say

    def one(self) -> None:
        """Cause a random fault, and undo it."""
        fleet, node = self._fleet, self._chance.choice(self._fleet.nodes)
        faults: dict[str, tuple[Sequence[Machine], Callable[[], None]]] = {
            "machine killed": ([node], lambda: self._kill(node)),
            "worker killed": ([node], lambda: self._kill_worker(node)),
            "machine restarted": ([node], lambda: self._restart(node)),
            "workers replaced": ([node], lambda: node.process.send_signal(signal.SIGHUP)),
            "machine cut off": ([node], lambda: self._cut(node)),
            "machine frozen": ([node], lambda: self._freeze(node)),
            "database restarted": (fleet.nodes, fleet.postgres.restart),
            "database killed": (fleet.nodes, fleet.postgres.kill),
        }
        name = fleet.postgres.writer()
        for writer in (each for each in fleet.writers if each.name == name):
            for how in ("killed", "frozen", "cut off"):
                faults[f"writer {how}"] = ([writer], partial(self._lose_writer, writer, how))
        if fleet.redis:
            faults["counters killed"] = ([], partial(self._kill_daemon, fleet.redis))
        if fleet.varnish:
            faults["cache killed"] = ([fleet.cache], partial(self._kill_cache, fleet.varnish))
        name = self._chance.choice(list(faults))
        machines, happen = faults[name]
        self._say(f"{time.strftime('%H:%M:%S')} {name} {' '.join(each.name for each in machines)}")
        self.counts[name] += 1
        with ExitStack() as stack:
            for machine in machines:
                stack.enter_context(machine.disturbing())
            happen()
            fleet.wait_until_healthy()

    def _kill(self, node: Node) -> None:
        node.kill()
        time.sleep(self._chance.uniform(0, 3))
        node.start()

    def _kill_worker(self, node: Node) -> None:
        node.kill_worker()
        time.sleep(_SECOND_LOSS)

    def _restart(self, node: Node) -> None:
        node.process.terminate()
        node.process.wait(60)
        node.start()

    def _cut(self, node: Node) -> None:
        node.proxy.is_open.clear()
        time.sleep(self._chance.uniform(2, 12))
        node.proxy.is_open.set()

    def _freeze(self, node: Node) -> None:
        node.signal(signal.SIGSTOP)
        time.sleep(self._chance.uniform(1, 8))
        node.signal(signal.SIGCONT)

    def _kill_daemon(self, daemon: Daemon) -> None:
        daemon.kill()
        time.sleep(self._chance.uniform(0, 3))
        daemon.start()

    def _kill_cache(self, varnish: Daemon) -> None:
        self._kill_daemon(varnish)
        self._fleet.cache.started = time.monotonic()

    def _lose_writer(self, writer: Node, how: str) -> None:
        """Stop the writer; another one must publish later edits."""
        fleet = self._fleet
        if how == "killed":
            writer.kill()
        elif how == "frozen":
            writer.signal(signal.SIGSTOP)
        else:
            writer.proxy.is_open.clear()
        started = time.monotonic()
        title = f"After {started:.3f}"
        fleet.editor.mark(title)
        if not fleet.await_title(fleet.others[0], title):
            fleet.promises.fail(f"no machine wrote after {writer.name} was {how}")
        self.takeovers.append(time.monotonic() - started)
        time.sleep(self._chance.uniform(0, 5))
        if how == "killed":
            writer.start()
        elif how == "frozen":
            writer.signal(signal.SIGCONT)
        else:
            writer.proxy.is_open.set()
