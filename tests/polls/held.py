"""`python -m tests.polls.held` runs feedsvc with a compression that a test can hold up.

It creates the file that the environment variable HELD names, and waits until this is deleted.
"""

import os
import time
from pathlib import Path

import tests.quick  # noqa: F401 - its short pauses
from feedsvc.cli import main
from feedsvc.http import representation

_FILE = Path(os.environ["HELD"])
_encode = representation.encode


def _encode_late(body: bytes, coding: str) -> bytes:
    if coding == "br":
        _FILE.touch()
        while _FILE.exists():
            time.sleep(0.01)
    return _encode(body, coding)


representation.encode = _encode_late

if __name__ == "__main__":
    main(prog_name="feedsvc")
