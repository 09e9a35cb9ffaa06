"""OPML 2.0: the list of feeds."""

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feedsvc.html import xml_safe
from feedsvc.render import opml
from tests.render.samples import BASE, anything

FEEDS = (
    opml.Outline("All & <more>", f"{BASE}/feeds/all.rss", f"{BASE}/feeds/all/"),
    opml.Outline("C++", f"{BASE}/feeds/tag/c%2B%2B.atom", f"{BASE}/feeds/tag/c%2B%2B/"),
)

GROUPS = {"Tags & more": FEEDS[1:], "Authors": FEEDS}

outlines = st.builds(opml.Outline, anything, anything, anything)


def test_every_feed_is_an_outline_of_type_rss() -> None:
    """Conformance 45: the attributes that readers import."""
    root = etree.fromstring(opml.document("Feeds & co", FEEDS, {}))
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert root.findtext("head/title") == "Feeds & co"
    assert [dict(each.attrib) for each in root.findall("body/outline")] == [
        {
            "type": "rss",
            "text": each.title,
            "title": each.title,
            "xmlUrl": each.feed_url,
            "htmlUrl": each.html_url,
        }
        for each in FEEDS
    ]


def test_groups_follow_the_feeds_at_the_top_as_folders() -> None:
    """OPML 2.0, Subscription Lists: an outline without a type contains others."""
    body = etree.fromstring(opml.document("Feeds", FEEDS[:1], GROUPS)).find("body")
    assert body is not None
    assert [(each.get("text"), each.get("type"), len(each)) for each in body] == [
        ("All & <more>", "rss", 0),
        ("Tags & more", None, 1),
        ("Authors", None, 2),
    ]
    assert [each.get("xmlUrl") for each in body[1]] == [FEEDS[1].feed_url]


def test_opml_contains_no_date() -> None:
    """Conformance 24."""
    root = etree.fromstring(opml.document("Feeds", FEEDS, GROUPS))
    assert [each.tag for each in root.iter() if "date" in str(each.tag).lower()] == []


@given(anything, st.lists(outlines, max_size=3))
def test_opml_of_any_text_is_well_formed(title: str, feeds: list[opml.Outline]) -> None:
    """Conformance 1."""
    root = etree.fromstring(opml.document(title, [], {title: feeds}))
    (group,) = root.iterfind("body/outline")
    assert (root.findtext("head/title") or "") == xml_safe(title)
    assert group.get("text") == xml_safe(title)
    assert [each.get("text") for each in group] == [xml_safe(each.title) for each in feeds]
