"""Polls a server with wrk, and returns what wrk counted; judges only its errors."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_SCRIPT = Path(__file__).with_name("polls.lua")
# One core is the server's. Where one other is all there is, wrk may be the slower of the two.
_THREADS = max(1, min(4, (os.cpu_count() or 1) - 1))


class Mode(StrEnum):
    """How it is polled; polls.lua says what each does."""

    STEADY = "steady"
    COUNTED = "counted"
    READERS = "readers"
    STRANGERS = "strangers"


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk counted. p99: seconds. statuses: how often each came; empty in a steady run."""

    requests: int
    seconds: float
    bytes: int
    p99: float
    statuses: Mapping[int, int]

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


@dataclass(frozen=True, slots=True)
class Poller:
    """Polls one URL with the same header fields."""

    url: str
    fields: Mapping[str, str]
    connections: int

    def run(self, mode: Mode, seconds: int, number: int = 0) -> Load:
        """Poll for so long. number: what the mode makes of it."""
        return self.start(mode, seconds, number).load()

    def start(self, mode: Mode, seconds: int, number: int) -> "Run":
        """Begin to poll."""
        threads = _THREADS if mode is Mode.STEADY else 1  # the script counts in one
        options = (f"-t{threads}", f"-c{self.connections}", f"-d{seconds}s", "--timeout=60s")
        fields = (f"-H{name}: {value}" for name, value in self.fields.items())
        command = ("wrk", *options, *fields, f"-s{_SCRIPT}", self.url, "--", mode, str(number))
        return Run(self.url, subprocess.Popen(command, stdout=subprocess.PIPE, text=True))


@dataclass(frozen=True, slots=True)
class Run:
    """A wrk that is polling."""

    url: str
    process: "subprocess.Popen[str]"

    @property
    def ended(self) -> bool:
        """Whether it has polled for as long as it should."""
        return self.process.poll() is not None

    def load(self) -> Load:
        """Wait for the end; return what it counted. A poll that failed ends the benchmark."""
        output, _ = self.process.communicate()
        if self.process.returncode:
            sys.exit(f"{self.url}: wrk failed: {output}")
        counted = json.loads(output.splitlines()[-1])
        if counted["errors"] or not counted["requests"]:
            sys.exit(f"{self.url}: not every poll was answered as it should: {output}")
        return Load(
            requests=counted["requests"],
            seconds=counted["microseconds"] / 1e6,
            bytes=counted["bytes"],
            p99=counted["p99"] / 1e6,
            statuses={int(status): times for status, times in counted["statuses"].items()},
        )
