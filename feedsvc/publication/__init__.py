"""Feeds as documents, cached by revision: what everything that shows the site asks.

`entries` renders an article as one feed carries it; `documents` puts a feed together.
"""

from feedsvc.publication.documents import ArticlePage, FeedSummary, Health, Publication

__all__ = ["ArticlePage", "FeedSummary", "Health", "Publication"]
