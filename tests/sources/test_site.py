"""Several sources feed one site; one is the installed example of docs/sources.md."""

import json
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest.mock import ANY

import pytest

from feedsvc.catalog.sync import SyncReport, sync
from feedsvc.errors import FeedsvcError, SettingsError, WithdrawalError
from feedsvc.sources import ArticleSource, ContentFolder, Listing, Reading, Sources, site
from feedsvc.sources.site import SiteListing
from tests.desk import Desk, Row
from tests.sites import article, make_site

DOCS = Path(__file__).parents[2] / "docs"
OFFERS: list[dict[str, str]] = [{"type": "shop", "name": "offers", "file": "offers.json"}]


def toml(tables: list[dict[str, str]]) -> str:
    """Return a list of sources in the form of the settings."""
    return "".join(
        "[[sources]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in each.items())
        for each in tables
    )


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the package that docs/sources.md shows."""
    packages = tmp_path / "packages"
    info = packages / "shop-1.0.dist-info"
    info.mkdir(parents=True)
    code = re.findall(r"```python\n(.*?)```", (DOCS / "sources.md").read_text("utf-8"), re.S)
    (packages / "shop.py").write_text("\n".join(code), encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{site.GROUP}]\nshop = shop:Shop\n")
    monkeypatch.syspath_prepend(str(packages))
    monkeypatch.delitem(sys.modules, "shop", raising=False)


def offer(title: str, day: int = 1) -> dict[str, str]:
    text = f"<p>{title}<script>x()</script></p>"
    return {"title": title, "published": f"2022-02-{day:02}T09:30:00+01:00", "html": text}


class Shop:
    """A site with articles in its content folder and offers in a shop."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        desk.configure(toml(OFFERS))
        self.file = desk.folder / "offers.json"

    @property
    def sources(self) -> Sources:
        return Sources.of(self.desk.settings)

    def offers(self, **offers: dict[str, str]) -> None:
        self.file.write_text(json.dumps({key[1:]: offer for key, offer in offers.items()}))

    def sync(self, *, force: bool = True) -> SyncReport:
        self.desk.now += timedelta(minutes=1)
        desk = self.desk
        return sync(desk.catalog, desk.settings, desk.now, force=force, sources=self.sources)

    def row(self, key: str) -> Row:
        return self.desk.articles()[key]


@pytest.fixture
def shopped(desk: Desk) -> Shop:
    """An article and two offers, synced."""
    shop = Shop(desk)
    desk.write("a.md", article("A", "2022-03-01"))
    shop.offers(n1=offer("One"), n2=offer("Two", 2))
    report = shop.sync()
    assert (report.problems, report.published.new) == ((), 3)
    return shop


def test_articles_of_an_installed_source_are_published_beside_files(shopped: Shop) -> None:
    assert shopped.desk.titles() == ["A", "Two", "One"]
    assert b"<p>One</p>" in b"".join(shopped.desk.body().replace(b"&lt;", b"<").split()).replace(
        b"&gt;", b">"
    )
    assert set(shopped.desk.articles()) == {"a.md", "offers://1", "offers://2"}


def test_an_edited_article_of_a_source_keeps_its_id(shopped: Shop) -> None:
    before = shopped.row("offers://1")
    shopped.offers(n1=offer("Uno"), n2=offer("Two", 2))
    report = shopped.sync()
    assert (report.published.edited, report.published.withdrawn) == (1, 0)
    assert shopped.row("offers://1").id == before.id
    assert shopped.desk.titles() == ["A", "Two", "Uno"]


def test_only_articles_with_another_fingerprint_are_read(shopped: Shop, settled: None) -> None:
    shopped.sync()  # records the final fingerprint
    assert shopped.sync().read == 0
    shopped.offers(n1=offer("Uno"), n2=offer("Two", 2))
    assert shopped.sync().read == 1


def test_a_changed_fingerprint_of_a_source_causes_it_to_be_read_again(
    shopped: Shop, settled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopped.sync()
    monkeypatch.setattr(sys.modules["shop"].Shop, "fingerprint", "2")
    report = shopped.sync()
    assert (report.read, report.published.revision) == (2, None)


def test_an_article_that_a_source_no_longer_lists_is_withdrawn(shopped: Shop) -> None:
    shopped.offers(n2=offer("Two", 2))
    assert shopped.sync().published.withdrawn == 1
    assert shopped.desk.titles() == ["A", "Two"]


def test_an_unreachable_source_keeps_its_articles_and_blocks_no_other(shopped: Shop) -> None:
    shopped.file.write_text("{")
    shopped.desk.write("b.md", article("B", "2022-04-01"))
    report = shopped.sync()
    assert [(each.path, each.code) for each in report.problems] == [
        ("offers", "unreachable-source")
    ]
    assert "unexpected JSONDecodeError" in report.problems[0].message
    assert shopped.desk.titles() == ["B", "A", "Two", "One"]
    shopped.offers(n1=offer("One"), n2=offer("Two", 2))
    assert (shopped.sync().problems, shopped.sync().published.revision) == ((), None)


def test_a_source_that_fails_during_reading_is_retried(shopped: Shop) -> None:
    broken = {"title": "No date"}
    shopped.offers(n1=offer("Uno"), n2=broken, n3=offer("Three", 3))
    report = shopped.sync()
    assert [each.code for each in report.problems] == ["unreachable-source"]
    assert shopped.desk.titles() == ["A", "Two", "Uno"]
    shopped.offers(n1=offer("Uno"), n2=offer("Dos", 2), n3=offer("Three", 3))
    assert shopped.sync().problems == ()
    assert shopped.desk.titles() == ["A", "Three", "Dos", "Uno"]


def test_an_article_of_a_source_with_too_long_a_slug_is_refused(shopped: Shop) -> None:
    offers = {"1": offer("One"), "9" * 600: offer("Long"), "3": offer("Three", 3)}
    shopped.file.write_text(json.dumps(offers))
    (problem,) = shopped.sync().problems
    assert (problem.path, problem.code) == (f"offers: {'9' * 600}", "too-long")
    assert "its slug has 606 bytes in UTF-8" in problem.message
    assert shopped.desk.titles() == ["A", "Three", "One"]


@pytest.mark.parametrize("key", ["9" * 2000, "a\0b"], ids=["long", "NUL"])
def test_a_key_that_cannot_be_stored_is_refused(shopped: Shop, key: str) -> None:
    shopped.file.write_text(json.dumps({"1": offer("One"), "2": offer("Two", 2), key: offer("X")}))
    (problem,) = shopped.sync().problems
    assert (problem.path, problem.code) == (f"offers: {key[:100]}", "too-long")
    assert shopped.desk.titles() == ["A", "Two", "One"]


def test_an_article_with_a_nul_character_is_refused(shopped: Shop) -> None:
    shopped.offers(n1=offer("One"), n2=offer("Two\0", 2))
    (problem,) = shopped.sync().problems
    assert (problem.path, problem.code) == ("offers: 2", "bad-value")
    assert shopped.desk.titles() == ["A", "Two", "One"]


def test_an_unmounted_content_folder_withdraws_nothing(shopped: Shop) -> None:
    content = shopped.desk.content
    content.rename(content.with_name("unmounted"))
    shopped.offers(n1=offer("Uno"), n2=offer("Two", 2))
    report = shopped.sync()
    assert [each.code for each in report.problems] == ["unreachable-source"]
    assert shopped.desk.titles() == ["A", "Two", "Uno"]


def test_a_site_whose_sources_all_fail_is_not_synced(shopped: Shop) -> None:
    content = shopped.desk.content
    content.rename(content.with_name("unmounted"))
    shopped.file.unlink()
    with pytest.raises(FeedsvcError, match="there is no such folder"):
        shopped.sync()


def test_withdrawing_the_articles_of_a_removed_source_requires_force(shopped: Shop) -> None:
    desk = shopped.desk
    desk.configure("")
    with pytest.raises(WithdrawalError, match="more than a third"):
        desk.sync(force=False)
    assert desk.sync().published.withdrawn == 2
    assert desk.titles() == ["A"]


def test_a_slug_of_another_source_is_refused_with_the_articles_name(
    shopped: Shop,
) -> None:
    shopped.offers(n1=offer("One"), n2=offer("Two", 2), n3=offer("Three", 3))
    shopped.desk.write("b.md", article("B", slug="offer-3", published="2022-01-01"))
    (problem,) = shopped.sync().problems
    assert str(problem) == (
        "offers: 3: error: has the slug 'offer-3' of b.md, which keeps it; "
        "write another `slug:` here [duplicate-slug]"
    )


def test_ids_are_pinned_only_in_sources_that_support_it(shopped: Shop) -> None:
    pin = shopped.sources.pinner(shopped.desk.articles())
    assert pin("a.md", "urn:x:1", lambda _: True) is None
    assert 'id: "urn:x:1"' in (shopped.desk.content / "a.md").read_text()
    problem = pin("offers://1", "urn:x:2", lambda _: True)
    assert problem
    assert (problem.path, problem.code) == ("offers: 1", "not-pinned")


def test_names_include_those_of_all_sources(shopped: Shop) -> None:
    shopped.desk.write("b.md", article(None, None, id="urn:x:1"))  # not an article
    assert sorted(shopped.sources.names()) == [
        ("a", ""),
        ("b", "urn:x:1"),
        ("offer-1", ""),
        ("offer-2", ""),
    ]


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ([{"type": "shop"}], r"'shop': shop \(feedsvc.sources, shop 1.0\) failed with KeyError"),
        ([{"type": "shelf"}], "'shelf' is not a known type of source; known are: .*shop"),
        ([{**OFFERS[0], "name": "a/b"}], "'a/b' is not the name of a source; use letters"),
        ([*OFFERS, *OFFERS], "two sources are named 'offers'"),
    ],
)
def test_a_mistake_in_the_list_of_sources_is_an_error(
    desk: Desk, tables: list[dict[str, str]], message: str
) -> None:
    with pytest.raises(SettingsError, match=rf"feedsvc\.toml:\d+: .*{message}"):
        Sources.of(desk.configure(toml(tables)))


def test_only_relevant_settings_change_the_fingerprint_of_a_content_folder(
    desk: Desk,
) -> None:
    before = ContentFolder(desk.settings).fingerprint
    assert ContentFolder(desk.configure('title = "Another"')).fingerprint == before
    assert ContentFolder(desk.configure('language = "fr"')).fingerprint != before


# Changes without a full listing


class Table(ArticleSource):
    """A source polled for changes every 10 seconds and listed in full every hour."""

    name = "table"
    interval = 3600.0
    every = 10.0

    def __init__(self) -> None:
        self.calls: list[object] = []
        self.found: Listing | Exception | None = Listing({}, partial=True)

    def listing(self) -> Listing:
        self.calls.append("all")
        return Listing({"1": "a", "2": "b"}, (), ("3",))

    def changes(self, paths: Collection[str]) -> Listing | None:
        self.calls.append(paths)
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    def read(self, keys: Iterable[str]) -> Iterator[Reading]:
        return iter(())


class Dated(Table):
    """The same without `changes`."""

    name = "dated"
    changes = None  # type: ignore[assignment]


@dataclass
class Clocked:
    """Sources and the clock that they see."""

    sources: Sources
    table: Table
    dated: Dated
    now: float = 1000.0

    def changes(self, *paths: str, after: float = 0.0) -> tuple[SiteListing, list[object]]:
        """Return the listing of changes and the calls that the table received."""
        self.now += after
        self.table.calls.clear()
        return self.sources.changes(paths), self.table.calls


@pytest.fixture
def clocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clocked:
    """A content folder and two other sources, listed."""
    settings = make_site(tmp_path, {"a.md": article()})
    table, dated = Table(), Dated()
    made = Clocked(Sources(ContentFolder(settings), table, dated), table, dated)
    monkeypatch.setattr("time.monotonic", lambda: made.now)
    made.sources.listing()
    return made


def test_a_listing_does_not_change_with_the_dictionary_of_its_source(
    clocked: Clocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"1": "a"}
    monkeypatch.setattr(clocked.table, "listing", lambda: Listing(known))
    listing = clocked.sources.listing()
    known.clear()  # a source may do so while it reads
    assert listing.holds("table://1")


def test_a_source_is_polled_for_changes_when_it_is_due(clocked: Clocked) -> None:
    """Scale 10."""
    assert clocked.changes(after=9) == (ANY, [])
    assert clocked.sources.due == clocked.now + 1
    clocked.table.found = Listing({"2": "c"}, partial=True, absent=("1",))
    found, asked = clocked.changes(after=1)
    assert asked == [[]]
    assert found.partial
    assert list(found.fingerprints) == ["table://2"]
    assert [found.holds(f"table://{key}") for key in "1234"] == [False, True, True, True]
    assert clocked.sources.due == clocked.now + 10


def test_a_source_that_cannot_report_changes_is_listed_in_full(clocked: Clocked) -> None:
    clocked.table.found = None
    found, asked = clocked.changes(after=10)
    assert asked == [[], "all"]
    assert not found.partial
    assert not found.holds("table://4")


def test_everything_is_listed_after_the_interval(clocked: Clocked) -> None:
    clocked.dated.calls.clear()
    assert clocked.changes(after=3599) == (ANY, [[]])
    assert clocked.dated.calls == []
    assert clocked.changes(after=1) == (ANY, ["all"])
    assert clocked.dated.calls == ["all"]


def test_a_source_that_failed_is_listed_in_full_the_next_time(clocked: Clocked) -> None:
    clocked.table.found = ValueError("x")
    found, _ = clocked.changes(after=10)
    assert [each.code for each in found.problems] == ["unreachable-source"]
    assert found.holds("table://anything")
    assert clocked.changes() == (ANY, ["all"])


def test_a_changed_fingerprint_of_a_source_causes_a_full_listing(
    clocked: Clocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Table, "fingerprint", "2")
    assert clocked.changes() == (ANY, ["all"])


def test_a_changed_path_that_no_source_watches_causes_a_full_listing(clocked: Clocked) -> None:
    """The operating system may report a folder by another name."""
    assert clocked.changes("/elsewhere/a.md") == (ANY, ["all"])


def test_an_article_whose_reading_failed_is_read_at_the_next_sync(
    shopped: Shop, settled: None
) -> None:
    """A source may report a change once."""
    sources = shopped.sources
    desk = shopped.desk
    shopped.offers(n1={"title": "No date"}, n2=offer("Zwei", 2))
    sync(desk.catalog, desk.settings, desk.now, sources=sources)
    shopped.offers(n1=offer("One"), n2=offer("Zwei", 2))
    report = sync(desk.catalog, desk.settings, desk.now, sources=sources, paths=())
    assert (report.problems, report.published.edited) == ((), 1)
