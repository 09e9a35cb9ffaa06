"""Rendering Markdown as HTML (conformance 1, 13, 25)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from feedsvc import html
from tests.html.cleaning import BASE, HOSTILE, clean


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_characters_that_xml_forbids_are_removed(character: str) -> None:
    """Conformance 1."""
    assert html.xml_safe(f"a{character}b\n") == "ab\n"


@given(st.text(st.characters(exclude_categories=[])))
def test_xml_safe_keeps_exactly_the_characters_that_xml_allows(text: str) -> None:
    """Conformance 1."""

    def is_char(code: int) -> bool:
        ranges = ((0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x10FFFF))
        return code in {0x9, 0xA, 0xD} or any(low <= code <= high for low, high in ranges)

    assert html.xml_safe(text) == "".join(each for each in text if is_char(ord(each)))


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("a *b* `c<d`", "<p>a <em>b</em> <code>c&lt;d</code></p>\n"),
        ("~~a~~", "<p><del>a</del></p>\n"),
        ("- [x] a\n- [ ] b", "<ul>\n<li>☑ a</li>\n<li>☐ b</li>\n</ul>\n"),
        ("T\n: d", "<dl>\n<dt>T</dt>\n<dd>d</dd>\n</dl>\n"),
        (
            "See https://a.org/?b=1&c.",
            '<p>See <a href="https://a.org/?b=1&amp;c">https://a.org/?b=1&amp;c</a>.</p>\n',
        ),
        ("`https://a.org/`", "<p><code>https://a.org/</code></p>\n"),
        ("<b>raw</b>", "<p><b>raw</b></p>\n"),
        ("a\x0b\ud800b", "<p>ab</p>\n"),
    ],
)
def test_markdown_is_commonmark_with_github_extensions(markdown: str, expected: str) -> None:
    assert html.markdown(markdown) == expected


def test_table_alignment_is_kept_without_styles() -> None:
    """Conformance 13."""
    table = clean(html.markdown("|a|b|\n|-|-:|\n|1|2|"))
    assert '<td align="right">2</td>' in table
    assert "style" not in table


def test_a_footnote_and_its_reference_link_to_each_other() -> None:
    """Conformance 13: with the classes by which NetNewsWire displays the note beside the text."""
    article = clean(html.markdown("A[^n], b[^n]\n\n[^n]: Note"))
    tree = lxml_html.fragment_fromstring(article, create_parent=True)
    for number, reference in enumerate(tree.xpath("//sup/a[@class='footnote']")):
        assert reference.get("href") == f"{BASE}#fn-n"
        back = tree.xpath("//section[@class='footnotes']//li[@id='fn-n']//a")[number]
        assert back.get("class") == "footnote-return"
        assert back.get("href") == f"{BASE}#{reference.get('id')}"
    assert len(tree.xpath("//a")) == 4


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ('<a class="footnote-ref" href="#a">1</a>', "footnote"),
        ('<a class="footnote-reference brackets" href="#a">1</a>', "footnote"),
        ('<a class="footnote-backref" href="#a">1</a>', "footnote-return"),
        ('<a class="reversefootnote x" href="#a">1</a>', "reversefootnote"),
        ('<sup class="footnote-ref">1</sup>', "footnote-ref"),
    ],
)
def test_links_of_footnotes_have_the_classes_that_netnewswire_expects(raw: str, kept: str) -> None:
    assert f'class="{kept}"' in clean(raw)


def test_a_table_of_millions_of_cells_is_rendered_as_text() -> None:
    wide = "|a" * 1_000 + "\n" + "|-" * 1_000 + "\n" + "|b\n" * 1_000
    assert "<table" not in html.markdown(wide)
    assert "<table" in html.markdown(wide[:4_100])


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("<math><mi>x</mi><mo>&lt;</mo><mn>2</mn></math>", "x&lt;2"),
        (
            "<math><mi>a</mi><annotation encoding='application/x-tex'>\\pi</annotation></math>",
            "\\pi",
        ),
        ("<MATH display='block'><mi>x</mi><annotation>y</annotation></MATH >", "x"),
        ("a</math>b", "ab"),
        (
            '<b><span><math><mi>x</mi></math></span><span class="katex-html">x</span></b>',
            "<b><span></span><span>x</span></b>",
        ),
    ],
)
def test_only_the_text_of_a_formula_is_kept(raw: str, text: str) -> None:
    assert clean(f"<p>{raw}</p>") == f"<p>{text}</p>"


@pytest.mark.parametrize(
    ("raw", "heading", "rest"),
    [
        ("<h1>A <em>b</em> &amp; <code>c</code></h1>\n<p>d</p>", "A b & c", "<p>d</p>"),
        ("\n<h2 id=x>A</h2><h1>B</h1>", "A", "<h1>B</h1>"),
        ("<p>a</p><h1>B</h1>", "", "<p>a</p><h1>B</h1>"),
        ("<h1>open", "", "<h1>open"),
        ("<h1>A<script>x</script></h1>", "A", ""),
        ("<header>a</header>", "", "<header>a</header>"),
        ("", "", ""),
    ],
)
def test_only_a_heading_at_the_beginning_is_removed(raw: str, heading: str, rest: str) -> None:
    assert html.take_heading(raw) == (heading, rest)


@pytest.mark.parametrize("mark", ["<!--more-->", "<!-- more -->", "<!--MORE-->", "<!--\nMore\t-->"])
def test_the_more_mark_ends_the_summary(mark: str) -> None:
    raw = html.markdown(f"one\n\n{mark}\n\ntwo")
    assert html.split_more(raw) == "<p>one</p>\n"


@pytest.mark.parametrize("text", ["one", "`<!--more-->`", "    <!--more-->", "<!--anymore-->"])
def test_text_like_the_more_mark_is_not_a_mark(text: str) -> None:
    assert html.split_more(html.markdown(text)) is None


def test_a_paragraph_cut_by_the_more_mark_is_closed() -> None:
    """Conformance 13, 25."""
    before = html.split_more(html.markdown("one *two<!--more--> three*"))
    assert clean(before or "") == "<p>one <em>two</em></p>"


URL = re.compile(r' (?:href|src|cite|poster)="([^"]*)"')


@given(HOSTILE | st.text(st.characters(exclude_categories=[])))
def test_any_text_becomes_safe_html(text: str) -> None:
    """Conformance 1, 13, 25."""
    cleaned = clean(html.markdown(text))
    assert html.xml_safe(cleaned) == cleaned
    assert not re.search(r"<(script|style|iframe|object|embed|form)\b| (style|on\w+)=", cleaned)
    assert all(url.startswith("https://") for url in URL.findall(cleaned))
    assert len(html.excerpt(cleaned)) <= 301
