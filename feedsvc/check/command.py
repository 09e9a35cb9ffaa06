"""`feedsvc check`: validate the site, or any feed, before its readers do."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from feedsvc.check import exchange, feed, fetch, report, site
from feedsvc.cli.problems import exit_on_errors, list_problems, summary, verbose_option
from feedsvc.cli.site import load_settings, site_option
from feedsvc.cli.sync import progress_bar
from feedsvc.errors import FeedsvcError, Problem
from feedsvc.fetch import is_url


@click.command()
@site_option
@click.argument("target", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", *report.FORMATS]),
    default="text",
    show_default=True,
    help="How to print findings; github is for its workflows.",
)
@click.option("--json", "form", flag_value="json", help="Short for --format json.")
@click.option("--strict", is_flag=True, help="Fail with warnings and notes as well.")
@verbose_option
def check(site: Path, target: str | None, form: str, strict: bool, verbose: bool) -> None:
    """Validate the site as the strictest validator and feed reader would.

    With TARGET, validate that feed instead: a file, an HTTP(S) URL, or - for standard input.
    Changes nothing: a site is validated in a catalog of its own. The exit code is 1 if there is an
    error, and 2 if the check could not be done.
    """
    now = datetime.now(UTC)
    try:
        problems = _validate_target(target, now) if target else _validate_site(site, now)
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


class _CheckError(click.ClickException):
    """The check could not be done."""

    exit_code = 2


def _validate_site(folder: Path, now: datetime) -> list[Problem]:
    loaded = load_settings(folder)
    with progress_bar() as progress:
        problems = site.validate(loaded, now, progress)
    # Editors and GitHub look for files from where the command runs.
    return [
        problem if is_url(problem.path) else replace(problem, path=str(folder / problem.path))
        for problem in problems
    ]


def _validate_target(target: str, now: datetime) -> list[Problem]:
    if is_url(target):
        answer = fetch.exchange(target)
        served = exchange.validate(answer)
        if answer.status != 200:
            return served
        return served + feed.validate(answer.body, answer.url, answer.url, now)
    if target == "-":
        body = fetch.read_stream(sys.stdin.buffer, "standard input")
    else:
        body = fetch.read_file(Path(target))
    return feed.validate(body, target, None, now)
