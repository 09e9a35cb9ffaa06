"""Imported podcasts: episodes keep their ids, numbers and elements, and the show its guid."""

import tomllib
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec import structs

from feedsvc.config.settings import Settings
from feedsvc.errors import SettingsError
from feedsvc.model import Format
from feedsvc.podcast import (
    Alternate,
    Chapter,
    Contributor,
    Episode,
    License,
    Location,
    Recipient,
    Role,
    Soundbite,
    Transcript,
    Txt,
    Value,
)
from feedsvc.sources.site import Sources
from tests.importers.desk import Site, codes
from tests.podcasts.test_namespaces import EPISODE, document
from tests.sites import make_site

FEED = """<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
 xmlns:podcast="https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md"
 xmlns:psc="http://podlove.org/simple-chapters">
  <channel>
    <title>Wells "and" rivers</title>
    <link>https://wells.example/</link>
    <description>Which wells
      carry water</description>
    <language>en-GB</language>
    <itunes:image href="https://wells.example/cover.jpg"/>
    <itunes:category text="Society &amp; Culture"><itunes:category text="Documentary"/></itunes:category>
    <itunes:category text="News &amp; Politics"/>
    <itunes:explicit>no</itunes:explicit>
    <itunes:type>serial</itunes:type>
    <itunes:owner>
      <itunes:name>Desk</itunes:name><itunes:email>desk@wells.example</itunes:email>
    </itunes:owner>
    <podcast:guid>917393e3-1b1e-5cef-ace4-edaa54e1f810</podcast:guid>
    <podcast:locked>no</podcast:locked>
    <podcast:funding url="https://wells.example/pay">Pay</podcast:funding>
    <podcast:person role="host">Ada</podcast:person>
    <item>
      <title>12: Dry wells</title>
      <guid isPermaLink="false">wells-12</guid>
      <pubDate>Thu, 17 Feb 2022 09:30:00 GMT</pubDate>
      <description>&lt;p&gt;Notes.&lt;/p&gt;</description>
      <enclosure url="https://cdn.example/12.mp3" length="900" type="audio/mpeg"/>
      <itunes:title>Dry wells</itunes:title>
      <itunes:episode>12</itunes:episode>
      <itunes:season>2</itunes:season>
      <itunes:episodeType>Bonus</itunes:episodeType>
      <itunes:duration>1:02:03</itunes:duration>
      <itunes:explicit>yes</itunes:explicit>
      <itunes:block>Yes</itunes:block>
      <podcast:season name="Sahel">2</podcast:season>
      <podcast:episode display="Ch. 12">12</podcast:episode>
      <podcast:person role="Guest" img="/bo.jpg">Bo</podcast:person>
      <podcast:soundbite startTime="73.5" duration="60">Why</podcast:soundbite>
      <podcast:location geo="geo:12.6,-8" country="ML">Bamako</podcast:location>
      <podcast:license>cc-by-4.0</podcast:license>
      <podcast:value type="lightning" method="keysend">
        <podcast:valueRecipient name="Ada" type="node" address="02d5" split="90"/>
      </podcast:value>
      <podcast:txt purpose="verify">abc</podcast:txt>
      <podcast:transcript url="12.vtt" type="text/vtt" language="en" rel="captions"/>
      <podcast:alternateEnclosure type="audio/opus" bitrate="64000.4" title="Small">
        <podcast:source uri="ipfs://x"/><podcast:source uri="https://cdn.example/12.opus"/>
      </podcast:alternateEnclosure>
      <psc:chapters version="1.2">
        <psc:chapter start="00:00:00.000" title="Start" href="https://wells.example/a"/>
        <psc:chapter start="00:10:00" title="Pumps"/>
      </psc:chapters>
    </item>
    <item>
      <title>11: Wet wells</title>
      <guid isPermaLink="false">wells-11</guid>
      <pubDate>Wed, 16 Feb 2022 09:30:00 GMT</pubDate>
      <description>More.</description>
      <itunes:duration>some time</itunes:duration>
      <itunes:episode>eleven</itunes:episode>
      <podcast:chapters url="https://cdn.example/11.json" type="application/json+chapters"/>
      <podcast:location geo="12.6">Bamako</podcast:location>
    </item>
  </channel>
</rss>
"""  # noqa: E501


def test_an_episode_keeps_its_id_and_all_elements(tmp_path: Path) -> None:
    """Podcasts 2, 7."""
    site = Site(tmp_path)
    report = site.run(site.put("feed.xml", FEED))
    articles = {article.title: article for article in site.articles().values()}
    article = articles["12: Dry wells"]
    assert article.enclosures[0].url == "https://cdn.example/12.mp3"
    assert article.episode
    assert structs.replace(article.episode, chapters_url=None) == Episode(
        guid="wells-12",
        number=12,
        display="Ch. 12",
        season=2,
        season_name="Sahel",
        type=Role.BONUS,
        title="Dry wells",
        duration=3723,
        explicit=True,
        block=True,
        persons=(Contributor(name="Bo", role="guest", image="https://wells.example/bo.jpg"),),
        soundbites=(Soundbite(start=73.5, duration=60, title="Why"),),
        location=Location(name="Bamako", geo="geo:12.6,-8", country="ML"),
        license=License(name="cc-by-4.0"),
        value=Value(recipients=(Recipient(address="02d5", split=90, name="Ada"),)),
        txt=(Txt(text="abc", purpose="verify"),),
        transcripts=(
            Transcript(
                url="https://wells.example/12.vtt", type="text/vtt", language="en", rel="captions"
            ),
        ),
        alternates=(
            Alternate(
                type="audio/opus",
                sources=("https://cdn.example/12.opus",),
                bitrate=64000,
                title="Small",
            ),
        ),
        chapters=(
            Chapter(start=0, title="Start", link="https://wells.example/a"),
            Chapter(start=600, title="Pumps"),
        ),
    )
    # Unusable values are omitted with a warning.
    other = articles["11: Wet wells"]
    assert other.episode == Episode(guid="wells-11", chapters_url="https://cdn.example/11.json")
    assert codes(report) == ["unusable-value"] * 3


def test_printed_settings_of_a_show_are_valid(tmp_path: Path) -> None:
    """Podcasts 1, 5, 6."""
    site = Site(tmp_path)
    (toml,) = site.run(site.put("feed.xml", FEED)).shows
    assert tomllib.loads(toml)["feeds"]["podcast"]["podcast"] == {
        "categories": ["Society & Culture > Documentary", "News"],
        "explicit": False,
        "type": "serial",
        "owner": {"email": "desk@wells.example", "name": "Desk"},
        "guid": "917393e3-1b1e-5cef-ace4-edaa54e1f810",
        "locked": False,
        "funding": [{"url": "https://wells.example/pay", "text": "Pay"}],
        "persons": [{"name": "Ada", "role": "host"}],
    }
    loaded: Settings = make_site(tmp_path / "other", toml=toml)
    assert loaded.feed("podcast").title == 'Wells "and" rivers'
    assert loaded.feed("podcast").subtitle == "Which wells carry water"


def test_a_feed_that_is_not_a_podcast_has_no_show_settings(tmp_path: Path) -> None:
    site = Site(tmp_path)
    plain = "\n".join(line for line in FEED.split("\n") if "<itunes:" not in line)
    plain = plain.replace("    </itunes:owner>\n", "")
    assert site.run(site.put("feed.xml", plain)).shows == []


@pytest.mark.parametrize(
    "channel",
    [
        "<itunes:category/>",
        "<itunes:owner>a</itunes:owner>",
        '<itunes:author>"\\\x09"</itunes:author><itunes:image href="x:y"/>',
        '<itunes:explicit/><podcast:value/><podcast:person img="http://["/>',
    ],
)
def test_settings_of_any_channel_are_valid_toml(tmp_path: Path, channel: str) -> None:
    start, end = FEED.index("    <title>"), FEED.index("    <item>")
    site = Site(tmp_path)
    for toml in site.run(site.put("feed.xml", FEED[:start] + channel + FEED[end:])).shows:
        tomllib.loads(toml)
        with suppress(SettingsError):  # which names the line; nothing else is raised
            make_site(tmp_path / "other", toml=toml)


def test_an_overlong_number_is_one_warning(tmp_path: Path) -> None:
    long = FEED.replace("eleven", "9" * 5_000).replace('split="90"', f'split="{"9" * 5_000}"')
    site = Site(tmp_path)
    usual = codes(site.run(site.put("usual.xml", FEED.replace("wells-1", "springs-1"))))
    found = codes(site.run(site.put("long.xml", long)))
    assert sorted(found) == sorted([*usual, "unusable-value"])  # the share of the recipient


def test_a_feed_source_has_episodes(tmp_path: Path) -> None:
    """Podcasts 2, 7."""
    (tmp_path / "old.xml").write_text(FEED)
    toml = 'content = ""\n[[sources]]\ntype = "rss"\npath = "old.xml"'
    settings = make_site(tmp_path, toml=toml)
    source = Sources.of(settings).all[-1]
    found = [reading.article for reading in source.read(source.listing().fingerprints)]
    episodes = [each.episode for each in found if each and each.episode]
    assert [(each.number, each.guid, each.chapters_url) for each in episodes] == [
        (None, "wells-11", "https://cdn.example/11.json"),
        (12, "wells-12", None),
    ]
    assert [len(each.chapters) for each in episodes] == [0, 2]


def test_importing_our_own_feed_restores_the_episode(tmp_path: Path) -> None:
    """Except for values that feeds convert or do not contain."""
    episode = structs.replace(EPISODE, chapters_url="https://news.example.org/chapters.json")
    site = Site(tmp_path)
    feed = site.put("feed.xml", document(Format.RSS, episode=episode))
    assert site.run(feed).problems == []
    (article,) = site.articles().values()
    changed = {  # whole seconds, URIs for IRIs, and only files over HTTP
        "duration": 3600,
        "image": None,
        "persons": (
            structs.replace(
                episode.persons[0], name="Bo 卜", image="https://news.example.org/b%C3%B6.png"
            ),
        ),
        "alternates": (
            structs.replace(episode.alternates[0], sources=episode.alternates[0].sources[:1]),
        ),
    }
    assert article.episode == structs.replace(episode, **changed)
    assert article.image == episode.image
