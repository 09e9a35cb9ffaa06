"""Catalogs of earlier releases: an upgrade loses nothing and changes nothing for readers.

The observations were recorded with the release itself. As the program's version is in feeds, the
tests set it to that of the release; a program of another version publishes every feed again.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import feedsvc
from feedsvc.catalog import recovery
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import sync
from feedsvc.config import head
from feedsvc.config.settings import Settings
from tests.catalog.stored.life import END, observe, write
from tests.catalog.stored.load import SCHEMAS, recorded, restore
from tests.serving import serving


@pytest.fixture(params=SCHEMAS)
def stored(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The recording of a release, whose version the program has during the test."""
    schema: str = request.param
    version = recorded(schema)["version"]
    monkeypatch.setattr(feedsvc, "__version__", version)
    monkeypatch.setattr(head, "GENERATOR", f"feedsvc {version}")
    return {"schema": schema, **recorded(schema)}


def upgraded(database: str, stored: dict[str, Any]) -> Catalog:
    restore(database, stored["schema"])
    catalog = Catalog(database)
    assert recovery.make_ready(catalog) is None
    return catalog


def observed(settings: Settings, catalog: Catalog, stored: dict[str, Any]) -> dict[str, Any]:
    return observe(settings, catalog, stored["held"])


def test_an_upgrade_changes_no_response(
    tmp_path: Path, database: str, stored: dict[str, Any]
) -> None:
    """Conformance 15, 34, 43: ids, URLs, 308, 410, archives, deltas, validators and bytes."""
    settings = write(tmp_path / "site", database)
    with upgraded(database, stored) as catalog:
        assert observed(settings, catalog, stored) == stored["observed"]


def test_a_sync_after_an_upgrade_changes_only_rendered_tables(
    tmp_path: Path, database: str, stored: dict[str, Any]
) -> None:
    """Release 0.1.0 rendered Markdown with pyromark: without white space between table cells."""
    settings = write(tmp_path / "site", database)
    with upgraded(database, stored) as catalog:
        published = sync(catalog, settings, END).published
        assert (published.new, published.edited, published.withdrawn) == (0, 1, 0)
        assert published.feeds == ("all", "language/en")
        after = observed(settings, catalog, stored)
    for name in ("ids", "feeds", "articles", "files"):
        assert after[name] == stored["observed"][name]
    for path, answer in stored["observed"]["answers"].items():
        if not path.startswith(("/feeds/all", "/feeds/language/en", "/feeds.opml")):
            assert after["answers"][path] == answer, path


def test_revisions_and_ids_continue_after_an_upgrade(
    tmp_path: Path, database: str, stored: dict[str, Any]
) -> None:
    """Conformance 15: an article that moves after the upgrade keeps the id that it had before."""
    settings = write(tmp_path / "site", database)
    content = settings.content
    with upgraded(database, stored) as catalog:
        (content / "first.md").rename(content / "third-name.md")
        report = sync(catalog, settings, END)
        assert report.published.revision == stored["observed"]["newest"][0] + 1
        after = observed(settings, catalog, stored)
    ids = {path: entry_id for path, entry_id, *_ in after["ids"]}
    before = {path: entry_id for path, entry_id, *_ in stored["observed"]["ids"]}
    assert ids["third-name.md"] == before["first.md"]
    for slug in ("one", "first"):
        answer = after["answers"][f"/articles/{slug}"]
        assert (answer["status"], answer["Location"]) == (
            308,
            "https://news.example.org/articles/third-name",
        )


def test_a_damaged_catalog_of_an_earlier_release_is_recovered(
    tmp_path: Path, stored: dict[str, Any]
) -> None:
    """Conformance 15: the ids are taken over from the damaged file, whatever its schema is."""
    path = tmp_path / "catalog.db"
    database = f"sqlite:///{path}"
    settings = write(tmp_path / "site", database)
    restore(database, stored["schema"])
    with closing(sqlite3.connect(path)) as connection:
        page = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'feed_row_order'"
        ).fetchone()[0]
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xa5" * 4096)
    with Catalog(database) as catalog:
        message = recovery.make_ready(catalog)
        assert message is not None
        assert f"set aside as {path}.damaged-1" in message
        sync(catalog, settings, END)
        after = observed(settings, catalog, stored)
    assert after["ids"] == stored["observed"]["ids"]
    for path_, answer in stored["observed"]["answers"].items():
        if answer["status"] in (301, 308, 410) and "/articles/" in path_:
            assert after["answers"][path_] == answer


def test_a_server_upgrades_the_catalog_when_it_starts(tmp_path: Path, database: str) -> None:
    """With `Restart=always`, a new version needs no manual step."""
    stored = recorded(SCHEMAS[0])
    write(tmp_path / "site", database)
    restore(database)
    with serving(tmp_path / "site") as server:
        assert server.get("/healthz").status == 200
        for path, answer in stored["observed"]["answers"].items():
            if path.isascii() and answer["status"] in (301, 308, 410):
                found = server.get(path)
                expected = (answer["status"], answer.get("Location"))
                assert (found.status, found.headers.get("location")) == expected
        _, errors = server.stop()
    assert "event=upgraded from=0001 to=" in errors
    assert "Traceback" not in errors
