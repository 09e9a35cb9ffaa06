"""Files become Articles and Problems here; knows no database and no feed.

scan.py finds the files, frontmatter.py takes one apart, article.py makes an Article of it.
"""

from feedsvc.sources.article import ArticleReader, Reading
from feedsvc.sources.scan import Scan, SourceFile, scan

__all__ = ["ArticleReader", "Reading", "Scan", "SourceFile", "scan"]
