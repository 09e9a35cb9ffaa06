"""Texts in the settings at and one byte beyond their length limits."""

from collections.abc import Callable
from pathlib import Path

import pytest

from feedsvc.model import MAX_BASE, MAX_LANGUAGE, MAX_PATH, MAX_TERM, MAX_URL
from tests.sites import make_site, mistake

LANGUAGE = "en" + "-abcdefgh" * 20


def emoji(length: int) -> str:
    """Return a text with this many bytes, mostly of characters with four bytes."""
    return "z" * (length % 4) + "🐘" * (length // 4)


# TOML with the placeholder TEXT, its line, its limit, and a function that returns a text.
CASES: dict[str, tuple[str, int, int, Callable[[int], str]]] = {
    "base_url": ('base_url = "TEXT"', 1, MAX_BASE, lambda n: "https://a.example/".ljust(n, "x")),
    "id_authority": ('id_authority = "TEXT,2022"', 1, MAX_BASE - 5, lambda n: "x" * n),
    "article_link": ('article_link = "TEXT{slug}"', 1, MAX_BASE - 6, lambda n: "/".ljust(n, "x")),
    "language": ('language = "TEXT"', 1, MAX_LANGUAGE, lambda n: LANGUAGE[:n]),
    "author": ('author = "TEXT"', 1, MAX_TERM, emoji),
    "author's uri": (
        '[author]\nname = "Ada"\nuri = "TEXT"',
        3,
        MAX_URL,
        lambda n: "https://a.example/".ljust(n, "x"),
    ),
    "icon": ('icon = "TEXT"', 1, MAX_URL, lambda n: "/".ljust(n, "x")),
    "image": ('image = "TEXT"', 1, MAX_URL, lambda n: "/".ljust(n, "x")),
    "label": ('[labels.tag]\n"TEXT" = "Label"', 2, MAX_TERM, emoji),
    "feed": ('[feeds."tag/TEXT"]\nlimit = 9', 1, MAX_TERM, emoji),
    "language of a feed": (
        '[feeds.all]\nlanguage = "TEXT"',
        2,
        MAX_LANGUAGE,
        lambda n: LANGUAGE[:n],
    ),
    "custom feed": ('[feeds."TEXT"]\nany = { tags = ["x"] }', 1, MAX_TERM, emoji),
    "term of a custom feed": (
        '[feeds.security]\nany = { tags = ["x", "TEXT"] }',
        2,
        MAX_TERM,
        emoji,
    ),
    "retired": ('retired = ["tag/TEXT"]', 1, MAX_TERM, emoji),
    "moved": ('[moved]\n"tag/TEXT" = "all"', 2, MAX_TERM, emoji),
    "where moved": ('[moved]\n"tag/x" = "category/TEXT"', 2, MAX_TERM, emoji),
    "where an alias leads": ('[aliases]\n"/rss.xml" = "tag/TEXT.rss"', 2, MAX_TERM, emoji),
    "alias": ('[aliases]\n"/TEXT" = "all.rss"', 2, MAX_PATH - 1, emoji),
}


@pytest.mark.parametrize("case", CASES)
def test_a_text_at_its_limit_is_accepted_and_a_longer_one_is_reported(
    tmp_path: Path, case: str
) -> None:
    toml, line, limit, text = CASES[case]
    make_site(tmp_path, toml=toml.replace("TEXT", text(limit)))
    message = mistake(tmp_path, toml.replace("TEXT", text(limit + 1)), line)
    assert " bytes in UTF-8, and the limit is " in message
    assert len(message) < 400
