"""The form of URLs that requests are sent to; what is refused is in the tests of hub and client."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc import outgoing

PARTS = ["http://", "https://", "a", "B", "-.", ".", ":", "80", "22", "8080", "/", "?", "#", "@"]
URLS = st.lists(st.sampled_from([*PARTS, "[::1]", "\\", "%", "é", '"', "x" * 253])).map("".join)


def result(url: str) -> str:
    try:
        return outgoing.host(url)
    except outgoing.UrlError as error:
        return f"refused: it {error}"


@given(URLS.map(lambda rest: f"http://a{rest}") | URLS)
def test_urls_that_need_no_parser_are_treated_as_others_are(url: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        found = result(url)
        patch.setattr(outgoing, "_PLAIN", re.compile("(?!)"))
        assert result(url) == found
