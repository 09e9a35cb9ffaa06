"""Reads the files that the front matter of an article names as enclosures."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from feedsvc.errors import ArticleError, Severity
from feedsvc.model import Enclosure
from feedsvc.sources.attachments import Attachments, guess_type
from feedsvc.sources.values import Values

_LENGTH = re.compile(r"[0-9]{1,15}")


class Attached(NamedTuple):
    """An enclosure, and the path of its file in the content folder; '' if it is elsewhere.

    The type of a local file is '' unless the front matter has it.
    """

    path: str
    enclosure: Enclosure


def read(values: Values, attachments: Attachments) -> Iterator[Attached]:
    """Yield the enclosures of an article. Raises ArticleError for invalid front matter."""
    for reference, media_type, length in values.records("enclosures", ("url", "type", "length")):
        if not reference:
            raise values.error(
                "bad-value", "enclosures", "has one without a url; write it or remove it"
            )
        url = attachments.url(values, "enclosures", reference)
        if length and not _LENGTH.fullmatch(length):
            message = f"has the length {length[:20]!r}, which is no number of bytes; leave it out"
            raise values.error("bad-value", "enclosures", message)
        path, size = attachments.local(reference), 0
        try:
            size = attachments.use(path) if path else 0
        except OSError as error:
            message = f"uses {path!r}, which cannot be read: {error.strerror}; it is left out"
            values.warnings.append(
                ArticleError("bad-media", message, key="enclosures", severity=Severity.WARNING)
            )
            continue
        kind = media_type if path else media_type or guess_type(reference)
        yield Attached(path or "", Enclosure(url, kind, int(length or 0) or size))


def typed(attached: Attached) -> Enclosure:
    """Return an enclosure, with a type guessed from the name of its file if it has none."""
    path, enclosure = attached
    return enclosure if enclosure.type else replace(enclosure, type=guess_type(path))
