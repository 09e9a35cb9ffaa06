"""The settings recorded in the catalog; those of 0.1.0 are read without changes for readers."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

import feedsvc
from feedsvc.catalog import schema
from feedsvc.catalog.store import Catalog
from feedsvc.config import head
from tests.desk import Desk
from tests.sites import article

TOML = """
author = { name = "Ada", email = "ada@b.example" }
image = { url = "/a.png", width = 9 }
[labels.tag]
"c++" = "C++"
[feeds."tag/c++"]
limit = 5
content = "summary"
[feeds.news]
any = { tags = ["c++"] }
[aliases]
"/rss.xml" = "all.rss"
"""
# What 0.1.0 stored for these settings and one article: the head and the window of each feed.
FEEDS = {
    "all": ("6a788401495bf440", "77fa5292f683b54571580f69b83b1e73"),
    "news": ("4b5ea58b9fda3e33", "983e2f739cd1e029d5de99c61a83e34d"),
    "tag/c++": ("f001edaef6087de4", "b3626bc4cb0e85f527e17d2c6918fa80"),
    "author/ada": ("ad7fcfa258badf72", "8e67cfa559ee9c2838725a56e8eb79dc"),
    "language/en": ("02c7f793fc4fc774", "c6c6e6baaf75a03a8b8c5450f229fd14"),
}
OWN = {
    **dict.fromkeys(("author", "copyright", "image", "language", "subtitle", "title")),
    "content": "full",
    "limit": 50,
    "max_age": 900,
}
SETTINGS: dict[str, Any] = {
    "aliases": {"/rss.xml": [{"kind": "all", "term": ""}, "rss"]},
    "article_link": "/articles/{slug}",
    "author": {"email": "ada@b.example", "name": "Ada", "uri": None},
    "base_url": "https://news.example.org",
    "content": None,
    "copyright": "",
    "database": None,
    "feed_defaults": OWN,
    "feeds": {"news": OWN, "tag/c++": {**OWN, "content": "summary", "limit": 5}},
    "generator": {"below": "", "name": "feedsvc", "options": {}, "sign": "", "tree": ""},
    "id_authority": "news.example.org,2022",
    "image": {"height": None, "url": "/a.png", "width": 9},
    "labels": {"tag": {"c++": "C++"}},
    "language": "en",
    "moved": {},
    "preview": False,
    "retired": [],
    "selections": {"news": {"all": [], "any": ["tag/c++"], "none": []}},
    "serve": None,
    "site": None,
    "subtitle": "",
    "timezone": "Europe/Paris",
    "timezones": {},
    "title": "Site",
    "tombstones": False,
}


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settled: None) -> Desk:
    """A site with a catalog as written by 0.1.0."""
    monkeypatch.setattr(feedsvc, "__version__", "0.1.0")
    monkeypatch.setattr(head, "GENERATOR", "feedsvc 0.1.0")
    database = f"sqlite:///{tmp_path}/catalog.db"
    catalog = Catalog(database)
    catalog.create()
    desk = Desk(tmp_path, catalog, database, TOML)
    desk.write("a.md", article("A", tags=["c++"]))
    desk.sync()
    noted = f"feedsvc 0.1.0 {json.dumps(SETTINGS, sort_keys=True)}"
    feed, metadata = schema.feed, schema.metadata_table
    with catalog.writing() as connection:
        for key, (digest, window) in FEEDS.items():
            values = {"head": digest, "window": window}
            connection.execute(update(feed).where(feed.c.key == key).values(values))
        settings = metadata.c.name == "settings"
        connection.execute(update(metadata).where(settings).values(value=noted))
    return desk


def heads(desk: Desk) -> dict[str, str]:
    return {key: row.head for key, row in desk.feeds().items()}


def test_the_metadata_format_of_0_1_0_is_not_a_change(old: Desk) -> None:
    """Conformance 37: no revision, same bytes and Last-Modified, and no file is read again."""
    before, bytes_before = old.feeds(), old.body()
    report = old.sync()
    assert (report.read, report.published.revision, report.settings) == (0, None, ())
    assert (old.feeds(), old.body()) == (before, bytes_before)
    with old.catalog.reading() as connection:
        metadata = schema.metadata_table.c
        noted = connection.scalar(select(metadata.value).where(metadata.name == "settings"))
    assert json.loads(noted or "")["settings"]["base_url"] == "https://news.example.org"


def test_checking_every_feed_does_not_change_an_old_catalog(old: Desk) -> None:
    old.configure(TOML.replace('"/rss.xml"', '"/index.xml"'))
    before = old.feeds()
    report = old.sync()
    assert report.published.revision is None
    assert [name for name, _, _ in report.settings] == ["aliases"]
    assert {key: (row.head, row.changed) for key, row in old.feeds().items()} == {
        key: (row.head, row.changed) for key, row in before.items()
    }


def test_a_change_of_one_feed_does_not_change_others_of_an_old_catalog(old: Desk) -> None:
    old.configure(TOML.replace("limit = 5", 'title = "Other"\nlimit = 5'))
    report = old.sync()
    assert report.published.feeds == ("tag/c++",)
    now = heads(old)
    assert {key for key, (digest, _) in FEEDS.items() if now[key] != digest} == {"tag/c++"}
    assert len(now["tag/c++"]) == 32
