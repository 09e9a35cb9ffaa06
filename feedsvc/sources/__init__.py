"""Files become Articles and Problems here; knows no database and no feed.

scan.py finds the files, frontmatter.py takes one apart, article.py makes an Article of it,
pinning.py writes an article's id into its file.
"""

from feedsvc.sources.article import ArticleReader, Reading
from feedsvc.sources.pinning import Pinner
from feedsvc.sources.scan import Scan, SourceFile, scan, shown_path
from feedsvc.sources.trees import load

__all__ = ["ArticleReader", "Pinner", "Reading", "Scan", "SourceFile", "load", "scan", "shown_path"]
