"""Moved and retired feeds, and aliases, in the settings; and errors in them."""

from pathlib import Path
from typing import Any

import pytest

from feedsvc.errors import SettingsError
from feedsvc.model import FeedRef, Format, Kind
from tests.config.test_settings import load
from tests.sites import TOML, make_site, mistake

WHOLE = """
retired = ["tag/old", "news"]
[moved]
"tag/mali" = "category/mali"
"tag/cve" = "security"
"author/c++" = "all"
[aliases]
"/feed/" = "all.rss"
"/rss.xml" = "all.rss"
"/feeds/posts/default" = "all.atom"
"/caf%C3%A9.rdf" = "tag/node.js.rss"
"/security" = "security.json"
"/.well-known//a..b/" = "all.json"
[feeds.security]
any = { tags = ["CVE"] }
"""


def test_moved_retired_and_aliases_are_read(tmp_path: Path) -> None:
    """Conformance 43."""
    loaded = make_site(tmp_path, toml=WHOLE)
    assert loaded.retired == ("tag/old", "news")
    assert loaded.moved == {
        "tag/mali": "category/mali",
        "tag/cve": "security",
        "author/c++": "all",
    }
    site = FeedRef(Kind.ALL)
    assert loaded.aliases == {
        "/feed/": (site, Format.RSS),
        "/rss.xml": (site, Format.RSS),
        "/feeds/posts/default": (site, Format.ATOM),
        "/café.rdf": (FeedRef(Kind.TAG, "node.js"), Format.RSS),
        "/security": (FeedRef(Kind.NAMED, "security"), Format.JSON),
        "/.well-known//a..b/": (site, Format.JSON),
    }


def test_moved_and_retired_feeds_are_unlisted_and_targets_are_promised(tmp_path: Path) -> None:
    loaded = make_site(tmp_path, toml=WHOLE)
    gone = {"tag/old", "news", "tag/mali", "tag/cve", "author/c++"}
    assert {key for key in (*gone, "all", "tag/x", "security") if not loaded.is_listed(key)} == gone
    assert loaded.promised == ("all", "security", "category/mali", "tag/node.js")


BAD: list[tuple[str, int, str]] = [
    # The TOML, the number of the wrong line, and a part of the message.
    ('retired = "tag/a"', 1, "retired is a list of texts"),
    ('retired = ["tag/A"]', 1, "'tag/A' is not a feed; write it as in its URL: tag/<term>"),
    ('retired = ["tag"]', 1, "'tag' is not a feed"),
    ('retired = ["/feeds/tag/a.rss"]', 1, "is not a feed"),
    ('retired = ["tag/a\\u0007"]', 1, "in retired has a line break, a tab"),
    ('retired = ["all"]', 1, "the feed of the whole site, all, stays"),
    ('retired = ["x"]\n[feeds.x]\nany = { tags = ["a"] }', 1, "'x' is defined in [feeds.x]"),
    ("moved = 1", 1, "moved is a table"),
    ('[moved]\n"tag/a" = 1', 2, "tag/a is a text"),
    ('[moved]\n"tag/A" = "tag/b"', 2, "'tag/A' is not a feed"),
    ('[moved]\n"tag/a" = "tag/B"', 2, "'tag/B' is not a feed"),
    ('[moved]\n"tag/a" = "all.rss"', 2, "'all.rss' is not a feed; define it in [feeds.all.rss]"),
    ('[moved]\n"tag/a" = "securty"', 2, "define it in [feeds.securty], or name another"),
    ('[moved]\nall = "tag/a"', 2, "the feed of the whole site, all, stays"),
    ('[moved]\nx = "tag/a"\n[feeds.x]\nany = { tags = ["a"] }', 2, "is defined in [feeds.x]"),
    ('[moved]\n"tag/a" = "tag/a"', 2, "'tag/a' is moved in a circle, to 'tag/a'"),
    ('[moved]\n"tag/a" = "tag/b"\n"tag/b" = "tag/a"', 2, "is moved in a circle"),
    (
        '[moved]\n"tag/a" = "tag/b"\n"tag/b" = "tag/c"\n"tag/c" = "tag/b"',
        2,
        "'tag/a' is moved in a circle",
    ),
    (
        '[moved]\n"tag/z" = "tag/y"\n"tag/a" = "tag/b"\n"tag/b" = "tag/c"\n"tag/c" = "tag/d"',
        3,
        "'tag/a' is moved to 'tag/b', which is moved; write 'tag/d'",
    ),
    (
        'retired = ["tag/a"]\n[moved]\n"tag/a" = "tag/b"',
        3,
        "'tag/a' is moved and retired; remove one",
    ),
    (
        'retired = ["tag/b"]\n[moved]\n"tag/a" = "tag/b"',
        3,
        "'tag/a' is moved to 'tag/b', which is retired; name another feed",
    ),
    ('[aliases]\n"rss.xml" = "all.rss"', 2, "'rss.xml' is not a path; write one that starts with"),
    ('[aliases]\n"https://a.example/rss" = "all.rss"', 2, "is not a path"),
    ('[aliases]\n"//rss.xml" = "all.rss"', 2, "is not a path"),
    ('[aliases]\n"/?feed=rss2" = "all.rss"', 2, "has no ? or #"),
    ('[aliases]\n"/a%00" = "all.rss"', 2, "is not a path"),
    ('[aliases]\n"/.." = "all.rss"', 2, "is not a path"),
    ('[aliases]\n"/./x" = "all.rss"', 2, "and no segment of dots alone"),
    ('[aliases]\n"/a/%2E%2e/x" = "all.rss"', 2, "is not a path"),
    ('[aliases]\n"/a%0Ab" = "all.rss"', 2, "is not a path"),
    ('[aliases]\n"/" = "all.rss"', 2, "'/' is one of feedsvc's own paths"),
    ('[aliases]\n"/feeds/x.rss" = "all.rss"', 2, "redirect a feed with [moved]"),
    ('[aliases]\n"/feeds/tag/" = "all.rss"', 2, "is one of feedsvc's own paths"),
    ('[aliases]\n"/h%65althz" = "all.rss"', 2, "is one of feedsvc's own paths"),
    ('[aliases]\n"/a" = "all"', 2, "'all' has no format; write it like \"all.rss\""),
    ('[aliases]\n"/a" = "all.xml"', 2, "has no format"),
    ('[aliases]\n"/a" = ""', 2, "/a is empty"),
    ('[aliases]\n"/a" = "tag/A.rss"', 2, "'tag/A' is not a feed"),
    ('[aliases]\n"/a" = "x.rss"', 2, "'x' is not a feed; define it in [feeds.x]"),
    ('[aliases]\n"/a" = ["all.rss"]', 2, "/a is a text"),
    ('[aliases]\n"/ab" = "all.rss"\n"/a%62" = "all.rss"', 3, "is there twice"),
    (
        'retired = ["tag/a"]\n[aliases]\n"/a" = "tag/a.rss"',
        3,
        "'tag/a' is retired; name another feed",
    ),
    (
        '[aliases]\n"/*/a" = "all.rss"',
        2,
        "has 1 * in its path and 0 in its feed; write one in each",
    ),
    ('[aliases]\n"/*/*" = "tag/*.rss"', 2, "has 2 * in its path and 1 in its feed"),
    ('[aliases]\n"/a" = "tag/*.rss"', 2, "has 0 * in its path and 1 in its feed"),
    (
        'old_feeds = ["blogger"]',
        1,
        "old_feeds has 'blogger', which is not known; write some of gen",
    ),
    (
        '[moved]\n"tag/a" = "tag/b"\n[aliases]\n"/a" = "tag/a.rss"',
        4,
        "'tag/a' is moved; write 'tag/b.rss'",
    ),
]


@pytest.mark.parametrize(("toml", "line", "message"), BAD, ids=[each[0] for each in BAD])
def test_a_mistake_is_reported_with_its_line_and_a_remedy(
    tmp_path: Path, toml: str, line: int, message: str
) -> None:
    assert message in mistake(tmp_path, toml, line)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("retired", '["tag/a", "tag/b"]', ("tag/a", "tag/b")),
        ("retired", "[]", ()),
        ("moved", '{ "tag/a" = "tag/b" }', {"tag/a": "tag/b"}),
        ("old_feeds", '["hugo"]', ("hugo",)),
        ("aliases", '{ "/a" = "all.rss" }', {"/a": (FeedRef(Kind.ALL), Format.RSS)}),
    ],
)
def test_the_environment_overrides_the_file(
    tmp_path: Path, key: str, value: str, expected: Any
) -> None:
    toml = f'retired = ["x"]\n{TOML}[moved]\ny = "all"\n[aliases]\n"/z" = "all.rss"'
    loaded = load(tmp_path, toml, **{f"FEEDSVC_{key.upper()}": value})
    assert getattr(loaded, key) == expected


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("FEEDSVC_RETIRED", "tag/a", "retired is a list of texts"),
        ("FEEDSVC_RETIRED", '["tag/a"', "is not TOML"),
        (
            "FEEDSVC_RETIRED",
            '["tag/\udce9"]',
            "in retired has a line break, a tab",
        ),
        ("FEEDSVC_MOVED", '{ "tag/\udce9" = "all" }', "is not a feed"),
        ("FEEDSVC_MOVED", '{ "tag/a" = "tag/a" }', "is moved in a circle"),
        ("FEEDSVC_ALIASES", '{ "/\udce9" = "all.rss" }', "is not a path"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    tmp_path: Path, variable: str, value: str, message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, TOML, **{variable: value})
    assert str(caught.value).startswith(f"{variable} in the environment: ")
    assert message in str(caught.value)


@pytest.mark.parametrize("title", ["[1]", '["a"]', "[Staging]"])
def test_a_text_in_brackets_is_not_parsed_as_a_list(tmp_path: Path, title: str) -> None:
    assert load(tmp_path, TOML, FEEDSVC_TITLE=title).title == title


@pytest.mark.parametrize(
    "toml", ['retired = ["tag/a"]', '[moved]\n"tag/a" = "all"', '[aliases]\n"/a" = "all.rss"']
)
def test_each_of_them_changes_the_fingerprint(tmp_path: Path, toml: str) -> None:
    assert make_site(tmp_path, toml=toml).fingerprint() != make_site(tmp_path).fingerprint()
