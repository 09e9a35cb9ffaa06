"""Import of pages saved by browsers."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from feedsvc.errors import FeedsvcError
from feedsvc.importers import page
from feedsvc.importers.evidence import Dating
from feedsvc.importers.item import Item
from feedsvc.model import Kind, Person
from tests.importers.desk import HINTS, PARIS, SOURCES, Site, codes

CET = timezone(timedelta(hours=1))
TEXT = "".join(
    f"<p>Paragraph {number} of a text that is long enough to be one, said the editors.</p>"
    for number in range(6)
)
LD = '<script type="application/ld+json">'
PAGE = "<html lang='en'><head><title>A title</title>{}</head><body><article><h1>A title</h1>{}{}"


def read(head: str = "", body: str = "", name: str = "a.html", **hints: object) -> Item:
    (item,) = page.read(name, PAGE.format(head, TEXT, body), replace(HINTS, **hints))  # type: ignore[arg-type]
    assert isinstance(item, Item)
    return item


def test_a_saved_page_is_imported(tmp_path: Path) -> None:
    site = Site(tmp_path)
    report = site.run(SOURCES / "page.html")
    assert codes(report) == ["local-picture"]
    (article,) = site.articles().values()
    assert article.title == "France and its partners leave Mali"
    assert article.id == "https://old.example/news/withdrawal-from-mali"
    assert article.published == datetime(2022, 2, 17, 9, 30, tzinfo=CET)
    assert article.updated == datetime(2022, 2, 18, 8, tzinfo=CET)
    assert article.authors == (Person("Ada Keïta"),)
    labels = {(ref.kind, label) for ref, label in article.terms}
    assert {(Kind.CATEGORY, "News"), (Kind.TAG, "Mali")} <= labels
    assert article.summary == "The withdrawal is to be complete by June."
    assert article.image == "https://old.example/map.jpg"
    assert "<h2>What comes next</h2>" in article.html
    assert "<strong>European</strong>" in article.html
    assert not any(word in article.html for word in ("Copyright", "Home", "<h1", "_files"))
    again = site.run(SOURCES / "page.html")
    assert (again.written, again.existing, again.problems) == (0, 1, [])


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="article:published_time" content="2022-02-17T08:30:00Z">',
        '<meta name="date" content="2022-02-17 09:30">',
        f'{LD}[{{"@type": ["Article"], "datePublished": "2022-02-17T09:30:00+01:00"}}]</script>',
        f'{LD}{{"@type": </script><meta itemprop="datePublished" content="17 February 2022 09:30">',
    ],
)
def test_the_date_in_the_metadata_is_used(head: str) -> None:
    """Conformance 52."""
    item = read(head)
    assert (item.published, item.draft) == (datetime(2022, 2, 17, 8, 30, tzinfo=UTC), False)


def test_the_text_is_searched_for_a_date_if_metadata_has_none() -> None:
    """Conformance 53."""
    item = read("", "<p>They met on Thursday February 17, and will be done by June 2022.</p>")
    assert (item.published, item.draft) == (datetime(2022, 2, 17, tzinfo=PARIS), False)
    item = read("", "<p>They met on Thursday February 17, as they had said before.</p>")
    assert item.draft
    assert datetime(2022, 2, 17, tzinfo=PARIS) in item.candidates


def test_a_past_day_beside_a_later_year_is_only_a_candidate() -> None:
    """Conformance 53."""
    past = "<p>It began on Friday 11 January 2013, and will be done by June 2022.</p>"
    item = read("", past)
    assert (item.draft, item.candidates) == (True, (datetime(2013, 1, 11, tzinfo=PARIS),))


def test_a_page_without_any_date_has_no_date() -> None:
    """Conformance 53."""
    item = read()
    assert (item.published, item.id) == (None, "")


def test_hints_and_the_file_name_override_the_metadata() -> None:
    stated = '<meta name="date" content="2011-01-01">'
    item = read(stated, name="2022-02-17.html", categories=("A",), language="de")
    assert (item.published, item.categories) == (datetime(2022, 2, 17, tzinfo=PARIS), ("A",))
    assert item.language == "de"
    moment = datetime(2022, 2, 18, tzinfo=UTC)
    assert read(stated, name="2022-02-17.html", date=moment).published == moment


def test_the_url_of_the_home_page_is_not_an_id() -> None:
    item = read('<link rel="canonical" href="https://a.example/">')
    assert (item.id, item.link) == ("", "https://a.example/")


def test_relative_urls_are_resolved_against_the_saved_url(tmp_path: Path) -> None:
    """Conformance 13."""
    site = Site(tmp_path)
    text = PAGE.format("", f"{TEXT}<p>A text with <a href='/b'>a link</a> that leads on.</p>", "")
    saved = "<!-- saved from url=(0021)https://a.example/x/y -->"
    site.run(site.put("2022-02-17.html", saved + text))
    (article,) = site.articles().values()
    assert '<a href="https://a.example/b">' in article.html


@pytest.mark.parametrize(
    "content", ["<html></html>", "<html><body><script>a</script>", "<!doctype html>"]
)
def test_an_empty_page_is_one_problem(tmp_path: Path, content: str) -> None:
    site = Site(tmp_path)
    assert codes(site.run(site.put("a.html", content))) == ["no-article"]


def test_a_missing_trafilatura_is_reported_with_the_extra_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(FeedsvcError, match=r"pip install .*\[import\].*` \(import of"):
        Site(tmp_path).run(SOURCES / "page.html")


@pytest.mark.parametrize(
    "json_ld",
    [
        '{"@type": [{"a": 1}, "Person"], "datePublished": "2020-01-01"}',
        '{"@type": {"a": 1}, "datePublished": "2020-01-01"}',
        '{"@type": 1}',
        '{"@type": "Article", "datePublished": {"@value": "2020-01-01"}}',
        '{"@type": "Article", "datePublished": 2020}',
        '[[[1, null]], "Article"]',
    ],
)
def test_json_ld_of_other_types_is_ignored(json_ld: str) -> None:
    pytest.importorskip("trafilatura")
    written = '<script type="application/ld+json">{"@type": ["Article", 1], "datePublished":'
    assert read(f"{LD}{json_ld}</script>").draft
    found = read(f'{LD}{json_ld}</script>{written} "2022-02-17"}}</script>')
    assert found.published == datetime(2022, 2, 17, tzinfo=PARIS)


def test_a_guess_that_is_not_a_date_is_not_a_candidate() -> None:
    assert page._candidates("0000-13-99", Dating(), HINTS) == ()
