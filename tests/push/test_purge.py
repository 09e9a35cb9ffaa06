"""Caches are purged of everything that a revision changed, once per change."""

import asyncio
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from feedsvc.catalog import schema
from feedsvc.catalog.store import Catalog
from feedsvc.http.caching import DIALECTS
from feedsvc.model import Format
from feedsvc.push import caches as dialects
from feedsvc.push import purge
from feedsvc.push.client import Client
from feedsvc.push.follow import Follower
from feedsvc.push.purge import Purges
from feedsvc.push.store import caches as rows
from feedsvc.push.store import hubs
from feedsvc.push.store.deliveries import CLAIM
from feedsvc.push.store.hubs import State
from feedsvc.web import create_app
from tests.desk import Desk
from tests.push.cdn import TOKEN, Cdn, apis
from tests.push.sink import Reply, Sink
from tests.sites import article
from tests.soak import examples

NOW = 1_800_000_000
LOOPBACK = ("127.0.0.0/8",)


@pytest.fixture
def cdn(running: Sink) -> Iterator[Cdn]:
    with apis(running) as cdn:
        yield cdn


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A site in SQLite; one test has both databases."""
    url = f"sqlite:///{tmp_path}/catalog.db"
    with Catalog(url) as catalog:
        catalog.create()
        yield Desk(tmp_path / "site", catalog, url)


class Purging:
    """A desk with one cache, which was purged completely, and its clock."""

    def __init__(self, desk: Desk, cdn: Cdn, dialect: str = "fastly", toml: str = "") -> None:
        self.desk, self.cdn = desk, cdn
        self.now = NOW
        self.toml = f"{toml}\n{cdn.table(dialect)}"
        self.desk.configure(self.toml)
        self.publish("first", tags=["x"])
        self.purge(start=True)

    def publish(self, name: str, **keys: Any) -> None:
        self.desk.write(f"{name}.md", article(name, **keys))
        self.desk.sync()

    def purge(self, settled: int | None = None, *, start: bool = False) -> list[str]:
        """Purge once, of all revisions or up to one; return the keys."""
        self.cdn.purged.clear()
        self.cdn.requests.clear()
        self.cdn.now = self.now
        newest, _ = self.desk.publication.newest()

        async def run() -> int | None:
            async with Client(LOOPBACK) as client:
                purges = Purges(self.desk.publication, client)
                if start:
                    purges.add()
                return await purges.purge_all(self.now, settled or newest)

        self.next = asyncio.run(run())
        return [key for keys in self.cdn.purged for key in keys]

    def state(self) -> State:
        with self.desk.catalog.reading() as connection:
            names = [each.name for each in dialects.caches(self.desk.settings.purged)]
            (state,) = rows.states(connection, names)
        return state


@pytest.fixture
def purging(desk: Desk, cdn: Cdn) -> Purging:
    return Purging(desk, cdn)


def test_a_new_article_purges_its_feeds_and_pages_in_one_request(purging: Purging) -> None:
    """Scale 3, 4; no key twice, and nothing if nothing changed."""
    purging.publish("second", tags=["C++"])
    keys = purging.purge()
    assert sorted(keys) == ["feed/all", "feed/language/en", "feed/tag/c%2B%2B", "pages"]
    assert len(purging.cdn.requests) == 1
    assert purging.next is None
    assert purging.purge() == []
    assert purging.cdn.requests == []


def test_an_article_outside_feeds_purges_only_pages(purging: Purging) -> None:
    """Scale 4."""
    purging.publish("apart", feeds=False)
    assert purging.purge() == ["pages"]


def test_a_change_in_an_archive_purges_only_the_archive(
    tmp_path: Path, catalog: Catalog, database: str, cdn: Cdn
) -> None:
    """Scale 4: the archives of the site feed and the language, not the feeds themselves."""
    desk = Desk(tmp_path / "site", catalog, database)
    purging = Purging(desk, cdn, toml="[feeds]\nlimit = 2")
    for number in range(5):
        purging.publish(f"a{number}", published=f"2025-01-0{number + 1}")
    purging.purge()
    purging.publish("a0", published="2025-01-01", body="Another text.")
    assert sorted(purging.purge()) == ["archive/all/1", "archive/language/en/1", "pages"]


def test_a_new_cache_or_changed_settings_purge_everything_by_one_key(purging: Purging) -> None:
    """Scale 3: the cache may have entries of an earlier catalog or other settings."""
    desk = purging.desk
    assert purging.purge(start=True) == []
    desk.configure(f'retired = ["tag/x"]\n{purging.toml}')
    desk.sync()
    assert purging.purge(start=True) == ["site"]
    assert purging.purge(start=True) == []


def test_a_rebuilt_catalog_purges_everything(purging: Purging) -> None:
    """Scale 3: while the process that purges keeps running."""
    with purging.desk.catalog.writing() as connection:
        connection.execute(delete(schema.hub))
    assert purging.purge() == ["site"]
    assert purging.purge() == []


def test_more_changes_than_fit_in_a_request_purge_everything(purging: Purging) -> None:
    """Scale 3: Cloudflare allows 100 operations per request."""
    purging.publish("second", tags=[f"t{number}" for number in range(97)])
    assert len(purging.purge()) == 100
    assert len(purging.cdn.requests) == 1
    purging.publish("third", tags=[f"t{number}" for number in range(98)])
    assert purging.purge() == ["site"]


def test_purges_of_long_keys_are_split_into_requests_to_varnish(desk: Desk, cdn: Cdn) -> None:
    """Scale 2."""
    purging = Purging(desk, cdn, "varnish")
    tags = [f"{'é' * 98}{number:02}" for number in range(50)]
    purging.publish("second", tags=tags)
    assert len({*purging.purge()}) == 53
    assert len(purging.cdn.purged) > 1


def test_a_revision_is_purged_again_once_all_origins_serve_it(purging: Purging) -> None:
    """Scale 3: changes in the meantime are purged at once, and again afterwards."""
    purging.publish("second")
    settled, _ = purging.desk.publication.newest()
    purging.publish("third")
    keys = {"pages", "feed/all", "feed/language/en"}
    assert {*purging.purge(settled)} == keys
    assert purging.next is not None
    assert purging.purge(settled) == []
    assert {*purging.purge()} == keys
    assert purging.next is None


def test_a_follower_acts_only_on_settled_revisions(purging: Purging) -> None:
    """Scale 3: continuous edits do not delay the purge of earlier ones."""
    publication, seen = purging.desk.publication, list[int]()
    first, _ = publication.newest()

    async def run() -> None:
        async def act(_now: int, settled: int) -> int | None:
            seen.append(settled)
            if len(seen) == 3:
                raise asyncio.CancelledError
            return None

        async def sleep(_seconds: float) -> None:
            await asyncio.to_thread(purging.publish, f"b{purging.desk.now.timestamp()}")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asyncio, "sleep", sleep)
            await Follower(publication, act, publication.lag).run()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run())
    assert seen == [first, first + 1, first + 2]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_failed_purge_is_retried_until_it_succeeds(
    desk: Desk, cdn: Cdn, dialect: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Scale 3: with growing pauses of at most five minutes; the token is not logged."""
    purging = Purging(desk, cdn, dialect)
    purging.now += 12  # the pause after a purge of Cloudflare
    purging.publish("second")
    cdn.reply = Reply(403, body=b'{"success":false}')
    with caplog.at_level(logging.INFO):
        for attempt in range(1, 7):
            assert purging.purge() == []
            assert len(cdn.requests) == 1
            assert purging.next is not None
            assert purging.now < purging.next <= purging.now + 300
            assert purging.state().attempts == attempt
            purging.now = purging.next - 1
            purging.purge()
            assert cdn.requests == []  # it is not due yet
            purging.now += 1
            purging.publish(f"during-{attempt}")
    assert "event=purge-failed" in caplog.text
    assert f"cache=purge:{dialect}" in caplog.text
    assert "it answers with the status 403" in caplog.text
    assert TOKEN not in caplog.text
    cdn.reply = None
    assert sorted(purging.purge()) == ["feed/all", "feed/language/en", "pages"]
    assert (purging.next, purging.state().attempts) == (None, 0)


def test_an_error_with_status_200_is_a_failure(desk: Desk, cdn: Cdn) -> None:
    purging = Purging(desk, cdn, "cloudflare")
    purging.publish("second")
    cdn.reply = Reply(200, body=b'{"success":false,"errors":[]}')
    purging.now += 12
    purging.purge()
    assert purging.state().attempts == 1


def test_cloudflare_receives_at_most_five_requests_a_minute(desk: Desk, cdn: Cdn) -> None:
    """Scale 3: on the free plan; changes in the meantime are purged together."""
    purging = Purging(desk, cdn, "cloudflare")
    cdn.tokens = 1
    sent = 0
    for second in range(60):
        purging.now = NOW + 12 + second
        if second % 4 == 0:
            purging.publish(f"a{second}")
        purging.purge()
        sent += len(cdn.requests)
        assert len(cdn.purged) == len(cdn.requests)  # never 429
    assert sent == 5
    purging.now = purging.next or 0
    assert purging.purge() != []
    assert purging.next is None


def test_retry_after_of_a_cache_is_obeyed(purging: Purging) -> None:
    purging.publish("second")
    purging.cdn.reply = Reply(429, (("Retry-After", "77"),))
    purging.purge()
    assert purging.next == purging.now + 77


def test_a_purge_of_a_killed_process_is_repeated_after_its_claim(purging: Purging) -> None:
    """Scale 3: two processes do not purge at the same time."""
    purging.publish("second")
    newest, _ = purging.desk.publication.newest()
    with purging.desk.catalog.concurrent() as connection:
        assert hubs.claim(connection, "purge:fastly", NOW, revision=newest)
    assert purging.purge() == []
    assert purging.next == NOW + CLAIM
    purging.now += CLAIM
    assert "feed/all" in purging.purge()


def test_a_cdn_at_a_private_address_is_refused(desk: Desk, cdn: Cdn) -> None:
    """The token is not sent elsewhere; servers of Varnish are configured explicitly."""
    desk.configure(cdn.table("fastly"))
    desk.write("a.md", article())
    desk.sync()

    async def run() -> str:
        async with purge.client(desk.settings) as client:
            purges = Purges(desk.publication, client)
            purges.add()
            return (await purges.purge(purges.caches[0], NOW, 1)).failure

    assert asyncio.run(run()) == "cannot connect: 127.0.0.1 is not a public address"
    assert cdn.requests == []
    desk.configure(cdn.table("varnish"))
    assert asyncio.run(run()) == ""
    assert cdn.purged == [["site"]]


class ModelCache:
    """A cache that keeps responses until they are purged: statuses, bodies and keys by path."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._kept: dict[str, tuple[int, bytes, list[str]]] = {}

    def paths(self) -> list[str]:
        feeds = [
            path
            for key, row in self._desk.feeds().items()
            for format in Format
            for path in [
                f"/feeds/{key}.{format}",
                *(f"/feeds/{key}/archive/{n + 1}.{format}" for n in range(row.archives + 1)),
                f"/feeds/{key}/",
            ]
        ]
        articles = [f"/articles/{name}" for name in (*NAMES, "never")]
        lists = ["/", "/feeds.opml", "/sitemap.xml", "/feeds/tag/", "/old/"]
        return [*feeds, *articles, *lists]

    def fetch(self, paths: Iterable[str]) -> dict[str, tuple[int, bytes, list[str]]]:
        client = create_app(self._desk.publication).test_client()
        fetched = {path: client.get(path) for path in paths}
        return {
            path: (each.status_code, each.data, each.headers["Surrogate-Key"].split(" "))
            for path, each in fetched.items()
        }

    def fill(self) -> None:
        self._kept |= self.fetch([path for path in self.paths() if path not in self._kept])

    def purge(self, keys: list[str]) -> None:
        gone = {*keys}
        self._kept = {path: kept for path, kept in self._kept.items() if not gone & {*kept[2]}}

    def check(self) -> None:
        fresh = self.fetch(self._kept)
        assert [path for path, kept in self._kept.items() if kept != fresh[path]] == []


NAMES = [f"a{number}" for number in range(6)]
STEP = st.tuples(
    st.sampled_from(["publish", "publish", "remove", "later"]),
    st.sampled_from(NAMES),
    st.sampled_from(["x", "y", ""]),
)


@settings(max_examples=examples(2), phases=[Phase.generate])
@given(st.lists(STEP, min_size=1, max_size=6))
def test_after_a_purge_the_cache_has_only_current_responses(
    tmp_path_factory: pytest.TempPathFactory, running: Sink, history: list[tuple[str, str, str]]
) -> None:
    """Scale 4: feeds in all formats, archives, lists, pages, errors, aliases."""
    folder = tmp_path_factory.mktemp("history")
    url = f"sqlite:///{folder}/catalog.db"
    toml = '[feeds]\nlimit = 2\n[aliases]\n"/old/" = "tag/x.rss"'
    with Catalog(url) as catalog, apis(running) as cdn:
        catalog.create()
        purging = Purging(Desk(folder / "site", catalog, url), cdn, toml=toml)
        cache = ModelCache(purging.desk)
        for number, (step, name, tag) in enumerate(history):
            cache.fill()
            file = Path(purging.desk.content, f"{name}.md")
            if step == "publish":
                date = f"2025-01-0{NAMES.index(name) + 1}"
                purging.publish(name, tags=[tag] if tag else [], published=date, body=f"{number}")
            elif step == "remove" and file.exists():
                file.unlink()
                purging.desk.sync()
            else:
                purging.publish(f"later-{number}", published="2030-01-01")
            cache.purge(purging.purge())
            cache.check()
