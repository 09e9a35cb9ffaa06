"""Transcripts: invalid files are refused, and SubRip is converted to WebVTT."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.podcasts.media import transcripts
from feedsvc.podcasts.media.facts import MediaError
from feedsvc.podcasts.media.transcripts import TYPES, Cue, cues

SRT = """\
1
00:00:00,000 --> 00:00:02,500
Hello <i>there</i>, <font color="red">R&D</font>!

2
01:02:03,4 --> 01:02:05,000 X1:40
{\\an8}a < b --> c
- second line

x
not a time
"""


def test_subrip_is_converted_to_webvtt() -> None:
    """Podcasts 8."""
    assert transcripts.webvtt(SRT) == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:02.500\nHello <i>there</i>, R&amp;D!\n\n"
        "01:02:03.400 --> 01:02:05.000\na &lt; b --&gt; c\n- second line\n"
    )


def test_cues_of_webvtt_are_parsed() -> None:
    text = "WEBVTT\n\nNOTE x\n\nid\n00:01.000 --> 00:02.000 align:start\n<v Ada L.>Hello</v>\n"
    (cue,) = cues(text)
    assert (cue.start, cue.end, cue.speaker, cue.plain) == (1, 2, "Ada L.", "Hello")


def test_segments_of_json_are_parsed() -> None:
    text = '{"version": "1.0.0", "segments": [{"speaker": "Ada", "startTime": 1.5, "body": "Hi"}]}'
    (cue,) = transcripts.segments(text)
    assert (cue.start, cue.speaker, cue.plain) == (1.5, "Ada", "Hi")


@pytest.mark.parametrize(
    ("ending", "content", "message_part"),
    [
        (".vtt", b"1\n00:00:00,000 --> 00:00:02,500\nx", "first line is not WEBVTT"),
        (".vtt", b"WEBVTT\n\nx", "has no line with times"),
        (".srt", b"x", "has no line with times"),
        (".srt", b"", "is empty"),
        (".json", b"{}", "is not JSON with a list"),
        (".json", b'{"segments": [{"startTime": NaN, "body": ""}]}', "is not JSON with a list"),
        (".json", b'{"segments": [{"startTime": 1%s}]}' % (b"0" * 400), "is not JSON with a list"),
        (".txt", b"\xff", "not UTF-8"),
    ],
)
def test_an_invalid_transcript_is_reported_in_one_sentence(
    ending: str, content: bytes, message_part: str
) -> None:
    with pytest.raises(MediaError, match=message_part):
        transcripts.check(TYPES[ending], content)


@given(
    st.lists(st.sampled_from(["1", "\n", "\n\n", " ", "00:01,0 --> 00:02,0", "<i>", "--> ", "&"]))
)
def test_webvtt_of_any_subrip_has_the_same_cues(parts: list[str]) -> None:
    text = "".join(parts)
    made = transcripts.webvtt(text)
    assert [(each.start, each.end) for each in cues(made)] == [
        (each.start, each.end) for each in cues(text) if each.plain or each.text
    ]
    assert made.count("-->") == len(list(cues(text)))


def test_speakers_are_found_in_linear_time() -> None:
    """Cues have up to 10,000 characters, and a page reads hundreds of them."""
    assert [Cue(0, 1, text).speaker for text in ("<v.loud  Ada\nL. >x", "<v>x", "<va b>x")] == [
        *("Ada L.", "", "")
    ]
    assert {Cue(0, 1, text).speaker for text in ["<v " * 3_000, f"<v{' ' * 9_000}"] * 50} == {""}


def test_the_plain_text_of_a_cue_is_one_line() -> None:
    assert Cue(0, 1, "<v A>a\n<b>b</b> {\\an8} c").plain == "a b c"
