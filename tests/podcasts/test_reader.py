"""The media of an article: related files, and one warning for each problem."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from feedsvc.errors import Problem
from feedsvc.model import Article, Enclosure
from feedsvc.podcast import Alternate, Chapter, Episode, Transcript
from feedsvc.podcasts.media import transcripts
from feedsvc.sources import ArticleReader
from tests.podcasts import makers
from tests.podcasts.makers import SECONDS, chap, id3, mp3, mp4, png
from tests.sites import article, make_site

SHOW = "[feeds.all.podcast]\nblock = true\n"
FILES = "https://news.example.org/files/e"
SRT = "1\n00:00:00,000 --> 00:00:00,500\nHello\n"
TWO = (Chapter(start=0, title="Eins"), Chapter(start=0.25, title="Zwei"))


def read(
    folder: Path, files: dict[str, str | bytes], front_matter: dict[str, object], toml: str = ""
) -> tuple[Article, list[Problem]]:
    """Return the article `e/one.md` and its problems, with these files beside it."""
    beside = {f"e/{name}": content for name, content in files.items()}
    text = article("T", "2022-02-17 09:30", "Text.", **front_matter)
    settings = make_site(folder, {**beside, "e/one.md": text}, toml)
    reading = ArticleReader(settings).read("e/one.md")
    assert reading.article
    assert set(reading.uses) <= {*beside, "e/one.*"}
    return reading.article, list(reading.problems)


def shown(
    folder: Path, files: dict[str, str | bytes], **front_matter: object
) -> tuple[Article, list[Problem]]:
    """Return the article on a site without a show."""
    return read(folder, files, front_matter)


def episode(folder: Path, files: dict[str, str | bytes], **front_matter: object) -> Episode:
    """Return the episode of an article without problems."""
    found, problems = shown(folder, files, **front_matter)
    assert problems == []
    assert found.episode
    return found.episode


def warning(folder: Path, files: dict[str, str | bytes], **front_matter: object) -> str:
    """Return the only warning about an article that is published."""
    _, problems = shown(folder, files, **front_matter)
    (problem,) = problems
    assert (problem.path, problem.severity) == ("content/e/one.md", "warning")
    return f"{problem.line} {problem.code}: {problem.message}"


def test_properties_of_an_enclosure_are_read_from_its_file(tmp_path: Path) -> None:
    """Podcasts 10. The type is that of its content, not its name."""
    found, problems = shown(tmp_path, {"a.mp3": mp4()}, enclosures="a.mp3")
    (enclosure,) = found.enclosures
    assert (enclosure.url, enclosure.type) == (f"{FILES}/a.mp3", "audio/x-m4a")
    assert (enclosure.length, enclosure.duration) == (len(mp4()), 12.5)
    assert len(problems) == 1
    assert found.episode is None


def test_type_and_length_in_the_front_matter_take_precedence(tmp_path: Path) -> None:
    written = {"url": "a.mp3", "type": "audio/x-mine", "length": 7}
    found, problems = shown(tmp_path, {"a.mp3": mp3()}, enclosures=written)
    assert problems == []
    expected = Enclosure(f"{FILES}/a.mp3", "audio/x-mine", 7, 0.522, 63_700)
    assert found.enclosures == (expected,)


def test_a_recording_beside_the_text_is_its_enclosure(tmp_path: Path) -> None:
    """Other files of the same name are alternates."""
    files: dict[str, str | bytes] = {"one.mp3": mp3(), "one.wav": makers.wav(), "two.mp3": mp3()}
    found, problems = read(tmp_path, files, {}, SHOW)
    assert problems == []
    assert [each.url for each in found.enclosures] == [f"{FILES}/one.mp3"]
    assert found.enclosures[0].duration == round(20 * SECONDS, 3)
    assert found.episode == Episode(
        alternates=(
            Alternate(
                type="audio/wav",
                sources=(f"{FILES}/one.wav",),
                length=len(makers.wav()),
                bitrate=8176,
                duration=2,
            ),
        )
    )
    assert set(found.files) == {"e/one.mp3", "e/one.wav"}


def test_a_recording_in_front_matter_overrides_that_beside_the_text(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"one.mp3": mp3(), "two.mp3": mp3()}
    found, _ = read(tmp_path, files, {"enclosures": "two.mp3"}, SHOW)
    assert [each.url for each in found.enclosures] == [f"{FILES}/two.mp3"]


def test_a_site_without_a_show_publishes_only_named_recordings(tmp_path: Path) -> None:
    found, problems = shown(tmp_path, {"one.mp3": mp3()})
    assert (found.enclosures, found.episode, problems) == ((), None, [])


def test_chapters_are_read_from_front_matter_a_file_or_the_recording(tmp_path: Path) -> None:
    """Podcasts 8."""
    own = id3(chap(0, 0.25, "Eins"), chap(0.25, 0.5, "Zwei")) + mp3()
    text = "0 Eins\n0.25 Zwei\n"
    written = [{"start": "0", "title": "Eins"}, "0:00.25 Zwei"]
    names = {"enclosures": "a.mp3"}
    found = episode(tmp_path / "0", {"a.mp3": own}, **names).chapters
    assert [(each.start, each.title, each.end) for each in found] == [
        (0, "Eins", 0.25),
        (0.25, "Zwei", 0.5),
    ]
    files: dict[str, str | bytes] = {"a.mp3": own, "c.txt": text}
    assert episode(tmp_path / "1", files, chapters="c.txt", **names).chapters == TWO
    assert episode(tmp_path / "2", files, chapters=written, **names).chapters == TWO
    remote = episode(tmp_path / "3", files, chapters="https://b.example/c.json", **names)
    assert (remote.chapters, remote.chapters_url) == ((), "https://b.example/c.json")


def test_chapters_have_absolute_urls(tmp_path: Path) -> None:
    chapter = {"start": "0", "title": "x", "image": "p.png", "link": "/about"}
    found, _ = shown(tmp_path, {"p.png": png(1, 1)}, chapters=[chapter, {"start": 1, "link": "?"}])
    assert found.episode
    first, second = found.episode.chapters
    assert (first.image, first.link) == (f"{FILES}/p.png", "https://news.example.org/about")
    assert second.image is None
    assert found.files == ("e/p.png", "e/one.md.chapters.json")


def test_a_subrip_transcript_is_also_published_as_webvtt(tmp_path: Path) -> None:
    """Podcasts 8."""
    found, problems = shown(
        tmp_path,
        {"t.srt": SRT, "t.txt": "Hello"},
        transcript=[{"url": "t.srt", "language": "en", "rel": "captions"}, "t.txt"],
    )
    assert problems == []
    assert found.episode
    known = [replace(each, digest=None) for each in found.episode.transcripts]
    assert all(each.digest for each in found.episode.transcripts)
    assert tuple(known) == (
        Transcript(
            url=f"{FILES}/t.srt", type="application/x-subrip", language="en", rel="captions"
        ),
        Transcript(url=f"{FILES}/t.srt.vtt", type="text/vtt", language="en", rel="captions"),
        Transcript(url=f"{FILES}/t.txt", type="text/plain"),
    )
    assert found.files == ("e/t.srt", "e/t.srt.vtt", "e/t.txt")


def test_artwork_of_a_recording_is_the_image_of_the_episode(tmp_path: Path) -> None:
    """Podcasts 4: only if it is square and large enough."""
    art = id3(makers.apic(png(1400, 1400))) + mp3()
    assert episode(tmp_path / "1", {"a.mp3": art}, enclosures="a.mp3").image == (
        f"{FILES}/a.mp3.cover.png"
    )
    for width, height in [(1399, 1399), (1400, 1500), (100_000, 100_000)]:
        bad = id3(makers.apic(png(width, height))) + mp3()
        found, problems = shown(tmp_path / f"{width}", {"a.mp3": bad}, enclosures="a.mp3")
        assert (found.episode, problems) == (None, [])


@pytest.mark.parametrize(
    ("files", "front_matter", "message_part"),
    [
        ({"a.mp3": b""}, {"enclosures": "a.mp3"}, "4 bad-media: uses 'e/a.mp3', which is empty"),
        ({"a.mp3": b"x" * 99}, {"enclosures": "a.mp3"}, "which is no recording that can be"),
        ({"a.m4a": mp4(seconds=0)}, {"enclosures": "a.m4a"}, "which has a duration of 0"),
        ({"c.json": "[]"}, {"chapters": "c.json"}, "uses 'c.json', which is not JSON"),
        ({}, {"chapters": "c.json"}, "4 missing-file: `chapters` names 'c.json'"),
        ({}, {"chapters": ["0 a", "0 b"]}, "4 bad-media: `chapters` has the chapter 'b' before"),
        ({}, {"chapters": [{"at": "0"}]}, "`chapters` has a chapter with `at`"),
        ({}, {"transcripts": "t.srt"}, "missing-file: `transcripts` names 't.srt'"),
        ({"t.vtt": "x"}, {"transcript": "t.vtt"}, "4 bad-media: uses 't.vtt', which is not WebVTT"),
        ({"t.pdf": "x"}, {"transcript": "t.pdf"}, "which is no transcript that is known"),
        (
            {"t.srt": SRT},
            {"transcripts": [{"url": "t.srt", "language": "?"}]},
            "has the language '?'",
        ),
    ],
)
def test_each_problem_is_one_warning(
    tmp_path: Path,
    files: dict[str, str | bytes],
    front_matter: dict[str, object],
    message_part: str,
) -> None:
    assert message_part in warning(tmp_path, files, **front_matter)


def test_titles_of_chapters_in_recordings_are_cleaned(tmp_path: Path) -> None:
    """Titles in MP4 may be any bytes; control characters would be invalid in a page."""
    sound = mp4(udta=makers.chpl([(0, "a\0\x08 b\n c")]))
    found = episode(tmp_path, {"a.m4a": sound}, enclosures="a.m4a")
    assert [each.title for each in found.chapters] == ["a b c"]


def test_a_huge_transcript_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts, "MAX_SIZE", 20)
    assert "has 0 MB, and the limit is 0 MB" in warning(
        tmp_path, {"t.srt": SRT}, transcript="t.srt"
    )
