"""Which article is in which feed, in which order, and the rows of those that left."""

from typing import Any

import pytest

from feedsvc.catalog import schema
from tests.desk import Counted, Desk, counted
from tests.sites import article

pytestmark = pytest.mark.databases("sqlite")


def rows(desk: Desk, key: str) -> list[dict[str, Any]]:
    """Return the rows of one feed, including those that are gone, by article."""
    number = desk.feed(key).number
    return [row for row in desk.rows(schema.feed_row) if row["feed"] == number]


def test_a_deletion_marks_rows_as_gone(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["x"]))
    desk.sync()
    desk.remove("a.md")
    desk.sync()
    for key in ("all", "tag/x", "language/en"):
        (row,) = rows(desk, key)
        assert (row["gone"], row["revision"], row["archive"]) == (True, 2, None)


def test_a_removed_tag_marks_its_row_as_gone(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["x", "y"]))
    desk.sync()
    desk.write("a.md", article("A", tags=["y"]))
    desk.sync()
    assert [(row["gone"], row["revision"]) for row in rows(desk, "tag/x")] == [(True, 2)]
    assert [(row["gone"], row["revision"]) for row in rows(desk, "tag/y")] == [(False, 2)]


def test_rows_that_are_gone_are_not_updated(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["x"]))
    desk.sync()
    desk.write("a.md", article("A"))
    desk.sync()
    desk.write("a.md", article("Edited"))
    desk.sync()
    assert [row["revision"] for row in rows(desk, "tag/x")] == [2]
    assert desk.feed("tag/x").revision == 2


SLUGS = [
    "a",
    "a-b",
    "ab",
    "b",
    "Ab",
    "z",
    "zebra",
    "é",
    "e",
    "ü",
    "ß",
    "中文",
    "日本",
    "😀",
    "\uffee",
]


def test_ties_are_ordered_by_code_point_on_every_database(desk: Desk) -> None:
    """Conformance 24."""
    slugs = sorted({slug.casefold() for slug in SLUGS})
    for index, slug in enumerate(slugs):
        desk.write(f"{index}.md", article(slug, slug=slug))
    desk.sync()
    ordered = desk.titles()
    assert ordered == sorted(slugs, reverse=True)
    assert [each.encode() for each in ordered] == sorted((s.encode() for s in slugs), reverse=True)


def test_articles_are_newest_first_across_time_zones(desk: Desk) -> None:
    desk.write("a.md", article("Second", "2022-02-17 12:00 +00:00"))
    desk.write("b.md", article("First", "2022-02-17 11:00 -05:00"))
    desk.write("c.md", article("Third", "2022-02-17 12:30 +01:00"))
    desk.write("d.md", article("Before the epoch", "1955-11-05 06:00"))
    desk.sync()
    assert desk.titles() == ["First", "Second", "Third", "Before the epoch"]


@pytest.mark.parametrize("limit", [1, 3])
def test_the_document_has_the_newest_articles_and_entries_counts_all(
    desk: Desk, limit: int
) -> None:
    desk.configure(f"[feeds]\nlimit = {limit}")
    for day in range(1, 6):
        desk.write(f"{day}.md", article(f"T{day}", f"2022-01-0{day}"))
    desk.sync()
    assert desk.titles() == [f"T{day}" for day in range(5, 5 - limit, -1)]
    assert desk.feed("all").entries == 5
    desk.remove("5.md")
    desk.sync()
    assert desk.titles() == [f"T{day}" for day in range(4, 4 - limit, -1)]
    assert desk.feed("all").entries == 4


def test_feeds_have_distinct_numbers(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["x", "y"], authors=["n"]))
    desk.sync()
    desk.write("b.md", article("B", tags=["z"], categories=["x"]))
    desk.sync()
    numbers = [feed.number for feed in desk.feeds().values()]
    assert sorted(numbers) == list(range(1, 8))


def test_more_articles_than_fit_into_one_statement(desk: Desk) -> None:
    for n in range(520):
        desk.write(f"{n:03}.md", article(f"T{n}", slug=f"{n:03}", body="![](a.png)"))
    desk.write("a.png", b"PNG")
    assert counted(desk.sync().published) == Counted(1, new=520, feeds=2)
    for n in range(0, 520, 2):
        desk.write(f"{n:03}.md", article(f"U{n}", slug=f"{n:03}"))
    assert counted(desk.sync().published) == Counted(2, edited=260, feeds=2)
    assert desk.titles()[:3] == ["T519", "U518", "T517"]
    for n in range(520):
        desk.remove(f"{n:03}.md")
    assert counted(desk.sync().published) == Counted(3, withdrawn=520, feeds=2)
    assert desk.feed("all").entries == 0
    assert {row["gone"] for row in rows(desk, "all")} == {True}
    assert desk.publication.files.find("a.png") is None
