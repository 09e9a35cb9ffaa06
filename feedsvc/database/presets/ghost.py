"""The posts of Ghost."""

from dataclasses import replace

from feedsvc.database.columns import as_text
from feedsvc.database.options import Options
from feedsvc.database.query import Values
from feedsvc.errors import SettingsError
from feedsvc.importers import ghost
from feedsvc.importers.item import Hints, Item, Origin, ParseResult
from feedsvc.importers.records import Record


def check(options: Options) -> None:
    """Raise SettingsError if the URL of the site is missing."""
    if not options.site:
        raise SettingsError('Ghost\'s database does not have its URL; add site = "https://..."')


def item(origin: Origin, row: Values, common: list[Values], hints: Hints) -> ParseResult:
    """Return the item of a post; see `feedsvc import` for what is left out."""
    settings = {each["name"]: each["value"] for each in common}
    post = {
        name: as_text(name, value)
        for name, value in row.items()
        if name not in ("authors", "tags", "public", "changed")
    }
    related = ghost.Related(
        tuple(each["name"] for each in row["authors"]),
        tuple(each["name"] for each in row["tags"] if not each["name"].startswith("#")),
        settings.get("locale") or settings.get("lang") or "",
    )
    found = ghost.post(origin, Record(post), related, replace(hints, pages=True))
    # Without a warning for every post that the id in Ghost's feed is not an IRI.
    return replace(found, id="") if isinstance(found, Item) else found
