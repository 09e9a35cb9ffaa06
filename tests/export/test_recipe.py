"""The configurations of docs/recipes.md, tested with the real programs."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from feedsvc.cli import main
from tests.export.test_rules import CADDY, NGINX
from tests.servers import running
from tests.serving import Server, free_port, serving

RECIPE = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
BASE = "https://news.example.org"
NGINX_CONF = """\
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
  access_log off;
  types {{ text/html html; image/png png; }}
  client_body_temp_path {folder}/t1;
  proxy_temp_path {folder}/t2;
  fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4;
  scgi_temp_path {folder}/t5;
{block}
}}
"""
CADDYFILE = "{{\n\tadmin off\n\tauto_https off\n\tstorage file_system {folder}/caddy\n}}\n{block}"
TREE = {
    "hugo.toml": f'baseURL = "{BASE}/"\ntitle = "News"\n',
    "layouts/_default/single.html": "<h1>{{ .Title }}</h1>{{ .Content }}",
    "layouts/_default/list.html": "<h1>{{ .Title }}</h1>",
    "layouts/404.html": "Not here",
    "content/posts/summit/index.md": (
        "---\ntitle: Summit\ndate: 2022-02-17\ntags: [Mali]\n---\n![Map](map.png)\n"
    ),
    "content/posts/summit/map.png": "a picture",
}


def blocks(language: str) -> list[str]:
    """Return the code blocks of the recipe in a language."""
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", RECIPE, re.M | re.S)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Hugo site of the recipe, set up and built."""
    hugo = shutil.which("hugo")
    if not hugo:
        pytest.skip("hugo is not installed")
    pytest.importorskip("feedsvc.importers")  # has the templates of generators
    folder = tmp_path_factory.mktemp("recipe") / "news"
    for name, text in TREE.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    arguments = ["init", "--site", str(folder), "--from", "hugo", "--base-url", BASE]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    (aliases,) = blocks("toml")
    with (folder / "feedsvc.toml").open("a", encoding="utf-8") as settings:
        settings.write(re.sub("(?m)^ +", "", aliases))
    subprocess.run([hugo], cwd=folder, check=True, capture_output=True)
    for above in (folder, *folder.parents[:-2]):  # nginx workers may run as another user
        above.chmod(0o755)
    return folder


@contextmanager
def hosting(name: str, site: Path, port: int, block: str) -> Iterator[Server]:
    """Run a web server with a block of the recipe, without TLS."""
    program = {"nginx": NGINX, "caddy": CADDY}[name]
    if not program:
        pytest.skip(f"{name} is not installed")
    public = free_port()
    for old, new in (
        ("/srv/news", str(site)),
        ("/srv/feeds", str(site.parent / "feeds")),
        ("127.0.0.1:8000", f"127.0.0.1:{port}"),
        ("listen 443 ssl http2", f"listen 127.0.0.1:{public}"),
        ("news.example.org {", f"http://127.0.0.1:{public} {{"),
    ):
        block = block.replace(old, new)
    block = re.sub(r".*ssl_certificate.*\n", "", block)
    conf = site.parent / f"{name}.conf"
    text = NGINX_CONF if name == "nginx" else CADDYFILE
    conf.write_text(text.format(folder=site.parent, block=block), encoding="utf-8")
    commands: dict[str, list[str | Path]] = {
        "nginx": [program, "-e", "stderr", "-c", conf],
        "caddy": [program, "run", "--adapter", "caddyfile", "--config", conf],
    }
    with running(commands[name], public):
        yield Server(public, None)  # type: ignore[arg-type]


def check_pages(host: Server) -> None:
    assert b"<h1>Summit</h1>" in host.get("/posts/summit/").body
    assert host.get("/posts/summit/map.png").body == b"a picture"
    assert host.get("/articles.json").status == 404
    assert host.get("/nowhere/").status == 404


@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_one_host_serves_the_pages_of_hugo_and_the_feeds_of_feedsvc(name: str, site: Path) -> None:
    block = blocks(name)[0]
    with serving(site) as server, hosting(name, site, server.port, block) as host:
        check_pages(host)
        feed = host.get("/feeds/all.rss")
        assert f"{BASE}/posts/summit/map.png" in feed.body.decode()
        assert re.search(f"<guid[^>]*>{BASE}/posts/summit/</guid>", feed.body.decode())
        assert host.get("/feeds/all.rss", If_None_Match=feed.headers["etag"]).status == 304
        for old, new in (("/index.xml", "all.rss"), ("/tags/mali/index.xml", "tag/mali.rss")):
            moved = host.get(old)
            assert (moved.status, moved.headers["location"]) in {
                (301, f"{BASE}/feeds/{new}"),
                (301, f"/feeds/{new}"),
            }
        assert host.get("/posts/index.xml").status == 404
        assert host.get("/feeds/all/").status == 200
        assert host.get("/static/style.css").status == 200


def test_feeds_can_be_files_next_to_the_pages_of_hugo(site: Path) -> None:
    feeds = str(site.parent / "feeds")
    arguments = ["build", "--site", str(site), feeds, "--only", "rss,atom,json"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    server, locations = blocks("nginx")
    head = server.partition("    # Feeds")[0]
    with hosting("nginx", site, 0, f"{head}{locations}}}") as host:
        check_pages(host)
        feed = host.get("/feeds/all.rss")
        assert f"{BASE}/posts/summit/map.png" in feed.body.decode()
        assert feed.headers["content-type"] == "application/rss+xml"
        assert host.get("/index.xml").status == 301
