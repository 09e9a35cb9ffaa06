"""Header fields for caches: how long a response may be kept, and its keys."""

import re

from hypothesis import given
from hypothesis import strategies as st

from feedsvc.config.purge import PurgeSettings
from feedsvc.http.caching import archive_key, caching, feed_key, tag
from feedsvc.model import MAX_KEY, MAX_TERM, FeedRef, Kind

CONTROL = re.compile(r"(\S+)=(\d+)")


@given(st.integers(1, 10**8), st.none() | st.integers(0, 10**9), st.booleans())
def test_no_response_is_kept_beyond_the_next_release(
    max_age: int, left: int | None, purged: bool
) -> None:
    """Conformance 41, scale 1: neither as fresh nor as stale while revalidating."""
    cache = PurgeSettings(cache="cloudflare") if purged else None
    name, control = caching(max_age, cache, left)[0]
    assert (name, control[:7]) == ("Cache-Control", "public,")
    seconds = {key: int(value) for key, value in CONTROL.findall(control)}
    assert seconds["max-age"] in (max_age, left)
    assert seconds["max-age"] + seconds["stale-while-revalidate"] <= (
        max_age + 60 if left is None else left
    )
    assert seconds["stale-if-error"] == 86_400
    for _, other in caching(max_age, cache, left)[1:]:
        assert int(CONTROL.findall(other)[0][1]) <= (31_536_000 if left is None else left)


def test_a_distant_release_does_not_shorten_max_age() -> None:
    """Conformance 41."""
    assert caching(60, None, 10_000) == caching(60)


def test_each_kind_of_cache_has_its_field_and_separator() -> None:
    """Scale 2."""
    fields = {
        name: tag(PurgeSettings(cache=name), feed_key(FeedRef(Kind.TAG, "c++")))
        for name in ("fastly", "cloudflare", "varnish")
    }
    assert fields == {
        "fastly": [("Surrogate-Key", "site feed/tag/c%2B%2B")],
        "cloudflare": [("Cache-Tag", "site,feed/tag/c%2B%2B")],
        "varnish": [("xkey", "site feed/tag/c%2B%2B")],
    }


@given(
    st.sampled_from(Kind), st.text(min_size=1).filter(lambda text: len(text.encode()) <= MAX_TERM)
)
def test_keys_are_short_and_have_no_separator(kind: Kind, term: str) -> None:
    """Scale 2: at most 1,024 bytes, whatever the term, so that no cache ignores one."""
    key = archive_key(FeedRef(kind, term), 10**9 - 1)
    assert re.fullmatch(r"[!-+\--~]+", key)
    assert len(key) <= 3 * MAX_KEY + 20 < 1_024
