"""A site is validated as it would be published, without changes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedsvc import sources
from feedsvc.check import archives, site
from feedsvc.check.archives import DocumentLinks
from feedsvc.check.feed import validate as validate_feed
from feedsvc.errors import Problem
from feedsvc.sources import ArticleReader, Reading
from tests.sites import article, make_site

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
FINE = 'subtitle = "News"\nauthor = { name = "Ada" }\n'


def validated(folder: Path, files: dict[str, str | bytes], toml: str = FINE) -> list[Problem]:
    return site.validate(make_site(folder, files, toml), NOW)


def codes(problems: list[Problem]) -> set[str]:
    return {problem.code for problem in problems}


def test_a_good_site_has_no_problems(tmp_path: Path) -> None:
    """Conformance 1 to 28, as far as documents can show."""
    files: dict[str, str | bytes] = {
        f"{n}.md": article(
            title=f"Well {n}, AT&T & <b>",
            published=f"2022-02-{n % 27 + 1:02} 09:{n % 60:02}",
            tags=["C++", "été"],
            categories="News",
            body=f"The {n}th [well](https://example.org/?a=1&b=2).\n\n```c\nif (a < b) ]]>\n```\n",
        )
        for n in range(57)
    }
    problems = validated(tmp_path, files, f"{FINE}[feeds]\nlimit = 10\n")
    assert [str(each) for each in problems] == []


def test_the_site_and_its_catalog_are_not_changed(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.md": article()}
    validated(tmp_path, files)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["content", "feedsvc.toml"]


def test_the_sample_site_has_no_unexpected_problems() -> None:
    problems = site.validate(sources.load(ROOT, {}), NOW)
    assert {(each.path, each.code) for each in problems} == {
        ("content/2036/ntp-era.md", "far-future"),
        ("feedsvc.toml", "local-base-url"),
    }


def test_a_link_that_the_site_redirects_is_not_broken(tmp_path: Path) -> None:
    """Aliases, moved feeds, other spellings, pages without a trailing slash and assets."""
    paths = [
        "/rss.xml",
        "/feeds/tag/old.rss",
        "/feeds/tag/old/",
        "/feeds/tag/C++.atom",
        "/feeds/tag/c++",
        "/feeds/tag",
        "/static/style.css",
        "/favicon.ico",
        "/sitemap.xml",
    ]
    body = " ".join(f"[link]({path})" for path in paths)
    toml = f'{FINE}moved = {{ "tag/old" = "tag/c++" }}\naliases = {{ "/rss.xml" = "all.rss" }}\n'
    assert codes(validated(tmp_path, {"a.md": article(tags=["C++"], body=body)}, toml)) == set()


@pytest.mark.parametrize(
    "path",
    [
        "/feed.xml",
        "/feeds/tag/gone/",
        "/feeds/all/page/1/",
        "/feeds/tag/none.rss",
        "/feeds/all/archive/9.atom",
        "/feeds/named/",
        "/healthz",
        "/files/none.png",
        "//news.example.org//feeds/all.rss",
    ],
)
def test_a_link_to_a_missing_target_is_broken(tmp_path: Path, path: str) -> None:
    files: dict[str, str | bytes] = {"a.md": article(tags=["gone"], body=f"[link]({path})")}
    toml = f'{FINE}retired = ["tag/gone"]\n'
    assert codes(validated(tmp_path, files, toml)) == {"broken-link"}


def test_an_absolute_link_matching_article_link_is_not_broken(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.md": article(body="[b](https://news.example.org/read/b.html)"),
        "b.md": article(title="Another", published="2022-03-01"),
    }
    toml = f'{FINE}article_link = "https://news.example.org/read/{{slug}}.html"\n'
    assert codes(validated(tmp_path, files, toml)) == set()


# By code: the expected line and the article.
ARTICLES = {
    "missing-alt": (5, article(body='Text <img src="https://example.org/a.png">')),
    "broken-link": (6, article(body="\n[gone](/articles/gone)")),
    "broken-fragment": (5, article(body="[down](#down)")),
    "html-removed": (5, article(body="<script>x()</script>\n\nText.")),
    "attribute-removed": (5, article(body='<p class="big" style="x:y">Text.</p>')),
    "long-title": (2, article(title="T" * 121)),
    "far-past": (3, article(published="1969-12-31")),
    "far-future": (3, article(published="2031-01-01")),
    "updated-in-future": (4, article(updated="2027-01-01")),
    "empty-text": (1, article(body="")),
    "missing-summary": (1, article(body='<img src="https://example.org/a.png" alt="">')),
    "summary-repeats-title": (4, article(title="Wells!", summary="wells")),
    "unknown-length": (4, article(enclosures="https://example.org/a.mp3")),
    "unknown-type": (
        4,
        article(enclosures=[{"url": "https://example.org/a", "length": "1"}]),
    ),
    "bad-date": (3, article(published="03/04/2022")),
    "unknown-key": (4, article(sluug="x")),
}


@pytest.mark.parametrize("code", ARTICLES)
def test_a_fault_of_an_article_is_reported_with_file_and_line(tmp_path: Path, code: str) -> None:
    line, text = ARTICLES[code]
    problems = validated(tmp_path, {"a.md": text})
    found = {each.code: each for each in problems if each.path == "content/a.md"}
    assert found.keys() == {code}
    # There is a blank line between front matter and text.
    assert found[code].line == line + (code in _IN_BODY)


_IN_BODY = {"missing-alt", "broken-link", "broken-fragment", "html-removed", "attribute-removed"}


def test_links_to_public_paths_are_not_broken(tmp_path: Path) -> None:
    links = "/ /feeds.opml /feeds/all.rss /feeds/all/ /feeds/tag/ /feeds/tag/x.atom /articles/b b"
    body = " ".join(f"[x]({link})" for link in links.split()) + " [f](#here) <i id=here>h</i>"
    text = article(
        body=f"{body} [file](note.txt) [else](https://example.org/feeds/no.rss)", tags="x"
    )
    files: dict[str, str | bytes] = {
        "a.md": text,
        "b.md": article("B", "2022-02-18"),
        "note.txt": b"x",
    }
    assert validated(tmp_path, files) == []


@pytest.mark.parametrize("extra", [{"draft": True}, {"published": "2027-01-01"}])
def test_a_link_to_an_unpublished_article_is_broken(
    tmp_path: Path, extra: dict[str, object]
) -> None:
    files: dict[str, str | bytes] = {
        "a.md": article(body="[x](/articles/b)"),
        "b.md": article(**{"title": "B", **extra}),  # type: ignore[arg-type]
    }
    assert codes(validated(tmp_path, files)) == {"broken-link"}


def test_a_draft_is_not_validated(tmp_path: Path) -> None:
    assert validated(tmp_path, {"a.md": article(body="<script>x</script>", draft=True)}) == []


def test_a_duplicate_is_reported_with_its_original(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.md": article("Wells", "2022-02-17 09:30", "One."),
        "b.md": article("wells!", "2022-02-17 10:30", "Two."),
        "c.md": article("Other", "2022-02-18", "One."),
    }
    found = {(each.path, each.code): each.message for each in validated(tmp_path, files)}
    assert found.keys() == {("content/b.md", "same-title"), ("content/c.md", "same-text")}
    assert all("content/a.md" in message for message in found.values())


SETTINGS = {
    'base_url = "http://news.example.org"': "http-base-url",
    'base_url = "http://127.0.0.1:8000"': "local-base-url",
    'base_url = "https://[::1]"': "local-base-url",
    'base_url = "http://localhost"': "local-base-url",
    'image = "https://example.org/i.png"': "image-unsized",
    'image = { url = "https://example.org/i.png", width = 145, height = 9 }': "image-too-large",
    'image = { url = "https://example.org/i.svg", width = 9, height = 9 }': "image-format",
    'image = { url = "/files/i.png", width = 9, height = 9 }': "missing-image",
    "[feeds]\nlimit = 999": "large-limit",
    "[feeds]\nlimit = 3": "small-limit",
}


@pytest.mark.parametrize("line", SETTINGS)
def test_a_fault_of_a_setting_is_reported_with_its_line(tmp_path: Path, line: str) -> None:
    problems = validated(tmp_path, {"a.md": article()}, f"{FINE}{line}\n")
    (found,) = [each for each in problems if each.path == "feedsvc.toml"]
    assert found.code == SETTINGS[line]
    text = (tmp_path / "feedsvc.toml").read_text().splitlines()
    assert text[found.line - 1] == line.splitlines()[-1]


def test_a_site_should_have_an_author_and_a_subtitle(tmp_path: Path) -> None:
    assert codes(validated(tmp_path, {"a.md": article()}, "")) == {"no-site-author", "no-subtitle"}


def test_a_problem_of_several_feeds_is_reported_once(tmp_path: Path) -> None:
    text = article(body="x" * 300_000, tags=["a", "b"])
    problems = [each for each in validated(tmp_path, {"a.md": text}) if each.code == "large-entry"]
    assert len(problems) == 1
    assert "other feeds" in problems[0].message


def _chain(start: str, documents: dict[str, DocumentLinks]) -> set[str]:
    return {
        problem.code
        for findings in archives.validate_chain(start, documents)
        for problem in findings.problems()
    }


def test_a_broken_chain_of_archives_is_reported() -> None:
    """Conformance 26."""
    own, one, two = "https://a.example/f", "https://a.example/1", "https://a.example/2"
    good = {
        own: DocumentLinks(own, None, two, None),
        two: DocumentLinks(two, own, one, None),
        one: DocumentLinks(one, own, None, two),
    }
    assert _chain(own, good) == set()
    wrong = {
        "archive-loop": {one: DocumentLinks(one, own, two, two)},
        "unreachable-archive": {own: DocumentLinks(own, None, one, None),
                                one: DocumentLinks(one, own, None, None)},
        "other-current": {two: DocumentLinks(two, one, one, None)},
        "other-next-archive": {one: DocumentLinks(one, own, None, own)},
        "other-self-link": {one: DocumentLinks(two, own, None, two)},
        "missing-archive": {two: DocumentLinks(two, own, "https://a.example/0", None),
                            one: DocumentLinks(one, own, None, two)},
    }  # fmt: skip
    for code, change in wrong.items():
        assert code in _chain(own, good | change)


def test_the_self_link_is_compared_with_the_url_of_the_feed() -> None:
    body = (ROOT / "tests/check/fixtures/rss-good.xml").read_bytes()
    elsewhere = validate_feed(body, "feed", "https://other.example.org/", NOW)
    assert codes(elsewhere) == {"other-self-link"}
    assert validate_feed(body, "feed", "https://wells.example.org/feed.rss", NOW) == []


def test_problems_have_the_lines_of_keys_of_other_generators(tmp_path: Path) -> None:
    text = '---\ntitle: "A"\ndate: 1969-02-17\n---\nText.\n'
    problems = validated(tmp_path, {"posts/a.md": text}, f'{FINE}generator = "hugo"\n')
    found = [(each.path, each.line) for each in problems if each.code == "far-past"]
    assert found == [("content/posts/a.md", 3)]


def test_restructuredtext_is_not_validated_as_markdown(tmp_path: Path) -> None:
    """In Markdown, the literal block would be a tag that readers do not support."""
    text = "Title\n=====\n\n:date: 2022-02-17\n\nSome words::\n\n  a\n\n<blink>b</blink> is text.\n"
    problems = validated(tmp_path, {"a.rst": text}, f'{FINE}generator = "pelican"\n')
    assert "html-removed" not in codes(problems)


def test_each_article_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    plain = ArticleReader.read

    def reading(reader: ArticleReader, path: str) -> Reading:
        read.append(path)
        return plain(reader, path)

    monkeypatch.setattr(ArticleReader, "read", reading)
    validated(tmp_path, {"a.md": article(), "b.md": article(slug="a")})
    assert read == ["a.md", "b.md"]
