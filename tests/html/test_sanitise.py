"""Sanitised HTML has absolute URLs and only markup that readers support (conformance 13)."""

import pytest
from hypothesis import given

from feedsvc import html
from tests.html.cleaning import BASE, HOSTILE, clean


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


@given(HOSTILE)
def test_sanitising_is_idempotent(text: str) -> None:
    """Conformance 25."""
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
