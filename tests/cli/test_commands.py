"""The commands as a user types them, one process and no server."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from feedsvc import settings
from feedsvc.cli import main
from tests.sites import article, make_site


def run(*arguments: str | Path, **environment: str) -> Result:
    result = CliRunner().invoke(main, [str(each) for each in arguments], env=environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_init_makes_a_site_that_syncs_without_a_problem(tmp_path: Path) -> None:
    site = tmp_path / "new" / "site"
    made = run(
        "init", "--site", site, "--title", 'The "Sahel" $Report', "--base-url", "https://a.example/"
    )
    assert made.exit_code == 0
    synced = run("sync", "--site", site)
    assert synced.exit_code == 0
    assert "1 article, 1 read: 1 new, 0 edited, 0 withdrawn" in synced.stdout
    assert settings.load(site, {}).title == 'The "Sahel" $Report'
    listed = run("feeds", "--site", site)
    assert "https://a.example/feeds/all.rss\thttps://a.example/feeds/all.atom" in listed.stdout


def test_init_leaves_what_is_there_alone(tmp_path: Path) -> None:
    make_site(tmp_path)
    before = (tmp_path / "feedsvc.toml").read_text(encoding="utf-8")
    result = run("init", "--site", tmp_path)
    assert result.exit_code == 1
    assert (
        result.stderr == f"Error: {tmp_path}/feedsvc.toml: is there already, and is left as it is\n"
    )
    assert (tmp_path / "feedsvc.toml").read_text(encoding="utf-8") == before


def test_init_wants_a_whole_base_url(tmp_path: Path) -> None:
    result = run("init", "--site", tmp_path, "--base-url", "news.example.org")
    assert result.exit_code == 1
    assert "write it whole" in result.stderr
    assert not list(tmp_path.iterdir())


def test_sync_says_what_changed_for_readers(tmp_path: Path) -> None:
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


def test_sync_names_each_problem_with_its_line_and_fails(tmp_path: Path) -> None:
    make_site(
        tmp_path,
        {
            "good.md": article(),
            "bad.md": article(published="03/04/2022"),
            "odd.md": article(sluug="x"),
        },
    )
    for _ in range(2):  # also when nothing is read anew
        result = run("sync", "--site", tmp_path)
        assert result.exit_code == 1
        bad, odd = result.stderr.splitlines()
        assert re.fullmatch(r"content/bad\.md:3: error: .* \[bad-date\]", bad)
        assert re.fullmatch(r"content/odd\.md:4: warning: .*`slug`\? \[unknown-key\]", odd)
    assert "all\t2\t" in run("feeds", "--site", tmp_path).stdout


def test_the_site_can_be_named_in_the_environment(tmp_path: Path) -> None:
    make_site(tmp_path, {"a.md": article()})
    assert run("sync", FEEDSVC_SITE=str(tmp_path)).exit_code == 0


UNUSABLE = {
    'title = "x': "is not TOML",
    'tilte = "x"': "did you mean title?",
    'base_url = "news.example.org"': "write it with its scheme",
    'database = "mysql://x"': "is of no kind known here",
    'database = "postgresql://nobody@127.0.0.1:9/none"': "the catalog cannot be used",
    'content = "elsewhere"': "there is no such folder",
}
COMMANDS = [
    (command, toml)
    for command in ("sync", "feeds", "serve")
    for toml in UNUSABLE
    if (command, toml) != ("feeds", 'content = "elsewhere"')  # feeds reads no article
]


@pytest.mark.parametrize(("command", "toml"), COMMANDS)
def test_an_unusable_site_is_one_clear_line(tmp_path: Path, command: str, toml: str) -> None:
    make_site(tmp_path)
    path = tmp_path / "feedsvc.toml"
    key = toml.partition(" ")[0]
    kept = [line for line in path.read_text().splitlines() if not line.startswith(f"{key} ")]
    path.write_text("\n".join([*kept, toml]), encoding="utf-8")
    result = run(command, "--site", tmp_path)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert UNUSABLE[toml] in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_missing_site_is_one_clear_line(tmp_path: Path) -> None:
    result = run("sync", "--site", tmp_path / "none")
    assert result.exit_code == 1
    assert "run `feedsvc init`" in result.stderr


@pytest.mark.parametrize("bind", ["8000", "localhost", ":8000", "a:b", "127.0.0.1:70000", "::1:80"])
def test_serve_refuses_what_is_not_host_and_port(tmp_path: Path, bind: str) -> None:
    make_site(tmp_path)
    result = run("serve", "--site", tmp_path, "--bind", bind)
    assert result.exit_code == 2
    assert "is not HOST:PORT, like 127.0.0.1:8000" in result.stderr


def test_every_command_and_option_has_help() -> None:
    assert main.commands.keys() == {"init", "serve", "sync", "feeds", "check"}
    for name, command in main.commands.items():
        result = run(name, "--help")
        assert result.exit_code == 0
        assert command.help, name
        assert all(
            getattr(each, "help", None) for each in command.params if each.opts[0].startswith("-")
        ), name
        assert "--site" in result.stdout
