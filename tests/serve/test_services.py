"""Commands that run alongside a server."""

import subprocess
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest
from msgspec import structs

from feedsvc import plugins
from feedsvc.config.push import SERVICES
from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError
from feedsvc.serve.services import Service, services
from feedsvc.sources import load
from tests.sites import make_site


def test_urls_equal_those_of_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scale 8: on a machine without content, they are derived from the catalog."""
    settings = structs.replace(make_site(tmp_path), article_link="/{path}")
    given: list[dict[str, str]] = []

    def start(_command: object, *, env: dict[str, str], **_: object) -> None:
        given.append(env)
        raise OSError(0, "not started")

    process = Service("other", ["sync"], settings)
    monkeypatch.setattr(subprocess, "Popen", start)
    with pytest.raises(OSError, match="not started"):
        process._run_once()
    assert load(tmp_path, given[0]).article_link == "/{path}"


def test_a_site_without_hubs_and_caches_needs_no_services(tmp_path: Path) -> None:
    assert services(make_site(tmp_path)) == []


def _broken(_settings: Settings) -> None:
    raise ValueError("no settings for me")


def test_a_failing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_site(tmp_path)
    toy = EntryPoint("toy", f"{__name__}:_broken", SERVICES)
    monkeypatch.setattr(plugins, "installed", lambda _group: EntryPoints([toy]))
    with pytest.raises(FeedsvcError, match=r"toy \(feedsvc\.services, .+ ValueError: no settings"):
        services(settings)
