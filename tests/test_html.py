"""Rendering Markdown as safe HTML and as text (conformance 1, 13, 25)."""

import re
import unicodedata
from urllib.parse import urljoin

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from feedsvc import html
from feedsvc.html import cleaner, depth

BASE = "https://news.example.org/articles/one"


def resolve(url: str) -> str:
    try:
        return urljoin(BASE, url)
    except ValueError:
        return ""


def clean(raw: str) -> str:
    return html.sanitise(raw, resolve)


# xml_safe


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


# markdown


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


# take_heading, split_more


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


# sanitise: URLs


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ('<a href="b">x</a>', '<a href="https://news.example.org/articles/b">x</a>'),
        ('<a href="#f">x</a>', f'<a href="{BASE}#f">x</a>'),
        ('<a href="">x</a>', f'<a href="{BASE}">x</a>'),
        ('<a href="//cdn.org/x">x</a>', '<a href="https://cdn.org/x">x</a>'),
        ('<a href=" /a b&amp;c ">x</a>', '<a href="https://news.example.org/a%20b&amp;c">x</a>'),
        ('<a href="mailto:a@b.org">x</a>', '<a href="mailto:a@b.org">x</a>'),
        ('<a href="TEL:+123">x</a>', '<a href="TEL:+123">x</a>'),
        ('<img src="/p.jpg">', '<img src="https://news.example.org/p.jpg">'),
        ('<q cite="/c">x</q>', '<q cite="https://news.example.org/c">x</q>'),
        (
            '<video poster="/p" src="//x.org/v" autoplay></video>',
            '<video poster="https://news.example.org/p" src="https://x.org/v" controls=""></video>',
        ),
        (
            '<img srcset="/a,b.jpg 1x, https://cdn.org/c  200w,data:image/png;base64,AA== 3x">',
            '<img srcset="https://news.example.org/a,b.jpg 1x, https://cdn.org/c 200w">',
        ),
    ],
)
def test_every_url_is_absolute(raw: str, expected: str) -> None:
    """Conformance 13."""
    assert clean(raw) == expected


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " JaVa\tscript:alert(1)",
        "&#1;javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "https://",
        "http://[",
    ],
)
@pytest.mark.parametrize("place", ["a href", "img src", "img srcset", "q cite", "video poster"])
def test_urls_with_other_schemes_are_removed(url: str, place: str) -> None:
    """Conformance 13."""
    tag, attribute = place.split()
    cleaned = clean(f'<{tag} {attribute}="{url}">')
    assert f'{attribute}="' not in cleaned or f'{attribute}="https://news.example.org/' in cleaned


def test_a_url_that_cannot_be_resolved_is_removed() -> None:
    """Conformance 13."""
    raw = '<a href="x">a</a><img src="y" srcset="y 1x, z 2x">'
    assert html.sanitise(raw, lambda _: "") == "<a>a</a><img>"
    assert html.sanitise(raw, lambda _: "javascript:x") == "<a>a</a><img>"


def test_exceptions_of_resolve_are_propagated() -> None:
    def fail(url: str) -> str:
        raise LookupError(url)

    with pytest.raises(LookupError, match="x"):
        html.sanitise('<a href="x">a</a>', fail)


# sanitise: elements and attributes


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a<script>b</script>c", "ac"),
        ("a<style>b</style>c", "ac"),
        ("<svg><script>b</script></svg>c", "c"),
        ('<p style="x" onclick="y" data-z="z">a</p>', "<p>a</p>"),
        ("<form><input><select><option>a</select><button>b</button>c</form>", "c"),
        ("<textarea><b>x</b></textarea>y", "y"),
        ("a<!-- b -->c", "ac"),
        ("<font color=red>a</font>", "a"),
        ('<a href="/" rel="x" target="_blank">a</a>', '<a href="https://news.example.org/">a</a>'),
        ('<code class="language-c++ x">a</code>', '<code class="language-c++">a</code>'),
        ('<p class="x">a</p>', "<p>a</p>"),
    ],
)
def test_markup_that_readers_reject_is_removed(raw: str, expected: str) -> None:
    """Conformance 13."""
    assert clean(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        '<figure><img src="https://x.org/a" alt="a"><figcaption>b</figcaption></figure>',
        '<picture><source srcset="https://x.org/a 1x" media="m"><img alt="a"></picture>',
        '<audio src="https://x.org/a" controls=""></audio>',
        "<details><summary>a</summary>b</details>",
        "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>",
        '<del cite="https://x.org/a" datetime="2022">a</del><sub>b</sub><sup>c</sup>',
        '<time datetime="2022-02-17">a</time><abbr title="b">c</abbr>',
        '<p lang="ar" dir="rtl">سلام</p>',
        '<table><caption>a</caption><tbody><tr><td colspan="2">b</td></tr></tbody></table>',
        "<p>a&nbsp;b &lt;c&gt; &amp;amp; ]]&gt; 🎉</p>",
    ],
)
def test_markup_that_readers_support_is_kept(raw: str) -> None:
    """Conformance 13, 25."""
    assert clean(raw) == raw


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("<p>a<b>b", "<p>a<b>b</b></p>"),
        ("<ul><li>a<li>b", "<ul><li>a</li><li>b</li></ul>"),
        ('a<a href="b', "a"),
        ("a</div></p>", "a<p></p>"),
        ("<p>&#11;&#13;&#xfffe;\x00a</p>", "<p>\na</p>"),
        ("<pre>\n\n\na</pre>", "<pre>a</pre>"),
    ],
)
def test_truncated_html_is_closed(raw: str, expected: str) -> None:
    """Conformance 1, 25."""
    assert clean(raw) == expected


# sanitise: media players and lazily loaded images


@pytest.mark.parametrize(
    ("raw", "url", "text"),
    [
        ('<iframe src="/x">f</iframe>', "https://news.example.org/x", ""),
        ('<IFRAME SRC="//x.org/y" title="A &amp; B" /></IFRAME>', "https://x.org/y", "A &amp; B"),
        ('<iframe data-src="/x"></iframe>', "https://news.example.org/x", ""),
        ('<embed src="/x">', "https://news.example.org/x", ""),
        ('<object data="/x"><embed src="/y"></object>', "https://news.example.org/x", ""),
        ('<object><param name="a"><embed src="/y"></object>', "https://news.example.org/y", ""),
        (
            '<iframe src="//www.youtube-nocookie.com/embed/a_B?rel=0&amp;start=3"></iframe>',
            "https://www.youtube.com/watch?v=a_B&amp;t=3s",
            "",
        ),
        (
            '<iframe src="https://www.youtube.com/embed/videoseries?list=L"></iframe>',
            "https://www.youtube.com/playlist?list=L",
            "",
        ),
        ('<iframe src="https://player.vimeo.com/video/1"></iframe>', "https://vimeo.com/1", ""),
        (
            '<iframe src="https://player.vimeo.com/video/1?h=f"></iframe>',
            "https://vimeo.com/1/f",
            "",
        ),
    ],
)
def test_a_media_player_becomes_a_link(raw: str, url: str, text: str) -> None:
    """Conformance 13."""
    cleaned = clean(f"<p>a</p>{raw}<p>b</p>")
    assert cleaned == f'<p>a</p><p><a href="{url}">{text or url}</a></p><p>b</p>'


@pytest.mark.parametrize(
    "raw", ["<iframe></iframe>", '<iframe src="javascript:x">f</iframe>', '<iframe srcdoc="x"/>']
)
def test_a_media_player_without_a_url_is_removed(raw: str) -> None:
    """Conformance 13."""
    assert clean(f"a{raw}b") == "ab"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            '<img src="data:image/gif;base64,R0" data-src="/a?b=1&amp;c" loading="lazy" alt="d">',
            '<img src="https://news.example.org/a?b=1&amp;c" alt="d">',
        ),
        (
            "<img src=/blank data-lazy-src='/a' data-srcset='//x.org/b 1x' data-sizes=auto>",
            '<img src="https://news.example.org/a" srcset="https://x.org/b 1x">',
        ),
        (
            '<img data-original="/a"><noscript><img src="/a"></noscript>',
            '<img src="https://news.example.org/a">',
        ),
        ('<noscript><img src="/a"></noscript>', '<img src="https://news.example.org/a">'),
    ],
)
def test_a_lazily_loaded_image_becomes_one_ordinary_image(raw: str, expected: str) -> None:
    """Conformance 13."""
    assert clean(raw) == expected


def test_code_that_mentions_players_is_kept() -> None:
    """Conformance 13."""
    article = html.markdown('`<iframe src="x">` and data-src')
    assert clean(article) == '<p><code>&lt;iframe src="x"&gt;</code> and data-src</p>\n'


# plain, excerpt


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


# properties

NAMES = """
a b i p div table tr td li ul h1 pre ruby rt svg math mi title style script select button textarea
img br iframe object embed noscript template video source details figure font
"""
TAGS = st.sampled_from(NAMES.split())
ATTRIBUTES = st.sampled_from(
    ("", ' href="x"', " src=/y", ' title="a>b"', ' srcset="a 1x,b 2x"', ' data-src="z"', " /")
)
FRAGMENTS = (
    st.builds("<{}{}>".format, TAGS, ATTRIBUTES)
    | st.builds("</{}>".format, TAGS)
    | st.sampled_from(("<!--", "-->", "&#11;", "&#13;", "&lt;", "<![CDATA[", "\n\n", "- ", "> "))
    | st.text(max_size=5)
)
HOSTILE = st.lists(FRAGMENTS, max_size=30).map("".join)
URL = re.compile(r' (?:href|src|cite|poster)="([^"]*)"')


@given(HOSTILE | st.text(st.characters(exclude_categories=[])))
def test_any_text_becomes_safe_html(text: str) -> None:
    """Conformance 1, 13, 25."""
    cleaned = clean(html.markdown(text))
    assert html.xml_safe(cleaned) == cleaned
    assert not re.search(r"<(script|style|iframe|object|embed|form)\b| (style|on\w+)=", cleaned)
    assert all(url.startswith("https://") for url in URL.findall(cleaned))
    assert len(html.excerpt(cleaned)) <= 301


@given(HOSTILE)
def test_sanitising_is_idempotent(text: str) -> None:
    """Conformance 25."""
    cleaned = clean(text)
    assert clean(cleaned) == cleaned


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


# depth

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
