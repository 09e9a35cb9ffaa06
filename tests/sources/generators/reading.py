"""Reads trees of other generators."""

from collections.abc import Mapping
from datetime import timedelta, timezone
from pathlib import Path

from feedsvc import sources
from feedsvc.config import settings
from feedsvc.errors import Problem
from feedsvc.model import Article, Kind
from feedsvc.sources import ArticleReader, scan
from feedsvc.sources.trees import doubts

SITE = "https://news.example.org"
TOML = """\
title = "Site"
base_url = "https://news.example.org"
id_authority = "news.example.org,2022"
timezone = "Europe/Paris"
"""
CET = timezone(timedelta(hours=1))


def read(
    folder: Path, files: Mapping[str, str | bytes], toml: str
) -> tuple[dict[str, Article], list[Problem]]:
    """Write a site and return its articles by path, and its Problems."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / settings.FILE).write_text(TOML + toml, encoding="utf-8")
    site = sources.load(folder, {})
    found = scan(site.content, site.site, site.tree)
    reader = ArticleReader(site)
    readings = {path: reader.read(path) for path in found.fingerprints}
    problems = [*found.problems, *doubts(site)]
    problems += [problem for each in readings.values() for problem in each.problems]
    return {path: each.article for path, each in readings.items() if each.article}, problems


def one(folder: Path, generator: str, text: str, path: str) -> tuple[Article, list[Problem]]:
    """Return the article of one file of a generator's tree, and its Problems."""
    articles, problems = read(folder, {f"content/{path}": text}, f'generator = "{generator}"\n')
    return articles[path], problems


def places(articles: Mapping[str, Article]) -> dict[str, str]:
    """Return the URL paths of articles by file path."""
    return {path: each.link.removeprefix(SITE) for path, each in articles.items()}


def labels(article: Article, kind: Kind) -> list[str]:
    return [label for ref, label in article.terms if ref.kind is kind]


def codes(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in problems]
