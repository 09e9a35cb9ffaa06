"""The settings that are addresses: base_url, media_url, id_authority and so on."""

import re
from typing import Annotated

from feedsvc import syntax, urls
from feedsvc.config.tables import Rule, quoted
from feedsvc.model import MAX_BASE

# ASCII, as HTTP headers include it; no query or fragment.
_BASE_URL = re.compile(r"""(?i)https?://[!"$->@-~]+""")


def _base_url(url: str) -> str:
    url = url.rstrip("/")
    if not syntax.is_url(url) or not _BASE_URL.fullmatch(url):
        raise ValueError
    return url


def _article_link(pattern: str) -> str:
    if fault := urls.check_pattern(pattern):
        raise ValueError(f"{quoted(pattern)} {fault}")
    return pattern


def _database(url: str) -> str:
    if not re.match(r"sqlite:///.|postgres(ql)?(\+psycopg)?://", url):
        raise ValueError
    return re.sub(r"^postgres\w*(\+psycopg)?:", "postgresql+psycopg:", url)


def _start_of_url(example: str) -> Rule:
    meaning = f'the start of a URL with its scheme and in ASCII, like "{example}"'
    return Rule(meaning, _base_url, MAX_BASE)


BaseUrl = Annotated[str, _start_of_url("https://news.example.org")]
MediaUrl = Annotated[str, _start_of_url("https://media.example.org/files")]
Authority = Annotated[
    str,
    Rule.matching(
        "a tagging entity, which is a host name that is yours and a year in which it was, like "
        '"news.example.org,2022"',
        syntax.is_tagging_entity,
        max_bytes=MAX_BASE,
    ),
]
Link = Annotated[str, Rule('a pattern like "/articles/{slug}"', _article_link, MAX_BASE)]
Database = Annotated[
    str,
    Rule(
        'the URL of a database like "sqlite:///.feedsvc/catalog.db" or "postgresql://user@host/name"',
        _database,
        secret=True,
    ),
]
