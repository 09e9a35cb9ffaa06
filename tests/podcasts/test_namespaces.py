"""Shows and episodes in every format: the elements of the itunes and podcast namespaces."""

import json
from dataclasses import replace

import pytest
from lxml import etree

from feedsvc.model import Enclosure, Format
from feedsvc.podcast import (
    Alternate,
    Chapter,
    Contributor,
    Episode,
    Frequency,
    Funding,
    License,
    Location,
    Owner,
    Recipient,
    Role,
    Show,
    ShowType,
    Soundbite,
    Trailer,
    Transcript,
    Txt,
    Value,
)
from feedsvc.render import RENDERERS
from tests.render.samples import BARE, BASE, ENTRY, FEED

ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
PSC = "{http://podlove.org/simple-chapters}"
PODCAST = "{https://podcastindex.org/namespace/1.0}"

COMMON = {
    "persons": (
        Contributor(
            name="Bo \x07卜", role="guest", group="cast", image=f"{BASE}/bö.png", link=BASE
        ),
    ),
    "location": Location(name="Bamako", rel="subject", geo="geo:12.6,-8", osm="R1", country="ML"),
    "license": License(name="mine", url=f"{BASE}/license"),
    "value": Value(
        suggested="0.00000015000",
        recipients=(
            Recipient(address="02d5", split=90, name="Ada", custom_key="1", custom_value="2"),
            Recipient(address="a@example.org", split=10, type="lnaddress", fee=True),
        ),
    ),
    "txt": (Txt(text="abc", purpose="verify"), Txt(text="free")),
}
TRAILER = Trailer(
    url=f"{BASE}/t",
    title="Soon",
    published="Sun, 01 Nov 2026 00:00:00 GMT",
    length=5,
    type="audio/mpeg",
)
SHOW = Show(
    categories=(("Arts", "Food"), ("Technology", ""), ("Arts", "Books")),
    explicit=True,
    type=ShowType.SERIAL,
    title="Sahel",
    author="Newsroom",
    owner=Owner(email="desk@example.org", name="Desk"),
    guid="917393e3-1b1e-5cef-ace4-edaa54e1f810",
    medium="podcast",
    locked=True,
    funding=(Funding(url=f"{BASE}/pay", text="Pay"),),
    trailers=(TRAILER,),
    update_frequency=Frequency(text="weekly", rrule="FREQ=WEEKLY", start="2026-11-01"),
    new_feed_url="https://new.example.org/feed.rss",
    complete=True,
    block=True,
    blocks=("amazon",),
    **COMMON,  # type: ignore[arg-type]
)
EPISODE = Episode(
    number=3,
    display="Ch. 3",
    season=2,
    season_name="Wells & rivers",
    type=Role.BONUS,
    title="Wells",
    duration=3599.7,
    explicit=False,
    image=f"{BASE}/wells.png",
    block=True,
    transcripts=(
        Transcript(url=f"{BASE}/t.vtt", type="text/vtt", language="fr", rel="captions"),
        Transcript(url=f"{BASE}/t.html", type="text/html"),
    ),
    chapters_url=f"{BASE}/chapters.json",
    soundbites=(Soundbite(start=73.0, duration=60.25, title="Why"), Soundbite(start=0, duration=9)),
    alternates=(
        Alternate(
            type="audio/opus",
            sources=(f"{BASE}/a.opus", "ipfs://QmdwGqd3d2gFPGeJNLLCshdiPert45fMu84552Y4XHTy4y"),
            length=9,
            bitrate=64000,
            title="Small",
        ),
    ),
    **COMMON,  # type: ignore[arg-type]
)
COMMON_LINES = [
    f'person group="cast" href="{BASE}" img="{BASE}/b%C3%B6.png" role="guest" Bo 卜',
    'location country="ML" geo="geo:12.6,-8" osm="R1" rel="subject" Bamako',
    f'license url="{BASE}/license" mine',
    'value method="keysend" suggested="0.00000015000" type="lightning"',
    'valueRecipient address="02d5" customKey="1" customValue="2" name="Ada" split="90" type="node"',
    'valueRecipient address="a@example.org" fee="true" split="10" type="lnaddress"',
    'txt purpose="verify" abc',
    "txt free",
]


def lines(document: bytes, path: str, namespace: str) -> list[str]:
    """Return the elements of a namespace below a path as their names, attributes and texts."""
    found = []
    parent = etree.fromstring(document).find(path)
    assert parent is not None
    for element in parent.iter(f"{namespace}*"):
        attributes = [f'{name}="{element.get(name)}"' for name in sorted(map(str, element.attrib))]
        text = (element.text or "").strip()
        words = [etree.QName(element).localname, *attributes, text]
        found.append(" ".join(word for word in words if word))
    return found


def document(format: Format, show: Show | None = SHOW, episode: Episode | None = EPISODE) -> bytes:
    renderer = RENDERERS[format]
    entry = renderer.entry(replace(ENTRY, episode=episode))
    return renderer.document(replace(FEED, show=show), [entry])


PATHS = {Format.RSS: ("channel", "channel/item"), Format.ATOM: (".", "{*}entry")}


@pytest.mark.parametrize("format", [Format.RSS, Format.ATOM])
def test_a_show_has_the_elements_of_apple(format: Format) -> None:
    """Podcasts 1."""
    found = lines(document(format, episode=Episode()), PATHS[format][0], ITUNES)
    assert found[:14] == [
        "title Sahel",
        "author Newsroom",
        "owner",
        "name Desk",
        "email desk@example.org",
        f'image href="{BASE}/logo.png"',
        'category text="Arts"',
        'category text="Food"',
        'category text="Books"',
        'category text="Technology"',
        "explicit true",
        "type serial",
        "new-feed-url https://new.example.org/feed.rss",
        "complete Yes",
    ]
    assert found[14] == "block Yes"


@pytest.mark.parametrize("format", [Format.RSS, Format.ATOM])
def test_a_show_has_the_elements_of_the_podcast_namespace(format: Format) -> None:
    """Podcasts 7."""
    assert lines(document(format, episode=Episode()), PATHS[format][0], PODCAST) == [
        "guid 917393e3-1b1e-5cef-ace4-edaa54e1f810",
        "medium podcast",
        'locked owner="desk@example.org" yes',
        f'funding url="{BASE}/pay" Pay',
        *COMMON_LINES,
        f'trailer length="5" pubdate="{TRAILER.published}" type="audio/mpeg" url="{BASE}/t" Soon',
        "block yes",
        'block id="amazon" yes',
        'updateFrequency dtstart="2026-11-01" rrule="FREQ=WEEKLY" weekly',
    ]


@pytest.mark.parametrize("format", [Format.RSS, Format.ATOM])
def test_an_episode_has_the_elements_of_apple(format: Format) -> None:
    """Podcasts 2."""
    assert lines(document(format), PATHS[format][1], ITUNES) == [
        "title Wells",
        "episodeType bonus",
        "season 2",
        "episode 3",
        "duration 3600",
        f'image href="{BASE}/wells.png"',
        "explicit false",
        "block Yes",
    ]


@pytest.mark.parametrize("format", [Format.RSS, Format.ATOM])
def test_an_episode_has_the_elements_of_the_podcast_namespace(format: Format) -> None:
    """Podcasts 7."""
    assert lines(document(format), PATHS[format][1], PODCAST) == [
        'season name="Wells & rivers" 2',
        'episode display="Ch. 3" 3',
        f'transcript language="fr" rel="captions" type="text/vtt" url="{BASE}/t.vtt"',
        f'transcript type="text/html" url="{BASE}/t.html"',
        f'chapters type="application/json+chapters" url="{BASE}/chapters.json"',
        'soundbite duration="60.25" startTime="73" Why',
        'soundbite duration="9" startTime="0"',
        *COMMON_LINES,
        'alternateEnclosure bitrate="64000" length="9" title="Small" type="audio/opus"',
        f'source uri="{BASE}/a.opus"',
        'source uri="ipfs://QmdwGqd3d2gFPGeJNLLCshdiPert45fMu84552Y4XHTy4y"',
    ]


def test_image_and_duration_default_to_those_of_article_and_enclosure() -> None:
    """Podcasts 2."""
    recording = Enclosure(f"{BASE}/1.mp3", "audio/mpeg", 5, duration=0.2)
    entry = replace(ENTRY, episode=Episode(), enclosures=(recording,))
    body = RENDERERS[Format.RSS].document(
        replace(FEED, show=Show()), [RENDERERS[Format.RSS].entry(entry)]
    )
    expected = ["duration 1", f'image href="{BASE}/files/well.jpg"']
    assert lines(body, "channel/item", ITUNES) == expected
    item = json.loads(RENDERERS[Format.JSON].entry(replace(entry, enclosures=(
        replace(recording, duration=600.4),
    ))))  # fmt: skip
    assert item["attachments"][0]["duration_in_seconds"] == 600


def test_an_episode_of_another_host_keeps_its_guid_in_rss() -> None:
    body = document(Format.RSS, Show(), Episode(guid="Buzzsprout-1"))
    guid = etree.fromstring(body).find("channel/item/guid")
    assert guid is not None
    assert (guid.text, guid.get("isPermaLink")) == ("Buzzsprout-1", "false")
    assert b"Buzzsprout" not in document(Format.ATOM, Show(), Episode(guid="Buzzsprout-1"))


def test_json_feed_has_the_itunes_object_of_converters() -> None:
    found = json.loads(document(Format.JSON))
    assert found["_itunes"] == {
        "author": "Newsroom",
        "owner": {"name": "Desk", "email": "desk@example.org"},
        "image": f"{BASE}/logo.png",
        "category": "Arts",
        "subcategory": "Food",
        "explicit": True,
        "type": "serial",
        "new_feed_url": "https://new.example.org/feed.rss",
        "complete": True,
        "block": True,
    }
    assert found["items"][0]["_itunes"] == {
        "title": "Wells",
        "episode_type": "bonus",
        "season": 2,
        "episode": 3,
        "duration": 3600,
        "image": f"{BASE}/wells.png",
        "explicit": False,
        "block": True,
    }
    assert "_podcast" not in found


def test_an_empty_show_has_only_known_elements() -> None:
    body = document(Format.RSS, Show(), Episode())
    assert lines(body, "channel", PODCAST) == []
    explicit, image = "explicit false", f'image href="{BASE}/logo.png"'
    assert lines(body, "channel", ITUNES)[:2] == [image, explicit]


def test_artwork_of_any_size_is_the_image_of_an_rss_channel() -> None:
    large = replace(FEED, show=Show(), image=replace(FEED.image, width=3000, height=3000))  # type: ignore[type-var]
    image = etree.fromstring(RENDERERS[Format.RSS].document(large, [])).find("channel/image")
    assert image is not None
    assert [each.tag for each in image] == ["url", "title", "link"]
    without = RENDERERS[Format.RSS].document(replace(large, show=None), [])
    assert etree.fromstring(without).find("channel/image") is None


@pytest.mark.parametrize("format", Format)
def test_a_feed_that_is_not_a_show_has_no_podcast_elements(format: Format) -> None:
    renderer = RENDERERS[format]
    body = renderer.document(FEED, [renderer.entry(each) for each in (ENTRY, BARE)])
    assert b"itunes" not in body
    assert b"podcast" not in body


@pytest.mark.parametrize("format", PATHS)
def test_chapters_are_listed_unless_they_are_hidden(format: Format) -> None:
    """Podcasts 8."""
    chapters = (
        Chapter(start=0, title="<Eins>"),
        Chapter(start=3723.5, title="Zwei", link=BASE, image=f"{BASE}/z.png"),
        Chapter(start=4000, title="Werbung", hidden=True),
    )
    listed = document(format, episode=Episode(chapters=chapters))
    assert lines(listed, PATHS[format][1], PSC) == [
        'chapters version="1.2"',
        'chapter start="00:00:00.000" title="<Eins>"',
        f'chapter href="{BASE}" image="{BASE}/z.png" start="01:02:03.500" title="Zwei"',
    ]
    hidden = document(format, episode=Episode(chapters=chapters[2:]))
    assert lines(hidden, PATHS[format][1], PSC) == []
