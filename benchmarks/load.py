"""Poll a server with wrk and return its counts; only errors are checked here."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_SCRIPT = Path(__file__).with_name("polls.lua")
# One core is for the server. With only one other core, wrk may be the bottleneck.
_THREADS = max(1, min(4, (os.cpu_count() or 1) - 1))


class Mode(StrEnum):
    """A polling mode; polls.lua describes each."""

    STEADY = "steady"
    COUNTED = "counted"
    READERS = "readers"
    STRANGERS = "strangers"


@dataclass(frozen=True, slots=True)
class Load:
    """The results of wrk. p99: seconds. statuses: count per status; empty for a steady run."""

    requests: int
    seconds: float
    bytes: int
    p99: float
    statuses: Mapping[int, int]

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


@dataclass(frozen=True, slots=True)
class Poller:
    """Polls one URL with fixed header fields."""

    url: str
    fields: Mapping[str, str]
    connections: int

    def run(self, mode: Mode, seconds: int, number: int = 0) -> Load:
        """Poll for `seconds` and return the results. number: the argument of the mode."""
        return self.start(mode, seconds, number).load()

    def start(self, mode: Mode, seconds: int, number: int) -> "Run":
        """Start polling in the background."""
        threads = _THREADS if mode is Mode.STEADY else 1  # the script counts per thread
        options = (f"-t{threads}", f"-c{self.connections}", f"-d{seconds}s", "--timeout=60s")
        fields = (f"-H{name}: {value}" for name, value in self.fields.items())
        command = ("wrk", *options, *fields, f"-s{_SCRIPT}", self.url, "--", mode, str(number))
        return Run(self.url, subprocess.Popen(command, stdout=subprocess.PIPE, text=True))


@dataclass(frozen=True, slots=True)
class Run:
    """A running wrk process."""

    url: str
    process: "subprocess.Popen[str]"

    @property
    def ended(self) -> bool:
        """Whether wrk has finished."""
        return self.process.poll() is not None

    def load(self) -> Load:
        """Wait for wrk to finish and return its results. A failed poll aborts the benchmark."""
        output, _ = self.process.communicate()
        if self.process.returncode:
            sys.exit(f"{self.url}: wrk failed: {output}")
        counted = json.loads(output.splitlines()[-1])
        if counted["errors"] or not counted["requests"]:
            sys.exit(f"{self.url}: some polls failed: {output}")
        return Load(
            requests=counted["requests"],
            seconds=counted["microseconds"] / 1e6,
            bytes=counted["bytes"],
            p99=counted["p99"] / 1e6,
            statuses={int(status): times for status, times in counted["statuses"].items()},
        )
