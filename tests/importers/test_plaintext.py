"""Import of pages saved as text: title, breadcrumbs, paragraphs, headings and date."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.errors import Problem
from feedsvc.importers import plaintext
from feedsvc.importers.item import Item
from tests.importers.desk import HINTS, PARIS, SOURCES, Site, codes

TITLE = "France and its partners announce their withdrawal from Mali"
DAY = datetime(2022, 2, 17, tzinfo=PARIS)


def read(text: str, source: str = "a.txt", **hints: object) -> Item:
    (item,) = plaintext.read(source, text, replace(HINTS, **hints))  # type: ignore[arg-type]
    assert isinstance(item, Item)
    return item


def test_a_news_page_saved_as_text_is_imported(tmp_path: Path) -> None:
    """Conformance 53."""
    site = Site(tmp_path)
    report = site.run(SOURCES / "mali.txt")
    assert (report.written, report.drafts, report.problems) == (1, 0, [])
    (article,) = site.articles().values()
    assert article.title == TITLE
    assert article.published == DAY
    assert [label for ref, label in article.terms] == ["News", "en"]
    assert article.summary.startswith("France and its European partners said on Thursday")
    assert article.html.count("<p>") == 2
    assert "<h2>A withdrawal in months</h2>" in article.html
    assert "the *conditions* for" in article.html
    assert "2,400 soldiers &amp; their" in article.html


HEADS = {
    f"Home News {TITLE}\n{TITLE}": (TITLE, ("News",), "en"),
    f"Home  News {TITLE}\n\n\n {TITLE} ": (TITLE, ("News",), "en"),
    f"Accueil Monde {TITLE}\n{TITLE}": (TITLE, ("Monde",), "fr"),
    f"Home {TITLE}\n{TITLE}": (TITLE, (), "en"),
    f"News {TITLE}\n{TITLE}": (TITLE, ("News",), ""),
    f"Home Middle East {TITLE}\n{TITLE}": (TITLE, ("Middle East",), "en"),
    f"Home > World > Africa > {TITLE}\n{TITLE}": (TITLE, ("Africa",), "en"),
    f"Home › World › {TITLE}": (TITLE, ("World",), "en"),
    "Home News Ada’s title\nAda's title": ("Ada's title", ("News",), "en"),
    f"{TITLE}\n{TITLE}": (TITLE, (), ""),
    f"{TITLE}": (TITLE, (), ""),
    f"Home News {TITLE}": (f"Home News {TITLE}", (), ""),  # nothing tells where it begins
    "Homeland News wins\nNews wins": ("News wins", ("Homeland",), ""),
    "A > B": ("A > B", (), ""),
}


@pytest.mark.parametrize(("head", "expected"), HEADS.items())
def test_breadcrumbs_are_removed_from_the_title(
    head: str, expected: tuple[str, tuple[str, ...], str]
) -> None:
    item = read(f"{head}\n\nThe text begins here.\n")
    assert (item.title, item.categories, item.language) == expected
    assert item.body == "The text begins here."


@pytest.mark.parametrize(
    ("source", "line", "published"),
    [
        ("a.txt", "17 February 2022", DAY),
        ("a.txt", "Published on Thursday 17 February 2022", DAY),
        ("a.txt", "Publié le jeudi 17 février 2022", DAY),
        ("a.txt", "2022-02-17 09:30", datetime(2022, 2, 17, 9, 30, tzinfo=PARIS)),
        ("2022-02-17-mali.txt", "It was on Friday.", DAY),
        ("x/mali_20220217.txt", "It was on Thursday 17 February 2011.", DAY),
        ("2022-02-17-mali.txt", "17 February 2011", DAY),
    ],
)
def test_the_date_is_that_of_the_file_name_or_a_line(
    source: str, line: str, published: datetime
) -> None:
    """Conformance 53: the file name takes precedence."""
    item = read(f"{TITLE}\n\n{line}\n\nThe text.\n", source)
    assert (item.published, item.draft) == (published, False)


@pytest.mark.parametrize(
    "name", ["2022-13-17.txt", "2022-02-30.txt", "12022-02-17.txt", "2022.txt"]
)
def test_a_file_name_without_a_valid_date_is_ignored(name: str) -> None:
    assert read(f"{TITLE}\n\nThe text.\n", name).published is None


def test_hints_override_detected_values() -> None:
    moment = datetime(2022, 2, 18, tzinfo=PARIS)
    text = (SOURCES / "mali.txt").read_text(encoding="utf-8")
    item = read(text, "2011-01-01.txt", date=moment, categories=("Sahel",), language="de")
    assert (item.published, item.categories, item.language) == (moment, ("Sahel",), "de")


def test_a_text_with_an_ambiguous_date_becomes_a_draft(tmp_path: Path) -> None:
    """Conformance 53."""
    site = Site(tmp_path)
    report = site.run(site.put("a.txt", "Home News Title\nTitle\n\nOn Thursday February 17.\n"))
    assert (report.written, report.drafts, report.problems) == (1, 1, [])
    (content,) = site.files().values()
    assert b"These fit: 1972-02-17, 1977-02-17" in content
    (article,) = site.articles().values()
    assert article.draft


def test_a_text_without_any_date_is_refused(tmp_path: Path) -> None:
    site = Site(tmp_path)
    report = site.run(site.put("a.txt", "Title\n\nSome text.\n"), site.put("b.txt", " \n\n"))
    assert codes(report) == ["no-date", "empty-source"]
    assert report.problems[0].line == 1
    assert site.files() == {}


def test_a_short_line_between_long_ones_is_a_heading() -> None:
    long = "A sentence that goes on and on, as they do. " * 4
    item = read(f"Title\n\n{long}\nA heading\n{long}\nIt is short.\nShare\nPrint\n")
    assert item.body.split("\n\n") == [
        *(long.strip(), "## A heading", long.strip()),
        *("It is short.", "Share", "Print"),
    ]


def test_each_block_of_a_wrapped_text_is_a_paragraph() -> None:
    item = read("Title\n\nA text that\nwas wrapped.\n\nA heading\n\nMore\nof it.\n")
    assert item.body == "A text that was wrapped.\n\n## A heading\n\nMore of it."


@pytest.mark.parametrize(
    ("content", "fits"),
    [
        ("Déjà\n\nUn été.".encode(), True),
        ("Déjà\n\nUn été.".encode("utf-8-sig"), True),
        ("Déjà\n\nUn été.".encode("utf-16"), True),
        ("Déjà\n\nUn été.".encode("cp1252"), False),
        ("Déjà\r\n\r\nUn été.".encode("latin-1"), False),
    ],
)
def test_texts_in_old_encodings_are_read_with_a_warning(
    tmp_path: Path, content: bytes, fits: bool
) -> None:
    site = Site(tmp_path)
    report = site.run(site.put("2022-02-17.txt", content))
    assert codes(report) == ([] if fits else ["broken-encoding"])
    (article,) = site.articles().values()
    assert (article.title, article.html) == ("Déjà", "<p>Un été.</p>")


def test_an_article_is_recognised_by_its_text_under_any_file_name(tmp_path: Path) -> None:
    site = Site(tmp_path)
    text = (SOURCES / "mali.txt").read_text(encoding="utf-8")
    site.run(site.put("a.txt", text))
    report = site.run(site.put("2022-02-18.txt", text))
    assert (report.written, report.existing) == (0, 1)


@given(st.text())
def test_any_text_results_in_an_item_or_a_problem(text: str) -> None:
    (found,) = plaintext.read("a.txt", text, HINTS)
    assert isinstance(found, Problem) or (isinstance(found, Item) and found.title)
