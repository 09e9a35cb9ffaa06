"""`feedsvc init`: create a site."""

import json
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

import click

from feedsvc import syntax
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
def init(site: Path, title: str, base_url: str) -> None:
    """Create a site: write a commented feedsvc.toml and a first article.

    Existing files are not changed.
    """
    host = urlsplit(base_url).hostname if syntax.is_url(base_url) else None
    if not host:
        raise FeedsvcError(
            f'--base-url {base_url!r} is not a URL; write it whole, as "https://news.example.org"'
        )
    now = datetime.now(UTC)
    values = {
        "title": json.dumps(title, ensure_ascii=False),
        "base_url": json.dumps(base_url.rstrip("/")),
        "id_authority": json.dumps(f"{host},{now.year}"),
        "published": f"{now:%Y-%m-%d %H:%M}",
    }
    _write(site / FILE, "feedsvc.toml", values)
    _write(site / "content" / "first-article.md", "first-article.md", values)
    click.echo(f"Now run `feedsvc serve --site {site}` and open http://127.0.0.1:8000/")


def _write(path: Path, template: str, values: dict[str, str]) -> None:
    text = files("feedsvc.cli").joinpath("templates", template).read_text(encoding="utf-8")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as target:
            target.write(Template(text).substitute(values))
    except FileExistsError:
        raise FeedsvcError(f"{path}: is there already, and is left as it is") from None
    except OSError as error:
        raise FeedsvcError(f"{path}: cannot be written: {error.strerror}") from None
    click.echo(f"Wrote {path}")
