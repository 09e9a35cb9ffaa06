"""Ids and slugs for items: ids as readers know them, slugs that any file system can hold."""

import unicodedata
import uuid

from feedsvc import html, syntax, urls
from feedsvc.importers.item import Item
from feedsvc.model import MAX_ID, excess

_LONGEST = 120  # bytes; file names may have 255
_NAMELESS = "article"


def identity(item: Item) -> tuple[str, bool]:
    """Return an item's id, and whether it is the one that readers know.

    What cannot be an id here becomes one that is the same at every import.
    """
    is_safe = html.xml_safe(item.id) == item.id
    if syntax.is_iri(item.id) and is_safe and not excess(item.id, MAX_ID):
        return item.id, True
    minted = uuid.uuid5(uuid.NAMESPACE_URL, item.seed.encode("utf-8", "replace").decode())
    return minted.urn, not item.id


def slug(item: Item) -> str:
    """Return a slug for an item: what its source calls it, else the words of its title."""
    return _slug(item.slug) or _slug(item.title) or _NAMELESS


def numbered(slug: str, number: int) -> str:
    """Return the slug of the second and later articles that would have the same one."""
    return slug if number == 1 else f"{slug}-{number}"


def _slug(text: str) -> str:
    folded = urls.term(html.xml_safe(text))
    words = "".join(each if _is_fit(each) else "-" for each in folded)
    short = "-".join(filter(None, words.split("-"))).encode()[:_LONGEST].decode(errors="ignore")
    return urls.term(short.strip("-._"))


def _is_fit(character: str) -> bool:
    """Tell whether a character may stand in a file's name: letters, their marks, digits."""
    return character.isalnum() or character in "._" or unicodedata.category(character)[0] == "M"
