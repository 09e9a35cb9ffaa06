"""Converts an Item to the text of an article file that can be read without Problems."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import yaml

from feedsvc import html, syntax, urls
from feedsvc.importers.clean import Cleaner, one_line
from feedsvc.importers.item import FileType, Item

# The sanitiser sees fragment links as URLs of a reserved host name (RFC 2606).
_FRAGMENT_BASE = "https://within.invalid/"
_FRAGMENT_LINK = re.compile(rf'href="{re.escape(_FRAGMENT_BASE)}(?=#)')

_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_NO_WRAPPING = 1_000_000_000  # characters


def text(
    item: Item,
    cleaner: Cleaner,
    identity: str,
    slug: str,
    language: str,
    local: Mapping[str, str],
    *,
    keep_link: bool,
) -> str:
    """Return the text of an item's file.

    cleaner: of the item; records its warnings. language: the site's, which is not repeated. local:
    the names of enclosures that are files beside the article, by URL. keep_link: write the old URL
    as the article's link.
    """
    is_updated = item.updated and item.published and item.updated > item.published
    own_language = cleaner.language()
    values = {
        "title": one_line(item.title),
        "published": _for_yaml(item.published),
        "updated": _for_yaml(item.updated) if is_updated else None,
        "id": identity,
        "slug": slug,
        "link": cleaner.url("link", item.link) if keep_link else None,
        "categories": list(cleaner.labels("category", item.categories)),
        "tags": list(cleaner.labels("tag", item.tags)),
        "authors": [
            _table(name=each.name, email=each.email, uri=each.uri)
            if each.email or each.uri
            else each.name
            for each in cleaner.authors()
        ],
        "language": own_language if own_language != language else None,
        "summary": one_line(item.summary),
        "content": "summary" if item.only_summary else None,
        "image": cleaner.url("image", item.image),
        "enclosures": [
            local.get(each.url) or _table(url=each.url, type=each.type, length=each.length)
            for each in cleaner.enclosures()
        ],
        "draft": item.draft,
    }
    episode, _ = cleaner.episode()
    front_matter = yaml.dump(
        {**_table(**values), **episode},
        Dumper=_Dumper,
        allow_unicode=True,
        default_flow_style=False,
        sort_keys=False,
        width=_NO_WRAPPING,
    )
    comments = "".join(f"# {line}\n" for line in _comments(item, keep_link))
    return f"---\n{comments}{front_matter}---\n{_body(item)}\n"


def _body(item: Item) -> str:
    if item.file_type is FileType.MARKDOWN:
        return item.body

    def resolve(url: str) -> str:
        return _FRAGMENT_BASE + url if url.startswith("#") else urls.resolve(item.base, url)

    return _FRAGMENT_LINK.sub('href="', html.sanitise(item.body, resolve).strip())


def _table(**values: object) -> dict[str, object]:
    """Return the values that are not empty."""
    return {key: value for key, value in values.items() if value}


def _for_yaml(moment: datetime | None) -> datetime | None:
    """Return a moment that YAML can represent: historical UTC offsets have seconds."""
    if moment and (moment.utcoffset() or timedelta()) % timedelta(minutes=1):
        return moment.astimezone(UTC)
    return moment


def _comments(item: Item, keep_link: bool) -> Iterator[str]:
    if item.candidates:
        days = ", ".join(f"{day:%Y-%m-%d}" for day in item.candidates)
        yield f"The text does not settle its day. These fit: {days}"
        yield "Write the right one as `published`, and remove `draft`."
    if not keep_link and syntax.is_url(item.link) and item.link.isprintable():
        yield f"Imported from {item.link}"
