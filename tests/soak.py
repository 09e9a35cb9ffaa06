"""The effort of long tests: little by default, much more under `make soak`."""

import os

SOAK = bool(os.environ.get("FEEDSVC_SOAK"))


def examples(count: int) -> int:
    """Return the number of examples of a property test, given the usual number."""
    return 30 * count if SOAK else count
