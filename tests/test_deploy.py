"""The files in deploy/ match the project."""

import re
import tomllib
from pathlib import Path

import pytest

from feedsvc import sources
from feedsvc.config.settings import Settings

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def name(requirement: str) -> str:
    """Return the normalized name of a required package."""
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def test_every_dependency_of_the_image_is_locked_with_hashes() -> None:
    lock = (DEPLOY / "requirements.txt").read_text(encoding="utf-8")
    locked = dict(re.findall(r"^([\w.-]+)==(\S+)(?=.*\\\n    --hash=sha256:)", lock, re.MULTILINE))
    extras = re.search(r"^EXTRAS := (.*)$", MAKEFILE, re.MULTILINE)
    assert extras
    wanted = list(PROJECT["dependencies"])
    for extra in extras[1].split():
        wanted += PROJECT["optional-dependencies"][extra]
    assert {name(each) for each in wanted} <= locked.keys()


@pytest.fixture(scope="module")
def settings() -> Settings:
    return sources.load(DEPLOY / "site", {"FEEDSVC_DATABASE": "postgresql://feedsvc@postgres/f"})


def test_the_example_site_can_be_loaded(settings: Settings) -> None:
    assert settings.serve.limit_storage == "redis://valkey"


def test_nginx_and_compose_name_the_same_servers() -> None:
    compose = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    services = set(re.findall(r"^  ([a-z0-9]+):", compose, re.MULTILINE))
    nginx = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    servers = set(re.findall(r"\b(?:server |http://)([a-z0-9]+):8000", nginx))
    assert servers == {"web1", "web2", "writer"} <= services
