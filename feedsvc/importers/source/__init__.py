"""Feeds as sources of articles (`[[sources]] type = "jsonfeed"`, `"atom"` or `"rss"`).

    documents --feeds, jsonfeed--> Item --collect--> Found --article--> Article

A feed that a site generator writes says exactly what its articles are: id, URL, dates, terms and
text are published as they are.
"""
