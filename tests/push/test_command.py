"""`feedsvc push` on the command line: after a deployment, and for its status."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from feedsvc.catalog import schema
from feedsvc.catalog.store import Catalog
from feedsvc.cli import main
from feedsvc.errors import FeedsvcError
from feedsvc.publication import Publication
from feedsvc.push import announce
from feedsvc.push.command import push
from tests.desk import Desk
from tests.push.sink import Reply, Sink, sink
from tests.push.test_ping import topics
from tests.serving import free_port
from tests.sites import article


@pytest.fixture(scope="module")
def hub() -> Iterator[Sink]:
    with sink() as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A site with one article in SQLite; other tests use both databases."""
    monkeypatch.setattr(announce, "_PAUSES", (0.0, 0.0))
    monkeypatch.setattr(Publication, "lag", 0.0)
    url = f"sqlite:///{tmp_path}/catalog.db"
    with Catalog(url) as catalog:
        catalog.create()
        desk = Desk(tmp_path / "site", catalog, url)
        desk.write("one.md", article("One", tags=["x"]))
        desk.sync()
        yield desk


def run(desk: Desk, *arguments: str) -> Result:
    return CliRunner().invoke(push, ["--site", str(desk.folder), *arguments])


def test_each_hub_is_notified_of_changes_after_a_deployment(desk: Desk, hub: Sink) -> None:
    hub.answer = lambda _: Reply(204)
    dead = f"http://127.0.0.1:{free_port()}/"
    url = hub.url("/hub")
    desk.configure(f'[push]\nhub = ["{url}", "{dead}"]\nallow_networks = ["127.0.0.0/8"]')
    first = run(desk)
    assert (first.exit_code, first.stderr) == (0, "")
    assert f"{url}: is new, and will be notified of changes from now on.\n" in first.stdout
    assert run(desk).stdout.count("nothing has changed since its last notification.") == 2
    desk.write("two.md", article("Two"))
    desk.sync()
    second = run(desk)
    assert second.exit_code == 1
    assert second.stdout == f"{url}: notified of 6 changed documents.\n"
    assert second.stderr == (
        f"{dead}: could not be notified of all changes: cannot connect: Connection refused; "
        "run `feedsvc push` again\n"
    )
    shown = run(desk, "status").stdout
    assert f"{url}: notified of all changes\n" in shown
    failed = f"{dead}: not notified of 2 changed feeds yet after 3 failed attempts; next try in"
    assert failed in shown
    hub.requests.clear()
    desk.configure(f'[push]\nhub = "{url}"\nallow_networks = ["127.0.0.0/8"]')
    assert run(desk, "--all").stdout == f"{url}: notified of 9 changed documents.\n"
    assert len(topics(hub.requests)) == 9


def test_caches_are_purged_after_a_deployment(desk: Desk, hub: Sink) -> None:
    """Scale 3: completely the first time and with --all, later only of changes."""
    hub.answer = lambda _: Reply(200)
    hub.requests.clear()
    servers = [hub.url()[:-1], f"http://127.0.0.1:{free_port()}"]
    desk.configure(f'[purge]\ncache = "varnish"\nservers = ["{servers[0]}", "{servers[1]}"]')
    good, bad = (f"purge:varnish:{server}" for server in servers)
    first = run(desk)
    assert first.exit_code == 1
    assert first.stdout == f"{good}: purged of 1 key.\n"
    assert first.stderr == (
        f"{bad}: could not be purged: cannot connect: Connection refused; "
        "run `feedsvc push` again\n"
    )
    shown = run(desk, "status").stdout
    assert f"{good}: purged of all changes\n" in shown
    assert f"{bad}: not purged of 1 revision yet after 3 failed attempts; next try in" in shown
    desk.write("two.md", article("Two", tags=["x"]))
    desk.sync()
    assert run(desk).stdout == f"{good}: purged of 4 keys.\n"
    assert run(desk).stdout == f"{good}: nothing has changed since it was purged.\n"
    assert run(desk, "--all").stdout == f"{good}: purged of 1 key.\n"
    assert [each.method for each in hub.requests] == ["PURGE"] * 3
    assert hub.requests[-1].headers["xkey-purge"] == "site"


def test_caches_are_purged_once_all_origins_serve_the_revision(
    desk: Desk, hub: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scale 3: otherwise they would fetch and keep the old documents again."""
    hub.answer = lambda _: Reply(200)
    hub.requests.clear()
    lag, sleep = 0.015625, asyncio.sleep
    waits = []

    async def note(seconds: float) -> None:
        waits.append((seconds, len(hub.requests)))
        await sleep(seconds)

    monkeypatch.setattr(Publication, "lag", lag)
    monkeypatch.setattr(asyncio, "sleep", note)
    desk.configure(f'[purge]\ncache = "varnish"\nservers = ["{hub.url()[:-1]}"]')
    assert run(desk).exit_code == 0
    assert ((lag, 0) in waits, len(hub.requests)) == (True, 1)


def test_a_hub_that_fails_temporarily_is_retried(desk: Desk, hub: Sink) -> None:
    desk.configure(f'[push]\nhub = "{hub.url()}"\nallow_networks = ["127.0.0.0/8"]')
    run(desk)
    desk.write("two.md", article("Two"))
    desk.sync()
    seen = []

    def answer(request: object) -> Reply:
        seen.append(request)
        return Reply(503 if len(seen) < 8 else 202)

    hub.answer = answer
    result = run(desk)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{hub.url()}: notified of 6 changed documents.\n"


def test_errors_are_one_sentence(desk: Desk, tmp_path: Path) -> None:
    for toml, options, sentence in [
        ("", [], "there is no hub to notify; name one in feedsvc.toml"),
        ('[push]\nhub = "own"', [], "there is no hub to notify"),
        ("[push]\nhub = false", ["--worker"], "this site has no hub"),
    ]:
        desk.configure(toml)
        result = run(desk, *options)
        assert isinstance(result.exception, FeedsvcError)
        assert sentence in str(result.exception)
    desk.configure('[push]\nhub = "https://hub.example.net/"')
    (tmp_path / "catalog.db").unlink()
    result = run(desk)
    assert str(result.exception).startswith("nothing is published yet; run `feedsvc sync`")


def test_the_status_lists_subscriptions_by_topic_and_host(desk: Desk) -> None:
    desk.configure('[push]\nhub = "own"')
    number = desk.feed("all").number
    row = {
        "feed": number,
        "format": "rss",
        "callback": "https://reader.example.net/cb/capability",
        "host": "reader.example.net",
        "secret": "",
        "lease_end": 4_000_000_000,
        "revision": 0,
        "attempts": 2,
        "next_try": 3_999_999_999,
    }
    rows = [
        {**row, "id": "a"},
        {**row, "id": "b", "host": "two.example.net", "revision": 9, "attempts": 0},
        {**row, "id": "c", "format": "json", "lease_end": 1},  # ended
    ]
    with desk.catalog.writing() as connection:
        connection.execute(insert(schema.subscription), rows)
    result = CliRunner().invoke(push, ["status", "--site", str(desk.folder)])
    assert result.exit_code == 0
    summary, _, topic, _, first, second = result.stdout.splitlines()
    assert summary == "2 subscriptions: 1 pending, 1 failing; 0 requests to be verified."
    name, *counts, waiting, end = topic.split("\t")
    assert (name, counts) == ("all.rss", ["2", "1", "1"])
    assert waiting.endswith(" s")
    assert end == "2096-10-02T07:06:40Z"
    assert first.startswith("reader.example.net\t1\t1\t1\tin ")
    assert second == "two.example.net\t1\t0\t0\t\t2096-10-02T07:06:40Z"
    assert "capability" not in result.stdout


def test_the_command_is_registered(desk: Desk) -> None:
    listed = CliRunner().invoke(main, ["--help"]).stdout
    assert "Notify other hubs of changes" in listed
