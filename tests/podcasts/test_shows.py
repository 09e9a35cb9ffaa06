"""Shows on a site: feeds with podcast elements, and moved shows."""

import pytest
from lxml import etree
from msgspec import structs

from feedsvc.model import Format
from feedsvc.podcast import guid_of
from tests.desk import Desk, ref
from tests.podcasts.makers import mp3
from tests.sites import article

pytestmark = pytest.mark.databases("sqlite")
PODCAST = "{https://podcastindex.org/namespace/1.0}"
ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
SHOW = '[feeds."tag/talk".podcast]\nblock = true\n'


def channel(desk: Desk, key: str) -> etree._Element:
    document = desk.publication.document(ref(key), Format.RSS)
    assert document
    return etree.fromstring(document.body)[0]


def guid(desk: Desk, key: str = "tag/talk") -> str:
    return str(channel(desk, key).findtext(f"{PODCAST}guid"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://podnews.net/rss", "9b024349-ccf0-5f69-a609-6b82873eab3c"),
        ("http://podnews.net/rss///", "9b024349-ccf0-5f69-a609-6b82873eab3c"),
        ("https://mp3s.nashownotes.com/pc20rss.xml", "917393e3-1b1e-5cef-ace4-edaa54e1f810"),
    ],
)
def test_the_guid_is_derived_from_the_url_of_the_feed(url: str, expected: str) -> None:
    """Podcasts 6."""
    assert guid_of(url) == expected


def test_only_shows_have_podcast_elements(desk: Desk) -> None:
    desk.configure(SHOW)
    desk.write("a.md", article("A", tags=["talk"]))
    desk.sync()
    assert channel(desk, "tag/talk").findtext(f"{ITUNES}explicit") == "false"
    for format in Format:
        document = desk.publication.document(ref("all"), format)
        assert document
        assert b"itunes" not in document.body


def test_recordings_beside_articles_are_found_once_a_site_has_a_show(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["talk"]))
    desk.write("a.mp3", mp3())
    desk.sync()
    assert channel(desk, "tag/talk").find("item/enclosure") is None
    desk.configure(SHOW)
    desk.sync()
    assert channel(desk, "tag/talk").find("item/enclosure") is not None


def test_simple_chapters_may_be_disabled(desk: Desk) -> None:
    """Podcasts 8: JSON chapters and lines in the notes remain, and other shows are unaffected."""
    desk.configure(f"{SHOW}[feeds.all.podcast]\nblock = true\nsimple_chapters = false\n")
    desk.write("a.md", article("A", tags=["talk"], chapters=["0 Eins", "1:00 Zwei"]))
    desk.sync()
    for key, expected in [("tag/talk", 2), ("all", 0)]:
        found = channel(desk, key)
        assert len(list(found.iter("{http://podlove.org/simple-chapters}chapter"))) == expected
        (chapters,) = found.iter(f"{PODCAST}chapters")
        assert chapters.get("url", "").endswith("a.md.chapters.json")
        assert "01:00 Zwei" in found.findtext(".//{*}encoded", "")


def test_turning_a_feed_into_a_show_changes_only_that_feed(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["talk"]))
    desk.sync()
    desk.configure(SHOW)
    assert desk.sync().published.feeds == ("tag/talk",)
    desk.configure(f"{SHOW}explicit = true\n")
    assert desk.sync().published.feeds == ("tag/talk",)


def test_the_guid_of_a_show_is_kept_if_site_and_feed_move(desk: Desk) -> None:
    """Podcasts 6."""
    desk.configure(SHOW)
    desk.write("a.md", article("A", tags=["talk"]))
    desk.sync()
    first = guid(desk)
    assert first == guid_of(f"{desk.settings.base_url}/feeds/tag/talk.rss")
    desk.settings = structs.replace(desk.settings, base_url="https://new.example.org")
    desk.sync()
    assert guid(desk) == first
    desk.configure(
        SHOW.replace("tag/talk", "show")
        + '[feeds.show]\nany = { tags = ["talk"] }\n[moved]\n"tag/talk" = "show"'
    )
    desk.sync()
    assert guid(desk, "show") == first


def test_a_configured_guid_is_used(desk: Desk) -> None:
    """Podcasts 6."""
    desk.configure(f'{SHOW}guid = "9b024349-ccf0-5f69-a609-6b82873eab3c"')
    desk.write("a.md", article("A", tags=["talk"]))
    desk.sync()
    assert guid(desk) == "9b024349-ccf0-5f69-a609-6b82873eab3c"


def test_a_show_contains_all_its_episodes(desk: Desk) -> None:
    desk.configure(f"[feeds]\nlimit = 2\n{SHOW}")
    for day in range(1, 6):
        desk.write(f"{day}.md", article(f"Episode {day}", f"2022-01-0{day}", tags=["talk"]))
    desk.sync()
    assert len(channel(desk, "tag/talk").findall("item")) == 5
    assert len(channel(desk, "all").findall("item")) < 5
