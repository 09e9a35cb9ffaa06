"""Problems are grouped by cause, counted, and coloured only on a terminal."""

import os
import pty
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc import plugins
from feedsvc.cli import GROUP, main, problems
from feedsvc.errors import Problem, Severity
from tests.sites import article, make_site
from tests.soak import examples

COMMANDS = set(plugins.names(GROUP))


def printed(found: list[Problem], capsys: pytest.CaptureFixture[str], verbose: bool = False) -> str:
    problems.show_problems(found, verbose)
    return capsys.readouterr().err


def test_equal_problems_are_printed_once_with_three_files(
    capsys: pytest.CaptureFixture[str],
) -> None:
    message = "`date` is not a key here; write `published`"
    found = [
        Problem(f"content/{n}.md", 3, "unknown-key", message, Severity.WARNING) for n in range(4000)
    ]
    assert printed(found, capsys).splitlines() == [
        f"warning: {message} [unknown-key] (4,000 times)",
        "  content/0.md:3",
        "  content/1.md:3",
        "  content/2.md:3",
        "  and 3,997 more",
        "4,000 warnings.",
    ]


def test_problems_are_grouped_across_values_but_not_across_keys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = [
        Problem("a.md", 1, "bad-date", "'03/04/22' can mean 2022-03-04 or 2022-04-03"),
        Problem("b.md", 1, "bad-date", "'05/06/22' can mean 2022-05-06 or 2022-06-05"),
        Problem("c.md", 1, "unknown-key", "`sluug` is not a key", Severity.WARNING),
        Problem("d.md", 0, "unknown-key", "`titel` is not a key", Severity.WARNING),
    ]
    assert printed(found, capsys).splitlines() == [
        "error: '03/04/22' can mean 2022-03-04 or 2022-04-03 [bad-date] (2 times)",
        "  a.md:1",
        "  b.md:1",
        "c.md:1: warning: `sluug` is not a key [unknown-key]",
        "d.md: warning: `titel` is not a key [unknown-key]",
        "2 errors, 2 warnings.",
    ]


def test_examples_are_from_different_files_if_possible(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = [
        Problem(path, line, "x", "m") for path, line in [("a", 1), ("a", 2), ("b", 1), ("a", 3)]
    ]
    assert printed(found, capsys).splitlines()[1:5] == ["  a:1", "  b:1", "  a:2", "  and 1 more"]


def test_errors_come_first_and_nothing_is_printed_without_problems(
    capsys: pytest.CaptureFixture[str],
) -> None:
    note = Problem("a", 1, "x", "m", Severity.NOTE)
    assert (
        printed([note, Problem("b", 2, "y", "n")], capsys).splitlines()[0].startswith("b:2: error")
    )
    assert printed([], capsys) == ""


@settings(max_examples=examples(10))
@given(
    st.lists(
        st.builds(
            Problem,
            st.sampled_from(["a.md", "b.md", "c\n.md"]),
            st.integers(0, 3),
            st.sampled_from(["x", "y"]),
            st.text(max_size=8) | st.sampled_from(["'a' b", "'c' b", "7 b"]),
            st.sampled_from(Severity),
        ),
        max_size=12,
    )
)
def test_the_counts_add_up(found: list[Problem]) -> None:
    lines = list(problems._grouped(found))
    counted = sum(
        int(line.rpartition("(")[2].split()[0]) if line.endswith(" times)") else 1
        for line in lines
        if not line.startswith("  ")
    )
    assert counted == len(found)
    assert len(list(problems._all(found))) == len(found)
    totals = Counter(str(problem.severity) for problem in found)
    for severity, number in totals.items():
        assert problems.count(number, severity) in problems.summary(found)


@pytest.mark.parametrize("command", sorted({"sync", "check", "build"} & COMMANDS))
def test_only_errors_fail_and_verbose_lists_all(tmp_path: Path, command: str) -> None:
    texts = [article(f"Well {n}", sluug="x", body=f"Text {n}.") for n in range(5)]
    files: dict[str, str | bytes] = {f"{n}.md": text for n, text in enumerate(texts)}
    site = make_site(tmp_path / "site", files, 'subtitle = "N"\nauthor = { name = "Ada" }\n').site
    arguments = [command, "--site", str(site), *([str(tmp_path / "out")] * (command == "build"))]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0
    assert "[unknown-key] (5 times)" in result.output
    assert "  and 2 more" in result.output
    assert "5 warnings" in result.stderr
    result = CliRunner().invoke(main, [*arguments, "--verbose"])
    assert result.output.count("content/") == 5
    (site / "content" / "bad.md").write_text("---\ntitle: T\npublished: soon\n---\nx")
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert "1 error, 5 warnings" in result.stderr


@pytest.mark.parametrize("no_color", ["", "1"])
def test_a_terminal_gets_colours_unless_no_color_is_set(no_color: str) -> None:
    code = (
        "from feedsvc.cli.problems import show_problems\n"
        "from feedsvc.errors import Problem\n"
        "show_problems([Problem('a.md', 1, 'x', 'm')], False)"
    )
    ours, theirs = pty.openpty()
    environment = os.environ | {"NO_COLOR": no_color}
    subprocess.run([sys.executable, "-c", code], stderr=theirs, env=environment, check=True)
    os.close(theirs)
    text = os.read(ours, 10_000)
    os.close(ours)
    assert (b"\x1b[31m" in text) == (not no_color)
