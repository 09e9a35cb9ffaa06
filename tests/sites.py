"""Creates sites and articles for tests, without a database or server."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from feedsvc import sources
from feedsvc.config import settings
from feedsvc.config.settings import Settings
from feedsvc.errors import SettingsError

TOML = """\
title = "Site"
base_url = "https://news.example.org"
id_authority = "news.example.org,2022"
timezone = "Europe/Paris"
"""


def make_site(folder: Path, files: Mapping[str, str | bytes] = {}, toml: str = "") -> Settings:
    """Write a site with these files below content/ and return its settings.

    toml: more text for feedsvc.toml; its keys override the defaults.
    """
    given = {
        line.partition("=")[0].strip() for line in f"\n{toml}".partition("\n[")[0].splitlines()
    }
    usual = [line for line in TOML.splitlines() if line.partition("=")[0].strip() not in given]
    content = folder / "content"
    content.mkdir(parents=True, exist_ok=True)
    (folder / settings.FILE).write_text("\n".join([*usual, toml]), encoding="utf-8")
    for name, text in files.items():
        path = content / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return sources.load(folder, {})


def mistake(folder: Path, toml: str, line: int) -> str:
    """Return the error about settings with a mistake in this line of a text, from 1."""
    with pytest.raises(SettingsError) as caught:
        make_site(folder, toml=toml)
    path, message = folder / settings.FILE, str(caught.value)
    first = path.read_text(encoding="utf-8").split("\n").index(toml.partition("\n")[0])
    assert message.startswith(f"{path}:{first + line}: ")
    assert "\n" not in message
    return message


def article(
    title: object = "T",
    published: object = "2022-02-17 09:30",
    body: str = "Text.",
    **front_matter: object,
) -> str:
    """Return the text of an article file, without keys whose value is None."""
    values = {"title": title, "published": published, **front_matter}
    lines = [
        f"{key}: {json.dumps(value, ensure_ascii=False)}"
        for key, value in values.items()
        if value is not None
    ]
    return "\n".join(["---", *lines, "---", "", body, ""])
