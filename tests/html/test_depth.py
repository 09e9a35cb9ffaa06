"""Deeply nested HTML is not parsed (conformance 13)."""

import re

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc import html
from feedsvc.html import cleaner, depth
from tests.html.cleaning import clean

# Tags and comments that exercise the rules of HTML's tree construction.
NESTED = [
    *("<div>", "</div>", "<span>", "</span>", "<p>", "</p>", "<li>", "</li>", "<dd>", "</dd>"),
    *("<ul>", "</ul>", "<b>", "</b>", "<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>"),
    *("<div title='</div>'>", '<div x"</div>">', "<!-- </div> -->", "<!--></div>", "<div/>"),
    *("</ div>", "<? > </div>", "<option>", "</option>", "<a b=/>", "<br>", "text", "<div"),
]


@given(pieces=st.lists(st.sampled_from(NESTED), min_size=1, max_size=6), times=st.integers(1, 60))
def test_deeply_nested_html_never_reaches_the_parser(pieces: list[str], times: int) -> None:
    """The parsed tree is never deeper than the estimate."""
    parsed_texts: list[str] = []

    class Parser:
        def clean(self, text: str) -> str:
            parsed_texts.append(text)
            return cleaner_of_nh3.clean(text)

    cleaner_of_nh3 = cleaner._CLEANER
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cleaner, "_CLEANER", Parser())
        patch.setattr(depth, "MAX_DEPTH", 20)
        clean("".join(pieces) * times)
    for text in parsed_texts[:1]:  # the second pass parses the result of the first
        opened = deepest = 0
        for tag in re.findall(r"<(/?)(?!br|hr|img)[a-z]", nh3.clean(text, tags={"div", "ul"})):
            opened += -1 if tag else 1
            deepest = max(deepest, opened)
        assert deepest <= 20


@pytest.mark.parametrize(
    "raw",
    [
        "<div>" * 50_000,
        html.markdown(">" * 50_000),
        "<span><p></span></p>" * 20_000,
        "<div title='</div>'>" * 20_000,
        "<div><!-- </div> -->" * 20_000,
        "<li><dd>" * 20_000,
        "<svg>" + "<path/>" * 20_000,
        "<div><script>x</script>" * 20_000,
    ],
)
def test_only_the_text_of_deeply_nested_html_is_kept(raw: str) -> None:
    flat, lost = html.shallow(f"a &lt;b&gt;{raw}<i onclick=y>c")
    assert lost == "all markup"
    assert "<" not in flat
    assert re.fullmatch("a &lt;b&gt; (x )*c", clean(flat))
    assert clean(f"a &lt;b&gt;{raw}<i onclick=y>c") == clean(flat)


def test_only_a_large_svg_is_removed_from_a_text() -> None:
    drawing = "<SVG viewBox='0 0 1 1'><g>" + "<path d='m0'/>" * 20_000 + "</g></svg >"
    flat, lost = html.shallow(f"<p>a</p>{drawing}<p>b</p><svg><path/></svg>")
    assert (flat, lost) == ("<p>a</p><p>b</p>", "inline SVG")
    assert html.shallow("<p>a</p>") == ("<p>a</p>", "")


@pytest.mark.parametrize(
    "raw",
    [
        "<p>a<br>b" * 3000 + "<ul>" + "<li>c<p>d" * 3000 + "</ul>",
        "<table>" + "<tr><td>a<th>b<p>c" * 3000 + "</table>",
        "<dl>" + "<dt>a<dd>b" * 3000 + "</dl>",
        "<div><p>a</div>" * 3000,
        "<div>" * 400 + "</div>" * 400,
        html.markdown("- a\n  - b\n\n> c\n\n" * 1000),
        "<iframe src=x></iframe>" * 2000,
    ],
)
def test_long_flat_html_is_unchanged(raw: str) -> None:
    assert html.shallow(raw) == (raw, "")
