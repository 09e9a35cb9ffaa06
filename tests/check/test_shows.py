"""Validation of podcasts by the rules of Apple and the podcast namespace."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedsvc.check import site
from feedsvc.check.feed import validate
from tests.podcasts.test_settings import png
from tests.sites import article, make_site

NOW = datetime(2026, 11, 27, tzinfo=UTC)
GOOD = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"
 xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
 xmlns:podcast="https://podcastindex.org/namespace/1.0"
 xmlns:psc="http://podlove.org/simple-chapters">
  <channel>
    <title>Wells</title>
    <link>https://wells.example.org/</link>
    <description>Which wells carry water</description>
    <language>en</language>
    <atom:link rel="self" type="application/rss+xml" href="https://wells.example.org/feed.rss"/>
    <itunes:author>Ada</itunes:author>
    <itunes:owner><itunes:email>ada@example.org</itunes:email></itunes:owner>
    <itunes:image href="https://wells.example.org/cover.jpg?v=2"/>
    <itunes:category text="Society &amp; Culture"><itunes:category text="Documentary"/>
    </itunes:category>
    <itunes:category text="Technology"/>
    <itunes:explicit>false</itunes:explicit>
    <itunes:type>serial</itunes:type>
    <podcast:guid>917393e3-1b1e-5cef-ace4-edaa54e1f810</podcast:guid>
    <podcast:locked owner="ada@example.org">yes</podcast:locked>
    <podcast:funding url="https://example.org/pay">Pay</podcast:funding>
    <podcast:person role="host" img="https://example.org/a.png">Ada</podcast:person>
    <podcast:location geo="geo:48.2,16.4" osm="R1" country="AT">Vienna</podcast:location>
    <podcast:value type="lightning" method="keysend">
      <podcast:valueRecipient name="Ada" type="node" address="02d5" split="100" fee="false"/>
    </podcast:value>
    <podcast:txt purpose="verify">abc</podcast:txt>
    <podcast:updateFrequency rrule="FREQ=WEEKLY">weekly</podcast:updateFrequency>
    <item>
      <title>A well reopens</title>
      <link>https://wells.example.org/1</link>
      <guid>https://wells.example.org/1</guid>
      <description>Water at last.</description>
      <pubDate>Thu, 17 Feb 2022 09:30:00 GMT</pubDate>
      <enclosure url="https://wells.example.org/1.mp3" length="5" type="audio/mpeg"/>
      <itunes:duration>3600</itunes:duration>
      <itunes:episode>1</itunes:episode>
      <podcast:season name="Dry">2</podcast:season>
      <podcast:episode display="Ch. 1">1.5</podcast:episode>
      <podcast:transcript url="https://example.org/1.vtt" type="text/vtt" rel="captions"/>
      <podcast:chapters url="https://example.org/1.json" type="application/json+chapters"/>
      <podcast:soundbite startTime="73.0" duration="60">Why</podcast:soundbite>
      <podcast:alternateEnclosure type="audio/opus" length="3" bitrate="64000.5">
        <podcast:source uri="https://example.org/1.opus"/>
      </podcast:alternateEnclosure>
      <psc:chapters version="1.2">
        <psc:chapter start="00:00:01.500" title="Start" href="https://wells.example.org/a"/>
        <psc:chapter start="62:03"/>
      </psc:chapters>
      <podcast:socialInteract protocol="activitypub" uri="https://example.org/@a/1"/>
    </item>
    <item>
      <title>A trailer</title>
      <link>https://wells.example.org/0</link>
      <guid>https://wells.example.org/0</guid>
      <description>Soon.</description>
      <pubDate>Wed, 16 Feb 2022 09:30:00 GMT</pubDate>
      <enclosure url="https://wells.example.org/0.m4a" length="5" type="audio/x-m4a"/>
      <itunes:duration>1:30</itunes:duration>
      <itunes:episodeType>trailer</itunes:episodeType>
    </item>
  </channel>
</rss>
"""


def found(text: str) -> list[str]:
    problems = validate(text.encode(), "feed.rss", None, NOW)
    assert all(problem.line for problem in problems)
    return [f"{problem.severity} {problem.code}" for problem in problems]


def test_a_good_show_has_no_findings() -> None:
    assert found(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("<itunes:explicit>false</itunes:explicit>", "", "error no-required-element"),
        ('<itunes:image href="https://wells.example.org/cover.jpg?v=2"/>', "", "error no-req"),
        ("<language>en</language>", "", "error no-required-element"),
        ("itunes:explicit>false<", "itunes:explicit>yes<", "error bad-word"),
        ('text="Technology"', 'text="Tech"', "error bad-category"),
        ('text="Documentary"', 'text="Food"', "error bad-category"),
        ('text="Technology"', "", "error missing-attribute"),
        ("cover.jpg?v=2", "cover.webp", "warning artwork-format"),
        ("<itunes:author>Ada</itunes:author>", "", "warning no-recommended-element"),
        (GOOD[GOOD.index("<podcast:guid") : GOOD.index("<podcast:locked")], "", "warning no-reco"),
        ("<itunes:owner>", "<itunes:complete>Yes</itunes:complete><itunes:owner>", ""),
        ("<itunes:email>ada@example.org</itunes:email>", "", "error missing-element"),
        ("<itunes:type>serial", "<itunes:type>daily", "error bad-word"),
        ("917393e3-", "x917393e3-", "error bad-podcast-guid"),
        (">yes</podcast:locked", ">maybe</podcast:locked", "error bad-word"),
        ("</podcast:funding>", f"{'x' * 126}</podcast:funding>", "warning too-long-text"),
        ("Which wells", "Which wells" + "é" * 2000, "warning too-long-text"),
        ("<itunes:episode>1</itunes:episode>", "", "error no-episode-number"),
        ("<itunes:episode>1", "<itunes:episode>0", "error bad-number"),
        ("duration>3600", "duration>00:07:74", "error bad-duration"),
        ("duration>3600", "duration>00:00", "error bad-duration"),
        ("<itunes:duration>3600</itunes:duration>", "", "warning no-duration"),
        ("0.m4a", "1.mp3", "error repeated-recording"),
        ("0.m4a", "0.wmv", "warning recording-format"),
        ("audio/x-m4a", "audio/mpeg", "warning recording-format"),
        ("<itunes:type>", "<itunes:season>1</itunes:season><itunes:type>", "error misplaced-elem"),
        ("<itunes:episode>", "<podcast:guid>x</podcast:guid><itunes:episode>", "error misplaced"),
        ("<itunes:type>", "<itunes:keywords>a, b</itunes:keywords><itunes:type>", "note obsolete"),
        ("<podcast:source uri=", "<podcast:source url=", "error unknown-attribute"),
        ('startTime="73.0"', "", "error missing-attribute"),
        ("<podcast:season", "<podcast:saison/><podcast:season", "error unknown-element"),
        ('start="62:03"', 'start="later"', "error bad-duration"),
        ("<psc:chapter start", "<psc:chapter begin", "error unknown-attribute"),
        ('encoding="utf-8"', 'encoding="iso-8859-1"', "warning not-utf8-show"),
    ],
)
def test_a_fault_of_a_show_is_reported(old: str, new: str, finding: str) -> None:
    """Podcasts 1 to 7, 12."""
    assert GOOD.count(old) >= 1
    problems = found(GOOD.replace(old, new, 1))
    assert any(each.startswith(finding) for each in problems) or not (finding or problems)


def test_the_nearest_category_is_suggested() -> None:
    """Podcasts 5."""
    text = GOOD.replace('text="Technology"', 'text="News &amp; Politics"')
    (problem,) = validate(text.encode(), "feed.rss", None, NOW)
    assert problem.message == (
        "the category 'News & Politics' is not a category of Apple Podcasts; write 'News'"
    )


def test_a_feed_without_podcast_elements_is_not_a_show() -> None:
    start, end = GOOD.index("    <itunes:author"), GOOD.index("    <item>")
    text = GOOD[:start] + GOOD[end:]
    for name in ("itunes", "podcast", "psc"):
        text = "\n".join(line for line in text.split("\n") if f"<{name}:" not in line)
    for closed in ("podcast:alternateEnclosure", "psc:chapters"):
        text = text.replace(f"      </{closed}>\n", "")
    assert found(text) == []


def test_a_blocked_show_needs_no_artwork() -> None:
    start, end = GOOD.index("    <itunes:image"), GOOD.index("    <itunes:explicit")
    block = "<itunes:block>Yes</itunes:block>"
    assert found(GOOD[:start] + block + GOOD[end:]) == []


def test_a_generated_show_has_no_findings(tmp_path: Path) -> None:
    """Podcasts 1, 2, 7, 12."""
    toml = """
subtitle = "News"
author = { name = "Ada", email = "ada@example.org" }
[feeds.talk]
any = { tags = ["talk"] }
image = "/files/cover.png"
[feeds.talk.podcast]
categories = ["Arts > Food"]
type = "serial"
owner = "ada@example.org"
locked = true
funding = "https://example.org/pay"
persons = ["Ada"]
location = { name = "Vienna", geo = "geo:48.2,16.4", country = "AT" }
license = "cc-by-4.0"
value = { recipients = [{ address = "02d5", split = 100 }] }
trailers = [{ url = "https://example.org/t.mp3", title = "Soon", published = "2026-11-01" }]
txt = [{ text = "abc", purpose = "verify" }]
update_frequency = { text = "weekly", rrule = "FREQ=WEEKLY" }
blocks = ["amazon"]
"""
    text = article(
        tags="talk",
        enclosures=[{"url": "https://example.org/1.mp3", "length": 9, "type": "audio/mpeg"}],
        episode={"number": 1, "display": "Ch. 1"},
        season={"number": 2, "name": "Wells"},
        duration="1:02:03",
        persons=[{"name": "Bo", "role": "guest"}],
        soundbites=[{"start": 3, "duration": 60}],
        alternate_enclosures=[{"url": "https://example.org/1.opus", "title": "Small"}],
    )
    cover = png(1400, 1400)
    make_site(tmp_path, {"a.md": text, "cover.png": cover})
    assert site.validate(make_site(tmp_path, toml=toml), NOW) == []
