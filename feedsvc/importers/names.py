"""Ids and slugs of imported items."""

import unicodedata
import uuid
from collections.abc import Mapping

from feedsvc import html, syntax, urls
from feedsvc.errors import Problem
from feedsvc.importers.item import Item, Refused
from feedsvc.model import MAX_ID, excess

_MAX_SLUG = 120  # bytes; file systems allow 255 in a name
_DEFAULT_SLUG = "article"


def identity(item: Item | Refused) -> tuple[str, bool]:
    """Return an item's id, and whether readers that know the item recognise it.

    A replacement or missing id is a UUID that is the same on every import. An episode keeps its
    guid, too; see `guid`.
    """
    is_safe = html.xml_safe(item.id) == item.id
    if syntax.is_iri(item.id) and is_safe and not excess(item.id, MAX_ID):
        return item.id, True
    is_episode = isinstance(item, Item) and bool(item.episode)
    return _minted(item.seed), not item.id or is_episode


def unique_identity(item: Item, others: Mapping[str, Item]) -> tuple[str, tuple[Problem, ...]]:
    """Return an item's id, and a warning if readers will not recognise it.

    others: items by their ids. If one of them is another article with the same id, this one gets an
    id that is derived from what distinguishes them, and is the same on every import.
    """
    own, is_known = identity(item)
    other = others.get(own)
    if other and not _is_same(item, other):
        minted = _minted("\n".join([own, item.link or f"{item.title}\n{item.published}"]))
        message = (
            f"has the id {own[:60]!r} of {other.origin.place}, {other.title[:60]!r}, which keeps "
            f"it; {item.title[:60]!r} became {minted}: give each its own id"
        )
        return minted, (item.origin.warning("duplicate-id", message),)
    if is_known:
        return own, ()
    message = (
        f"has the id {item.id[:60]!r}, which is not an IRI or is too long; it became {own}, so "
        "feed readers will show the article as new"
    )
    return own, (item.origin.warning("new-id", message),)


def guid(item: Item) -> str:
    """Return the guid of a podcast episode if it cannot serve as its id, else ''.

    Podcast clients read RSS, in which any text may be a guid.
    """
    identified, _ = identity(item)
    return " ".join(html.xml_safe(item.id).split()) if identified != item.id else ""


def _minted(seed: str) -> str:
    """Return a UUID that is the same on every import."""
    return uuid.uuid5(uuid.NAMESPACE_URL, seed.encode("utf-8", "replace").decode()).urn


def _is_same(item: Item, other: Item) -> bool:
    """Return whether two items with the same id are the same article, perhaps with another text.

    Two articles with one id differ in their links, and in their titles or dates.
    """
    if item.link and item.link == other.link:
        return True
    return (item.title, item.published) == (other.title, other.published)


def slug(item: Item) -> str:
    """Return a slug that is also a valid file name, from the source's slug or the title."""
    return _slug(item.slug) or _slug(item.title) or _DEFAULT_SLUG


def _slug(text: str) -> str:
    folded = urls.term(html.xml_safe(text))
    words = "".join(
        char if char.isalnum() or char in "._" or unicodedata.category(char)[0] == "M" else "-"
        for char in folded
    )
    short = "-".join(filter(None, words.split("-"))).encode()[:_MAX_SLUG].decode(errors="ignore")
    return urls.term(short.strip("-._"))
