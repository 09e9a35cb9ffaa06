"""The settings `moved`, `retired` and `aliases`: feeds that are no longer where they were.

A feed leads to another in one step, and to one that exists.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple
from urllib.parse import unquote

import msgspec

from feedsvc import syntax, urls
from feedsvc.config.tables import Table, shown
from feedsvc.model import MAX_PATH, MAX_TERM, FeedRef, Format, Kind, excess

_FORM = "write it as in its URL: tag/<term>, category/<term>, author/<term>, language/<code>"
_ANOTHER = "name another feed"


class Moves(NamedTuple):
    """moved: the new keys of feeds by the old ones. retired: keys. aliases: the feed that a
    decoded path leads to.
    """

    moved: Mapping[str, str]
    retired: tuple[str, ...]
    aliases: Mapping[str, tuple[FeedRef, Format]]


def read(table: Table, custom: Collection[str]) -> Moves:
    """Read the three settings. custom: the names of the custom feeds. Raises SettingsError."""
    retired = table.only("retired").to(_Retired).retired
    given = table.table("moved")
    reader = _Reader(custom, given.texts(), retired)
    for key in retired:
        reader.check_source(table, "retired", key)
    for key in reader.moved:
        reader.check_source(given, key, key)
        reader.check_move(given, key)
    return Moves(reader.moved, retired, reader.aliases(table.table("aliases")))


class _Retired(msgspec.Struct, frozen=True):
    retired: tuple[str, ...] = ()


class _Reader(NamedTuple):
    """What the checks of all three settings know."""

    custom: Collection[str]
    moved: Mapping[str, str]
    retired: Collection[str]

    def check_source(self, table: Table, place: str, key: str) -> None:
        """Refuse a feed that cannot leave. place: the setting that is wrong then."""
        if _feed(table, place, key).kind is Kind.ALL:
            table.fail(place, "the feed of the whole site, all, stays; remove it here")
        if key in self.custom:
            table.fail(
                place, f"{shown(key)} is defined in [feeds.{key}]; remove one of the two settings"
            )

    def check_target(self, table: Table, place: str, key: str) -> FeedRef:
        """Return the feed that a setting leads to; refuse one that cannot exist."""
        ref = _feed(table, place, key)
        if ref.kind is Kind.NAMED and key not in self.custom:
            said = f"{shown(key)} is not a feed; define it in [feeds.{key}]"
            table.fail(place, f"{said}, or {_ANOTHER}")
        return ref

    def check_move(self, table: Table, key: str) -> None:
        """Refuse a move of a retired feed, or to anything but a feed that stays."""
        target = self.moved[key]
        said = f"{shown(key)} is moved to {shown(target)}"
        if key in self.retired:
            table.fail(key, f"{shown(key)} is moved and retired; remove one of the two settings")
        if target in self.retired:
            table.fail(key, f"{said}, which is retired; {_ANOTHER}")
        path = [key]
        while (last := path[-1]) in self.moved:
            if (following := self.moved[last]) in path:
                said = f"{shown(key)} is moved in a circle, to {shown(following)}"
                table.fail(key, f"{said}; {_ANOTHER}")
            path.append(following)
        if last != target:
            table.fail(key, f"{said}, which is moved; write {shown(last)}")
        self.check_target(table, key, target)

    def aliases(self, table: Table) -> dict[str, tuple[FeedRef, Format]]:
        """Return the table `[aliases]` by decoded path."""
        found: dict[str, tuple[FeedRef, Format]] = {}
        for written, target in table.texts().items():
            path = unquote(written)
            _check_path(table, written)
            if path in found:
                table.fail(written, f"{shown(written)} is there twice; remove one of the two")
            found[path] = self._alias(table, written, target)
        return found

    def _alias(self, table: Table, written: str, target: str) -> tuple[FeedRef, Format]:
        key, _, ending = target.rpartition(".")
        if ending not in set(Format):
            table.fail(written, f'{shown(target)} has no format; write it like "all.rss"')
        ref = self.check_target(table, written, key)
        if key in self.moved:
            there = shown(f"{self.moved[key]}.{ending}")
            table.fail(written, f"{shown(key)} is moved; write {there}")
        if key in self.retired:
            table.fail(written, f"{shown(key)} is retired; {_ANOTHER}")
        return ref, Format(ending)


def _feed(table: Table, place: str, key: str) -> FeedRef:
    """Return the feed of a key. place: the setting that is wrong if there is none."""
    ref = urls.parse_key(key) if syntax.is_line(key) else None
    if ref is None:
        table.fail(place, f"{shown(key)} is not a feed; {_FORM}")
    if over := excess(ref.term, MAX_TERM):
        table.fail(place, f"{shown(key)} cannot be a feed, as its term {over}; {_ANOTHER}")
    return ref


def _check_path(table: Table, written: str) -> None:
    """Refuse what no client can ask for, and what is answered here already."""
    from feedsvc.routes import is_own  # processes that read articles start without werkzeug

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
            f"{shown(written)} is not a path; write one that begins with one / and has no ? or #, "
            'and no dots alone between two /, like "/rss.xml"',
        )
    if over := excess(path, MAX_PATH):
        table.fail(written, f"the path {shown(written)} {over}; remove it")
    if is_own(path):
        table.fail(
            written,
            f"{shown(written)} is a path of this program's own; remove it, or lead a feed "
            "elsewhere with [moved]",
        )
