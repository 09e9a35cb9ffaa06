"""Custom feeds in the settings: definitions, members and errors."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from feedsvc import syntax, urls
from feedsvc.config.feeds import LISTS, FeedSettings, Selection
from feedsvc.errors import SettingsError
from feedsvc.model import ContentChoice, FeedRef
from tests.config.test_settings import dump, load
from tests.sites import make_site, mistake

SECURITY = """
[feeds]
limit = 9
max_age = 60

[feeds.security]
title = "Security"
any = { tags = ["CVE", "Security"], categories = ["Security "], authors = ["Ada  Example"] }
all = { languages = ["pt-BR"] }
none = { tags = ["Draft", "draft"] }
limit = 20
content = "summary"
"""


def test_a_custom_feed_selects_terms_and_has_the_settings_of_a_feed(tmp_path: Path) -> None:
    loaded = make_site(tmp_path, toml=SECURITY)
    assert loaded.selections == {
        "security": Selection(
            any=("category/security", "tag/cve", "tag/security", "author/ada-example"),
            all=("language/pt-br",),
            none=("tag/draft",),
        )
    }
    assert loaded.feed("security") == FeedSettings(
        title="Security", limit=20, content=ContentChoice.SUMMARY, max_age=60
    )
    assert loaded.feed("tag/cve") == loaded.feed_defaults


def test_a_custom_feed_may_be_defined_in_the_environment(tmp_path: Path) -> None:
    toml = (tmp_path / "feedsvc.toml", make_site(tmp_path))[0].read_text("utf-8")
    loaded = load(tmp_path, toml, FEEDSVC_FEEDS='{ news = { any = { tags = ["a"] } } }')
    assert loaded.selections == {"news": Selection(any=("tag/a",))}


@pytest.mark.parametrize("name", ["news", "à-la-une", "a.rss", "c++", "日本語", "tags", "archive"])
def test_names_of_custom_feeds_are_terms(tmp_path: Path, name: str) -> None:
    loaded = make_site(tmp_path, toml=f'[feeds."{name}"]\nany = {{ tags = ["a"] }}')
    assert list(loaded.selections) == [name]


@pytest.mark.parametrize(
    "toml", ['any = { tags = ["a"] }', 'all = { tags = ["a"] }', 'none = { tags = ["a"] }']
)
def test_one_of_any_all_and_none_is_enough(tmp_path: Path, toml: str) -> None:
    assert make_site(tmp_path, toml=f"[feeds.news]\n{toml}").selections.keys() == {"news"}


BAD_NAMES = ["News", "a b", "a/b", "..", "named", "any", "none", "category", "É", "\\u0001", "TAG"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_invalid_names_are_rejected(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r'cannot be the name of a feed; .* like "security"$'):
        make_site(tmp_path, toml=f'[feeds."{name}"]\nany = {{ tags = ["a"] }}')


@pytest.mark.parametrize("name", ["title", "author", "image", "limit"])
def test_keys_of_a_feed_are_not_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r"feedsvc\.toml:[56]: "):
        make_site(tmp_path, toml=f'[feeds.{name}]\nany = {{ tags = ["a"] }}')


def test_names_in_the_environment_must_be_storable(tmp_path: Path) -> None:
    make_site(tmp_path)
    toml = (tmp_path / "feedsvc.toml").read_text("utf-8")
    for name in ("a\udce9", "a\\u0000"):
        with pytest.raises(SettingsError, match="cannot be the name of a feed"):
            load(tmp_path, toml, FEEDSVC_FEEDS=f'{{ "{name}" = {{ any = {{ tags = ["a"] }} }} }}')


BAD: list[tuple[str, int, str]] = [
    # The TOML, the number of the wrong line, and a part of the message.
    ("[feeds.news]", 1, "names no feed; name it as in its URL: all, category/<term>"),
    ("[feeds.news]\nlimit = 5", 1, "list the terms of its articles with any, all or none"),
    (
        '[feeds."tag/a"]\nany = { tags = ["b"] }',
        2,
        "the articles of 'tag/a' are fixed; move any to",
    ),
    ('[feeds.all]\nnone = { tags = ["b"] }', 2, "with a name of your own, like [feeds."),
    ('[feeds.all]\nlimit = 5\nany = { tags = ["b"] }', 3, "the articles of 'all' are fixed"),
    ("[feeds.news]\nany = {}", 2, "any names no term; write one"),
    ("[feeds.news]\nany = { tags = [] }", 2, "any names no term"),
    ('[feeds.news]\nany = { tags = ["a"] }\nnone = {}', 3, "none names no term"),
    ('[feeds.news]\nany = ["a"]', 2, "any is a table"),
    ('[feeds.news]\nany = { tag = ["a"] }', 2, "did you mean tags?"),
    ('[feeds.news]\nany = { tags = "a" }', 2, "tags is a list of texts"),
    ('[feeds.news]\nall = { tags = ["a", " "] }', 2, "tags has ' ', which is not a term"),
    ('[feeds.news]\nall = { tags = [".."] }', 2, "which is not a term; write a word"),
    (
        '[feeds.news]\nall = { tags = ["a\\u0007"] }',
        2,
        "'a\\x07' in tags has a line break, a tab or another control",
    ),
    ('[feeds.news]\nall = { tags = ["a\\tb"] }', 2, "'a\\tb' in tags has a line break, a tab"),
    ('[feeds.news]\nany = { tags = ["a"] }\nlimt = 5', 3, "did you mean limit?"),
    ('[feeds.news]\nany = { tags = ["a"] }\nlimit = 0', 3, "from 1 to 1000"),
    ('[feeds.news.any]\ntags = ["a"]\nxyzzy = 1', 3, "'xyzzy' is not a setting here"),
]


@pytest.mark.parametrize(("toml", "line", "message"), BAD, ids=[each[0] for each in BAD])
def test_a_mistake_is_reported_with_its_line_and_a_remedy(
    tmp_path: Path, toml: str, line: int, message: str
) -> None:
    assert message in mistake(tmp_path, toml, line)


def test_the_fingerprint_depends_on_definitions_but_not_on_hash_seeds(
    tmp_path: Path,
) -> None:
    before = make_site(tmp_path, toml=SECURITY).fingerprint()
    assert make_site(tmp_path, toml=SECURITY.replace("CVE", "cve")).fingerprint() == before
    assert make_site(tmp_path, toml=SECURITY.replace("CVE", "x")).fingerprint() != before
    assert "frozenset" not in before  # its order differs between processes


FEW = st.sampled_from(["x", "X", "y ", "É t", "e\u0301-T", "z"])
ANY = st.text(st.characters(exclude_categories=["Cs", "Cc"])).filter(
    lambda text: (
        syntax.is_line(text) and urls.is_addressable(urls.term(text)) and not urls.term_excess(text)
    )
)
LABELS = st.lists(FEW | ANY, max_size=3)
TERMS = st.fixed_dictionaries({}, optional=dict.fromkeys(LISTS, LABELS))
CHOICE = TERMS.filter(lambda lists: any(lists.values()))
SELECTIONS = st.dictionaries(st.sampled_from(["any", "all", "none"]), CHOICE, min_size=1)


def has(article: dict[str, list[str]], name: str, label: str) -> bool:
    return urls.term(label) in [urls.term(each) for each in article.get(name, [])]


def naive(selection: dict[str, dict[str, list[str]]], article: dict[str, list[str]]) -> bool:
    """Whether an article is in a feed, according to the documentation."""

    def hits(choice: str) -> Sequence[bool]:
        lists = selection.get(choice, {})
        return [has(article, name, label) for name, labels in lists.items() for label in labels]

    return (
        (any(hits("any")) or "any" not in selection) and all(hits("all")) and not any(hits("none"))
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SELECTIONS, TERMS)
@example({"any": {"tags": ["X"]}, "none": {"tags": ["É t"]}}, {"tags": ["x", "é-T"]})
@example({"all": {"tags": ["x"], "authors": ["x"]}}, {"tags": ["x"]})
def test_membership_is_as_documented(
    tmp_path: Path, selection: dict[str, dict[str, list[str]]], article: dict[str, list[str]]
) -> None:
    """For any selection and any terms."""
    loaded = make_site(tmp_path, toml=f"[feeds]\nnews = {dump(selection)}")
    terms = [
        FeedRef(LISTS[name], urls.term(label)).key
        for name, labels in article.items()
        for label in labels
    ]
    custom = ("news",) if naive(selection, article) else ()
    assert loaded.feeds_of(terms) == ("all", *custom, *terms)
