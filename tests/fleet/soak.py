"""Runs a fleet under random faults and checks every response.

    python -m tests.fleet.soak [MINUTES] [SEED]

PostgreSQL, four machines and, if they are installed, Valkey or Redis for the limits and Varnish in
front, configured as in docs/caching.md. Articles are edited each second, among them drafts and
scheduled ones. The exit code is 1 if a promise was broken.
"""

import json
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.fleet.faults import Faults
from tests.fleet.fleet import Fleet


def main(minutes: float = 60, seed: int = 2026) -> int:
    """Run for some minutes and print a summary; return the exit code."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="feedsvc-soak-") as name:
        fleet = Fleet(Path(name), chance, say)
        faults = Faults(fleet, chance, say)
        try:
            fleet.start()
            end = time.monotonic() + 60 * minutes
            while time.monotonic() < end:
                time.sleep(chance.uniform(5, 25))
                faults.one()
            fleet.check_end()
        finally:
            fleet.stop()
    promises = fleet.promises
    say(
        json.dumps(
            {
                "minutes": minutes,
                "seed": seed,
                "edits": fleet.editor.edits,
                "answers": dict(promises.counts),
                "faults": dict(faults.counts),
                "takeovers, in seconds": [f"{each:.1f}" for each in sorted(faults.takeovers)],
                "latest revision, in seconds": round(promises.late, 1),
                "breaks": promises.breaks,
            },
            indent=1,
        )
    )
    return 1 if promises.breaks else 0


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # through the blocks that clean up
    minutes, seed = [*sys.argv[1:], *["60", "2026"][len(sys.argv) - 1 :]]
    sys.exit(main(float(minutes), int(seed)))
