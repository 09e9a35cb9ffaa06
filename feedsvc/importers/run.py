"""One import: every file of the sources is read as what it is, and its items are written."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from feedsvc.errors import FeedsvcError, Problem, Severity
from feedsvc.importers import feeds, jsonfeed, page, plaintext, sources, wxr
from feedsvc.importers.decode import decode
from feedsvc.importers.item import Hints, Item, LeftOut, Reading
from feedsvc.importers.sources import As, Source
from feedsvc.importers.stream import Advance, Stream
from feedsvc.importers.write import Shelf
from feedsvc.sources.article import MAX_SIZE

logger = logging.getLogger("feedsvc.importers")

Progress = Callable[[int, int], None]

# Bytes of a file that is read whole.
_LARGEST = {As.FEED: 20_000_000, As.PAGE: 20_000_000, As.TEXT: MAX_SIZE}


@dataclass(slots=True)
class Report:
    """What an import did. left_out: how many of each kind were no articles."""

    written: int = 0
    drafts: int = 0
    known: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)


def run(
    named: tuple[Path, ...],
    shelf: Shelf,
    hints: Hints,
    choice: As | None = None,
    progress: Progress | None = None,
) -> Report:
    """Import files and folders. Raises FeedsvcError where nothing more can be done.

    choice: what to read each file as; None to look at what it holds. progress: called with the
    bytes that are done and the bytes of all sources.
    """
    report = Report()
    found = list(sources.find(named))
    report.problems += [each for each in found if isinstance(each, Problem)]
    files = [each for each in found if isinstance(each, Source)]
    meter = _Meter(sum(file.size for file in files), progress)
    for file in files:
        try:
            for each in _read(file, choice or sources.kind(file), hints, meter.advance):
                _take(each, shelf, report)
        except OSError as error:
            message = f"cannot be read: {error.strerror}; check its permissions"
            report.problems.append(Problem(file.shown, 0, "unreadable-source", message))
        except FeedsvcError:
            raise
        except Exception as error:  # one odd source must not cost the others
            logger.info("%s", file.shown, exc_info=True)
            message = (
                f"cannot be read any further, as of {type(error).__name__}: {str(error)[:200]}; "
                "what comes before is imported: leave it out, and report what feedsvc --verbose "
                "import logs"
            )
            report.problems.append(Problem(file.shown, 0, "unexpected", message))
        meter.reach(file)
    return report


class _Meter:
    """Counts bytes; each file counts once, however often it is read."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total = total
        self._progress = progress
        self._done = self._before = 0

    def advance(self, count: int) -> None:
        self._done += count
        if self._progress:
            self._progress(self._done, self._total)

    def reach(self, file: Source) -> None:
        self._before += file.size
        self.advance(self._before - self._done)


def _take(each: Item | Problem | LeftOut, shelf: Shelf, report: Report) -> None:
    if isinstance(each, Problem):
        report.problems.append(each)
    elif isinstance(each, LeftOut):
        report.left_out[each.kind] += 1
    else:
        put = shelf.put(each)
        report.known += put.known
        report.written += put.path is not None
        report.drafts += put.path is not None and each.draft
        report.problems += put.problems


def _read(file: Source, kind: As | None, hints: Hints, advance: Advance) -> Reading:
    """Yield what a file holds. Raises OSError, FeedsvcError."""
    if kind is As.WORDPRESS:
        yield from _wordpress(file, hints, advance)
    elif kind is As.FEED and not sources.is_json(file):
        with file.path.open("rb") as opened:
            yield from feeds.read(file.shown, Stream(file.shown, opened, advance), hints)
    elif kind is None:
        message = "is nothing that can be imported; leave it out, or say with --as what it is"
        yield Problem(file.shown, 0, "unknown-source", message)
    elif file.size > _LARGEST[kind]:
        message = (
            f"has {file.size / 1e6:.0f} MB; {_LARGEST[kind] / 1e6:.0f} MB can be read: split it"
        )
        yield Problem(file.shown, 0, "source-too-large", message)
    elif kind is As.FEED:
        yield from jsonfeed.read(file.shown, file.path.read_bytes(), hints)
    else:
        text, fits = decode(file.path.read_bytes())
        if not fits:
            message = "is in an encoding that it does not name; look at its accents"
            yield Problem(file.shown, 0, "broken-encoding", message, Severity.WARNING)
        read = page.read if kind is As.PAGE else plaintext.read
        yield from read(file.shown, text, hints)


def _wordpress(file: Source, hints: Hints, advance: Advance) -> Reading:
    def half(count: int) -> None:
        advance(count // 2)

    with file.path.open("rb") as opened:
        lookup = wxr.look_up(file.shown, Stream(file.shown, opened, half))
    with file.path.open("rb") as opened:
        yield from wxr.read(file.shown, Stream(file.shown, opened, half), lookup, hints)
