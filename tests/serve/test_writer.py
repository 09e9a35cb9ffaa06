"""The writing thread reports what it publishes."""

import queue
import re
from pathlib import Path

import pytest

from feedsvc.catalog.publish import Published
from feedsvc.catalog.store import Catalog
from feedsvc.serve.writer import Writer
from tests.sites import article, make_site

PATIENCE = 30.0  # seconds


def test_each_change_is_announced_once_it_is_published(tmp_path: Path) -> None:
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
        finally:
            writer.stop()
    assert re.fullmatch(r"published 1 new: 3 feeds, \d+\.\d\d s", first)
    assert re.fullmatch(r"published 1 edited: 3 feeds, \d+\.\d\d s", second)
    assert lines.empty()


@pytest.mark.parametrize(
    ("published", "text"),
    [
        (Published(1, new=1, edited=2, withdrawn=1000, feeds=("all",)), "1 new, 2 edited, 1,000"),
        (Published(1, feeds=("all", "tag/a")), "no article changed: 2 feeds"),
    ],
)
def test_a_change_is_described_in_one_line(published: Published, text: str) -> None:
    assert str(published).startswith(text)
