"""Compare the articles that feedsvc publishes with the feeds that a site's own generator wrote.

    python -m benchmarks.sites SITE FEED ...

SITE is a folder with a feedsvc.toml. Each FEED is an RSS, Atom or JSON feed that the generator
wrote with all articles, not only the newest. The site is synced into an empty catalog; the program
prints the row of the table in docs/sites.md, then each kind of problem with its number, and, with
--differences N, up to N entries of each difference.
"""

import argparse
import json
import re
import tempfile
from calendar import timegm
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import feedparser
from dateutil.parser import isoparse

import feedsvc
from feedsvc import Entry
from feedsvc.errors import Problem

_TAG = re.compile(r"<[^>]*>")
_TYPOGRAPHIC = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
_QUOTED = re.compile(r"`[^`]*`|\"[^\"]*\"|'[^']*'|[0-9]+")


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a feed. dates: when it was published and updated, in UTC and whole seconds.

    The first of them is None if the feed does not say when the entry was published.
    """

    id: str
    link: str
    title: str
    dates: tuple[datetime | None, datetime | None] = (None, None)

    @property
    def date(self) -> datetime | None:
        """When it was published or, if the feed does not say, updated."""
        return self.dates[0] or self.dates[1]

    def same_date(self, other: "Item") -> bool:
        """Whether this item of a generator's feed has the dates of the published item `other`."""
        return self.date == other.date if self.dates[0] else self.date in other.dates


def items(path: Path) -> Iterator[Item]:
    """Yield the entries of an RSS, Atom or JSON feed.

    An entry without an id has its link as the id, as readers assume. Hugo lists pages without a
    date with the year 1; they are not articles.
    """
    source = path.read_bytes()
    if source.lstrip().startswith(b"{"):
        found = map(_json_item, json.loads(source)["items"])
    else:
        found = map(_xml_item, feedparser.parse(source, sanitize_html=False).entries)
    for item in found:
        if item.date is None or item.date.year > 1:
            yield item


def _xml_item(entry: Any) -> Item:
    link = entry.get("link", "")
    # feedparser's own `get` returns the published date if there is no `updated_parsed`.
    moments = [dict.get(entry, name) for name in ("published_parsed", "updated_parsed")]
    dates = [datetime.fromtimestamp(timegm(moment), UTC) if moment else None for moment in moments]
    title = plain(entry.get("title", ""))
    return Item(entry.get("id") or link, link, title, (dates[0], dates[1]))


def _json_item(item: dict[str, Any]) -> Item:
    texts = (item.get("date_published"), item.get("date_modified"))
    dates = [_seconds(isoparse(text)) if text else None for text in texts]
    title = plain(item.get("title", ""))
    return Item(str(item["id"]), item.get("url", ""), title, (dates[0], dates[1]))


def _seconds(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def plain(title: str) -> str:
    """Return a title without markup, typographic quotes and dashes, and repeated spaces.

    Feeds of Jekyll contain titles with typographic quotes that their pages do not have.
    """
    text = unescape(_TAG.sub("", title)).translate(_TYPOGRAPHIC)
    return " ".join(re.sub("-{2,3}", "-", text).replace("…", "...").split())


def published(site: feedsvc.Site) -> list[Item]:
    """Return what feedsvc publishes."""
    return [_item(each) for each in site.articles()]


def _item(entry: Entry) -> Item:
    updated = _seconds(entry.updated) if entry.updated else None
    dates = (_seconds(entry.published), updated)
    return Item(entry.id, entry.link, plain(entry.title or ""), dates)


def _last(item: Item) -> str:
    return item.link.rstrip("/").rpartition("/")[2].removesuffix(".html")


# What makes two items the same article, the surest first.
_SAME: Sequence[Callable[[Item], Hashable]] = (
    lambda item: item.id,
    lambda item: item.link,
    lambda item: (item.title, item.date),
    lambda item: (item.title, _last(item)),
    lambda item: (item.date, _last(item)),
    lambda item: item.title,
    _last,
)


def pair(theirs: Iterable[Item], ours: Iterable[Item]) -> list[tuple[Item | None, Item | None]]:
    """Pair the items of two feeds that are the same article; None where one feed lacks it."""
    pairs: list[tuple[Item | None, Item | None]] = []
    left, right = list(theirs), list(ours)
    for key in _SAME:
        waiting: dict[Hashable, list[Item]] = {}
        for item in right:
            waiting.setdefault(key(item), []).append(item)
        rest = []
        for item in left:
            found = waiting.get(key(item))
            if found:
                pairs.append((item, found.pop(0)))
            else:
                rest.append(item)
        left, right = rest, [item for items in waiting.values() for item in items]
    return [*pairs, *((item, None) for item in left), *((None, item) for item in right)]


def kinds(problems: Iterable[Problem]) -> Counter[str]:
    """Count problems by code and message, without the words that they quote."""
    return Counter(
        f"{each.severity} [{each.code}] {_QUOTED.sub('…', each.message)}" for each in problems
    )


def main() -> None:
    """Sync a site, compare it with the feeds, and print the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("site", type=Path, help="a folder with a feedsvc.toml")
    parser.add_argument("feeds", type=Path, nargs="+", help="feeds written by the generator")
    parser.add_argument("--differences", type=int, default=0, metavar="N", help="show N of each")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environ = {"FEEDSVC_DATABASE": f"sqlite:///{folder}/catalog.db"}
        with feedsvc.Site.open(args.site, environ) as site:
            report = site.sync()
            ours = published(site)
    theirs = {item.id: item for path in args.feeds for item in items(path)}
    pairs = pair(theirs.values(), ours)
    both = [(one, other) for one, other in pairs if one and other]
    equal = {
        "ids": sum(one.id == other.id for one, other in both),
        "links": sum(one.link == other.link for one, other in both),
        "dates": sum(one.same_date(other) for one, other in both),
        "titles": sum(one.title == other.title for one, other in both),
    }
    print(
        f"{len(theirs)} articles in the generator's feed; feedsvc published {len(ours)} of "
        f"{report.files} files; "
        + ", ".join(f"{name} {number}" for name, number in equal.items())
        + f"; only in the generator's feed {len(theirs) - len(both)}, only in feedsvc "
        f"{len(ours) - len(both)}; problems {len(report.problems)}"
    )
    for kind, number in kinds(report.problems).most_common():
        print(f"{number:6} {kind}")
    if args.differences:
        for line in differences(pairs, args.differences):
            print(line)


def differences(pairs: Iterable[tuple[Item | None, Item | None]], limit: int) -> Iterator[str]:
    """Yield lines that describe differences, up to `limit` of each kind."""
    shown: Counter[str] = Counter()
    for theirs, ours in pairs:
        for kind, one, other in _differences(theirs, ours):
            shown[kind] += 1
            if shown[kind] <= limit:
                yield f"{kind}: {one}  /  {other}"


def _differences(theirs: Item | None, ours: Item | None) -> Iterator[tuple[str, object, object]]:
    if theirs is None or ours is None:
        yield "missing", theirs, ours
        return
    if not theirs.same_date(ours):
        yield "date", theirs.date, ours.date
    for kind in ("id", "link", "title"):
        one, other = getattr(theirs, kind), getattr(ours, kind)
        if one != other:
            yield kind, one, other


if __name__ == "__main__":
    main()
