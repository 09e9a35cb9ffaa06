"""The page of an article with a recording: player, chapters and transcript."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import html

from feedsvc.model import Enclosure
from feedsvc.podcast import Chapter, Episode, Transcript
from feedsvc.podcasts.player import Line, player
from feedsvc.web.app import create_app
from tests.web.fake import BASE, FakePublication, entry

AUDIO = Enclosure(f"{BASE}/files/a.mp3", "audio/mpeg", 9)
VIDEO = Enclosure(f"{BASE}/files/a.mp4", "video/mp4", 9)
HIDDEN = Chapter(start=100, title="Werbung", hidden=True)
EPISODE = Episode(
    chapters=(
        Chapter(start=0, title="<Eins>"),
        Chapter(start=90.5, title="Zwei", link="https://b.example/"),
        HIDDEN,
    ),
    transcripts=(
        Transcript(url=f"{BASE}/files/t.srt", type="application/x-subrip"),
        Transcript(url=f"{BASE}/files/t.srt.vtt", type="text/vtt", language="fr"),
    ),
    image=f"{BASE}/files/cover.png",
)
VTT = """WEBVTT

00:01.000 --> 00:02.000
<v Ada>One &

00:02.000 --> 00:03.000
<v Ada>two.

00:03.000 --> 00:04.000
<v Bo>Three.

00:40.000 --> 00:41.000
Four.
"""


def page(publication: FakePublication | None = None, **changes: object) -> html.HtmlElement:
    """Return the page of an entry with these properties."""
    publication = publication or FakePublication()
    publication._shown["rain"] = entry("rain", "Rain", **changes)
    client: FlaskClient = create_app(publication).test_client()
    return html.fromstring(client.get("/articles/rain").text)


def test_a_page_has_a_player_with_chapters_and_transcript(tmp_path: Path) -> None:
    file = tmp_path / "t.vtt"
    file.write_text(VTT)
    publication = FakePublication(files=[("t.srt.vtt", file)])
    found = page(publication, enclosures=(AUDIO,), episode=EPISODE)
    (audio,) = found.xpath("//audio")
    assert (audio.get("src"), audio.get("preload")) == ("/files/a.mp3", "none")
    (track,) = audio.xpath("track")
    assert (track.get("src"), track.get("srclang")) == ("/files/t.srt.vtt", "fr")
    assert [
        (each.get("href"), each.get("data-start"), " ".join(each.text_content().split()))
        for each in found.xpath("//section[@class='chapters']//a[@data-start]")
    ] == [("/files/a.mp3#t=0", "0", "00:00 <Eins>"), ("/files/a.mp3#t=90.5", "90.5", "01:30 Zwei")]
    assert [" ".join(each.text_content().split()) for each in found.xpath("//details/p")] == [
        *("00:01 Ada: One & two.", "00:03 Bo: Three.", "00:40 Bo: Four.")
    ]
    assert found.xpath("//img[contains(@class, 'cover')]/@src") == ["/files/cover.png"]


def test_a_video_has_a_player_with_a_poster() -> None:
    found = page(enclosures=(VIDEO, AUDIO), episode=EPISODE)
    (video,) = found.xpath("//video")
    assert (video.get("src"), video.get("poster")) == ("/files/a.mp4", "/files/cover.png")
    assert len(found.xpath("//audio")) == 1
    assert not found.xpath("//details")


@pytest.mark.parametrize(
    ("transcript", "lines"),
    [
        (("text/plain", "One\n\n\nTwo\nlines\n"), (Line("One"), Line("Two lines"))),
        (
            ("application/json", '{"segments": [{"startTime": 1, "body": "A", "speaker": "Ada"}]}'),
            (Line("A", 1, "Ada"),),
        ),
        (("application/json", "{}"), ()),
    ],
)
def test_transcripts_of_each_format_are_displayed(
    transcript: tuple[str, str], lines: tuple[Line, ...]
) -> None:
    found = player(entry("a", "A", enclosures=(AUDIO,)), transcript)
    assert found
    assert found.lines == lines


def test_an_article_with_a_recording_has_a_player() -> None:
    assert page(enclosures=(AUDIO,)).xpath("//audio/@src") == ["/files/a.mp3"]


def test_hidden_chapters_are_not_listed() -> None:
    found = page(enclosures=(AUDIO,), episode=Episode(chapters=(HIDDEN,)))
    assert found.xpath("//audio")
    assert not found.xpath("//section[@class='chapters']")


def test_a_transcript_in_html_is_sanitised() -> None:
    text = '<p onclick="x()">Hi<script>alert(1)</script> <a href="javascript:x">b</a></p>'
    found = player(entry("a", "A", enclosures=(AUDIO,)), ("text/html", text))
    assert found
    assert found.markup.replace('rel="nofollow"', "").startswith("<p>Hi")
    assert "script" not in found.markup
    assert "onclick" not in found.markup


def test_an_article_without_a_recording_has_no_player() -> None:
    assert player(entry("a", "A", enclosures=(), episode=EPISODE), None) is None
