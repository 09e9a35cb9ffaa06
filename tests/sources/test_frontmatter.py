"""Front matter is parsed exactly, errors name the right line, and hostile input is harmless."""

import itertools
import time
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.errors import ArticleError
from feedsvc.sources.frontmatter import FrontMatter, split


def refused(text: str) -> ArticleError:
    with pytest.raises(ArticleError) as caught:
        split(text)
    assert caught.value.code == "bad-front-matter"
    return caught.value


def test_yaml_is_enclosed_in_dashes() -> None:
    front, body = split("---\ntitle: A\ntags: [b, c]\n---\nBody.\n")
    assert front.values == {"title": "A", "tags": ["b", "c"]}
    assert body == "\nBody.\n"


def test_toml_is_enclosed_in_pluses() -> None:
    front, body = split('+++\ntitle = "A"\npublished = 2022-02-17\ndraft = true\n+++\nBody.')
    assert front.values == {"title": "A", "published": date(2022, 2, 17), "draft": True}
    assert body == "\nBody."


@pytest.mark.parametrize(
    "text", ["", "Body.", "# A\n---\na: b\n---\n", " ---\na: b\n---\n", "----\na\n"]
)
def test_front_matter_is_optional(text: str) -> None:
    assert split(text) == (FrontMatter({}, ""), text)


@pytest.mark.parametrize("text", ["---\n---\n", "---\n\n# none\n---\n", "+++\n+++\n"])
def test_front_matter_may_be_empty(text: str) -> None:
    front, body = split(text)
    assert (front.values, body) == ({}, "\n")


def test_fences_may_have_trailing_spaces() -> None:
    assert split("---  \na: b\n--- \t\nBody.") == (FrontMatter({"a": "b"}, "a: b\n"), "\nBody.")


def test_dashes_in_the_body_belong_to_the_body() -> None:
    _, body = split("---\na: b\n---\nOne\n\n---\n\nTwo\n+++\n")
    assert body == "\nOne\n\n---\n\nTwo\n+++\n"


@pytest.mark.parametrize(
    "inner", ['a: "b --- c"', "a: b ---", "a: |\n  ---\n  b", "a: ---b", "a: +++"]
)
def test_only_a_fence_on_its_own_line_ends_front_matter(inner: str) -> None:
    assert split(f"---\n{inner}\n---\nBody.")[1] == "\nBody."


@pytest.mark.parametrize(
    "written",
    [
        "12:30",
        "no",
        "1.10",
        "0777",
        "1e3",
        "null",
        "~",
        "2022-02-17",
        "0x1F",
        "on",
        ".inf",
        "1_000",
    ],
)
def test_yaml_scalars_are_kept_as_text(written: str) -> None:
    """Conformance 51: 12:30 is not 750."""
    assert split(f"---\na: {written}\n---\n")[0].values == {"a": written}


def test_toml_keeps_its_types() -> None:
    """Conformance 51."""
    front, _ = split("+++\na = 2022-02-17T09:30:00\nb = 1.5\nc = 12:30:00\n+++\n")
    assert front.values["a"] == datetime(2022, 2, 17, 9, 30)  # noqa: DTZ001
    assert front.values["b"] == 1.5


@pytest.mark.parametrize(
    ("text", "line", "message_part"),
    [
        ("---\na: b\n", 1, "does not end; close it with a line ---"),
        ("+++\na = 1\n", 1, "does not end; close it with a line +++"),
        ("---", 1, "does not end"),
        ("---\na: b\n ---\n", 1, "does not end"),
        ("---\na: b\nc: d: e\n---\n", 3, "put quotes around texts"),
        ("---\na: b\nc: [d\ne: f\n---\n", 4, "put quotes around texts"),
        ("---\na: b\n\tc: d\n---\n", 3, "is not YAML"),
        ("---\na: *b\n---\n", 2, "is not YAML"),
        ("---\na: &b [*b]\n---\n", 2, "is nested too deeply"),
        ("---\na: @b\n---\n", 2, "is not YAML"),
        ('---\na: b\nc: "\\ud83d\\ude00"\n---\n', 3, "is not YAML"),
        ("---\na: b\nc: d\x7f\n---\n", 3, "control character U+007F; delete it"),
        ("---\na: b\nc: dé\x84\n---\n", 3, "control character U+0084; delete it"),
        ("---\n- a\n---\n", 2, "without `key: value` lines"),
        ("---\nhello\n---\n", 2, "without `key: value` lines"),
        ("---\n[a, b]: c\n---\n", 2, "a key that is not a text; write `key: value`"),
        ("---\na: b\n? - c\n: d\n---\n", 3, "a key that is not a text"),
        ("---\na:\n  b: c\n  {d: e}: f\n---\n", 4, "a key that is not a text"),
        ("---\na: &b {c: *b}\n---\n", 2, "is nested too deeply; make it flatter"),
        ("---\na: &b\n- c: [*b]\n---\n", 2, "is nested too deeply"),
        ("---\na: &b [*b, *b]\n---\n", 2, "is nested too deeply"),
        ("+++\na = 1\nb = c\n+++\n", 3, "is not TOML"),
        ("+++\na = 1\nb = 2\na = 3\n+++\n", 4, "is not TOML"),
        ("+++\na = 2022-02-30\n+++\n", 2, "is not TOML"),
        ("+++\ntitle: A\n+++\n", 2, "is not TOML"),
        (f"+++\na = {'1' * 5000}\n+++\n", 2, "is not TOML"),
    ],
)
def test_invalid_front_matter_is_refused_with_its_line(
    text: str, line: int, message_part: str
) -> None:
    error = refused(text)
    assert error.line == line
    assert message_part in error.message
    assert ";" in error.message  # the remedy


@pytest.mark.parametrize(
    ("text", "line", "key", "values"),
    [
        ("---\na: b\nc: d\na: e\n---\n", 4, "a", {"a": "e", "c": "d"}),
        ("---\na: b\nc:\n  d: 1\n  d: 2\n---\n", 5, "d", {"a": "b", "c": {"d": "2"}}),
        ('---\na: b\nc: |\n  d\n  e\n"a": f\n---\n', 6, "a", {"a": "f", "c": "d\ne\n"}),
        ("---\na:\n- c: 2\n  d: 3\n  c: 4\n---\n", 5, "c", {"a": [{"c": "4", "d": "3"}]}),
        ("---\na: {b: 1,\n  c: 2,\n  b: 3}\n---\n", 4, "b", {"a": {"b": "3", "c": "2"}}),
        ("---\na: &b c\n*b : d\nc: e\n---\n", 4, "c", {"a": "c", "c": "e"}),
    ],
)
def test_the_last_of_duplicate_keys_is_used_with_a_warning(
    text: str, line: int, key: str, values: dict[str, object]
) -> None:
    """As most readers of YAML do."""
    front, _ = split(text)
    assert front.values == values
    (warning,) = front.warnings
    assert (warning.line, warning.severity) == (line, "warning")
    assert warning.message == f"the key `{key}` occurs twice, and the last is used; remove one"


@pytest.mark.parametrize(
    "text",
    [
        "---yaml\na: b\nc: d\n---\n",
        '---toml\na = "b"\nc = "d"\n---\n',
        '---json\n{"a": "b", "c": "d"}\n---\n',
        "---js\n{ a: 'b',\n  c: \"d\",\n}\n---\n",
        "--- JavaScript \n{ a: 'b', c: 'd' }\n---\n",
    ],
)
def test_the_fence_may_name_the_language(text: str) -> None:
    front, body = split(f"{text}Body.")
    assert (front.values, front.warnings, body) == ({"a": "b", "c": "d"}, (), "\nBody.")


@pytest.mark.parametrize("inner", ["{ a: `b` }", "{ a() { return 1 } }", "const a = [;", "[1, 2]"])
def test_javascript_is_not_run(inner: str) -> None:
    front, body = split(f"---js\n{inner}\n---\nBody.")
    assert (front.values, body) == ({}, "\nBody.")
    assert [(each.code, each.severity) for each in front.warnings] == [("left-out", "warning")]


@pytest.mark.parametrize(
    ("inner", "values"),
    [
        ("a: &x b\nc: *x\nd: *x", {"a": "b", "c": "b", "d": "b"}),
        (
            "a: &x [b, c]\nd: *x\ne: [*x, *x]",
            {"a": ["b", "c"], "d": ["b", "c"], "e": [["b", "c"]] * 2},
        ),
        ("a: &x {b: c}\nd: [*x, *x]", {"a": {"b": "c"}, "d": [{"b": "c"}, {"b": "c"}]}),
        ("a: &x b\n*x : c", {"a": "b", "b": "c"}),
        ("a: &x {b: c}\nd:\n  <<: *x", {"a": {"b": "c"}, "d": {"<<": {"b": "c"}}}),
    ],
)
def test_an_alias_stands_for_its_anchor_each_time(inner: str, values: dict[str, object]) -> None:
    assert split(f"---\n{inner}\n---\n")[0].values == values


def test_aliases_of_aliases_are_harmless() -> None:
    names = "abcdefghijklmnopqrst"
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in itertools.pairwise(names)]
    start = time.thread_time()
    front, _ = split("\n".join(["---", *lines, "---", ""]))
    assert len(front.values) == len(names)
    assert time.thread_time() - start < 1


@pytest.mark.parametrize("count", [3000, 100_000])
@pytest.mark.parametrize("bracket", ["[", "{a: ", "- ", "? ", "[{a: "])
def test_deep_nesting_is_refused_before_the_stack_overflows(bracket: str, count: int) -> None:
    start = time.thread_time()
    error = refused(f"---\na:\n {bracket * count}\n---\n")
    assert "is nested too deeply; make it flatter" in error.message
    assert time.thread_time() - start < 1


def test_deep_nesting_in_toml_is_refused() -> None:
    assert "is nested too deeply" in refused(f"+++\na = {'[' * 5000}\n+++\n").message


def test_long_front_matter_is_read() -> None:
    tags = [f"tag {number}" for number in range(5000)]
    front, _ = split("\n".join(["---", "a: b", "tags:", *(f"- {tag}" for tag in tags), "---", ""]))
    assert front.values == {"a": "b", "tags": tags}


@pytest.mark.parametrize(
    ("key", "line"),
    [("title", 2), ("tags", 4), ("my key", 6), ("slug", 7), ("absent", 1), ("b", 1)],
)
def test_the_line_of_a_key_is_counted_from_the_start_of_the_file(key: str, line: int) -> None:
    front, _ = split("---\ntitle: a b\n\ntags:\n- b\n'my key': 1\nslug : x\n---\nabsent: 1\n")
    assert front.line(key) == line


def test_the_line_of_a_key_is_found_in_toml() -> None:
    front, _ = split('+++\ntitle = "A"\n"my key" = 1\n+++\n')
    assert [front.line("title"), front.line("my key")] == [2, 3]


@given(st.text(), st.sampled_from(["---", "+++"]))
def test_any_text_is_split_or_refused_with_a_valid_line(text: str, fence: str) -> None:
    for odd in (text, f"{fence}\n{text}", f"{fence}\n{text}\n{fence}\nBody."):
        try:
            front, body = split(odd)
        except ArticleError as error:
            assert 1 <= error.line <= odd.count("\n") + 1  # noqa: PT017 - either is right
        else:
            assert odd.endswith(body)
            assert isinstance(front.values, dict)
