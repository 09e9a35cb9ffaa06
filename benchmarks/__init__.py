"""Benchmarks of feedsvc's speed and memory use, on a reproducible corpus.

corpus.py writes a site, work.py performs one task on it in a separate process, and bench.py runs
all tasks and compares the results with their targets. polls.py serves the site and measures the
cost of polls, compared with nginx and Django; peers.py starts the servers, load.py polls them.
build.py compares static builds with Hugo and Pelican, which generators.py runs. stalled.py measures
polls during stalled downloads. push.py measures deliveries to subscribers, with the processes of
deliveries.py and sink.py. judged.py compares `feedsvc check` with the W3C feed validator.
"""
