"""Encodings and invalid characters of imported documents."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc import html
from feedsvc.importers.stream import Stream
from feedsvc.importers.texts import decode
from tests.importers.desk import Site
from tests.importers.documents import rss


def test_control_characters_and_invalid_bytes_are_warnings(tmp_path: Path) -> None:
    """Conformance 1."""
    site = Site(tmp_path)
    source = rss("", "<description>a\x0bb</description>", "", "<description>caf\0</description>")
    report = site.run(site.put("a.xml", source.encode().replace(b"\0", b"\xe9\x01")))
    assert [(each.code, each.line) for each in report.problems] == [
        ("broken-encoding", 5),
        ("lost-characters", 3),
    ]
    assert sorted(article.summary for article in site.articles().values()) == [
        *("", "", "ab", "caf\ufffd"),
    ]


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "utf-16", "utf-8-sig"])
def test_declared_encodings_are_used(tmp_path: Path, encoding: str) -> None:
    """Conformance 47."""
    site = Site(tmp_path)
    declared = encoding.removesuffix("-sig")
    source = rss("<author>Éloïse</author>", before=f'<?xml version="1.0" encoding="{declared}"?>')
    report = site.run(site.put("a.xml", source.encode(encoding)))
    assert report.problems == []
    (article,) = site.articles().values()
    assert article.authors[0].name == "Éloïse"


@given(st.binary(), st.integers(1, 7))
def test_lxml_receives_valid_utf_8_without_forbidden_characters(content: bytes, size: int) -> None:
    """Conformance 1: for any chunk size."""

    def read(size: int) -> bytes:
        stream = Stream("a.xml", io.BytesIO(b"<a>" + content), lambda _: None)
        return b"".join(iter(lambda: stream.read(size), b""))

    once = read(1_000_000)
    assert read(size) == once
    assert html.xml_safe(once.decode()) == once.decode()


@given(st.binary())
def test_any_bytes_are_decoded(content: bytes) -> None:
    text, fits = decode(content)
    if content.isascii():
        assert (text.encode(), fits) == (content, True)


@pytest.mark.parametrize(
    ("declared", "encoding", "fits"),
    [
        (b'<meta charset="iso-8859-1">', "cp1252", True),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">', "koi8-r", True),
        (b'<meta charset="utf-8">', "cp1252", False),
        (b'<meta charset="rot13">', "cp1252", False),
        (b'<meta charset="unicode_escape">', "cp1252", False),
        (b"", "cp1252", False),
    ],
)
def test_encodings_are_detected_as_by_browsers(declared: bytes, encoding: str, fits: bool) -> None:
    word = "été" if encoding == "cp1252" else "лето"
    text, fitted = decode(declared + word.encode(encoding))
    assert (text, fitted) == (declared.decode() + word, fits)


DECLARATIONS = ["", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="iso-8859-1"?>']


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("declaration", DECLARATIONS)
@pytest.mark.parametrize("blank", ["\n\n\n", " \r\n\t\n  \n "])
def test_blank_lines_before_the_xml_declaration_are_counted(
    tmp_path: Path, blank: str, declaration: str, mark: str
) -> None:
    site = Site(tmp_path)
    before = f"{mark}{blank}{declaration}"
    source = rss("<pubDate>never</pubDate>", "", before=before).replace("2022-02-17", "", 1)
    report = site.run(site.put("a.xml", source.replace("</rss>", "\n<")))
    assert [(each.code, each.line) for each in report.problems] == [
        ("bad-source-date", 5),
        ("broken-xml", 8),
    ]
    assert report.written == 1
