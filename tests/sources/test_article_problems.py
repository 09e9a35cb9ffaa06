"""Mistakes in a file result in Problems that name the remedy."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc import html
from feedsvc.errors import Severity
from feedsvc.model import Article
from feedsvc.sources import ArticleReader, scan
from feedsvc.sources.article import KEYS, MAX_SIZE
from tests.sites import article, make_site
from tests.sources.reading import many_per_folder, published_article, read, refused, warned

# Common mistakes: the file, the reported line, the code and the remedy.
BAD: dict[str, tuple[str | bytes, int, str, str]] = {
    "empty": (b"", 0, "empty", "write the article or remove the file"),
    "white space": (b" \r\n\t\n", 0, "empty", "write the article"),
    "byte order mark alone": (b"\xef\xbb\xbf\n", 0, "empty", "write the article"),
    "latin 1": (b"---\ntitle: A\n---\ncaf\xe9\n", 4, "not-utf8", "save it as UTF-8"),
    "utf 16": ("---\ntitle: é".encode("utf-16"), 1, "not-utf8", "save it as UTF-8"),
    "utf 8 surrogate": (b"a\n\xed\xa0\x80", 2, "not-utf8", "save it as UTF-8"),
    "binary": (bytes(range(256)), 2, "not-utf8", "save it as UTF-8"),
    "broken yaml": ("---\ntitle: A: B\n---\n", 2, "bad-front-matter", "put quotes around"),
    "broken toml": ("+++\na = 1\ntitle = A\n+++\n", 3, "bad-front-matter", "put texts in quotes"),
    "unclosed": ("---\ntitle: A\n", 1, "bad-front-matter", "close it with a line ---"),
    "list": ("---\n- title\n---\n", 2, "bad-front-matter", "`key: value` lines"),
    "no title": (article(title=None), 1, "missing-title", "add `title: ...` or begin"),
    "blank title": (article(title=" "), 1, "missing-title", "add `title: ...`"),
    "blank date": (article(published=""), 1, "missing-date", "write one, as `published: 2022-02-"),
    "misspelt date": (
        article(published=None, publised="2022-02-17"),
        1,
        "missing-date",
        "did you mean `published` by `publised`?",
    ),
    "time alone": ("---\ntitle: A\npublished: 12:30\n---\n", 3, "bad-date", "write it as"),
    "toml time": ("+++\npublished = 12:30:00\n+++\n", 2, "bad-date", "a time without a date"),
    "flag as date": ("+++\npublished = true\n+++\n", 2, "bad-date", "write it as"),
    "number as date": ("+++\npublished = 750\n+++\n", 2, "bad-date", "write it as"),
    "list as date": ("---\npublished: [2022-02-17]\n---\n", 2, "bad-date", "write it as"),
    "no year": (article(published="February 17"), 3, "bad-date", "has no year"),
    "two readings": (article(published="03/04/2022"), 3, "bad-date", "2022-03-04 or 2022-04-03"),
    "no such day": (article(published="2022-02-30"), 3, "bad-date", "does not exist"),
    "unknown zone": (article(published="2022-02-17 09:30 EST"), 3, "bad-date", "timezones"),
    "bad update": (article(updated="soon"), 4, "bad-date", "`updated` 'soon'"),
    "bad expiry": (article(expires="never"), 4, "bad-date", "`expires` 'never'"),
    "expires first": (article(expires="2022-02-17"), 4, "bad-date", "not after `published`"),
    "expires at once": (article(expires="2022-02-17 09:30"), 4, "bad-date", "correct one of them"),
    "slug of dots": (article(slug=".."), 4, "bad-slug", "write `slug: some-words`"),
    "list as slug": (article(slug=["a"]), 4, "bad-value", "write it in quotes"),
    "id without scheme": (article(id="my-id"), 4, "bad-id", "`urn:uuid:...`, `tag:...`"),
    "id with spaces": (article(id="tag:a b"), 4, "bad-id", "is not an absolute IRI"),
    "language name": (article(language="English"), 4, "bad-value", "write `en` or `pt-br`"),
    "link to a script": (article(link="javascript:alert(1)"), 4, "bad-url", "write it in full"),
    "link to mail": (article(link="mailto:a@b.example"), 4, "bad-url", "write it in full"),
    "invalid link": (article(link="http://["), 4, "bad-url", "write it in full"),
    "link with a space": (article(link="https://b.example/a b"), 4, "bad-url", "write it in full"),
    "flag": (article(draft="maybe"), 4, "bad-value", "`draft` is `true` or `false`"),
    "flag list": (article(feeds=["no"]), 4, "bad-value", "`feeds` is `true` or `false`"),
    "choice": (article(content="half"), 4, "bad-value", "`full`, `summary`, `none`"),
    "tag of dots": (article(tags=["..."]), 4, "bad-value", "write a word"),
    "table as tag": (article(tags=[{"a": "b"}]), 4, "bad-value", "write it in quotes"),
    "table as title": (article(title={"a": "b"}), 2, "bad-value", "write it in quotes"),
    "flag as title": ("+++\ntitle = true\npublished = 2022-02-17\n+++\n", 2, "bad-value", "quotes"),
    "huge number": (
        f"+++\ntitle = 0x{'f' * 5000}\npublished = 2022-02-17\n+++\n",
        2,
        "bad-value",
        "shorten it",
    ),
    "person's key": (article(authors={"nam": "A"}), 4, "bad-value", "allows only name, email, uri"),
    "person's email": (article(authors={"name": "A", "email": "a"}), 4, "bad-value", "no email"),
    "person's uri": (article(authors={"name": "A", "uri": "javascript:a"}), 4, "bad-url", "full"),
    "person in lists": (article(authors=[["A"]]), 4, "bad-value", "write it in quotes"),
    "no enclosure": (
        article(enclosures="a.mp3"),
        4,
        "missing-file",
        "'a.mp3', which does not",
    ),
    "enclosure's key": (article(enclosures={"href": "a"}), 4, "bad-value", "url, type, length"),
    "enclosure's url": (article(enclosures={"type": "a"}), 4, "bad-value", "without a url"),
    "enclosure's length": (
        article(enclosures={"url": "https://b.example/a", "length": "1 MB"}),
        4,
        "bad-value",
        "no number of bytes",
    ),
    "enclosure's long length": (
        article(enclosures={"url": "https://b.example/a", "length": "9" * 5000}),
        4,
        "bad-value",
        "no number of bytes",
    ),
    "image url": (article(image="http://["), 4, "bad-url", "'http://[', which is not a URL"),
    "image data": (article(image="data:image/png,a"), 4, "bad-url", "write it in full"),
}


@pytest.mark.parametrize(("text", "line", "code", "remedy"), BAD.values(), ids=BAD)
def test_a_bad_file_is_one_error_that_names_the_remedy(
    tmp_path: Path, text: str | bytes, line: int, code: str, remedy: str
) -> None:
    """Conformance 51, 53."""
    problem = refused(tmp_path, text)
    assert (problem.line, problem.code) == (line, code)
    assert remedy in problem.message


@pytest.mark.parametrize("text", ["# A title\n", article(published=None), "---\ntags: a\n---\n"])
def test_a_file_without_a_date_is_reported_as_a_page(tmp_path: Path, text: str) -> None:
    reading = read(make_site(tmp_path, {"a.md": text}))
    assert reading.article is None
    (problem,) = reading.problems
    assert (problem.line, problem.code, problem.severity) == (1, "missing-date", "note")
    message = "has no date, so it is a page; add `published: 2022-02-17 09:30` to publish it"
    assert problem.message == message


def test_a_file_over_the_size_limit_is_refused(tmp_path: Path) -> None:
    settings = make_site(tmp_path)
    with (settings.content / "a.md").open("wb") as file:
        file.truncate(MAX_SIZE + 1)
    (problem,) = read(settings).problems
    assert problem.code == "too-large"
    assert problem.message.endswith("the limit is 5 MB; split it")


def test_a_missing_or_unreadable_file_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_site(tmp_path, {"a.md": article()})
    (file,) = scan(settings.content, settings.site).fingerprints
    (settings.content / "a.md").unlink()
    (gone,) = ArticleReader(settings).read(file).problems
    assert (gone.path, gone.code) == ("content/a.md", "unreadable")

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", denied)
    (problem,) = ArticleReader(settings).read(file).problems
    assert problem.message == "cannot be read: Permission denied; check its permissions"


TWICE = ("bad-front-matter", "the key `title` occurs twice, and the last is used; remove one")
# Mistakes that do not prevent publication: the file, the line, the code and the remedy.
ODD: dict[str, tuple[str, int, str, str]] = {
    "misspelt key": (article(titel="A"), 4, "unknown-key", "did you mean `title`?"),
    "key in capitals": (article(Tags="A"), 4, "unknown-key", "did you mean `tags`?"),
    "strange key": (
        article(xyzzy="A"),
        4,
        "unknown-key",
        "not a front-matter key; remove",
    ),
    "key twice": (article(title="A").replace("---\n", "---\ntitle: B\n", 1), 3, *TWICE),
    "no image": (article(image="a.png"), 4, "missing-file", "add the file"),
    "image outside": (article(image="../feedsvc.toml"), 4, "missing-file", "add the file"),
    "empty category": (article(categories=["A", " "]), 4, "empty-term", "write it or remove it"),
    "empty tag": (article(tags=[""]), 4, "empty-term", "`tags` has an empty item"),
    "nameless person": (article(authors=[{"uri": ""}]), 4, "empty-term", "a person without a name"),
    "updated first": (
        article(updated="2022-02-17 09:29"),
        4,
        "updated-before-published",
        "correct one",
    ),
    "control character": (article(body="One\n\nTwo\x0b."), 8, "control-character", "U+000B"),
    "noncharacter": (article(body="\uffff"), 6, "control-character", "U+FFFF"),
    "character of YAML": (
        article(slug="a\x07b"),
        4,
        "control-character",
        "`slug` contains",
    ),
    "in a tag": (article(tags=["a\x1fb"]), 4, "control-character", "`tags` contains"),
    "in a name": (
        article(authors=[{"name": "a\x00b"}]),
        4,
        "control-character",
        "`authors` cont",
    ),
    "reference": (article(body="One\n\nTwo&#11;."), 8, "control-character", "`&#11;`, which XML"),
    "hexadecimal": (article(body="&#x0000B;"), 6, "control-character", "`&#x0000B;`"),
    "reference in HTML": (article(body="<b title='&#x1f'>a</b>"), 6, "control-character", "`&#x1f"),
    "noncharacter reference": (article(body="&#65535;"), 6, "control-character", "`&#65535;`"),
}


@pytest.mark.parametrize(("text", "line", "code", "remedy"), ODD.values(), ids=ODD)
def test_an_odd_file_is_published_with_a_warning(
    tmp_path: Path, text: str, line: int, code: str, remedy: str
) -> None:
    """Conformance 1, 54."""
    found, (problem,) = warned(tmp_path, text)
    assert (problem.line, problem.code) == (line, code)
    assert remedy in problem.message
    assert _texts(found) == html.xml_safe(_texts(found))


def _texts(found: Article) -> str:
    terms = [f"{ref.key} {label}" for ref, label in found.terms]
    names = [person.name for person in found.authors]
    return " ".join([found.title, found.slug, found.summary, found.html, *terms, *names])


@pytest.mark.parametrize(
    "body", ["`&#11;`", "    &#11;", "&#13;", "&#10;", "&#x9;", "&amp;#11;", "&#111;"]
)
def test_harmless_references_cause_no_problem(tmp_path: Path, body: str) -> None:
    published_article(tmp_path, article(body=body))


@pytest.mark.parametrize("path", ["a.md", "a.html"])
def test_references_to_control_characters_are_removed(tmp_path: Path, path: str) -> None:
    """Conformance 1."""
    text = article(title=None, body="<h1>Tit&#11;le</h1><p>Te&#x1;xt</p>")
    found, problems = warned(tmp_path, text, path)
    assert [problem.code for problem in problems] == ["control-character"]
    assert (found.title, found.summary, found.html) == ("Title", "Text", "<p>Text</p>")


def test_warnings_have_a_stable_order(tmp_path: Path) -> None:
    keys = dict.fromkeys([f"key{number:02}" for number in range(20)], "x")
    _, problems = warned(tmp_path, article(**keys))
    messages = [problem.message for problem in problems]
    assert messages == sorted(messages)
    assert len(messages) == 20


def test_a_reading_has_the_line_of_each_key(tmp_path: Path) -> None:
    reading = read(make_site(tmp_path, {"a.md": article(slug="b", body="a\x0b")}))
    assert [(reading.name(key), reading.line(key)) for key in ("slug", "id")] == [
        ("slug", 4),
        ("id", 1),
    ]


@many_per_folder
@given(
    content=st.binary()
    | st.text().map(lambda text: text.encode(errors="replace"))
    | st.text().map(lambda text: f"---\n{text}\n---\n".encode(errors="replace"))
    | st.text().map(lambda text: article(title=None, body=text).encode(errors="replace")),
    path=st.sampled_from(["a.md", "a.html"]),
)
def test_any_bytes_result_in_an_article_or_a_problem(
    tmp_path: Path, content: bytes, path: str
) -> None:
    """Conformance 1."""
    reading = read(make_site(tmp_path, {path: content}), path)
    assert reading.article or reading.problems
    if reading.article:
        assert _texts(reading.article) == html.xml_safe(_texts(reading.article))
    for problem in reading.problems:
        assert 0 <= problem.line <= content.count(b"\n") + content.count(b"\r") + 1


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x7f"))
SCALARS = TEXTS | st.booleans() | st.integers() | st.none()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=5
)


@many_per_folder
@given(st.dictionaries(st.sampled_from(sorted(KEYS)) | TEXTS.filter("body".__ne__), VALUES))
def test_any_values_result_in_an_article_or_a_problem(
    tmp_path: Path, values: dict[str, Any]
) -> None:
    text = article(**{"title": "T", "published": "2022-02-17"} | values)
    reading = read(make_site(tmp_path, {"a.md": text}))
    assert reading.article or any(each.severity != "warning" for each in reading.problems)


@pytest.mark.parametrize("body", [">" * 600 + " a", "<div>" * 600, "<span><p></span></p>" * 600])
def test_only_the_text_of_deeply_nested_markup_is_published(tmp_path: Path, body: str) -> None:
    site = make_site(tmp_path, {"a.md": article(body=body)})
    (file,) = scan(site.content, site.site, site.tree).fingerprints
    reading = ArticleReader(site).read(file)
    assert reading.article
    assert "<" not in reading.article.html
    (problem,) = reading.problems
    message = "is nested too deeply, so all markup is left out; make it flatter"
    assert (problem.code, problem.message) == ("bad-markup", message)
    assert problem.severity is Severity.WARNING
