"""The tables [push] and [purge] where the package feedsvc.push is not installed."""

from pathlib import Path

import pytest

from feedsvc import plugins
from tests.sites import make_site, mistake


@pytest.fixture(autouse=True)
def without_push(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "names", lambda _group: [])


@pytest.mark.parametrize(
    "toml",
    [
        '[push]\nhub = "own"',
        '[push]\nhub = ["https://hub.example.net/", "own"]',
        '[purge]\ncache = "varnish"\nservers = ["http://10.0.0.5:6081"]',
    ],
)
def test_settings_that_need_the_package_are_refused(tmp_path: Path, toml: str) -> None:
    assert "needs the package feedsvc.push" in mistake(tmp_path, toml, 2)


def test_a_public_site_has_no_hub_by_default(tmp_path: Path) -> None:
    settings = make_site(tmp_path, toml='base_url = "https://feeds.wikipedia.org"')
    assert (settings.serves_hub, settings.pushes) == (False, False)


def test_a_hub_elsewhere_is_named_all_the_same(tmp_path: Path) -> None:
    """Other programs can notify it."""
    hub = "https://hub.example.net/"
    assert make_site(tmp_path, toml=f'[push]\nhub = "{hub}"').push.external == (hub,)
