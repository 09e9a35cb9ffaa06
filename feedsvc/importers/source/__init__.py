"""Feeds as sources of articles (`[[sources]] type = "jsonfeed"`, `"atom"` or `"rss"`).

    documents --feeds, jsonfeed--> Item --collect--> Found --article--> Article

A feed that a site generator writes describes its articles exactly: ids, URLs, dates, terms and
texts are published unchanged.
"""
