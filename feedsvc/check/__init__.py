"""Validates feeds, and a site before its readers do; publishes nothing and fix nothing.

    bytes of a feed --feed--> xml --grammar--> rss | atom --> Problems
                                               jsonfeed --> Problems
    a site --site--> a catalog of its own --> content, settings, feed, archives --> Problems

Only `fetch` asks the network, and only `site` reads files.
"""
