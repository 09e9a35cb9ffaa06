"""Parsing and validation of chapters in all formats."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.podcast import Chapter
from feedsvc.podcasts.media import chapters
from feedsvc.podcasts.media.facts import MediaError

TWO = [
    Chapter(start=0, title="Anfang & Gruß"),
    Chapter(start=3723.5, title="Mehr", link="https://b.example/?a=1&b=2"),
]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (
            "a.json",
            (
                '{"version": "1.2.0", "chapters": [{"startTime": 0, "title": "Anfang & Gruß"}, '
                '{"startTime": 3723.5, "title": "Mehr", "url": "https://b.example/?a=1&b=2"}]}'
            ),
        ),
        (
            "a.psc",
            (
                '<psc:chapters version="1.2" xmlns:psc="http://podlove.org/simple-chapters">'
                '<psc:chapter start="00:00:00.000" title="Anfang &amp; Gruß"/>'
                '<psc:chapter start="01:02:03.500" title="Mehr" href="https://b.example/?a=1&amp;b=2"/>'
                "</psc:chapters>"
            ),
        ),
        (
            "a.chapters.txt",
            "\ufeff00:00:00.000 Anfang & Gruß\n\n01:02:03.500 Mehr <https://b.example/?a=1&b=2>\r\n",
        ),
    ],
)
def test_chapters_are_parsed_in_each_format(name: str, content: str) -> None:
    """Podcasts 8."""
    assert chapters.from_file(name, content.encode()) == TWO


def test_chapters_in_front_matter_may_be_lines_or_tables() -> None:
    """Podcasts 8."""
    table = {"start": "1:02:03.5", "title": "Mehr", "link": "https://b.example/?a=1&b=2"}
    assert chapters.from_items(["0 Anfang & Gruß", table]) == TWO
    assert chapters.from_items([{**table, "start": 3723.5}]) == TWO[1:]  # as in TOML
    (hidden,) = chapters.from_items([{"start": "5", "image": "a.png", "hidden": "true", "end": 9}])
    assert hidden == Chapter(start=5, image="a.png", hidden=True, end=9)


@pytest.mark.parametrize(
    ("line", "title", "link"),
    [
        ("[00:01] - A  b", "A b", None),
        ("(1) A <https://b.example/>", "A", "https://b.example/"),
        ("1", "", None),
        ("1 <https://b.example/>", "", "https://b.example/"),
        ("1 a < b > c", "a < b > c", None),
        (f"1 a{' ' * 500_000}b", "a b", None),
        (f"1 a{'<' * 500_000}", f"a{'<' * 999}", None),
    ],
)
def test_a_line_has_a_time_a_title_and_an_optional_link(
    line: str, title: str, link: str | None
) -> None:
    """Parsing takes linear time: lines may have half a megabyte."""
    assert chapters.from_items([line]) == [Chapter(start=1, title=title, link=link)]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("63.5", 63.5), ("62:03", 3723), ("1:02:03,5", 3723.5), ("100:00:00", 360_000)],
)
def test_times_are_parsed_in_all_common_forms(text: str, seconds: float) -> None:
    assert chapters.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "x", "1:2:3:4", "-1", "9999999", "1e9", "inf", "nan"])
def test_other_times_are_errors(text: str) -> None:
    with pytest.raises(MediaError, match="has the time"):
        chapters.seconds(text)


@pytest.mark.parametrize(
    ("found", "message_part"),
    [
        ([(0, None), (9, None), (5, None)], "before or at the start"),
        ([(0, None), (0, None)], "before or at the start"),
        ([(0, 7), (5, None)], "before the end of the one before it"),
        ([(5, 5)], "end before it begins"),
        ([(0, None), (100, None)], "after the end of the recording"),
        ([(each, None) for each in range(1001)], "more than 1,000"),
    ],
)
def test_chapters_that_overlap_or_are_out_of_order_are_errors(
    found: list[tuple[float, float | None]], message_part: str
) -> None:
    made = [Chapter(start=start, end=end, title="x") for start, end in found]
    with pytest.raises(MediaError, match=message_part):
        chapters.checked(made, 100)


@pytest.mark.parametrize(
    ("name", "content", "message_part"),
    [
        ("a.json", b"[]", "is not JSON with a list"),
        ("a.json", b'{"chapters": [{"title": "x"}]}', "without `startTime`"),
        ("a.json", b'{"chapters": ' + b"[" * 100_000, "is not JSON with a list"),
        ("a.json", b'{"chapters": [{"startTime": 1%s}]}' % (b"0" * 400), "has the time '1000"),
        ("a.json", b'{"chapters": [{"startTime": 1e400}]}', "has the time 'inf'"),
        ("a.psc", b"<a", "is not XML"),
        ("a.psc", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>' * 2, "is not XML"),
        ("a.txt", b"Title without a time", "write a time and a title"),
        ("a.txt", b"\xff\xfe", "not UTF-8"),
        ("a.txt", bytes(1_000_001), "the limit for chapters is 1 MB"),
    ],
)
def test_an_invalid_chapter_file_is_reported_in_one_sentence(
    name: str, content: bytes, message_part: str
) -> None:
    with pytest.raises(MediaError, match=message_part):
        chapters.from_file(name, content)


@given(st.sampled_from(["a.json", "a.psc", "a.txt"]), st.binary(max_size=60))
def test_any_file_results_in_chapters_or_a_media_error(name: str, content: bytes) -> None:
    try:
        found = chapters.from_file(name, content)
    except MediaError:
        return
    assert all(each.start >= 0 for each in found)
