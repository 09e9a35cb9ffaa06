"""`feedsvc import` on the command line."""

from pathlib import Path

import pytest

from tests.cli.test_commands import run
from tests.sites import make_site

SOURCES = Path(__file__).parent.parent / "importers" / "sources"


def test_import_reports_what_it_wrote_and_sync_finds_no_problems(tmp_path: Path) -> None:
    make_site(tmp_path)
    made = run("import", "--site", tmp_path, SOURCES / "wordpress.xml")
    assert made.exit_code == 0
    assert made.stdout == (
        "4 articles written (1 draft); 6 left out (1 attachment, 1 nav_menu_item, 1 page, "
        "1 private, 1 trash, 1 with a password).\n"
    )
    problem, total = made.stderr.splitlines()
    assert total == "1 warning."
    assert problem.startswith(f"{SOURCES}/wordpress.xml:")
    assert problem.endswith("[shortcode]")
    synced = run("sync", "--site", tmp_path)
    assert (synced.exit_code, synced.stderr) == (0, "")
    again = run("import", "--site", tmp_path, SOURCES / "wordpress.xml")
    assert (again.exit_code, again.stderr) == (0, "")
    assert again.stdout.startswith("0 articles written; 4 already there; 6 left out")
    assert "nothing changed for readers." in run("sync", "--site", tmp_path).stdout


def test_options_supply_missing_values_of_a_text(tmp_path: Path) -> None:
    make_site(tmp_path)
    text = tmp_path / "a.txt"
    text.write_text("Title\n\nText.\n", encoding="utf-8")
    options = ["--date", "2022-02-17", "--category", "A", "--category", "B", "--language", "fr"]
    made = run("import", "--site", tmp_path, "--into", "old/texts", *options, text)
    assert (made.exit_code, made.stdout) == (0, "1 article written.\n")
    written = (tmp_path / "content" / "old" / "texts" / "title.md").read_text(encoding="utf-8")
    assert "published: 2022-02-17 00:00:00+01:00\n" in written
    assert "categories:\n- A\n- B\n" in written
    assert "language: fr\n" in written


def test_old_urls_are_kept_on_request(tmp_path: Path) -> None:
    make_site(tmp_path)
    run("import", "--site", tmp_path, "--keep-links", SOURCES / "hugo.xml")
    written = (tmp_path / "content" / "2022" / "static.html").read_text(encoding="utf-8")
    assert "link: https://hugo.example/posts/static/\n" in written


def test_the_format_may_be_given(tmp_path: Path) -> None:
    make_site(tmp_path)
    source = tmp_path / "2022-02-17.txt"
    source.write_text("{A title in braces}\n\nText.\n", encoding="utf-8")
    assert run("import", "--site", tmp_path, source).stderr.endswith("[broken-json]\n1 error.\n")
    made = run("import", "--site", tmp_path, "--as", "text", source)
    assert (made.exit_code, made.stdout) == (0, "1 article written.\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--date", "February 17"], "has no year"),
        (["--language", "English!"], "is not a language tag"),
        (["--as", "mail"], "is not one of"),
        (["--into", "../x"], "name one below content/"),
    ],
)
def test_invalid_options_are_reported_in_one_message(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    make_site(tmp_path)
    result = run("import", "--site", tmp_path, *arguments, SOURCES / "hugo.xml")
    assert result.exit_code in {1, 2}
    assert message in result.stderr
    assert not any((tmp_path / "content").iterdir())


def test_a_missing_source_is_reported(tmp_path: Path) -> None:
    make_site(tmp_path)
    result = run("import", "--site", tmp_path, tmp_path / "none.xml")
    assert result.exit_code == 2
    assert "does not exist" in result.stderr
