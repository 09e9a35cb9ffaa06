"""Problems in the form that editors can jump to and terminals can show."""

from hypothesis import given
from hypothesis import strategies as st

from feedsvc.errors import Problem, Severity


def test_a_problem_is_one_line_that_editors_can_jump_to() -> None:
    problem = Problem("content/a.md", 3, "bad-date", "`published` has no year")
    assert str(problem) == "content/a.md:3: error: `published` has no year [bad-date]"


def test_a_problem_without_a_line_names_the_file_alone() -> None:
    problem = Problem("content/a.md", 0, "unreadable", "cannot be read")
    assert str(problem) == "content/a.md: error: cannot be read [unreadable]"


def test_a_problem_is_an_error_unless_it_says_otherwise() -> None:
    assert Problem("a.md", 1, "bad-date", "m").severity is Severity.ERROR
    told = str(Problem("a.md", 1, "unknown-key", "m", Severity.WARNING))
    assert told == "a.md:1: warning: m [unknown-key]"


def test_problems_sort_by_place() -> None:
    places = [("b.md", 1), ("a.md", 10), ("a.md", 9)]
    problems = sorted(Problem(path, line, "empty", "m") for path, line in places)
    assert [(each.path, each.line) for each in problems] == [("a.md", 9), ("a.md", 10), ("b.md", 1)]


@given(st.text(st.characters()), st.text(st.characters()))
def test_whatever_a_problem_quotes_it_stays_one_line_that_can_be_printed(
    path: str, message: str
) -> None:
    """Line ends, escape sequences for terminals, and file names that are not UTF-8."""
    text = str(Problem(path, 1, "unknown-key", message))
    assert text.isprintable()
    assert text.encode().decode() == text


def test_letters_of_any_script_are_shown_as_they_are() -> None:
    text = str(Problem("content/été.md", 1, "unknown-key", "`日本語` is no key 📡"))
    assert text == "content/été.md:1: error: `日本語` is no key 📡 [unknown-key]"
