"""Sources of articles; knows neither the database nor feeds.

protocol.py defines what a source is, and site.py combines the sources of a site. The content folder
is one of them: folder.py, using scan.py (lists files), frontmatter.py (parses a file), article.py
(makes an Article of it) and pinning.py (writes its id into it).
"""

from feedsvc.sources.article import ArticleReader
from feedsvc.sources.folder import ContentFolder
from feedsvc.sources.pinning import Pinner
from feedsvc.sources.protocol import ArticleSource, Listing, Reading
from feedsvc.sources.scan import scan
from feedsvc.sources.site import Sources
from feedsvc.sources.trees import load, start

__all__ = [
    "ArticleReader",
    "ArticleSource",
    "ContentFolder",
    "Listing",
    "Pinner",
    "Reading",
    "Sources",
    "load",
    "scan",
    "start",
]
