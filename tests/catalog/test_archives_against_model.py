"""Any history of a site, as seen by readers of archives and of deltas."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, rule

from feedsvc.catalog.store import Catalog
from feedsvc.lru import LRUCache
from feedsvc.model import Document, FeedRef, Format
from feedsvc.publication import Publication
from tests.catalog.test_against_model import Model
from tests.desk import Desk, ref
from tests.readers import Items, Reader, archives, items, subscription, top
from tests.soak import examples

HOURS = st.integers(-48, 12)  # from now
TAGS = st.sampled_from([set(), {"x"}])
FEEDS = (ref("all"), ref("tag/x"))
FORMATS = (Format.JSON, Format.ATOM)
REMEMBERED = 6  # older documents for which deltas are requested


class Seen(NamedTuple):
    """The earlier state of an archive document."""

    revision: int
    instant: datetime
    tag: str
    bodies: tuple[bytes, ...]


class Story(RuleBasedStateMachine):
    """Actions of an author on a site with small archives."""

    articles = Bundle("articles")

    @initialize(target=articles, limit=st.integers(1, 3), count=st.integers(1, 9))
    def begin(self, limit: int, count: int) -> object:
        self.folder = tempfile.TemporaryDirectory()
        database = f"sqlite:///{self.folder.name}/catalog.db"
        catalog = Catalog(database)
        catalog.create()
        self.desk = Desk(Path(self.folder.name, "site"), catalog, database).go_public()
        self.limit, self.subtitle = limit, "a"
        self.models: list[Model] = []
        self.closed: dict[tuple[FeedRef, int], set[str]] = {}
        self.documents: dict[tuple[FeedRef, int], Seen] = {}
        self.older: dict[FeedRef, list[tuple[str, Items]]] = {each: [] for each in FEEDS}
        self.only_added = False
        for number in range(count):
            published = self.desk.now - timedelta(hours=number)
            self.models.append(Model(f"{number}.md", f"s{number}", published, tags={"x"}))
            self.desk.write(f"{number}.md", self.models[-1].text())
        self.publication: Publication = self.desk.publication
        # Nothing is cached, so that every document is rendered again.
        self.publication._documents = LRUCache(0, lambda _: 1)
        self.configure()
        self.readers = [
            (Reader(self.publication, each, True), Reader(self.publication, each, False))
            for each in FEEDS
        ]
        return multiple(*self.models)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.desk.catalog.close()
            self.folder.cleanup()

    def configure(self) -> None:
        self.desk.configure(f'subtitle = "{self.subtitle}"\n[feeds]\nlimit = {self.limit}')
        self.publish()
        self.publication.settings = self.desk.settings

    def publish(self) -> None:
        assert self.desk.sync().problems == ()

    @rule(
        target=articles,
        ages=st.lists(st.tuples(HOURS, TAGS, st.booleans()), min_size=1, max_size=5),
    )
    def add(self, ages: list[tuple[int, set[str], bool]]) -> object:
        new = []
        for hours, tags, draft in ages:
            number = len(self.models)
            published = self.desk.now + timedelta(hours=hours)
            model = Model(f"{number}.md", f"s{number}", published, tags=tags, draft=draft)
            self.models.append(model)
            self.desk.write(model.path, model.text())
            new.append(model)
        before = self.desk.now
        self.publish()
        ends = [model.expires for model in self.models if model.expires]
        self.only_added = not any(before < each <= self.desk.now for each in ends)
        return multiple(*new)

    @rule(model=articles, title=st.sampled_from("TUV"), tags=TAGS, draft=st.booleans())
    def edit(self, model: Model, title: str, tags: set[str], draft: bool) -> None:
        model.title, model.tags, model.draft = title, tags, draft
        self.save(model)

    @rule(model=articles, hours=HOURS, life=st.none() | st.integers(1, 72))
    def schedule(self, model: Model, hours: int, life: int | None) -> None:
        model.published = self.desk.now + timedelta(hours=hours)
        model.expires = model.published + timedelta(hours=life) if life else None
        self.save(model)

    @rule(model=articles, hours=HOURS, beside=st.booleans())
    def redate(self, model: Model, hours: int, beside: bool) -> None:
        model.published = self.desk.now + timedelta(hours=hours)
        model.expires = None
        if beside:  # with something new in the same revision
            number = len(self.models)
            self.models.append(Model(f"{number}.md", f"s{number}", self.desk.now))
            self.desk.write(f"{number}.md", self.models[-1].text())
        self.save(model)

    @rule(model=articles)
    def delete(self, model: Model) -> None:
        if model.exists:
            model.exists = False
            self.desk.remove(model.path)
        self.publish()

    @rule()
    def restore(self) -> None:
        for model in self.models:
            if not model.exists:
                model.exists = True
                self.desk.write(model.path, model.text())
        self.publish()

    @rule(hours=st.integers(0, 24), reads=st.booleans())
    def wait(self, hours: int, reads: bool) -> None:
        if reads:
            self.desk.sync(after=hours * 3600)
        else:
            self.desk.release(self.desk.now + timedelta(hours=hours))

    @rule(limit=st.integers(1, 5))
    def change_the_limit(self, limit: int) -> None:
        self.limit = limit
        self.configure()

    @rule(subtitle=st.sampled_from("abc"))
    def change_the_head(self, subtitle: str) -> None:
        self.subtitle = subtitle
        self.configure()

    @rule()
    def poll(self) -> None:
        """Conformance 40: readers of deltas and of whole documents have the same entries."""
        for takes_deltas, takes_all in self.readers:
            takes_deltas.poll()
            takes_all.poll()
            assert takes_deltas.kept == takes_all.kept

    def save(self, model: Model) -> None:
        if model.exists:
            self.desk.write(model.path, model.text())
        self.publish()

    def visible(self, feed: FeedRef) -> set[str]:
        """Return the URLs of the visible articles of a feed."""
        return {
            f"https://news.example.org/articles/{model.slug}"
            for model in self.models
            if model.is_visible(self.desk.now) and (not feed.term or feed.term in model.tags)
        }

    @invariant()
    def the_feed_and_its_archives_have_every_article(self) -> None:
        """Conformance 26, 27."""
        if not hasattr(self, "folder"):
            return
        for feed in FEEDS:
            window = items(subscription(self.publication, feed))
            assert len(window) <= self.limit
            dates = [item["date_published"] for item in window.values()]
            assert dates == sorted(dates, reverse=True)
            shown = {item["url"] for item in window.values()}
            numbers = []
            archived: set[str] = set()
            for number, document in archives(self.publication, feed):
                numbers.append(number)
                inside = {item["url"] for item in items(document).values()}
                assert not inside & archived
                archived |= inside
                assert inside <= self.closed.setdefault((feed, number), inside)
                self.closed[feed, number] = inside
            assert numbers == list(range(len(numbers), 0, -1))
            assert self.publication.archive(feed, Format.JSON, len(numbers) + 1) is None
            assert shown | archived == self.visible(feed)

    @invariant()
    def an_archive_changes_with_its_revision_and_not_by_additions(self) -> None:
        """Conformance 27, 34, 37."""
        if not hasattr(self, "folder"):
            return
        for feed in FEEDS:
            before = [number for each, number in self.documents if each == feed]
            for number, _ in archives(self.publication, feed):
                made = [self.archive(feed, format, number) for format in FORMATS]
                assert len({(each.revision, each.last_modified, each.tag) for each in made}) == 1
                bodies = tuple(each.body for each in made)
                now = Seen(made[0].revision, made[0].last_modified, made[0].tag, bodies)
                was = self.documents.get((feed, number), now)
                same = was.bodies == now.bodies
                assert (was.revision == now.revision) == same, "the revision changes with the bytes"
                assert (was.instant == now.instant) == same
                assert (was.tag == now.tag) == same
                assert was.instant <= now.instant
                if self.only_added and number != max(before, default=0):
                    assert same
                self.documents[feed, number] = now
        self.only_added = False

    def archive(self, feed: FeedRef, format: Format, number: int) -> Document:
        document = self.publication.archive(feed, format, number)
        assert document is not None
        return document

    @invariant()
    def a_delta_has_everything_that_a_client_with_an_older_document_lacks(self) -> None:
        """Conformance 38, 40."""
        if not hasattr(self, "folder"):
            return
        for feed in FEEDS:
            now = subscription(self.publication, feed)
            window = items(now)
            visible = self.visible(feed)
            for tag, held in self.older[feed]:
                delta = self.publication.delta(feed, Format.JSON, tag)
                if tag == now.tag:
                    assert delta is None
                    assert held == window
                elif delta:
                    assert (delta.tag, delta.revision) == (now.tag, now.revision)
                    assert top(delta) == top(now)
                    new = items(delta)
                    assert new.items() <= window.items()
                    assert window.items() <= (held | new).items()
                    assert {item["url"] for item in held.values()} <= visible
                    assert new, "the document changed, but the delta is empty"
            if (now.tag, window) not in self.older[feed]:
                self.older[feed] = [*self.older[feed][1 - REMEMBERED :], (now.tag, window)]


Story.TestCase.settings = settings(
    max_examples=examples(5),
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
test_any_story = Story.TestCase
