"""The table [push]: the hubs of the site."""

from pathlib import Path

import pytest

from feedsvc.config.push import PushSettings, is_public
from tests.sites import make_site, mistake

HUB = "https://hub.example.net/?a=1&b=%7B"


@pytest.mark.parametrize(
    ("value", "own", "external"),
    [
        ("false", False, ()),
        ('"own"', True, ()),
        (f'"{HUB}"', False, (HUB,)),
        (f'["{HUB}", "own", "{HUB}", "http://[::1]:8080/"]', True, (HUB, "http://[::1]:8080/")),
        ("[]", False, ()),
    ],
)
def test_hubs_are_our_own_or_urls(
    tmp_path: Path, value: str, own: bool, external: tuple[str, ...]
) -> None:
    push = make_site(tmp_path, toml=f"[push]\nhub = {value}").push
    assert (push.own, push.external) == (own, external)


def test_no_hub_is_configured_by_default(tmp_path: Path) -> None:
    settings = make_site(tmp_path)
    assert settings.push == PushSettings()
    assert (settings.push.own, settings.serves_hub) == (None, False)
    assert "push" not in settings.seen()  # hubs do not affect revisions


@pytest.mark.parametrize(
    ("base_url", "public"),
    [
        ("https://feeds.wikipedia.org/news", True),
        ("https://1.1.1.1", True),
        ("http://feeds.wikipedia.org", False),
        ("https://news.example.org", False),
        ("https://news.local", False),
        ("https://localhost", False),
        ("https://127.0.0.1", False),
        ("https://[::1]:8000", False),
        ("https://intranet", False),
    ],
)
def test_a_public_base_url_is_https_with_a_public_host_name(base_url: str, public: bool) -> None:
    assert is_public(base_url) == public


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("hub = true", 'hub is "own", the URL of a hub, a list of those, or false, not True'),
        ('hub = "theirs"', "hub has 'theirs', which is neither \"own\" nor the URL of a hub"),
        ('hub = "ftp://hub.example.net"', "which is neither"),
        ('hub = "https://hub.example.net/#top"', "which is neither"),
        ('hub = "https://me@hub.example.net/"', "which is neither"),
        ('hub = "https://hub.example.net/>; rel=x"', "which is neither"),
        ('hub = "https://hüb.example.net/"', "which is neither"),
        (f'hub = "https://hub.example.net/{"a" * 500}"', "and the limit is 500; shorten it"),
        ("hub = 1", "hub is"),
        ('hubs = "own"', "did you mean hub?"),
        ('allow_networks = ["10.0.0.1/8"]', "which is not an address"),
    ],
)
def test_mistakes_are_reported_with_their_line(tmp_path: Path, line: str, message: str) -> None:
    assert message in mistake(tmp_path, f"[push]\n{line}", 2)
