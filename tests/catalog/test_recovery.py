"""A damaged catalog is detected, set aside and rebuilt without losing ids."""

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedsvc.catalog import recovery
from feedsvc.catalog.store import Catalog
from feedsvc.errors import DamagedError
from feedsvc.model import Format
from feedsvc.web.app import create_app
from tests.desk import Desk, ref
from tests.sites import article
from tests.soak import examples

PAGE = 4096  # bytes of SQLite's pages


def desk_at(folder: Path, articles: int = 30) -> Desk:
    """Return a site in which the ids of half of the articles do not follow from their slugs."""
    database = f"sqlite:///{folder}/catalog.db"
    catalog = Catalog(database)
    catalog.create()
    desk = Desk(folder / "site", catalog, database).go_public()
    for number in range(articles):
        text = article(
            f"T{number}", f"2022-02-17 {number % 24:02}:00", tags=["x"], body="Word. " * 200
        )
        desk.write(f"{number}.md", text)
    desk.sync()
    for number in range(0, articles, 2):
        desk.rename(f"{number}.md", f"moved-{number}.md")
    desk.sync()
    desk.write("only.md", article("Only", tags=["seldom"]))
    desk.sync()
    desk.remove("only.md")
    desk.sync()
    desk.catalog.close()  # nothing is left in the write-ahead log
    return desk


def ids(desk: Desk) -> dict[str, str]:
    return {row.path: row.id for row in desk.every_article() if not row.removed}


def damage(folder: Path, start: int, bytes_: bytes) -> None:
    with (folder / "catalog.db").open("r+b") as file:
        file.seek(start)
        file.write(bytes_)


def damage_articles(desk: Desk, folder: Path) -> None:
    """Damage a page of the table of articles."""
    desk.catalog.close()  # it has pages in memory
    text = (folder / "catalog.db").read_bytes().index(b'"html":')
    damage(folder, text // PAGE * PAGE, random.Random(7).randbytes(PAGE))


def test_an_undamaged_catalog_is_not_changed(tmp_path: Path) -> None:
    desk = desk_at(tmp_path)
    assert recovery.make_ready(desk.catalog) is None
    assert not list(tmp_path.glob("*damaged*"))


def test_a_file_that_is_not_a_database_is_set_aside(tmp_path: Path) -> None:
    """Conformance 15: ids that can be minted again are; the others are lost."""
    desk = desk_at(tmp_path)
    size = (tmp_path / "catalog.db").stat().st_size
    damage(tmp_path, 0, b"\xa5" * size)
    with pytest.raises(DamagedError):
        desk.catalog.create()
    message = recovery.make_ready(desk.catalog)
    assert message is not None
    assert f"set aside as {tmp_path}/catalog.db.damaged-1" in message
    assert (tmp_path / "catalog.db.damaged-1").stat().st_size == size
    assert desk.sync().published.new == 30
    assert {path: entry_id for path, entry_id in ids(desk).items() if "moved" not in path} == {
        f"{number}.md": f"tag:news.example.org,2022:2022-02-17:{number}"
        for number in range(1, 30, 2)
    }


def test_ids_old_urls_and_feeds_survive_a_damaged_page(tmp_path: Path) -> None:
    """Conformance 15, 34, 43: although they are in no file."""
    desk = desk_at(tmp_path)
    known, before = ids(desk), desk.publication.newest()
    damage_articles(desk, tmp_path)
    with pytest.raises(DamagedError):
        desk.catalog.verify()
    message = recovery.make_ready(desk.catalog)
    assert message is not None
    assert "ids taken over from it" in message
    kept = {row.id for row in desk.every_article()}
    assert len(kept) >= 15
    desk.now = before[1]  # the clock was also set back
    desk.sync(after=-3600)
    for path, entry_id in ids(desk).items():
        number = path.removesuffix(".md").removeprefix("moved-")
        assert entry_id == known[path] or known[path] not in kept, number
    assert desk.publication.newest()[1] > before[1]
    client = create_app(desk.publication).test_client()
    assert client.get("/feeds/tag/seldom.rss").status_code == 200
    moved = [path for path in known if "moved" in path and known[path] in kept]
    assert moved
    for path in moved:
        slug = path.removesuffix(".md").removeprefix("moved-")
        response = client.get(f"/articles/{slug}")
        assert (response.status_code, response.headers["Location"]) == (
            308,
            f"https://news.example.org/articles/moved-{slug}",
        )


@settings(max_examples=examples(8), suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_the_catalog_recovers_from_any_damage(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    desk = desk_at(folder, 6)
    known = ids(desk)
    size = (folder / "catalog.db").stat().st_size
    start = data.draw(st.integers(0, size - 1))
    length = data.draw(st.integers(1, min(3 * PAGE, size - start)))
    damage(folder, start, random.Random(data.draw(st.integers(0, 99))).randbytes(length))
    if data.draw(st.booleans()):
        with (folder / "catalog.db").open("r+b") as file:
            file.truncate(data.draw(st.integers(0, size)))
    recovery.make_ready(desk.catalog)
    desk.sync()
    desk.catalog.verify()
    found = ids(desk)
    assert found.keys() == known.keys()
    unmoved = {path for path in known if "moved" not in path}
    assert {path: found[path] for path in unmoved} == {path: known[path] for path in unmoved}
    for format in Format:
        assert desk.publication.document(ref("all"), format)
    desk.catalog.close()


def test_an_open_catalog_that_was_set_aside_is_reopened(tmp_path: Path) -> None:
    desk = desk_at(tmp_path)
    serving = desk.publication
    other = Catalog(f"sqlite:///{tmp_path}/catalog.db")
    assert len(serving.entries(ref("all"))) == 30
    other.set_aside()
    recovery.make_ready(other)
    assert serving.entries(ref("all")) == []
    assert serving.newest()[0] == 0
    other.close()


@pytest.mark.parametrize("when", ["set aside", "made", "filled"])
def test_a_killed_recovery_is_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Conformance 15: no id is lost, whatever the instant."""

    class Killed(BaseException):
        pass

    def die(*_: object) -> int:
        raise Killed

    desk = desk_at(tmp_path)
    known = ids(desk)
    damage_articles(desk, tmp_path)
    take_over = recovery._take_over
    with monkeypatch.context() as patch:
        if when == "set aside":
            steps: Iterator[Callable[[], object]] = iter([desk.catalog.verify, die])
            patch.setattr(recovery, "create", lambda _: next(steps)())
        elif when == "made":
            patch.setattr(recovery, "_take_over", die)
        else:
            patch.setattr(recovery, "_take_over", lambda *given: (take_over(*given), die())[1])
        with pytest.raises(Killed):
            recovery.make_ready(desk.catalog)
    desk.catalog.close()
    message = recovery.make_ready(desk.catalog)
    assert message is not None
    assert "ids were taken over" in message
    desk.sync()
    found = ids(desk)
    moved = [path for path in known if "moved" in path]
    assert sum(found[path] == known[path] for path in moved) >= len(moved) - 3


def test_damage_to_any_page_loses_few_ids(tmp_path: Path) -> None:
    """Conformance 15: whichever page is damaged."""
    folders = [tmp_path / str(number) for number in range(40)]
    lost = []
    for number, folder in enumerate(folders, 1):
        folder.mkdir()
        desk = desk_at(folder, 12) if number == 1 else _copy(folders[0], folder)
        if number == 1:
            desk.catalog.close()
            (folder / "whole.db").write_bytes((folder / "catalog.db").read_bytes())
        size = (folder / "catalog.db").stat().st_size
        page = number * PAGE
        if page >= size:
            break
        known = ids(desk)
        desk.catalog.close()
        damage(folder, page, b"\xff" * PAGE)
        recovery.make_ready(desk.catalog)
        desk.sync()
        found = ids(desk)
        lost.append(sum(found[path] != entry_id for path, entry_id in known.items()))
        desk.catalog.close()
    assert len(lost) > 20
    assert sorted(lost)[-5] <= 3, lost  # except four inner pages, two of them of the schema


def _copy(source: Path, folder: Path) -> Desk:
    shutil.copytree(source / "site", folder / "site")
    shutil.copyfile(source / "whole.db", folder / "catalog.db")
    database = f"sqlite:///{folder}/catalog.db"
    return Desk(folder / "site", Catalog(database), database)


def test_copies_keep_their_ids(tmp_path: Path) -> None:
    """Conformance 15: even with equal texts."""
    desk = desk_at(tmp_path, 2)
    text = article("Same")
    desk.write("a.md", text)
    desk.write("copy.md", text)
    desk.sync()
    known = ids(desk)
    desk.catalog.close()
    damage(tmp_path, 0, b"x" * 20)
    recovery.make_ready(desk.catalog)
    report = desk.sync()
    assert report.problems == ()
    assert {path: ids(desk)[path] for path in ("a.md", "copy.md")} == {
        path: known[path] for path in ("a.md", "copy.md")
    }


def test_damage_found_only_during_a_sync_is_repaired(tmp_path: Path) -> None:
    desk = desk_at(tmp_path, 4)
    known = ids(desk)
    with desk.catalog.writing() as connection:
        connection.exec_driver_sql("UPDATE file SET path = CAST(x'ff' AS TEXT) WHERE path = '1.md'")
    with pytest.raises(DamagedError) as met:
        desk.sync()
    assert recovery.make_ready(desk.catalog) is None
    message = recovery.make_ready(desk.catalog, met.value)
    assert message is not None
    assert "set aside" in message
    desk.sync()
    assert ids(desk) == known


def test_implausible_times_on_a_damaged_page_are_ignored(tmp_path: Path) -> None:
    """Conformance 34."""
    desk = desk_at(tmp_path, 2)
    with desk.catalog.writing() as connection:
        connection.exec_driver_sql("UPDATE revision SET instant = instant | (1 << 60)")
        connection.exec_driver_sql("UPDATE article SET utc_offset = 1 << 40 WHERE path = '1.md'")
    desk.catalog.close()
    aside = desk.catalog.set_aside()
    assert desk.catalog.damaged == aside
    recovery.make_ready(desk.catalog)
    assert desk.sync().published.revision == 1
    assert desk.revisions()[-1][1] == desk.now


def test_an_old_url_redirects_to_the_last_article_that_had_it(tmp_path: Path) -> None:
    desk = desk_at(tmp_path, 2)
    for name in ("x.md", "y.md"):
        desk.write("at.md", article(name, f"2023-01-0{1 + (name == 'y.md')}"))
        desk.sync()
        desk.rename("at.md", name)
        desk.sync()
    desk.catalog.close()
    desk.catalog.set_aside()
    recovery.make_ready(desk.catalog)
    desk.sync()
    client = create_app(desk.publication).test_client()
    assert client.get("/articles/at").headers["Location"].endswith("/articles/y")


def test_each_damaged_file_is_kept(tmp_path: Path) -> None:
    desk = desk_at(tmp_path, 2)
    for number in (1, 2):
        desk.catalog.close()
        damage(tmp_path, 0, b"no database" * 100)
        recovery.make_ready(desk.catalog)
        desk.sync()
        assert (tmp_path / f"catalog.db.damaged-{number}").exists()
    assert len(ids(desk)) == 2
