"""Machines without articles, which serve what another one writes (scale 6, 8)."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import programs
from tests.conftest import MakeDatabase
from tests.life.test_faults import feedsvc
from tests.life.test_upgrades import make_newer
from tests.serving import PATIENCE, Server, await_answer, free_port, serving
from tests.sites import article, make_site

SAME = ("etag", "last-modified", "cache-control", "content-type", "link", "vary")


@contextmanager
def starting(site: Path) -> Iterator[Server]:
    """Start a server that may have to wait for a catalog."""
    port = free_port()
    options = ["--site", str(site), "--bind", f"127.0.0.1:{port}"]
    process = programs.popen(
        ["-m", "feedsvc", "serve", "--no-writer", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Server(port, process)
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=PATIENCE)


def test_a_machine_without_content_serves_what_another_one_writes(
    make_postgresql: MakeDatabase, tmp_path: Path
) -> None:
    toml = f'database = "{make_postgresql()}"\nmedia_url = "https://cdn.example.org/files"'
    one, two = tmp_path / "one", tmp_path / "two"
    # The folder of a generator: only a machine with this folder knows the paths of its pages.
    page = "---\ntitle: A\ndate: 2024-01-01\n---\n![P](p.png)\n"
    make_site(one, {"posts/a/index.md": page, "posts/a/p.png": b"\x89PNG"}, toml)
    (one / "hugo.toml").write_text('title = "Hugo"\n', encoding="utf-8")
    make_site(two, {}, f'{toml}\nretired = ["tag/never"]')
    shutil.rmtree(two / "content")
    with starting(two) as second:
        assert second.process.stderr is not None
        line = second.process.stderr.readline()
        assert line.startswith("Waiting for the writer of this catalog: ")
        assert "the first sync fills it" in line
        with serving(one) as first:
            await_answer(second)
            for path in ("/feeds/all.rss", "/feeds/all.json", "/feeds.opml", "/sitemap.xml"):
                there, here = (each.get(path) for each in (first, second))
                assert there.status == 200
                assert {name: there.headers.get(name) for name in SAME} == {
                    name: here.headers.get(name) for name in SAME
                }
                assert there.body == here.body
            assert "cdn.example.org/files/posts/a/p.png" in second.get("/posts/a/").body.decode()
            assert [each.get("/files/posts/a/p.png").status for each in (first, second)] == [
                200,
                404,
            ]
            (one / "content" / "posts" / "b.md").write_text(
                "---\ntitle: Second\ndate: 2024-01-02\n---\nText.\n", encoding="utf-8"
            )
            second.wait_for("/feeds/all.json", "Second")
        assert second.get("/feeds/all.json").status == 200  # the writer has ended
        output, errors = second.stop()
    assert "`retired` differs from the settings of the last sync" in errors
    assert errors.count("Warning") == 1
    assert "published" not in output
    assert "Traceback" not in errors


def test_a_catalog_of_a_newer_version_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/catalog.db"
    make_site(tmp_path, {"a.md": article()}, f'database = "{database}"')
    feedsvc("sync", "--site", tmp_path)
    make_newer(database)
    result = feedsvc(
        "serve", "--no-writer", "--site", tmp_path, "--bind", f"127.0.0.1:{free_port()}"
    )
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "the catalog is of a newer feedsvc" in result.stderr


def test_a_preview_needs_the_articles(tmp_path: Path) -> None:
    make_site(tmp_path)
    result = feedsvc("serve", "--preview", "--no-writer", "--site", tmp_path)
    assert result.returncode == 2
    assert "--preview allows only" in result.stderr
