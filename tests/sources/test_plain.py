"""Plain folders of Markdown, with the keys and file names that other programs use."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.model import FeedRef, Kind, Person
from feedsvc.sources import ArticleReader
from feedsvc.sources.frontmatter import FrontMatter
from feedsvc.sources.plain import own_keys, stem
from tests.sites import article, make_site
from tests.sources.reading import many_per_folder, published_article, read, warned

CET = timezone(timedelta(hours=1))


@pytest.mark.parametrize("updated", ["lastmod", "modified"])
@pytest.mark.parametrize("summary", ["description", "excerpt"])
def test_keys_of_other_programs_are_accepted(tmp_path: Path, updated: str, summary: str) -> None:
    values = {
        "date": "2022-01-01",
        updated: "2022-02-01",
        "author": "Ada",
        summary: "In short.",
        "category": "News",
        "tag": "Mali",
        "lang": "fr",
    }
    found = published_article(tmp_path, article(published=None, **values))
    assert found.published == datetime(2022, 1, 1, tzinfo=CET)
    assert found.updated == datetime(2022, 2, 1, tzinfo=CET)
    assert (found.authors, found.summary, found.language) == ((Person("Ada"),), "In short.", "fr")
    assert {ref for ref, _ in found.terms} >= {
        FeedRef(Kind.CATEGORY, "news"),
        FeedRef(Kind.TAG, "mali"),
    }


def test_feedsvcs_own_keys_take_precedence(tmp_path: Path) -> None:
    found = published_article(
        tmp_path,
        article(published="2022-02-02", date="2021-01-01", summary="S", excerpt="E", modified=""),
    )
    assert (found.published, found.summary) == (datetime(2022, 2, 2, tzinfo=CET), "S")
    assert found.updated == found.published


def test_problems_name_the_key_as_it_is_in_the_file(tmp_path: Path) -> None:
    text = "---\ntitle: T\ndate: soon\n---\nText."
    (problem,) = read(make_site(tmp_path, {"a.md": text})).problems
    assert (problem.line, problem.code) == (3, "bad-date")
    assert problem.message.startswith("`date` 'soon' is not a date")


@pytest.mark.parametrize("tags", ["a, b c,,C", ["a", "b c", "C"]])
def test_tags_may_be_separated_by_commas(tmp_path: Path, tags: object) -> None:
    found = published_article(tmp_path, article(tags=tags))
    labels = [label for ref, label in found.terms if ref.kind is Kind.TAG]
    assert labels == ["a", "b c", "C"]


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("2022-01-02-title.md", "title"),
        ("notes/2022-1-2_some title.md", "some-title"),
        ("2022-01-02 title.html", "title"),
        ("2022-01-02-title/index.md", "title"),
        ("2022-01-02.md", "2022-01-02"),
    ],
)
def test_a_date_may_be_in_the_file_name(tmp_path: Path, path: str, slug: str) -> None:
    found = published_article(tmp_path, article(published=None), path)
    assert (found.published, found.slug) == (datetime(2022, 1, 2, tzinfo=CET), slug)
    settings = make_site(tmp_path, {path: article(published=None)})
    assert ArticleReader(settings).names(path) == (slug, "")


def test_a_date_in_front_matter_leaves_the_slug_unchanged(tmp_path: Path) -> None:
    """URLs of existing articles do not change."""
    found = published_article(tmp_path, article(), "2021-01-02-title.md")
    assert (found.published.year, found.slug) == (2022, "2021-01-02-title")


@pytest.mark.parametrize("name", ["2022-13-01-a.md", "2022-02-30-a.md", "22-02-01-a.md"])
def test_an_invalid_date_in_a_file_name_is_ignored(tmp_path: Path, name: str) -> None:
    reading = read(make_site(tmp_path, {name: article(published=None)}), name)
    assert [(each.code, each.severity) for each in reading.problems] == [("missing-date", "note")]


def test_an_unreadable_date_beside_a_dated_file_name_is_a_warning(tmp_path: Path) -> None:
    name = "2022-01-02-a.md"
    found, (problem,) = warned(tmp_path, article(published="02/01/2022"), name)
    assert found.published == datetime(2022, 1, 2, tzinfo=CET)
    assert (problem.line, problem.code) == (3, "bad-date")
    assert problem.message.endswith("; the date in the file's name is used")


@pytest.mark.parametrize(
    ("image", "url"),
    [
        ("/img/x.jpg", "https://news.example.org/img/x.jpg"),
        ("img/x.jpg", "https://news.example.org/sub/img/x.jpg"),
    ],
)
def test_an_image_that_does_not_exist_is_a_url_below_the_base_url(
    tmp_path: Path, image: str, url: str
) -> None:
    settings = make_site(
        tmp_path, {"a.md": article(image=image)}, 'base_url = "https://news.example.org/sub"'
    )
    reading = read(settings)
    assert reading.article
    assert reading.article.image == url
    assert [(each.line, each.code, each.severity) for each in reading.problems] == [
        (4, "missing-file", "warning")
    ]


def test_an_image_of_another_host_is_not_searched_for(tmp_path: Path) -> None:
    assert (
        published_article(tmp_path, article(image="//b.example/x.jpg")).image
        == "https://b.example/x.jpg"
    )


WORDS = st.sampled_from(["date", "published", "tags", "slug", "lang", "title", "x"])


@many_per_folder
@given(st.dictionaries(WORDS, st.none() | st.text() | st.lists(st.text())), st.text())
def test_unrelated_keys_and_values_are_unchanged(
    tmp_path: Path, values: dict[str, object], name: str
) -> None:
    front = own_keys(f"{name}.md", FrontMatter(values, ""))
    for key in values.keys() & {"title", "x"}:
        assert front.values[key] == values[key]
    assert front.values.keys().isdisjoint({"date", "lang"})
    assert all(front.name(key) == key or front.name(key) in values for key in front.values)
    assert stem(f"{name}/a.md") == "a"
