"""An article is read again only if a file that it depends on changes."""

import pytest

from tests.desk import Desk
from tests.podcasts.makers import mp3
from tests.sites import article

pytestmark = [pytest.mark.usefixtures("settled"), pytest.mark.databases("sqlite")]


def test_a_changed_recording_is_read_again(desk: Desk) -> None:
    """Podcasts 10. Including recordings in other folders and those that were invalid before."""
    desk.write("one.md", article(enclosures="/audio/one.mp3"))
    desk.write("two.md", article(enclosures="/audio/two.mp3"))
    desk.write("three.md", article())
    desk.write("audio/one.mp3", b"")
    desk.write("audio/two.mp3", mp3(10))
    assert [each.code for each in desk.sync().problems] == ["bad-media"]
    assert desk.sync().read == 0

    desk.write("audio/one.mp3", mp3(20))
    report = desk.sync()
    assert (report.read, report.problems, report.published.edited) == (1, (), 1)
    assert desk.sync().read == 0

    desk.remove("audio/two.mp3")
    report = desk.sync()
    assert (report.read, [each.code for each in report.problems]) == (1, ["missing-file"])


def test_a_new_recording_beside_an_article_is_found(desk: Desk) -> None:
    desk.configure("[feeds.all.podcast]\nblock = true\n")
    desk.write("e/one.md", article())
    desk.write("e/two.md", article())
    desk.sync()
    assert desk.sync().read == 0
    desk.write("e/two.mp3", mp3())
    desk.write("e/other.mp3", mp3())
    assert desk.sync().read == 1
    assert desk.sync().read == 0
    desk.remove("e/two.mp3")
    report = desk.sync()
    assert (report.read, report.published.edited) == (1, 1)


def test_a_changed_transcript_is_read_again(desk: Desk) -> None:
    desk.write("one.md", article(transcript="t.txt", chapters="c.txt"))
    desk.write("t.txt", "Hello")
    desk.write("c.txt", "0 Eins")
    desk.sync()
    desk.write("c.txt", "0 Eins\n1 Zwei")
    report = desk.sync()
    assert (report.read, report.published.edited) == (1, 1)
    desk.write("t.txt", "Hallo")  # of the same length
    report = desk.sync()
    assert (report.read, report.published.edited) == (1, 1)
