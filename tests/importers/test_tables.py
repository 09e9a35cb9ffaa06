"""Tables: only rows that every status column allows are published."""

from pathlib import Path

import pytest

from feedsvc.model import Kind, Person
from tests.importers.desk import Site, codes
from tests.importers.exports import MORNING, imported, labels

TABLE = (
    "Title;Publish Date;Content;URL;Tags;Authors;Status\n"
    '"A; title";2022-02-17 09:30;"<p>Text\n\nof ""a"" row</p>";/p/a;"x, y";Ada, Bo;published\n'
    "Plain;2022-02-18;One & two;https://old.example/p/b;;;published\n"
)


def test_rows_of_a_table_become_articles(tmp_path: Path) -> None:
    report, articles = imported(tmp_path, "articles.csv", TABLE)
    assert codes(report) == []
    article = articles["A; title"]
    assert (article.id, article.published) == ("https://old.example/p/a", MORNING)
    assert article.html == '<p>Text\n\nof "a" row</p>'
    assert labels(article, Kind.TAG) == ["x", "y"]
    assert article.authors == (Person("Ada"), Person("Bo"))
    assert articles["Plain"].html == "<p>One &amp; two</p>"


@pytest.mark.parametrize(
    ("column", "value", "draft", "skipped"),
    [
        ("status", "published", False, ""),
        ("status", "Live", False, ""),
        ("status", "draft", True, ""),
        ("status", "", True, ""),
        ("status", "scheduled", True, ""),
        ("status", "archived", None, "archived"),
        ("draft", "false", False, ""),
        ("draft", "TRUE", True, ""),
        ("draft", "since may", True, ""),
        ("published", "yes", False, ""),
        ("published", "no", True, ""),
        ("is_published", "", True, ""),
        ("visibility", "public", False, ""),
        ("audience", "everyone", False, ""),
        ("audience", "free", None, "for free"),
        ("access", "members", None, "for members"),
        ("Members only", "1", None, "with members_only"),
        ("Members only", "0", False, ""),
        ("password", "x", None, "with password"),
        ("Archived", "true", None, "with archived"),
    ],
)
def test_rows_are_published_only_if_all_status_columns_allow_it(
    tmp_path: Path, column: str, value: str, draft: bool | None, skipped: str
) -> None:
    table = f"title,date,html,{column}\nT,2022-02-17,<p>A</p>,{value}\n"
    report, articles = imported(tmp_path, "a.csv", table)
    assert report.skipped == ({skipped: 1} if skipped else {})
    assert [article.draft for article in articles.values()] == ([] if draft is None else [draft])


@pytest.mark.parametrize(
    ("table", "problems", "written"),
    [
        ("title,date,html,title\nT,2022-02-17,A,B\n", ["broken-table"], 0),
        ("title,date,html\nT,2022-02-17,A,rest\nU,2022-02-17,B\n", ["broken-table"], 1),
        ("title,date,html\nT,2022-02-30,A\nU,2022-02-17,B\n", ["bad-source-date"], 1),
        ("title,date,html\nT,,A\n", ["no-date"], 0),
        ("name,email\nAda,private@example.com\n", ["unknown-source"], 0),
    ],
)
def test_problems_of_tables_are_reported_by_row(
    tmp_path: Path, table: str, problems: list[str], written: int
) -> None:
    report, articles = imported(tmp_path, "a.csv", table)
    assert (codes(report), len(articles)) == (problems, written)


def test_unrelated_tables_in_folders_are_skipped(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.put("a.csv", "title,date,html,url\nT,2022-02-17,A,https://old.example/a\n")
    folder = site.put("b.csv", "email\nprivate@example.com\n").parent
    report = site.run(folder)
    assert (codes(report), report.written) == ([], 1)
