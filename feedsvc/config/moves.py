"""The settings `moved`, `retired` and `aliases`: redirects of feeds, and feeds that are gone.

Every redirect leads in one step to a feed that exists.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple
from urllib.parse import unquote

import msgspec

from feedsvc import syntax, urls
from feedsvc.config.aliases import wildcard_fault
from feedsvc.config.tables import Table, quoted
from feedsvc.model import MAX_PATH, MAX_TERM, FeedRef, Format, Kind, excess
from feedsvc.urls import WILDCARD, OldAddress

_FORM = (
    "write it as in its URL: tag/<term>, category/<term>, author/<term>, language/<code>, "
    "section/<folder>"
)
_ANOTHER = "name another feed"


class Moves(NamedTuple):
    """The three settings. moved: maps old keys of feeds to new keys. retired: keys of feeds.

    aliases: maps decoded paths to feeds. wildcard_aliases: the aliases with a wildcard.
    """

    moved: Mapping[str, str]
    retired: tuple[str, ...]
    aliases: Mapping[str, tuple[FeedRef, Format]]
    wildcard_aliases: tuple[OldAddress, ...]


def read(table: Table, custom: Collection[str]) -> Moves:
    """Read the three settings. custom: the names of the custom feeds. Raises SettingsError."""
    retired = table.only("retired").to(_Retired).retired
    moved = table.table("moved")
    checks = _Validator(custom, moved.texts(), retired)
    for key in retired:
        checks.check_source(table, "retired", key)
    for key in checks.moved:
        checks.check_source(moved, key, key)
        checks.check_move(moved, key)
    aliases = checks.aliases(table.table("aliases"))
    exact = {path: target for path, target in aliases.items() if WILDCARD not in path}
    wildcard_aliases = (OldAddress(path, *to) for path, to in aliases.items() if WILDCARD in path)
    return Moves(checks.moved, retired, exact, tuple(wildcard_aliases))


class _Retired(msgspec.Struct, frozen=True):
    retired: tuple[str, ...] = ()


class _Validator(NamedTuple):
    """Validates the three settings against each other."""

    custom: Collection[str]
    moved: Mapping[str, str]
    retired: Collection[str]

    def check_source(self, table: Table, place: str, key: str) -> None:
        """Refuse a feed that cannot be moved or retired. place: the setting to blame."""
        if _feed(table, place, key).kind is Kind.ALL:
            table.fail(place, "the feed of the whole site, all, stays; remove it here")
        if key in self.custom:
            table.fail(
                place, f"{quoted(key)} is defined in [feeds.{key}]; remove one of the two settings"
            )

    def check_target(self, table: Table, place: str, key: str) -> FeedRef:
        """Return the target of a setting; refuse one that cannot exist."""
        ref = _feed(table, place, key)
        if ref.kind is Kind.NAMED and key not in self.custom:
            message = f"{quoted(key)} is not a feed; define it in [feeds.{key}], or {_ANOTHER}"
            table.fail(place, message)
        return ref

    def check_move(self, table: Table, key: str) -> None:
        """Refuse a move of a retired feed, or to a feed that is moved or retired."""
        target = self.moved[key]
        move = f"{quoted(key)} is moved to {quoted(target)}"
        if key in self.retired:
            table.fail(key, f"{quoted(key)} is moved and retired; remove one of the two settings")
        if target in self.retired:
            table.fail(key, f"{move}, which is retired; {_ANOTHER}")
        path = [key]
        while (last := path[-1]) in self.moved:
            if (following := self.moved[last]) in path:
                circle = f"{quoted(key)} is moved in a circle, to {quoted(following)}"
                table.fail(key, f"{circle}; {_ANOTHER}")
            path.append(following)
        if last != target:
            table.fail(key, f"{move}, which is moved; write {quoted(last)}")
        self.check_target(table, key, target)

    def aliases(self, table: Table) -> dict[str, tuple[FeedRef, Format]]:
        """Return the table `[aliases]` by decoded path."""
        aliases: dict[str, tuple[FeedRef, Format]] = {}
        for alias, target in table.texts().items():
            path = unquote(alias)
            _check_path(table, alias)
            if path in aliases:
                table.fail(alias, f"{quoted(alias)} is there twice; remove one of the two")
            key, _, ending = target.rpartition(".")
            if ending not in set(Format):
                table.fail(alias, f'{quoted(target)} has no format; write it like "all.rss"')
            aliases[path] = self.check_target(table, alias, key), Format(ending)
            if fault := wildcard_fault(path, aliases[path][0]):
                table.fail(alias, f"{quoted(alias)} {fault}")
            if key in self.moved:
                new = quoted(f"{self.moved[key]}.{ending}")
                table.fail(alias, f"{quoted(key)} is moved; write {new}")
            if key in self.retired:
                table.fail(alias, f"{quoted(key)} is retired; {_ANOTHER}")
        return aliases


def _feed(table: Table, place: str, key: str) -> FeedRef:
    """Return the feed of a key. place: the setting to blame if there is none."""
    ref = urls.parse_key(key) if syntax.is_line(key) else None
    if ref is None:
        table.fail(place, f"{quoted(key)} is not a feed; {_FORM}")
    if over := excess(ref.term, MAX_TERM):
        table.fail(place, f"{quoted(key)} cannot be a feed, as its term {over}; {_ANOTHER}")
    return ref


def _check_path(table: Table, written: str) -> None:
    """Refuse a path that no client can request, and one of the program's own routes."""
    from feedsvc.routes import is_own  # deferred: processes that read articles need no werkzeug

    path = unquote(written)
    if (
        not written.startswith("/")
        or written.startswith("//")
        or set(written) & set("?#")
        or not syntax.is_line(path)
        or not all(urls.is_addressable(each) for each in path.split("/") if each)
    ):
        table.fail(
            written,
            f"{quoted(written)} is not a path; write one that starts with one / and has no ? or #, "
            'and no segment of dots alone, like "/rss.xml"',
        )
    if over := excess(path, MAX_PATH):
        table.fail(written, f"the path {quoted(written)} {over}; remove it")
    if is_own(path):
        table.fail(
            written,
            f"{quoted(written)} is one of feedsvc's own paths; remove it, or redirect a feed with "
            "[moved]",
        )
