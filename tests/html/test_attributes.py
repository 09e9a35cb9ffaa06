"""Rendering of kramdown's attribute lists and `markdown="1"`."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from feedsvc import html


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("# A *b* {#own}", '<h1 id="own">A <em>b</em></h1>'),
        ("# A {: #own .x}", '<h1 id="own" class="x">A</h1>'),
        ("A {#own}\n===", '<h1 id="own">A</h1>'),
        ("# A\n{: #own}", '<h1 id="own">A</h1>'),
        ("text\n{: #own lang='fr'}", '<p id="own" lang="fr">text</p>'),
        ("{: #own}\ntext", '<p id="own">\ntext</p>'),
        ("a\n\nb\n{: #own}", '<p>a</p>\n<p id="own">b</p>'),
        ('[a](b){: #own title="&"}', '<p><a id="own" title="&amp;" href="b">a</a></p>'),
        ('![a](b){:width="9"}', '<p><img width="9" src="b" alt="a" /></p>'),
        ("*a*{: .x .y}!", '<p><em class="x y">a</em>!</p>'),
        ("```\na\n```\n{: #own}", '<pre id="own"><code>a\n</code></pre>'),
        ("|a|\n|-|\n|b|\n{: #own}", "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>"),
        ("- a\n- b\n{: #own}", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("*a*{: .x} b\n{: #own}", '<p id="own"><em class="x">a</em> b</p>'),
        ("> a\n{: #own}", '<blockquote>\n<p id="own">a</p>\n</blockquote>'),
        ("a\n\n* TOC\n{:toc}\n\nb", "<p>a</p>\n<p>b</p>"),
    ],
)
def test_an_attribute_list_is_applied_to_its_element_or_removed(
    markdown: str, expected: str
) -> None:
    made = html.markdown(markdown).strip()
    assert made.startswith(expected)
    assert "{" not in made


@pytest.mark.parametrize(
    "markdown",
    ["`{: #a}`", "# A `{#a}`", "```\n{: #a}\n```", "a {: #b} c", "a {#b}", "{::options /}", "{: a"],
)
def test_other_braces_are_kept_as_text(markdown: str) -> None:
    made = html.markdown(markdown)
    assert re.findall(r"\{[^{}]*\}?", made)
    assert " id=" not in made


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ('<div markdown="1">\n*a*\n</div>', "<div>\n<p><em>a</em></p>\n</div>"),
        ("<div id='x' markdown=block>\n*a*\n\n</div>", "<div id='x'>\n<p><em>a</em></p>\n</div>"),
        (
            '<details markdown="1"><summary>S</summary>\n*a*\n</details>',
            "<details><summary>S</summary>\n<p><em>a</em></p>\n</details>",
        ),
        ('<div markdown="0">\n*a*\n</div>', "<div>\n*a*\n</div>"),
        (
            '~~~\n<div markdown="1">\n~~~',
            "<pre><code>&lt;div markdown=&quot;1&quot;&gt;\n</code></pre>",
        ),
    ],
)
def test_the_content_of_an_html_block_is_markdown_on_request(markdown: str, expected: str) -> None:
    assert html.markdown(markdown).strip() == expected


PIECES = st.lists(
    st.sampled_from(
        (
            *("{: #a .b}", "{#c}", "{:toc}", "{:", "}", "a", "*b*", "`c`", "[d](e)", "# ", "- "),
            *("> ", "\n", "\n\n", "```\n", "|a|\n|-|\n", '<div markdown="1">', "</div>", "\n: "),
        )
    ),
    max_size=12,
).map("".join)


@given(PIECES)
def test_only_attribute_lists_are_removed_from_the_text(markdown: str) -> None:
    assume("}```" not in markdown)  # without the list, a code block would begin
    made = html.markdown(markdown)
    bare = html.markdown(re.sub(r"\{[^{}\n]*\}", "", markdown))
    letters = re.compile(r"<[^>]*>|[^bcd]")
    kept = letters.sub("", re.sub(r"\{[^{}\n]*\}", "", made))
    assert sorted(kept) == sorted(letters.sub("", bare))
