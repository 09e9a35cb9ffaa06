"""Compares the entries that feedsvc would publish with those published so far. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from feedsvc import dates
from feedsvc.check.finding import quoted, words
from feedsvc.check.published import Entry, Published, place

_EXAMPLES = 3  # of each list, in text
_Pair = tuple[Entry, Entry]
_Value = Callable[[Entry], str]


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that differs. link: of the new entry. old: None if there was no such value."""

    link: str
    old: str | None
    new: str


@dataclass(frozen=True, slots=True)
class Aspect:
    """A comparison of one value of the entries."""

    compared: int
    differ: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result. Entries are identified by their new link, and in `missing` by the old one.

    aspects: by the name of the compared value, in the plural. missing: the links of old entries
    that are not published any more. added: entries from the time of the old feeds that are not in
    them. newer, older: entries from after and before that time. window: all entries in the feed.
    new: those that subscribers would see as new.
    """

    aspects: dict[str, Aspect]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    newer: tuple[str, ...]
    older: tuple[str, ...]
    window: tuple[str, ...]
    new: tuple[str, ...]


def compare(old: Published, new: Sequence[Entry], window: int) -> Comparison:
    """Compare with all new entries, newest first. window: how many of them are in the feed.

    An entry of the feed is new to subscribers if no old one has its id, unless it is older than all
    old ones, or newer. Without old entries, links are compared instead.
    """
    pairs = match(old.entries.values(), new)
    matched = {each.id for pair in pairs for each in pair}
    rest = [entry for entry in new if entry.id not in matched]
    newer, older, added = _by_time(rest, old.entries.values())
    links = list(_differ(pairs, lambda entry: entry.link, place))
    unlisted = [entry for entry in rest if old.links and place(entry.link) not in old.links]
    links += [Difference(entry.link, None, entry.link) for entry in unlisted]
    aspects = {"links": Aspect(len(new) if old.links else len(pairs), tuple(links))}
    unknown = unlisted
    if old.entries:
        unknown = [*added, *(entry for _, entry in pairs if entry.id not in old.entries)]
        aspects = {
            "ids": _aspect(pairs, lambda entry: entry.id, str),
            **aspects,
            "dates": _aspect(pairs, _date, str),
            "titles": _aspect(pairs, lambda entry: entry.title, words),
        }
    new_ids = {entry.id for entry in unknown}
    return Comparison(
        aspects,
        tuple(each.link or each.id for each in old.entries.values() if each.id not in matched),
        _links(added),
        _links(newer),
        _links(older),
        _links(new[:window]),
        _links(entry for entry in new[:window] if entry.id in new_ids),
    )


def _by_time(
    rest: Iterable[Entry], old: Iterable[Entry]
) -> tuple[list[Entry], list[Entry], list[Entry]]:
    """Divide entries into those after, before and from the time of the old ones."""
    times = [entry.published for entry in old if entry.published]
    newer: list[Entry] = []
    older: list[Entry] = []
    added: list[Entry] = []
    for entry in rest if times else ():
        is_newer = entry.published and entry.published > max(times)
        is_older = entry.published and entry.published < min(times)
        (newer if is_newer else older if is_older else added).append(entry)
    return newer, older, added


def _links(entries: Iterable[Entry]) -> tuple[str, ...]:
    return tuple(entry.link for entry in entries)


def match(old: Iterable[Entry], new: Iterable[Entry]) -> list[_Pair]:
    """Return pairs of entries that are the same article: by id, link, title and day, or title.

    A value that several entries share identifies none of them.
    """
    olds, news = {entry.id: entry for entry in old}, {entry.id: entry for entry in new}
    pairs: list[_Pair] = []
    for key in _KEYS:
        by_old, by_new = _unique(olds.values(), key), _unique(news.values(), key)
        for value in by_old.keys() & by_new.keys():
            pairs.append((olds.pop(by_old[value].id), news.pop(by_new[value].id)))
    return pairs


def _unique(entries: Iterable[Entry], key: _Value) -> dict[str, Entry]:
    found = [(key(entry), entry) for entry in entries]
    counts = Counter(value for value, _ in found)
    return {value: entry for value, entry in found if value and counts[value] == 1}


def _date(entry: Entry) -> str:
    return dates.rfc3339(entry.published) if entry.published else ""


_KEYS: tuple[_Value, ...] = (
    lambda entry: entry.id,
    lambda entry: place(entry.link) if entry.link else "",
    lambda entry: f"{words(entry.title)} {entry.published.date()}" if entry.published else "",
    lambda entry: words(entry.title),
)


def _aspect(pairs: Iterable[_Pair], value: _Value, normal: Callable[[str], str]) -> Aspect:
    """Compare a value that both entries of a pair have. normal: returns the part to compare."""
    both = [pair for pair in pairs if value(pair[0]) and value(pair[1])]
    return Aspect(len(both), tuple(_differ(both, value, normal)))


def _differ(
    pairs: Iterable[_Pair], value: _Value, normal: Callable[[str], str]
) -> Iterator[Difference]:
    for old, new in sorted(pairs, key=lambda pair: pair[1].link):
        if normal(value(old)) != normal(value(new)):
            yield Difference(new.link, value(old), value(new))


def as_lines(found: Comparison) -> Iterator[str]:
    """Yield the lines of a report for people."""
    for name, aspect in found.aspects.items():
        same = aspect.compared - len(aspect.differ)
        ending = f"; {len(aspect.differ):,} differ:" if aspect.differ else "."
        yield f"{same:,} of {aspect.compared:,} {name} match{ending}"
        yield from _examples(
            f"{each.link}: {quoted(each.old)} -> {quoted(each.new)}"
            if each.old
            else f"{each.link}: not there"
            for each in aspect.differ
        )
    lists = {
        "Old entries that are not published any more": found.missing,
        "Articles that the old feed lacks": found.added,
    }
    for title, links in lists.items():
        if links:
            yield f"{title}: {len(links):,}"
            yield from _examples(links)
    apart = len(found.newer), len(found.older)
    if any(apart):
        yield f"Articles newer than the old feed: {apart[0]:,}; older: {apart[1]:,}"
    if beyond := len({*found.older} & {*found.window}):
        yield (
            f"Older ones in the feed, which are new to readers that never saw them: {beyond:,}; "
            f"`limit = {len(found.window) - beyond}` leaves them out."
        )
    number = f"{len(found.new):,} of {len(found.window):,} entries" if found.new else "no entry"
    yield f"Subscribers would see {number} as new."


def _examples(texts: Iterable[str]) -> Iterator[str]:
    found = list(texts)
    yield from (f"  {text}" for text in found[:_EXAMPLES])
    if len(found) > _EXAMPLES:
        yield f"  and {len(found) - _EXAMPLES:,} more"
