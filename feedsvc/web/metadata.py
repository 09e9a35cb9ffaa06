"""Structured data of pages for search engines (JSON-LD, https://schema.org); pure."""

from collections.abc import Mapping
from typing import Any

from feedsvc import dates
from feedsvc.config.settings import Settings
from feedsvc.model import Entry, Person

_CONTEXT = "https://schema.org"


def website(settings: Settings, url: str) -> dict[str, Any]:
    """Describe the site. url: of its home page."""
    return _present(
        {
            "@context": _CONTEXT,
            "@type": "WebSite",
            "name": settings.title,
            "description": settings.subtitle,
            "url": url,
            "inLanguage": settings.language,
        }
    )


def posting(settings: Settings, entry: Entry, url: str) -> dict[str, Any]:
    """Describe an article. url: of its page."""
    return _present(
        {
            "@context": _CONTEXT,
            "@type": "BlogPosting",
            "headline": entry.title,
            "description": entry.summary,
            "url": url,
            "mainEntityOfPage": url,
            "datePublished": dates.rfc3339(entry.published),
            "dateModified": dates.rfc3339(entry.updated),
            "inLanguage": entry.language or settings.language,
            "image": entry.image,
            "author": [_person(each) for each in entry.authors],
            "keywords": [each.label for each in entry.categories],
            "publisher": {"@type": "Organization", "name": settings.title},
        }
    )


def _person(person: Person) -> dict[str, Any]:
    return _present({"@type": "Person", "name": person.name, "url": person.uri})


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}
