"""Representations: header fields, content codings, entity tags and deltas."""

import gzip
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.http.representation import CODINGS, Representation, represent
from feedsvc.model import Document

WHEN = datetime(2022, 2, 17, 10, 30, tzinfo=timezone(timedelta(hours=1)))
URL = "https://news.example.org/feeds/all.atom"
SENT_DATE = "Thu, 17 Feb 2022 09:30:00 GMT"
BODY = b"<feed>" + b"The Sahel Report. " * 500 + b"</feed>"
DECODE: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
}


def document(body: bytes = BODY, tag: str = "12c.0123abcd") -> Document:
    return Document(body, "application/atom+xml; charset=utf-8", 300, WHEN, tag)


def representation(body: bytes = BODY, tag: str = "12c.0123abcd") -> Representation:
    return represent(document(body, tag), self_url=URL, max_age=900)


def etag(subject: Representation) -> str:
    return subject.make("identity").etag


def test_headers_of_a_document() -> None:
    """Conformance 35, 41, 45, 46."""
    ours = representation(b"<feed/>").make("identity")
    assert dict(ours.headers) == {
        "Content-Type": "application/atom+xml; charset=utf-8",
        "Content-Length": "7",
        "ETag": ours.etag,
        "Last-Modified": SENT_DATE,
        "Vary": "Accept-Encoding",
        "Link": f'<{URL}>; rel="self"',
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "ETag, Last-Modified, Link, IM",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "public, max-age=900, stale-while-revalidate=60, stale-if-error=86400",
    }
    assert ours.body == b"<feed/>"


@pytest.mark.parametrize("coding", DECODE)
def test_a_304_has_the_validators_and_no_content_fields(coding: str) -> None:
    """Conformance 33: whether the coding is made yet or not."""
    ours = representation()
    before = ours.not_modified(coding)
    kept = [header for header in ours.make(coding).headers if not header[0].startswith("Content-")]
    assert before == ours.not_modified(coding) == kept
    assert {"ETag", "Last-Modified", "Vary", "Cache-Control", "Link"} <= set(dict(kept))


def test_tags_are_strong_contain_the_state_and_differ_by_coding() -> None:
    """Conformance 35, 37."""
    tags = {coding: representation().make(coding).etag for coding in DECODE}
    for coding, tag in tags.items():
        suffix = "" if coding == "identity" else f"-{coding}"
        assert re.fullmatch(rf'"12c\.0123abcd\.[0-9a-f]{{18}}{suffix}"', tag)
    assert len(set(tags.values())) == len(DECODE)


def test_the_tag_is_the_same_on_every_machine() -> None:
    """Conformance 37: a fixed value, independent of hash seeds."""
    assert etag(representation(b"<feed/>")) == '"12c.0123abcd.1785b9bf01cb0a1ae5"'


def test_the_codings_are_the_same_in_every_process() -> None:
    """Conformance 24, 37."""
    ours = [representation().make(coding).body.hex() for coding in CODINGS]
    program = (
        "from tests.http.test_representation import CODINGS, representation\n"
        "for coding in CODINGS: print(representation().make(coding).body.hex())"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ours


@given(st.binary(), st.binary(), st.integers(0, 2**40), st.integers(0, 2**40))
def test_tags_are_equal_only_for_equal_bytes_and_states(a: bytes, b: bytes, m: int, n: int) -> None:
    """Conformance 37."""
    one, other = (etag(representation(body, f"{state:x}.ab")) for body, state in ((a, m), (b, n)))
    assert (one == other) is ((a, m) == (b, n))


@given(st.binary(max_size=5_000))
def test_every_coding_decodes_to_the_same_bytes(body: bytes) -> None:
    """Conformance 35."""
    ours = representation(body)
    for coding, decode in DECODE.items():
        variant = ours.make(coding)
        headers = dict(variant.headers)
        assert decode(variant.body) == body
        assert headers["Content-Length"] == str(len(variant.body))
        assert headers.get("Content-Encoding", "identity") == coding


@pytest.mark.parametrize("coding", CODINGS)
def test_codings_compress(coding: str) -> None:
    assert len(representation().make(coding).body) < len(BODY) / 20


def test_a_coding_is_made_once_and_its_size_counted() -> None:
    ours = representation()
    before = ours.size
    assert ours.ready("gzip") is None
    made = ours.make("gzip")
    assert ours.make("gzip") is made is ours.ready("gzip")
    assert ours.size == before + len(made.body)
    assert before > len(BODY)


OURS = etag(representation())


@pytest.mark.parametrize(
    ("field", "coding"),
    [
        ("*", "identity"),
        (" * ", "identity"),
        (OURS, "identity"),
        (f"W/{OURS}", "identity"),
        (f'"x", {OURS}', "identity"),
        (f'{OURS} , W/"y"', "identity"),
        (f",, {OURS},", "identity"),
        (f'"a,b",{OURS}', "identity"),
        *((f'{OURS[:-1]}-{coding}"', coding) for coding in CODINGS),
        *((f'"x", W/{OURS[:-1]}-{coding}"', coding) for coding in CODINGS),
    ],
)
def test_if_none_match_matches_a_tag_of_any_coding(field: str, coding: str) -> None:
    """Conformance 29, 35: whether that coding is made yet or not."""
    assert representation().match(field) == coding


@pytest.mark.parametrize(
    "field",
    [
        "",
        '"x"',
        OURS.strip('"'),
        f"w/{OURS}",
        f"X{OURS}",
        OURS.upper(),
        '*, "x"',
        '"*"',
        f'{OURS[:-1]}-deflate"',
        f"{OURS} {OURS}",
        f"{OURS}, " * 2_000,
    ],
)
def test_if_none_match_does_not_match_other_tags(field: str) -> None:
    """Conformance 29."""
    assert representation().match(field) is None


tags = st.from_regex(r'(W/)?"[!#-+\--~]{0,8}"', fullmatch=True)


@given(st.lists(tags), st.lists(tags), st.booleans())
def test_the_tag_is_found_anywhere_in_a_list(
    before: list[str], after: list[str], is_listed: bool
) -> None:
    """Conformance 29."""
    field = ", ".join([*before, *([OURS] if is_listed else []), *after])
    assert representation().match(field) == ("identity" if is_listed else None)


@given(st.text())
def test_any_text_is_accepted_as_a_tag(field: str) -> None:
    """Conformance 29."""
    ours = represent(document(), self_url=URL, max_age=900, delta=lambda tag: None)
    ours.match(field)
    assert ours.delta(field) == (None, "")


class Deltas:
    """Deltas from states 5 to 8 of a feed. asked: the requested ones, in order."""

    def __init__(self, tag: str = "12c.0123abcd") -> None:
        self.asked: list[str] = []
        self._tag = tag

    def __call__(self, tag: str) -> Document | None:
        self.asked.append(tag)
        if tag not in {"5.aa", "6.aa", "7.aa", "8.aa"}:
            return None
        return replace(document(f"<since {tag}>".encode()), tag=self._tag)


def old(state: str, coding: str = "") -> str:
    return f'"{state}.{"0" * 18}{coding}"'


def with_deltas(deltas: Callable[[str], Document | None]) -> Representation:
    return represent(document(), self_url=URL, max_age=900, delta=deltas)


def test_a_delta_has_the_tag_of_the_whole_document() -> None:
    """Conformance 39."""
    ours = with_deltas(Deltas())
    found, base = ours.delta(old("7.aa"))
    assert found
    assert base == old("7.aa")
    assert found.status == 226
    assert found.etags == ours.etags
    headers = dict(found.make("identity").headers)
    assert headers["IM"] == "feed"
    assert headers["ETag"] == etag(ours)
    assert headers["Last-Modified"] == SENT_DATE
    assert headers["Cache-Control"] == "no-store, im"
    assert {"A-IM", "If-None-Match", "Accept-Encoding"} == set(headers["Vary"].split(", "))
    assert found.make("identity").body == b"<since 7.aa>"
    assert "IM" not in dict(ours.make("identity").headers)


@pytest.mark.parametrize(
    ("field", "base"),
    [
        (old("7.aa", "-gzip"), "7.aa"),
        (f"W/{old('7.aa', '-br')}", "7.aa"),
        (f'{old("5.aa")}, {old("8.aa")}, "x", {old("6.aa")}', "8.aa"),
        (f"{old('5.aa')}, {old('ff.aa')}", "5.aa"),
    ],
)
def test_a_delta_starts_from_the_newest_document_that_a_client_has(field: str, base: str) -> None:
    """Conformance 38, 39."""
    found, named = with_deltas(Deltas()).delta(field)
    assert found
    assert found.document.body == f"<since {base}>".encode()
    assert named in field


@pytest.mark.parametrize("field", ["*", "", '"x"', old("4.aa"), old("7.AA"), '"7.aa"', '"7.aa.00"'])
def test_there_is_no_delta_from_unknown_tags(field: str) -> None:
    """Conformance 38."""
    assert with_deltas(Deltas()).delta(field) == (None, "")


def test_a_delta_is_made_once() -> None:
    deltas = Deltas()
    ours = with_deltas(deltas)
    before = ours.size
    first, _ = ours.delta(old("7.aa"))
    second, _ = ours.delta(old("7.aa", "-gzip"))
    assert first
    assert first is second
    assert deltas.asked == ["7.aa"]
    assert ours.size == before + first.size


def test_a_delta_to_a_newer_document_is_rejected() -> None:
    """Conformance 37, 39: it would be sent with the tag and date of another document."""
    assert with_deltas(Deltas(tag="12d.0123abcd")).delta(old("7.aa")) == (None, "")


def test_lookups_and_cached_deltas_are_limited() -> None:
    deltas = Deltas()
    many = ", ".join(old(f"{state:x}.bb") for state in range(200))
    assert with_deltas(deltas).delta(many) == (None, "")
    assert len(deltas.asked) <= 16

    def any_delta(tag: str) -> Document:
        return document(b"x")

    ours = with_deltas(any_delta)
    for state in range(1_000):
        ours.delta(old(f"{state:x}.bb"))
    assert ours.size < with_deltas(any_delta).size + 20 * 5_000


def test_last_modified_is_in_gmt() -> None:
    """Conformance 31."""
    ours = representation()
    assert ours.last_modified == SENT_DATE
    assert ours.instant == WHEN.timestamp()
