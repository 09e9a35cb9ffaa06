"""What a document is sent with, and when it need not be sent."""

import re
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.model import Document
from feedsvc.representation import Representation, represent

WHEN = datetime(2022, 2, 17, 10, 30, tzinfo=timezone(timedelta(hours=1)))
URL = "https://news.example.org/feeds/all.atom"
SENT_DATE = "Thu, 17 Feb 2022 09:30:00 GMT"


def representation(body: bytes = b"<feed/>", revision: int = 300) -> Representation:
    document = Document(body, "application/atom+xml; charset=utf-8", revision, WHEN)
    return represent(document, self_url=URL, max_age=900)


def test_headers_say_all_that_is_known_of_the_bytes() -> None:
    """Conformance 41, 45, 46."""
    ours = representation()
    assert dict(ours.headers) == {
        "Content-Type": "application/atom+xml; charset=utf-8",
        "Content-Length": "7",
        "ETag": ours.etag,
        "Last-Modified": SENT_DATE,
        "Cache-Control": ("public, max-age=900, stale-while-revalidate=900, stale-if-error=86400"),
        "Link": f'<{URL}>; rel="self"',
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "ETag, Last-Modified, Link",
        "X-Content-Type-Options": "nosniff",
    }
    assert ours.body == b"<feed/>"


def test_a_304_keeps_the_validators_and_says_nothing_of_a_body() -> None:
    """Conformance 33."""
    ours = representation()
    kept = dict(ours.headers_when_unchanged)
    assert {"ETag", "Last-Modified", "Cache-Control", "Link"} <= set(kept)
    assert not any(name.startswith("Content-") for name in kept)


def test_the_tag_is_strong_and_holds_the_revision() -> None:
    """Conformance 37."""
    assert re.fullmatch(r'"12c-[0-9a-f]{16}"', representation(revision=300).etag)


def test_the_tag_is_the_same_on_every_machine() -> None:
    """Conformance 37: a fixed value, so that no seed of a process is in it."""
    assert representation().etag == '"12c-406f2cb5eed3d9ce"'


@given(st.binary(), st.binary(), st.integers(0, 2**63), st.integers(0, 2**63))
def test_tags_differ_as_bytes_and_revisions_do(a: bytes, b: bytes, m: int, n: int) -> None:
    """Conformance 37."""
    same = (a, m) == (b, n)
    assert (representation(a, m).etag == representation(b, n).etag) is same


OURS = representation().etag


@pytest.mark.parametrize(
    "field",
    [
        "*",
        " * ",
        OURS,
        f"W/{OURS}",
        f'"x", {OURS}',
        f'{OURS} , W/"y"',
        f",, {OURS},",
        f'"a,b",{OURS}',
    ],
)
def test_a_client_that_names_our_tag_has_our_bytes(field: str) -> None:
    """Conformance 29."""
    assert representation().is_unchanged(field, None)


@pytest.mark.parametrize(
    "field", ["", '"x"', OURS.strip('"'), f"w/{OURS}", f"X{OURS}", OURS.upper(), '*, "x"', '"*"']
)
def test_any_other_tag_is_not_ours(field: str) -> None:
    """Conformance 29."""
    assert not representation().is_unchanged(field, None)


def test_a_tag_outweighs_a_date() -> None:
    """Conformance 30."""
    assert representation().is_unchanged(OURS, "Thu, 01 Jan 1970 00:00:00 GMT")
    assert not representation().is_unchanged('"x"', SENT_DATE)


def test_a_date_counts_without_a_tag() -> None:
    assert representation().is_unchanged(None, SENT_DATE)
    assert not representation().is_unchanged(None, None)


@pytest.mark.parametrize(
    "field",
    [
        "Thu, 17 Feb 2022 09:29:59 GMT",
        "Thu, 17 Feb 2022 09:30:00 +0200",
        f"{SENT_DATE}, {SENT_DATE}",
        "yesterday",
        "",
    ],
)
def test_no_other_date_spares_the_bytes(field: str) -> None:
    """Conformance 31."""
    assert not representation().is_unchanged(None, field)


tags = st.from_regex(r'(W/)?"[!#-+\--~]{0,8}"', fullmatch=True)


@given(st.lists(tags), st.lists(tags), st.booleans())
def test_our_tag_is_found_anywhere_in_a_list(
    before: list[str], after: list[str], there: bool
) -> None:
    """Conformance 29."""
    field = ", ".join([*before, *([OURS] if there else []), *after])
    assert representation().is_unchanged(field, None) is there


def test_last_modified_is_in_gmt() -> None:
    """Conformance 31."""
    assert representation().last_modified == SENT_DATE
