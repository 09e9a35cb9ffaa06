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
_COMPRESS = representation._COMPRESS["br"]


def _compress(body: bytes) -> bytes:
    _FILE.touch()
    while _FILE.exists():
        time.sleep(0.01)
    return _COMPRESS(body)


representation._COMPRESS["br"] = _compress

if __name__ == "__main__":
    main(prog_name="feedsvc")
