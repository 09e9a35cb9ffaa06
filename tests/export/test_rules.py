"""Hosts with the generated rules respond like `feedsvc serve`."""

import gzip
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import pytest

from feedsvc.export import hosts, names, rules
from feedsvc.export.manifest import Manifest, Redirect, Resource
from feedsvc.export.plan import BuildOptions
from feedsvc.model import Format
from tests.export.places import Place, Serve, crossed, lived_in
from tests.servers import running
from tests.serving import PATIENCE, free_port
from tests.sites import article

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/local/sbin:/usr/sbin")
CADDY = shutil.which("caddy")
NGINX_CONF = """\
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/t1;
  proxy_temp_path {folder}/t2;
  fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4;
  scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port};
    root {root};
    include {root}/nginx.conf;
  }}
}}
"""
CADDYFILE = """\
{{
  admin off
  auto_https off
  storage file_system {folder}/caddy
}}
http://127.0.0.1:{port} {{
  root * {root}
  import {root}/Caddyfile
}}
"""
# Header fields that differ between programs.
OWN = {"ETag", "Date", "Server", "Connection", "Content-Length", "Accept-Ranges", "Last-Modified"}

# Header fields of redirects and of 410.
AWAY = ("Access-Control-Allow-Origin", "Cache-Control", "X-Content-Type-Options")


class Got(NamedTuple):
    """A response of a host."""

    status: int
    headers: dict[str, str]
    body: bytes


class Host:
    """A program that serves the build."""

    def __init__(self, name: str, port: int, place: Place) -> None:
        self.name = name
        self.place = place
        self._port = port

    def ask(self, path: str, **fields: str) -> Got:
        """Request a percent-encoded path."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        try:
            named = {name.replace("_", "-"): value for name, value in fields.items()}
            connection.request("GET", path, headers={"Accept-Encoding": "identity", **named})
            answer = connection.getresponse()
            return Got(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()


@contextmanager
def hosting(name: str, place: Place, folder: Path) -> Iterator[Host]:
    """Serve a build with nginx or Caddy."""
    program = {"nginx": NGINX, "caddy": CADDY}[name]
    if not program:
        pytest.skip(f"there is no {name} here")
    for above in (place.out, *place.out.parents[:-2]):  # nginx workers may run as another user
        above.chmod(0o755)
    port = free_port()
    conf = folder / f"{name}.conf"
    text = NGINX_CONF if name == "nginx" else CADDYFILE
    conf.write_text(text.format(folder=folder, port=port, root=place.out), encoding="utf-8")
    checks: dict[str, list[str | Path]] = {
        "nginx": [program, "-e", "stderr", "-t", "-c", conf],
        "caddy": [program, "validate", "--adapter", "caddyfile", "--config", conf],
    }
    commands: dict[str, list[str | Path]] = {
        "nginx": [program, "-e", "stderr", "-c", conf],
        "caddy": [program, "run", "--adapter", "caddyfile", "--config", conf],
    }
    checked = subprocess.run(checks[name], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    with running(commands[name], port):
        yield Host(name, port, place)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A built site with bad names."""
    place = lived_in(tmp_path_factory.mktemp("rules"))
    place.build()
    return place


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def host(
    request: pytest.FixtureRequest, hostile: Place, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Host]:
    """The site, served by each program."""
    with hosting(request.param, hostile, tmp_path_factory.mktemp(request.param)) as host:
        yield host


def is_expressible(host: Host, path: str) -> bool:
    """Whether the rules of a host can contain a path: in those of Caddy, braces are variables."""
    return not (host.name == "caddy" and ("%7B" in path or "{" in path))


def test_every_path_has_the_type_headers_and_bytes_of_the_manifest(host: Host) -> None:
    """Conformance 46, 47."""
    for path, resource in host.place.manifest.paths.items():
        if not is_expressible(host, path):
            continue
        got = host.ask(path)
        assert (got.status, got.body) == (200, host.place.file(path)), path
        assert got.headers["Content-Type"] == resource.type, path
        assert got.headers["Cache-Control"] == resource.cache_control, path
        if resource.last_modified:
            assert got.headers["Last-Modified"] == resource.last_modified, path
        for name, value in resource.headers.items():
            assert got.headers[name] == value, (path, name)


def test_every_text_is_sent_compressed(host: Host) -> None:
    """Conformance 35."""
    for path, resource in host.place.manifest.paths.items():
        if not is_expressible(host, path):
            continue
        got = host.ask(path, Accept_Encoding="gzip")
        coded = "gzip" in resource.sizes
        assert got.headers.get("Content-Encoding") == ("gzip" if coded else None), path
        assert got.body == host.place.file(path, "gzip" if coded else "identity"), path
        if coded:
            assert got.headers["Content-Type"] == resource.type, path
            assert got.headers["Vary"] == "Accept-Encoding", path
            assert gzip.decompress(got.body) == host.place.file(path), path


def test_conditional_polls_get_304(host: Host) -> None:
    """Conformance 29, 35: a tag for each coding."""
    tags = set()
    for coding in ("identity", "gzip"):
        got = host.ask("/feeds/all.rss", Accept_Encoding=coding)
        tags.add(got.headers["ETag" if "ETag" in got.headers else "Etag"])
        again = host.ask(
            "/feeds/all.rss",
            Accept_Encoding=coding,
            If_None_Match=got.headers.get("ETag") or got.headers["Etag"],
        )
        assert (again.status, again.body) == (304, b"")
    assert len(tags) == 2


def test_redirects_equal_those_of_serve(host: Host) -> None:
    """Conformance 43."""
    serve = Serve(host.place)
    assert {each.status for each in host.place.manifest.redirects.values()} == {301, 308}
    for path in host.place.manifest.redirects:
        if is_expressible(host, path):
            got, served = host.ask(path), serve.ask(path)
            assert got.status == served.status, path
            for name in ("Location", *AWAY):
                assert got.headers.get(name) == served.headers.get(name), (path, name)


def test_withdrawn_articles_are_410(host: Host) -> None:
    """Conformance 43."""
    serve = Serve(host.place)
    assert "/feeds/tag/lost" in host.place.manifest.gone
    for path in host.place.manifest.gone:
        got, served = host.ask(path), serve.ask(path)
        assert (got.status, got.body) == (410, served.body), path
        for name in ("Content-Type", *AWAY):
            assert got.headers.get(name) == served.headers[name], (path, name)


@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_an_alias_overrides_an_article_with_the_path_in_another_encoding(
    tmp_path: Path, name: str
) -> None:
    place = crossed(tmp_path)
    place.build()
    with hosting(name, place, tmp_path) as host:
        for path in ("/p,q/one", "/p%2Cq/one"):
            got = host.ask(path)
            assert (got.status, got.headers["Location"]) == (
                301,
                "https://news.example.org/feeds/all.rss",
            )
        assert host.ask("/p,q/two").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/feeds/tag/nowhere.rss",
        "/manifest.json",
        "/nginx.conf",
        "/_headers",
        "/feeds/all.rss.gz",
        "/feeds/all/index.html",
        "/articles/one.html",
        "/articles/",
        "/404.html",
        "/files/../nginx.conf",
        "/files/secret.png",
    ],
)
def test_other_paths_are_404(host: Host, path: str) -> None:
    got = host.ask(path)
    assert got.status == 404, got.headers
    assert got.body == (host.place.out / "404.html").read_bytes()
    assert got.headers["Content-Type"] == "text/html; charset=utf-8"


PATTERNS = ["/{slug}.html", "/{year}/{slug}/", "/{slug}"]


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_articles_are_served_at_any_path(tmp_path: Path, name: str, pattern: str) -> None:
    toml = f'article_link = "{pattern}"\nbase_url = "https://example.org/blog"\n'
    files = {"one.md": article(tags=["x"]), "index.md": article("I"), "404.md": article("No")}
    place = Place(tmp_path, toml, files)
    place.build()
    with hosting(name, place, tmp_path) as host:
        for path, resource in place.manifest.paths.items():
            got = host.ask(path)
            assert (got.status, got.body) == (200, place.file(path)), path
            assert got.headers["Content-Type"] == resource.type, path
        for path, redirect in place.manifest.redirects.items():
            assert host.ask(path).headers["Location"] == redirect.to
        assert host.ask("/feeds/all.rss").status == 404


@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_rules_for_feeds_only_are_valid(tmp_path: Path, name: str) -> None:
    place = Place(tmp_path, "", {"one.md": article(tags=["x"])})
    place.build(BuildOptions((Format.ATOM,), codings=()))
    with hosting(name, place, tmp_path) as host:
        got = host.ask("/feeds/tag/x.atom")
        assert got.body == place.file("/feeds/tag/x.atom")
        assert "Vary" in got.headers
        assert host.ask("/manifest.json").status == 404


def resource(file: str, **changes: object) -> Resource:
    usual: dict[str, object] = {
        "file": file,
        "type": "text/html; charset=utf-8",
        "last_modified": None,
        "cache_control": "public, max-age=60",
        "headers": {"X-A": "b"},
        "etags": {},
        "digest": "d",
        "modified": 1,
        "sizes": {"identity": 3},
    }
    return Resource(**{**usual, **changes})  # type: ignore[arg-type]


def test_exceptions_are_listed_individually() -> None:
    paths = {f"/articles/{name}": resource(f"articles/{name}.html") for name in "abc"}
    paths["/articles/d"] = resource("articles/d.html", headers={"X-A": "other"})
    paths["/articles/e"] = resource("_paths/1234.html")
    (group,) = rules.groups(Manifest(base_url="https://e.example", paths=paths))
    assert group.single.keys() == {"/articles/d", "/articles/e"}
    assert group.headers == (("X-A", "b"), ("Cache-Control", "public, max-age=60"))
    assert group.style is rules.Style.PAGE


def test_names_are_escaped_in_rules() -> None:
    evil = "/articles/%22%3B%20return%20200%20%22%0A%7D%24uri%5C"
    made = Manifest(
        base_url="https://e.example",
        paths={evil: resource("_paths/1.html"), "/articles/a": resource("articles/a.html")},
        redirects={f"{evil}r": Redirect(308, "/x$y")},
        gone=(f"{evil}g",),
    )
    texts = hosts.texts(made)
    text = texts[names.NGINX]
    assert 'location = "/articles/\\"; return 200 \\"\n}$uri\\\\" {' in text
    assert 'return 308 "/x%24y";' in text
    text = texts[names.CADDY]
    assert "return 200" not in text.replace("\\ ", " ") or "{" not in evil
    assert evil not in texts[names.HEADERS]


def test_headers_of_hosts_do_not_overlap(hostile: Place) -> None:
    """If two blocks match a path, such hosts send both values."""
    import re

    made = hostile.manifest
    text = (hostile.out / "_headers").read_text(encoding="utf-8")
    splats = [line for line in text.splitlines() if line.startswith("/")]
    with_headers = {path for path, each in made.redirects.items() if each.headers}
    assert "/rss.xml" in splats
    for path in {*made.paths, *with_headers}:
        matching = [
            splat
            for splat in splats
            if re.fullmatch(".*".join(map(re.escape, splat.split("*"))), path)
        ]
        assert len(matching) == 1, (path, matching)
    assert "Content-Type: application/feed+json" in text


def test_redirects_of_hosts_are_one_per_line(hostile: Place) -> None:
    lines = (hostile.out / "_redirects").read_text(encoding="utf-8").splitlines()
    assert f"/feeds/tag {hostile.manifest.base_url}/feeds/tag/ 308" in lines
    assert "/articles/gone /410.html 410" in lines
    assert all(len(line.split()) == 3 for line in lines[1:])
