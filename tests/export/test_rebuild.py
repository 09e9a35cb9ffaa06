"""A build writes only what changed since the last one."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import structs

from feedsvc.export import build as building
from feedsvc.export import names, write
from feedsvc.export.plan import BuildOptions, Job
from feedsvc.export.write import Outcome, Writer
from feedsvc.http.representation import encode
from feedsvc.model import Format
from tests.export.places import (
    QUICK,
    Place,
    files_below,
)
from tests.sites import article
from tests.soak import SOAK


def test_due_articles_are_written_by_the_next_build(place: Place) -> None:
    """Conformance 55."""
    place.save("later.md", article("Later", "2999-01-01T00:00:00Z"))
    due = datetime(2999, 1, 1, tzinfo=UTC)
    assert place.build().due == due
    place.sync(now=due)
    assert place.build().due is None
    assert "/articles/later" in place.manifest.paths


def test_a_build_without_changes_writes_no_file(place: Place) -> None:
    place.build()
    before = place.stamps()
    again = place.build()
    assert (again.written, again.removed) == (0, 0)
    assert place.stamps() == before


def test_only_changes_are_written(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.build()
    before = place.stamps()
    compressed: list[bytes] = []

    def note(body: bytes, coding: str) -> bytes:
        compressed.append(body)
        return encode(body, coding)

    monkeypatch.setattr(write, "encode", note)
    place.save("two.md", article("Two", "2022-02-18", "Other words.", tags=["x"]))
    place.build()
    after = place.stamps()
    changed = {name for name in before if before[name] != after[name]}
    assert "articles/two.html" in changed
    assert "feeds/tag/x.rss.gz" in changed
    assert not {"articles/one.html", "feeds/tag/y.rss", "static/style.css"} & changed
    assert compressed
    assert all(b"Other words." in each or b"feeds" in each for each in compressed)


def test_unchanged_documents_are_not_requested(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = BuildOptions((Format.RSS,), codings=())
    place.build(wanted)
    asked: list[str] = []
    do = Writer.write_path

    def note(self: Writer, job: Job) -> Outcome:
        if not job.path.startswith("/files/"):  # whose versions the catalog does not know
            asked.append(job.path)
        return do(self, job)

    monkeypatch.setattr(Writer, "write_path", note)
    place.save("two.md", article("Two", "2022-02-18", "Other words.", tags=["x"]))
    place.build(wanted)
    assert sorted(asked) == ["/feeds/all.rss", "/feeds/language/en.rss", "/feeds/tag/x.rss"]


@pytest.mark.parametrize("change", ["other bytes", "another time", "removed", "coded removed"])
def test_a_modified_file_is_written_again(place: Place, change: str) -> None:
    place.build()
    good = {name: (place.out / name).read_bytes() for name in files_below(place.out)}
    for name in ("feeds/all.rss", "articles/one.html", "files/a.png"):
        file = place.out / name
        if change == "other bytes":
            file.write_bytes(b"spoiled")
        elif change == "another time":
            os.utime(file, (1, 1))
        elif change == "removed":
            file.unlink()
        else:
            place.out.joinpath(f"{name}.gz").unlink(missing_ok=True)
    place.build()
    assert {name: (place.out / name).read_bytes() for name in files_below(place.out)} == good


def test_files_have_the_time_of_last_modified(place: Place) -> None:
    """Conformance 34: static file servers derive Last-Modified from it."""
    place.build()
    published = int(place.publication.newest()[1].timestamp())
    for name in ("feeds/all.rss", "feeds/all.rss.gz", "articles/one.html"):
        assert (place.out / name).stat().st_mtime == published


def test_changed_files_have_a_later_time(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers derive ETags only from time and size."""
    place.build()
    first = (place.out / "index.html").stat().st_mtime
    template = Path(building.__file__).parents[1] / "web/templates/index.html"
    text = template.read_text(encoding="utf-8").replace('t("newest")', '"Latest first"')
    monkeypatch.setattr(
        "jinja2.loaders.PackageLoader.get_source",
        _instead_of("index.html", text),
    )
    place.build()
    assert b"Latest first" in (place.out / "index.html").read_bytes()
    assert (place.out / "index.html").stat().st_mtime == first + 1


def test_pages_with_unchanged_content_are_not_rendered_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An edit affects the pages of the article, its neighbours and its feeds."""
    place.save("three.md", article("Three", "2022-02-19", tags=["z"]))
    place.build()
    place.save("one.md", article("Another title", "2022-02-17", tags=["x"]))
    requested: list[str] = []
    write_path = Writer.write_path

    def count(self: Writer, job: Job) -> Outcome:
        requested.append(job.path)
        return write_path(self, job)

    monkeypatch.setattr(Writer, "write_path", count)
    place.build()
    pages = [path for path in requested if path.startswith("/articles/")]
    assert "/articles/one" in pages
    assert "/articles/two" in pages  # links to the other title
    assert "/articles/three" not in pages
    assert b"Another title" in place.file("/articles/two")
    assert "/feeds/tag/x/" in requested
    assert "/feeds/tag/z/" not in requested


def test_a_build_after_changes_equals_one_from_scratch(place: Place) -> None:
    place.build()
    changes: list[Callable[[], None]] = [
        lambda: place.save("one.md", article("Other", "2022-02-17", "Other.", tags=["X"])),
        lambda: place.save("new.md", article("New", "2022-02-18 12:00", tags=["c++", "x"])),
        lambda: place.rename("two.md", "renamed.md"),
        lambda: place.save("four.md", article("Four", "2022-03-20", authors=["Ada"])),
        lambda: place.withdraw("renamed.md"),
        lambda: place.save("new.md", article("New", "2022-02-18 12:00", feeds=False)),
    ]
    for number, change in enumerate(changes):
        change()
        place.build()
        if SOAK or number % 2:  # and also after two changes
            scratch = place.out.parent / f"scratch-{number}"
            building.build(place.settings, place.publication, scratch, QUICK)
            assert served(place.out) == served(scratch)


def served(folder: Path) -> dict[str, bytes]:
    """Return what a build serves, by file name."""
    own = {names.MANIFEST, *names.RULES}  # contain the times of files
    return {name: (folder / name).read_bytes() for name in files_below(folder) - own}


def _instead_of(name: str, text: str) -> Callable[..., object]:
    from jinja2.loaders import PackageLoader

    get = PackageLoader.get_source

    def get_source(self: PackageLoader, environment: object, template: str) -> object:
        found = get(self, environment, template)  # type: ignore[arg-type]
        return (text, *found[1:]) if template == name else found

    return get_source


def test_pages_are_written_again_after_the_loss_of_the_catalog(tmp_path: Path) -> None:
    """Its revisions count from 1 again."""
    place = Place(tmp_path, "", {"one.md": article("One", "2022-02-17", tags=["x"])})
    place.build()
    place.catalog.set_aside()
    place.catalog.create()
    place.save("one.md", article("Another", "2022-02-17", tags=["x"]))
    place.build()
    assert b"Another" in place.file("/feeds/tag/x/")


def test_other_codings_replace_the_previous_ones(place: Place) -> None:
    place.build(BuildOptions(codings=("br", "gzip")))
    place.build()
    suffixes = {Path(name).suffix for name in files_below(place.out)}
    assert ".gz" in suffixes
    assert not {".br", ".zst"} & suffixes


def test_files_are_written_again_after_a_change_of_settings(place: Place) -> None:
    place.build()
    place.settings = structs.replace(place.settings, base_url="https://other.example")
    place.sync()
    place.publication = type(place.publication)(place.settings, place.catalog)
    place.build()
    assert b"https://other.example/feeds/all.rss" in place.file("/feeds/all.rss")


def test_another_version_requests_everything(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may render the same state differently."""
    wanted = BuildOptions((Format.RSS,), codings=())
    place.build(wanted)
    asked: list[str] = []
    do = Writer.write_path

    def note(self: Writer, job: Job) -> Outcome:
        asked.append(job.path)
        return do(self, job)

    monkeypatch.setattr(Writer, "write_path", note)
    place.build(wanted)
    assert all(path.startswith("/files/") for path in asked)  # their versions are unknown
    asked.clear()
    monkeypatch.setattr("feedsvc.__version__", "99.0")
    place.build(wanted)
    assert sorted(asked) == sorted(place.manifest.paths)
