"""A reader that moves from the old feed to ours does not present any entry twice."""

from pathlib import Path
from typing import Any

import pytest

from feedsvc.catalog.store import Catalog
from feedsvc.importers.run import run
from feedsvc.importers.write import ArticleWriter
from feedsvc.model import Format
from tests.desk import Desk
from tests.importers.desk import HINTS, SOURCES

OLD = {
    "wordpress.rss": "https://old.example/?p=12",
    "wordpress.atom": "https://old.example/?p=12",
    "hugo.xml": "https://hugo.example/posts/short/",
    "jekyll.xml": "https://jekyll.example/2022/02/17/use",
}


@pytest.mark.filterwarnings("ignore")  # the library's own
@pytest.mark.parametrize("format", list(Format))
@pytest.mark.parametrize("old", OLD)
def test_moving_a_reader_to_the_new_feed_repeats_no_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, format: Format
) -> None:
    """Conformance 15: the old feed's ids, character by character, in each of our formats."""
    monkeypatch.setenv("READER_NO_VENDORED_FEEDPARSER", "1")
    library = pytest.importorskip("reader")
    desk = _desk(tmp_path)
    run((SOURCES / old,), ArticleWriter(desk.settings, None, keep_links=False), HINTS)
    desk.sync()
    ours = tmp_path / f"feed.{format}"
    ours.write_bytes(desk.body("all", format))
    reader: Any = library.make_reader(":memory:", feed_root="")
    try:
        reader.add_feed(str(SOURCES / old))
        reader.update_feeds()
        seen = {entry.id for entry in reader.get_entries()}
        assert OLD[old] in seen
        for entry in reader.get_entries():
            reader.mark_entry_as_read(entry)
        reader.change_feed_url(str(SOURCES / old), str(ours))
        reader.update_feeds()
        assert reader.get_feed(str(ours)).last_exception is None
        assert {entry.id for entry in reader.get_entries()} == seen
        assert list(reader.get_entries(read=False)) == []
    finally:
        reader.close()
        desk.catalog.close()


def _desk(folder: Path) -> Desk:
    database = f"sqlite:///{folder / 'catalog.db'}"
    catalog = Catalog(database)
    catalog.create()
    return Desk(folder / "site", catalog, database)
