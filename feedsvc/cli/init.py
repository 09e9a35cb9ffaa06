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
from feedsvc.cli import programs
from feedsvc.cli.programs import Program
from feedsvc.cli.site import site_option
from feedsvc.config.settings import FILE
from feedsvc.errors import FeedsvcError

_DEFAULTS = {
    "title": "My site",
    "base_url": "http://127.0.0.1:8000",
    "language": "en",
    "timezone": "UTC",
    "generator": "feedsvc",
}
_CATALOG = ".feedsvc/"  # holds the catalog, which is derived from the articles


@click.command()
@site_option
@click.option("--title", help="The site's title.")
@click.option("--base-url", help="The public address that every URL begins with.")
@click.option(
    "--from",
    "program",
    metavar="PROGRAM",
    help=f"Let this program write the articles: {', '.join(programs.names())}.",
)
@click.option("--force", is_flag=True, help="Overwrite the files of the template of --from.")
def init(
    site: Path, title: str | None, base_url: str | None, program: str | None, force: bool
) -> None:
    """Create a site: write a commented feedsvc.toml and a first article.

    In the folder of a Hugo, Jekyll or other site, title, address, language and time zone are taken
    from its configuration. No article is written beside existing ones. Existing files are not
    changed, except that `.feedsvc/` is added to the .gitignore of a Git repository.

    With --from, install and print a template with which the program writes all articles in its own
    build, and make them the articles of the site.
    """
    template = programs.load(program) if program else None
    found = sources.start(site)
    own = {key: value for key, value in (("title", title), ("base_url", base_url)) if value}
    values = {**_DEFAULTS, "content": _content(site), **found, **own}
    address = values["base_url"] = values["base_url"].rstrip("/")
    host = urlsplit(address).hostname if syntax.is_url(address) else None
    if not host:
        raise FeedsvcError(
            f'--base-url {base_url!r} is not a URL; write it in full, as "https://news.example.org"'
        )
    now = datetime.now(UTC)
    values["id_authority"] = f"{host},{now.year}"
    if template:
        programs.install(template, site, address, overwrite=force)
        _make_source(site, template, {**values, "content": "", "generator": "feedsvc"})
        _ignore(site)
        return
    if "generator" in found:
        click.echo(
            f"This is a site of {found['generator']}; its articles are in {found['content']}"
        )
    _write_settings(site, values)
    if not (site / values["content"]).exists():
        published = {"published": f"{now:%Y-%m-%d %H:%M}"}
        _write(site / values["content"] / "first-article.md", "first-article.md", published)
    _ignore(site)
    if address == _DEFAULTS["base_url"]:
        click.echo(f"Before you publish, set base_url and id_authority in {site / FILE}")
    click.echo(f"Now run `feedsvc serve --site {site}` and open http://127.0.0.1:8000/")


def _content(site: Path) -> str:
    """Return the folder of articles: `content`, or the site's folder if it has Markdown files."""
    names = [path.name.lower() for pattern in ("*.md", "*/*.md") for path in site.glob(pattern)]
    is_plain = any(not name.startswith(("readme", "changelog", ".", "_")) for name in names)
    return "." if is_plain and not (site / "content").is_dir() else "content"


def _make_source(site: Path, program: Program, values: Mapping[str, str]) -> None:
    """Make the feed of a program the source of all articles, or print how to."""
    lines = programs.settings(program)
    if (site / FILE).exists():
        click.echo(f'Write content = "" into {site / FILE}, and at its end:\n\n{lines}')
    else:
        _write_settings(site, values, f"\n{lines}")
    for sentence in program.advice:
        click.echo(sentence)
    click.echo(f"Then run `feedsvc sync --site {site}`.")


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


def _write_settings(site: Path, values: Mapping[str, str], more: str = "") -> None:
    quoted = {key: json.dumps(value, ensure_ascii=False) for key, value in values.items()}
    _write(site / FILE, "feedsvc.toml", quoted, more)


def _write(path: Path, template: str, values: Mapping[str, str], more: str = "") -> None:
    text = files("feedsvc.cli").joinpath("templates", template).read_text(encoding="utf-8") + more
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as target:
            target.write(Template(text).substitute(values))
    except FileExistsError:
        raise FeedsvcError(f"{path}: already exists, and was not changed") from None
    except OSError as error:
        raise FeedsvcError(f"{path}: cannot be written: {error.strerror}") from None
    click.echo(f"Wrote {path}")
