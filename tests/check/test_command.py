"""`feedsvc check` on the command line: findings on standard output, and an exit code."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from feedsvc.cli import main
from tests.sites import article, make_site

FIXTURES = Path(__file__).parents[1] / "check" / "fixtures"
FINE = 'subtitle = "News"\nauthor = { name = "Ada" }\n'


def run(*arguments: str | Path, stdin: bytes = b"") -> Result:
    result = CliRunner().invoke(main, ["check", *map(str, arguments)], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_a_good_site_exits_with_0(tmp_path: Path) -> None:
    make_site(tmp_path, {"a.md": article()}, FINE)
    result = run("--site", tmp_path)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "No problems found.\n"


def test_an_error_exits_with_1(tmp_path: Path) -> None:
    make_site(tmp_path, {"a.md": article(body="[gone](/articles/gone)")}, FINE)
    result = run("--site", tmp_path)
    assert (result.exit_code, result.stderr) == (1, "1 error.\n")
    assert result.stdout.endswith("[broken-link]\n")


def test_a_warning_names_the_file_and_exits_with_0(tmp_path: Path) -> None:
    make_site(tmp_path, {"a.md": article(sluug="x")}, FINE)
    result = run("--site", tmp_path)
    assert (result.exit_code, result.stderr) == (0, "1 warning.\n")
    assert result.stdout.startswith(
        f"{tmp_path}/content/a.md:4: warning: `sluug` is not a front-matter key"
    )
    (found,) = json.loads(run("--site", tmp_path, "--json").stdout)
    assert found["code"] == "unknown-key"
    github = run("--site", tmp_path, "--format", "github").stdout
    assert github.startswith(f"::warning file={tmp_path}/content/a.md,line=4,title=unknown-key::")


def test_a_note_exits_with_0_unless_strict(tmp_path: Path) -> None:
    make_site(tmp_path, {"a.md": article()}, 'author = { name = "Ada" }\n')
    assert run("--site", tmp_path).exit_code == 0
    assert run("--site", tmp_path, "--strict").exit_code == 1


def test_an_impossible_check_exits_with_2(tmp_path: Path) -> None:
    for arguments in (("--site", tmp_path), (tmp_path / "none.xml",), ("https://u:p@a.example/",)):
        result = run(*arguments)
        assert result.exit_code == 2
        assert result.stderr.startswith("Error: ")
        assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("format", ["rss", "atom"])
def test_any_feed_is_validated_from_a_file_or_standard_input(format: str) -> None:
    good, bad = FIXTURES / f"{format}-good.xml", FIXTURES / f"{format}-no-self-link.xml"
    assert run(good).exit_code == 0
    assert run("-", stdin=good.read_bytes()).exit_code == 0
    if bad.exists():
        assert run(bad).stdout.startswith(f"{bad}:")


def test_output_to_a_pipe_has_no_colours() -> None:
    result = run("-", stdin=b"<html/>")
    assert result.stdout.startswith("-:1: error: is XML, but not a feed")
    assert "\x1b" not in result.output
