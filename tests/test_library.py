"""The public Python API, as docs/library.md describes it."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, url_for

import feedsvc
from feedsvc import plugins
from feedsvc.config.push import SERVICES
from tests.serving import free_port
from tests.sites import make_site

PAGE = Path(__file__).parent.parent / "docs" / "library.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
HAS_HUB = "push" in plugins.names(SERVICES)
ARTICLES = {
    "a.md": "---\ntitle: A\npublished: 2022-02-17\ntags: [Mali]\n---\nText A.\n",
    "b.md": "---\ntitle: B\npublished: 2022-02-18\n---\nText B.\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_site(tmp_path / "mysite", ARTICLES, '[push]\nhub = "own"' if HAS_HUB else "")
    return tmp_path / "mysite"


def test_exported_names_are_the_documented_ones() -> None:
    assert sorted(feedsvc.__all__) == [
        *("CatalogError", "Category", "Change", "Document", "Enclosure", "Entry", "FeedRef"),
        *("FeedSummary", "FeedsvcError", "Format", "Person", "Problem", "Published"),
        *("SettingsError", "Severity", "Site", "SyncReport", "WithdrawalError", "blueprint"),
        "create_app",
    ]
    assert all(getattr(feedsvc, name).__name__ == name for name in feedsvc.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Catalog'"):
        _ = feedsvc.Catalog


@pytest.mark.parametrize("example", EXAMPLES)
def test_documented_examples_run(example: str, folder: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    script = folder.parent / "example.py"
    script.write_text(example, encoding="utf-8")
    subprocess.run([sys.executable, script], cwd=folder.parent, env=environ, check=True)


def test_a_site_is_synced_and_read(folder: Path) -> None:
    with feedsvc.Site.open(folder) as site:
        report = site.sync()
        assert (report.published.new, report.problems) == (2, ())
        assert set(report.published.feeds) == {"all", "language/en", "tag/mali"}
        assert [feed.ref.key for feed in site.feeds()] == ["all", "tag/mali", "language/en"]
        assert [entry.title for entry in site.articles()] == ["B", "A"]
        document = site.document("tag/Mali", "rss")
        assert document is not None
        assert b"Text A." in document.body
        assert site.document("tag/other", feedsvc.Format.ATOM) is None
        assert site.document("nothing/such", "json") is None
        with pytest.raises(ValueError, match="xml"):
            site.document("all", "xml")


def test_a_damaged_catalog_is_rebuilt_when_a_site_is_opened(folder: Path) -> None:
    with feedsvc.Site.open(folder) as site:
        site.sync()
    (folder / ".feedsvc" / "catalog.db").write_bytes(b"no database")
    with feedsvc.Site.open(folder) as site:
        assert site.sync().published.new == 2


def test_errors_are_one_sentence(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(feedsvc.SettingsError, match=r"feedsvc\.toml: there is no such file"):
        feedsvc.Site.open(tmp_path / "nowhere")
    with feedsvc.Site.open(folder) as site:
        site.sync()
        for path in (folder / "content").iterdir():
            path.unlink()
        with pytest.raises(feedsvc.WithdrawalError, match="2 of 2 published articles"):
            site.sync()
        assert site.sync(force=True).published.withdrawn == 2


def test_a_blueprint_serves_a_site_beside_other_views(folder: Path) -> None:
    with feedsvc.Site.open(folder, {"FEEDSVC_BASE_URL": "https://example.org/news"}) as site:
        site.sync()
        app = Flask("host")
        app.add_url_rule("/", "home", lambda: "home")
        app.register_blueprint(feedsvc.blueprint(site))
        with app.test_request_context():
            ref = feedsvc.FeedRef.of("tag/mali")
            path = url_for("feedsvc.feed", ref=ref, format=feedsvc.Format.ATOM)
        assert path == "/news/feeds/tag/mali.atom"
        client = app.test_client()
        assert client.get("/").text == "home"
        assert client.get("/nowhere").status_code == 404
        whole = client.get(path)
        assert b"https://example.org/news/feeds/tag/mali.atom" in whole.data
        held = client.get(path, headers={"If-None-Match": whole.headers["ETag"]})
        assert held.status_code == 304


def test_a_blueprint_may_have_another_prefix_than_base_url(folder: Path) -> None:
    with feedsvc.Site.open(folder) as site:
        site.sync()
        app = Flask("host")
        app.register_blueprint(feedsvc.blueprint(site, url_prefix="/inner"))
        assert app.test_client().get("/inner/feeds/all.rss").status_code == 200


SERVERS = {
    "flask": ["-m", "flask", "--app", "feedsvc:create_app('mysite')", "run", "--port", "{port}"],
    "gunicorn": [
        *("-m", "gunicorn", "--preload", "--workers", "2", "--threads", "2"),
        *("--bind", "127.0.0.1:{port}", "feedsvc:create_app('mysite', writer=True)"),
    ],
    "waitress": ["-m", "waitress", "--listen", "127.0.0.1:{port}", "--call", "wsgi:app"],
}


@contextlib.contextmanager
def served(server: str, folder: Path) -> Iterator[str]:
    """Serve a site and yield the URL of its root."""
    port = free_port()
    (folder.parent / "wsgi.py").write_text(
        "import feedsvc\ndef app(): return feedsvc.create_app('mysite')\n", encoding="utf-8"
    )
    command = [sys.executable, *(each.format(port=port) for each in SERVERS[server])]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder.parent), *sys.path])}
    process = subprocess.Popen(command, cwd=folder.parent, env=environ, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def fetch(url: str, form: bytes | None = None, **headers: str) -> tuple[int, bytes, str]:
    """Return status, body and entity tag, as soon as the server answers."""
    request = urllib.request.Request(
        url, form, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )
    for _ in range(600):
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, response.read(), response.headers["ETag"]
        except urllib.error.HTTPError as error:
            return error.code, b"", ""
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


@contextlib.contextmanager
def serving_like_feedsvc(server: str, folder: Path) -> Iterator[str]:
    """Serve a site, check the answers of the server and yield the URL of its root."""
    with feedsvc.Site.open(folder) as site:
        site.sync()
        document = site.document("all", "rss")
    assert document is not None
    with served(server, folder) as root:
        status, body, tag = fetch(f"{root}/feeds/all.rss")
        assert (status, body) == (200, document.body)
        assert fetch(f"{root}/feeds/all.rss", If_None_Match=tag)[0] == 304
        assert fetch(f"{root}/healthz")[0] == 200
        assert fetch(f"{root}/feeds/tag/none.rss")[0] == 404
        topic = b"&hub.topic=https://news.example.org/feeds/all.rss"
        form = b"hub.mode=subscribe&hub.callback=http://reader.example.net/" + topic
        assert fetch(f"{root}/hub", form)[:2] == (202 if HAS_HUB else 405, b"")
        assert fetch(f"{root}/hub", b"hub.mode=subscribe")[0] == (400 if HAS_HUB else 405)
        yield root


@pytest.mark.parametrize("server", ["flask", "waitress"])
def test_other_wsgi_servers_answer_like_feedsvc_serve(server: str, folder: Path) -> None:
    with serving_like_feedsvc(server, folder):
        pass


def test_a_preforking_server_answers_like_feedsvc_serve_and_publishes(folder: Path) -> None:
    with serving_like_feedsvc("gunicorn", folder) as root:
        text = "---\ntitle: C\npublished: 2022-02-19\n---\nText C.\n"
        (folder / "content" / "c.md").write_text(text, encoding="utf-8")
        for _ in range(600):
            if b"Text C." in fetch(f"{root}/feeds/all.rss")[1]:
                return
            time.sleep(0.1)
        raise AssertionError("the new article was not published")
