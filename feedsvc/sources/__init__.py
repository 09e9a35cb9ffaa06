"""Where articles come from; knows no database and no feed.

protocol.py says what a source is, site.py holds all sources of a site. The content folder is a
source, too: folder.py, out of scan.py (which files there are), frontmatter.py (a file taken apart),
article.py (an Article made of it) and pinning.py (an id written into it).
"""

from feedsvc.sources.article import ArticleReader
from feedsvc.sources.folder import ContentFolder
from feedsvc.sources.pinning import Pinner
from feedsvc.sources.protocol import ArticleSource, Listing, Reading
from feedsvc.sources.scan import scan, shown_path
from feedsvc.sources.site import Sources
from feedsvc.sources.trees import load

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
    "shown_path",
]
