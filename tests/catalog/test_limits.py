"""Texts at and one byte beyond their length limits, in whole syncs, on both databases.

PostgreSQL compresses repetitive texts before it measures index rows, so these texts are random.
"""

import random
import string
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Column, Text, UniqueConstraint

from feedsvc import urls
from feedsvc.catalog import schema
from feedsvc.model import (
    MAX_BASE,
    MAX_ID,
    MAX_KEY,
    MAX_LANGUAGE,
    MAX_PATH,
    MAX_SLUG,
    MAX_TERM,
    MAX_URL,
    FeedRef,
    Kind,
)
from tests.desk import START, Desk
from tests.sites import article

INDEX_ROW = 2704  # bytes; the maximum of PostgreSQL for a B-tree with pages of 8 KB
ALPHABETS = {
    "ASCII": string.ascii_lowercase + string.digits,
    "emoji": "".join(map(chr, range(0x1F400, 0x1F4FE))),
    "ideographs": "".join(map(chr, range(0x20000, 0x2A6D0))),
}
characters = pytest.mark.parametrize("characters", ALPHABETS.values(), ids=ALPHABETS)


def size(text: str) -> int:
    """Return the number of bytes of a text in UTF-8."""
    return len(text.encode())


def fill(length: int, characters: str = ALPHABETS["ASCII"], start: str = "") -> str:
    """Return a random text with this many bytes and a given beginning."""
    source = random.Random(length)
    count, rest = divmod(length - size(start), size(characters[0]))
    return start + "z" * rest + "".join(source.choices(characters, k=count))


def path_of(length: int, characters: str, ending: str) -> str:
    """Return a path with this many bytes, whose parts are short enough for file systems."""
    text = ""
    while length - size(text) - size(ending) > 240:
        text += fill(200, characters) + "/"
    return fill(length - size(ending), characters, text) + ending


def language_of(length: int) -> str:
    """Return a language tag with this many bytes."""
    return ("en" + "-abcdefgh" * length)[:length]


# Written when a client subscribes, from values that push/hub.py limits.
PUSH = (schema.subscription, schema.subscription_request, schema.hub)


@characters
def test_texts_at_their_limits_are_published(desk: Desk, characters: str) -> None:
    path = path_of(MAX_PATH, characters, ".md")
    picture = path_of(MAX_PATH, characters, ".png")
    slug, other_slug = fill(MAX_SLUG, characters), fill(MAX_SLUG, characters, "other")
    entry_id = fill(MAX_ID, characters, "urn:x:")
    link = fill(MAX_URL, characters, "https://example.org/")
    tag, category, author = (fill(MAX_TERM, characters, each) for each in ("t", "c", "a"))
    language = language_of(MAX_LANGUAGE)

    def front(slug: str) -> str:
        return article(
            "T",
            body=f"![]({urls.file_path(picture).removeprefix('/files')})",
            slug=slug,
            id=entry_id,
            link=link,
            tags=[tag],
            categories=[category],
            authors=[author],
            language=language,
        )

    desk.write(picture, b"")
    desk.write(path, front(slug))
    assert desk.sync().problems == ()
    desk.write(path, front(other_slug))
    assert desk.sync().problems == ()
    stored = desk.articles()[path]
    assert (stored.slug, stored.id, stored.visible) == (other_slug, entry_id, True)
    for kind, term in ((Kind.TAG, tag), (Kind.CATEGORY, category), (Kind.AUTHOR, author)):
        assert desk.titles(FeedRef(kind, term).key) == ["T"]
    assert desk.titles(f"language/{language}") == ["T"]
    (entry,) = desk.publication.entries(FeedRef(Kind.ALL))
    assert entry.link == link
    assert [row["slug"] for row in desk.rows(schema.former_slug)] == [slug]
    assert [row["path"] for row in desk.rows(schema.shown_file)] == [picture]
    longest = {
        f"{table.name}.{column.name}": max(size(str(row[column.name])) for row in desk.rows(table))
        for table in schema.metadata.sorted_tables
        for column in table.columns
        if "max_bytes" in column.info and table not in PUSH
    }
    assert longest == {
        "made_by.name": len("published"),
        "file.path": MAX_PATH,
        "article.path": MAX_PATH,
        "article.slug": MAX_SLUG,
        "article.id": MAX_ID,
        "article.text_hash": 32,
        "former_slug.slug": MAX_SLUG,
        "feed.key": MAX_KEY,
        "feed_row.slug": MAX_SLUG,
        "shown_file.path": MAX_PATH,
    }


@characters
def test_an_id_minted_from_the_longest_slug_is_published(desk: Desk, characters: str) -> None:
    slug = fill(MAX_SLUG, characters)
    start = fill(MAX_BASE - len(".example.org,2022"), start="h")
    desk.configure(f'id_authority = "{start}.example.org,2022"')
    desk.write("a.md", article("A", slug=slug))
    assert desk.sync().problems == ()
    minted = urls.entry_id(desk.settings.id_authority, START.replace(2022, 2, 17), slug)
    assert desk.articles()["a.md"].id == minted


def test_the_longest_minted_id_is_within_the_limit_of_ids() -> None:
    longest = urls.entry_id("x" * MAX_BASE, START, "é" * (MAX_SLUG // 2))
    assert size(longest) <= MAX_ID


@characters
@pytest.mark.parametrize("key", ["tags", "categories"])
def test_a_term_beyond_the_limit_is_omitted_and_the_article_is_published(
    desk: Desk, key: str, characters: str
) -> None:
    front: dict[str, Any] = {key: ["fine", fill(MAX_TERM + 1, characters)]}
    desk.write("a.md", article("A", **front))
    desk.write("b.md", article("B"))
    (problem,) = desk.sync().problems
    assert (problem.path, problem.line, problem.code) == ("content/a.md", 4, "too-long-term")
    assert "201 bytes in UTF-8, and the limit is 200" in problem.message
    assert sorted(desk.titles()) == ["A", "B"]
    kind = {"tags": "tag", "categories": "category"}[key]
    assert set(desk.feeds()) == {"all", "language/en", f"{kind}/fine"}


def test_a_tag_too_long_for_an_index_does_not_stop_the_sync(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=[fill(4000)]))
    desk.write("b.md", article("B"))
    (problem,) = desk.sync().problems
    assert (problem.code, problem.severity) == ("too-long-term", "warning")
    assert len(str(problem)) < 300
    assert sorted(desk.titles()) == ["A", "B"]


def test_the_limit_applies_to_labels_that_fold_to_a_short_term(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["a" + "/" * MAX_TERM + "b"]))
    (problem,) = desk.sync().problems
    assert problem.code == "too-long-term"


def test_the_limit_applies_to_terms_longer_than_their_label(desk: Desk) -> None:
    label = "\U0001d160" * (MAX_TERM // 4)  # NFC makes 12 bytes of its 4
    assert size(label) == MAX_TERM
    desk.write("a.md", article("A", tags=[label]))
    (problem,) = desk.sync().problems
    assert problem.code == "too-long-term"
    assert f"{3 * MAX_TERM} bytes" in problem.message


@characters
def test_an_author_beyond_the_limit_is_listed_but_has_no_feed(desk: Desk, characters: str) -> None:
    name = fill(MAX_TERM + 1, characters)
    desk.write("a.md", article("A", authors=[name]))
    (problem,) = desk.sync().problems
    assert (problem.line, problem.code) == (4, "too-long-term")
    assert set(desk.feeds()) == {"all", "language/en"}
    (entry,) = desk.publication.entries(FeedRef(Kind.ALL))
    assert [person.name for person in entry.authors] == [name]


def beyond(key: str, characters: str) -> str:
    """Return a value of a front-matter key that is one byte too long."""
    if key == "slug":
        return fill(MAX_SLUG + 1, characters)
    if key == "id":
        return fill(MAX_ID + 1, characters, "urn:x:")
    if key == "language":
        return language_of(MAX_LANGUAGE + 1)
    return fill(MAX_URL + 1, characters, "https://example.org/")


@characters
def test_an_edit_with_a_value_beyond_its_limit_is_not_published(
    desk: Desk, characters: str
) -> None:
    limits = {"slug": MAX_SLUG, "id": MAX_ID, "language": MAX_LANGUAGE}
    limits |= dict.fromkeys(("link", "image", "enclosures"), MAX_URL)
    for key in limits:
        desk.write(f"{key}.md", article("Before"))
    desk.sync()
    for key in limits:
        desk.write(f"{key}.md", article("After", **{key: beyond(key, characters)}))
    desk.write("b.md", article("B"))
    problems = {problem.path: problem for problem in desk.sync().problems}
    assert problems.keys() == {f"content/{key}.md" for key in limits}
    for key, limit in limits.items():
        problem = problems[f"content/{key}.md"]
        assert (problem.line, problem.code, problem.severity) == (4, "too-long", "error")
        assert f"has {limit + 1:,} bytes in UTF-8, and the limit is {limit:,}" in problem.message
    assert sorted(desk.titles()) == ["B", *["Before"] * len(limits)]


@characters
def test_a_file_whose_path_is_too_long_is_reported_and_skipped(desk: Desk, characters: str) -> None:
    path = path_of(MAX_PATH + 1, characters, ".md")
    desk.write(path, article("A"))
    desk.write("b.md", article("B"))
    (problem,) = desk.sync().problems
    assert (problem.path, problem.line, problem.code) == (f"content/{path}", 0, "too-long")
    assert "has 1,001 bytes in UTF-8, and the limit is 1,000" in problem.message
    assert desk.titles() == ["B"]


@characters
def test_an_attachment_whose_path_is_too_long_is_not_published(desk: Desk, characters: str) -> None:
    picture = path_of(MAX_PATH + 1, characters, ".png")
    reference = urls.file_path(picture).removeprefix("/files")
    desk.write(picture, b"")
    desk.write("a.md", article("A", body=f"![]({reference})"))
    desk.write("b.md", article("B", image=f"/{picture}"))
    in_text, in_key = desk.sync().problems
    assert (in_text.path, in_text.code) == ("content/a.md", "left-out")
    assert in_text.severity == "warning"
    assert (in_key.path, in_key.line, in_key.code) == ("content/b.md", 4, "too-long")
    assert desk.titles() == ["A"]
    assert desk.rows(schema.shown_file) == []


def test_the_longest_feed_keys_of_the_settings_are_published(desk: Desk) -> None:
    name, tag, moved = (fill(MAX_TERM, start=each) for each in ("name", "tag", "moved"))
    desk.configure(
        f'[moved]\n"tag/old" = "category/{moved}"\n'
        f'[aliases]\n"/rss.xml" = "author/{tag}.rss"\n'
        f'[feeds.{name}]\nany = {{ tags = ["{tag}"] }}'
    )
    desk.write("a.md", article("A", tags=[tag]))
    assert desk.sync().problems == ()
    assert desk.titles(name) == ["A"]
    assert {f"category/{moved}", f"author/{tag}"} <= set(desk.feeds())


def keys_of_indexes() -> Iterator[tuple[str, list[Column[Any]]]]:
    """Yield every index, primary key and unique constraint with its columns."""
    for table in schema.metadata.sorted_tables:
        unique = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        keys = [list(each.columns) for each in (table.primary_key, *unique)]
        for columns in (*keys, *(list(each.columns) for each in indexes)):
            yield f"{table.name}({', '.join(each.name for each in columns)})", columns


INDEXES = dict(keys_of_indexes())


def test_the_schema_has_indexes_of_every_kind() -> None:
    assert {"feed(key)", "file(path)", "article(id)"} <= INDEXES.keys()


@pytest.mark.parametrize("index", INDEXES)
def test_indexed_texts_are_limited_so_that_index_rows_fit(index: str) -> None:
    row = 8  # the header
    for column in INDEXES[index]:
        if isinstance(column.type, Text):
            assert "max_bytes" in column.info, f"{index} holds {column.name}, which has no limit"
            row += -(-(4 + column.info["max_bytes"]) // 8) * 8
        else:
            row += 8
    assert row <= INDEX_ROW
