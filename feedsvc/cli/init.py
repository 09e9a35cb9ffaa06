"""`feedsvc init`: create a site."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

import click

from feedsvc import sources, syntax
from feedsvc.cli.site import site_option
from feedsvc.config.settings import FILE
from feedsvc.errors import FeedsvcError

_DEFAULTS = {
    "title": "My site",
    "base_url": "http://127.0.0.1:8000",
    "language": "en",
    "timezone": "UTC",
    "content": "content",
}
_CATALOG = ".feedsvc/"  # holds the catalog, which is derived from the articles


@click.command()
@site_option
@click.option("--title", help="The site's title.")
@click.option("--base-url", help="The public address that every URL begins with.")
def init(site: Path, title: str | None, base_url: str | None) -> None:
    """Create a site: write a commented feedsvc.toml and a first article.

    In the folder of a Hugo, Jekyll or other site, title, address, language and time zone are taken
    from its configuration. No article is written beside existing ones. Existing files are not
    changed, except that `.feedsvc/` is added to the .gitignore of a Git repository.
    """
    found = sources.start(site)
    own = {"title": title, "base_url": base_url}
    values = {
        **_DEFAULTS,
        "content": _content(site),
        **found,
        **{key: value for key, value in own.items() if value is not None},
    }
    host = urlsplit(values["base_url"]).hostname if syntax.is_url(values["base_url"]) else None
    if not host:
        raise FeedsvcError(
            f'--base-url {base_url!r} is not a URL; write it in full, as "https://news.example.org"'
        )
    now = datetime.now(UTC)
    values["base_url"] = values["base_url"].rstrip("/")
    values["id_authority"] = f"{host},{now.year}"
    if generator := found.get("generator"):
        click.echo(f"This is a site of {generator}; its articles are in {values['content']}")
    values["generator"] = found.get("generator", "feedsvc")
    quoted = {key: json.dumps(value, ensure_ascii=False) for key, value in values.items()}
    _write(site / FILE, "feedsvc.toml", quoted)
    if not (site / values["content"]).exists():
        published = {"published": f"{now:%Y-%m-%d %H:%M}"}
        _write(site / values["content"] / "first-article.md", "first-article.md", published)
    _ignore(site)
    if values["base_url"] == _DEFAULTS["base_url"]:
        click.echo(f"Before you publish, set base_url and id_authority in {site / FILE}")
    click.echo(f"Now run `feedsvc serve --site {site}` and open http://127.0.0.1:8000/")


def _content(site: Path) -> str:
    """Return the folder of articles: `content`, or the site's folder if it has Markdown files."""
    names = [path.name.lower() for pattern in ("*.md", "*/*.md") for path in site.glob(pattern)]
    is_plain = any(not name.startswith(("readme", "changelog", ".", "_")) for name in names)
    return "." if is_plain and not (site / "content").is_dir() else "content"


def _ignore(site: Path) -> None:
    """Add the folder of the catalog to .gitignore in a Git repository."""
    path, folder = site / ".gitignore", site.resolve()
    if not any((each / ".git").exists() for each in (folder, *folder.parents)):
        return
    with suppress(OSError, ValueError):
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if not {_CATALOG, _CATALOG.strip("/"), f"/{_CATALOG}"} & set(text.splitlines()):
            start = "" if not text or text.endswith("\n") else "\n"
            with path.open("a", encoding="utf-8") as target:
                target.write(f"{start}{_CATALOG}\n")
            click.echo(f"Added {_CATALOG} to {path}")


def _write(path: Path, template: str, values: Mapping[str, str]) -> None:
    text = files("feedsvc.cli").joinpath("templates", template).read_text(encoding="utf-8")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as target:
            target.write(Template(text).substitute(values))
    except FileExistsError:
        raise FeedsvcError(f"{path}: already exists, and was not changed") from None
    except OSError as error:
        raise FeedsvcError(f"{path}: cannot be written: {error.strerror}") from None
    click.echo(f"Wrote {path}")
