"""Media RSS."""

from dataclasses import replace

import pytest
from lxml import etree

from feedsvc.model import Enclosure, Entry, Format
from feedsvc.podcast import Alternate, Episode, Show
from feedsvc.render import RENDERERS
from tests.render.samples import BARE, BASE, FEED, MEDIA

XML = (Format.RSS, Format.ATOM)
AUDIO = Enclosure(f"{BASE}/a.mp3", "audio/mpeg", 9000, 60.25, 64_000)
VIDEO = Enclosure(f"{BASE}/a.mp4", "video/mp4", 90_000, 0.2, 640_000, 1280, 720)
OPUS = Alternate(type="audio/ogg", sources=(f"{BASE}/a.opus",), length=7000)


def rendered(entry: Entry, format: Format) -> list[etree._Element]:
    """Return the elements of Media RSS of an entry, including nested ones."""
    renderer = RENDERERS[format]
    feed = replace(FEED, show=Show()) if entry.episode else FEED
    body = renderer.document(feed, [renderer.entry(entry)])
    (element,) = etree.fromstring(body).iter("{*}item", "{*}entry")
    return list(element.iter(f"{MEDIA}*"))


def shown(entry: Entry, format: Format) -> list[tuple[str, dict[str, str]]]:
    return [
        (etree.QName(each).localname, {str(key): str(value) for key, value in each.items()})
        for each in rendered(entry, format)
    ]


@pytest.mark.parametrize("format", XML)
def test_a_video_is_described(format: Format) -> None:
    """Podcasts 11."""
    assert shown(replace(BARE, enclosures=(VIDEO,)), format) == [
        (
            "content",
            {
                "url": VIDEO.url,
                "fileSize": "90000",
                "type": "video/mp4",
                "medium": "video",
                "isDefault": "true",
                "bitrate": "640",
                "duration": "1",
                "height": "720",
                "width": "1280",
            },
        )
    ]


@pytest.mark.parametrize("format", XML)
def test_files_of_the_same_recording_are_a_media_group(format: Format) -> None:
    """Podcasts 11."""
    same = Alternate(type=AUDIO.type, sources=(AUDIO.url,), default=True)
    episode = Episode(alternates=(same, OPUS, Alternate(type="audio/ogg")))
    found = rendered(replace(BARE, enclosures=(AUDIO,), episode=episode), format)
    assert [etree.QName(each).localname for each in found] == ["group", "content", "content"]
    assert [each.get("url") for each in found] == [None, AUDIO.url, OPUS.sources[0]]
    assert [each.get("isDefault") for each in found] == [None, "true", None]


@pytest.mark.parametrize("format", XML)
def test_an_image_that_is_an_enclosure_is_not_repeated(format: Format) -> None:
    """Podcasts 11."""
    picture = Enclosure(f"{BASE}/p.png", "image/png", 5)
    entry = replace(BARE, image=picture.url, enclosures=(picture, AUDIO))
    assert shown(entry, format) == [("thumbnail", {"url": picture.url})]
    other = replace(entry, enclosures=(AUDIO,))
    assert shown(other, format)[1] == ("content", {"url": picture.url, "medium": "image"})
    in_show = replace(other, episode=Episode(image=f"{BASE}/square.png"))
    assert shown(in_show, format) == [("thumbnail", {"url": f"{BASE}/square.png"})]
