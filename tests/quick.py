"""Runs feedsvc with short pauses: `python -m tests.quick` instead of `python -m feedsvc`.

Processes that it starts through multiprocessing import this module as well.
"""

from feedsvc.cli import follow, main, serve
from feedsvc.serve import watch, writer

follow._INTERVAL = 0.05  # seconds
serve._PATIENCE = 1.0
watch._RETRY_INTERVAL = 0.1
watch._TICK_INTERVAL = 0.1
writer._CLOCK_INTERVAL = 50  # milliseconds
writer._RETRY_INTERVAL = 0.1
writer._SETTLE = 10

if __name__ == "__main__":
    main(prog_name="feedsvc")
