"""Perform one task on a site and print the measurements as JSON.

    python -m benchmarks.work WORK SITE DATABASE

The output includes details of the work done, which the caller checks.
"""

import json
import resource
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import sync
from feedsvc.config.settings import Settings
from feedsvc.model import Document, FeedRef, Format, Kind
from feedsvc.publication import Publication
from feedsvc.sources import Sources, load

_SITE_FEED = FeedRef(Kind.ALL)
_FRESH, _EDITS, _SAVES, _POLLS, _SERVED = 15, 5, 15, 2000, 200

Figures = dict[str, Any]


def run_sync(settings: Settings) -> Figures:
    """Sync the catalog with the files once."""
    started, worked = perf_counter(), process_time()
    catalog = Catalog(settings.database)
    catalog.create()
    report = sync(catalog, settings, datetime.now(UTC))
    done = report.published
    return {
        "seconds": perf_counter() - started,
        "cpu": process_time() - worked,
        "files": report.files,
        "read": report.read,
        "new": done.new,
        "edited": done.edited,
        "withdrawn": done.withdrawn,
        "feeds": len(done.feeds),
        "revision": done.revision,
        "problems": [str(each) for each in report.problems],
        "peak": _peak(),
    }


def save(settings: Settings) -> Figures:
    """Save articles one after the other, syncing each as `feedsvc serve` does."""
    catalog = Catalog(settings.database)
    sources = Sources.of(settings)
    sources.listing()
    times, worked, feeds = [], process_time(), 0
    for file in islice(settings.content.rglob("*.md"), _SAVES):
        edit(file, "Saved once more.")
        started = perf_counter()
        report = sync(catalog, settings, datetime.now(UTC), sources=sources, paths={str(file)})
        times.append(perf_counter() - started)
        feeds = max(feeds, len(report.published.feeds))
        if report.files != 1 or report.published.edited != 1:
            sys.exit(f"saving {file} published {report.published}")
    cpu = (process_time() - worked) / _SAVES
    return {"seconds": median(times), "cpu": cpu, "times": _SAVES, "feeds": feeds, "peak": _peak()}


def render(settings: Settings) -> Figures:
    """Render the site feed in each format, as in a new process."""
    return {format: _first_render(settings, format) for format in Format}


def _first_render(settings: Settings, format: Format) -> Figures:
    times = []
    for _ in range(_FRESH):
        catalog = Catalog(settings.database)
        publication = Publication(settings, catalog)
        started = perf_counter()
        document = _document(publication, format)
        times.append(perf_counter() - started)
        catalog.close()
    return {"seconds": median(times), "times": len(times), **_size(document, format)}


def render_again(settings: Settings) -> Figures:
    """Edit an entry of the site feed and render the feed in each format, several times."""
    catalog = Catalog(settings.database)
    publication = Publication(settings, catalog)
    before = {format: _document(publication, format) for format in Format}
    newest = publication.entries(_SITE_FEED)[0]
    file = next(settings.content.rglob(f"{newest.link.rpartition('/')[2]}.md"))
    sources = Sources.of(settings)
    sources.listing()
    times: dict[Format, list[float]] = {format: [] for format in Format}
    for number in range(_EDITS):
        edit(file, f"Edited for the {number}. time.")
        sync(catalog, settings, datetime.now(UTC), sources=sources, paths={str(file)})
        for format in Format:
            started = perf_counter()
            document = _document(publication, format)
            times[format].append(perf_counter() - started)
            if document.body == before[format].body:
                sys.exit(f"{format}: editing an article did not change the document")
            before[format] = document
    return {
        format: {
            "seconds": median(times[format]),
            "times": _EDITS,
            **_size(before[format], format),
        }
        for format in Format
    }


def poll(settings: Settings) -> Figures:
    """Request an unchanged feed repeatedly."""
    publication = Publication(settings, Catalog(settings.database))
    first = _document(publication, Format.ATOM)
    times = []
    for _ in range(_POLLS):
        started = perf_counter()
        again = _document(publication, Format.ATOM)
        times.append(perf_counter() - started)
        if again is not first:
            sys.exit("an unchanged feed was rendered again")
    return {"seconds": median(times), "times": _POLLS, **_size(first, Format.ATOM)}


def serve(settings: Settings) -> Figures:
    """Render as many feeds as a process may cache."""
    publication = Publication(settings, Catalog(settings.database))
    before = _peak()
    feeds = [each.ref for each in publication.feeds()[:_SERVED]]
    documents = [publication.document(ref, Format.ATOM) for ref in feeds]
    sizes = [len(document.body) for document in documents if document]
    return {"peak": _peak(), "before": before, "feeds": len(sizes), "bytes": sum(sizes)}


def edit(file: Path, text: str) -> None:
    """Add a paragraph to an article."""
    with file.open("a", encoding="utf-8") as source:
        source.write(f"\n{text}\n")


def _document(publication: Publication, format: Format) -> Document:
    document = publication.document(_SITE_FEED, format)
    if document is None:
        sys.exit("there is no site feed; run the sync task first")
    return document


def _size(document: Document, format: Format) -> Figures:
    mark = {Format.RSS: b"<item>", Format.ATOM: b"<entry", Format.JSON: b'\n{"id"'}[format]
    return {"bytes": len(document.body), "entries": document.body.count(mark)}


def _peak() -> int:
    """Return the peak memory of this process, in bytes."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:  # not Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Unlike getrusage, VmHWM does not include the parent's memory.
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


WORKS: Mapping[str, Callable[[Settings], Figures]] = {
    "sync": run_sync,
    "save": save,
    "render": render,
    "render-again": render_again,
    "poll": poll,
    "serve": serve,
}


def main(work: str, site: str, database: str) -> None:
    """Run the task given on the command line."""
    settings = load(Path(site), {"FEEDSVC_DATABASE": database})
    json.dump(WORKS[work](settings), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
