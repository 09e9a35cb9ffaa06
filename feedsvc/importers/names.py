"""Ids and slugs of imported items."""

import unicodedata
import uuid

from feedsvc import html, syntax, urls
from feedsvc.importers.item import Item
from feedsvc.model import MAX_ID, excess

_MAX_SLUG = 120  # bytes; file systems allow 255 in a name
_DEFAULT_SLUG = "article"


def identity(item: Item) -> tuple[str, bool]:
    """Return an item's id, and False if it replaces an unusable id of the source.

    A replacement or missing id is a UUID that is the same on every import.
    """
    is_safe = html.xml_safe(item.id) == item.id
    if syntax.is_iri(item.id) and is_safe and not excess(item.id, MAX_ID):
        return item.id, True
    minted = uuid.uuid5(uuid.NAMESPACE_URL, item.seed.encode("utf-8", "replace").decode())
    return minted.urn, not item.id


def slug(item: Item) -> str:
    """Return a slug that is also a valid file name, from the source's slug or the title."""
    return _slug(item.slug) or _slug(item.title) or _DEFAULT_SLUG


def _slug(text: str) -> str:
    folded = urls.term(html.xml_safe(text))
    words = "".join(char if _is_allowed(char) else "-" for char in folded)
    short = "-".join(filter(None, words.split("-"))).encode()[:_MAX_SLUG].decode(errors="ignore")
    return urls.term(short.strip("-._"))


def _is_allowed(char: str) -> bool:
    return char.isalnum() or char in "._" or unicodedata.category(char)[0] == "M"
