"""Processes that start within milliseconds, as copies of one that has imported feedsvc."""

import multiprocessing

# What they are copies of has none of the threads, connections and caches of the tests.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        "feedsvc.export.command",
        "tests.catalog.test_atomicity",
        "tests.catalog.test_migrations",
        "tests.render.test_extensions",
    ]
)
