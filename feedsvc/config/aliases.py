"""Wildcards in the setting `aliases`, and the usual feed addresses of other programs."""

from collections.abc import Mapping
from typing import Annotated

from feedsvc.config.tables import Rule, quoted
from feedsvc.model import FeedRef, Format, Kind
from feedsvc.urls import WILDCARD, OldAddress

OF_TREE = "generator"  # in old_feeds, stands for the generator of the content folder

# Paths and the feeds that they stand for. A wildcard is a term as the program spells it in URLs. If
# a path matches several lines, the first feed that exists is used.
_USUAL: Mapping[str, tuple[tuple[str, str], ...]] = {
    "hugo": (
        ("/index.xml", "all.rss"),
        ("/tags/*/index.xml", "tag/*.rss"),
        ("/categories/*/index.xml", "category/*.rss"),
        ("/*/index.xml", "section/*.rss"),
        ("/posts/index.xml", "all.rss"),
        ("/post/index.xml", "all.rss"),
        ("/blog/index.xml", "all.rss"),
    ),
    "jekyll": (
        ("/feed.xml", "all.atom"),
        ("/atom.xml", "all.atom"),
        ("/feed/by_tag/*.xml", "tag/*.atom"),
        ("/feed/*.xml", "category/*.atom"),
    ),
    "pelican": (
        ("/feeds/all.atom.xml", "all.atom"),
        ("/feeds/all-*.atom.xml", "language/*.atom"),
        ("/feeds/*.atom.xml", "category/*.atom"),
        ("/feeds/*.atom.xml", "author/*.atom"),
        ("/feeds/*.rss.xml", "author/*.rss"),
    ),
    "eleventy": (
        ("/feed.xml", "all.atom"),
        ("/feed/feed.xml", "all.atom"),
        ("/feed.json", "all.json"),
        ("/feed/feed.json", "all.json"),
    ),
    "astro": (("/rss.xml", "all.rss"),),
    "wordpress": (
        ("/feed/", "all.rss"),
        ("/feed/rss2/", "all.rss"),
        ("/feed/atom/", "all.atom"),
        ("/category/*/feed/", "category/*.rss"),
        ("/tag/*/feed/", "tag/*.rss"),
        ("/author/*/feed/", "author/*.rss"),
    ),
    "ghost": (
        ("/rss/", "all.rss"),
        ("/tag/*/rss/", "tag/*.rss"),
        ("/author/*/rss/", "author/*.rss"),
    ),
}
PROGRAMS = tuple(_USUAL)


def _program(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in (OF_TREE, *PROGRAMS):
            known = ", ".join((OF_TREE, *PROGRAMS))
            raise ValueError(f"has {quoted(name)}, which is not known; write some of {known}")
    return names


OldFeeds = Annotated[
    tuple[str, ...], Rule('a list of programs, like ["wordpress"]; [] for none', _program)
]


def usual(programs: tuple[str, ...], tree: str) -> tuple[OldAddress, ...]:
    """Return the usual addresses of programs. tree: the generator of the content folder."""
    names = dict.fromkeys(tree if name == OF_TREE else name for name in programs)
    return tuple(
        OldAddress(path, FeedRef.of(key), Format(format))
        for name in names
        for path, target in _USUAL.get(name, ())
        for key, _, format in [target.rpartition(".")]
    )


def wildcard_fault(path: str, target: FeedRef) -> str | None:
    """Return how the wildcards of an alias are wrong, as the end of a sentence; else None."""
    in_path, in_term = path.count(WILDCARD), target.term.count(WILDCARD)
    if not in_path and target.term != WILDCARD:
        return None
    if in_path == 1 and target.term == WILDCARD and target.kind not in (Kind.ALL, Kind.NAMED):
        return None
    return (
        f"has {in_path} * in its path and {in_term} in its feed; write one in each, in place of "
        'the term, like "/tags/*/index.xml" = "tag/*.rss"'
    )
