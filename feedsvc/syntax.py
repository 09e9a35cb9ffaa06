"""The syntax of small values that settings, front matter, imports, feeds and checks share.

Predicates on text alone: nothing here raises, resolves or looks anything up.
"""

import re
from datetime import date
from urllib.parse import urlsplit

# RFC 4151 2.1: a DNS name or an email address, and a date.
TAGGING_ENTITY = (
    r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
    r",[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?"
)
_TAGGING_ENTITY = re.compile(TAGGING_ENTITY)
# RFC 5322 3.4.1 (addr-spec), without the quoted forms that readers choke on.
_ATEXT = r"[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]+"
_EMAIL = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*@(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+")
_MAX_EMAIL = 320  # characters
# RFC 6838 4.2, with parameters.
_NAME = r"[A-Za-z0-9_!#$&^.+-]+"
_MEDIA_TYPE = re.compile(rf'{_NAME}/{_NAME}(?:\s*;\s*[\w.+-]+=(?:[\w.+-]+|"[^"]*"))*', re.ASCII)
_MAX_MEDIA_TYPE = 200  # characters
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20\x7f]+")
_SPACE = re.compile(r"\s")
# Characters that a header, a path, a line of text or XML cannot contain.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def is_line(text: str) -> bool:
    """Return whether a text fits on one line and into a header, a path and XML."""
    return not _UNFIT.search(text)


def is_email(text: str) -> bool:
    """Return whether a text is an email address in ASCII whose domain has a dot (RFC 5322)."""
    return len(text) <= _MAX_EMAIL and _EMAIL.fullmatch(text) is not None


def is_media_type(text: str) -> bool:
    """Return whether a text is a media type, with or without parameters (RFC 6838)."""
    return len(text) < _MAX_MEDIA_TYPE and _MEDIA_TYPE.fullmatch(text) is not None


def is_language(tag: str) -> bool:
    """Return whether a text has the form of a language tag (RFC 5646): `en`, `pt-BR`."""
    return _LANGUAGE_TAG.fullmatch(tag) is not None


def is_tagging_entity(text: str) -> bool:
    """Return whether a text is the authority and date of a tag URI: `example.org,2022-02-17`."""
    return _TAGGING_ENTITY.fullmatch(text) is not None and _is_date(text.partition(",")[2])


def is_url(text: str) -> bool:
    """Return whether a text is an absolute URL with a web scheme, a host, and no white space."""
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and not _SPACE.search(text)
        )
    except ValueError:
        return False


def is_iri(text: str) -> bool:
    """Return whether a text is an absolute IRI: a scheme, something after it, no white space."""
    return _IRI.fullmatch(text) is not None


def _is_date(written: str) -> bool:
    """Return whether a year, month or day exists."""
    try:
        date.fromisoformat(f"{written}-01-01"[:10])
    except ValueError:
        return False
    return True
