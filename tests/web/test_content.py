"""Changes that a page makes to the HTML of an article."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from feedsvc.html.cleaner import sanitise
from feedsvc.web.content import Presenter, breakable
from feedsvc.web.interface import interface

SITE = "https://news.example.org/"
PRESENT = Presenter(interface("en"), SITE, "/blog/")


def test_a_wide_table_scrolls_with_the_keyboard_and_keeps_its_alignment() -> None:
    page = html.fromstring(
        PRESENT('<table><tbody><tr><td align="right">1</td></tr></tbody></table>')
    )
    assert dict(page.items()) == {
        "class": "wide", "tabindex": "0", "role": "group", "aria-label": "Table"
    }  # fmt: skip
    assert page.xpath("table//td/@align") == ["right"]


def test_code_scrolls_with_the_keyboard() -> None:
    assert PRESENT("<pre><code>x</code></pre>") == (
        '<pre tabindex="0" role="group" aria-label="Code"><code>x</code></pre>'
    )


@pytest.mark.parametrize(
    ("player", "name"),
    [
        ('<audio controls="" src="https://x.org/Le%20%22son.mp3">', 'Recording Le "son.mp3'),
        ('<video controls="">', "Video"),
        ('<video title="The film" src="https://x.org/a.mp4">', None),
    ],
)
def test_a_player_has_a_name(player: str, name: str | None) -> None:
    (element,) = html.fromstring(f"<div>{PRESENT(player)}</div>")
    assert element.get("aria-label") == name


def test_a_url_in_text_breaks_after_slashes() -> None:
    assert PRESENT("<p>See https://x.org/a?b=1&amp;c.</p>") == (
        "<p>See https://<wbr>x.org/<wbr>a?b=1&amp;c.</p>"
    )
    assert PRESENT('<p title="https://x.org/">1/2</p>') == '<p title="https://x.org/">1/2</p>'
    assert breakable("https://x.org/<") == "https://<wbr>x.org/<wbr>&lt;"


def test_links_within_the_site_work_at_any_host() -> None:
    assert PRESENT(f'<a href="{SITE}a">{SITE}</a>').startswith('<a href="/blog/a">')


class Tags(HTMLParser):
    """Collects tags and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


pieces = st.sampled_from(
    [
        *("<table>", "</table>", "<tr><td>", "<pre>", "</pre>", "<audio src=/a.mp3>", "</audio>"),
        *('<p title="<table>">', "https://x.org/a", "a > b", "<", "&lt;pre&gt;", '"', "é", "<p>"),
    ]
)


@given(st.lists(pieces, max_size=12).map("".join))
def test_text_and_elements_are_kept(text: str) -> None:
    sanitised = sanitise(text, lambda url: f"{SITE}{url}")
    before, after = Tags(sanitised), Tags(str(PRESENT(sanitised)))
    assert after.text == before.text
    added = [tag for tag in after.open if tag not in ("wbr", "div")]
    assert added == [tag for tag in before.open if tag != "div"]
    assert len(re.findall("<div", PRESENT(sanitised))) == sanitised.count("<table")
