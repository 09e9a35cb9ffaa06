"""A build changes no files in the folder except its own."""

import json
from pathlib import Path

import pytest

from feedsvc.errors import FeedsvcError
from feedsvc.export import build as building
from feedsvc.export import names
from feedsvc.export.plan import BuildOptions
from feedsvc.model import Format
from tests.export.places import (
    PNG,
    Place,
    Serve,
    files_below,
)
from tests.sites import article


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
