"""`feedsvc init`: create a site."""

import json
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

import click

from feedsvc import syntax
from feedsvc.cli import programs
from feedsvc.cli.programs import Program
from feedsvc.cli.site import site_option
from feedsvc.config.settings import FILE
from feedsvc.errors import FeedsvcError


@click.command()
@site_option
@click.option("--title", default="My site", show_default=True, help="The site's title.")
@click.option(
    "--base-url",
    default="http://127.0.0.1:8000",
    show_default=True,
    help="The public address that every URL begins with.",
)
@click.option(
    "--from",
    "program",
    metavar="PROGRAM",
    help=f"Let this program write the articles: {', '.join(programs.names())}.",
)
@click.option("--force", is_flag=True, help="Overwrite the files of the template of --from.")
def init(site: Path, title: str, base_url: str, program: str | None, force: bool) -> None:
    """Create a site: write a commented feedsvc.toml and a first article.

    With --from, install and print a template with which the program writes all articles in its own
    build, and make them the articles of the site. Existing files are not changed.
    """
    template = programs.load(program) if program else None
    host = urlsplit(base_url).hostname if syntax.is_url(base_url) else None
    if not host:
        raise FeedsvcError(
            f'--base-url {base_url!r} is not a URL; write it whole, as "https://news.example.org"'
        )
    now = datetime.now(UTC)
    values = {
        "title": json.dumps(title, ensure_ascii=False),
        "base_url": json.dumps(base_url.rstrip("/")),
        "content": '"content"',
        "id_authority": json.dumps(f"{host},{now.year}"),
        "published": f"{now:%Y-%m-%d %H:%M}",
    }
    if template:
        programs.install(template, site, base_url.rstrip("/"), overwrite=force)
        _make_source(site, template, values)
        return
    _write(site / FILE, "feedsvc.toml", values)
    _write(site / "content" / "first-article.md", "first-article.md", values)
    click.echo(f"Now run `feedsvc serve --site {site}` and open http://127.0.0.1:8000/")


def _make_source(site: Path, program: Program, values: dict[str, str]) -> None:
    """Make the feed of a program the source of all articles, or print how to."""
    lines = programs.settings(program)
    if (site / FILE).exists():
        click.echo(f'Write content = "" into {site / FILE}, and at its end:\n\n{lines}')
    else:
        _write(site / FILE, "feedsvc.toml", {**values, "content": '""'}, f"\n{lines}")
    for sentence in program.advice:
        click.echo(sentence)
    click.echo(f"Then run `feedsvc sync --site {site}`.")


def _write(path: Path, template: str, values: dict[str, str], more: str = "") -> None:
    text = files("feedsvc.cli").joinpath("templates", template).read_text(encoding="utf-8") + more
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as target:
            target.write(Template(text).substitute(values))
    except FileExistsError:
        raise FeedsvcError(f"{path}: is there already, and is left as it is") from None
    except OSError as error:
        raise FeedsvcError(f"{path}: cannot be written: {error.strerror}") from None
    click.echo(f"Wrote {path}")
