"""`feedsvc ids`."""

from pathlib import Path

import pytest
import rich.console

from tests.cli.test_commands import publish, run
from tests.sites import article, make_site

AUTHORITY = "tag:news.example.org,2022"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    files = {
        "minted.md": article(title="Minted"),
        "pinned.md": article(title="Pinned", id="urn:x:pinned"),
        "draft.md": article(title="Draft", draft=True),
        "flow.md": "---\n{title: Flow, published: 2022-02-17}\n---\nText.\n",
    }
    make_site(tmp_path, files)
    assert run("sync", "--site", tmp_path).exit_code == 0
    publish(tmp_path)
    return tmp_path


def test_each_article_is_a_line_with_its_id_and_status(site: Path) -> None:
    result = run("ids", "--site", site)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"content/draft.md\t{AUTHORITY}:2022-02-17:draft\tprovisional",
        f"content/flow.md\t{AUTHORITY}:2022-02-17:flow\tminted",
        f"content/minted.md\t{AUTHORITY}:2022-02-17:minted\tminted",
        "content/pinned.md\turn:x:pinned\tpinned",
    ]


def test_a_terminal_gets_a_table(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rich.console.Console, "is_terminal", True)
    result = run("ids", "--site", site, COLUMNS="120")
    assert "Article" in result.stdout
    assert "\t" not in result.stdout
    assert "urn:x:pinned" in result.stdout


def test_control_characters_in_names_are_escaped(tmp_path: Path) -> None:
    make_site(tmp_path, {"a\tb\nc\x1b.md": article()})
    run("sync", "--site", tmp_path)
    assert run("ids", "--site", tmp_path).stdout == (
        f"content/a\\tb\\nc\\x1b.md\t{AUTHORITY}:2022-02-17:a-b-c\tprovisional\n"
    )


def test_files_are_not_changed_without_write(site: Path) -> None:
    content = site / "content"
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in content.iterdir()}
    run("ids", "--site", site)
    assert before == {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in content.iterdir()
    }


def test_write_pins_ids_and_reports_files_that_it_cannot_change(site: Path) -> None:
    content = site / "content"
    before = {path.name: path.read_text() for path in content.iterdir()}
    result = run("ids", "--site", site, "--write")
    assert result.exit_code == 1
    id_line = f'id: "{AUTHORITY}:2022-02-17:flow"'
    assert result.stderr == (
        "content/flow.md: warning: cannot have its id on a line of its own; "
        f"add `{id_line}` to its front matter [not-pinned]\n"
        "1 warning.\n"
    )
    pinned, synced = result.stdout.splitlines()
    assert pinned == "1 pinned, 1 left as they are."
    assert synced.endswith(": nothing changed for readers.")
    line = f'---\nid: "{AUTHORITY}:2022-02-17:minted"\n'
    after = {path.name: path.read_text() for path in content.iterdir()}
    assert after == before | {"minted.md": before["minted.md"].replace("---\n", line, 1)}
    listed = run("ids", "--site", site).stdout
    assert "minted.md\ttag:news.example.org,2022:2022-02-17:minted\tpinned\n" in listed


def test_write_is_idempotent(site: Path) -> None:
    (site / "content" / "flow.md").unlink()
    run("sync", "--site", site)
    assert run("ids", "--site", site, "--write").exit_code == 0
    again = run("ids", "--site", site, "--write")
    assert (again.exit_code, again.stdout) == (0, "0 pinned, 0 left as they are.\n")


@pytest.mark.parametrize("answer", ["y\n", "n\n"])
def test_reset_prints_how_many_ids_change_and_asks_for_confirmation(
    site: Path, answer: str
) -> None:
    authority = "other.example.org,2020"
    result = run("ids", "--site", site, "--reset", answer=answer, FEEDSVC_ID_AUTHORITY=authority)
    assert "2 published articles would get another id; feed readers will show" in result.stdout
    accepted = answer == "y\n"
    assert result.exit_code == (0 if accepted else 1)
    expected = f"tag:{authority}" if accepted else AUTHORITY
    listed = run("ids", "--site", site).stdout
    assert f"content/minted.md\t{expected}:2022-02-17:minted\tminted\n" in listed
    assert "content/pinned.md\turn:x:pinned\tpinned\n" in listed


def test_reset_with_yes_does_not_ask(site: Path) -> None:
    result = run(
        "ids", "--site", site, "--reset", "--yes", FEEDSVC_ID_AUTHORITY="other.example.org,2020"
    )
    assert result.exit_code == 0
    assert result.stdout.startswith("4 articles, 4 read: 0 new, 2 edited, 0 withdrawn; ")


def test_reset_says_if_no_id_changes(site: Path) -> None:
    result = run("ids", "--site", site, "--reset")
    assert result.stdout.splitlines()[0] == "No id would change that readers may know."


@pytest.mark.parametrize("options", [("--reset", "--write"), ("--yes",)])
def test_conflicting_options_are_rejected(site: Path, options: tuple[str, ...]) -> None:
    assert run("ids", "--site", site, *options).exit_code == 2
