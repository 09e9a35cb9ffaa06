"""The rows of a SELECT are articles (scale 10)."""

import uuid
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest

from feedsvc.catalog.sync import SyncReport, sync
from feedsvc.database import source as module
from feedsvc.model import Enclosure, Person
from feedsvc.sources import ContentFolder, Sources
from tests.database.conftest import MakeMariadb, OpenShelf
from tests.database.shelf import Shelf, only
from tests.desk import Desk

EVERYTHING = """
SELECT 17 AS id, 'Title' AS title, '<p><a href="b">b</a></p>' AS html,
    '2022-02-17 09:30' AS published, '2022-02-18T00:00:00Z' AS updated, 'Short' AS summary,
    '[{"name": "Ada", "url": "https://ada.example/"}, "Bob"]' AS authors, '["a, b", "C++"]' AS tags,
    'News, World' AS categories, 'https://old.example/x/a/' AS link,
    'https://elsewhere.example/' AS external_url, 'a' AS slug, 'fr' AS language,
    '/i.png' AS image, '[{"url": "/a.mp3", "type": "audio/mpeg", "length": 9}]' AS enclosures,
    0 AS draft, 1 AS public, 'tag:x,2022:1' AS guid
"""


def test_every_column_is_used(sqlite: Shelf) -> None:
    sqlite.execute("CREATE TABLE article (id integer)")
    sqlite.source = sqlite.make(query=EVERYTHING)
    sqlite.look()
    assert sqlite.problems == []
    article = only(sqlite.view)
    assert (article.id, article.title, article.slug, article.summary) == (
        "tag:x,2022:1", "Title", "a", "Short",
    )  # fmt: skip
    assert article.html == '<p><a href="https://old.example/x/a/b">b</a></p>'
    assert article.published.isoformat() == "2022-02-17T09:30:00+01:00"  # in the site's zone
    assert article.updated == datetime(2022, 2, 18, tzinfo=UTC)
    assert article.authors == (Person("Ada", uri="https://ada.example/"), Person("Bob"))
    assert [label for _, label in article.terms] == [
        "News", "World", "a, b", "C++", "Ada", "Bob", "fr",
    ]  # fmt: skip
    assert (article.link, article.external) == (
        "https://old.example/x/a/", "https://elsewhere.example/",
    )  # fmt: skip
    assert (article.image, article.language) == ("https://old.example/i.png", "fr")
    assert article.enclosures == (Enclosure("https://old.example/a.mp3", "audio/mpeg", 9),)


def test_few_columns_are_required(sqlite: Shelf) -> None:
    sqlite.table().put(17, html="# Not a heading")
    sqlite.source = sqlite.make(query="SELECT id, title, html AS markdown, published FROM article")
    sqlite.look()
    article = only(sqlite.view)
    assert (article.id, article.native_id) == (None, "tag:news.example.org,2022:posts/17")
    assert (article.slug, article.link) == ("17", "https://news.example.org/articles/17")
    assert article.html == "<h1>Not a heading</h1>"


def test_an_id_that_is_not_an_iri_is_replaced_with_a_warning(sqlite: Shelf) -> None:
    sqlite.table(", guid text").put(1, guid="a b")
    sqlite.look()
    assert only(sqlite.view).id == uuid.uuid5(uuid.NAMESPACE_URL, "a b").urn
    (problem,) = sqlite.problems
    assert (problem.path, problem.code) == ("posts:1", "new-id")


FORMS = [
    "SELECT * FROM article;",
    "SELECT * FROM article ; -- all of them",
    "-- all\nSELECT * FROM article\n-- of them",
    "SELECT * FROM article ORDER BY title DESC LIMIT 5",
    "WITH a AS (SELECT * FROM article) SELECT * FROM a",
    "SELECT id, title, published, ':x %s %(a)s 100%' AS html FROM article WHERE title LIKE 'T%'",
]


def test_queries_may_have_any_form(shelf: Shelf) -> None:
    shelf.table().put(1, html=":x %s %(a)s 100%")
    for query in FORMS:
        shelf.source = shelf.make(query=query)
        shelf.look()
        assert only(shelf.view).html == ":x %s %(a)s 100%"


def test_invalid_rows_are_reported_and_all_others_are_published(sqlite: Shelf) -> None:
    sqlite.table(", tags text, draft text, public text DEFAULT '1'")
    for number in range(1, 9):
        sqlite.put(number)
    sqlite.execute(
        "UPDATE article SET published = 'soon' WHERE id = 2",
        "UPDATE article SET published = NULL WHERE id = 3",
        "UPDATE article SET tags = '[1' WHERE id = 4",
        "UPDATE article SET draft = 'perhaps' WHERE id = 5",
        "UPDATE article SET public = 'perhaps' WHERE id = 6",
        "UPDATE article SET title = CAST(x'61ff' AS text) WHERE id = 7",
    )
    sqlite.look()
    assert set(sqlite.titles()) == {"1", "7", "8"}
    assert sqlite.view["7"].title == "a\ufffd"
    said = sqlite.said()
    assert said[0].startswith("posts:2: error: has a bad `published`: 'soon' is not a date; write")
    assert said[1] == "posts:3: error: has no date; write its date of publication [no-date]"
    assert said[2].startswith("posts:4: error: has JSON in `tags` that cannot be read: ")
    assert said[3].startswith("posts:5: error: has 'perhaps' in `draft`, which is neither true")
    assert said[4].startswith("posts:6: error: has 'perhaps' in `public`")
    assert said[5].startswith("posts:7: warning: has bytes in `title` that are not UTF-8")
    sqlite.execute("UPDATE article SET published = '2022-01-01' WHERE id = 2")
    sqlite.look()
    assert set(sqlite.titles()) == {"1", "2", "7", "8"}


def test_the_watermark_detects_changes_and_a_full_listing_detects_deletions(
    shelf: Shelf,
) -> None:
    shelf.table(", changed timestamp NULL, public integer")
    shelf.source = shelf.make(watermark="changed", overlap=60)
    shelf.look()
    for number in (1, 2, 3):
        shelf.put(number, changed=f"2022-01-0{number} 10:00:00", public=1)
    shelf.look(fully=False)
    assert set(shelf.titles()) == {"1", "2", "3"}
    shelf.execute("UPDATE article SET title = 'New', changed = '2022-01-05 10:00:00' WHERE id = 1")
    listing = shelf.look(fully=False)
    assert set(listing.fingerprints) == {"1"}
    assert shelf.titles()["1"] == "New"
    shelf.execute("UPDATE article SET title = 'Late', changed = '2022-01-05 09:59:30' WHERE id = 2")
    shelf.look(fully=False)  # committed later than its watermark says
    assert shelf.titles()["2"] == "Late"
    assert shelf.look(fully=False).fingerprints == {}
    shelf.execute("UPDATE article SET public = 0, changed = '2022-01-06 10:00:00' WHERE id = 2")
    assert shelf.look(fully=False).absent == ("2",)
    shelf.execute("DELETE FROM article WHERE id = 3")
    shelf.look(fully=False)
    assert set(shelf.titles()) == {"1", "3"}
    shelf.look()
    assert set(shelf.titles()) == {"1"}
    assert shelf.read == 0
    assert shelf.problems == []


def test_a_row_that_changes_twice_within_the_watermark_resolution_is_read_again(
    sqlite: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite.table(", changed text")
    now = datetime.now(UTC)
    monkeypatch.setattr(module, "datetime", Mock(now=lambda zone: now))
    sqlite.source = sqlite.make(watermark="changed", timezone="UTC", overlap=5)
    sqlite.look()
    sqlite.put(1, changed=now.strftime("%Y-%m-%d %H:%M:%S"))
    sqlite.look(fully=False)
    sqlite.execute("UPDATE article SET title = 'New' WHERE id = 1")
    sqlite.look(fully=False)
    assert sqlite.titles() == {"1": "T1"}
    later = now + timedelta(seconds=7)
    monkeypatch.setattr(module, "datetime", Mock(now=lambda zone: later))
    sqlite.look(fully=False)
    assert sqlite.titles() == {"1": "New"}
    sqlite.look(fully=False)
    sqlite.look()
    assert sqlite.read == 0


def test_without_a_watermark_rows_are_compared_by_all_their_columns(shelf: Shelf) -> None:
    shelf.table()
    for number in (1, 2):
        shelf.put(number)
    shelf.look()
    shelf.execute("UPDATE article SET html = 'New' WHERE id = 1")
    shelf.look(fully=False)  # changes cannot be detected
    assert shelf.read == 0
    shelf.look()
    assert (shelf.read, shelf.view["1"].html) == (1, "New")
    assert (shelf.source.interval, shelf.source.every) == (300, float("inf"))


def test_ids_may_be_any_text(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROWS", 3)
    shelf.table(key="varchar(60) PRIMARY KEY")
    ids = [
        "a",
        "b",
        "a/b",
        "50%",
        "https://x.example/1",
        "é",
        " ",
        "9b2e4c1e-6a52-4a1c-8d76-1f2d3c",
    ]
    for name in ids:
        shelf.put(name)
    shelf.look()
    assert sorted(shelf.titles().values()) == sorted(f"T{each}".strip() for each in ids)
    assert shelf.view["https:%2F%2Fx.example%2F1"].id == "https://x.example/1"
    assert shelf.source.display_name("https:%2F%2Fx.example%2F1") == "posts:https://x.example/1"


def test_ids_that_the_database_considers_equal_are_all_read(
    make_mariadb: MakeMariadb, open_shelf: OpenShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ROWS", 2)
    shelf = open_shelf(make_mariadb()).table(key="varchar(60) COLLATE utf8mb4_general_ci")
    for name in ("a", "A", "á", "Á", "b", "ä"):
        shelf.put(name)
    shelf.look()
    assert set(shelf.titles()) == {"a", "A", "á", "Á", "b", "ä"}


def test_rows_without_an_id_or_with_equal_ids_are_reported(
    sqlite: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ROWS", 2)
    sqlite.table(key="")
    for value in (None, "", 1, 2, 2, 3, 3, "3", b"\xff", 4.5):
        sqlite.put(value)
    sqlite.look()
    assert set(sqlite.titles()) == {"1", "ff", "4.5"}
    assert [said.partition(";")[0] for said in sqlite.said()] == [
        "posts: error: has a row without an id, which is left out",
        "posts:2: error: has more than one row, perhaps because of a join",
        "posts:3: error: has more than one row, perhaps because of a join",
    ]


def test_instants_and_local_times_are_distinguished(shelf: Shelf) -> None:
    kind = shelf.engine.dialect.name
    types = {"postgresql": "timestamptz", "mysql": "timestamp", "sqlite": "text"}
    local = {"postgresql": "timestamp", "mysql": "datetime", "sqlite": "text"}
    shelf.execute(
        f"CREATE TABLE article (id integer, title text, published {local[kind]}, "
        f"updated {types[kind]} NULL)"
    )
    offset = "+00:00" if kind == "sqlite" else ""
    zone_ = {"postgresql": "SET TIME ZONE 'UTC'", "mysql": "SET time_zone = '+00:00'"}
    shelf.execute(
        zone_.get(kind, "SELECT 1"),
        "INSERT INTO article VALUES (1, 'A', '2022-07-01 12:00:00', "
        f"'2022-07-01 11:00:00{offset}')",
    )
    shelf.source = shelf.make(timezone="America/New_York")
    shelf.look()
    article = only(shelf.view)
    assert article.published == datetime(2022, 7, 1, 16, tzinfo=UTC)
    assert article.published.isoformat() == "2022-07-01T12:00:00-04:00"
    assert article.updated == article.published  # 11:00 UTC is earlier


def test_a_zero_date_of_mysql_is_none(make_mariadb: MakeMariadb, open_shelf: OpenShelf) -> None:
    shelf = open_shelf(make_mariadb())
    shelf.execute(
        "CREATE TABLE article (id binary(2), title text, price decimal(9,2), published datetime, "
        "updated datetime, tags json, draft bit)",
        "SET sql_mode = ''",
        "INSERT INTO article VALUES (x'01ff', 'A', 1.50, '2022-07-01', '0000-00-00', "
        """'["x"]', b'1'), (x'02ff', 'B', 1, '0000-00-00', NULL, '[]', b'0')""",
    )
    shelf.look()
    assert shelf.said() == [
        (
            "posts: warning: has the column `price`, which articles do not have; leave it out "
            "[unknown-column]"
        ),
        "posts:02ff: error: has no date; write its date of publication [no-date]",
    ]
    article = only(shelf.view)
    assert (article.draft, [label for _, label in article.terms]) == (True, ["x", "en"])
    assert article.updated == article.published


def test_a_site_publishes_rows_in_the_order_of_their_dates(
    desk: Desk, open_shelf: OpenShelf
) -> None:
    shelf = open_shelf(watermark="changed").table(", changed integer")
    for number in (1, 2, 3):
        shelf.put(number, published=f"2022-01-0{number}", changed=number)
    desk.configure('content = ""')
    sources = Sources(ContentFolder(desk.settings), shelf.source)

    def synced(paths: tuple[str, ...] | None) -> SyncReport:
        shelf.source.every = 0  # changes are always due to be listed
        return sync(desk.catalog, desk.settings, desk.now, sources=sources, paths=paths)

    assert synced(None).read == 3
    assert desk.titles() == ["T3", "T2", "T1"]
    shelf.execute("UPDATE article SET title = 'New', changed = 100 WHERE id = 1")
    assert synced(()).read == 1
    assert desk.titles() == ["T3", "T2", "New"]
    shelf.execute("DROP TABLE article")
    (problem,) = synced(()).problems
    assert str(problem) == (
        f"posts: error: cannot be read: {shelf.url}: no such table: article; correct the query, or "
        "the rights of the user; its articles stay as they are [unreachable-source]"
    )
    assert desk.titles() == ["T3", "T2", "New"]


def test_the_url_may_be_in_the_environment(sqlite: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite.table().put(1)
    monkeypatch.setenv("ARTICLES", sqlite.url)
    sqlite.source = sqlite.make(url="$ARTICLES")
    sqlite.look()
    assert sqlite.titles() == {"1": "T1"}
