"""Plain text and excerpts of HTML (conformance 25)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc import html
from tests.html.cleaning import clean, resolve


@pytest.mark.parametrize(
    ("cleaned", "expected"),
    [
        ("<p>a</p><p>b</p>", "a b"),
        ("<p>a<b>b</b>c<br>d</p>", "abc d"),
        ("<ul><li>a</li><li>b</li></ul>", "a b"),
        ('<a title="x>y" href="z">a</a> &lt;b&gt;&amp;amp;', "a <b>&amp;"),
        ("<p> a\n\tb&nbsp;c </p>", "a b c"),
        ("", ""),
    ],
)
def test_plain_text_has_no_tags_and_one_line(cleaned: str, expected: str) -> None:
    """Conformance 25."""
    assert html.plain(cleaned) == expected


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("# Title\n\nOne.\n\nTwo.", "One. Two."),
        ("![](p.jpg)\n\nOne `code`.\n\n```\nblock\n```\n\nTwo.", "One code. Two."),
        ("- a\n\n  b\n\nOne.\n\n|t|\n|-|\n|u|", "One."),
        ("One.[^1]\n\n[^1]: Note.\n\nTwo.", "One. Two."),
        ("<figure><figcaption><p>a</p></figcaption></figure>\n\nOne.", "One."),
        ("> Quote.\n\nOne.", "Quote. One."),
        ("- a\n- b", "a b"),
        ("# Title", "Title"),
        ("", ""),
    ],
)
def test_an_excerpt_is_taken_from_paragraphs(markdown: str, expected: str) -> None:
    """Conformance 25."""
    assert html.excerpt(clean(html.markdown(markdown))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Twelve chars and more", "Twelve chars…"),
        ("One two. Three four five", "One two. …"),
        ("So it is 3.5 metres long", "So it is 3.5…"),
        ("We saw J. Smith there now", "We saw J…"),
        ("Fruit, e.g. apples and so", "Fruit, e.g…"),
        ("Is it so? Yes it is, we say", "Is it so? …"),
        ("“Come in.” She came in now", "“Come in.” …"),
        ("これは文です。次の文はもっと長い", "これは文です。 …"),
        ("これは長い文ですからここで切ります", "これは長い文ですからここ…"),
        ("यह एक है। दूसरा वाक्य यहाँ है", "यह एक है। …"),
        ("exactly that", "exactly that"),
    ],
)
def test_an_excerpt_ends_with_a_sentence_or_a_word(text: str, expected: str) -> None:
    """Conformance 25."""
    assert html.excerpt(f"<p>{text}</p>", 12) == expected


@pytest.mark.parametrize(
    "character",
    [
        "e\u0301",
        "👩‍👩‍👧",
        "👍🏽",
        "🇫🇷",
        "क्ष",
        "\u1100\u1161\u11a8",
        "กำ",
        "❤️",
        "\U0001f3f4\U000e0067\U000e007f",
    ],
)
def test_an_excerpt_does_not_split_grapheme_clusters(character: str) -> None:
    """Conformance 25."""
    for limit in range(20, 40):
        shortened = html.excerpt(f"<p>{character * 30}</p>", limit)
        assert shortened.endswith("…")
        assert len(shortened) <= limit + 1
        assert not shortened[:-1].replace(character, "")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), st.integers(1, 30))
def test_an_excerpt_is_a_short_prefix_of_the_text(text: str, limit: int) -> None:
    """Conformance 25."""
    article = html.sanitise(f"<p>{text.replace('<', '&lt;').replace('&', '&amp;')}</p>", resolve)
    whole, shortened = html.plain(article), html.excerpt(article, limit)
    assert len(shortened) <= limit + 1
    if shortened != whole:
        kept = shortened.removesuffix("…").rstrip()
        assert whole.startswith(kept)
        assert not unicodedata.combining(whole[len(kept)])
