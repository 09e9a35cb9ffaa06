"""The printed form of Problems, for editors and terminals."""

from hypothesis import given
from hypothesis import strategies as st

from feedsvc.errors import Problem, Severity


def test_a_problem_is_one_line_with_path_and_line_number() -> None:
    problem = Problem("content/a.md", 3, "bad-date", "`published` has no year")
    assert str(problem) == "content/a.md:3: error: `published` has no year [bad-date]"


def test_a_problem_without_a_line_number_names_only_the_file() -> None:
    problem = Problem("content/a.md", 0, "unreadable", "cannot be read")
    assert str(problem) == "content/a.md: error: cannot be read [unreadable]"


def test_a_problem_is_an_error_by_default() -> None:
    assert Problem("a.md", 1, "bad-date", "m").severity is Severity.ERROR
    printed = str(Problem("a.md", 1, "unknown-key", "m", Severity.WARNING))
    assert printed == "a.md:1: warning: m [unknown-key]"


def test_problems_are_sorted_by_path_and_line() -> None:
    places = [("b.md", 1), ("a.md", 10), ("a.md", 9)]
    problems = sorted(Problem(path, line, "empty", "m") for path, line in places)
    assert [(each.path, each.line) for each in problems] == [("a.md", 9), ("a.md", 10), ("b.md", 1)]


@given(st.text(st.characters()), st.text(st.characters()))
def test_a_problem_with_any_text_is_one_printable_line(path: str, message: str) -> None:
    """Including line ends, escape sequences and file names that are not UTF-8."""
    text = str(Problem(path, 1, "unknown-key", message))
    assert text.isprintable()
    assert text.encode().decode() == text


def test_letters_of_any_script_are_printed_unchanged() -> None:
    text = str(Problem("content/été.md", 1, "unknown-key", "`日本語` is no key 📡"))
    assert text == "content/été.md:1: error: `日本語` is no key 📡 [unknown-key]"
