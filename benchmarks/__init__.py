"""How fast feedsvc is and how much memory it takes, on a corpus that is the same everywhere.

corpus.py writes a site, work.py does one piece of work on it in a process of its own, bench.py
runs them all and shows the figures beside what we hold ourselves to. polls.py serves the site and
measures what polls cost, beside nginx and Django; peers.py starts the servers, load.py polls them.
"""
