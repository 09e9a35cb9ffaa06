"""Exports of Ghost: only public posts are imported.

Sources of the format: Ghost's core/server/data/exporter, core/frontend/services/rss and
.../utils/post-gating.js with the test fixtures v4_export.json and valid.json of TryGhost/Ghost.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.importers import ghost as ghost_module
from feedsvc.importers.item import Item
from feedsvc.model import Kind, Person
from tests.importers.desk import HINTS, Site, codes
from tests.importers.exports import MORNING, OLD, SUBSTACK, imported, labels
from tests.soak import examples

GATED = '<!--kg-gated-block:begin nonMember:{} memberSegment:"status:free" -->{}'


def ghost(*posts: Mapping[str, object], **data: object) -> str:
    """Return an export with these posts, each with the values that posts usually have."""
    usual = {
        "title": "T", "slug": "a", "html": "<p>Text.</p>", "type": "post", "status": "published",
        "visibility": "public", "published_at": "2022-02-17T08:30:00.000Z",
    }  # fmt: skip
    made = [{"id": f"60{number:022}", **usual, **post} for number, post in enumerate(posts)]
    return json.dumps({"db": [{"meta": {"version": "5.2.0"}, "data": {"posts": made} | data}]})


def test_a_post_of_ghost_has_all_values_of_its_feed(tmp_path: Path) -> None:
    post = {
        "id": "620e1a2b3c4d5e6f70819293", "title": "Coming soon", "slug": "coming-soon",
        "html": '<p><img src="__GHOST_URL__/content/images/b.png">'
                '<a href="__GHOST_URL__/about/">About</a></p>',
        "updated_at": "2022-02-18T09:00:00.000Z", "custom_excerpt": "A word.",
        "feature_image": "__GHOST_URL__/content/images/a.jpg",
    }  # fmt: skip
    export = ghost(
        post,
        users=[
            {"id": "1", "name": "Ada", "email": "ada@private.example"},
            {"id": "2", "name": "Bo"},
        ],
        tags=[{"id": "1", "name": "News"}, {"id": "2", "name": "Cats"}, {"id": "3", "name": "#x"}],
        posts_authors=[
            {"post_id": post["id"], "author_id": "2", "sort_order": 1},
            {"post_id": post["id"], "author_id": "1", "sort_order": 0},
        ],
        posts_tags=[
            {"post_id": post["id"], "tag_id": number, "sort_order": order}
            for number, order in (("1", 2), ("2", 1), ("3", 0))
        ],
        settings=[{"key": "locale", "value": "fr"}],
    )
    report, articles = imported(tmp_path, "ghost.json", export)
    # Ghost's guid is not an IRI, as Atom requires; an import of its feed derives the same id.
    assert codes(report) == ["new-id"]
    article = articles["Coming soon"]
    assert article.path == "2022/coming-soon.html"
    assert (article.published, article.updated) == (MORNING, datetime(2022, 2, 18, 9, tzinfo=UTC))
    assert article.authors == (Person("Ada"), Person("Bo"))
    assert labels(article, Kind.TAG) == ["Cats", "News"]
    assert (article.summary, article.language) == ("A word.", "fr")
    assert article.image == "https://old.example/content/images/a.jpg"
    assert 'src="https://old.example/content/images/b.png"' in article.html
    assert 'href="https://old.example/about/"' in article.html
    assert "private.example" not in (Site(tmp_path).content / article.path).read_text()


def test_an_export_of_ghost_and_its_feed_have_the_same_articles(tmp_path: Path) -> None:
    site = Site(tmp_path)
    source = Path(__file__).parent / "sources" / "ghost.rss"
    assert site.run(source).written == 1
    export = ghost({"id": "620e1a2b3c4d5e6f70819293", "title": "Coming soon"})
    hints = replace(HINTS, site="https://ghost.example/")
    report = site.run(site.put("ghost.json", export), hints=hints)
    assert (report.written, report.existing) == (0, 1)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"visibility": "members"}, "for members"),
        ({"visibility": "paid"}, "for paid"),
        ({"visibility": "tiers"}, "for tiers"),
        ({"visibility": None}, "for unknown readers"),
        ({"status": "sent"}, "sent"),
        ({"status": None}, "without a status"),
        ({"status": "draft", "visibility": "paid"}, "for paid"),
        ({"type": "page"}, "page"),
        ({"page": 1, "type": None}, "page"),
    ],
)
def test_restricted_ghost_posts_are_skipped(
    tmp_path: Path, values: dict[str, object], reason: str
) -> None:
    report, articles = imported(tmp_path, "ghost.json", ghost(values))
    assert (report.skipped, articles) == ({reason: 1}, {})


def test_drafts_and_missed_schedules_of_ghost_become_drafts(tmp_path: Path) -> None:
    """Conformance 55."""
    report, articles = imported(
        tmp_path,
        "ghost.json",
        ghost(
            {"title": "Draft", "status": "draft", "published_at": None, "created_at": "2022-02-17"},
            {"title": "Missed", "status": "scheduled"},
            {"title": "Later", "status": "scheduled", "published_at": "2040-01-01T00:00:00.000Z"},
        ),
    )
    assert {title: article.draft for title, article in articles.items()} == {
        "Draft": True, "Missed": True, "Later": False,
    }  # fmt: skip
    assert report.drafts == 2


def test_members_only_parts_of_a_ghost_post_are_removed(tmp_path: Path) -> None:
    end = "<!--kg-gated-block:end-->"
    text = (
        f"<p>A</p>{GATED.format('false', '<p>secret</p>')}{end}"
        f"{GATED.format('true', '<p>B</p>')}{end}<p>C</p>{GATED.format('false', 'secret')}"
    )
    report, articles = imported(tmp_path, "ghost.json", ghost({"html": text}))
    assert codes(report) == ["restricted-text", "new-id"]
    assert articles["T"].html.split() == ["<p>A</p><p>B</p><p>C</p>"]


def test_exports_of_ghost_0_are_imported(tmp_path: Path) -> None:
    """Ghost 0.x: no `db`, numbers as ids, dates in milliseconds, one author, no visibility."""
    post = {
        "id": 7, "title": "Old", "slug": "old", "html": "<p>Text.</p>", "image": "/content/a.png",
        "page": 0, "status": "published", "author_id": 1, "published_at": 1645086600000,
    }  # fmt: skip
    data = {"posts": [post], "users": [{"id": 1, "name": "Ada"}]}
    source = json.dumps({"meta": {"version": "004"}, "data": data})
    _, articles = imported(tmp_path, "ghost.json", source)
    assert articles["Old"].published == MORNING
    assert articles["Old"].authors == (Person("Ada"),)
    assert articles["Old"].image == "https://old.example/content/a.png"


def test_a_ghost_post_without_html_is_an_error(tmp_path: Path) -> None:
    report, articles = imported(tmp_path, "a.json", ghost({"html": None, "lexical": "{}"}))
    assert (codes(report), articles) == (["no-article"], {})


def test_exports_without_a_site_url_require_the_option(tmp_path: Path) -> None:
    for name, content in (("a.json", ghost({})), ("posts.csv", SUBSTACK)):
        report, articles = imported(tmp_path, name, content, site="")
        assert (codes(report), articles) == (["no-site-url"], {})
        assert "--url" in report.problems[0].message


ANY = st.sampled_from(
    [None, "", "public", "members", "published", "draft", "sent", "post", True, 1]
)


@settings(max_examples=examples(60))
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("status", "visibility", "type"), ANY)))
def test_only_public_ghost_posts_are_published(values: dict[str, object]) -> None:
    """For any values of a post. Old versions have no visibility and type."""
    usual = {"status": "published", "type": "post", "visibility": "public"}
    for item in ghost_module.read("a.json", ghost(values).encode(), OLD):
        if isinstance(item, Item) and not item.draft:
            assert {**usual, **values} == usual
