"""What a sync does after a change of the settings or the version."""

from pathlib import Path

import pytest
from msgspec import structs

from feedsvc.catalog.publish import Published
from tests.desk import Desk
from tests.sites import article

NOTHING = Published()


@pytest.mark.parametrize(
    ("toml", "feeds"),
    [
        ('title = "Another"', {"all", "tag/x", "tag/y", "language/en"}),
        ('base_url = "https://elsewhere.example"', {"all", "tag/x", "tag/y", "language/en"}),
        ('language = "fr"', {"all", "tag/x", "tag/y", "language/en", "language/fr"}),
        ('author = "Newsroom"', {"all", "tag/x", "tag/y", "language/en", "author/newsroom"}),
        ("[feeds]\nlimit = 1", {"all", "language/en"}),
        ('[feeds]\ncontent = "summary"', {"all", "tag/x", "tag/y", "language/en"}),
        ('[feeds."tag/x"]\ntitle = "All of X"', {"tag/x"}),
        ('[labels]\ntag = { x = "X!" }', {"all", "tag/x", "language/en"}),
    ],
)
def test_settings_that_change_bytes_create_a_revision(
    desk: Desk, toml: str, feeds: set[str]
) -> None:
    desk.write("a.md", article("A", tags=["x"]))
    desk.write("b.md", article("B", tags=["y"]))
    desk.sync()
    desk.configure(toml)
    report = desk.sync()
    assert report.published.revision == 2
    assert {key for key, feed in desk.feeds().items() if feed.revision == 2} == feeds
    assert desk.sync().published == NOTHING


UNSEEN = [
    "[timezones]\nXYZ = '+03:00'",
    'timezone = "Europe/Berlin"',
    "[labels]\ntag = { unused = 'Used by nobody' }",
    '[feeds."tag/unused"]\ntitle = "Nothing"',
    "labels = { tag = { x = 'x' } }",
    "[feeds]\nlimit = 51",
    "[feeds]\nmax_age = 899",
]


def test_settings_that_change_no_bytes_do_not_create_a_revision(desk: Desk) -> None:
    desk.write("a.md", article("A", tags=["x"]))
    desk.sync()
    before = desk.body()
    for toml in UNSEEN:
        desk.configure(toml)
        assert desk.sync().published == NOTHING, toml
        assert desk.body() == before, toml


def test_nothing_is_read_again_if_the_site_and_its_database_moved(
    desk: Desk, settled: None, tmp_path: Path
) -> None:
    """A catalog is the same whatever its URL."""
    desk.write("a.md", article("A"))
    desk.sync()
    elsewhere = "sqlite:////elsewhere.db"
    desk.settings = structs.replace(desk.settings, database=elsewhere, site=tmp_path)
    report = desk.sync()
    assert (report.read, report.published) == (0, NOTHING)


def test_another_version_of_feedsvc_reads_everything_again(
    desk: Desk, settled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("a.md", article("A"))
    desk.sync()
    monkeypatch.setattr("feedsvc.__version__", "999")
    assert desk.sync().read == 1
    assert desk.sync().read == 0
