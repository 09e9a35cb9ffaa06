"""Matching files with articles in whole syncs: moves, ids, and conflicting names."""

import pytest

from feedsvc.catalog.publish import Published
from tests.desk import Desk
from tests.sites import article

NOTHING = Published()


@pytest.mark.parametrize(
    "front_matter", [{"id": "urn:x:1"}, {"slug": "s"}], ids=["pinned id", "slug"]
)
def test_a_moved_file_is_the_same_article(desk: Desk, front_matter: dict[str, str]) -> None:
    desk.write("a.md", article("A", **front_matter))
    desk.sync()
    before = desk.articles()["a.md"]
    desk.rename("a.md", "2022/b.md")
    report = desk.sync()
    after = desk.articles()["2022/b.md"]
    assert (after.number, after.id) == (before.number, before.id)
    assert len(desk.every_article()) == 1
    if "slug" in front_matter:
        assert report.published == NOTHING


def test_a_file_moved_with_its_folder_keeps_its_slug(desk: Desk) -> None:
    desk.write("old/a/index.md", article("A"))
    desk.sync()
    before = desk.articles()["old/a/index.md"]
    desk.rename("old/a/index.md", "new/a/index.md")
    assert desk.sync().published == NOTHING
    assert desk.articles()["new/a/index.md"].id == before.id


@pytest.mark.parametrize(
    "changed",
    [
        article("Another title"),
        article(slug="another"),
        article(published="2023-03-03"),
        article("Another", "2023-03-03", slug="another"),
    ],
)
def test_a_released_article_keeps_its_id(desk: Desk, changed: str) -> None:
    """Conformance 15."""
    desk.write("a.md", article())
    desk.sync()
    assert desk.articles()["a.md"].id == "tag:news.example.org,2022:2022-02-17:a"
    desk.write("a.md", changed)
    desk.sync()
    assert desk.articles()["a.md"].id == "tag:news.example.org,2022:2022-02-17:a"


def test_ids_survive_a_change_of_host(desk: Desk) -> None:
    """Conformance 15."""
    desk.write("a.md", article())
    desk.sync()
    before = desk.articles()["a.md"].id
    desk.configure('base_url = "http://other.example"\nid_authority = "other.example,2030"')
    desk.sync()
    assert desk.articles()["a.md"].id == before


@pytest.mark.parametrize("hidden", [{"draft": True}, {"published": "2026-06-01"}])
def test_the_id_of_an_unpublished_article_follows_its_date_and_slug(
    desk: Desk, hidden: dict[str, object]
) -> None:
    desk.write("a.md", article(**{"slug": "working-title", **hidden}))  # type: ignore[arg-type]
    desk.sync()
    assert desk.articles()["a.md"].id.endswith(":working-title")
    desk.write("a.md", article(slug="final"))
    desk.sync()
    assert desk.articles()["a.md"].id == "tag:news.example.org,2022:2022-02-17:final"


def test_a_restored_file_is_the_same_article(desk: Desk) -> None:
    """Conformance 15."""
    desk.write("a.md", article("A", tags=["x"]))
    desk.sync()
    before = desk.articles()["a.md"]
    desk.remove("a.md")
    desk.sync()
    assert desk.titles() == []
    desk.write("elsewhere/a.md", article("A", tags=["x"]))
    assert desk.sync().published.new == 1
    after = desk.articles()["elsewhere/a.md"]
    assert (after.number, after.id) == (before.number, before.id)
    assert desk.titles("tag/x") == ["A"]


def test_a_file_moved_over_another_withdraws_the_other(desk: Desk) -> None:
    desk.write("a.md", article("A", id="urn:x:a"))
    desk.write("b.md", article("B", id="urn:x:b"))
    desk.sync()
    numbers = {row.id: row.number for row in desk.every_article()}
    desk.rename("a.md", "b.md")
    report = desk.sync()
    assert report.published.withdrawn == 1
    assert desk.titles() == ["A"]
    (row,) = desk.articles().values()
    assert (row.number, row.id, row.path) == (numbers["urn:x:a"], "urn:x:a", "b.md")
    assert desk.sync().published == NOTHING
    assert desk.titles() == ["A"]


def test_two_files_that_swap_paths_keep_their_pinned_ids(desk: Desk) -> None:
    """Conformance 15."""
    desk.write("a.md", article("A", id="urn:x:a"))
    desk.write("b.md", article("B", "2022-02-18", id="urn:x:b"))
    desk.sync()
    before = {row.id: row.number for row in desk.every_article()}
    desk.rename("a.md", "c.md")
    desk.rename("b.md", "a.md")
    desk.rename("c.md", "b.md")
    report = desk.sync()
    assert report.problems == ()
    assert {row.id: row.number for row in desk.every_article()} == before
    assert {path: row.title for path, row in desk.articles().items()} == {"a.md": "B", "b.md": "A"}


def test_files_that_shift_paths_keep_their_pinned_ids(desk: Desk) -> None:
    """Conformance 15."""
    for name in "ab":
        desk.write(f"{name}.md", article(name, id=f"urn:x:{name}"))
    desk.sync()
    before = {row.id: row.number for row in desk.every_article()}
    desk.rename("b.md", "c.md")
    desk.rename("a.md", "b.md")
    assert desk.sync().problems == ()
    assert {row.id: row.number for row in desk.every_article()} == before
    assert {path: row.title for path, row in desk.articles().items()} == {"b.md": "a", "c.md": "b"}


# Conflicting names


def test_of_two_new_files_the_earlier_published_gets_the_slug(desk: Desk) -> None:
    desk.write("a/s.md", article("Later", "2022-02-18"))
    desk.write("b/s.md", article("First", "2022-02-17"))
    report = desk.sync()
    assert desk.titles() == ["First"]
    (problem,) = report.problems
    assert (problem.path, problem.code) == ("content/a/s.md", "duplicate-slug")
    assert "b/s.md" in problem.message


def test_a_published_article_keeps_its_slug(desk: Desk) -> None:
    desk.write("b/s.md", article("Had it", "2022-02-18"))
    desk.sync()
    desk.write("a/s.md", article("Wants it", "2022-01-01"))
    report = desk.sync()
    assert [problem.path for problem in report.problems] == ["content/a/s.md"]
    assert desk.titles() == ["Had it"]


@pytest.mark.parametrize("pinned_first", [True, False])
def test_of_two_files_the_first_gets_the_id(desk: Desk, pinned_first: bool) -> None:
    """Conformance 4."""
    desk.write("a.md", article("First", "2022-02-17", id="urn:x:1"))
    if pinned_first:
        desk.sync()
    desk.write("b.md", article("Second", "2022-02-18", id="urn:x:1"))
    report = desk.sync()
    assert desk.titles() == ["First"]
    (problem,) = report.problems
    assert (problem.path, problem.line, problem.code) == ("content/b.md", 4, "duplicate-id")
    assert "a.md" in problem.message


@pytest.mark.parametrize("key", ["slug", "id"])
def test_a_refused_file_is_published_once_the_conflict_is_resolved(
    desk: Desk, key: str, settled: None
) -> None:
    desk.write("a.md", article("A", "2022-02-17", **{key: "urn:x:1"}))
    desk.write("b.md", article("B", "2022-02-18", **{key: "urn:x:1"}))
    desk.sync()
    first = desk.sync()
    assert (first.read, len(first.problems)) == (1, 1)
    desk.remove("a.md")
    report = desk.sync()
    assert report.problems == ()
    assert desk.titles() == ["B"]
    assert desk.sync().read == 0


def test_two_slugs_can_be_swapped_in_one_sync(desk: Desk) -> None:
    """Conformance 15."""
    desk.write("a.md", article("A", slug="x"))
    desk.write("b.md", article("B", slug="y"))
    desk.sync()
    before = desk.articles()
    desk.write("a.md", article("A", slug="y"))
    desk.write("b.md", article("B", slug="x"))
    assert desk.sync().problems == ()
    after = desk.articles()
    assert [after["a.md"].slug, after["b.md"].slug] == ["y", "x"]
    assert {path: row.id for path, row in after.items()} == {
        path: row.id for path, row in before.items()
    }


def test_two_drafts_can_swap_their_slugs_in_one_sync(desk: Desk) -> None:
    desk.write("a.md", article("A", slug="x", draft=True))
    desk.write("b.md", article("B", slug="y", draft=True))
    desk.sync()
    desk.write("a.md", article("A", slug="y", draft=True))
    desk.write("b.md", article("B", slug="x", draft=True))
    assert desk.sync().problems == ()
    assert desk.articles()["a.md"].id.endswith(":y")
    assert desk.articles()["b.md"].id.endswith(":x")


def test_a_refused_edit_keeps_the_old_slug(desk: Desk) -> None:
    """A refused edit leaves its article unchanged, including its slug."""
    desk.write("a.md", article("A", "2022-02-03", slug="x"))
    desk.write("c.md", article("C", "2022-02-02", slug="y"))
    desk.sync()
    desk.write("a.md", article("A", "2022-02-03", slug="y"))
    desk.write("b.md", article("B", "2022-02-01", slug="x"))
    report = desk.sync()
    assert [problem.path for problem in report.problems] == ["content/a.md", "content/b.md"]
    assert {path: row.slug for path, row in desk.articles().items()} == {"a.md": "x", "c.md": "y"}
    desk.remove("c.md")
    assert desk.sync().problems == ()
    assert {path: row.slug for path, row in desk.articles().items()} == {"a.md": "y", "b.md": "x"}
