"""Validates feeds and sites; publishes nothing and changes nothing.

    bytes of a feed --feed--> xml --> rss | atom --grammar, vocabularies--> Problems
                                      jsonfeed --> Problems
    a site --site--> a temporary catalog --> content, settings, feed, archives --> Problems
    published feeds, and a site --published, site--> entries --against--> differences

Only `command` and `published` use the network, and only they and `site` read files.
"""
