"""Archive documents: their entries, changes and links."""

from collections.abc import Callable
from pathlib import Path

import feedparser
import pytest
from lxml import etree
from sqlalchemy import event

from feedsvc.catalog import queries, schema
from feedsvc.catalog.store import Catalog
from feedsvc.model import Document, Format
from tests.desk import START, Desk, ref
from tests.readers import archives, items, subscription, top
from tests.render.samples import ATOM
from tests.sites import article

pytestmark = pytest.mark.databases("sqlite")

SITE = "https://news.example.org"
ALL = ref("all")


def write(desk: Desk, *days: int, **front_matter: object) -> None:
    """Write an article for each of these days of January 2022, titled after the day."""
    for day in days:
        text = article(f"T{day}", f"2022-01-{day:02}", "Text.", **front_matter)
        desk.write(f"{day}.md", text)


def limit(desk: Desk, number: int, toml: str = "") -> None:
    desk.configure(f"{toml}\n[feeds]\nlimit = {number}")


def titles(document: Document) -> list[str]:
    return [item["title"] for item in items(document).values()]


def titles_by_archive(desk: Desk, key: str = "all") -> dict[int, list[str]]:
    """Return the titles in each archive; 0 is the subscription document."""
    found = {0: titles(subscription(desk.publication, ref(key)))}
    for number, document in archives(desk.publication, ref(key)):
        found[number] = titles(document)
    return found


def archive(desk: Desk, number: int, format: Format = Format.JSON) -> Document:
    document = desk.publication.archive(ALL, format, number)
    assert document is not None
    return document


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (3, {0: ["T3", "T2", "T1"]}),
        (4, {0: ["T4", "T3", "T2"], 1: ["T3", "T2", "T1"]}),
        (6, {0: ["T6", "T5", "T4"], 1: ["T3", "T2", "T1"]}),
        (7, {0: ["T7", "T6", "T5"], 1: ["T3", "T2", "T1"], 2: ["T6", "T5", "T4"]}),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_archives_are_filled_from_the_oldest(
    desk: Desk, count: int, expected: dict[int, list[str]], at_once: bool
) -> None:
    """Conformance 27: whether the articles were published at once or one by one."""
    limit(desk, 3)
    for day in range(1, count + 1):
        write(desk, day)
        if not at_once:
            desk.sync()
    desk.sync()
    assert titles_by_archive(desk) == expected


def test_a_large_first_sync_fills_several_archives(desk: Desk) -> None:
    """Conformance 27: every entry is in the subscription document or in one archive.

    More articles than one statement selects.
    """
    limit(desk, 10)
    for n in range(634):
        desk.write(f"{n}.md", article(f"T{n}", slug=f"{n:04}", tags=["x"] if n % 3 else []))
    desk.sync()
    found = titles_by_archive(desk)
    assert sorted(found) == list(range(64))
    assert {len(each) for each in found.values()} == {10}
    assert len({title for each in found.values() for title in each}) == 634
    assert max(titles_by_archive(desk, "tag/x")) == 42
    assert desk.sync().published.revision is None


def test_the_limit_of_a_feed_is_the_size_of_its_archives(desk: Desk) -> None:
    desk.configure('[feeds]\nlimit = 2\n[feeds."tag/x"]\nlimit = 3')
    write(desk, 1, 2, 3, 4, tags=["x"])
    write(desk, 5)
    desk.sync()
    assert {number: len(each) for number, each in titles_by_archive(desk).items()} == {
        0: 2,
        1: 2,
        2: 2,
    }
    assert {number: len(each) for number, each in titles_by_archive(desk, "tag/x").items()} == {
        0: 3,
        1: 3,
    }


@pytest.mark.parametrize("format", [Format.RSS, Format.ATOM])
def test_documents_link_to_their_neighbours(desk: Desk, format: Format) -> None:
    """Conformance 26: but not to an archive that does not exist yet."""
    limit(desk, 1)
    write(desk, 1, 2, 3, tags=["C++"])
    desk.sync()
    cpp = ref("tag/c++")
    documents = [desk.publication.document(cpp, format)]
    documents += [desk.publication.archive(cpp, format, number) for number in (1, 2)]
    found = []
    for document in documents:
        assert document is not None
        root = etree.fromstring(document.body)
        parent = root[0] if format is Format.RSS else root
        links = {link.get("rel"): link.get("href") for link in parent.findall(f"{ATOM}link")}
        links.pop("alternate", None)
        found.append(links)
    feed = f"{SITE}/feeds/tag/c%2B%2B"
    first, second = (f"{feed}/archive/{number}.{format}" for number in (1, 2))
    current = f"{feed}.{format}"
    assert found == [
        {"self": current, "prev-archive": second},
        {"self": first, "current": current, "next-archive": second},
        {"self": second, "current": current, "prev-archive": first},
    ]


def test_an_archive_has_the_metadata_of_its_feed(desk: Desk) -> None:
    limit(desk, 1)
    write(desk, 1, 2)
    desk.sync()
    feed, old = (
        feedparser.parse(each) for each in (desk.body(), archive(desk, 1, Format.ATOM).body)
    )
    for name in ("id", "title", "subtitle", "link", "language"):
        assert feed.feed[name] == old.feed[name]
    assert old.feed.updated == "2021-12-31T23:00:00Z", "the date of its newest entry"


def test_a_missing_archive_has_no_document(desk: Desk) -> None:
    limit(desk, 1)
    write(desk, 1, 2)
    desk.sync()
    publication = desk.publication
    assert publication.archive(ALL, Format.RSS, 1) is not None
    for number in (-1, 0, 2, 999_999_999):
        assert publication.archive(ALL, Format.RSS, number) is None
    assert publication.archive(ref("tag/x"), Format.RSS, 1) is None


def test_new_articles_change_archives_only_by_one_link(desk: Desk) -> None:
    """Conformance 27."""
    limit(desk, 2)
    write(desk, *range(1, 6))
    desk.sync()
    before = {number: archive(desk, number) for number in (1, 2)}
    atom = {number: archive(desk, number, Format.ATOM) for number in (1, 2)}
    write(desk, 6)
    desk.sync()
    assert {number: archive(desk, number) for number in (1, 2)} == before
    write(desk, 7)
    desk.sync()
    assert archive(desk, 1, Format.ATOM) == atom[1]
    after = archive(desk, 2, Format.ATOM)
    assert (after.revision, after.last_modified) == (3, desk.now)
    gained = f'\n  <link href="{SITE}/feeds/all/archive/3.atom" rel="next-archive"/>'.encode()
    assert after.body.replace(gained, b"") == atom[2].body


@pytest.mark.databases("sqlite", "postgresql")
def test_a_backdated_article_is_in_the_feed_until_it_is_archived(desk: Desk) -> None:
    """Conformance 27: polling readers see new articles, however old their date."""
    limit(desk, 3)
    write(desk, *range(11, 16))
    desk.sync()
    write(desk, 1)
    desk.sync()
    assert titles_by_archive(desk) == {0: ["T15", "T14", "T1"], 1: ["T13", "T12", "T11"]}
    write(desk, 2)
    desk.sync()
    assert titles_by_archive(desk) == {
        0: ["T15", "T14", "T13"], 1: ["T13", "T12", "T11"], 2: ["T14", "T2", "T1"]
    }  # fmt: skip


def test_a_restored_article_does_not_enter_a_closed_archive(desk: Desk) -> None:
    """Conformance 27."""
    limit(desk, 2)
    write(desk, *range(1, 5))
    desk.sync()
    desk.remove("1.md")
    desk.sync()
    assert titles_by_archive(desk) == {0: ["T4", "T3"], 1: ["T2"]}
    before = archive(desk, 1)
    write(desk, 1)
    desk.sync()
    assert archive(desk, 1).body == before.body
    assert titles_by_archive(desk) == {0: ["T4", "T3"], 1: ["T2"], 2: ["T3", "T1"]}


def test_an_empty_archive_exists_and_is_linked(desk: Desk) -> None:
    """Conformance 27: its URL was published."""
    limit(desk, 1)
    write(desk, 1, 2, 3)
    desk.sync()
    desk.remove("2.md")
    desk.sync()
    assert titles_by_archive(desk) == {0: ["T3"], 1: ["T1"], 2: []}
    for format in Format:
        assert archive(desk, 2, format).last_modified == desk.now
    write(desk, 4)
    desk.sync()
    assert titles_by_archive(desk) == {0: ["T4"], 1: ["T1"], 2: [], 3: ["T3"]}


TOUCHES: dict[str, tuple[Callable[[Desk], object], set[int]]] = {
    "an edit": (lambda desk: desk.write("1.md", article("New", "2022-01-01")), {1}),
    "another date": (lambda desk: desk.write("3.md", article("T3", "2022-01-01")), {2}),
    "a removal": (lambda desk: desk.remove("3.md"), {2}),
    "an edit of the newest": (lambda desk: desk.write("5.md", article("New", "2022-01-05")), set()),
    "a removal of the newest": (lambda desk: desk.remove("5.md"), set()),
    "another subtitle": (lambda desk: limit(desk, 2, 'subtitle = "New"'), {1, 2}),
    "another limit": (lambda desk: limit(desk, 3), set()),
    "another archive": (lambda desk: write(desk, 6, 7), {2}),
    "nothing": (lambda desk: None, set()),
}


@pytest.mark.parametrize("name", TOUCHES)
def test_an_archive_changes_with_its_entries(desk: Desk, name: str) -> None:
    """Conformance 34, 37: revision, instant and tag, exactly when the bytes do."""
    limit(desk, 2)
    write(desk, 1, 2, 3, 4, 5)
    desk.sync()
    before = {number: archive(desk, number, Format.ATOM) for number in (1, 2)}
    touch, moved = TOUCHES[name]
    touch(desk)
    desk.sync()
    for number, was in before.items():
        now = archive(desk, number, Format.ATOM)
        if number in moved:
            assert (now.revision, now.last_modified) == (2, desk.now)
            assert now.body != was.body
            assert now.tag != was.tag
        else:
            assert now == was


def test_a_lower_limit_closes_archives_and_a_higher_one_keeps_them(desk: Desk) -> None:
    limit(desk, 5)
    write(desk, *range(1, 8))
    desk.sync()
    assert titles_by_archive(desk) == {
        0: ["T7", "T6", "T5", "T4", "T3"],
        1: ["T5", "T4", "T3", "T2", "T1"],
    }
    limit(desk, 1)
    desk.sync()
    lower = {0: ["T7"], 1: ["T5", "T4", "T3", "T2", "T1"], 2: ["T6"]}
    assert titles_by_archive(desk) == lower
    limit(desk, 3)
    desk.sync()
    assert titles_by_archive(desk) == {**lower, 0: ["T7", "T6", "T5"]}


def test_an_expired_article_leaves_its_archive(desk: Desk) -> None:
    """Conformance 55."""
    limit(desk, 1)
    write(desk, 1, expires="2026-06-01")
    write(desk, 2, 3)
    desk.sync()
    assert titles_by_archive(desk)[1] == ["T1"]
    desk.release(START.replace(month=7))
    assert titles_by_archive(desk)[1] == []
    assert archive(desk, 1).last_modified == desk.now


def test_an_archive_is_cached_until_it_changes(desk: Desk) -> None:
    limit(desk, 1)
    write(desk, 1, 2, 3)
    desk.sync()
    publication = desk.publication
    first, second = (publication.archive(ALL, Format.RSS, number) for number in (1, 2))
    desk.write("2.md", article("New", "2022-01-02"))
    desk.sync()
    assert publication.archive(ALL, Format.RSS, 1) is first
    assert publication.archive(ALL, Format.RSS, 2) != second


def test_reading_an_archive_does_not_scan_its_feed(tmp_path: Path) -> None:
    """SQLite would by default walk through the whole feed in order."""
    database = f"sqlite:///{tmp_path}/catalog.db"
    catalog = Catalog(database)
    catalog.create()
    desk = Desk(tmp_path / "site", catalog, database)
    limit(desk, 2)
    write(desk, *range(1, 31))
    desk.sync()
    asked: list[str] = []
    with desk.catalog.reading() as connection:
        event.listen(connection, "before_cursor_execute", lambda *each: asked.append(each[2]))
        row = queries.feed(connection, ALL)
        assert row is not None
        assert queries.archive(connection, row, 3)
        queries.current_entries(connection, row.number, row.unarchived + 1, 2)
        of_archive, _, apart = (each for each in asked if "feed_row" in each)
        for statement, parameters in ((of_archive, (1, 3)), (apart, (1,))):
            steps = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            assert all("feed_row_archive" in step[3] for step in steps)
    catalog.close()


def test_archives_have_the_revision_of_their_last_change(desk: Desk) -> None:
    limit(desk, 1)
    for day in range(1, 5):
        write(desk, day)
        desk.sync()
    found = [(row["number"], row["revision"]) for row in desk.rows(schema.archive)]
    # The site feed and the language feed: closed by the second article, linked by the next.
    assert found == [(1, 3), (2, 4), (3, 4)] * 2
    assert top(archive(desk, 3))["next_url"].endswith("/2.json")
