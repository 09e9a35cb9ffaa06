"""The writing thread reports what it publishes."""

import queue
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from feedsvc.catalog.publish import Published
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import SyncReport, sync
from feedsvc.errors import FeedsvcError
from feedsvc.serve.writer import Writer
from feedsvc.sources import ContentFolder, Listing
from tests.sites import article, make_site

PATIENCE = 30.0  # seconds


def test_each_change_is_announced_once_it_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without another listing of everything (scale 8)."""
    listings: list[ContentFolder] = []
    listing = ContentFolder.listing

    def counted(folder: ContentFolder) -> Listing:
        listings.append(folder)
        return listing(folder)

    monkeypatch.setattr(ContentFolder, "listing", counted)
    settings = make_site(tmp_path, {"a.md": article(), "draft.md": article(draft=True)})
    lines: queue.Queue[str] = queue.Queue()
    with Catalog(settings.database) as catalog:
        writer = Writer(settings, catalog, announce=lines.put)
        writer.sync()
        writer.start()
        try:
            (settings.content / "b.md").write_text(article(title="B", tags=["x"]), encoding="utf-8")
            first = lines.get(timeout=PATIENCE)
            (settings.content / "b.md").write_text(article(title="C", tags=["x"]), encoding="utf-8")
            second = lines.get(timeout=PATIENCE)
            listed = len(listings)  # at least twice, as changes before the watch are unknown
            (settings.content / "b.md").unlink()
            third = lines.get(timeout=PATIENCE)
            assert len(listings) == listed
        finally:
            writer.stop()
    assert re.fullmatch(r"published 1 new: 3 feeds, \d+\.\d\d s", first)
    assert re.fullmatch(r"published 1 edited: 3 feeds, \d+\.\d\d s", second)
    assert re.fullmatch(r"published 1 withdrawn: 3 feeds, \d+\.\d\d s", third)
    assert lines.empty()


def test_everything_is_listed_after_a_failed_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_site(tmp_path, {"a.md": article()})
    given: queue.Queue[Collection[str] | None] = queue.Queue()
    failures = [FeedsvcError("the disk is full")]

    def recorded(*args: Any, **options: Any) -> SyncReport:
        given.put(options["paths"])
        if options["paths"] and failures:
            raise failures.pop()
        return sync(*args, **options)

    monkeypatch.setattr("feedsvc.serve.writer.sync", recorded)
    with Catalog(settings.database) as catalog:
        writer = Writer(settings, catalog)
        writer.start()
        try:
            assert (given.get(timeout=PATIENCE), given.get(timeout=PATIENCE)) == (None, None)
            for paths in ({str(settings.content / "b.md")}, None):
                (settings.content / "b.md").write_text("x", encoding="utf-8")
                assert given.get(timeout=PATIENCE) == paths
        finally:
            writer.stop()


@pytest.mark.parametrize(
    ("published", "text"),
    [
        (Published(1, new=1, edited=2, withdrawn=1000, feeds=("all",)), "1 new, 2 edited, 1,000"),
        (Published(1, feeds=("all", "tag/a")), "no article changed: 2 feeds"),
    ],
)
def test_a_change_is_described_in_one_line(published: Published, text: str) -> None:
    assert str(published).startswith(text)
