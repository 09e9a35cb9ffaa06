"""Articles of Pelican keep their URLs, ids, dates and categories."""

import importlib.util
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import feedparser
import pytest

from feedsvc.model import Kind, Person
from feedsvc.sources.generators import rst
from tests.sources.generators import trees
from tests.sources.generators.reading import CET, SITE, labels, one, places, read


def test_pelican_sites_keep_their_urls_and_ids(tmp_path: Path) -> None:
    articles, problems = read(tmp_path, trees.PELICAN, "")
    assert {path: (each.link, each.native_id) for path, each in articles.items()} == {
        "2012-03-04-dated.md": (
            f"{SITE}/dated-name.html",
            "tag:news.example.org,2012-03-04:/dated-name.html",
        ),
        "draft.md": (f"{SITE}/draft.html", "tag:news.example.org,2011-01-01:/draft.html"),
        "first.md": (
            f"{SITE}/my-super-title-quoted-election.html",
            "tag:news.example.org,2010-12-03:/my-super-title-quoted-election.html",
        ),
        "hidden.md": (f"{SITE}/hidden.html", "tag:news.example.org,2011-01-01:/hidden.html"),
        "science/second.rst": (
            f"{SITE}/second-slug.html",
            "tag:news.example.org,2010-10-03:/second-slug.html",
        ),
    }
    assert problems == []


def test_pelican_metadata_are_translated(tmp_path: Path) -> None:
    articles, _ = read(tmp_path, trees.PELICAN, "")
    first, second = articles["first.md"], articles["science/second.rst"]
    assert first.title == "My super title – “quoted” Élection"
    assert first.published == datetime(2010, 12, 3, 10, 20, tzinfo=CET)
    assert first.updated == datetime(2010, 12, 5, 19, 30, tzinfo=CET)
    assert first.summary == "Short version for index and feeds"
    assert first.authors == (Person("Alexis Example"), Person("Ada Example"))
    assert labels(first, Kind.TAG) == ["pelican", "publishing"]
    assert labels(first, Kind.CATEGORY) == ["Python"]
    assert labels(second, Kind.CATEGORY) == ["science"]
    assert labels(articles["hidden.md"], Kind.CATEGORY) == ["misc"]
    assert f'href="{SITE}/second-slug.html#there"' in first.html
    assert first.files == ("images/a.png",)
    assert second.title == "My second title"
    assert second.html.startswith("<p>Text <a")
    assert "<code>code</code>" in second.html
    assert f'href="{SITE}/my-super-title-quoted-election.html"' in second.html
    assert (articles["hidden.md"].feeds, articles["draft.md"].draft) == (False, True)


def test_pelican_urls_follow_the_configuration(tmp_path: Path) -> None:
    config = (
        "ARTICLE_URL = 'posts/{date:%Y}/{date:%b}/{category}/{slug}/'\nSLUGIFY_SOURCE='basename'"
    )
    articles, _ = read(tmp_path, trees.PELICAN | {"pelicanconf.py": config}, "")
    assert places(articles)["first.md"] == "/posts/2010/Dec/python/first/"


@pytest.mark.parametrize(
    "url", ["{date.__class__}", "{slug.__init__.__globals__}", "{0}", "{", "{slug!r:>99999999}"]
)
def test_pelican_url_patterns_cannot_access_attributes(tmp_path: Path, url: str) -> None:
    files = trees.PELICAN | {"pelicanconf.py": f"ARTICLE_URL = {url!r}\n"}
    articles, _ = read(tmp_path, files, "")
    assert all("class" not in each.link and len(each.link) < 200 for each in articles.values())


def test_hostile_restructuredtext_cannot_read_files_or_the_clock(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    text = f"""\
Title
=====

:date: 2022-02-17

.. include:: {secret}

.. raw:: html

   <b>RAW</b>

.. csv-table::
   :file: {secret}

.. role:: raw-html(raw)
   :format: html

:raw-html:`<i>RAW</i>` today |now|

.. |now| date:: SECRET%Y

.. math:: \\input{{{secret}}}
"""
    article, _ = one(tmp_path, "pelican", text, "a.rst")
    assert "SECRET" not in article.html
    assert "<b>" not in article.html
    assert "<i>" not in article.html


def test_a_missing_docutils_is_reported_with_the_extra_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "docutils", None)
    rst._docutils.cache_clear()
    files = {"content/a.rst": "T\n=\n\n:date: 2022-02-17\n\nText\n"}
    articles, (problem,) = read(tmp_path, files, 'generator = "pelican"\n')
    rst._docutils.cache_clear()
    assert not articles
    assert "[rst]" in str(problem)


@pytest.mark.skipif(not importlib.util.find_spec("pelican"), reason="pelican is not installed")
def test_ids_and_links_equal_those_of_pelican_itself(tmp_path: Path) -> None:
    config = str(trees.PELICAN["pelicanconf.py"]).replace("raise SystemExit('it was run')\n", "")
    markdown = importlib.util.find_spec("markdown")
    files = {
        name: text for name, text in trees.PELICAN.items() if markdown or not name.endswith(".md")
    } | {
        "pelicanconf.py": config,
        "content/deep/er/third.rst": (
            "Ünï – it’s C++ & more\n=======================\n\n:date: 2022-02-17\n\nText\n"
        ),
    }
    articles, _ = read(tmp_path, files, "")
    command = [sys.executable, "-m", "pelican", "content", "-s", "pelicanconf.py", "-o", "out"]
    subprocess.run([*command, "-q"], cwd=tmp_path, check=True, timeout=60, capture_output=True)
    feed = feedparser.parse((tmp_path / "out/feeds/all.atom.xml").read_bytes())
    assert feed.entries
    assert {
        (entry.id, entry.link, json.dumps([each.term for each in entry.tags][:1]))
        for entry in feed.entries
    } == {
        (each.native_id, each.link, json.dumps(labels(each, Kind.CATEGORY)))
        for each in articles.values()
        if not each.draft and each.feeds
    }


def test_problem_lines_are_right_in_every_format_of_pelican(tmp_path: Path) -> None:
    for path, head in {
        "s/a.md": "Title: A\nDate: 2022-02-17\n\n",
        "s/b.md": "---\ntitle: B\ndate: 2022-02-17\n---\n",
        "s/c.rst": "C\n=\n\n:date: 2022-02-17\n\n",
    }.items():
        link = "`x <{filename}no.md>`_" if path.endswith("rst") else "[x]({filename}no.md)"
        text = f"{head}One.\n\n{link}\n"
        _, (problem,) = one(tmp_path / path, "pelican", text, path)
        assert problem.line == text.split("\n").index(link) + 1
        assert problem.code == "unresolved-link"


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|a)*b",
        "(?:a*)*b",
        ".*.*.*.*.*x",
        "a?" * 60 + "a" * 60,
        "(a|a)" * 35 + "b",
        "([)]+)+x",
        "(?P<x>a{1,9}){9}b",
        "(?x)(a+) +b",
        "x" * 201,
    ],
)
def test_a_catastrophic_pelican_pattern_is_not_run(
    tmp_path: Path, pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("feedsvc.sources.generators.pelican.texts.re.match", fail)
    files = {
        "pelicanconf.py": f"FILENAME_METADATA = {pattern!r}\n",
        f"content/{'a' * 100}.md": "Title: A\nDate: 2022-02-17\n\nText\n",
    }
    articles, problems = read(tmp_path, files, "")
    assert len(articles) == 1
    assert [each.code for each in problems] == ["not-evaluated"]


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?P<date>\d{4}-\d{2}-\d{2})_(?P<slug>.*)",
        r"(?P<date>[0-9-]{10})(?:[-_](?P<slug>[^.]+))?",
    ],
)
def test_common_pelican_patterns_are_run(tmp_path: Path, pattern: str) -> None:
    files = {
        "pelicanconf.py": f"FILENAME_METADATA = {pattern!r}\n",
        "content/2022-02-17_other.md": "Title: A\n\nText\n",
    }
    articles, problems = read(tmp_path, files, "")
    assert places(articles) == {"2022-02-17_other.md": "/other.html"}
    assert problems == []
