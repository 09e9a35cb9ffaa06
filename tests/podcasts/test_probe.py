"""Properties of recordings by all common encoders; other files are errors of one sentence."""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc.podcast import Chapter
from feedsvc.podcasts.media.facts import Facts, MediaError
from feedsvc.podcasts.media.probe import probe
from tests.podcasts import makers
from tests.podcasts.makers import SECONDS, atom, chap, id3, mp3, mp4, png, track


def probed(folder: Path, content: bytes, name: str = "a.mp3") -> Facts:
    """Return the properties of a file with this content."""
    file = folder / name
    file.write_bytes(content)
    return probe(str(file))


def fault(folder: Path, content: bytes, name: str = "a.mp3") -> str:
    """Return the error about a file that cannot be played."""
    with pytest.raises(MediaError) as caught:
        probed(folder, content, name)
    return str(caught.value)


def test_the_frames_of_a_file_without_a_header_are_counted(tmp_path: Path) -> None:
    """Podcasts 10. The first frames have 32 kbit/s, so that extrapolation would be wrong."""
    content = mp3(4, 32) + mp3(100, 128) + b"TAG".ljust(128, b"\0")
    found = probed(tmp_path, content)
    assert (found.type, found.doubts) == ("audio/mpeg", ())
    assert found.duration == pytest.approx(104 * SECONDS)
    assert found.bitrate == round(len(content) * 8 / (104 * SECONDS))


@pytest.mark.parametrize(
    ("header", "skipped"),
    [
        (makers.xing(50, 209 * 51), 0),
        (makers.xing(50, 209 * 51, delays=1105), 1105),
        (makers.vbri(50, 209 * 51), 0),
    ],
)
def test_the_duration_is_read_from_a_header(tmp_path: Path, header: bytes, skipped: int) -> None:
    """Podcasts 10."""
    found = probed(tmp_path, header + mp3(50))
    assert found.duration == pytest.approx((50 * 1152 - skipped) / 44_100)
    assert not found.doubts


def test_the_duration_of_a_truncated_file_is_that_of_the_rest(tmp_path: Path) -> None:
    header = makers.xing(500, 209 * 500)
    found = probed(tmp_path, header + mp3(50))
    assert found.duration == pytest.approx(50 * SECONDS)
    assert found.doubts == ("is cut off at the end",)
    assert probed(tmp_path, mp3(50)[:-30]).doubts == ("is cut off at the end",)


def test_invalid_bytes_between_frames_are_skipped(tmp_path: Path) -> None:
    found = probed(tmp_path, mp3(10) + b"\xff\0 nothing \xff\xfb" + mp3(10))
    assert found.duration == pytest.approx(20 * SECONDS)


def test_chapters_and_cover_are_read_from_id3(tmp_path: Path) -> None:
    """Podcasts 10."""
    tag = id3(
        chap(60.5, 70, "Zwei", "https://b.example/2"),
        chap(0, 60.5, "Eins"),
        makers.apic(png(1400, 1400)),
    )
    found = probed(tmp_path, tag + mp3())
    assert found.chapters == (
        Chapter(start=0, title="Eins", end=60.5),
        Chapter(start=60.5, title="Zwei", end=70, link="https://b.example/2"),
    )
    assert found.cover
    assert found.cover.picture.width == 1400
    content = (tmp_path / "a.mp3").read_bytes()
    assert content[found.cover.offset :][: found.cover.length] == png(1400, 1400)


def test_type_duration_chapters_and_cover_are_read_from_mp4(tmp_path: Path) -> None:
    """Podcasts 3, 10."""
    udta = makers.chpl([(0, "Eins"), (6.25, "Zwei")]) + makers.cover(png(3000, 3000))
    found = probed(tmp_path, mp4(udta=udta), "a.m4a")
    assert (found.type, found.duration) == ("audio/x-m4a", 12.5)
    assert found.chapters == (
        Chapter(start=0, title="Eins"),
        Chapter(start=6.25, title="Zwei"),
    )
    assert found.cover
    content = (tmp_path / "a.m4a").read_bytes()
    assert content[found.cover.offset :][: found.cover.length] == png(3000, 3000)


def test_a_chapter_track_is_not_a_video(tmp_path: Path) -> None:
    titles = ["Eins", "Zwei", "Drei"]
    tracks = (
        track(1, b"soun", b"mp4a", 12, more=atom(b"tref", atom(b"chap", b"\0\0\0\2\0\0\0\3"))),
        makers.chapter_track(2, titles, 4, 24),
        track(3, b"vide", b"jpeg", 12, (640, 640)),
    )
    found = probed(tmp_path, mp4(*tracks, data=makers.chapter_texts(titles)), "a.m4a")
    assert [(each.start, each.title) for each in found.chapters] == [
        (0, "Eins"),
        (4, "Zwei"),
        (8, "Drei"),
    ]
    assert (found.type, found.width) == ("audio/x-m4a", None)


def test_a_video_has_width_and_height(tmp_path: Path) -> None:
    """Podcasts 11."""
    tracks = track(1, b"vide", b"avc1", 3, (1280, 720)), track(2, b"soun", b"mp4a", 3)
    for brand, name, media_type in [
        (b"isom", "a.mp4", "video/mp4"),
        (b"qt  ", "a.mov", "video/quicktime"),
        (b"M4V ", "a.m4v", "video/x-m4v"),
    ]:
        found = probed(tmp_path, mp4(*tracks, brand=brand, seconds=3), name)
        assert (found.type, found.width, found.height) == (media_type, 1280, 720)


def test_other_formats_are_read(tmp_path: Path) -> None:
    assert probed(tmp_path, makers.wav(2), "a.wav") == Facts("audio/wav", 2.0, 8176)


def test_the_type_is_detected_from_the_content(tmp_path: Path) -> None:
    """Podcasts 3."""
    found = probed(tmp_path, mp4(), "a.mp3")
    assert found.type == "audio/x-m4a"
    assert found.doubts == ("has the content of audio/x-m4a; rename it to end in .m4a",)


@pytest.mark.parametrize(
    ("content", "message_part"),
    [
        (b"", "is empty"),
        (os.urandom(2000).replace(b"\xff", b"\0"), "no recording that can be recognised"),
        (b"<!doctype html><p>404", "no recording that can be recognised"),
        (mp3(1)[:100], "no recording that can be recognised"),
        (mp4()[:60], "is cut off"),
        (mp4(track(1, b"soun", b"drms", 3)), "is encrypted"),
        (mp4(track(1, b"vide", b"encv", 3), brand=b"isom"), "is encrypted"),
        (mp4(track(1, b"soun", b"mp4a", 3), seconds=0).replace(b"soun", b"sooo"), "neither sound"),
        (mp4(seconds=0), "has a duration of 0"),
        (makers.wav(0), "has a duration of 0"),
        (makers.wav()[:20], "is damaged"),
        (b"OggS" + bytes(40), "has a duration of 0"),
        (b"RIFF\xff\xff\xff\xffWAVE" + b"abcd\0\0\0\0" * 200_000, "its headers cannot be read"),
        (atom(b"ftyp", b"M4A ", bytes(4)) + atom(b"free") * 10_001, "more than 10,000 atoms"),
    ],
)
def test_an_unplayable_file_is_reported_in_one_sentence(
    tmp_path: Path, content: bytes, message_part: str
) -> None:
    """Truncated, renamed, empty and encrypted files, and false headers."""
    assert message_part in fault(tmp_path, content)


@pytest.mark.parametrize("size", [0, 1, 4, 7, 8, 0xFFFFFFFF])
def test_atoms_with_false_sizes_end_the_search(tmp_path: Path, size: int) -> None:
    """No atom is read twice."""
    content = atom(b"ftyp", b"M4A ", bytes(4)) + atom(b"moov", atom(b"trak", bytes(20)), size=size)
    assert fault(tmp_path, content + bytes(100))
    inside = mp4(track(1, b"soun", b"mp4a", 3), atom(b"trak", bytes(8), size=size))
    assert probed(tmp_path, inside, "a.m4a").duration == 12.5


def test_a_tag_with_a_false_size_is_skipped(tmp_path: Path) -> None:
    found = probed(tmp_path, id3(length=200_000_000) + mp3(20))
    assert found.duration == pytest.approx(20 * SECONDS)
    assert found.doubts == ("has an ID3 tag that is longer than the file",)


def test_an_impossible_duration_is_omitted(tmp_path: Path) -> None:
    """A header may claim that a file of nine frames lasts three years."""
    found = probed(tmp_path, makers.xing(2**32 - 1, 0) + mp3(9))
    assert (found.type, found.duration, found.bitrate) == ("audio/mpeg", None, None)
    assert found.doubts == (
        "says that it lasts longer than any recording, so its duration is left out",
    )


def test_a_cover_is_measured_without_decoding(tmp_path: Path) -> None:
    """100,000 by 100,000 pixels would be 30 GB."""
    found = probed(tmp_path, id3(makers.apic(png(100_000, 100_000))) + mp3())
    assert found.cover
    assert found.cover.picture.width == 100_000


def test_too_many_chapters_are_omitted(tmp_path: Path) -> None:
    tag = id3(*(chap(number, number + 1, "x") for number in range(1100)))
    found = probed(tmp_path, tag + mp3())
    assert found.chapters == ()
    assert found.doubts == ("has too many chapters in its ID3 tag",)
    assert found.duration


WHOLE = (
    id3(chap(0, 1, "x"), makers.apic(png(9, 9))) + makers.xing(9, 3000) + mp3(9),
    mp4(udta=makers.chpl([(0, "x")]) + makers.cover(png(9, 9))),
    mp4(
        track(1, b"soun", b"mp4a", 12, more=atom(b"tref", atom(b"chap", b"\0\0\0\2"))),
        makers.chapter_track(2, ["a", "b"], 4, 24),
        data=makers.chapter_texts(["a", "b"]),
    ),
    makers.wav(0.1),
)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(WHOLE),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4))),
    st.floats(0.2, 1),
)
@example(WHOLE[0], [(0.02, b"\x7f\x7f\x7f\x7f")], 1.0)
def test_any_damaged_file_results_in_facts_or_a_media_error(
    tmp_path: Path, content: bytes, changes: list[tuple[float, bytes]], left: float
) -> None:
    damaged = bytearray(content)
    for place, written in changes:
        at = int(place * len(damaged))
        damaged[at : at + len(written)] = written
    found = None
    with suppress(MediaError):
        found = probed(tmp_path, bytes(damaged[: int(left * len(damaged))]))
    assert found is None or found.duration is None or found.duration > 0
