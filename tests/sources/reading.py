"""Reads files as articles or as problems."""

from pathlib import Path

from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from feedsvc.config.settings import Settings
from feedsvc.errors import Problem
from feedsvc.model import Article
from feedsvc.sources import ArticleReader, Reading
from tests.sites import make_site

many_per_folder = hypothesis_settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read(settings: Settings, path: str = "a.md") -> Reading:
    """Read one file of a site."""
    return ArticleReader(settings).read(path)


def published_article(
    folder: Path, text: str | bytes, path: str = "a.md", toml: str = ""
) -> Article:
    """Return the article of a file that causes no Problems."""
    reading = read(make_site(folder, {path: text}, toml), path)
    assert reading.problems == ()
    assert reading.article
    return reading.article


def refused(folder: Path, text: str | bytes, path: str = "a.md") -> Problem:
    """Return the one Problem of a file that is refused."""
    reading = read(make_site(folder, {path: text}), path)
    assert reading.article is None
    (problem,) = reading.problems
    assert problem.path == f"content/{path}"
    assert problem.severity == "error"
    return problem


def warned(folder: Path, text: str | bytes, path: str = "a.md") -> tuple[Article, list[Problem]]:
    """Return the article and the Problems of a file that is published with warnings."""
    reading = read(make_site(folder, {path: text}), path)
    assert reading.article
    assert {problem.severity for problem in reading.problems} == {"warning"}
    return reading.article, list(reading.problems)
