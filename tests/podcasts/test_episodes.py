"""A show from its files to responses: feeds, recording, chapters, transcript and cover."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import etree

from feedsvc.export.plan import BuildOptions
from feedsvc.web.app import create_app
from tests.export.places import Place
from tests.podcasts import makers
from tests.podcasts.makers import chap, id3, mp3, png
from tests.sites import article

FILES = "https://news.example.org/files"
SHOW = "[feeds.all.podcast]\nblock = true\n"
PICTURE = png(1400, 1400)
SOUND = id3(chap(0, 0.25, "Eins"), chap(0.25, 0.5, "Zwei"), makers.apic(PICTURE)) + mp3()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The build of a show with one episode."""
    files: dict[str, str | bytes] = {
        "e/pilot.md": article("Pilot", body="Notes.", transcript="pilot.srt"),
        "e/pilot.mp3": SOUND,
        "e/pilot.srt": "1\n00:00:00,000 --> 00:00:00,500\nHello\n",
    }
    place = Place(tmp_path_factory.mktemp("show"), SHOW, files)
    place.build(BuildOptions())
    return place


@pytest.fixture(scope="module")
def client(place: Place) -> Iterator[FlaskClient]:
    with create_app(place.publication).test_client() as client:
        yield client


def test_the_feed_refers_to_all_files_of_an_episode(client: FlaskClient) -> None:
    """Podcasts 7, 8, 10."""
    (item,) = etree.fromstring(client.get("/feeds/all.rss").data).iter("item")
    found = {etree.QName(each).localname: each for each in item}
    assert dict(found["enclosure"].items()) == {
        "url": f"{FILES}/e/pilot.mp3",
        "length": str(len(SOUND)),
        "type": "audio/mpeg",
    }
    assert found["duration"].text == "1"
    assert found["chapters"].tag.startswith("{http://podlove.org/")
    urls = [each.get("url") for each in item.iter("{https://podcastindex.org/namespace/1.0}*")]
    assert urls == [
        f"{FILES}/e/pilot.srt",
        f"{FILES}/e/pilot.srt.vtt",
        f"{FILES}/e/pilot.md.chapters.json",
    ]
    assert found["encoded"].text == "<p>Notes.</p>\n<p>00:00 Eins<br>00:00 Zwei</p>"


def test_generated_files_are_served_and_built(client: FlaskClient, place: Place) -> None:
    """Podcasts 8."""
    made = {
        "/files/e/pilot.md.chapters.json": "application/json+chapters",
        "/files/e/pilot.srt.vtt": "text/vtt; charset=utf-8",
        "/files/e/pilot.mp3.cover.png": "image/png",
    }
    for path, media_type in made.items():
        response = client.get(path)
        assert (response.status_code, response.content_type) == (200, media_type)
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert place.manifest.paths[path].type == media_type
        assert place.file(path) == response.data
    titles = [each["title"] for each in json.loads(client.get(next(iter(made))).data)["chapters"]]
    assert titles == ["Eins", "Zwei"]
    assert client.get("/files/e/pilot.srt.vtt").data.startswith(b"WEBVTT\n\n00:00:00.000 --> ")
    assert client.get("/files/e/pilot.mp3.cover.png").data == PICTURE


@pytest.mark.parametrize(
    "path",
    [
        *("e/pilot.md", "e/pilot.mp3.cover.jpg", "e/pilot.mp3.vtt", "e/other.srt.vtt"),
        *("e/pilot.md.chapters.json.vtt", "../feedsvc.toml.chapters.json"),
    ],
)
def test_other_generated_files_do_not_exist(client: FlaskClient, path: str) -> None:
    assert client.get(f"/files/{path}").status_code == 404


def test_the_recording_is_built_and_never_compressed(place: Place) -> None:
    """Podcasts 9."""
    resource = place.manifest.paths["/files/e/pilot.mp3"]
    assert list(resource.sizes) == ["identity"]
    assert "no-transform" in resource.cache_control
    assert Path(place.out / "files/e/pilot.mp3").read_bytes() == SOUND


def test_the_page_has_a_player_and_the_transcript(client: FlaskClient) -> None:
    page = client.get("/articles/pilot").text
    assert '<audio controls data-player preload="none" src="/files/e/pilot.mp3"' in page
    assert '<track kind="captions" src="/files/e/pilot.srt.vtt"' in page
    assert "Hello</p>" in page
