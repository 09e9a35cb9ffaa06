"""URLs and ids can be built and parsed without loss, and never change."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedsvc import syntax, urls
from feedsvc.model import MAX_TERM, TERM_KINDS, FeedRef, Kind

# Any text of front matter: Unicode without lone surrogates.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
TERMS = TEXTS.map(urls.term).filter(urls.is_addressable)
NAMES = TERMS.filter(lambda name: name not in set(Kind))
REFS = st.builds(FeedRef, st.sampled_from(TERM_KINDS), TERMS) | st.builds(
    FeedRef, st.just(Kind.NAMED), NAMES
)
EVERY_REF = REFS | st.just(FeedRef(Kind.ALL))
DATES = st.datetimes(
    timezones=st.timedeltas(timedelta(hours=-14), timedelta(hours=14)).map(timezone)
)
# In UTC, this is on the day before.
WHEN = datetime(2022, 2, 17, 0, 30, tzinfo=timezone(timedelta(hours=1)))
AUTHORITY = "news.example.org,2022"
# RFC 4151 2.1, with RFC 3986's pchar in the specific part.
TAG_URI = re.compile(
    r"tag:([A-Za-z0-9._-]+@)?[A-Za-z0-9.-]+,[0-9]{4}(-[0-9]{2}){0,2}"
    r":([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-F]{2})*"
)


@pytest.mark.parametrize(
    ("label", "term"),
    [
        ("C++", "c++"),
        ("C#", "c#"),
        ("c", "c"),
        ("Élection", "élection"),
        ("election", "election"),
        ("node.js", "node.js"),
        ("日本語", "日本語"),
        ("📡", "📡"),
        ("العربية", "العربية"),
        ("TCP/IP", "tcp-ip"),
        ("Tag 1", "tag-1"),
        ("  two \t\n words  ", "two-words"),
        ("a / b", "a-b"),
        ("a\u00a0b\u2003c\u3000d", "a-b-c-d"),
        ("Straße", "strasse"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("e\u0301lection", "élection"),
        ("&<>\"'?#%", "&<>\"'?#%"),
        (" \t ", ""),
        ("", ""),
    ],
)
def test_a_label_folds_to_its_term(label: str, term: str) -> None:
    assert urls.term(label) == term


def test_labels_that_differ_in_more_than_case_and_spacing_have_different_terms() -> None:
    labels = [
        "C",
        "C++",
        "C#",
        "élection",
        "election",
        "node.js",
        "nodejs",
        "日本",
        "日本語",
        "📡",
        "📻",
    ]
    assert len({urls.term(label) for label in labels}) == len(labels)


@given(TEXTS)
def test_folding_a_term_is_idempotent(label: str) -> None:
    term = urls.term(label)
    assert urls.term(term) == term


@given(TEXTS)
@example("\u03b1\u0345\u0301")  # marks whose order depends on normalisation
def test_composed_and_decomposed_spellings_have_the_same_term(label: str) -> None:
    spellings = {urls.term(unicodedata.normalize(form, label)) for form in ("NFC", "NFD")}
    assert spellings == {urls.term(label)}


@given(TEXTS)
def test_case_and_spacing_do_not_change_the_term(label: str) -> None:
    assert urls.term(f" {label.casefold()}\n") == urls.term(label)


@given(TEXTS)
def test_a_term_is_one_path_segment_without_white_space(label: str) -> None:
    assert not re.search(r"[\s/]", urls.term(label))


@pytest.mark.parametrize(("name", "can"), [("a", True), (".a", True), ("..", False), ("", False)])
def test_dots_alone_are_not_a_path_segment(name: str, can: bool) -> None:
    assert urls.is_addressable(name) is can


@given(EVERY_REF)
def test_a_key_identifies_one_feed(ref: FeedRef) -> None:
    assert FeedRef.of(ref.key) == ref
    assert urls.parse_key(ref.key) == ref


def test_references_of_long_keys_are_not_cached() -> None:
    """Any client can request them."""
    for term, stays in [("x" * MAX_TERM, True), ("x" * 1000, False)]:
        key = f"category/{term}"
        assert (FeedRef.of(key) is FeedRef.of(key)) is stays


def test_terms_of_long_labels_are_not_cached() -> None:
    for label, stays in [("X" * MAX_TERM, True), ("X" * 1000, False)]:
        assert (urls.term(label) is urls.term(label)) is stays


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/articles/{slug}", "/articles/a%20b%2Bc"),
        ("/{year}/{month}/{day}/{slug}/", "/2022/02/17/a%20b%2Bc/"),
        ("/{slug}.html", "/a%20b%2Bc.html"),
        ("https://old.example.org/?p={slug}", "https://old.example.org/?p=a%20b%2Bc"),
    ],
)
def test_the_path_of_an_article_follows_the_pattern(pattern: str, path: str) -> None:
    """The day is that in the author's time zone, not that in UTC."""
    assert urls.article_path(pattern, "a b+c", WHEN) == path


PATTERNS = [
    "/articles/{slug}",
    "/{slug}",
    "/{year}/{month}/{slug}/",
    "/{year}{slug}{day}",
    "/a+b/({slug})",
]


@given(st.sampled_from(PATTERNS), TERMS, DATES)
def test_the_slug_is_parsed_from_the_path_of_an_article(
    pattern: str, slug: str, published: datetime
) -> None:
    assert urls.check_pattern(pattern) is None
    path = urls.article_path(pattern, slug, published)
    assert path.isascii()
    assert urls.parse_article_path(pattern, unquote(path)) == slug


SEGMENTS = st.text().map(urls.term).filter(urls.is_addressable)


@given(st.sampled_from(["/{path}", "/blog/{path}", "/{path}/", "/{year}/{path}.html"]), DATES)
@pytest.mark.parametrize("path", ["a", "posts/a", "/Posts/Été/", "a b/c.html", "x/%/y", "a//b/"])
def test_the_slug_is_parsed_from_a_path_that_follows_the_file(
    path: str, pattern: str, published: datetime
) -> None:
    assert urls.check_pattern(pattern) is None
    assert urls.has_path(pattern)
    slug = urls.path_slug(path)
    shown = urls.article_path(pattern, slug, published, path.strip("/"))
    assert shown.isascii()
    assert urls.parse_article_path(pattern, unquote(shown)) == slug


@given(st.lists(SEGMENTS, min_size=1, max_size=4))
def test_a_slug_of_a_path_is_one_segment(segments: list[str]) -> None:
    slug = urls.path_slug(f"/{'/'.join(segments)}/")
    assert "/" not in slug
    assert urls.term(slug) == slug


@pytest.mark.parametrize(
    "path", ["/2022/02/", "/2022/2/a/", "/٢٠٢٢/02/a/", "/2022/02/a/b/", "/2022/02/a", "2022/02/a/"]
)
def test_a_path_of_another_pattern_has_no_slug(path: str) -> None:
    assert urls.parse_article_path("/{year}/{month}/{slug}/", path) is None


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        ("/articles/", "{slug} once"),
        ("/{slug}/{slug}", "{slug} once"),
        ("/{path}/{slug}", "{slug} once"),
        ("/{title}/{slug}", "knows no {title}"),
        ("articles/{slug}", "start with /"),
        ("javascript:{slug}", "start with /"),
        ("/feeds/{slug}", "must not start with /feeds/"),
        ("/files/{slug}", "must not start with /feeds/ or /files/"),
        ("/artículos/{slug}", "has 'í'"),
        ("/a%20b/{slug}", "has '%'"),
        ("/?p={slug}", "has '?'"),
        ("/#{slug}", "has '#'"),
        ("/a b/{slug}", "has ' '"),
        ("/{slug}/{", "has '{'"),
    ],
)
def test_an_ambiguous_pattern_is_refused(pattern: str, wrong: str) -> None:
    assert wrong in (urls.check_pattern(pattern) or "")


@given(TEXTS)
def test_slugs_are_parsed_back_for_every_allowed_pattern(text: str) -> None:
    for pattern in (f"/{text}{{slug}}", f"/{{slug}}{text}"):
        if urls.check_pattern(pattern) is None:
            path = urls.article_path(pattern, "a", WHEN)
            assert urls.parse_article_path(pattern, unquote(path)) == "a"


def test_the_base_url_is_prepended_only_to_paths() -> None:
    """Conformance 48."""
    assert urls.absolute("https://news.example.org/sub/", "/a") == "https://news.example.org/sub/a"
    assert urls.absolute("https://news.example.org", "http://b.example/") == "http://b.example/"


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("b", "https://news.example.org/articles/b"),
        ("../c", "https://news.example.org/c"),
        ("/d", "https://news.example.org/d"),
        ("//e.example/", "https://e.example/"),
        ("#f", "https://news.example.org/articles/a#f"),
        ("?g", "https://news.example.org/articles/a?g"),
        ("", "https://news.example.org/articles/a"),
        (" https://h.example/ ", "https://h.example/"),
        ("https://h.example/a/../b?c#d", "https://h.example/a/../b?c#d"),
        ("http://[", ""),
    ],
)
def test_a_reference_is_resolved_against_the_url_of_the_article(reference: str, url: str) -> None:
    """Conformance 13."""
    assert urls.resolve("https://news.example.org/articles/a", reference) == url


# Mostly characters that affect the parsing of a reference.
REFERENCES = st.text(
    st.sampled_from("a./?#%:;=~-_é [\t\x1c") | st.characters(exclude_categories=["Cs"])
)
BASES = st.sampled_from(
    [
        "https://news.example.org",
        "https://news.example.org/",
        "http://127.0.0.1:8000/articles/a",
        "https://news.example.org/2022/02/a/?b/c#d/e",
        "https://news.example.org?a=/b",
        "https://user@news.example.org/a",
        "https://[::1]:8000/a/b",
    ]
)


@given(BASES, REFERENCES)
@example("https://news.example.org/a", "/b/../c")
@example("https://news.example.org/a", "/b/..")
@example("https://user@news.example.org/a", "/b")
@example("https://news.example.org/a", "//b/c")
@example("https://news.example.org/a", "/b?c d")
@example("https://news.example.org/a", "/b/")
@example("https://news.example.org/a", "/")
def test_short_cuts_resolve_references_like_urljoin(base: str, text: str) -> None:
    """Except that they keep an empty query or fragment, which `urljoin` drops."""
    for reference in (text, f"/{text}", f"/a/{text}", f"#{text}", f"https://b.example{text}"):
        try:
            expected = urljoin(base, reference.strip())
        except ValueError:
            expected = ""
        assert _whole(urls.resolve(base, reference)) == _whole(expected)


def _whole(url: str) -> str:
    return urlunsplit(urlsplit(url))


@given(TEXTS)
def test_url_functions_accept_any_text(text: str) -> None:
    for odd in (text, f"https://{text}", f"https://[{text}"):
        urls.resolve("https://news.example.org/articles/a", odd)
        syntax.is_url(odd)
        syntax.is_iri(odd)


@pytest.mark.parametrize(
    ("url", "is_absolute"),
    [
        ("https://example.org", True),
        ("HTTP://example.org/a?b#c", True),
        ("https://[::1]/", True),
        ("//example.org", False),
        ("example.org", False),
        ("https://", False),
        ("https:///a", False),
        ("ftp://example.org", False),
        ("javascript://example.org/%0aalert(1)", False),
        ("https://example.org/a b", False),
        (" https://example.org", False),
        ("https://exa\nmple.org", False),
        ("http://[", False),
    ],
)
def test_an_absolute_url_has_a_web_scheme_and_a_host(url: str, is_absolute: bool) -> None:
    assert syntax.is_url(url) is is_absolute


@pytest.mark.parametrize(
    ("text", "is_iri"),
    [
        ("tag:example.org,2022:a", True),
        ("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", True),
        ("https://example.org/élan", True),
        ("a", False),
        (":a", False),
        ("tag:", False),
        ("tag:a b", False),
        ("tag:a\n", False),
        ("tag:<a>", False),
        ("/articles/a", False),
    ],
)
def test_an_id_is_an_absolute_iri(text: str, is_iri: bool) -> None:
    """Conformance 15."""
    assert syntax.is_iri(text) is is_iri


def test_minted_ids_are_fixed() -> None:
    """Conformance 15: if one changes, every reader presents old entries as new."""
    assert urls.entry_id(AUTHORITY, WHEN, "été") == f"tag:{AUTHORITY}:2022-02-17:%C3%A9t%C3%A9"
    assert urls.feed_id(AUTHORITY, FeedRef(Kind.ALL)) == f"tag:{AUTHORITY}:feeds/all"
    assert urls.feed_id(AUTHORITY, FeedRef(Kind.TAG, "c#")) == f"tag:{AUTHORITY}:feeds/tag/c%23"


@given(DATES, TERMS)
def test_minted_entry_ids_are_tag_uris(published: datetime, slug: str) -> None:
    """Conformance 15."""
    minted = urls.entry_id(AUTHORITY, published, slug)
    assert TAG_URI.fullmatch(minted)
    assert syntax.is_iri(minted)


@given(REFS)
def test_feed_ids_are_tag_uris(ref: FeedRef) -> None:
    """Conformance 15."""
    assert TAG_URI.fullmatch(urls.feed_id(AUTHORITY, ref))


@given(TERMS, TERMS)
def test_different_slugs_have_different_ids(one: str, other: str) -> None:
    """Conformance 15: ids are compared character by character."""
    ids = {urls.entry_id(AUTHORITY, WHEN, slug) for slug in (one, other)}
    assert len(ids) == len({one, other})


def test_an_id_contains_the_day_in_the_authors_time_zone() -> None:
    """Conformance 15: it does not change with the time zone of the site."""
    assert WHEN.astimezone(UTC).day == 16
    assert ":2022-02-17:" in urls.entry_id(AUTHORITY, WHEN, "a")


@pytest.mark.parametrize(
    "key",
    ["", "/", "tag", "tag/", "tag/A", "tag/a b", "tag/a/b", "tag/..", "..", "A", "All", " ", "a/b"],
)
def test_other_texts_are_not_keys(key: str) -> None:
    assert urls.parse_key(key) is None


@pytest.mark.parametrize(
    "key", ["/a", "a/", "all/", "all/a", "named", "named/a", "category", "TAG"]
)
def test_kinds_and_invalid_combinations_are_not_keys(key: str) -> None:
    assert urls.parse_key(key) is None
