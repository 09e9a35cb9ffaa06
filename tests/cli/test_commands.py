"""The commands, run in this process and without a server."""

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from feedsvc import plugins, sources
from feedsvc.catalog.published import mark_published
from feedsvc.catalog.store import Catalog
from feedsvc.cli import GROUP, main
from tests import programs
from tests.serving import free_port
from tests.sites import article, make_site


def run(*arguments: str | Path, answer: str | None = None, **environment: str) -> Result:
    result = CliRunner().invoke(main, [str(each) for each in arguments], answer, environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def publish(site: Path) -> None:
    """Record that readers may know the site."""
    with Catalog(f"sqlite:///{site}/.feedsvc/catalog.db") as catalog:
        mark_published(catalog, datetime.now(UTC))


def test_init_creates_a_site_that_syncs_without_problems(tmp_path: Path) -> None:
    site = tmp_path / "new" / "site"
    made = run(
        "init", "--site", site, "--title", 'The "Sahel" $Report', "--base-url", "https://a.example/"
    )
    assert made.exit_code == 0
    synced = run("sync", "--site", site)
    assert synced.exit_code == 0
    assert "1 article, 1 read: 1 new, 0 edited, 0 withdrawn" in synced.stdout
    assert sources.load(site, {}).title == 'The "Sahel" $Report'
    listed = run("feeds", "--site", site)
    assert "https://a.example/feeds/all.rss\thttps://a.example/feeds/all.atom" in listed.stdout


@pytest.mark.parametrize("command", [["feeds"], ["sync"], ["build", "out"], ["ids"]])
def test_a_command_with_a_closed_pipe_ends_silently(tmp_path: Path, command: list[str]) -> None:
    make_site(tmp_path / "site", {"a.md": article()})
    run("sync", "--site", tmp_path / "site")
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        command = ["-m", "feedsvc", *command, "--site", "site"]
        result = programs.run(command, stdout=closed, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (1, "")


def test_init_does_not_change_an_existing_site(tmp_path: Path) -> None:
    make_site(tmp_path)
    before = (tmp_path / "feedsvc.toml").read_text(encoding="utf-8")
    result = run("init", "--site", tmp_path)
    assert result.exit_code == 1
    assert result.stderr == f"Error: {tmp_path}/feedsvc.toml: already exists, and was not changed\n"
    assert (tmp_path / "feedsvc.toml").read_text(encoding="utf-8") == before


def test_init_requires_a_complete_base_url(tmp_path: Path) -> None:
    result = run("init", "--site", tmp_path, "--base-url", "news.example.org")
    assert result.exit_code == 1
    assert "write it in full" in result.stderr
    assert not list(tmp_path.iterdir())


def test_sync_prints_what_changed_for_readers(tmp_path: Path) -> None:
    make_site(tmp_path, {"a.md": article(title="A"), "b.md": article(title="B")})
    assert "2 articles, 2 read: 2 new, 0 edited, 0 withdrawn; 2 feeds changed, revision 1." in (
        run("sync", "--site", tmp_path).stdout
    )
    (tmp_path / "content" / "a.md").write_text(article(title="A, again"), encoding="utf-8")
    (tmp_path / "content" / "b.md").unlink()
    assert "1 article, 1 read: 0 new, 1 edited, 1 withdrawn; 2 feeds changed, revision 2." in (
        run("sync", "--site", tmp_path).stdout
    )
    assert "nothing changed for readers." in run("sync", "--site", tmp_path).stdout


def test_sync_prints_each_problem_with_its_line_and_fails(tmp_path: Path) -> None:
    make_site(
        tmp_path,
        {
            "good.md": article(),
            "bad.md": article(published="03/04/2022"),
            "odd.md": article(sluug="x"),
        },
    )
    for _ in range(2):  # even if nothing is read again
        result = run("sync", "--site", tmp_path)
        assert result.exit_code == 1
        bad, odd, total = result.stderr.splitlines()
        assert re.fullmatch(r"content/bad\.md:3: error: .* \[bad-date\]", bad)
        assert re.fullmatch(r"content/odd\.md:4: warning: .*`slug`\? \[unknown-key\]", odd)
        assert total == "1 error, 1 warning."
    assert "all\t2\t" in run("feeds", "--site", tmp_path).stdout


def test_feeds_lists_custom_feeds_but_not_moved_or_retired_ones(tmp_path: Path) -> None:
    toml = 'retired = ["tag/a"]\n[moved]\n"tag/b" = "all"\n[feeds.news]\nany = { tags = ["a"] }'
    make_site(tmp_path, {"a.md": article(tags=["a", "b"])}, toml)
    run("sync", "--site", tmp_path)
    listed = run("feeds", "--site", tmp_path).stdout.splitlines()
    assert [line.split("\t")[:2] for line in listed] == [
        ["all", "1"], ["news", "1"], ["language/en", "1"]
    ]  # fmt: skip
    assert listed[1].endswith("\thttps://news.example.org/feeds/news.json")


def test_the_site_can_be_set_in_the_environment(tmp_path: Path) -> None:
    make_site(tmp_path, {"a.md": article()})
    assert run("sync", FEEDSVC_SITE=str(tmp_path)).exit_code == 0


UNUSABLE = {
    'title = "x': "is not TOML",
    'tilte = "x"': "did you mean title?",
    'base_url = "news.example.org"': "the start of a URL with its scheme",
    'database = "mysql://x"': "database is the URL of a database like",
    'database = "postgresql://nobody@127.0.0.1:9/none"': "the catalog cannot be used",
    'content = "elsewhere"': "there is no such folder",
}
COMMANDS = [
    (command, toml)
    for command in ("sync", "feeds", "ids", "serve")
    for toml in UNUSABLE
    if (command, toml) not in [(each, 'content = "elsewhere"') for each in ("feeds", "ids")]
]


@pytest.mark.parametrize(("command", "toml"), COMMANDS)
def test_an_unusable_site_is_reported_in_one_line(tmp_path: Path, command: str, toml: str) -> None:
    make_site(tmp_path)
    path = tmp_path / "feedsvc.toml"
    key = toml.partition(" ")[0]
    kept = [line for line in path.read_text().splitlines() if not line.startswith(f"{key} ")]
    path.write_text("\n".join([*kept, toml]), encoding="utf-8")
    options = ["--bind", f"127.0.0.1:{free_port()}"] if command == "serve" else []
    result = run(command, "--site", tmp_path, *options)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert UNUSABLE[toml] in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_missing_site_is_reported_with_the_remedy(tmp_path: Path) -> None:
    result = run("sync", "--site", tmp_path / "none")
    assert result.exit_code == 1
    assert "run `feedsvc init`" in result.stderr


@pytest.mark.parametrize(
    "bind",
    [
        "8000",
        "localhost",
        ":8000",
        "a:b",
        "127.0.0.1:70000",
        "::1:80",
        "127.0.0.1:८०८०",
    ],
)
def test_serve_rejects_invalid_addresses(tmp_path: Path, bind: str) -> None:
    make_site(tmp_path)
    result = run("serve", "--site", tmp_path, "--bind", bind)
    assert result.exit_code == 2
    assert "is not HOST:PORT, like 127.0.0.1:8000" in result.stderr


@pytest.mark.parametrize("host", ["a..b", ".", ".a", f"{'a' * 64}.example", "é" * 64])
@pytest.mark.parametrize("options", [(), ("--preview",)])
def test_serve_rejects_invalid_host_names(
    tmp_path: Path, host: str, options: tuple[str, ...]
) -> None:
    make_site(tmp_path)
    result = run("serve", "--site", tmp_path, "--bind", f"{host}:8000", *options)
    assert result.exit_code == 2
    assert f"{host!r} is not a host name; write HOST:PORT, like 127.0.0.1:8000" in result.stderr


def test_every_command_and_option_has_help() -> None:
    for name in main.list_commands(click.Context(main)):
        command = main.get_command(click.Context(main), name)
        assert command is not None
        result = run(name, "--help")
        assert result.exit_code == 0
        assert command.help, name
        options = [each for each in command.params if isinstance(each, click.Option)]
        assert all(each.help for each in options), name
        assert "--site" in result.stdout


# sync --dry-run, --json, --force


def published_site(folder: Path) -> Path:
    """Create a site with four published articles and changes that are not synced yet."""
    make_site(folder, {f"{name}.md": article(name, tags=["x"]) for name in "abcd"})
    assert run("sync", "--site", folder).exit_code == 0
    publish(folder)
    (folder / "content" / "a.md").write_text(article("a, edited", tags=["x"]), encoding="utf-8")
    (folder / "content" / "b.md").unlink()
    (folder / "content" / "new.md").write_text(article("new", tags=["y"]), encoding="utf-8")
    pinned = article("c", tags=["x"], id="urn:c")
    (folder / "content" / "c.md").write_text(pinned, encoding="utf-8")
    return folder


def test_a_dry_run_prints_what_would_change_and_changes_nothing(tmp_path: Path) -> None:
    site = published_site(tmp_path)
    before = run("feeds", "--site", site).stdout
    for _ in range(2):
        result = run("sync", "--site", site, "--dry-run")
        assert result.exit_code == 0
        summary, *rest = result.stdout.splitlines()
        # An unchanged file is read as long as it is new.
        expected = r"4 articles, [34] read: 1 new, 2 edited, 1 withdrawn; 4 feeds would change\."
        assert re.fullmatch(expected, summary)
        assert rest == [
            "id of c.md: tag:news.example.org,2022:2022-02-17:c -> urn:c: readers see it as new",
            "withdrawn: b.md",
            "new: new.md",
            "edited: a.md",
            "edited: c.md",
            "new feed: tag/y",
        ]
    assert run("feeds", "--site", site).stdout == before


def test_sync_can_report_as_json(tmp_path: Path) -> None:
    site = published_site(tmp_path)
    (site / "content" / "bad.md").write_text(article(published="soon"), encoding="utf-8")
    dry = json.loads(run("sync", "--site", site, "--dry-run", "--json").stdout)
    result = run("sync", "--site", site, "--json")
    done = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (1, "")
    assert (dry.pop("dry_run"), done.pop("dry_run")) == (True, False)
    assert (dry.pop("revision"), done.pop("revision")) == (None, 2)
    assert dry.pop("read") >= done.pop("read")  # an unchanged file is read as long as it is new
    assert dry == done
    assert [each["path"] for each in done["new"]] == ["new.md"]
    assert [each["path"] for each in done["edited"]] == ["a.md", "c.md"]
    assert done["ids"] == [
        {"path": "c.md", "before": "tag:news.example.org,2022:2022-02-17:c", "after": "urn:c"}
    ]
    assert done["omitted"] == 0
    assert done["feeds"]["new"] == ["tag/y"]
    assert len(done["feeds"]["changed"]) == 4
    [problem] = done["problems"]
    assert (problem["path"], problem["line"], problem["severity"], problem["code"]) == (
        "content/bad.md",
        3,
        "error",
        "bad-date",
    )


def test_a_dry_run_lists_settings_that_change_urls(tmp_path: Path) -> None:
    make_site(tmp_path, {"a.md": article()})
    run("sync", "--site", tmp_path)
    make_site(tmp_path, {}, 'base_url = "https://other.example"')
    output = run("sync", "--site", tmp_path, "--dry-run").stdout
    assert 'base_url: "https://news.example.org" -> "https://other.example": URLs change' in output


def test_a_sync_that_withdraws_too_much_needs_force(tmp_path: Path) -> None:
    site = published_site(tmp_path)
    for name in "ac":
        (site / "content" / f"{name}.md").unlink()
    dry = run("sync", "--site", site, "--dry-run")
    assert dry.exit_code == 1
    assert "refused without --force: 3 of 4 published articles would be withdrawn" in dry.stdout
    assert json.loads(run("sync", "--site", site, "--dry-run", "--json").stdout)["refused"]
    refused = run("sync", "--site", site)
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
    assert "3 of 4 published articles would be withdrawn" in refused.stderr
    assert "3 withdrawn" in run("sync", "--site", site, "--force").stdout


def test_a_dry_run_does_not_repair_a_damaged_catalog(tmp_path: Path) -> None:
    site = published_site(tmp_path)
    database = site / ".feedsvc" / "catalog.db"
    for each in database.parent.iterdir():  # pages in the write-ahead log would be undamaged
        each.unlink()
    database.write_bytes(b"garbage" * 3000)
    for command in (["sync", "--dry-run"], ["feeds"], ["ids"]):
        result = run(*command, "--site", site)
        assert result.exit_code == 1
        assert "`feedsvc sync` sets it aside and rebuilds it" in result.stderr
    assert database.read_bytes() == b"garbage" * 3000


def test_the_fields_of_the_json_report_are_documented(tmp_path: Path) -> None:
    make_site(tmp_path, {"a.md": article()})
    printed = json.loads(run("sync", "--site", tmp_path, "--json").stdout)
    page = (Path(__file__).parents[2] / "docs" / "publishing.md").read_text(encoding="utf-8")
    described = {
        name
        for line in page.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert described == set(printed)


def test_commands_report_texts_that_are_too_long_and_continue(tmp_path: Path) -> None:
    files = {
        "term.md": article(title="Term", tags=["🐘" * 1000]),
        "slug.md": article(title="Slug", slug="x" * 4000),
        "id.md": article(title="Id", id="urn:x:" + "x" * 4000),
        "fine.md": article(title="Fine"),
        "/".join(["x" * 200] * 6) + ".md": article(title="Path"),
    }
    make_site(tmp_path, files)
    for command in {"sync", "check"}.intersection(plugins.names(GROUP)):
        result = run(command, "--site", tmp_path)
        assert result.exit_code == 1
        printed = result.stdout + result.stderr
        assert printed.count("[too-long-term]") == 1
        assert printed.count("[too-long]") == 3
        assert "Traceback" not in printed
    listed = run("ids", "--site", tmp_path)
    assert listed.exit_code == 0
    assert [line.partition("\t")[0] for line in listed.stdout.splitlines()] == [
        "content/fine.md",
        "content/term.md",
    ]
    assert run("ids", "--write", "--site", tmp_path).stdout.startswith("2 pinned, 0 left")
