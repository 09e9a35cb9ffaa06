"""What the settings say of feeds that are no longer where they were: moved, retired, aliases.

Reads those three keys, and checks that nobody is led in a circle, twice, or to where nothing is.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from feedsvc import urls
from feedsvc.config.tables import Table, is_fit, shown
from feedsvc.model import MAX_PATH, MAX_TERM, FeedRef, Format, Kind, excess


@dataclass(frozen=True, slots=True)
class Moves:
    """What went where. moved: the new keys of feeds by the old ones. retired: keys. aliases: the
    feed that a decoded path leads to.
    """

    moved: Mapping[str, str] = field(default_factory=dict)
    retired: tuple[str, ...] = ()
    aliases: Mapping[str, tuple[FeedRef, Format]] = field(default_factory=dict)


def read(table: Table, custom: Collection[str]) -> Moves:
    """Read the three keys. custom: the names of the custom feeds. Raises SettingsError."""
    retired = table.texts("retired", ())
    for key in retired:
        _check_source(table, "retired", key, custom)
    given = table.table("moved")
    moved = {key: given.text(key) for key in given.values}
    for key, target in moved.items():
        _check_source(given, key, key, custom)
        _check_move(given, key, moved, retired)
        _check_target(given, key, target, custom)
    return Moves(moved, retired, _aliases(table.table("aliases"), custom, moved, retired))


def _check_source(table: Table, place: str, key: str, custom: Collection[str]) -> None:
    """Refuse a feed that cannot leave. place: the setting that is wrong then."""
    _require_feed(table, place, key)
    if key == Kind.ALL:
        table.fail(place, "the feed of the whole site, all, stays; remove it here")
    if key in custom:
        table.fail(
            place, f"{shown(key)} is defined in [feeds.{key}]; remove one of the two settings"
        )


def _check_move(table: Table, key: str, moved: Mapping[str, str], retired: Collection[str]) -> None:
    target = moved[key]
    if key in retired:
        table.fail(key, f"{shown(key)} is moved and retired; remove one of the two settings")
    if target in retired:
        table.fail(key, f"{shown(key)} is moved to {shown(target)}, which is retired; {_ANOTHER}")
    path = [key]
    while (last := path[-1]) in moved:
        if moved[last] in path:
            message = f"{shown(key)} is moved in a circle, to {shown(moved[last])}; {_ANOTHER}"
            table.fail(key, message)
        path.append(moved[last])
    if last != target:
        table.fail(
            key, f"{shown(key)} is moved to {shown(target)}, which is moved; write {shown(last)}"
        )


def _check_target(table: Table, place: str, key: str, custom: Collection[str]) -> FeedRef:
    """Return the feed that somebody is led to; refuse one that there cannot be."""
    ref = _require_feed(table, place, key)
    if ref.kind is Kind.NAMED and key not in custom:
        table.fail(place, f"{shown(key)} is no feed; define it in [feeds.{key}], or {_ANOTHER}")
    return ref


def _aliases(
    table: Table,
    custom: Collection[str],
    moved: Mapping[str, str],
    retired: Collection[str],
) -> dict[str, tuple[FeedRef, Format]]:
    found: dict[str, tuple[FeedRef, Format]] = {}
    for written in table.values:
        path = unquote(written)
        if not _is_path(written):
            table.fail(
                written,
                f"{shown(written)} is no path; write one that begins with one / and has no ? or #, "
                'and no dots alone between two /, like "/rss.xml"',
            )
        if over := excess(path, MAX_PATH):
            table.fail(written, f"the path {shown(written)} {over}; remove it")
        if urls.is_own(path):
            table.fail(
                written,
                f"{shown(written)} is a path of this program's own; remove it, or lead a feed "
                "elsewhere with [moved]",
            )
        if path in found:
            table.fail(written, f"{shown(written)} is there twice; remove one of the two")
        found[path] = _alias(table, written, custom, moved, retired)
    return found


def _alias(
    table: Table,
    written: str,
    custom: Collection[str],
    moved: Mapping[str, str],
    retired: Collection[str],
) -> tuple[FeedRef, Format]:
    key, _, ending = table.text(written).rpartition(".")
    if ending not in set(Format):
        table.fail(written, f'{shown(table.text(written))} has no format; write it like "all.rss"')
    ref = _check_target(table, written, key, custom)
    if key in moved:
        message = f"{shown(key)} is moved; write {shown(f'{moved[key]}.{ending}')}"
        table.fail(written, message)
    if key in retired:
        table.fail(written, f"{shown(key)} is retired; {_ANOTHER}")
    return ref, Format(ending)


def _require_feed(table: Table, place: str, key: str) -> FeedRef:
    """Return the feed of a key; refuse a key that no feed can have."""
    ref = urls.parse_key(key) if is_fit(key) else None
    if ref is None:
        table.fail(place, f"{shown(key)} is no feed; {_FORM}")
    if over := excess(ref.term, MAX_TERM):
        table.fail(place, f"{shown(key)} cannot be a feed, as its term {over}; {_ANOTHER}")
    return ref


def _is_path(written: str) -> bool:
    """Tell whether a client can ask for it."""
    segments = unquote(written).split("/")
    return (
        written.startswith("/")
        and not written.startswith("//")
        and not set(written) & set("?#")
        and is_fit(unquote(written))
        and all(urls.is_addressable(each) for each in segments if each)
    )


_FORM = "write it as in its URL: tag/<term>, category/<term>, author/<term>, language/<code>"
_ANOTHER = "name another feed"
