"""Any history of a site, compared with a simple model."""

import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from feedsvc.catalog import queries
from feedsvc.catalog.store import Catalog
from feedsvc.model import Format
from feedsvc.publication import Publication
from tests.desk import Desk, ref
from tests.sites import article
from tests.soak import examples

TAGS = st.sets(st.sampled_from(["x", "y", "É t"]), max_size=2)
HOURS = st.integers(-48, 48)  # from now


@dataclass
class Model:
    """One article as its author knows it. id: the first one that readers saw."""

    path: str
    slug: str
    published: datetime
    title: str = "T"
    tags: set[str] = field(default_factory=set)
    expires: datetime | None = None
    draft: bool = False
    exists: bool = True
    pinned: bool = False
    id: str = ""

    def text(self) -> str:
        return article(
            self.title,
            self.published.isoformat(),
            slug=self.slug,
            tags=sorted(self.tags),
            expires=self.expires and self.expires.isoformat(),
            draft=self.draft,
            id=f"urn:{self.slug}" if self.pinned else None,
        )

    def is_visible(self, now: datetime) -> bool:
        ended = self.expires is not None and self.expires <= now
        return self.exists and not self.draft and self.published <= now and not ended


class History(RuleBasedStateMachine):
    """Actions of an author, each followed by a sync or only a release."""

    articles = Bundle("articles")

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        database = f"sqlite:///{self.folder.name}/catalog.db"
        catalog = Catalog(database)
        catalog.create()
        self.desk = Desk(Path(self.folder.name, "site"), catalog, database).go_public()
        self.publication: Publication = self.desk.publication  # with caches, like that of a server
        self.models: list[Model] = []
        self.terms: set[str] = set()
        self.documents: dict[tuple[str, Format], tuple[int, datetime, bytes]] = {}
        self.desk.sync()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.desk.catalog.close()
            self.folder.cleanup()

    def save(self, model: Model) -> None:
        self.desk.write(model.path, model.text())
        assert self.desk.sync().problems == ()

    @rule(target=articles, hours=HOURS, tags=TAGS, draft=st.booleans(), pinned=st.booleans())
    def add(self, hours: int, tags: set[str], draft: bool, pinned: bool) -> Model:
        number = len(self.models)
        published = self.desk.now + timedelta(hours=hours)
        model = Model(f"{number}.md", f"é{number}", published, tags=tags, draft=draft)
        model.pinned = pinned
        self.models.append(model)
        self.save(model)
        return model

    @rule(model=articles, title=st.sampled_from("TUV"), tags=TAGS, draft=st.booleans())
    def edit(self, model: Model, title: str, tags: set[str], draft: bool) -> None:
        if model.exists:
            model.title, model.tags, model.draft = title, tags, draft
            self.save(model)

    @rule(model=articles, hours=HOURS, life=st.none() | st.integers(1, 72))
    def schedule(self, model: Model, hours: int, life: int | None) -> None:
        if model.exists:
            model.published = self.desk.now + timedelta(hours=hours)
            model.expires = model.published + timedelta(hours=life) if life else None
            self.save(model)

    @rule(model=articles)
    def move(self, model: Model) -> None:
        if model.exists:
            old, model.path = model.path, f"moved/{model.path}"
            self.desk.rename(old, model.path)
            assert self.desk.sync().problems == ()

    @rule(model=articles)
    def change_slug(self, model: Model) -> None:
        if model.exists and not model.pinned:
            model.slug += "x"
            self.save(model)

    @rule(first=articles, second=articles)
    def swap_slugs(self, first: Model, second: Model) -> None:
        if first.pinned or second.pinned or bool(first.id) != bool(second.id):
            return  # the id minted from a slug may be the one that the other article keeps
        if first.exists and second.exists:
            first.slug, second.slug = second.slug, first.slug
            self.desk.write(first.path, first.text())
            self.save(second)

    @rule(model=articles)
    def delete_or_restore(self, model: Model) -> None:
        if model.exists:
            self.desk.remove(model.path)
        else:
            self.desk.write(model.path, model.text())
        model.exists = not model.exists
        assert self.desk.sync().problems == ()

    @rule(hours=st.integers(0, 24), reads=st.booleans())
    def wait(self, hours: int, reads: bool) -> None:
        if reads:
            self.desk.sync(after=hours * 3600)
        else:
            self.desk.release(self.desk.now + timedelta(hours=hours))

    @invariant()
    def feeds_and_pages_have_exactly_the_visible_articles(self) -> None:
        if not hasattr(self, "folder"):
            return
        visible = [model for model in self.models if model.is_visible(self.desk.now)]
        expected: dict[str, list[Model]] = {"all": visible, "language/en": visible}
        for model in visible:
            for tag in model.tags:
                key = "tag/" + {"É t": "é-t"}.get(tag, tag)
                expected[key] = [each for each in visible if tag in each.tags]
        if not visible:
            del expected["language/en"]
        self.terms |= set(expected)
        assert set(self.desk.feeds()) == self.terms
        for key in self.terms:
            inside = sorted(
                expected.get(key, []),
                key=lambda each: (each.published.replace(microsecond=0), each.slug),
                reverse=True,
            )
            entries = self.publication.entries(ref(key))
            assert self.desk.feed(key).entries == len(inside)
            assert [entry.title for entry in entries] == [model.title for model in inside]
            for model, entry in zip(inside, entries, strict=True):
                model.id = model.id or entry.id  # conformance 15
                assert entry.id == model.id
        assert len({model.id for model in self.models if model.id}) == sum(
            model.id != "" for model in self.models
        )
        for model in self.models:
            assert (self.publication.article(model.slug) is not None) == (model in visible)
            if model.id and model not in visible:
                assert self.publication.withdrawn(model.slug)

    @invariant()
    def the_bytes_change_exactly_with_the_revision_and_its_time(self) -> None:
        """Conformance 34, 37."""
        if not hasattr(self, "folder"):
            return
        for key in self.desk.feeds():
            same = []
            for format in Format:
                document = self.publication.document(ref(key), format)
                assert document is not None
                now = (document.revision, document.last_modified, document.body)
                before = self.documents.get((key, format), now)
                assert (before[0] == now[0]) == (before[1] == now[1])
                assert before[1] <= now[1]
                if before[0] == now[0]:
                    assert before[2] == now[2]
                same.append(before[0] == now[0] or before[2] != now[2])
                self.documents[key, format] = now
            assert any(same), "a new revision without a change of any format"

    @invariant()
    def next_due_is_the_earliest_release_or_expiry(self) -> None:
        if not hasattr(self, "folder"):
            return
        now = self.desk.now
        instants = [
            instant
            for model in self.models
            if model.exists and not model.draft and not (model.expires and model.expires <= now)
            for instant in ([model.published] if model.published > now else [model.expires])
            if instant
        ]
        with self.desk.catalog.reading() as connection:
            assert queries.next_due(connection) == min(instants, default=None)


History.TestCase.settings = settings(
    max_examples=examples(5),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
test_any_history = History.TestCase
