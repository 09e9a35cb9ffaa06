"""A site with difficult names, and the folder of its build."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote_to_bytes

from werkzeug.test import run_wsgi_app

from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import sync
from feedsvc.export import manifest, names
from feedsvc.export.build import BuildReport, build
from feedsvc.export.manifest import Manifest
from feedsvc.export.plan import BuildOptions
from feedsvc.model import MAX_TERM
from feedsvc.publication import Publication
from feedsvc.serve.edge import Edge
from feedsvc.serve.metrics import Metrics
from feedsvc.serve.watch import Watch
from feedsvc.web.app import create_app
from tests.sites import article, make_site
from tests.web.front import Reply

LONG = ("a-very-long-term-" * 20)[:MAX_TERM]
TAGS = ["C++", "x", "x.rss", "100%", "élection", "日本語", ".htaccess", "$uri", "{path}"]
TAGS.append(LONG)
QUICK = BuildOptions(codings=("gzip",))
TOML = """\
retired = ["tag/lost", "author/nobody,at-all"]

[feeds]
limit = 2

[feeds.picked]
any = { tags = ["x"], authors = ["Ada"] }

[feeds."tag/c++"]
max_age = 60

[push]
hub = "https://hub.example.net/?a=1&b=%7B"

[moved]
"tag/old,er" = "tag/x"
"picks" = "picked"

[aliases]
"/rss.xml" = "all.rss"
"/feed/" = "all.atom"
"/p,q/feed" = "picked.json"
"/articles/f,our" = "tag/c++.rss"
"""
PNG = b"\x89PNG not really"
FILES: Mapping[str, str | bytes] = {
    "one.md": article("One", "2022-02-17", tags=TAGS, authors=["Ada"], categories=["News"]),
    "two.md": article("Two", "2022-02-18", "![](a.png) ![](A.png)", tags=["x", "x.rss"]),
    "three.md": article(
        "Three", "2022-02-19", "[d](data.csv) [z](data.csv.gz)", tags=["x", "x.rss"]
    ),
    "four.md": article("Four", "2022-02-20", "![](.htaccess.png)", tags=["x"]),
    "five.md": article("Five", "2022-02-21", slug="index.html"),
    "f,our.md": article("Also", "2022-02-22", "At the path of an alias.", tags=["old,er", "lost"]),
    "old,er.md": article("Renamed", "2022-02-23", "Renamed later.", tags=["old,er", "lost"]),
    "six.md": article("Six", "2022-02-24", tags=["old,er", "lost"]),
    "seven.md": article("Seven", "2022-02-25", tags=["old,er", "lost"]),
    "later.md": article("Scheduled", "2999-01-01", "![](secret.png)", tags=["secret"]),
    "a.png": PNG + b"a",
    "A.png": PNG + b"A",
    ".htaccess.png": PNG,
    "secret.png": PNG,
    "data.csv": b"1,2\n",
    "data.csv.gz": b"not the same\n",
}


@lru_cache(maxsize=1)
def _manifest(out: Path, _body: bytes) -> Manifest:
    """Load the manifest of a build, once for the same bytes."""
    found = manifest.load(out)
    assert found
    return found


class Place:
    """A site and its build."""

    def __init__(self, folder: Path, toml: str = TOML, files: Mapping[str, str | bytes] = FILES):
        self.folder = folder / "site"
        self.out = folder / "out"
        self.settings = make_site(self.folder, files, toml)
        self.catalog = Catalog(self.settings.database)
        self.catalog.create()
        self.sync()
        self.publication = Publication(self.settings, self.catalog)

    def sync(self, now: datetime | None = None) -> None:
        """Sync the files with the catalog."""
        sync(self.catalog, self.settings, now or datetime.now(UTC))

    def save(self, name: str, text: str) -> None:
        """Write an article and sync."""
        (self.folder / "content" / name).write_text(text, encoding="utf-8")
        self.sync()

    def withdraw(self, name: str) -> None:
        """Remove an article and sync."""
        (self.folder / "content" / name).unlink()
        self.sync()

    def rename(self, name: str, to: str) -> None:
        """Rename an article and sync."""
        content = self.folder / "content"
        (content / name).rename(content / to)
        self.sync()

    def build(self, wanted: BuildOptions = QUICK) -> BuildReport:
        """Build the site."""
        return build(self.settings, self.publication, self.out, wanted)

    @property
    def manifest(self) -> Manifest:
        """The manifest of the last build."""
        return _manifest(self.out, (self.out / names.MANIFEST).read_bytes())

    def file(self, path: str, coding: str = "identity") -> bytes:
        """Return the bytes of a path's file."""
        resource = self.manifest.paths[path]
        return (self.out / names.coded(resource.file, coding)).read_bytes()

    def stamps(self) -> dict[str, tuple[int, int]]:
        """Return the time and the inode of each file of the build."""
        return {
            path.relative_to(self.out).as_posix(): (path.stat().st_mtime_ns, path.stat().st_ino)
            for path in self.out.rglob("*")
            if path.is_file()
        }


def lived_in(folder: Path) -> Place:
    """Return a site with withdrawn and renamed articles, not built yet."""
    place = Place(folder)
    place.save("gone.md", article("Gone", "2022-01-01"))
    place.save("lost,too.md", article("Lost", "2022-01-02"))
    place.withdraw("gone.md")
    place.withdraw("lost,too.md")
    place.rename("old,er.md", "newer.md")
    return place


def crossed(folder: Path) -> Place:
    """Return a site with an alias at the path of an article in another encoding."""
    toml = 'article_link = "/p,q/{slug}"\n[aliases]\n"/p,q/one" = "all.rss"\n'
    return Place(folder, toml, {"one.md": article(), "two.md": article("Two")})


class Serve:
    """A worker of `feedsvc serve`, without the socket and the watching thread."""

    def __init__(self, place: Place) -> None:
        publication = Publication(place.settings, place.catalog)
        watch = Watch(publication)
        self._edge = Edge(create_app(publication).wsgi_app, watch, Metrics())

    def ask(self, path: str, coding: str = "identity") -> Reply:
        """Request a percent-encoded path, accepting only one coding."""
        accepted = coding if coding == "identity" else f"{coding}, identity;q=0"
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "SCRIPT_NAME": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "HTTP_ACCEPT_ENCODING": accepted,
            "QUERY_STRING": "",
        }
        body, status, headers = run_wsgi_app(self._edge, environ, buffered=True)
        return Reply(int(status[:3]), dict(headers), b"".join(body))


def files_below(folder: Path) -> set[str]:
    """Return the names of all files below a folder, without following links."""
    return {
        Path(above, name).relative_to(folder).as_posix()
        for above, _, found in os.walk(folder)
        for name in found
    }
