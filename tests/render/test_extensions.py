"""Namespaces of other packages are found through entry points and rendered in every format."""

import json
import sys
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import etree

from feedsvc import __version__
from feedsvc.cli import main
from feedsvc.export import manifest
from tests.render.samples import ATOM
from tests.sites import article, make_site

SPAWN = get_context("spawn")
TOY = "{https://toy.example/ns}"
MODULE = '''
"""A namespace of another package: attributes, repeated and nested elements."""

from lxml import etree

from feedsvc.render.extensions import EntryExtension, FeedExtension, Namespace

URI = "https://toy.example/ns"


class Shelf(FeedExtension):
    def extend_rss(self, root):
        self._add(root[0])

    def extend_atom(self, root):
        self._add(root)

    def _add(self, parent):
        shelf = etree.SubElement(parent, f"{{{URI}}}shelf", language=self.feed.language)
        etree.SubElement(shelf, f"{{{URI}}}owner").text = self.feed.title

    def json(self):
        return {"language": self.feed.language, "owner": {"name": self.feed.title}}


class Labels(EntryExtension):
    def extend_rss(self, element):
        for each in self.entry.categories:
            etree.SubElement(element, f"{{{URI}}}label", term=each.term).text = each.label

    extend_atom = extend_rss

    def json(self):
        return {"labels": [each.label for each in self.entry.categories]}


NAMESPACE = Namespace("toy", URI, Shelf, Labels)
CLASHING = Namespace("media", URI, Shelf)
'''


def install(folder: Path, name: str) -> Path:
    """Install the toy as a distribution whose entry point names an object of its module."""
    info = folder / "toy_feeds-1.2.dist-info"
    info.mkdir(parents=True)
    (folder / "toy_feeds.py").write_text(MODULE, encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-feeds\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[feedsvc.namespaces]\ntoy = {name}\n")
    return folder


def build_with(packages: list[str], site: Path, pipe: Connection) -> None:
    sys.path[:0] = packages
    done = CliRunner().invoke(main, ["build", "--site", str(site), str(site.parent / "out")])
    pipe.send((done.exit_code, done.stderr))


def build(site: Path, *packages: Path) -> tuple[int, str]:
    """Build a site into `out` beside it, with these folders of installed packages.

    Return the exit code and standard error of a process that has scanned no packages before.
    """
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=build_with, args=(list(map(str, packages)), site, theirs))
    with ours:
        with theirs:
            process.start()
        result: tuple[int, str] = ours.recv()
    process.join()
    return result


@pytest.fixture
def site(tmp_path: Path) -> Path:
    make_site(tmp_path / "site", {"a.md": article("A & B", tags=["C++", "日本 <b>"])})
    return tmp_path / "site"


def test_a_namespace_of_another_package_is_in_every_format(site: Path, tmp_path: Path) -> None:
    """Conformance 1: well-formed, and declared only at the root."""
    assert build(site, install(tmp_path / "lib", "toy_feeds:NAMESPACE")) == (0, "")
    out = tmp_path / "out" / "feeds"
    channel = etree.fromstring((out / "all.rss").read_bytes())[0]
    feed = etree.fromstring((out / "all.atom").read_bytes())
    for head, entry in ((channel, "item"), (feed, f"{ATOM}entry")):
        (shelf,) = head.findall(f"{TOY}shelf")
        assert shelf.get("language") == "en"
        assert shelf.findtext(f"{TOY}owner") == "Site"
        (item,) = head.findall(entry)
        labels = [(each.get("term"), each.text) for each in item.findall(f"{TOY}label")]
        assert labels == [("c++", "C++"), ("日本-<b>", "日本 <b>")]
    for name in ("all.rss", "all.atom"):
        document = (out / name).read_bytes()
        root = document.index(b">", document.index(b"?>") + 2)
        assert document.count(b'xmlns:toy="https://toy.example/ns"', 0, root) == 1
        assert b"xmlns" not in document[root:]
    made = json.loads((out / "all.json").read_bytes())
    assert made["_toy"] == {"language": "en", "owner": {"name": "Site"}}
    assert [item["_toy"] for item in made["items"]] == [{"labels": ["C++", "日本 <b>"]}]


def test_etags_change_with_the_installed_namespaces(site: Path, tmp_path: Path) -> None:
    """Conformance 37: different bytes never have the same ETag."""
    library = install(tmp_path / "lib", "toy_feeds:NAMESPACE")
    tags, bodies = [], []
    for packages in ([], [library], []):
        assert build(site, *packages) == (0, "")
        found = manifest.load(tmp_path / "out")
        assert found
        tags.append(found.paths["/feeds/all.atom"].etags["identity"])
        bodies.append((tmp_path / "out" / "feeds" / "all.atom").read_bytes())
    assert len(set(tags)) == 3
    assert b"toy:shelf" in bodies[1]
    assert b"toy" not in bodies[0] + bodies[2]


@pytest.mark.parametrize(
    ("name", "message_part"),
    [
        ("absent:NAMESPACE", "cannot be loaded: ModuleNotFoundError: No module named 'absent'"),
        ("toy_feeds:Shelf", "is not a Namespace"),
        ("toy_feeds:CLASHING", f"(feedsvc.namespaces, feedsvc {__version__}) share the prefix"),
    ],
)
def test_an_unusable_namespace_is_reported_in_one_sentence(
    site: Path, tmp_path: Path, name: str, message_part: str
) -> None:
    code, error = build(site, install(tmp_path / "lib", name))
    assert code == 1
    (line,) = error.splitlines()
    assert line.startswith("Error: toy (feedsvc.namespaces, toy-feeds 1.2) ")
    assert message_part in line
