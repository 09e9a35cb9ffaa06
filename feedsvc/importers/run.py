"""Runs an import: parses every source and writes its items."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from feedsvc.errors import FeedsvcError, Problem, Severity
from feedsvc.importers import (
    archive,
    feeds,
    ghost,
    jsonfeed,
    medium,
    page,
    plaintext,
    sources,
    substack,
    tables,
    texts,
    wxr,
)
from feedsvc.importers.item import (
    Hints,
    Item,
    ParseResult,
    ParseResults,
    Refused,
    Show,
    Skipped,
)
from feedsvc.importers.sources import Source, SourceFormat
from feedsvc.importers.stream import Advance, Stream
from feedsvc.importers.write import ArticleWriter
from feedsvc.sources.article import MAX_SIZE

logger = logging.getLogger("feedsvc.importers")

# Called with the number of bytes read and the number of bytes of all sources.
Progress = Callable[[int, int], None]

# Bytes; these files are read whole.
_MAX_SIZES = {
    SourceFormat.FEED: 20_000_000,
    SourceFormat.PAGE: 20_000_000,
    SourceFormat.MEDIUM: 20_000_000,
    SourceFormat.TEXT: MAX_SIZE,
    SourceFormat.GHOST: 200_000_000,
    SourceFormat.SUBSTACK: 20_000_000,
    SourceFormat.TABLE: 200_000_000,
}

# Modules with a function `read`.
_OF_BYTES = {
    SourceFormat.FEED: jsonfeed,
    SourceFormat.GHOST: ghost,
    SourceFormat.TABLE: tables,
}
_OF_TEXT = {
    SourceFormat.PAGE: page,
    SourceFormat.MEDIUM: medium,
    SourceFormat.TEXT: plaintext,
}


@dataclass(slots=True)
class Report:
    """The result of an import.

    existing: articles that existed already. skipped: by kind. shows: settings of podcasts.
    """

    written: int = 0
    drafts: int = 0
    existing: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    shows: list[str] = field(default_factory=list)

    def add(self, result: ParseResult, writer: ArticleWriter) -> None:
        """Write an item, or record another kind of result. Raises FeedsvcError."""
        if isinstance(result, Problem):
            self.problems.append(result)
        elif isinstance(result, Refused):
            self.problems.append(result.problem)
        elif isinstance(result, Show):
            self.shows.append(result.settings)
        elif isinstance(result, Skipped):
            self.skipped[result.kind] += 1
        else:
            outcome = writer.write(result)
            self.existing += outcome.exists
            self.written += outcome.path is not None
            self.drafts += outcome.path is not None and result.draft
            self.problems += outcome.problems


def run(
    paths: tuple[Path, ...],
    writer: ArticleWriter,
    hints: Hints,
    format: SourceFormat | None = None,
    progress: Progress | None = None,
) -> Report:
    """Import files and folders. Raises FeedsvcError if the import cannot continue.

    format: of all files; None to detect it.
    """
    report = Report()
    found = list(sources.find(paths))
    report.problems += [each for each in found if isinstance(each, Problem)]
    files = [each for each in found if isinstance(each, Source)]
    meter = _Meter(sum(file.size for file in files), progress)
    if writer.downloader:
        writer.downloader = replace(
            writer.downloader, expect=meter.expect, advance=meter.advance_download
        )
    for file in files:
        try:
            for result in _parse(file, sources.format_to_read(file, format), hints, meter.advance):
                report.add(hints.complete(result) if isinstance(result, Item) else result, writer)
        except OSError as error:
            message = f"cannot be read: {error.strerror}; check its permissions"
            report.problems.append(Problem(file.name, 0, "unreadable-source", message))
        except FeedsvcError:
            raise
        except Exception as error:  # an unforeseen failure must not affect the other sources
            logger.info("%s", file.name, exc_info=True)
            message = (
                f"cannot be read any further, because of {type(error).__name__}: "
                f"{str(error)[:200]}; the items before are imported: remove it, and report what "
                "feedsvc --verbose import logs"
            )
            report.problems.append(Problem(file.name, 0, "unexpected", message))
        meter.finish(file)
    return report


class _Meter:
    """Reports progress in bytes: of files, counted once even if read twice, and of downloads."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total = total
        self._progress = progress
        self._done = self._finished = 0  # finished: of downloads and complete files

    def advance(self, count: int) -> None:
        self._done += count
        if self._progress:
            self._progress(self._done, self._total)

    def expect(self, count: int) -> None:
        self._total += count
        self.advance(0)

    def advance_download(self, count: int) -> None:
        self._finished += count
        self.advance(count)

    def finish(self, file: Source) -> None:
        self._finished += file.size
        self.advance(self._finished - self._done)


def _parse(
    file: Source, format: SourceFormat | None, hints: Hints, advance: Advance
) -> ParseResults:
    """Yield the contents of a file. Raises OSError, FeedsvcError."""
    if format is SourceFormat.WORDPRESS:
        yield from _wordpress(file, hints, advance)
    elif format is SourceFormat.FEED and not sources.is_json(file):
        with file.path.open("rb") as opened:
            yield from feeds.read(file.name, Stream(file.name, opened, advance), hints)
    elif format is None:
        yield Problem(file.name, 0, "unknown-source", sources.advice(file))
    elif format is SourceFormat.ARCHIVE:
        yield from archive.read(file.name, file.path, hints)
    elif file.size > (limit := _MAX_SIZES[format]):
        message = f"has {file.size / 1e6:.0f} MB; the limit is {limit / 1e6:.0f} MB: split it"
        yield Problem(file.name, 0, "source-too-large", message)
    elif importer := _OF_BYTES.get(format):
        yield from importer.read(file.name, file.path.read_bytes(), hints)
    elif format is SourceFormat.SUBSTACK:
        read_post = partial(archive.read_unpacked, file.path.parent / sources.POSTS)
        yield from substack.read(file.name, file.path.read_bytes(), read_post, hints)
    else:
        text, is_valid = texts.decode(file.path.read_bytes())
        if not is_valid:
            message = "is not UTF-8 and names no encoding that fits; check its accented letters"
            yield Problem(file.name, 0, "broken-encoding", message, Severity.WARNING)
        yield from _OF_TEXT[format].read(file.name, text, hints)


def _wordpress(file: Source, hints: Hints, advance: Advance) -> ParseResults:
    def advance_half(count: int) -> None:
        advance(count // 2)

    with file.path.open("rb") as opened:
        lookup = wxr.look_up(file.name, Stream(file.name, opened, advance_half))
    with file.path.open("rb") as opened:
        yield from wxr.read(file.name, Stream(file.name, opened, advance_half), lookup, hints)
