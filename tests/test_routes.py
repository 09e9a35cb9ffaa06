"""The table of paths: exactly the paths that are built are matched."""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from feedsvc import routes, syntax, urls
from feedsvc.model import FeedRef, Format, Kind
from tests.test_urls import EVERY_REF, REFS, TERMS, TEXTS, WHEN
from tests.web.fake import BASE, SETTINGS, SITE

ROUTES = routes.Routes(SETTINGS)


def endpoint(path: str) -> str:
    return (routes.match(path) or ("",))[0]


@pytest.mark.parametrize(
    ("ref", "path"),
    [
        (FeedRef(Kind.ALL), "/feeds/all.rss"),
        (FeedRef(Kind.NAMED, "security"), "/feeds/security.rss"),
        (FeedRef(Kind.NAMED, "à-la-une"), "/feeds/%C3%A0-la-une.rss"),
        (FeedRef(Kind.CATEGORY, "c++"), "/feeds/category/c%2B%2B.rss"),
        (FeedRef(Kind.TAG, "c#"), "/feeds/tag/c%23.rss"),
        (FeedRef(Kind.TAG, "x.rss"), "/feeds/tag/x.rss.rss"),
        (FeedRef(Kind.TAG, "élection"), "/feeds/tag/%C3%A9lection.rss"),
        (FeedRef(Kind.AUTHOR, "100%"), "/feeds/author/100%25.rss"),
        (FeedRef(Kind.LANGUAGE, "pt-br"), "/feeds/language/pt-br.rss"),
    ],
)
def test_feed_paths_are_fixed(ref: FeedRef, path: str) -> None:
    """Stable URLs: a change of any of these breaks subscriptions."""
    assert routes.feed_path(ref, Format.RSS) == path


@given(EVERY_REF, st.sampled_from(Format))
def test_the_path_of_a_feed_matches_the_feed(ref: FeedRef, format: Format) -> None:
    path = routes.feed_path(ref, format)
    assert path.isascii()
    assert urlsplit(f"https://news.example.org{path}").path == path
    assert routes.match(unquote(path)) == ("feed", {"ref": ref, "format": format})


@given(EVERY_REF, st.sampled_from(Format), st.integers(1, 999_999_999))
def test_the_path_of_an_archive_matches_only_the_archive(
    ref: FeedRef, format: Format, number: int
) -> None:
    path = unquote(routes.archive_path(ref, format, number))
    assert routes.match(path) == (
        "archive",
        {"ref": ref, "format": format, "number": number},
    )
    assert endpoint(path) != "feed"


@given(EVERY_REF)
def test_the_path_of_a_page_matches_only_the_page(ref: FeedRef) -> None:
    path = routes.page_path(ref)
    assert path.isascii()
    assert routes.match(unquote(path)) == ("page", {"ref": ref})
    assert endpoint(unquote(path)) != "feed"


@given(REFS, st.sampled_from(Format))
def test_the_path_of_a_feed_never_matches_a_page(ref: FeedRef, format: Format) -> None:
    assert endpoint(unquote(routes.feed_path(ref, format))) != "page"


def test_a_tag_that_looks_like_a_file_has_a_page_and_feeds_of_its_own() -> None:
    assert routes.match("/feeds/tag/x.rss/") == ("page", {"ref": FeedRef(Kind.TAG, "x.rss")})
    assert routes.match("/feeds/tag/x.rss.atom") == (
        "feed",
        {"ref": FeedRef(Kind.TAG, "x.rss"), "format": Format.ATOM},
    )
    assert routes.match("/feeds/tag/x.rss") == (
        "feed",
        {"ref": FeedRef(Kind.TAG, "x"), "format": Format.RSS},
    )


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/feeds",
        "/feeds/",
        "/feeds/.rss",
        "/feeds/all",
        "/feeds/all.xml",
        "/feeds/all.RSS",
        "/feeds/all.rss/",
        "/feeds/all/.rss",
        "/feeds/all/x.rss",
        "/feeds/tag.rss",
        "/feeds/Tag.rss",
        "/feeds/All.rss",
        "/feeds/named.rss",
        "/feeds/named/a.rss",
        "/feeds/security/a.rss",
        "/feeds/tag/.rss",
        "/feeds/tag/a/b.rss",
        "/feeds/tags/a.rss",
        "/feeds//a.rss",
        "/articles/all.rss",
        "feeds/all.rss",
    ],
)
def test_other_paths_do_not_match_a_feed(path: str) -> None:
    assert endpoint(path) != "feed"


@given(TEXTS)
def test_matching_any_path_does_not_raise(path: str) -> None:
    for odd in (path, f"/feeds/{path}", f"/feeds/tag/{path}.rss", f"/feeds/tag/{path}/"):
        routes.match(odd)
        routes.is_own(odd)
        ROUTES.match(odd)


@given(TEXTS.filter(bool))
def test_the_path_of_a_file_matches_the_file(path: str) -> None:
    assert urls.file_path(path).isascii()
    assert routes.match(unquote(urls.file_path(path))) == ("file", {"path": path})


def test_other_paths_do_not_match_a_file() -> None:
    assert endpoint("/files/") != "file"
    assert endpoint("/feeds/a") != "file"


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.ALL])
def test_a_scheme_is_an_absolute_url_with_a_page(kind: Kind) -> None:
    """Conformance 17."""
    scheme = routes.category_scheme("https://news.example.org", kind)
    assert scheme == f"https://news.example.org{routes.kind_path(kind)}"
    assert syntax.is_url(scheme)


@pytest.mark.parametrize(
    ("ref", "number", "path"),
    [
        (FeedRef(Kind.ALL), 3, "/feeds/all/archive/3.atom"),
        (FeedRef(Kind.TAG, "c++"), 12, "/feeds/tag/c%2B%2B/archive/12.atom"),
        (FeedRef(Kind.TAG, "archive"), 1, "/feeds/tag/archive/archive/1.atom"),
    ],
)
def test_the_path_of_an_archive_is_below_that_of_its_feed(
    ref: FeedRef, number: int, path: str
) -> None:
    """Conformance 26."""
    assert routes.archive_path(ref, Format.ATOM, number) == path


@given(REFS, st.sampled_from(Format), st.integers(1, 999_999_999))
def test_the_path_of_an_archive_matches_no_feed_or_page(
    ref: FeedRef, format: Format, number: int
) -> None:
    """Conformance 26, 27."""
    path = unquote(routes.archive_path(ref, format, number))
    assert routes.match(path) == (
        "archive",
        {"ref": ref, "format": format, "number": number},
    )
    assert endpoint(path) != "feed"
    assert endpoint(path) != "page"


@given(REFS, st.sampled_from(Format))
def test_the_path_of_a_feed_never_matches_an_archive(ref: FeedRef, format: Format) -> None:
    assert endpoint(unquote(routes.feed_path(ref, format))) != "archive"
    assert endpoint(unquote(routes.page_path(ref))) != "archive"


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/all/archive/0.atom",
        "/feeds/all/archive/03.atom",
        "/feeds/all/archive/-3.atom",
        "/feeds/all/archive/+3.atom",
        "/feeds/all/archive/3 .atom",
        "/feeds/all/archive/٣.atom",
        "/feeds/all/archive/3.0.atom",
        "/feeds/all/archive/1234567890.atom",
        "/feeds/all/archive/3.xml",
        "/feeds/all/archive/3.atom\n",
        "/feeds/all/archive/3.ATOM",
        "/feeds/all/archive/.atom",
        "/feeds/all/archive/3",
        "/feeds/all/archive/",
        "/feeds/all/archive//3.atom",
        "/feeds/all//archive/3.atom",
        "/feeds/tag/archive/3.atom",
        "/feeds/tag//archive/3.atom",
        "/feeds/tag/a/b/archive/3.atom",
        "/feeds/nothing/a/archive/3.atom",
        "/feeds/archive/3.atom",
        "/archive/3.atom",
        "feeds/all/archive/3.atom",
        "",
    ],
)
def test_other_paths_do_not_match_an_archive(path: str) -> None:
    """Conformance 27: one document, one URL."""
    assert endpoint(path) != "archive"


@given(EVERY_REF, st.sampled_from(Format))
def test_paths_of_feeds_are_our_own(ref: FeedRef, format: Format) -> None:
    for path in (
        routes.feed_path(ref, format),
        routes.page_path(ref),
        routes.archive_path(ref, format, 1),
        routes.kind_path(Kind.TAG),
        urls.file_path(ref.key),
    ):
        assert routes.is_own(unquote(path))


@pytest.mark.parametrize("path", ["/", "/feeds.opml", "/static/x", "/healthz", "/metrics"])
def test_paths_of_the_program_are_our_own(path: str) -> None:
    assert routes.is_own(path)


@pytest.mark.parametrize(
    "path",
    ["/feed", "/feed/", "/rss.xml", "/index.rss", "/feeds/posts/default", "/feeds/all", "/a/b"],
)
def test_other_paths_are_not_our_own(path: str) -> None:
    assert not routes.is_own(path)


@given(TEXTS.filter(bool))
def test_werkzeug_builds_the_same_path_of_a_file(path: str) -> None:
    """Processes that read articles build it without werkzeug."""
    assert routes.build("file", path=path) == urls.file_path(path)


@pytest.mark.parametrize("base_url", [BASE, f"{BASE}/blog", f"{BASE}/bl%C3%A9g"])
@pytest.mark.parametrize("pattern", ["/{slug}", "/{slug}/", "/a+b/({slug})", "{base}/x/{slug}"])
@given(slug=TERMS)
def test_an_articles_path_is_matched_and_built_last(base_url: str, pattern: str, slug: str) -> None:
    settings = structs.replace(
        SETTINGS, base_url=base_url, article_link=pattern.format(base=base_url, slug="{slug}")
    )
    table = routes.Routes(settings)
    link = urls.article_path(settings.article_link, slug, WHEN)
    path = table.local(link)
    if not routes.match(path):
        assert table.match(path) == ("article", {"slug": slug})
        assert unquote(table.build("article", slug=slug)) == path


def test_articles_on_another_host_have_no_rule() -> None:
    table = routes.Routes(structs.replace(SETTINGS, article_link="https://old.example.org/{slug}"))
    assert "article" not in table.rules
    assert table.match("/rain") is None


def test_aliases_take_precedence() -> None:
    settings = structs.replace(
        SETTINGS, article_link="/{slug}", aliases={"/feed/": (SITE, Format.RSS)}
    )
    table = routes.Routes(settings)
    assert table.match("/feed/") == ("alias", {"ref": SITE, "format": Format.RSS})
    assert table.match("/feed") == ("article", {"slug": "feed"})


@pytest.mark.parametrize("path", ["/feeds/tag", "/feeds/tag/c++", "/feeds/all"])
def test_a_page_is_matched_without_its_slash(path: str) -> None:
    found = routes.match(path)
    assert found is not None
    assert found == routes.match(f"{path}/")


@pytest.mark.parametrize("spelling", ["C++", " c++", "c++\n"])
def test_any_spelling_of_a_term_matches_the_term(spelling: str) -> None:
    assert routes.match(f"/feeds/tag/{spelling}/") == ("page", {"ref": FeedRef(Kind.TAG, "c++")})


@pytest.mark.parametrize("path", ["//", "//feeds/all.rss", "", "feeds/all.rss"])
def test_a_path_begins_with_one_slash(path: str) -> None:
    assert routes.match(path) is None
    assert ROUTES.match(path) is None
