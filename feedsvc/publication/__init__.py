"""What a site publishes: feeds as documents, cached by revision, and the contents of pages.

`entries` renders an article as an entry of one feed; `documents` assembles feeds; `summaries` has
the contents of lists and pages.
"""

from feedsvc.publication.documents import Publication
from feedsvc.publication.summaries import ArticlePage, FeedSummary, Health, Neighbour

__all__ = ["ArticlePage", "FeedSummary", "Health", "Neighbour", "Publication"]
