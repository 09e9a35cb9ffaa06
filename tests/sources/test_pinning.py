"""Pinning an id adds one line to a file and changes no other byte."""

import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from feedsvc import html
from feedsvc.errors import ArticleError
from feedsvc.sources import Pinner, pinning
from feedsvc.sources.article import MAX_SIZE
from feedsvc.sources.frontmatter import FrontMatter, split
from feedsvc.sources.pinning import pin
from feedsvc.sources.text import decode
from tests.sites import article, make_site

ID = "tag:news.example.org,2022:2022-02-17:a"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("---\ntitle: A\n---\nB\n", f'---\nid: "{ID}"\ntitle: A\n---\nB\n'),
        ("+++\ntitle = 'A'\n+++\nB\n", f"+++\nid = \"{ID}\"\ntitle = 'A'\n+++\nB\n"),
        ("---\r\ntitle: A\r\n---\r\nB", f'---\r\nid: "{ID}"\r\ntitle: A\r\n---\r\nB'),
        ("---\rtitle: A\r---\rB", f'---\rid: "{ID}"\rtitle: A\r---\rB'),
        ("\ufeff---\ntitle: A\n---\n", f'\ufeff---\nid: "{ID}"\ntitle: A\n---\n'),
        ("\ufeff+++\na = 1\n+++\n", f'\ufeff+++\nid = "{ID}"\na = 1\n+++\n'),
        ("--- \t\ntitle: A\n---\n", f'--- \t\nid: "{ID}"\ntitle: A\n---\n'),
        ("---\n  title: A\n  b: C\n---\n", f'---\n  id: "{ID}"\n  title: A\n  b: C\n---\n'),
        ("---\n# c\n\n  t: A\n---\n", f'---\n  id: "{ID}"\n# c\n\n  t: A\n---\n'),
        ("---\n---\nB", f'---\nid: "{ID}"\n---\nB'),
        ("+++\n[x]\na = nan\n+++\n", f'+++\nid = "{ID}"\n[x]\na = nan\n+++\n'),
    ],
)
def test_an_id_is_inserted_below_the_fence(before: str, after: str) -> None:
    assert pin(before.encode(), ID).decode() == after


@pytest.mark.parametrize(
    ("text", "message_part"),
    [
        ("---\nid:\ntitle: A\n---\n", f'has an `id` without a value; replace it with `id: "{ID}"`'),
        ('+++\nid = ""\n+++\n', f'has an `id` without a value; replace it with `id = "{ID}"`'),
        ("---\n{title: A}\n---\n", f'add `id: "{ID}"` to its front matter'),
        ("---\n- a\n---\n", "has front matter without"),
        ("---\n&a\ntitle: A\n---\n", "to its front matter"),
        ("---\n!!map\ntitle: A\n---\n", "to its front matter"),
        ("---\n--- # c\ntitle: A\n---\n", "to its front matter"),
        ("No front matter.\n", "to its front matter"),
        ("No front matter", "to its front matter"),
        ("---\ntitle: A", "does not end"),
    ],
)
def test_files_that_one_line_cannot_pin_are_refused_with_a_remedy(
    text: str, message_part: str
) -> None:
    with pytest.raises(ArticleError, match=r".") as caught:
        pin(text.encode(), ID)
    assert message_part in caught.value.message
    assert ";" in caught.value.message  # the remedy


@pytest.mark.parametrize(
    ("values", "body", "is_pinned"),
    [
        (lambda text: {"a": ["b"]}, lambda text: "", True),
        (lambda text: {"a": ["b", len(text)]}, lambda text: "", False),
        (lambda text: {"a": {"b": len(text)}}, lambda text: "", False),
        (lambda text: {"a": {str(len(text)): ""}}, lambda text: "", False),
        (lambda text: {"a": ["b"] * len(text)}, lambda text: "", False),
        (lambda text: {"a": ["b"] if len(text) > 30 else ("b",)}, lambda text: "", False),
        (lambda text: {"a": ["b"]}, lambda text: text, False),
    ],
)
def test_a_file_whose_other_values_would_change_is_not_pinned(
    monkeypatch: pytest.MonkeyPatch,
    values: Callable[[str], dict[str, object]],
    body: Callable[[str], str],
    is_pinned: bool,
) -> None:
    """With parsers for which the inserted line changes other values; ours is not known to do so."""

    def read(text: str) -> tuple[FrontMatter, str]:
        pinned = {"id": ID} if ID in text else {}
        return FrontMatter({**pinned, **values(text)}, ""), body(text)

    monkeypatch.setattr(pinning, "split", read)
    try:
        pin(b"---\na: b\n---\n", ID)
    except ArticleError:
        assert not is_pinned
    else:
        assert is_pinned


def test_a_file_that_would_exceed_the_size_limit_is_not_pinned() -> None:
    head = b"---\ntitle: A\n---\n"
    assert len(pin(head.ljust(MAX_SIZE - 60, b"x"), ID)) <= MAX_SIZE
    with pytest.raises(ArticleError):
        pin(head.ljust(MAX_SIZE, b"x"), ID)


def test_front_matter_that_would_exceed_the_depth_limit_is_not_pinned() -> None:
    """Depth is checked only above 2,000 characters; one more line must not make a file invalid."""
    text = f"---\na: {'[' * 60}{']' * 60}\nb: {'x' * 1850}\n---\n"
    split(text)
    with pytest.raises(ArticleError, match="to its front matter"):
        pin(text.encode(), ID)


@pytest.mark.parametrize("count", [20, 3000])
def test_aliases_are_compared_once(count: int) -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, count)]
    start = time.thread_time()
    assert ID.encode() in pin("\n".join(["---", *lines, "---", ""]).encode(), ID)
    assert time.thread_time() - start < 5  # exponential time would take forever


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)
KEYS = st.text("abcdefghijklm", min_size=1, max_size=5).filter(lambda key: key != "id")
YAML = [
    "{key}: {word}",
    '{key}: "{word}"',
    "{key}: '{word}'  # {word}",
    "{key}: |\n  {word}\n   {word}\n\n  {word}",
    "{key}: >-\n    {word}\n    {word}",
    "{key}:\n- {word}\n- id: {word}\n  b: c",
    "{key}:\n    -   {word}",
    "{key}: [a,   {word} , c]",
    "{key}: {{a: b, id: {word}}}",
    "{key}:   &x {word}\nz{key}: *x",
    "{key}:",
    "? {key}\n: {word}",
    "# {word}",
    "   # {word}",
    "",
]
TOML = [
    '{key} = "{word}"',
    "{key}   =   '{word}' # {word}",
    '{key} = """\n{word}\n  {word}"""',
    "{key} = 1979-05-27T07:32:00-08:00",
    "{key} = [ 1,2,\n  3 ] # {word}",
    "  {key} = {{ id = 'x', b.c = true }}",
    "a{key}.id = inf",
    "[{key}]\nid = 'x'",
    "[[{key}]]\nid = -nan",
    "# {word}",
    "",
]
FILES = st.one_of(
    *(
        st.tuples(
            st.just(fence),
            st.lists(st.tuples(st.sampled_from(lines), KEYS, WORDS), max_size=6),
            st.integers(0, 3),
            WORDS,
            st.sampled_from(["\n", "\r\n", "\r"]),
            st.booleans(),
        )
        for fence, lines in (("---", YAML), ("+++", TOML))
    )
)


def text_of(file: tuple[str, list[tuple[str, str, str]], int, str, str, bool]) -> bytes:
    fence, parts, indentation, body, line_end, bom = file
    written = "\n".join(line.format(key=key, word=word) for line, key, word in parts).split("\n")
    indented = [" " * indentation + line for line in written]
    text = "\n".join([fence, *indented, fence, body, ""]).replace("\n", line_end)
    return (b"\xef\xbb\xbf" if bom else b"") + text.encode()


@given(FILES)
@example(("---", [(YAML[0], "title", "A")], 2, "Body.", "\r\n", True))
@example(("+++", [(TOML[0], "title", "A")], 0, "Body.", "\r", False))
def test_every_other_byte_is_preserved(
    file: tuple[str, list[tuple[str, str, str]], int, str, str, bool],
) -> None:
    before = text_of(file)
    try:
        front, body = split(html.xml_safe(decode(before)))
    except ArticleError:
        assume(False)
    try:
        after = pin(before, ID)
    except ArticleError as error:
        assert error.code == "not-pinned"  # noqa: PT017 - else the rest is asserted
        return
    now, rest = split(html.xml_safe(decode(after)))
    assert repr(dict(now.values)) == repr({"id": ID, **front.values})
    assert rest == body
    added = after.index(ID.encode())
    start = max(after.rfind(b"\n", 0, added), after.rfind(b"\r", 0, added)) + 1
    removed = after[start:].splitlines(keepends=True)[0]
    assert removed.strip() in {f'id: "{ID}"'.encode(), f'id = "{ID}"'.encode()}
    assert after[:start] + after[start + len(removed) :] == before


@given(st.binary(max_size=200), st.sampled_from([b"", b"---\n", b"+++\n"]))
def test_any_bytes_are_pinned_or_refused(content: bytes, fence: bytes) -> None:
    whole = fence + content + fence
    with suppress(ArticleError):
        assert len(pin(whole, ID)) > len(whole)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return tmp_path / "content"


@pytest.fixture
def attempt(tmp_path: Path) -> Callable[..., str]:
    """A function that pins ID in one of several articles and returns the message, if any."""
    settings = make_site(tmp_path, {"a.md": article()})

    def attempt(path: str, *others: str, known: bool = True) -> str:
        problem = Pinner(settings, [path, *others]).pin(path, ID, lambda _: known)
        return str(problem) if problem else ""

    return attempt


def test_a_file_keeps_its_mode(content: Path, attempt: Callable[..., str]) -> None:
    (content / "a.md").chmod(0o640)
    assert attempt("a.md") == ""
    assert (content / "a.md").read_text() == article().replace("---\n", f'---\nid: "{ID}"\n', 1)
    assert stat.S_IMODE((content / "a.md").stat().st_mode) == 0o640
    assert [each.name for each in content.iterdir()] == ["a.md"]


def test_a_symlink_within_the_content_folder_is_followed_and_kept(
    content: Path, attempt: Callable[..., str]
) -> None:
    (content / "sub").mkdir()
    (content / "sub" / "link.md").symlink_to("../a.md")
    assert attempt("sub/link.md") == ""
    assert (content / "sub" / "link.md").is_symlink()
    assert ID in (content / "a.md").read_text()


def test_a_symlink_out_of_the_content_folder_is_not_followed(
    content: Path, tmp_path: Path, attempt: Callable[..., str]
) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text(article())
    (content / "link.md").symlink_to(outside)
    assert "leaves the content folder; copy" in attempt("link.md")
    assert outside.read_text() == article()


def test_a_file_shared_by_two_articles_is_not_pinned(
    content: Path, attempt: Callable[..., str]
) -> None:
    (content / "b.md").symlink_to("a.md")
    for path, other in (("a.md", "b.md"), ("b.md", "a.md")):
        assert "is the same file as another article; copy it" in attempt(path, other)
    assert (content / "a.md").read_text() == article()


def test_a_file_that_is_now_another_article_is_not_pinned(
    content: Path, attempt: Callable[..., str]
) -> None:
    message = attempt("a.md", known=False)
    assert message == (
        "content/a.md: warning: has changed; run `feedsvc sync`, then this command again "
        "[not-pinned]"
    )
    assert (content / "a.md").read_text() == article()


@pytest.mark.parametrize("broken", ["---\ntitle: [\n---\n", "", "Text."])
def test_a_file_that_is_no_longer_an_article_is_not_pinned(
    content: Path, attempt: Callable[..., str], broken: str
) -> None:
    (content / "a.md").write_text(broken)
    assert "has changed" in attempt("a.md")
    assert (content / "a.md").read_text() == broken


def test_a_deleted_file_is_reported(content: Path, attempt: Callable[..., str]) -> None:
    (content / "a.md").unlink()
    assert "no longer exists; run `feedsvc sync` first" in attempt("a.md")
    assert list(content.iterdir()) == []


def test_a_file_saved_during_pinning_is_not_overwritten(
    content: Path, attempt: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def pin_late(before: bytes, entry_id: str) -> bytes:
        (content / "a.md").write_text(article(title="Saved meanwhile"))
        return pin(before, entry_id)

    monkeypatch.setattr(pinning, "pin", pin_late)
    assert "was saved just now; run this command again" in attempt("a.md")
    assert (content / "a.md").read_text() == article(title="Saved meanwhile")
    assert [each.name for each in content.iterdir()] == ["a.md"]


@pytest.mark.parametrize("fails", ["replace", "fsync", "fchmod"])
def test_a_failed_write_leaves_the_file_and_no_temporary_file(
    content: Path, attempt: Callable[..., str], monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, fails, fail)
    assert "cannot be written: No space left on device; " in attempt("a.md")
    assert (content / "a.md").read_text() == article()
    assert [each.name for each in content.iterdir()] == ["a.md"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_keeps_its_owner(content: Path, attempt: Callable[..., str]) -> None:
    os.chown(content / "a.md", 12345, 23456)
    assert attempt("a.md") == ""
    found = (content / "a.md").stat()
    assert (found.st_uid, found.st_gid) == (12345, 23456)
