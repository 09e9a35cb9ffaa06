"""Varnish and nginx in front of a server, configured as documented (scale 1-5)."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.caches import MODULE, VARNISH, blocks, configuration
from tests.servers import running
from tests.serving import PATIENCE, Answer, Server, free_port, serving
from tests.sites import article, make_site
from tests.soak import SOAK

NGINX = shutil.which("nginx") or ""
FEEDS = [f"/feeds/{key}.{format}" for key in ("all", "tag/x") for format in ("rss", "atom", "json")]
PATHS = [*FEEDS, "/", "/feeds/all/", "/feeds.opml", "/sitemap.xml", "/feed/"]
NGINX_CONF = """
daemon off;
user {user};
pid {folder}/nginx.pid;
error_log stderr;
events {{ }}
http {{
    access_log off;
    {before}
    server {{
        listen 127.0.0.1:{public};
        server_name news.example.org;
        {location}
    }}
}}
"""


class Fronted(NamedTuple):
    """A site, its server, and the cache in front of it."""

    site: Path
    server: Server
    cache: Server

    def save(self, name: str, **keys: Any) -> None:
        (self.site / "content" / f"{name}.md").write_text(article(name, **keys))

    def check_all(self, *more: str) -> None:
        """Wait until the cache sends what the server sends, at every path."""
        for path in (*PATHS, *more):
            wait_for(lambda path=path: _response(self.cache, path) == _response(self.server, path))  # type: ignore[misc]

    def purge(self, *keys: str) -> None:
        answer = self.cache.get("/", "PURGE", xkey_purge=" ".join(keys))
        assert answer.status == 200


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def _response(server: Server, path: str) -> tuple[int, bytes]:
    answer = server.get(path)
    return answer.status, answer.body


def is_hit(answer: Answer) -> bool:
    return len(answer.headers["x-varnish"].split()) == 2


@contextmanager
def varnish(folder: Path, vcl: str, port: int, public: int) -> Iterator[Server]:
    vcl = vcl.replace('"8000"', f'"{port}"').replace(".interval = 5s", ".interval = 200ms")
    (folder / "news.vcl").write_text(vcl)
    listen = f"127.0.0.1:{public}"
    state = folder / "varnish"
    command: list[str | Path] = [
        VARNISH,
        "-F",
        "-n",
        state,
        "-a",
        listen,
        "-f",
        folder / "news.vcl",
    ]
    with running([*command, "-s", "malloc,20m", "-j", "none"], public):
        yield Server(public, None)  # type: ignore[arg-type]


@pytest.mark.skipif(not (VARNISH and MODULE), reason="needs varnish and varnish-modules")
@pytest.mark.parametrize("kind", ["xkey", "ban", "several"])
def test_varnish_accepts_the_documented_configurations(tmp_path: Path, kind: str) -> None:
    (tmp_path / "news.vcl").write_text(configuration(kind))
    command: list[str | Path] = [
        VARNISH,
        "-j",
        "none",
        "-C",
        "-n",
        tmp_path / "state",
        "-f",
        tmp_path / "news.vcl",
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="module", params=["xkey", "ban"])
def fronted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fronted]:
    if not SOAK:
        pytest.skip("takes long: run it with `make soak`")
    if not (VARNISH and MODULE):
        pytest.skip("needs Debian's packages varnish and varnish-modules")
    pytest.importorskip("feedsvc.push", reason="purges the cache")
    vcl = configuration(request.param)
    folder = tmp_path_factory.mktemp("varnish")
    public = free_port()
    purge = f'[purge]\ncache = "varnish"\nservers = ["http://127.0.0.1:{public}"]'
    toml = f'[aliases]\n"/feed/" = "all.rss"\n{purge}'
    make_site(folder, {"first.md": article("first", tags=["x"])}, toml)
    with serving(folder) as server, varnish(folder, vcl, server.port, public) as cache:
        wait_for(lambda: cache.get("/feeds/all.rss").status == 200)
        yield Fronted(folder, server, cache)


def test_varnish_caches_everything_until_an_article_is_saved_or_withdrawn(fronted: Fronted) -> None:
    """Scale 1-4: all formats, lists and pages; clients see Age, but no keys."""
    cache = fronted.cache
    fronted.save("first", tags=["x"], summary="Edited once.")  # after the first purge
    cache.wait_for("/feeds/all.rss", "Edited once.")
    for path in (*PATHS, "/articles/first", "/articles/second"):
        cache.get(path)
        again = cache.get(path)
        assert is_hit(again), path
        assert not {"xkey", "cdn-cache-control", "surrogate-control"} & {*again.headers}
        assert "age" in again.headers
    fronted.save("second", tags=["x", "new"])
    fronted.server.wait_for("/articles/second", "second")
    fronted.check_all("/articles/second", "/feeds/tag/new.rss")
    (fronted.site / "content" / "second.md").unlink()
    wait_for(lambda: fronted.server.get("/articles/second").status == 410)
    fronted.check_all("/articles/second", "/feeds/tag/new.rss")


def test_readers_behind_varnish_get_deltas(fronted: Fronted) -> None:
    """Scale 5: only if they ask for them; Varnish itself answers for an unchanged feed."""
    cache, path = fronted.cache, "/feeds/all.json"
    old = cache.get(path)
    fields = {"A_IM": "feed", "If_None_Match": old.headers["etag"]}
    unchanged = cache.get(path, **fields)
    assert unchanged.status == 304
    assert is_hit(unchanged)
    fronted.save(f"delta-{old.headers['x-varnish'].split()[0]}")
    wait_for(lambda: cache.get(path, **fields).status == 226)
    delta = cache.get(path, **fields)
    assert delta.headers["im"] == "feed"
    whole = cache.wait_for(path, "delta-")
    assert len(whole.body) > len(delta.body)
    assert whole.status == cache.get(path, A_IM="feed").status == 200
    assert whole.headers["vary"] == "A-IM, Accept-Encoding"


def test_varnish_serves_stale_responses_only_while_the_server_is_down(fronted: Fronted) -> None:
    """Scale 1: stale-if-error. The last test of its server."""
    cache = fronted.cache
    for path in FEEDS:
        cache.get(path)
    body = cache.get(FEEDS[0]).body
    fronted.server.stop()
    fronted.purge("site")
    is_soft = "softpurge" in (fronted.site / "news.vcl").read_text()
    again = cache.get(FEEDS[0])
    if is_soft:
        assert (again.status, again.body) == (200, body)
    else:
        assert again.status == 503
        assert "retry-after" in again.headers


@pytest.mark.skipif(not SOAK, reason="takes long: run it with `make soak`")
@pytest.mark.skipif(not NGINX, reason="needs Debian's package nginx")
def test_nginx_caches_feeds_and_forwards_requests_for_deltas(tmp_path: Path) -> None:
    """Scale 1, 5: as documented; a stale feed is served while the server is down."""
    make_site(tmp_path, {"first.md": article("first")})
    found = blocks("deploying.md", "nginx")
    number = next(n for n, each in enumerate(found) if "proxy_cache_path" in each)
    before, location = found[number : number + 2]
    public = free_port()
    with serving(tmp_path) as server:
        upstream = f"upstream feedsvc {{ server 127.0.0.1:{server.port}; keepalive 32; }}\n"
        before = before.replace("/var/cache/nginx/feedsvc", str(tmp_path / "cache"))
        conf = tmp_path / "nginx.conf"
        conf.write_text(
            NGINX_CONF.format(
                user=getuser(),
                folder=tmp_path,
                before=upstream + before,
                location=location,
                public=public,
            )
        )
        with running([NGINX, "-e", "stderr", "-c", conf], public):
            cache = Server(public, None)  # type: ignore[arg-type]
            old = cache.get("/feeds/all.rss")
            (tmp_path / "content" / "second.md").write_text(article("second"))
            server.wait_for("/feeds/all.rss", "second")
            assert cache.get("/feeds/all.rss").body == old.body
            fields = {"If_None_Match": old.headers["etag"]}
            assert cache.get("/feeds/all.rss", **fields).status == 304
            assert cache.get("/feeds/all.rss", A_IM="feed", **fields).status == 226
            server.stop()
            assert cache.get("/feeds/all.rss?x=1").body == old.body
