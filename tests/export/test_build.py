"""A build equals the responses of `feedsvc serve`, and writes only changes."""

import gzip
import json
import multiprocessing
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import brotli
import pytest
import zstandard
from msgspec import structs

from feedsvc.errors import FeedsvcError
from feedsvc.export import build as building
from feedsvc.export import names, workers, write
from feedsvc.export.manifest import Manifest
from feedsvc.export.plan import BuildOptions, Job
from feedsvc.export.write import Outcome, Writer
from feedsvc.http.representation import CODINGS, encode
from feedsvc.model import Format
from tests import programs
from tests.export.places import (
    FILES,
    LONG,
    PNG,
    QUICK,
    TOML,
    Place,
    Serve,
    crossed,
    files_below,
    lived_in,
)
from tests.serving import PATIENCE
from tests.sites import article
from tests.soak import SOAK

DECODE: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
    "gzip": gzip.decompress,
}
HEADERS = ("Access-Control-Allow-Origin", "Cache-Control", "X-Content-Type-Options")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A built site, which no test changes."""
    place = lived_in(tmp_path_factory.mktemp("built"))
    place.build(BuildOptions())
    return place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A small site that can be changed and is quickly built."""
    files: dict[str, str | bytes] = {
        "one.md": article("One", "2022-02-17", "![](a.png)", tags=["x", "y"]),
        "two.md": article("Two", "2022-02-18", tags=["x"]),
        "a.png": PNG,
    }
    return Place(tmp_path, "", files)


def test_every_file_equals_the_response_of_serve(built: Place) -> None:
    """Conformance 24, 35, 37, 47."""
    serve = Serve(built)
    assert len(built.manifest.paths) > 80
    for path, resource in built.manifest.paths.items():
        answer = serve.ask(path)
        assert (answer.status, answer.body) == (200, built.file(path)), path
        assert answer.headers["Content-Type"] == resource.type, path
        assert answer.headers.get("ETag") == resource.etags.get("identity"), path
        assert answer.headers.get("Last-Modified") == resource.last_modified, path
        assert answer.headers["Cache-Control"] == resource.cache_control, path
        for name, value in resource.headers.items():
            # Static files have no deltas, on which a response may depend.
            assert answer.headers[name].removeprefix("A-IM, ") == value, path


def test_every_coded_file_equals_the_response_of_serve(built: Place) -> None:
    """Conformance 35."""
    serve = Serve(built)
    documents = 0
    for path, resource in built.manifest.paths.items():
        codings = set(resource.sizes) - {"identity"}
        assert codings in (set(), set(CODINGS)), path
        for coding in codings:
            body = built.file(path, coding)
            assert DECODE[coding](body) == built.file(path), path
            if len(resource.etags) > 1:
                documents += 1
                answer = serve.ask(path, coding)
                assert answer.body == body, path
                assert answer.headers["Content-Encoding"] == coding, path
                assert answer.headers["ETag"] == resource.etags[coding], path
    assert documents > 80


def test_texts_are_compressed_but_images_are_not(built: Place) -> None:
    paths = built.manifest.paths
    assert set(paths["/static/style.css"].sizes) == {"identity", *CODINGS}
    assert set(paths["/articles/one"].sizes) == {"identity", *CODINGS}
    assert set(paths["/files/a.png"].sizes) == {"identity"}


def test_redirects_gone_and_errors_equal_the_responses_of_serve(built: Place) -> None:
    """Conformance 43."""
    serve = Serve(built)
    made = built.manifest
    assert "/feeds/tag" in made.redirects
    assert "/feeds/tag/c%2B%2B" in made.redirects
    for path, redirect in made.redirects.items():
        answer = serve.ask(path)
        assert (answer.status, answer.headers["Location"]) == (redirect.status, redirect.to), path
        for name in HEADERS:
            assert answer.headers.get(name) == redirect.headers.get(name), (path, name)
    page = made.errors[410]
    for path in made.gone:
        answer = serve.ask(path)
        assert (answer.status, answer.body) == (410, (built.out / "410.html").read_bytes()), path
        assert answer.headers["Cache-Control"] == page.cache_control, path
        assert answer.headers["Access-Control-Allow-Origin"] == "*", path
        assert page.headers["Access-Control-Allow-Origin"] == "*"
    assert serve.ask("/nowhere").body == (built.out / "404.html").read_bytes()


def test_moved_and_withdrawn_paths_are_planned(built: Place) -> None:
    """Conformance 43: including pages without their trailing slash."""
    made = built.manifest
    older = "/feeds/tag/old%2Cer"
    moved = {path: (each.status, each.to) for path, each in made.redirects.items()}
    assert moved[f"{older}.rss"] == (308, "https://news.example.org/feeds/tag/x.rss")
    assert moved[f"{older}/archive/1.atom"] == (
        308,
        "https://news.example.org/feeds/tag/x/archive/1.atom",
    )
    assert moved[f"{older}/"] == moved[older] == (308, "https://news.example.org/feeds/tag/x/")
    assert moved["/feeds/picks.json"] == (308, "https://news.example.org/feeds/picked.json")
    assert moved["/rss.xml"] == (301, "https://news.example.org/feeds/all.rss")
    assert moved["/p%2Cq/feed"] == (301, "https://news.example.org/feeds/picked.json")
    assert moved["/articles/f%2Cour"] == (301, "https://news.example.org/feeds/tag/c%2B%2B.rss")
    assert moved["/articles/old%2Cer"] == (308, "https://news.example.org/articles/newer")
    assert "/feeds/picked/" in made.paths
    assert list(made.gone) == sorted(made.gone)
    lost = ("/feeds/tag/lost", "/feeds/author/nobody%2Cat-all")
    for path in lost:
        assert {path, f"{path}/", f"{path}.rss", f"{path}.json"} <= {*made.gone}
    assert {"/articles/gone", "/articles/lost%2Ctoo", f"{lost[0]}/archive/1.rss"} <= {*made.gone}


def test_a_path_in_two_encodings_is_one_job(tmp_path: Path) -> None:
    """Hosts reject rules that contain a path twice."""
    place = crossed(tmp_path)
    place.build()
    everything = [*place.manifest.paths, *place.manifest.redirects, *place.manifest.gone]
    assert len({names.decoded(path) for path in everything}) == len(everything)
    assert place.manifest.redirects["/p,q/one"].to == "https://news.example.org/feeds/all.rss"


def test_every_feed_and_page_has_a_file(built: Place) -> None:
    made = built.manifest
    for key in ("all", "tag/x", "tag/x.rss", "tag/c%2B%2B", "author/ada", "category/news"):
        assert f"/feeds/{key}/" in made.paths
        assert {f"/feeds/{key}.{format}" for format in Format} <= made.paths.keys()
    assert {f"/feeds/all/archive/1.{format}" for format in Format} <= made.paths.keys()
    assert {"/", "/feeds.opml", "/feeds/tag/", "/static/icon.svg"} <= made.paths.keys()


def test_scheduled_articles_are_not_written(built: Place) -> None:
    """Conformance 55."""
    secret = [name for name in files_below(built.out) if "secret" in name or "later" in name]
    assert not secret
    for name in files_below(built.out):
        assert b"Scheduled" not in (built.out / name).read_bytes(), name
    assert built.publication.state()[1] == datetime(2998, 12, 31, 23, tzinfo=UTC)


def test_due_articles_are_written_by_the_next_build(place: Place) -> None:
    """Conformance 55."""
    place.save("later.md", article("Later", "2999-01-01T00:00:00Z"))
    due = datetime(2999, 1, 1, tzinfo=UTC)
    assert place.build().due == due
    place.sync(now=due)
    assert place.build().due is None
    assert "/articles/later" in place.manifest.paths


def test_the_manifest_lists_exactly_the_files(built: Place) -> None:
    made = built.manifest
    assert files_below(built.out) == made.files | {names.MANIFEST}
    named = {file for each in made.paths.values() for file in each.files}
    assert named <= made.files


def test_difficult_names_have_distinct_files(built: Place) -> None:
    paths = built.manifest.paths
    files = [each.file for each in paths.values()]
    assert len(set(files)) == len(files)
    assert paths["/feeds/tag/c%2B%2B.rss"].file == "feeds/tag/c++.rss"
    assert paths["/feeds/tag/100%25.atom"].file == "feeds/tag/100%.atom"
    assert paths["/feeds/tag/x.rss"].file == "feeds/tag/x.rss"
    hashed = {path for path, each in paths.items() if each.file.startswith("_paths/")}
    assert (
        "/feeds/tag/x.rss/" in hashed
    )  # its folder would have the name of a feed file of the tag x
    assert paths[f"/feeds/tag/{LONG}.rss"].file == f"feeds/tag/{LONG}.rss"
    assert "/feeds/tag/.htaccess.rss" in hashed
    assert len({"/files/a.png", "/files/A.png"} & hashed) == 1
    assert len({"/files/data.csv", "/files/data.csv.gz"} & hashed) == 1


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


def test_obsolete_files_are_removed(place: Place) -> None:
    (place.folder / "content" / "b.png").write_bytes(PNG)
    place.save("three.md", article("Three", "2022-03-01", "![](b.png)", tags=["z"]))
    place.build()
    assert (place.out / "files/b.png").exists()
    place.withdraw("three.md")
    built = place.build()
    assert built.removed == 3
    assert not (place.out / "articles/three.html").exists()
    assert not (place.out / "articles/three.html.gz").exists()
    assert not (place.out / "files/b.png").exists()
    assert b"<item>" not in place.file("/feeds/tag/z.rss")  # feeds are kept
    assert place.manifest.gone == ("/articles/three",)


def test_files_that_no_build_wrote_are_never_removed(place: Place) -> None:
    place.build()
    (place.out / "robots.txt").write_text("mine")
    (place.out / "articles" / "mine.html").write_text("mine")
    place.withdraw("one.md")
    place.withdraw("two.md")
    place.build(BuildOptions((Format.JSON,)))
    assert (place.out / "robots.txt").read_text() == "mine"
    assert (place.out / "articles" / "mine.html").read_text() == "mine"
    assert not (place.out / "files").exists()  # empty folders are removed


def test_a_manifest_with_files_outside_the_folder_is_rejected(place: Place, tmp_path: Path) -> None:
    place.build()
    victim = tmp_path / "victim"
    victim.write_text("keep")
    values = json.loads((place.out / names.MANIFEST).read_text(encoding="utf-8"))
    values["files"].append("../victim")
    (place.out / names.MANIFEST).write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(FeedsvcError, match="is not a manifest that this version of feedsvc wrote"):
        place.build()
    assert victim.exists()


def test_links_in_the_folder_are_not_followed(place: Place, tmp_path: Path) -> None:
    place.build()
    elsewhere = tmp_path / "elsewhere"
    (place.out / "articles").rename(elsewhere)
    (place.out / "articles").symlink_to(elsewhere)
    before = files_below(elsewhere)
    place.save("two.md", article("Two", "2022-02-18", "Other words."))
    with pytest.raises(FeedsvcError, match="is a link, which may lead anywhere; remove it"):
        place.build()
    place.withdraw("two.md")
    place.build(BuildOptions((Format.RSS,)))
    assert files_below(elsewhere) == before


def test_a_file_that_no_build_wrote_is_not_overwritten(place: Place) -> None:
    place.build()
    (place.out / "articles" / "three.html").write_text("mine")
    place.save("three.md", article("Three", "2022-03-01"))
    with pytest.raises(FeedsvcError, match=r"three\.html: is in the way and was not written by"):
        place.build()
    assert (place.out / "articles" / "three.html").read_text() == "mine"


def test_a_file_can_replace_a_folder(tmp_path: Path) -> None:
    place = Place(tmp_path, "", {"one.md": article(tags=["x.rss"])})
    place.build()
    assert (place.out / "feeds/tag/x.rss/index.html").is_file()
    place.save("two.md", article("Two", tags=["x"]))
    place.build()
    assert (place.out / "feeds/tag/x.rss").is_file()
    assert place.manifest.paths["/feeds/tag/x.rss/"].file.startswith("_paths/")
    assert Serve(place).ask("/feeds/tag/x.rss/").body == place.file("/feeds/tag/x.rss/")


@pytest.mark.parametrize("after", [0, 1, 7, 20] if SOAK else [1, 20])
def test_a_killed_build_is_completed_by_the_next(
    place: Place, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    place.build()
    old = {name: (place.out / name).read_bytes() for name in files_below(place.out)}
    place.save("two.md", article("Two", "2022-02-18", "Other words.", tags=["x", "new"]))
    place.save("one.md", article("One", "2022-02-17", "No picture.", tags=["x"]))
    count = 0
    put = Writer.write

    def die(self: Writer, *given: object) -> int:
        nonlocal count
        count += 1
        if count > after:
            raise KeyboardInterrupt
        return put(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Writer, "write", die)
    with pytest.raises(KeyboardInterrupt):
        place.build()
    monkeypatch.undo()
    between = {name: (place.out / name).read_bytes() for name in files_below(place.out)}
    place.build()
    new = {name: (place.out / name).read_bytes() for name in files_below(place.out)}
    assert not (place.out / names.TEMPORARY).exists()
    for name, body in between.items():
        aside = name.startswith(names.TEMPORARY) or name == names.MANIFEST
        assert aside or body in (old.get(name), new.get(name)), name
    fresh = building.build(place.settings, place.publication, place.out.parent / "b", QUICK)
    assert fresh.revision == place.manifest.revision
    assert {
        name: (place.out.parent / "b" / name).read_bytes()
        for name in files_below(place.out.parent / "b")
    }.keys() == new.keys()
    for name, body in new.items():
        if name != names.MANIFEST:
            assert (place.out.parent / "b" / name).read_bytes() == body, name


def test_unneeded_files_of_a_killed_build_are_removed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.build()
    place.save("three.md", article("Three", "2022-03-01", tags=["z"]))
    monkeypatch.setattr(building._Build, "_finish", _interrupt)
    with pytest.raises(KeyboardInterrupt):
        place.build()
    monkeypatch.undo()
    assert (place.out / "articles/three.html").exists()
    place.withdraw("three.md")
    place.build()
    assert not (place.out / "articles/three.html").exists()
    assert files_below(place.out) == place.manifest.files | {names.MANIFEST}


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_files_are_of_one_revision(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may publish while a build runs."""
    do = Writer.write_path
    edits = iter(["first", "second"])

    def do_and_publish(self: Writer, job: Job) -> Outcome:
        done = do(self, job)
        if (text := next(edits, None)) is not None:
            place.save("two.md", article("Two", "2022-02-18", text, tags=["x"]))
        return done

    monkeypatch.setattr(Writer, "write_path", do_and_publish)
    built = place.build()
    monkeypatch.undo()
    assert built.revision == place.publication.newest()[0] == 3
    serve = Serve(place)
    for path in place.manifest.paths:
        assert serve.ask(path).body == place.file(path), path


def test_a_site_that_changes_constantly_is_an_error(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = iter(range(1000))
    monkeypatch.setattr(place.publication, "newest", lambda: (next(numbers), datetime.now(UTC)))
    with pytest.raises(FeedsvcError, match="changes faster than it can be built"):
        place.build(BuildOptions((Format.RSS,)))


def test_builds_of_equal_sites_are_equal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Conformance 24: whatever the order of the jobs."""
    asked: list[str] = []
    do_error = Writer.write_error

    def note(self: Writer, job: Job, status: int) -> Outcome:
        asked.append(job.path)
        return do_error(self, job, status)

    monkeypatch.setattr(Writer, "write_error", note)
    place = lived_in(tmp_path)
    place.build()
    assert len(place.manifest.gone) > 5
    do_all = workers.run_jobs
    monkeypatch.setattr(building, "run_jobs", lambda *given: do_all(*given)[::-1])
    other = tmp_path / "other"
    building.build(place.settings, place.publication, other, QUICK)
    assert asked[:2] == asked[2:] == ["/", min(place.manifest.gone)]
    assert files_below(other) == files_below(place.out)
    for name in files_below(other):
        assert (other / name).read_bytes() == (place.out / name).read_bytes(), name
        if name not in (names.MANIFEST, *names.RULES):
            assert (other / name).stat().st_mtime == (place.out / name).stat().st_mtime, name


def test_worker_processes_write_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path, TOML, FILES)
    place.build()
    other = tmp_path / "other"
    monkeypatch.setattr(workers, "_MANY", 2)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    building.build(place.settings, place.publication, other, QUICK)
    assert files_below(other) == files_below(place.out)
    for name in files_below(other):
        assert (other / name).read_bytes() == (place.out / name).read_bytes(), name


def test_a_killed_worker_is_reported_clearly(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_MANY", 2)
    monkeypatch.setattr(workers, "_BATCH", 1)
    monkeypatch.setattr("os.cpu_count", lambda: 2)

    def kill(*_: object) -> bool:
        for worker in multiprocessing.active_children():
            worker.kill()
            worker.join()
        return False

    monkeypatch.setattr(Future, "cancel", kill)
    with pytest.raises(FeedsvcError, match="was killed"):
        place.build()
    assert not multiprocessing.active_children()


def test_an_error_of_a_worker_is_raised(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_MANY", 2)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr(Future, "cancel", lambda _: False)  # this process gets no jobs
    (place.out / "feeds").mkdir(parents=True)
    (place.out / "feeds" / "all.rss").mkdir()
    (place.out / names.MANIFEST).write_bytes(Manifest().dump())
    with pytest.raises(FeedsvcError, match=r"all\.rss: cannot be written: Is a directory"):
        place.build()


# Builds with one worker. This process itself takes a batch, however far the worker is, only prints
# the worker's id, and waits.
_BUILD = """
import multiprocessing, os, signal, sys, threading
from concurrent.futures import Future
from pathlib import Path
from feedsvc.catalog.store import Catalog
from feedsvc.config.settings import load
from feedsvc.export import workers
from feedsvc.export.build import build
from feedsvc.export.plan import BuildOptions
from feedsvc.publication import Publication

def wait(*_):
    print(multiprocessing.active_children()[0].pid, flush=True)
    threading.Event().wait()

def take(future):
    Future.cancel = cancel
    return True

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in background jobs
workers._MANY, workers._BATCH, workers._run = 2, 1, wait
cancel, Future.cancel = Future.cancel, take
os.cpu_count = lambda: 2
settings = load(Path(sys.argv[1]), {})
publication = Publication(settings, Catalog(settings.database))
try:
    build(settings, publication, Path(sys.argv[2]), BuildOptions())
except KeyboardInterrupt:
    print("interrupted")
"""


@contextmanager
def building_elsewhere(place: Place) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Build in a new session; yield the process and the id of its only worker."""
    with programs.popen(
        ["-c", _BUILD, place.folder, place.out, "serve"],  # with a fork server for its worker
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()  # or a failed test would wait for it


def is_alive(pid: int) -> bool:
    """Whether a process is running, and not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):  # the second if it ends after it was opened
        return False


def test_a_worker_keeps_the_lock_and_ends_after_its_parent_is_killed(place: Place) -> None:
    """As after `kill -9`. A suspended worker does not notice, and might still be writing."""
    with building_elsewhere(place) as (process, worker):
        os.kill(worker, signal.SIGSTOP)
        process.kill()
        process.wait()
        with pytest.raises(FeedsvcError, match="another `feedsvc build` is writing there"):
            place.build()
        os.kill(worker, signal.SIGCONT)
    end = time.monotonic() + PATIENCE
    while is_alive(worker):
        assert time.monotonic() < end
        time.sleep(0.01)
    place.build()


def test_an_interrupted_build_leaves_no_worker_and_prints_nothing_else(place: Place) -> None:
    """Ctrl-C reaches all processes of a terminal."""
    with building_elsewhere(place) as (process, worker):
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=PATIENCE)
    assert (output, errors) == ("interrupted\n", "")
    assert not is_alive(worker)


def test_a_build_of_some_formats_has_only_feeds_and_files_of_articles(place: Place) -> None:
    """Entries only refer to files that were written."""
    built = place.build(BuildOptions((Format.RSS, Format.JSON), codings=()))
    paths = set(place.manifest.paths)
    assert "/files/a.png" in paths
    assert b"https://news.example.org/files/a.png" in place.file("/feeds/all.rss")
    endings = {name.rpartition(".")[2] for name in paths - {"/files/a.png"}}
    assert endings == {"rss", "json"}
    assert files_below(place.out) == {
        names.MANIFEST,
        *names.RULES,
        *(each.file for each in place.manifest.paths.values()),
    }
    assert built.paths == len(paths) == 2 * len(place.publication.feeds()) + 1


def test_archives_can_be_omitted(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with_them = place.build(BuildOptions((Format.RSS,), codings=())).paths
    without = place.build(BuildOptions((Format.RSS,), archives=False, codings=())).paths
    assert without == len(place.publication.feeds()) + len(set(place.publication.files.urls()))
    assert with_them > without
    assert not any("archive" in name for name in files_below(place.out))


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


def test_a_site_below_a_path_has_its_files_below_it(tmp_path: Path) -> None:
    toml = 'base_url = "https://example.org/my%20blog"\n'
    place = Place(tmp_path, toml, {"one.md": article(tags=["x"])})
    place.build()
    assert place.manifest.paths["/my%20blog/feeds/all.rss"].file == "my blog/feeds/all.rss"
    assert place.manifest.paths["/my%20blog/"].file == "my blog/index.html"
    serve = Serve(place)
    for path in place.manifest.paths:
        assert serve.ask(path).body == place.file(path), path


@pytest.mark.parametrize(
    ("pattern", "path", "file"),
    [
        ("/{slug}", "/one", "one.html"),
        ("/{slug}.html", "/one.html", "one.html"),
        ("/{year}/{slug}/", "/2022/one/", "2022/one/index.html"),
        ("/static/{slug}", "/static/one", "static/one.html"),
    ],
)
def test_articles_have_the_paths_of_their_pattern(
    tmp_path: Path, pattern: str, path: str, file: str
) -> None:
    files = {"one.md": article(), "index.md": article("I"), "manifest.json.md": article("M")}
    place = Place(tmp_path, f'article_link = "{pattern}"\n', files)
    place.build(BuildOptions(codings=()))
    assert place.manifest.paths[path].file == file
    serve = Serve(place)
    assert len(place.manifest.paths) > 10
    for each in place.manifest.paths:
        assert serve.ask(each).body == place.file(each), each


def test_articles_with_links_to_another_site_have_no_page(tmp_path: Path) -> None:
    toml = 'article_link = "https://elsewhere.example/{slug}"\n'
    place = Place(tmp_path, toml, {"one.md": article()})
    place.build(BuildOptions(codings=()))
    assert not [path for path in place.manifest.paths if "one" in path]


REFUSED = {
    "site": "is the site itself; name a folder of its own",
    "site/content": "is in the content folder; name a folder elsewhere",
    "site/content/public": "is in the content folder",
    ".": "contains the site; name a folder of its own",
    "full": "is not empty and was not written by `feedsvc build`",
    "file": "is not a folder; name another",
    "file/below": "cannot be written",
    "app": "is not a manifest that this version of feedsvc wrote",
}


@pytest.mark.parametrize("name", REFUSED)
def test_unsuitable_folders_are_rejected(place: Place, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    for folder in ("full", "app"):
        (tmp_path / folder).mkdir()
    (tmp_path / "full/x").write_text("x")
    (tmp_path / "app/manifest.json").write_text('{"name": "an app"}')
    before = files_below(tmp_path)
    place.out = tmp_path / name
    with pytest.raises(FeedsvcError) as error:
        place.build()
    assert REFUSED[name] in str(error.value)
    assert "\n" not in str(error.value)
    assert files_below(tmp_path) == before


def test_only_one_build_at_a_time_writes_to_a_folder(place: Place) -> None:
    with (
        building._locked(place.out),
        pytest.raises(FeedsvcError, match="another `feedsvc build` is writing there"),
    ):
        place.build()
    place.build()


def test_a_build_has_older_pages_the_sitemap_and_icons(tmp_path: Path) -> None:
    """Conformance 55: without the scheduled article."""
    files: dict[str, str | bytes] = {
        f"a{number:02}.md": article(f"A{number:02}", f"2022-01-01 10:{number:02}", tags=["x"])
        for number in range(60)
    }
    files["later.md"] = article("Scheduled", "2999-01-01", tags=["x"])
    place = Place(tmp_path, '[moved]\n"tag/x" = "all"\n', files)
    place.build(BuildOptions(codings=()))
    page = place.file("/feeds/all/page/1/").decode()
    assert "A29" in page
    assert "A30" not in page
    assert "A59" in place.file("/feeds/all/").decode()
    assert place.manifest.redirects["/feeds/tag/x/page/1/"].status == 308
    sitemap = place.file("/sitemap.xml").decode()
    assert sitemap.count("<url>") == 61
    assert "later" not in sitemap
    assert "Scheduled" not in place.file("/articles/a59").decode()
    assert 'rel="prev"' in place.file("/articles/a59").decode()
    assert place.file("/favicon.ico").startswith(b"\0\0\1\0")


def test_a_build_redirects_to_the_configured_icon(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"one.md": article(), "icon.png": PNG}
    place = Place(tmp_path, 'icon = "/files/icon.png"\n', files)
    place.build(BuildOptions(codings=()))
    assert place.file("/files/icon.png") == PNG
    for name in ("/favicon.ico", "/apple-touch-icon.png"):
        assert place.manifest.redirects[name].to == "https://news.example.org/files/icon.png"


def test_files_are_written_even_if_a_cdn_serves_them(tmp_path: Path) -> None:
    """The publisher uploads the folder `files`; documents contain URLs of the CDN."""
    files: dict[str, str | bytes] = {"one.md": article("One", body="![](a.png)"), "a.png": PNG}
    place = Place(tmp_path, 'media_url = "https://cdn.example/x"', files)
    place.build()
    assert (place.out / "files/a.png").read_bytes() == PNG
    for path in ("/feeds/all.rss", "/feeds/all.atom", "/feeds/all.json", "/articles/one"):
        assert b"https://cdn.example/x/a.png" in place.file(path)
        assert b"/files/a.png" not in place.file(path)
