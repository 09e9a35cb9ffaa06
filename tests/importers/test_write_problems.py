"""Items with missing, unusable or duplicate values are imported with Problems."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedsvc import html, syntax
from feedsvc.errors import FeedsvcError
from feedsvc.importers import names
from feedsvc.importers.item import Origin
from feedsvc.model import (
    MAX_ID,
    MAX_LANGUAGE,
    MAX_TERM,
    MAX_URL,
    Enclosure,
    FeedRef,
    Kind,
    Person,
)
from feedsvc.sources.article import MAX_SIZE
from tests.importers.desk import Site, as_item


def test_missing_required_values_are_reported(tmp_path: Path) -> None:
    writer = Site(tmp_path).writer()
    missing = [writer.write(as_item(title=" \x00", body="")), writer.write(as_item(published=None))]
    problems = [problem for result in missing for problem in result.problems]
    assert [(problem.line, problem.code) for problem in problems] == [
        (3, "no-title"),
        (3, "no-date"),
    ]
    assert "has neither a title nor a text" in problems[0].message
    assert "write one in the source, or give --date" in problems[1].message
    result = writer.write(as_item(body="a" * MAX_SIZE))
    assert [problem.code for problem in result.problems] == ["too-large-item"]


def test_an_id_that_is_not_an_iri_is_replaced_by_a_stable_one(tmp_path: Path) -> None:
    """Conformance 15."""
    site = Site(tmp_path)
    result = site.writer().write(as_item(id="123", seed="https://old.example/\n123"))
    (problem,) = result.problems
    assert (problem.code, problem.severity) == ("new-id", "warning")
    (article,) = site.articles().values()
    assert article.id == "urn:uuid:b1b3a03b-a8f6-5784-b62b-9e4c5ca29f4d"
    other = as_item(id="123", seed="https://other.example/\n123")
    assert site.writer().write(other).path


def test_unusable_values_are_reported_and_omitted(tmp_path: Path) -> None:
    site = Site(tmp_path)
    item = as_item(
        categories=("...", "A"),
        authors=(Person("Ada", "no mail", "javascript:a"),),
        language="English!",
        image="data:image/png,a",
        enclosures=(Enclosure("http://[", "a"), Enclosure("https://b.example/c d.mp3", "?", 3)),
    )
    result = site.writer().write(item)
    assert [problem.code for problem in result.problems] == ["unusable-value"] * 6
    (article,) = site.articles().values()
    assert article.authors == (Person("Ada"),)
    assert article.enclosures == (Enclosure("https://b.example/c%20d.mp3", "audio/mpeg", 3),)
    assert (FeedRef(Kind.CATEGORY, "a"), "A") in article.terms


def test_a_draft_with_an_ambiguous_date_lists_the_candidates(tmp_path: Path) -> None:
    """Conformance 53."""
    site = Site(tmp_path)
    days = tuple(datetime(year, 2, 17, tzinfo=UTC) for year in (2011, 2022))
    item = replace(as_item(published=days[0]), candidates=days, draft=True)
    site.writer().write(item)
    (content,) = site.files().values()
    assert b"# The text does not settle its day. These fit: 2011-02-17, 2022-02-17\n" in content
    (article,) = site.articles().values()
    assert article.draft


@pytest.mark.parametrize(
    "written", ["", "123", "a b:c", "urn:x: y", "urn:x:\ud800", "urn:x:\ufffe"]
)
def test_an_id_that_is_invalid_in_feeds_is_never_written(written: str) -> None:
    """Conformance 1, 15."""
    identity, _ = names.identity(as_item(id=written))
    assert html.xml_safe(identity) == identity
    assert syntax.is_iri(identity)


LONG = "🐘" * 5000  # more than any limit


def test_values_at_their_limits_are_kept(tmp_path: Path) -> None:
    site = Site(tmp_path)
    entry_id = "urn:x:".ljust(MAX_ID, "y")
    link = "https://a.example/".ljust(MAX_URL, "y")
    term = "🐘" * (MAX_TERM // 4)
    language = ("en" + "-abcdefgh" * 20)[:MAX_LANGUAGE]
    item = as_item(id=entry_id, link=link, tags=(term,), authors=(Person(term),), language=language)
    assert site.writer(keep_links=True).write(item).problems == ()
    (article,) = site.articles().values()
    assert (article.id, article.external, article.language) == (entry_id, link, language)
    assert {FeedRef(Kind.TAG, term), FeedRef(Kind.AUTHOR, term)} <= dict(article.terms).keys()


@pytest.mark.parametrize(
    "value",
    [
        {"tags": (LONG,)},
        {"categories": (LONG,)},
        {"authors": (Person(LONG),)},
        {"authors": (Person("Ada", uri=f"https://a.example/{LONG}"),)},
        {"link": f"https://a.example/{LONG}"},
        {"image": f"https://a.example/{LONG}"},
        {"enclosures": (Enclosure(f"https://a.example/{LONG}", "audio/ogg"),)},
        {"language": ("en" + "-abcdefgh" * 20)[: MAX_LANGUAGE + 1]},
    ],
    ids=lambda value: "".join(value),
)
def test_a_value_beyond_its_limit_is_omitted_with_a_warning(
    tmp_path: Path, value: dict[str, object]
) -> None:
    site = Site(tmp_path)
    (problem,) = site.writer(keep_links=True).write(as_item(**value)).problems
    assert problem.code == "unusable-value"
    assert " bytes in UTF-8, and the limit is " in problem.message
    assert len(site.articles()) == 1


def test_an_id_beyond_its_limit_is_replaced_by_a_stable_one(tmp_path: Path) -> None:
    site = Site(tmp_path)
    item = as_item(id=f"urn:x:{LONG}", slug=LONG, title="words " * 1000)
    (problem,) = site.writer().write(item).problems
    assert problem.code == "new-id"
    (article,) = site.articles().values()
    assert article.id
    assert article.id.startswith("urn:uuid:")
    assert site.writer().write(item).exists


def test_a_target_folder_with_too_long_a_path_is_refused(tmp_path: Path) -> None:
    into = "/".join(["x" * 200] * 4)
    with pytest.raises(FeedsvcError, match="803 bytes in UTF-8, and the limit is 745"):
        Site(tmp_path).writer(into)


def test_two_articles_with_the_same_id_are_both_written(tmp_path: Path) -> None:
    site = Site(tmp_path)
    first = as_item(title="One", link="https://a.example/1")
    second = as_item(title="Two", link="https://a.example/2", origin=Origin("feed.xml", 9, 2))
    for _ in range(2):  # an import can be repeated
        writer = site.writer()
        results = [writer.write(item) for item in (first, second)]
    assert [result.exists for result in results] == [True, True]
    articles = {article.title: article.id for article in site.articles().values()}
    assert articles["One"] == "urn:x:1"
    assert str(articles["Two"]).startswith("urn:uuid:")


def test_a_duplicate_id_is_a_warning_that_names_both_articles(tmp_path: Path) -> None:
    site = Site(tmp_path)
    writer = site.writer()
    writer.write(as_item(title="One", link="https://a.example/1"))
    (problem,) = writer.write(
        as_item(title="Two", link="https://a.example/2", origin=Origin("feed.xml", 9, 2))
    ).problems
    assert (problem.line, problem.code) == (9, "duplicate-id")
    assert "item 2 has the id 'urn:x:1' of item 1 of feed.xml, 'One'" in problem.message
    assert "'Two' became urn:uuid:" in problem.message


def test_an_article_in_two_feeds_is_written_once(tmp_path: Path) -> None:
    site = Site(tmp_path)
    writer = site.writer()
    writer.write(as_item(link="https://a.example/1", body="<p>All</p>"))
    result = writer.write(as_item(link="https://a.example/1", body="", summary="Short"))
    assert (result.exists, result.problems) == (True, ())


def test_a_missing_title_is_the_beginning_of_the_text(tmp_path: Path) -> None:
    site = Site(tmp_path)
    (problem,) = site.writer().write(as_item(title=" ", body="<p>A short note.</p>")).problems
    assert problem.code == "made-title"
    (article,) = site.articles().values()
    assert article.title == "A short note."
