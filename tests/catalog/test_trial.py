"""Ids follow the settings until the site is published, and are kept from then on (ADR 37)."""

import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.catalog import listings, recovery
from feedsvc.catalog.published import is_published
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import rehearse, sync
from feedsvc.model import Format
from tests.desk import Desk
from tests.sites import article


@pytest.fixture
def trial(tmp_path: Path, catalog: Catalog, database: str) -> Desk:
    """An unpublished site with two articles."""
    desk = Desk(tmp_path / "site", catalog, database)
    desk.write("a.md", article("A", "2022-02-17"))
    desk.write("b.md", article("B", "2022-02-18", id="urn:b"))
    desk.sync()
    return desk


def ids(desk: Desk) -> dict[str, str]:
    """Return the ids by path."""
    with desk.catalog.reading() as connection:
        return {each.path: each.id for each in listings.identities(connection)}


def configure(desk: Desk, authority: str) -> None:
    desk.configure(f'id_authority = "{authority}"')


def reset(desk: Desk) -> None:
    desk.now += timedelta(minutes=1)
    sync(desk.catalog, desk.settings, desk.now, reset_ids=True)


def test_ids_follow_the_settings_and_the_article_before_publication(trial: Desk) -> None:
    configure(trial, "other.example.org,2020")
    trial.sync()
    assert ids(trial) == {"a.md": "tag:other.example.org,2020:2022-02-17:a", "b.md": "urn:b"}
    trial.write("a.md", article("A", "2022-03-01", slug="new"))
    report = trial.sync()
    assert ids(trial)["a.md"] == "tag:other.example.org,2020:2022-03-01:new"
    assert [change.former_id for change in report.published.changes] == [None]


def test_ids_are_kept_after_publication(trial: Desk) -> None:
    """Conformance 15."""
    before = ids(trial)
    trial.go_public()
    configure(trial, "other.example.org,2020")
    trial.write("a.md", article("A", "2022-03-01", slug="new"))
    trial.sync()
    assert ids(trial) == before


def test_a_withdrawn_id_can_be_reused_before_publication(trial: Desk) -> None:
    trial.remove("a.md")
    trial.sync()
    trial.write("c.md", article("C", id="tag:news.example.org,2022:2022-02-17:a"))
    assert trial.sync().problems == ()


def test_a_reset_generates_ids_from_the_settings(trial: Desk) -> None:
    trial.go_public()
    configure(trial, "other.example.org,2020")
    trial.sync()
    rehearsed = rehearse(trial.catalog, trial.settings, trial.now, reset_ids=True)
    old = "tag:news.example.org,2022:2022-02-17:a"
    assert [each.former_id for each in rehearsed.published.changes] == [old]
    assert ids(trial)["a.md"] == old
    reset(trial)
    new = "tag:other.example.org,2020:2022-02-17:a"
    assert ids(trial) == {"a.md": new, "b.md": "urn:b"}
    configure(trial, "third.example.org,2021")
    trial.sync()
    assert ids(trial)["a.md"] == new


def test_a_reset_keeps_urls_and_changes_validators(trial: Desk) -> None:
    """Conformance 34: redirects and withdrawn articles stay; the feed's tag and date change."""
    trial.go_public()
    trial.write("gone.md", article("Gone", "2022-02-16"))
    trial.sync()
    trial.remove("gone.md")
    trial.write("a.md", article("A", "2022-02-17", slug="new"))
    trial.sync()
    before = trial.feed("all")
    body = trial.body("all", Format.ATOM)
    reset(trial)
    after = trial.feed("all")
    assert after.tag != before.tag
    assert after.changed > before.changed
    assert trial.body("all", Format.ATOM) != body
    page = trial.publication.article("a")
    assert page is not None
    assert page.link.endswith("/articles/new")
    assert page.entry.id == "tag:news.example.org,2022:2022-02-17:new"
    assert trial.publication.withdrawn("gone")


def test_a_reset_that_changes_no_id_does_not_change_feeds(trial: Desk) -> None:
    trial.go_public()
    tag = trial.feed("all").tag
    reset(trial)
    assert trial.feed("all").tag == tag


def test_a_reset_does_not_reuse_the_id_of_a_withdrawn_article(trial: Desk) -> None:
    trial.go_public()
    trial.remove("a.md")
    trial.sync()
    trial.write("c.md", article("C", "2022-02-19"))
    trial.sync()
    trial.write("c.md", article("C", "2022-02-17", slug="a"))
    trial.sync()
    reset(trial)
    assert ids(trial)["c.md"] == "tag:news.example.org,2022:2022-02-19:c"


def test_a_rebuilt_catalog_keeps_its_ids(tmp_path: Path) -> None:
    """Readers may know the ids of a damaged catalog, so they are kept."""
    database = f"sqlite:///{tmp_path}/catalog.db"
    with Catalog(database) as catalog:
        catalog.create()
        desk = Desk(tmp_path / "site", catalog, database)
        desk.write("a.md", article("A", "2022-02-17"))
        desk.sync()
        catalog.set_aside()
        recovery.make_ready(catalog)
        configure(desk, "other.example.org,2020")
        desk.sync()
        assert ids(desk) == {"a.md": "tag:news.example.org,2022:2022-02-17:a"}


@dataclass
class Author:
    """The values that determine the id of an article, and the id that readers know."""

    authority: str = "a.example.org,2020"
    day: date = date(2022, 2, 17)
    slug: str = "s0"
    known: str | None = None

    @property
    def minted(self) -> str:
        return f"tag:{self.authority}:{self.day}:{self.slug}"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("authority"), st.sampled_from("abc")),
        st.tuples(st.just("day"), st.integers(1, 20)),
        st.tuples(st.just("slug"), st.integers(0, 3)),
        st.tuples(st.sampled_from(["publish", "reset", "move"]), st.just(0)),
    ),
    max_size=8,
)


@settings(max_examples=5, deadline=None)
@given(STEPS)
def test_any_history(steps: list[tuple[str, int | str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/catalog.db"
        with Catalog(database) as catalog:
            catalog.create()
            desk = Desk(Path(folder, "site"), catalog, database)
            author, path = Author(), "a.md"
            slugs = set()
            for number, (step, value) in enumerate([("day", 17), *steps]):
                match step:
                    case "authority":
                        author.authority = f"{value}.example.org,2020"
                    case "day":
                        author.day = date(2022, 2, int(value))
                    case "slug":
                        author.slug = f"s{value}"
                    case "move":
                        desk.rename(path, f"{number}.md")
                        path = f"{number}.md"
                configure(desk, author.authority)
                desk.write(path, article("A", author.day.isoformat(), slug=author.slug))
                if step == "reset":
                    reset(desk)
                    author.known = author.known and author.minted
                else:
                    desk.sync()
                if step == "publish":
                    desk.go_public()
                    author.known = author.known or author.minted
                slugs.add(author.slug)
                assert ids(desk) == {path: author.known or author.minted}
                for slug in slugs:
                    assert desk.publication.article(slug) is not None
                with catalog.reading() as connection:
                    assert is_published(connection) == (author.known is not None)
