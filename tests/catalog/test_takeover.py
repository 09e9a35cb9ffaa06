"""Another machine, with a copy of the articles, takes over writing (scale 6, 8)."""

import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import SyncReport, sync
from feedsvc.sources.article import ArticleReader
from tests.desk import START, Desk
from tests.sites import article, make_site

pytestmark = [pytest.mark.usefixtures("settled"), pytest.mark.databases("sqlite")]

PAGE = "---\ntitle: {}\ndate: 2024-01-01\n---\nText.\n"


class Machine:
    """A machine with a copy of a site, whose files have other times."""

    def __init__(self, folder: Path, original: Path, catalog: Catalog, database: str) -> None:
        shutil.copytree(original, folder)
        for number, path in enumerate(sorted(folder.rglob("*"))):
            os.utime(path, (1_000_000 + number, 1_000_000 + number))
        self.content = folder / "content"
        self._settings = make_site(folder, {}, f'database = "{database}"')
        self._catalog = catalog
        self._now = START + timedelta(hours=1)

    def sync(self) -> SyncReport:
        self._now += timedelta(seconds=10)
        return sync(self._catalog, self._settings, self._now)


def test_a_takeover_reads_and_changes_nothing(
    desk: Desk, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither inherited front matter nor a problem causes a file to be read."""
    (desk.folder / "hugo.toml").write_text('title = "Hugo"\n', encoding="utf-8")
    desk.write("posts/_index.md", "---\ntitle: Posts\ncascade:\n  tags: [x]\n---\n")
    for name in ("a", "b", "c"):
        desk.write(f"posts/{name}.md", PAGE.format(name))
    desk.write(
        "draft.md", "---\ntitle: D\ndate: 2024-01-01\ndraft: true\nlastmod: 2023-01-01\n---\n"
    )
    desk.configure("")
    first = desk.sync()
    assert (first.read, first.published.new) == (4, 3)
    before = desk.feeds()
    other = Machine(tmp_path / "other", desk.folder, desk.catalog, database)

    report = other.sync()
    assert (report.files, report.read) == (4, 0)
    assert report.published.revision is None
    assert report.problems == first.problems != ()
    assert desk.feeds() == before

    with monkeypatch.context() as patch:  # now its own times are known
        patch.setattr(ArticleReader, "text_hash", None)
        assert other.sync().read == 0

    (other.content / "posts" / "b.md").write_text(PAGE.format("B"), encoding="utf-8")
    assert (other.sync().read, other.sync().read) == (1, 0)
    shutil.copy2(other.content / "posts" / "b.md", desk.content / "posts" / "b.md")
    back = desk.sync()
    assert (back.read, back.published.revision) == (0, None)


def test_a_copy_with_other_inherited_front_matter_is_read(
    desk: Desk, database: str, tmp_path: Path
) -> None:
    (desk.folder / "hugo.toml").write_text('title = "Hugo"\n', encoding="utf-8")
    desk.write("posts/_index.md", "---\ntitle: Posts\ncascade:\n  tags: [x]\n---\n")
    desk.write("posts/a.md", PAGE.format("A"))
    desk.write("b.md", PAGE.format("B"))
    desk.configure("")
    desk.sync()
    other = Machine(tmp_path / "other", desk.folder, desk.catalog, database)
    index = other.content / "posts" / "_index.md"
    index.write_text(index.read_text().replace("[x]", "[y]"), encoding="utf-8")
    report = other.sync()
    assert (report.read, report.published.edited) == (1, 1)


def test_a_touched_file_is_not_read_again(desk: Desk) -> None:
    desk.write("a.md", article("A"))
    desk.write("twice.md", article("A", slug="a"))  # refused, and read again at every sync
    assert desk.sync().read == 2
    os.utime(desk.content / "a.md", (1_000_000, 1_000_000))
    assert desk.sync().read == 1
