"""Chapters as JSON and as lines of the show notes."""

import json

from feedsvc.podcast import Chapter
from feedsvc.podcasts import notes

THREE = (
    Chapter(start=0, title="A & B", end=63.5),
    Chapter(start=63.5, title="C", link="https://b.example/", image="https://b.example/c.png"),
    Chapter(start=3723, title="Hidden", hidden=True),
)


def test_json_chapters_have_the_members_that_clients_support() -> None:
    """Podcasts 8."""
    assert json.loads(notes.document("Pilot", THREE)) == {
        "version": "1.2.0",
        "title": "Pilot",
        "chapters": [
            {"startTime": 0, "endTime": 63.5, "title": "A & B"},
            {
                "startTime": 63.5,
                "title": "C",
                "url": "https://b.example/",
                "img": "https://b.example/c.png",
            },
            {"startTime": 3723, "title": "Hidden", "toc": False},
        ],
    }


def test_chapter_times_are_appended_to_notes() -> None:
    """Podcasts 8."""
    assert notes.with_lines("<p>x</p>", THREE) == ("<p>x</p>\n<p>00:00 A &amp; B<br>01:03 C</p>")
    assert notes.with_lines("<p>x</p>", ()) == "<p>x</p>"


def test_notes_with_chapter_times_are_unchanged() -> None:
    written = "<ul><li>00:00 A</li><li>01:03 C</li></ul>"
    assert notes.with_lines(written, THREE) == written


def test_times_have_hours_only_if_needed() -> None:
    assert [notes.clock(each) for each in (59.9, 3599, 3600, 36_000)] == [
        *("00:59", "59:59", "1:00:00", "10:00:00")
    ]
