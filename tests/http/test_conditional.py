"""How one poll is evaluated: conditions, codings, deltas, and the time of day."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc import dates
from feedsvc.config.purge import PurgeSettings
from feedsvc.http.conditional import Answer, answer
from feedsvc.http.representation import CODINGS, Representation, represent
from feedsvc.model import Document

WHEN = datetime(2022, 2, 17, 9, 30, tzinfo=UTC)
SENT_DATE = "Thu, 17 Feb 2022 09:30:00 GMT"
NOW = dates.epoch(WHEN) + 86_400
BODY = b"<feed>" + b"x" * 1_000 + b"</feed>"


def delta(tag: str) -> Document | None:
    if tag != "11.aa":
        return None
    return Document(b"<since/>", "application/rss+xml", 0x12, WHEN, "12.bb")


def representation(when: datetime = WHEN, cache: PurgeSettings | None = None) -> Representation:
    document = Document(BODY, "application/rss+xml", 0x12, when, "12.bb")
    url, key = "https://h/feeds/all.rss", "feed/all"
    return represent(document, self_url=url, max_age=900, delta=delta, cache=cache, key=key)


OURS = representation().make("identity").etag
OLD = f'"11.aa.{"0" * 18}"'


def ask(
    fields: Mapping[str, str],
    served: Representation | None = None,
    *,
    method: str = "GET",
    now: float = NOW,
    due: int | None = None,
    is_current: bool = True,
) -> Answer:
    environ = {f"HTTP_{name.upper()}": value for name, value in fields.items()}
    environ["REQUEST_METHOD"] = method
    return answer(served or representation(), environ, now, due, is_current)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 200),
        ({"if_none_match": OURS}, 304),
        ({"if_none_match": f"W/{OURS}"}, 304),
        ({"if_none_match": f'"x", {OURS}'}, 304),
        ({"if_none_match": "*"}, 304),
        ({"if_none_match": OLD}, 200),
        ({"if_none_match": ""}, 200),
        ({"if_none_match": OURS.strip('"')}, 200),
        ({"if_none_match": f"{OURS},{OURS}"}, 304),
        ({"if_none_match": f"{OURS}," * 1_500}, 200),
        ({"if_modified_since": SENT_DATE}, 304),
        ({"if_modified_since": "Thursday, 17-Feb-22 09:30:00 GMT"}, 304),
        ({"if_modified_since": "Thu Feb 17 09:30:00 2022"}, 304),
        ({"if_modified_since": "Fri, 18 Feb 2022 09:00:00 GMT"}, 304),
        ({"if_modified_since": "Thu, 17 Feb 2022 09:29:59 GMT"}, 200),
        ({"if_modified_since": "Thu, 17 Feb 2022 09:30:00 +0200"}, 200),
        ({"if_modified_since": f"{SENT_DATE},{SENT_DATE}"}, 200),
        ({"if_modified_since": "yesterday"}, 200),
        ({"if_modified_since": ""}, 200),
        ({"if_none_match": '"x"', "if_modified_since": SENT_DATE}, 200),
        ({"if_none_match": "", "if_modified_since": SENT_DATE}, 200),
        ({"if_none_match": OURS, "if_modified_since": "yesterday"}, 304),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditions(fields: dict[str, str], status: int, method: str) -> None:
    """Conformance 29, 30, 31, 36."""
    sent = ask(fields, method=method)
    assert sent.status == status
    assert sent.line.startswith(f"{status} ")
    assert bool(sent.body) is (status == 200 and method == "GET")


@pytest.mark.parametrize(
    "fields", [{"if_none_match": OURS}, {"if_none_match": "*"}, {"if_modified_since": SENT_DATE}]
)
def test_a_304_has_the_validators_and_no_content_fields(fields: dict[str, str]) -> None:
    """Conformance 33."""
    headers = dict(ask(fields).headers)
    assert (headers["ETag"], headers["Last-Modified"]) == (OURS, SENT_DATE)
    assert {"Vary", "Cache-Control"} <= set(headers)
    assert not [name for name in headers if name.startswith("Content-")]


@pytest.mark.parametrize("coding", CODINGS)
def test_a_tag_of_any_coding_is_confirmed_for_any_accept_encoding(coding: str) -> None:
    """Conformance 29, 35."""
    tag = f'{OURS[:-1]}-{coding}"'
    sent = ask({"if_none_match": tag, "accept_encoding": "identity"})
    assert (sent.status, dict(sent.headers)["ETag"]) == (304, tag)


@pytest.mark.parametrize("coding", CODINGS)
def test_a_date_is_confirmed_with_the_tag_of_the_requested_coding(coding: str) -> None:
    """Conformance 33, 35."""
    sent = ask({"if_modified_since": SENT_DATE, "accept_encoding": coding})
    assert dict(sent.headers)["ETag"] == f'{OURS[:-1]}-{coding}"'


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"if_none_match": OURS},
        {"if_none_match": "*"},
        {"if_modified_since": SENT_DATE},
        {"if_none_match": OLD, "a_im": "feed"},
    ],
)
def test_conditions_are_ignored_if_no_coding_is_acceptable(fields: dict[str, str]) -> None:
    """Conformance 32, 35: the unconditional response would be 406."""
    sent = ask({**fields, "accept_encoding": "identity;q=0"})
    headers = dict(sent.headers)
    assert sent.status == 406
    assert headers["Vary"] == "Accept-Encoding"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Length"] == str(len(sent.body))
    assert "ETag" not in headers
    assert "Last-Modified" not in headers
    assert ask({"accept_encoding": "identity;q=0"}, method="HEAD").body == b""


def test_a_better_coding_is_missing_until_it_is_made() -> None:
    """Conformance 35."""
    ours = representation()
    first = ask({"accept_encoding": "br, gzip"}, ours)
    assert (first.coding, first.missing) == ("identity", "br")
    ours.make("br")
    second = ask({"accept_encoding": "br, gzip"}, ours)
    assert (second.coding, second.missing) == ("br", None)


def test_the_best_coding_that_is_ready_is_sent() -> None:
    """Conformance 35."""
    ours = representation()
    for coding in ("gzip", "zstd", "br"):
        ours.make(coding)
        assert ask({"accept_encoding": "gzip, deflate, br, zstd"}, ours).coding == coding


def test_the_only_acceptable_coding_is_made_at_once() -> None:
    """Conformance 35."""
    sent = ask({"accept_encoding": "zstd, identity;q=0"})
    assert (sent.coding, sent.missing) == ("zstd", None)
    assert dict(sent.headers)["Content-Encoding"] == "zstd"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"if_none_match": OLD, "a_im": "feed"}, 226),
        ({"if_none_match": OLD, "a_im": "vcdiff, FEED;q=0.1"}, 226),
        ({"if_none_match": OLD, "a_im": "feed;q=0"}, 200),
        ({"if_none_match": OLD, "a_im": "feeds"}, 200),
        ({"if_none_match": OLD, "a_im": ""}, 200),
        ({"if_none_match": OLD}, 200),
        ({"if_none_match": f'"10.aa.{"0" * 18}"', "a_im": "feed"}, 200),
        ({"if_none_match": f"{OLD}, {OURS}", "a_im": "feed"}, 304),
        ({"if_none_match": "*", "a_im": "feed"}, 304),
        ({"if_modified_since": "Wed, 16 Feb 2022 09:30:00 GMT", "a_im": "feed"}, 200),
        ({"a_im": "feed"}, 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_delta_is_sent_for_a_known_tag_and_a_im_feed(
    fields: dict[str, str], status: int, method: str
) -> None:
    """Conformance 36, 38, 39."""
    sent = ask(fields, method=method)
    headers = dict(sent.headers)
    assert sent.status == status
    assert ("IM" in headers) is (status == 226)
    assert "Delta-Base" not in headers
    assert sent.body == {200: BODY, 226: b"<since/>", 304: b""}[status] * (method == "GET")


def test_a_delta_names_its_base_if_there_are_several_tags() -> None:
    """Conformance 39."""
    headers = dict(ask({"if_none_match": f'"x", {OLD}', "a_im": "feed"}).headers)
    assert headers["Delta-Base"] == OLD
    assert headers["ETag"] == OURS


def test_a_delta_is_compressed_if_acceptable() -> None:
    """Conformance 35."""
    sent = ask({"if_none_match": OLD, "a_im": "feed", "accept_encoding": "gzip"})
    assert (sent.coding, sent.status) == ("gzip", 226)
    assert dict(sent.headers)["ETag"] == f'{OURS[:-1]}-gzip"'


@pytest.mark.parametrize(
    ("left", "control"),
    [
        (None, "max-age=900, stale-while-revalidate=60"),
        (5_000, "max-age=900, stale-while-revalidate=60"),
        (930.5, "max-age=900, stale-while-revalidate=30"),
        (20.9, "max-age=20, stale-while-revalidate=0"),
        (0, "max-age=0, stale-while-revalidate=0"),
        (-3, "max-age=0, stale-while-revalidate=0"),
    ],
)
@pytest.mark.parametrize("tag", ['"x"', OURS])
def test_no_response_is_fresh_beyond_the_next_release(
    left: float | None, control: str, tag: str
) -> None:
    """Conformance 41: 200 and 304 alike."""
    due = int(NOW + 10_000)
    now = due - left if left is not None else NOW
    sent = ask({"if_none_match": tag}, now=now, due=None if left is None else due)
    assert dict(sent.headers)["Cache-Control"] == f"public, {control}, stale-if-error=86400"


@pytest.mark.parametrize(
    ("left", "is_current", "kept"),
    [
        (None, True, 86_400),
        (100_000, True, 86_400),
        (5_000.5, True, 5_000),
        (20, True, 20),
        (-3, True, 0),
        (None, False, 900),
        (5_000, False, 900),
        (20, False, 20),
    ],
)
@pytest.mark.parametrize("tag", ['"x"', OURS])
def test_a_purged_cache_keeps_responses_longer_but_not_beyond_the_next_release(
    left: float | None, is_current: bool, kept: int, tag: str
) -> None:
    """Scale 1-3: 200 and 304 alike; not longer if the response may predate the last purge."""
    now = NOW if left is None else NOW - left
    served = representation(cache=PurgeSettings(cache="fastly", max_age=86_400))
    due = None if left is None else NOW
    sent = ask({"if_none_match": tag}, served, now=now, due=due, is_current=is_current)
    headers = dict(sent.headers)
    assert headers["Surrogate-Key"] == "site feed/all"
    assert headers["CDN-Cache-Control"] == headers["Surrogate-Control"]
    assert headers["CDN-Cache-Control"] == f"max-age={kept}, stale-if-error=86400"
    assert len(sent.headers) == len(headers)


def test_a_delta_has_no_fields_for_a_purged_cache() -> None:
    """Conformance 39, scale 5."""
    served = representation(cache=PurgeSettings(cache="varnish"))
    headers = dict(ask({"if_none_match": OLD, "a_im": "feed"}, served, is_current=False).headers)
    assert headers["Cache-Control"] == "no-store, im"
    assert not {"xkey", "CDN-Cache-Control", "Surrogate-Control"} & {*headers}


def test_a_delta_is_not_stored_by_ordinary_caches() -> None:
    """Conformance 39."""
    sent = ask({"if_none_match": OLD, "a_im": "feed"}, due=int(NOW) + 5)
    assert dict(sent.headers)["Cache-Control"] == "no-store, im"


@pytest.mark.parametrize("tag", ['"x"', OURS])
def test_last_modified_never_goes_back_and_is_never_later_than_date(tag: str) -> None:
    """Conformance 34: if the clock was set back, Date is that of the document."""
    ours = representation(WHEN)
    for now in (dates.epoch(WHEN) - 3600, dates.epoch(WHEN) - 0.3):
        headers = ask({"if_none_match": tag}, ours, now=now).headers
        assert [value for name, value in headers if name == "Last-Modified"] == [SENT_DATE]
        assert [value for name, value in headers if name == "Date"] == [SENT_DATE]
    later = ask({"if_none_match": tag}, ours, now=dates.epoch(WHEN))
    assert "Date" not in dict(later.headers)  # the server adds it


@given(st.text(), st.text(), st.text(), st.text())
def test_any_fields_get_a_response(tags: str, since: str, manipulations: str, codings: str) -> None:
    fields = {"if_modified_since": since, "a_im": manipulations, "accept_encoding": codings}
    assert ask({**fields, "if_none_match": tags}).status in {200, 226, 304, 406}
    assert ask(fields).status in {200, 304, 406}
