"""The contents of JSON Feed 1.1 items and top levels."""

import json
from dataclasses import replace
from typing import Any

import pytest

from feedsvc.model import Category, Entry, Feed, Format
from feedsvc.render import jsonfeed
from tests.render.samples import (
    BARE,
    BASE,
    ELSEWHERE,
    ENTRIES,
    ENTRY,
    FEED,
    LINKED,
    ODD,
    ODD_TITLE,
    render,
)

FEED_JSON = replace(FEED, self_url=f"{BASE}/feeds/all.json")

# All members that JSON Feed 1.1 defines at each level.
FEED_MEMBERS = {
    "version", "title", "home_page_url", "feed_url", "description", "user_comment", "next_url",
    "icon", "favicon", "authors", "language", "expired", "hubs", "items",
}  # fmt: skip
ITEM_MEMBERS = {
    "id", "url", "external_url", "title", "content_html", "content_text", "summary", "image",
    "banner_image", "date_published", "date_modified", "authors", "tags", "language", "attachments",
}  # fmt: skip


def top(feed: Feed = FEED_JSON, *entries: Entry) -> dict[str, Any]:
    loaded = json.loads(render(Format.JSON, feed, *entries).decode("utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def item(entry: Entry) -> dict[str, Any]:
    (found,) = top(FEED_JSON, entry)["items"]
    assert isinstance(found, dict)
    return found


def test_the_top_level_describes_the_feed() -> None:
    """Conformance 21."""
    assert top() == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": FEED.title,
        "home_page_url": FEED.link,
        "feed_url": FEED_JSON.self_url,
        "description": FEED.subtitle,
        "icon": f"{BASE}/logo.png",
        "authors": [{"name": "Newsroom", "url": f"{BASE}/about"}],
        "language": "en-gb",
        "items": [],
    }


def test_an_item_describes_its_entry() -> None:
    """Conformance 21, 23."""
    assert item(ENTRY) == {
        "id": ENTRY.id,
        "url": ENTRY.link,
        "title": ENTRY.title,
        "summary": ENTRY.summary,
        "content_html": ENTRY.content,
        "image": ENTRY.image,
        "date_published": "2022-02-17T09:30:15Z",
        "date_modified": "2022-02-18T08:00:00Z",
        "authors": [
            {"name": "Ada Lovelace", "url": "https://ada.example.org/"},
            {"name": "Bo 卜"},
        ],
        "tags": ["Water", "C++ & <more>"],
        "language": "fr",
        "attachments": [
            {
                "url": f"{BASE}/files/wells.mp3",
                "mime_type": "audio/mpeg",
                "size_in_bytes": 1234,
            },
            {"url": f"{BASE}/files/map.pdf", "mime_type": "application/pdf"},
        ],
    }


def test_an_item_about_another_page_has_url_and_external_url() -> None:
    """JSON Feed 1.1: `url` is the item's page, `external_url` the page that it is about."""
    for entry in (LINKED, replace(LINKED, link=f"{BASE}/articles/look", page=None)):
        assert (item(entry)["url"], item(entry)["external_url"]) == (
            f"{BASE}/articles/look",
            ELSEWHERE,
        )


def test_the_icon_is_the_favicon_and_the_default_icon() -> None:
    icon = f"{BASE}/icon.png"
    both, only = top(replace(FEED, icon=icon)), top(replace(FEED, icon=icon, image=None))
    assert (both["favicon"], both["icon"]) == (icon, f"{BASE}/logo.png")
    assert (only["favicon"], only["icon"]) == (icon, icon)


def test_a_minimal_item_has_id_url_dates_and_content() -> None:
    """Conformance 21."""
    assert item(BARE) == {
        "id": BARE.id,
        "url": BARE.link,
        "date_published": "2022-02-16T00:00:00Z",
        "date_modified": "2022-02-16T00:00:00Z",
        "content_text": "",
    }


def test_the_summary_is_the_text_of_an_item_without_content() -> None:
    """Conformance 21."""
    made = item(replace(ENTRY, content=None))
    assert "content_html" not in made
    assert (made["content_text"], made["summary"]) == (ENTRY.summary, ENTRY.summary)


def test_titles_are_plain_text_without_entities() -> None:
    """Conformance 21, 25."""
    assert item(ODD)["title"] == ODD_TITLE
    assert item(ODD)["content_html"] == ODD.content
    assert top(replace(FEED_JSON, title=ODD_TITLE))["title"] == ODD_TITLE


def test_tags_have_no_duplicate_labels() -> None:
    """Conformance 21."""
    twice = (Category("x", f"{BASE}/a", "X"), Category("x", f"{BASE}/b", "X"))
    assert item(replace(ENTRY, categories=twice))["tags"] == ["X"]


def test_all_members_are_defined_by_the_format() -> None:
    """Conformance 22."""
    made = top(FEED_JSON, *ENTRIES)
    assert set(made) <= FEED_MEMBERS
    assert {name for each in made["items"] for name in each} <= ITEM_MEMBERS


def test_text_is_unescaped_utf_8() -> None:
    """Conformance 21, 25."""
    assert "\N{GRINNING FACE} \u202bשלום\u202c".encode() in render(Format.JSON, FEED_JSON, ODD)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_items_keep_their_order(count: int) -> None:
    """Conformance 23."""
    made = top(FEED_JSON, *ENTRIES[:count])
    assert [each["id"] for each in made["items"]] == [each.id for each in ENTRIES[:count]]


def test_the_media_type_has_no_charset() -> None:
    """Conformance 22, 47."""
    assert jsonfeed.MEDIA_TYPE == "application/feed+json"
