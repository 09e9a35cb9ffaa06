"""A sync of changed paths gives the same catalog as a sync that lists everything."""

import pickle
import shutil
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedsvc.catalog import schema
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import SyncReport, sync
from feedsvc.sources import ContentFolder, Sources
from tests.desk import Desk
from tests.sites import article, make_site
from tests.soak import examples

_FOLDERS = ("", "a/", "a/b/", "c.md/", "_hidden/")
_NAMES = ("x.md", "y.md", "index.md", "_index.md", "x.json", "p.png", ".x.md.swp", "tmp")
PATHS = st.tuples(st.sampled_from(_FOLDERS), st.sampled_from(_NAMES)).map("".join)
FOLDERS = st.sampled_from(["a", "a/b", "c.md", "d", "x.md"])
_TEXTS = (
    article("A"),
    article("A", tags=["t"]),
    article("B", "2024-01-01", slug="s"),
    article("C", "2023-01-01", slug="s", image="p.png"),
    article("D", id="urn:d"),
    article("E", id="urn:d", slug="e"),
    article("F", enclosures=[{"url": "p.png"}]),
    "no front matter",
    "---\ntitle: [\n---\n",
)
TEXTS = st.sampled_from(_TEXTS)
OPERATIONS = st.one_of(
    st.tuples(st.just("write"), PATHS, TEXTS),
    st.tuples(st.just("remove"), PATHS),
    st.tuples(st.just("rename"), PATHS, PATHS),
    st.tuples(st.just("rename"), FOLDERS, FOLDERS),
    st.tuples(st.just("remove"), FOLDERS),
)


class Folder:
    """A content folder that records the paths that a watcher would report."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.reported: set[str] = set()

    def write(self, path: str, text: str) -> None:
        file = self._root / path
        for folder in reversed(file.parents):
            if folder.is_file():
                return
            if not folder.exists():
                folder.mkdir()
                self.reported.add(str(folder))
        if not file.is_dir():
            file.write_text(text, encoding="utf-8")
            self.reported.add(str(file))

    def remove(self, path: str) -> None:
        file = self._root / path
        if file.is_dir():
            self.reported |= {str(file), *map(str, file.rglob("*"))}
            shutil.rmtree(file)
        elif file.exists():
            self.reported.add(str(file))
            file.unlink()

    def rename(self, old: str, new: str) -> None:
        before, after = self._root / old, self._root / new
        possible = before.exists() and not after.exists() and after.parent.is_dir()
        if possible and not after.is_relative_to(before):
            before.rename(after)
            self.reported |= {str(before), str(after)}


@given(
    st.sampled_from(["feedsvc", "hugo", "eleventy"]),
    st.lists(st.lists(OPERATIONS, min_size=1, max_size=4), min_size=1, max_size=6),
)
@settings(
    max_examples=examples(4),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_any_history_gives_the_same_catalog_as_full_syncs(
    settled: None, generator: str, batches: list[list[Any]]
) -> None:
    """Scale 8: the reports of the watcher suffice."""
    with tempfile.TemporaryDirectory() as place:
        _compare(Path(place), generator, batches)


def _compare(place: Path, generator: str, batches: Iterable[list[Any]]) -> None:
    databases = [f"sqlite:///{place}/{name}.db" for name in ("partial", "full")]
    with Catalog(databases[0]) as first, Catalog(databases[1]) as second:
        first.create()
        second.create()
        toml = f'generator = "{generator}"\narticle_link = "/x/{{slug}}"\n'
        desks = [
            Desk(place / "site", catalog, database, toml).go_public()
            for catalog, database in zip((first, second), databases, strict=True)
        ]
        folder = Folder(desks[0].content)
        folder.write("a/x.md", article("X"))
        sources = Sources.of(desks[0].settings)
        reports = [_sync(desks[0], sources, None), _sync(desks[1], None, None)]
        for batch in batches:
            folder.reported.clear()
            for name, *values in batch:
                getattr(folder, name)(*values)
            reports = [
                _sync(desks[0], sources, folder.reported),
                _sync(desks[1], None, None),
            ]
            assert reports[0].problems == reports[1].problems
            assert reports[0].published == reports[1].published
            for table in (schema.article, schema.file, schema.feed_row, schema.feed):
                assert desks[0].rows(table) == desks[1].rows(table)


@pytest.fixture
def listed(tmp_path: Path, settled: None) -> ContentFolder:
    """A content folder with an article, listed once."""
    folder = ContentFolder(make_site(tmp_path, {"a/x.md": "x"}))
    folder.listing()
    return folder


@pytest.mark.parametrize("path", ["a/x.md", "a/y.md", "p.png", "a", "_hidden/a.md", ".a.md.swp"])
def test_only_the_changed_path_is_listed(listed: ContentFolder, path: str) -> None:
    found = listed.changes([f"{listed.watched[0]}/{path}"])
    assert found
    assert set(found.fingerprints) <= {"a/x.md"}
    assert found.partial


def test_everything_is_listed_if_a_file_has_two_paths(listed: ContentFolder) -> None:
    """Only one of the paths is reported when the file changes."""
    content = listed.watched[0]
    (content / "b").symlink_to("a")
    assert listed.changes([f"{content}/b"]) is None
    listed.listing()
    assert listed.changes([f"{content}/a/x.md"]) is None
    (content / "b").unlink()
    (content / "c.md").hardlink_to(content / "a/x.md")
    listed.listing()
    assert listed.changes([f"{content}/a/x.md"]) is None


def test_everything_is_listed_after_many_changes(listed: ContentFolder) -> None:
    """The queue of the kernel may overflow."""
    paths = [f"{listed.watched[0]}/{number}.md" for number in range(1001)]
    assert listed.changes(paths) is None


def test_the_listing_is_not_pickled(listed: ContentFolder) -> None:
    sent = pickle.loads(pickle.dumps(listed))
    assert sent.changes([f"{listed.watched[0]}/a/x.md"]) is None


def _sync(desk: Desk, sources: Sources | None, paths: Collection[str] | None) -> SyncReport:
    return sync(desk.catalog, desk.settings, desk.now, force=True, sources=sources, paths=paths)
