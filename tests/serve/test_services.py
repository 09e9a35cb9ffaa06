"""Commands that run beside a server."""

import subprocess
from pathlib import Path

import pytest
from msgspec import structs

from feedsvc.serve.services import Service, services
from feedsvc.sources import load
from tests.sites import make_site


def test_it_writes_the_urls_that_the_server_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scale 8: on a machine without content, they follow from the catalog."""
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


def test_a_site_without_hubs_and_caches_needs_none(tmp_path: Path) -> None:
    assert services(make_site(tmp_path)) == []
