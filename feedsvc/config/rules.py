"""Rules for values that occur in several groups of settings."""

from typing import Annotated

from msgspec import Meta

from feedsvc import syntax
from feedsvc.config.tables import Rule
from feedsvc.model import MAX_LANGUAGE, MAX_URL


def _language(tag: str) -> str:
    if not syntax.is_language(tag):
        raise ValueError
    return tag.lower()


Language = Annotated[str, Rule('a language tag like "en" or "pt-br"', _language, MAX_LANGUAGE)]
Email = Rule.matching("an email address like desk@example.org", syntax.is_email)
Url = Rule.matching("an absolute URL with its scheme", syntax.is_url, max_bytes=MAX_URL)
Picture = Rule.matching(
    "a path that must start with /, or an absolute URL",
    lambda text: text.startswith("/") or syntax.is_url(text),
    max_bytes=MAX_URL,
)
Pixels = Annotated[int, Meta(ge=1, le=100_000)]
