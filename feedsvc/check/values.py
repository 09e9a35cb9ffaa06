"""What the values in feeds must look like: URLs, addresses, numbers, words, languages.

Each check is given a text and returns what is wrong with it, as a code and the end of a sentence
that the text begins, or None. They are the strict forms of the specifications.
"""

import re
from collections.abc import Callable
from html.entities import html5
from urllib.parse import urlsplit

from feedsvc import syntax
from feedsvc.check.finding import Fault
from feedsvc.html.text import names

Check = Callable[[str], Fault | None]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_NOT_IRI = re.compile(r"[\s<>\"{}|\\^`\x00-\x20\x7f]")
_TAG_URI = re.compile(
    r"tag:(?:[a-z0-9._-]+@)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?,\d{4}(?:-\d\d(?:-\d\d)?)?:"
    r"[\w;/?:@&=+$.\-!~*'()%,]*(?:#[\w;/?:@&=+$.\-!~*'()%,]*)?",
    re.ASCII,
)
_URN = re.compile(
    r"(?i)urn:[a-z0-9][a-z0-9-]{0,30}[a-z0-9]:(?:[\w()+,\-.:=@;$!*'/?#&~]|%[0-9a-f]{2})+", re.ASCII
)
_UUID = re.compile(r"(?i)urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Of IANA's register, what feeds have a use for.
_SCHEMES = names(
    "acct cid data dav dict dns file ftp geo git gopher http https im imap info ipfs ipns irc ircs "
    "jabber ldap magnet mailto mid news nfs nntp pop rtsp sftp sip sips sms ssh tag tel telnet "
    "urn view-source vnc wais ws wss xmpp"
)


def reference(text: str) -> Fault | None:
    """Validate a URL that may be relative, and an IRI."""
    if _NOT_IRI.search(text):
        return Fault("bad-url", "holds what a URL cannot hold; percent-encode it")
    if _BAD_ESCAPE.search(text):
        return Fault("bad-url", "has a % without two hexadecimal digits; write %25")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return Fault("bad-url", "is no URL; write it as https://example.org/page")
    scheme = _SCHEME.match(text)
    if not scheme:
        if ":" in re.split(r"[/?#]", text, maxsplit=1)[0]:
            return Fault("bad-url", "has a scheme that cannot be one; write https:// in front")
        return None
    name = scheme[1].lower()
    if name in {"http", "https", "ftp"} and not parts.hostname:
        return Fault("bad-url", "names no host; write it as https://example.org/page")
    return _of_scheme(name, text)


def _of_scheme(name: str, text: str) -> Fault | None:
    if name == "tag" and not _TAG_URI.fullmatch(text):
        return Fault("bad-tag-uri", "is not a tag URI; write it as tag:example.org,2022:name")
    if name == "urn" and text.lower().startswith("urn:uuid:") and not _UUID.fullmatch(text):
        return Fault("bad-urn", "is not a UUID; it has 32 hexadecimal digits in five groups")
    if name == "urn" and not _URN.fullmatch(text):
        return Fault("bad-urn", "is not a URN; write it as urn:namespace:name")
    if name not in _SCHEMES:
        return Fault.warning(
            "unknown-scheme",
            f"has the scheme {name!r}, which no reader knows; write https://",
        )
    return None


def iri(text: str) -> Fault | None:
    """Validate an absolute IRI, as Atom has it."""
    if not text:
        return Fault("bad-url", "is empty; write an absolute URL")
    if (fault := reference(text)) is not None:
        return fault
    if not _SCHEME.match(text):
        return Fault("relative-url", "is relative; write it whole, with its scheme")
    return None


def url(text: str) -> Fault | None:
    """Validate an absolute URL, as RSS has it: ASCII alone."""
    fault = iri(text)
    if fault is None and not text.isascii():
        return Fault.warning(
            "not-ascii-url",
            "is not ASCII, as RSS wants it; percent-encode it, or use Punycode",
        )
    return fault


def canonical(text: str) -> Fault | None:
    """Validate whether an id is written as its scheme would normalise it (RFC 4287 4.2.6.1)."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    authority = parts.netloc.rpartition("@")[2]
    default = {"http": 80, "https": 443, "ftp": 21}.get(parts.scheme)
    odd = {
        "capitals in its scheme": text.partition(":")[0] != parts.scheme and bool(parts.scheme),
        "capitals in its host": bool(parts.netloc) and authority != authority.lower(),
        "no path": default is not None and not parts.path,
        "the port that its scheme implies": default is not None and port == default,
        "an empty user name": parts.netloc.startswith((":@", "@")),
        "an empty port": authority.endswith(":"),
        "dots in its path": re.search(r"/\.\.?(/|$)", parts.path) is not None,
        "small letters in an escape": re.search(r"%[0-9A-F]?[a-f]", text) is not None,
        "an escape that needs none": re.search(r"(?i)%(2d|2e|5f|7e|3\d|4[1-9a-f]|5[0-9a]|6[1-9a-f]"
                                               r"|7[0-9a])", text) is not None,
    }  # fmt: skip
    for what, is_so in odd.items():
        if is_so:
            return Fault.warning(
                "not-canonical-id",
                f"has {what}, which software may normalise to another id",
            )
    return None


def address(text: str) -> Fault | None:
    """Validate an email address alone, as Atom has it (RFC 2822, addr-spec)."""
    if syntax.is_email(text):
        return None
    if _is_local_email(text):
        return Fault.warning("email-without-domain", "has no domain; write it as desk@example.org")
    return Fault("bad-email", "is no email address alone; write it as desk@example.org")


def contact(text: str) -> Fault | None:
    """Validate an email address with a name, as RSS has it: `desk@example.org (Newsroom)`."""
    address_part, _, name = text.strip().partition(" ")
    if syntax.is_email(address_part) or _is_local_email(address_part):
        if re.fullmatch(r"\s*\(.+\)", name):
            return None
        return Fault.warning("email-form", "has no name; write it as desk@example.org (Newsroom)")
    if re.search(r"[\w.%+~-](?:@|%40)\w", text[:500]):
        return Fault.warning(
            "email-form",
            "is not in the usual order; write it as desk@example.org (Newsroom)",
        )
    return Fault(
        "bad-email", "has no email address; write desk@example.org (Newsroom), or use dc:creator"
    )


def _is_local_email(text: str) -> bool:
    """Return whether a text is an email address at a host without a domain."""
    return "@" in text and syntax.is_email(f"{text}.example")


def number(least: int, most: int | None = None) -> Check:
    """Return a check for a whole number."""
    upto = f" to {most}" if most is not None else ""

    def check(text: str) -> Fault | None:
        is_number = re.fullmatch(r"-?[0-9]{1,15}", text.strip()) is not None
        if is_number and int(text) >= least and (most is None or int(text) <= most):
            return None
        return Fault("bad-number", f"is not a whole number from {least}{upto}; write one")

    return check


def decimal(least: int, most: int) -> Check:
    """Return a check for a decimal number."""

    def check(text: str) -> Fault | None:
        written = re.fullmatch(r"\s*[+-]?[0-9]{1,10}(\.[0-9]{1,30})?\s*", text)
        if written and least <= float(text) <= most:
            return None
        return Fault("bad-number", f"is not a number from {least} to {most}; write one")

    return check


def one_of(*words: str) -> Check:
    """Return a check for one of some words."""

    def check(text: str) -> Fault | None:
        return (
            None
            if text in words
            else Fault("bad-word", f"is none of {', '.join(words)}; write one")
        )

    return check


def language(text: str) -> Fault | None:
    """Validate a language tag (RFC 5646)."""
    if syntax.is_language(text.strip()):
        return None
    return Fault("bad-language", 'is not a language tag; write "en" or "pt-br"')


def media_type(text: str) -> Fault | None:
    """Validate a media type (RFC 6838)."""
    if syntax.is_media_type(text):
        return None
    return Fault("bad-media-type", "is not a media type; write one like audio/mpeg")


def present(text: str) -> Fault | None:
    """Validate a text that must not be empty."""
    return (
        None
        if text.strip()
        else Fault.warning("blank", "is empty; write something, or leave it out")
    )


_ENTITIES = frozenset(name.rstrip(";") for name in html5)
# What HTML looks like where it should not be: an end tag, a tag that has none or has attributes, a
# comment, a reference. `<b>` alone may well be what a text is about.
_HTML = re.compile(
    r"</(?P<end>[a-zA-Z][a-zA-Z0-9]*)\s?>|<(?P<void>br|hr|img|p|li|wbr)\s?/?>|<!--"
    r"|<(?P<start>[a-zA-Z][a-zA-Z0-9]*)\s+[a-zA-Z-]+=[^<>]{1,500}>"
    r"|&#x?[0-9a-fA-F]|&(?P<entity>[a-zA-Z]{2,31});"
)
_LIKE_MARKUP = re.compile(r"<[a-zA-Z/!]|&#[0-9xX]|&(?P<entity>[a-zA-Z]{2,31})")


def looks_like_html(text: str, elements: frozenset[str]) -> bool:
    """Return whether a plain text has markup in it. elements: names that count as such."""
    for match in _HTML.finditer(text[:20_000]):
        if tag := match["end"] or match["start"]:
            if tag.lower() in elements:
                return True
        elif not match["entity"] or match["entity"] in _ENTITIES:
            return True
    return False


def is_ambiguous(text: str) -> bool:
    """Return whether a reader that takes a text for HTML would show another one."""
    found = _LIKE_MARKUP.finditer(text[:20_000])
    return any(not match["entity"] or match["entity"] in _ENTITIES for match in found)
