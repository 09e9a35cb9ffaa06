"""Exports of Ghost, Substack and Medium, and tables: only public posts are imported.

Sources of the formats: Ghost's core/server/data/exporter, core/frontend/services/rss and
.../utils/post-gating.js with the test fixtures v4_export.json and valid.json of TryGhost/Ghost; the
fixtures and readers of TryGhost/migrate (mg-substack, mg-medium-export), of which the readers also
show Substack's paywall and audience markers; bgadrian/medium-to-hugo.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.importers import archive
from feedsvc.importers import ghost as ghost_module
from feedsvc.importers.item import Item
from feedsvc.importers.run import Report
from feedsvc.importers.sources import SourceFormat
from feedsvc.model import Article, Enclosure, Kind, Person
from tests.importers.desk import HINTS, Site, codes
from tests.soak import examples

OLD = replace(HINTS, site="https://old.example/")
MORNING = datetime(2022, 2, 17, 8, 30, tzinfo=UTC)


def imported(
    folder: Path, name: str, content: str | bytes, **hints: object
) -> tuple[Report, dict[str, Article]]:
    """Import a source; return the report and the articles by title."""
    site = Site(folder)
    report = site.run(site.put(name, content), hints=replace(OLD, **hints))  # type: ignore[arg-type]
    return report, {article.title: article for article in site.articles().values()}


def zipped(files: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive with these files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as made:
        for name, text in files.items():
            made.writestr(name, text)
    return content.getvalue()


def labels(article: Article, kind: Kind) -> list[str]:
    return [label for ref, label in article.terms if ref.kind is kind]


# Ghost

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


# Substack

SUBSTACK = (
    "post_id,post_date,is_published,email_sent_at,inbox_sent_at,type,audience,title,subtitle,"
    "podcast_url\n"
)
ROW = "{id},2022-02-17T08:30:00.000Z,{published},,,{type},{audience},{title},Sub,{podcast}\n"


def row(number: str, **values: str) -> str:
    usual = {"published": "true", "type": "newsletter", "audience": "everyone", "podcast": ""}
    return ROW.format(id=number, **usual | {"title": number} | values)


def substack(rows: str, posts: Mapping[str, str] = {}, top: str = "") -> dict[str, str | bytes]:
    """Return the files of an export."""
    return {
        f"{top}posts.csv": SUBSTACK + rows,
        f"{top}email_list.x.csv": "email\nprivate@example.com\n",
        **{f"{top}posts/{number}.html": text for number, text in posts.items()},
    }


@pytest.mark.parametrize("format", [None, SourceFormat.SUBSTACK, SourceFormat.ARCHIVE])
def test_an_archive_is_read_in_any_suitable_format(
    tmp_path: Path, format: SourceFormat | None
) -> None:
    site = Site(tmp_path)
    source = site.put("export.zip", zipped(substack(row("1.a"), {"1.a": "A"})))
    assert site.run(source, hints=OLD, format=format).written == 1


def test_posts_of_substack_keep_the_ids_of_its_feed(tmp_path: Path) -> None:
    rows = row("1.hello", title="&#x201C;Hello&#x201D;") + row(
        "2.talk", type="podcast", podcast="https://cdn.example/a.mp3"
    )
    text = '<p>Hi</p><p class="button-wrapper"><a class="button">Subscribe</a></p>'
    files = substack(rows, {"1.hello": text, "2.talk": "<p>Notes</p>"})
    report, articles = imported(tmp_path, "export.zip", zipped(files))
    assert codes(report) == []
    hello, talk = articles["“Hello”"], articles["2.talk"]
    assert (hello.id, talk.id) == ("https://old.example/p/hello", "https://old.example/p/talk")
    assert (hello.path, hello.summary) == ("2022/hello.html", "Sub")
    assert hello.published == MORNING
    assert (hello.html, hello.draft) == ("<p>Hi</p>", False)
    assert talk.enclosures == (Enclosure("https://cdn.example/a.mp3", "audio/mpeg", 0),)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"audience": "only_paid"}, "for only_paid"),
        ({"audience": "only_free"}, "for only_free"),
        ({"audience": "founding"}, "for founding"),
        ({"audience": ""}, "for unknown readers"),
        ({"audience": "only_paid", "published": "false"}, "for only_paid"),
        ({"type": "page"}, "page"),
        ({"type": "adhoc_email"}, "adhoc_email"),
        ({"type": ""}, "without a type"),
    ],
)
def test_restricted_substack_posts_are_skipped(
    tmp_path: Path, values: dict[str, str], reason: str
) -> None:
    files = substack(row("1.a", **values), {"1.a": "<p>secret</p>"})
    report, articles = imported(tmp_path, "export.zip", zipped(files))
    assert (report.skipped, articles) == ({reason: 1}, {})


def test_unpublished_substack_posts_become_drafts(tmp_path: Path) -> None:
    undated = row("2.b", published="false").replace("2022-02-17T08:30:00.000Z", "")
    files = substack(row("1.a", published="FALSE") + undated, {"1.a": "A", "2.b": "B"})
    report, articles = imported(tmp_path, "export.zip", zipped(files))
    assert (report.written, report.drafts, report.skipped) == (1, 1, {"draft without a date": 1})
    assert articles["1.a"].draft


def test_subscriber_only_parts_of_a_substack_post_are_removed(tmp_path: Path) -> None:
    text = (
        '<div><p>A</p><div data-dynamic-audiences="paid_sub,founding_sub"><p>secret</p></div>'
        '<div data-dynamic-audiences="non_sub"><p>B</p></div>'
        '<div><div class="paywall-jump" data-component-name="PaywallToDOM"></div>secret</div>'
        "secret</div><p>secret</p>secret"
    )
    files = substack(row("1.a"), {"1.a": text})
    report, articles = imported(tmp_path, "export.zip", zipped(files))
    assert codes(report) == ["restricted-text"]
    shown = articles["1.a"].html
    assert "secret" not in shown
    assert "<p>A</p>" in shown
    assert "<p>B</p>" in shown


def unpack(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


@pytest.mark.parametrize("within", ["", "posts", "posts.csv"])
def test_an_unpacked_substack_export_is_read_through_its_table(tmp_path: Path, within: str) -> None:
    """The files of paid posts and drafts are beside the others."""
    rows = row("1.a") + row("2.b", audience="only_paid") + row("3.c", published="false")
    dated = "<html><p>secret, Thursday February 17, 2022</p></html>"
    files = substack(rows, {"1.a": "<p>A</p>", "2.b": dated, "3.c": dated})
    folder = unpack(tmp_path / "export", files)
    site = Site(tmp_path)
    report = site.run(folder / within, hints=OLD)
    assert (report.written, report.drafts, report.skipped) == (2, 1, {"for only_paid": 1})
    assert [article.title for article in site.articles().values()] == ["1.a", "3.c"]


def test_a_single_file_of_a_substack_export_is_refused(tmp_path: Path) -> None:
    folder = unpack(tmp_path / "export", substack(row("1.a"), {"1.a": "<html><p>secret</p>"}))
    site = Site(tmp_path)
    report = site.run(folder / "posts" / "1.a.html", hints=OLD)
    assert codes(report) == ["unknown-source"]
    assert "import posts.csv" in report.problems[0].message


def test_symlinks_in_an_unpacked_export_are_not_followed(tmp_path: Path) -> None:
    folder = unpack(tmp_path / "export", substack(row("1.a") + row("2.../../a"), {"0.b": ""}))
    (tmp_path / "private").write_text("secret")
    (folder / "posts" / "1.a.html").symlink_to(tmp_path / "private")
    site = Site(tmp_path)
    report = site.run(folder, hints=OLD)
    assert codes(report) == ["no-article", "no-article"]
    assert site.files() == {}


def test_a_post_without_its_file_is_an_error_and_others_are_imported(tmp_path: Path) -> None:
    files = substack(row("1.a") + row("2.b"), {"2.b": "<p>B</p>"}, top="export/")
    report, articles = imported(tmp_path, "export.zip", zipped(files))
    assert (codes(report), list(articles)) == (["no-article"], ["2.b"])
    assert "post 1.a has no file export/posts/1.a.html" in report.problems[0].message


# Medium

MEDIUM = """<!DOCTYPE html><html><head><title>{title}</title></head><body>
<article class="h-entry"><header><h1 class="p-name">{title}</h1></header>{subtitle}
<section data-field="body" class="e-content"><section class="section section--body">
<div class="section-divider"><hr class="section-divider"></div>{body}</section></section>
<footer>{footer}<p>Exported from <a href="https://medium.com">Medium</a> on May 1, 2022.</p>
</footer></article></body></html>"""
FOOTER = (
    '<p>Tagged in <a href="https://medium.com/tag/x" class="p-tag">Things</a></p><p>By '
    '<a href="https://medium.com/@ada" class="p-author h-card">Ada</a> on '
    '<a href="https://medium.com/p/abcd1234"><time class="dt-published" '
    'datetime="2022-02-17T08:30:00.123Z">February 17, 2022</time></a>.</p><p><a '
    'href="https://medium.com/@ada/a-post-abcd1234" class="p-canonical">Canonical link</a></p>'
)
HEADLINE = '<h3 class="graf graf--h3 graf--leading graf--title">{}</h3>'
PARAGRAPH = '<p class="graf graf--p">{}</p>'


def medium(title: str = "A post", body: str = "", subtitle: str = "", footer: str = FOOTER) -> str:
    """Return a post."""
    if subtitle:
        subtitle = f'<section data-field="subtitle" class="p-summary">\n{subtitle}</section>'
    body = body or HEADLINE.format(title) + PARAGRAPH.format("Text.")
    return MEDIUM.format(title=title, body=body, subtitle=subtitle, footer=footer)


def test_a_post_of_medium_keeps_the_id_of_its_feed(tmp_path: Path) -> None:
    body = (
        f"{HEADLINE.format('A post')}<h4 class='graf--subtitle'>Sub</h4>{PARAGRAPH.format('Text.')}"
        '<figure><img data-is-featured="true" src="https://cdn.example/a.png"></figure>'
    )
    files = {
        "posts/2022-02-17_A-post-abcd1234.html": medium(body=body, subtitle="Sub"),
        "profile/profile.html": "<html><p>private</p></html>",
        "ips/ips-0001.html": "<html><p>192.0.2.1, Thursday February 17, 2022</p></html>",
    }
    report, articles = imported(tmp_path, "export.zip", zipped(files), site="")
    assert (codes(report), list(articles)) == ([], ["A post"])
    article = articles["A post"]
    assert article.id == "https://medium.com/p/abcd1234"
    assert (article.path, article.published) == ("2022/a-post.html", MORNING)
    assert (article.summary, article.authors) == ("Sub", (Person("Ada"),))
    assert labels(article, Kind.TAG) == ["Things"]
    assert article.image == "https://cdn.example/a.png"
    assert "<p>Text.</p><figure><img src=" in article.html
    # The same, unpacked: the other folders contain private data.
    site = Site(tmp_path / "unpacked")
    assert site.run(unpack(tmp_path / "export", files)).written == 1


def test_drafts_of_medium_require_a_date(tmp_path: Path) -> None:
    undated = '<p><a href="https://medium.com/p/abcd">View original.</a></p>'
    files = {
        "posts/draft_A-abcd.html": medium("A", footer=undated),
        "posts/draft_B-abcd1234.html": medium("B"),
    }
    report, articles = imported(tmp_path, "export.zip", zipped(files))
    assert report.skipped == {"draft without a date": 1}
    assert articles["B"].draft
    report, articles = imported(tmp_path, "b.zip", zipped(files), date=MORNING)
    assert articles["A"].draft
    assert articles["A"].id == "https://medium.com/p/abcd"


def test_responses_of_medium_become_drafts(tmp_path: Path) -> None:
    """Only their missing headline distinguishes them from posts."""
    text = PARAGRAPH.format("I agree with every word of this.")
    files = {
        "posts/2022_I-agree-abcd1234.html": medium("I agree with every word…", text),
        "posts/2022_B-abcd1234.html": medium("Short", PARAGRAPH.format("A text."), "Sub",
                                             FOOTER.replace("/p/abcd1234", "/p/b")),
    }  # fmt: skip
    report, articles = imported(tmp_path, "export.zip", zipped(files))
    assert codes(report) == ["maybe-response"]
    assert {title: each.draft for title, each in articles.items()} == {
        "I agree with every word…": True, "Short": False,
    }  # fmt: skip


# Tables

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


# Archives

BROKEN = {
    "no archive": (b"PK\x03\x04" + bytes(99), "broken-archive"),
    "truncated": (zipped(substack(row("1.a"), {"1.a": "A"}))[:-30], "broken-archive"),
    "other": (zipped({"word/document.xml": "<a/>"}), "unknown-source"),
    "empty": (zipped({}), "unknown-source"),
    "paths": (zipped({"../posts.csv": "x", "/posts.csv": "x"}), "unknown-source"),
    "nested": (zipped({"a.zip": zipped(substack(row("1.a")))}), "unknown-source"),
    "rare method": (zipped(substack(row("1.a")), zipfile.ZIP_LZMA), "broken-archive"),
}


@pytest.mark.parametrize(("content", "code"), BROKEN.values(), ids=BROKEN)
def test_an_unreadable_archive_is_one_problem(tmp_path: Path, content: bytes, code: str) -> None:
    report, articles = imported(tmp_path, "a.zip", content)
    assert (codes(report), articles) == ([code], {})


def test_encrypted_archives_are_refused(tmp_path: Path) -> None:
    content = bytearray(zipped(substack(row("1.a"))))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    report, _ = imported(tmp_path, "a.zip", bytes(content))
    assert codes(report) == ["broken-archive"]
    assert "encrypted" in report.problems[0].message


def test_the_decompressed_size_of_an_archive_is_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if the archive understates the sizes of its members."""
    monkeypatch.setattr(archive, "MAX_MEMBER", 50_000)
    monkeypatch.setattr(archive, "MAX_TOTAL", 60_000)
    posts = {"1.a": "a" * 60_000, "2.b": "b" * 40_000, "3.c": "c" * 40_000, "4.d": "d"}
    content = zipped(substack("".join(map(row, posts)), posts))
    report, articles = imported(tmp_path, "a.zip", content)
    assert codes(report) == ["source-too-large", "source-too-large"]
    assert list(articles) == ["2.b", "4.d"]
    size = (60_000).to_bytes(4, "little")
    report, articles = imported(tmp_path, "a.zip", content.replace(size, (1).to_bytes(4, "little")))
    assert "1.a" not in articles


def test_the_member_list_of_an_archive_is_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_MAX_LIST", 70_000)
    content = zipped({f"{number:0100}": "" for number in range(1000)})
    report, _ = imported(tmp_path, "a.zip", content)
    assert codes(report) == ["broken-archive"]
    assert "too many members" in report.problems[0].message
