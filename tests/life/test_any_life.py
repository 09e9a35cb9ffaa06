"""Any history of a site, checked by several kinds of readers after each step.

`make soak` sets FEEDSVC_SOAK, and tries many more histories.
"""

import re
import tempfile
import time
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch
from urllib.parse import urlsplit

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from feedsvc.catalog import schema
from feedsvc.catalog.store import Catalog
from feedsvc.model import Format
from feedsvc.publication import Publication
from feedsvc.serve.edge import Edge
from feedsvc.serve.metrics import Metrics
from feedsvc.serve.watch import Watch
from feedsvc.sources import Pinner
from feedsvc.web.app import create_app
from tests.desk import Desk
from tests.life.model import TAGS, Item, Model
from tests.life.polling import Subscriber, whole
from tests.soak import SOAK
from tests.web.front import Reply, ask

HOUR = timedelta(hours=1)
FEEDS = ("all", "tag/x", "tag/y", "tag/z", "picked")
hours = st.integers(-48, 48)
tags = st.sets(st.sampled_from(TAGS))


class Life(RuleBasedStateMachine):
    """Actions of editors and operators, and the passage of time; readers poll after each step."""

    articles = Bundle("articles")

    def database(self) -> str:
        """Return the URL of an empty database."""
        return f"sqlite:///{self.folder.name}/catalog.db"

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        database = self.database()
        catalog = Catalog(database)
        catalog.create()
        self.desk = Desk(Path(self.folder.name, "site"), catalog, database).go_public()
        self.model = Model(self.desk.now)
        clock = SimpleNamespace(
            time=lambda: self.desk.now.timestamp(),
            monotonic=time.monotonic,
            perf_counter=time.perf_counter,
        )
        self.patches = [
            patch(f"feedsvc.{name}.time", clock) for name in ("serve.edge", "web.documents")
        ]
        for each in self.patches:
            each.start()
        self.known: set[str] = set()  # keys of all feeds that have existed
        self.documents: dict[str, tuple[str, str, bytes]] = {}
        self.subscribers = {
            key: (
                Subscriber(f"/feeds/{key}.json"),
                Subscriber(f"/feeds/{key}.json", a_im="feed"),
                Subscriber(f"/feeds/{key}.json", a_im="feed", accept_encoding="gzip"),
            )
            for key in FEEDS
        }
        self.configure()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            for each in self.patches:
                each.stop()
            self.desk.catalog.close()
            self.folder.cleanup()

    # Actions

    def sync(self, after: timedelta = timedelta(minutes=1)) -> None:
        assert self.desk.sync(after.total_seconds()).problems == ()
        self.seen()

    def seen(self) -> None:
        self.model.now = self.desk.now
        self.model.settle()
        self.watch.poll()

    def save(self, item: Item, ends: str = "\n") -> None:
        if item.exists:
            self.desk.write(item.path, item.text().replace("\n", ends))

    def start(self) -> None:
        publication = Publication(self.desk.settings, self.desk.catalog)
        self.watch = Watch(publication)
        self.edge = Edge(create_app(publication).wsgi_app, self.watch, Metrics())

    def configure(self) -> None:
        self.desk.configure(self.model.toml())
        self.start()
        self.sync()

    @rule(target=articles, ago=hours, tags=tags, draft=st.booleans())
    def add(self, ago: int, tags: set[str], draft: bool) -> Item:
        number = len(self.model.items)
        item = Item(number, f"a{number}.md", self.desk.now + ago * HOUR, tags=tags, draft=draft)
        self.model.items.append(item)
        self.save(item)
        self.sync()
        return item

    @rule(item=articles, title=st.sampled_from("TUV"), tags=tags, feeds=st.booleans())
    def edit(self, item: Item, title: str, tags: set[str], feeds: bool) -> None:
        item.title, item.tags, item.feeds = title, tags, feeds
        self.save(item)
        self.sync()

    @rule(item=articles, later=st.integers(0, 48))
    def edit_significantly(self, item: Item, later: int) -> None:
        item.updated = item.published + later * HOUR
        self.save(item)
        self.sync()

    @rule(item=articles, draft=st.booleans())
    def unpublish(self, item: Item, draft: bool) -> None:
        item.draft = draft
        self.save(item)
        self.sync()

    @rule(item=articles, folder=st.sampled_from(["", "sub/", "sub/sub/"]), keep=st.booleans())
    def rename(self, item: Item, folder: str, keep: bool) -> None:
        name = item.path.rpartition("/")[2]
        path = folder + (name if keep else f"x{name}")
        if item.exists and path != item.path:
            self.keep_url(item)
            self.desk.rename(item.path, path)
            item.path = path
            self.sync()

    @rule(item=articles)
    def change_the_slug(self, item: Item) -> None:
        if item.exists:
            self.keep_url(item)
            item.slug = f"{item.address}-s"
            self.save(item)
            self.sync()

    def keep_url(self, item: Item) -> None:
        if item.released:
            item.former.add(item.address)

    @rule(item=articles, ago=hours, life=st.none() | st.integers(1, 72))
    def schedule(self, item: Item, ago: int, life: int | None) -> None:
        item.published = self.desk.now + ago * HOUR
        item.expires = item.published + life * HOUR if life else None
        item.updated = None
        item.out = False
        self.save(item)
        self.sync()

    @rule(item=articles)
    def delete_or_restore(self, item: Item) -> None:
        if item.exists:
            self.desk.remove(item.path)
        item.exists = not item.exists
        self.save(item)
        self.sync()

    @rule(ends=st.sampled_from(["\n", "\r\n"]))
    def check_out_again(self, ends: str) -> None:
        """Conformance 37: without a change for readers."""
        before = self.desk.revision()
        for item in self.model.items:
            self.save(item, ends)
        self.sync(timedelta())
        assert self.desk.revision() == before

    @rule(passed=st.integers(0, 48), how=st.sampled_from(["release", "sync", "restart"]))
    def wait(self, passed: int, how: str) -> None:
        if how == "release":
            self.desk.release(self.desk.now + passed * HOUR)
            self.seen()
            return
        if how == "restart":  # no process ran meanwhile
            self.start()
        self.sync(passed * HOUR)

    @rule()
    def set_the_clock_back(self) -> None:
        """By an hour, unless an article expired in it, which might become visible again."""
        then = self.desk.now - HOUR
        if not any(i.expires and then < i.expires <= self.desk.now for i in self.model.items):
            self.desk.now = then
            self.sync(timedelta())

    @rule(
        limit=st.integers(1, 4),
        title=st.sampled_from(["Site", "Sité"]),
        tombstones=st.booleans(),
    )
    def configure_otherwise(self, limit: int, title: str, tombstones: bool) -> None:
        self.model.limit, self.model.title, self.model.tombstones = limit, title, tombstones
        self.configure()

    @rule(moved=st.booleans(), retired=st.booleans(), picked=st.booleans())
    def move_feeds(self, moved: bool, retired: bool, picked: bool) -> None:
        self.model.moved, self.model.retired, self.model.picked = moved, retired, picked
        self.configure()

    @rule()
    def pin(self) -> None:
        """As `feedsvc ids --write` does; nothing changes for readers."""
        pinned = [i for i in self.model.items if i.exists and i.id and not i.pinned]
        pinner = Pinner(self.desk.settings, [item.path for item in self.model.items])
        before = self.desk.revision()
        for item in pinned:
            assert pinner.pin(item.path, item.id, lambda _: True) is None
            item.pinned = True
        self.sync(timedelta())
        assert self.desk.revision() == before

    @rule()
    def lose_the_database(self) -> None:
        """Data that is in no file is lost: old URLs, withdrawn articles, unpinned ids."""
        self.pin()
        _, instant = self.desk.publication.newest()
        self.desk.now = max(self.desk.now, instant) + HOUR  # later than any clock was
        with self.desk.catalog.writing() as connection:
            schema.metadata.drop_all(connection)
        self.desk.catalog.create()
        for item in self.model.items:
            item.former.clear()
            item.out = item.released = False
            if not item.pinned:
                item.id = ""
        self.start()
        self.sync()
        self.known = set()
        self.documents = {path: ("", seen[1], b"") for path, seen in self.documents.items()}

    # Checks

    @invariant()
    def every_feed_has_the_expected_articles(self) -> None:
        if not hasattr(self, "folder"):
            return
        self.known |= self.model.keys()
        for key in sorted(self.known):
            replies = {format: self.look(f"/feeds/{key}.{format}", key) for format in Format}
            if 200 not in {reply.status for reply in replies.values()}:
                continue
            self.check_identities(key, whole(self.edge, f"/feeds/{key}.json"))
            self.check_freshness(replies[Format.JSON])

    def look(self, path: str, key: str) -> Reply:
        """Fetch a document: never 404 (conformance 43); check its validators."""
        reply = ask(self.edge, path)
        if key == "tag/y" and self.model.moved:
            target = path.replace("tag/y", "tag/x")
            assert (reply.status, reply.headers["Location"]) == (
                308,
                f"https://news.example.org{target}",
            )
        elif key == "tag/z" and self.model.retired:
            assert reply.status == 410
        else:
            assert reply.status == 200, path
            self.check_validators(path, reply)
        return reply

    def check_validators(self, path: str, reply: Reply) -> None:
        """Conformance 34, 37: a tag determines the bytes; Last-Modified grows with it."""
        tag, modified, body = reply.headers["ETag"], reply.headers["Last-Modified"], reply.body
        before = self.documents.get(path, (tag, modified, body))
        if before[0] == tag:
            assert before == (tag, modified, body)
        elif before[0]:
            assert before[1] != modified
        assert parsedate_to_datetime(before[1]) <= parsedate_to_datetime(modified)
        date = reply.headers.get("Date", modified)
        assert parsedate_to_datetime(modified) <= max(self.desk.now, parsedate_to_datetime(date))
        self.documents[path] = (tag, modified, body)
        again = ask(self.edge, path, if_none_match=tag)
        assert (again.status, again.headers["Last-Modified"]) == (304, modified)

    def check_identities(self, key: str, found: dict[str, dict[str, object]]) -> None:
        """Conformance 15, 27, 55: all expected articles, none early, each with its own id."""
        expected = self.model.members(key)
        numbers = set()
        for entry_id, entry in found.items():
            match = re.search(r"Body of (\d+)\.", str(entry["content_html"]))
            assert match
            item = self.model.items[int(match[1])]
            item.id = item.id or entry_id
            assert item.id == entry_id
            assert entry["title"] == item.title
            numbers.add(item.number)
        assert numbers == expected, key

    def check_freshness(self, reply: Reply) -> None:
        """Conformance 41: no response is fresh beyond the next release or expiry."""
        due = self.model.due()
        directives = dict(re.findall(r"([a-z-]+)=(\d+)", reply.headers["Cache-Control"]))
        fresh = int(directives["max-age"]) + int(directives["stale-while-revalidate"])
        assert due is None or fresh <= max(0, (due - self.desk.now).total_seconds())

    @invariant()
    def every_subscriber_has_the_same_entries(self) -> None:
        """Conformance 40."""
        if not hasattr(self, "folder"):
            return
        for key, subscribers in self.subscribers.items():
            if key not in self.known:
                continue
            for subscriber in subscribers:
                subscriber.poll(self.edge)
            first, *others = (subscriber.kept for subscriber in subscribers)
            assert all(other == first for other in others)

    @invariant()
    def every_article_url_has_the_expected_response(self) -> None:
        """Conformance 43, 55."""
        if not hasattr(self, "folder"):
            return
        now = {item.address: item for item in self.model.visible()}
        for item in self.model.items:
            for slug in {item.address, *item.former} - (now.keys() - {item.address}):
                reply = ask(self.edge, f"/articles/{slug}")
                if slug in now:
                    assert reply.status == 200
                elif item.number in {each.number for each in now.values()}:
                    assert reply.status == 308
                    assert urlsplit(reply.headers["Location"]).path == f"/articles/{item.address}"
                else:
                    assert reply.status == (410 if item.released else 404)


Life.TestCase.settings = settings(
    max_examples=1000 if SOAK else 8,
    stateful_step_count=40 if SOAK else 20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
test_any_life = Life.TestCase
