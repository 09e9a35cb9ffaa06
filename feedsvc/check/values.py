"""Checks of the values in feeds, in the strict forms of the specifications.

Each takes a text, and returns None or a Fault with a predicate about the text as its message.
"""

import re
from math import inf
from urllib.parse import urlsplit

from feedsvc import syntax
from feedsvc.check.finding import Check, Fault, unless
from feedsvc.html.text import names

_YEAR_OR_DAY = r"\d{4}(?:-\d\d(?:-\d\d)?)?"
_TAG = r"[\w;/?:@&=+$.\-!~*'()%,]*"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_NOT_IRI = re.compile(r"[\s<>\"{}|\\^`\x00-\x20\x7f]")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# The schemes of IANA's registry that occur in feeds.
_SCHEMES = names(
    "acct cid data dav dict dns file ftp geo git gopher http https im imap info ipfs ipns irc ircs "
    "jabber ldap magnet mailto mid news nfs nntp pop rtsp sftp sip sips sms ssh tag tel telnet "
    "urn view-source vnc wais ws wss xmpp"
)
# The part after some schemes.
UUID = r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_FORMS = {
    "tag:": (
        rf"(?:[a-z0-9._-]+@)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?,{_YEAR_OR_DAY}:{_TAG}(?:#{_TAG})?",
        Fault("bad-tag-uri", "is not a tag URI; write one such as tag:example.org,2022:name"),
    ),
    "urn:uuid:": (
        UUID,
        Fault("bad-urn", "is not a UUID, which has 32 hexadecimal digits in five groups"),
    ),
    "urn:": (
        r"(?i)[a-z0-9][a-z0-9-]{0,30}[a-z0-9]:(?:[\w()+,\-.:=@;$!*'/?#&~]|%[0-9a-f]{2})+",
        Fault("bad-urn", "is not a URN; write one such as urn:namespace:name"),
    ),
}


def reference(text: str) -> Fault | None:
    """Validate an IRI or a relative reference (RFC 3987)."""
    if _NOT_IRI.search(text):
        return Fault("bad-url", "contains characters that a URL cannot contain; percent-encode it")
    if _BAD_ESCAPE.search(text):
        return Fault("bad-url", "has a % without two hexadecimal digits; write %25")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return Fault("bad-url", "is not a URL; write one such as https://example.org/page")
    scheme = _SCHEME.match(text)
    if scheme:
        return _of_scheme(scheme[1].lower(), text, parts.hostname)
    if ":" in re.split(r"[/?#]", text, maxsplit=1)[0]:
        return Fault("bad-url", "has an invalid scheme; begin it with https://")
    return None


def _of_scheme(name: str, text: str, host: str | None) -> Fault | None:
    if name in {"http", "https", "ftp"} and not host:
        return Fault("bad-url", "has no host; write a URL such as https://example.org/page")
    for start, (pattern, fault) in _FORMS.items():
        if text.lower().startswith(start):
            return None if re.fullmatch(pattern, text[len(start) :], re.ASCII) else fault
    if name not in _SCHEMES:
        return Fault.warning(
            "unknown-scheme", f"has the scheme {name!r}, which no reader supports; use https"
        )
    return None


def iri(text: str) -> Fault | None:
    """Validate an absolute IRI, which Atom and JSON Feed require."""
    if not text:
        return Fault("bad-url", "is empty; write an absolute URL")
    if not (fault := reference(text)) and not _SCHEME.match(text):
        return Fault("relative-url", "is relative; write the full URL, with its scheme")
    return fault


def url(text: str) -> Fault | None:
    """Validate an absolute URL in ASCII, which RSS requires."""
    if not (fault := iri(text)) and not text.isascii():
        return Fault.warning("not-ascii-url", "is not ASCII; percent-encode it, or use Punycode")
    return fault


def canonical(text: str) -> Fault | None:
    """Validate that an id is in the normal form of its scheme (RFC 4287 4.2.6.1)."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    authority = parts.netloc.rpartition("@")[2]
    default = {"http": 80, "https": 443, "ftp": 21}.get(parts.scheme)
    deviations = {
        "upper case in its scheme": text.partition(":")[0] != parts.scheme and bool(parts.scheme),
        "upper case in its host": bool(parts.netloc) and authority != authority.lower(),
        "no path": default is not None and not parts.path,
        "the default port of its scheme": default is not None and port == default,
        "an empty user name": parts.netloc.startswith((":@", "@")),
        "an empty port": authority.endswith(":"),
        "dot segments in its path": re.search(r"/\.\.?(/|$)", parts.path) is not None,
        "lower case in an escape": re.search(r"%[0-9A-F]?[a-f]", text) is not None,
        "a needless escape": _NEEDLESS_ESCAPE.search(text) is not None,
    }
    found = next((name for name, has_it in deviations.items() if has_it), None)
    message = f"has {found}, so that software may normalise it to another id [4.2.6.1]"
    return Fault.warning("not-canonical-id", message) if found else None


_NEEDLESS_ESCAPE = re.compile(r"(?i)%(?:2d|2e|5f|7e|3\d|4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])")


def email(text: str) -> Fault | None:
    """Validate an email address, which Atom requires (RFC 2822 addr-spec)."""
    if syntax.is_email(text):
        return None
    if _is_local_email(text):
        message = "has no domain; write an address such as desk@example.org"
        return Fault.warning("email-without-domain", message)
    return Fault("bad-email", "is not an email address; write one such as desk@example.org")


def contact(text: str) -> Fault | None:
    """Validate an email address with a name in RSS: `desk@example.org (Newsroom)`."""
    address, _, name = text.strip().partition(" ")
    if syntax.is_email(address) or _is_local_email(address):
        if re.fullmatch(r"\s*\(.+\)", name):
            return None
        return Fault.warning("email-form", "has no name; write desk@example.org (Newsroom)")
    if re.search(r"[\w.%+~-](?:@|%40)\w", text[:500]):
        message = "is not in the usual order; write desk@example.org (Newsroom)"
        return Fault.warning("email-form", message)
    message = "has no email address; write desk@example.org (Newsroom), or use dc:creator"
    return Fault("bad-email", message)


def no_email(text: str) -> Fault | None:
    """Validate that a name contains no email address."""
    if "@" in text and email(text.strip().split(" ")[-1].strip("<>()")) is None:
        return Fault.note("email-in-name", "contains an email address; move it to <email>")
    return None


def _is_local_email(text: str) -> bool:
    """Return whether a text is an email address whose host has no domain."""
    return "@" in text and syntax.is_email(f"{text}.example")


def number(least: int, most: float = inf) -> Check:
    """Return a check for an integer."""
    return _between(r"-?[0-9]{1,15}", "an integer", least, most)


def decimal(least: int, most: int) -> Check:
    """Return a check for a decimal number."""
    return _between(r"[+-]?[0-9]{1,10}(\.[0-9]{1,30})?", "a number", least, most)


def _between(form: str, noun: str, least: int, most: float) -> Check:
    range_ = f"from {least}" if most == inf else f"from {least} to {most}"
    return unless(
        lambda text: re.fullmatch(form, text.strip()) and least <= float(text) <= most,
        Fault("bad-number", f"is not {noun} {range_}; write one"),
    )


def one_of(*words: str) -> Check:
    """Return a check for one of some words."""
    return unless(words.__contains__, Fault("bad-word", f"is not one of {', '.join(words)}"))


language = unless(  # RFC 5646
    lambda text: syntax.is_language(text.strip()),
    Fault("bad-language", "is not a language tag; write one such as en or pt-br"),
)
media_type = unless(  # RFC 6838
    syntax.is_media_type,
    Fault("bad-media-type", "is not a media type; write one such as audio/mpeg"),
)
present = unless(str.strip, Fault.warning("blank", "is empty; add a value, or remove it"))
