"""`feedsvc check`: validate the site, or any feed, before its readers do."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from feedsvc.check import exchange, feed, published, report, site
from feedsvc.check.against import as_lines, compare
from feedsvc.cli.problems import exit_on_errors, list_problems, summary, verbose_option
from feedsvc.cli.site import load_settings, site_option
from feedsvc.cli.sync import progress_bar
from feedsvc.errors import FeedsvcError, Problem
from feedsvc.fetch import Answer, FetchError, Limits, get, head, is_url, read_file, read_stream

MAX_SIZE = 20_000_000  # bytes
MAX_HEAD = 1000  # bytes of a body, which an answer to HEAD should not have
_PATIENCE = 20.0  # seconds for one enclosure
_AT_ONCE = 8  # enclosures


@click.command()
@site_option
@click.argument("targets", nargs=-1)
@click.option(
    "--against",
    metavar="OLD...",
    multiple=True,
    help="Compare ids, links, dates and titles with what the site has published so far.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", *report.FORMATS]),
    default="text",
    show_default=True,
    help="How to print findings; github is for its workflows.",
)
@click.option("--json", "form", flag_value="json", help="Short for --format json.")
@click.option(
    "--remote",
    is_flag=True,
    help="Also ask other sites for length and type of the enclosures there.",
)
@click.option("--strict", is_flag=True, help="Fail with warnings and notes as well.")
@verbose_option
def check(
    site: Path,
    targets: tuple[str, ...],
    against: tuple[str, ...],
    form: str,
    remote: bool,
    strict: bool,
    verbose: bool,
) -> None:
    """Validate the site as the strictest validator and feed reader would.

    With TARGETS, validate these feeds instead: files, HTTP(S) URLs, or - for standard input.

    With --against, compare the site with feeds or sitemaps that it published before, in files or at
    URLs, or with the folder of a static site. The exit code is 1 if subscribers would see an entry
    of the feed as new.

    Changes nothing. The exit code is 1 if there is an error, and 2 if the check could not be done.
    """
    now = datetime.now(UTC)
    try:
        if against:
            _compare(site, (*against, *targets), form, now)
            return
        problems = [problem for target in targets for problem in _validate_target(target, now)]
        problems = problems if targets else _validate_site(site, now, remote)
    except FeedsvcError as error:
        raise _CheckError(str(error)) from error
    if form == "text":
        list_problems(problems, verbose, err=False)
    else:
        click.echo(report.FORMATS[form](problems), nl=False)
    click.echo(summary(problems), err=True)
    if strict and problems:
        sys.exit(1)
    exit_on_errors(problems)


def _compare(folder: Path, old: Sequence[str], form: str, now: datetime) -> None:
    """Print a comparison; exit with 1 if subscribers would see an entry as new."""
    if form not in {"text", "json"}:
        raise click.UsageError("--against is printed as text or as JSON; leave --format out")
    loaded = load_settings(folder)
    present = published.read(old, loaded.base_url)
    with progress_bar() as progress:
        entries, window = site.entries(loaded, now, progress)
    found = compare(present, entries, window)
    if form == "json":
        click.echo(json.dumps(asdict(found), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(as_lines(found)))
    if found.new:
        sys.exit(1)


class _CheckError(click.ClickException):
    """The check could not be done."""

    exit_code = 2


def _validate_site(folder: Path, now: datetime, remote: bool) -> list[Problem]:
    loaded = load_settings(folder)
    with progress_bar() as progress:
        problems = site.validate(loaded, now, progress, _ask if remote else None)
    # Editors and GitHub look for files from where the command runs.
    return [
        problem if is_url(problem.path) else replace(problem, path=str(folder / problem.path))
        for problem in problems
    ]


def _ask(urls: Iterable[str]) -> Mapping[str, Answer | FetchError]:
    """Return the answers to HEAD requests, which only go to public addresses."""

    def ask(url: str) -> Answer | FetchError:
        try:
            return head(url, Limits(MAX_HEAD, _PATIENCE, public=True))
        except FetchError as error:
            return error

    wanted = sorted(urls)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(wanted, pool.map(ask, wanted), strict=True))


def _validate_target(target: str, now: datetime) -> list[Problem]:
    if is_url(target):
        answer, again = get_twice(target)
        served = exchange.validate(answer, again)
        if answer.status != 200:
            return served
        return served + feed.validate(answer.body, answer.url, answer.url, now)
    if target == "-":
        body = read_stream(sys.stdin.buffer, "standard input", MAX_SIZE)
    else:
        body = read_file(Path(target), MAX_SIZE)
    return feed.validate(body, target, None, now)


def get_twice(url: str) -> tuple[Answer, int | None]:
    """Get a feed, and return the status of a conditional request for it, if it has a validator.

    Raises FetchError.
    """
    answer = get(url, Limits(MAX_SIZE))
    if answer.status != 200 or not answer.conditions:
        return answer, None
    return answer, get(answer.url, Limits(MAX_SIZE), answer).status
