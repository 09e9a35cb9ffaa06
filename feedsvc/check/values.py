"""What the values in feeds must look like: dates, URLs, addresses, numbers, names of languages.

Each check is given a text and returns what is wrong with it, as a code and the end of a sentence
that the text begins, or None. They are the strict forms of the specifications, not what
`feedsvc.dates` reads from authors.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from html.entities import html5
from urllib.parse import urlsplit

from feedsvc import settings
from feedsvc.html.text import names

Fault = tuple[str, str]
Check = Callable[[str], Fault | None]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# RFC 822 5.1, and what RFC 2822 4.3 says that they mean.
_ZONES = {
    "ut": 0, "gmt": 0, "z": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5,
    "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
_RFC822 = re.compile(
    r"(?:(?P<name>[a-z]{3})(?P<comma>\s*,\s*))?(?P<day>\d{1,2})\s+(?P<month>[a-z]{3})\s+"
    r"(?P<year>\d{4}|\d{2})\s+(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?\s*"
    r"(?P<zone>[a-z]{1,3}|[+-]\d{4})",
    re.ASCII | re.IGNORECASE,
)
_BAD_RSS_DATE = "is not a date of RFC 822; write it as Thu, 17 Feb 2022 09:30:00 GMT"
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_W3C = re.compile(
    r"\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?)?)?", re.ASCII
)


def _comments(text: str) -> str:
    """Return a date of RFC 822 without its comments, which nest."""
    kept, depth = [], 0
    for part in re.split(r"(\\.|[()])", text):
        if part == "(":
            depth += 1
        elif part == ")":
            depth = max(0, depth - 1)
        elif not depth:
            kept.append(part)
    return " ".join(kept)


def parse_rfc822(text: str) -> datetime | None:
    """Read a date as RSS 2.0 has it; None if it is none."""
    match = _RFC822.fullmatch(" ".join(_comments(text).split())) if len(text) < 500 else None
    if not match or match["month"].lower() not in _MONTHS:
        return None
    zone = match["zone"].lower()
    if zone[0] in "+-":
        minutes = int(zone[1:3]) * 60 + int(zone[3:])
        offset = timedelta(minutes=-minutes if zone[0] == "-" else minutes)
    elif zone in _ZONES or (len(zone) == 1 and zone != "j"):
        offset = timedelta(hours=_ZONES.get(zone, 0))
    else:
        return None
    year = int(match["year"])
    if len(match["year"]) == 2:
        year += 1900 if year >= 50 else 2000
    try:
        return datetime(
            year,
            _MONTHS.index(match["month"].lower()) + 1,
            int(match["day"]),
            int(match["hour"]),
            int(match["minute"]),
            min(int(match["second"] or 0), 59 if match["second"] == "60" else 99),
            tzinfo=timezone(offset),
        )
    except ValueError:
        return None


def rfc822(text: str) -> Fault | None:
    """Judge a date of RSS 2.0: RFC 822 with a year of four digits."""
    moment = parse_rfc822(text)
    if moment is None:
        return "bad-rss-date", _BAD_RSS_DATE
    plain = " ".join(_comments(text).split())
    match = _RFC822.fullmatch(plain)
    if match is None:
        return "bad-rss-date", _BAD_RSS_DATE
    name, zone = (match["name"] or "").lower(), match["zone"].lower()
    if name and name != _DAYS[moment.weekday()]:
        right = _DAYS[moment.weekday()].title()
        return "wrong-weekday", f"names the wrong day of the week; that day was a {right}"
    odd = {
        "a comment": "(" in text,
        "no space after the comma": match["comma"] == ",",
        "a year of two digits": len(match["year"]) == 2,
        "a zone of one letter": zone not in _ZONES and zone[0] not in "+-",
        "an offset that no zone has": zone[0] in "+-" and zone[3:] not in {"00", "15", "30", "45"},
    }
    for what, is_so in odd.items():
        if is_so:
            return "odd-rss-date", f"has {what}; write it as Thu, 17 Feb 2022 09:30:00 GMT"
    return None


def parse_rfc3339(text: str) -> datetime | None:
    """Read a date as Atom and JSON Feed have it; None if it is none."""
    match = _RFC3339.fullmatch(text)
    if not match:
        return None
    try:
        # A leap second is a second that datetime has not (RFC 3339 5.7).
        second = "59" if match[2] == "60" else match[2]
        return datetime.fromisoformat(f"{match[1]}:{second}{match[3].replace('Z', '+00:00')}")
    except ValueError:
        return None


def rfc3339(text: str) -> Fault | None:
    """Judge a date of Atom or JSON Feed (RFC 3339 5.6, with a capital T and Z)."""
    if parse_rfc3339(text) is None:
        return "bad-date-time", "is not a date of RFC 3339; write it as 2022-02-17T09:30:00Z"
    return None


def w3c_date(text: str) -> Fault | None:
    """Judge a date of Dublin Core (W3C's note on date and time formats)."""
    fault = ("bad-w3c-date", "is not a date of W3CDTF; write it as 2022-02-17T09:30:00+01:00")
    match = _W3C.fullmatch(text)
    if not match:
        return fault
    filled = text + "0001-01-01"[len(text) :] if len(text) < 10 else text
    try:
        datetime.fromisoformat(filled)
    except ValueError:
        return fault
    return None


def implausible(moment: datetime, now: datetime) -> str | None:
    """Return what is odd about when something was published, as the end of a sentence."""
    if moment.year < 1970:
        return "lies before 1970, when there was no feed; mend the date"
    try:
        if moment - now > timedelta(days=2):
            return "lies in the future; readers show it on top until then, or not at all"
    except OverflowError:
        return "lies at an end of time; mend the date"
    return None


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
    """Judge a URL that may be relative, and an IRI."""
    if _NOT_IRI.search(text):
        return "bad-url", "holds what a URL cannot hold; percent-encode it"
    if _BAD_ESCAPE.search(text):
        return "bad-url", "has a % without two hexadecimal digits; write %25"
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return "bad-url", "is no URL; write it as https://example.org/page"
    scheme = _SCHEME.match(text)
    if not scheme:
        if ":" in re.split(r"[/?#]", text, maxsplit=1)[0]:
            return "bad-url", "has a scheme that cannot be one; write https:// in front"
        return None
    name = scheme[1].lower()
    if name in {"http", "https", "ftp"} and not parts.hostname:
        return "bad-url", "names no host; write it as https://example.org/page"
    return _of_scheme(name, text)


def _of_scheme(name: str, text: str) -> Fault | None:
    if name == "tag" and not _TAG_URI.fullmatch(text):
        return "bad-tag-uri", "is not a tag URI; write it as tag:example.org,2022:name"
    if name == "urn" and text.lower().startswith("urn:uuid:") and not _UUID.fullmatch(text):
        return "bad-urn", "is not a UUID; it has 32 hexadecimal digits in five groups"
    if name == "urn" and not _URN.fullmatch(text):
        return "bad-urn", "is not a URN; write it as urn:namespace:name"
    if name not in _SCHEMES:
        return "unknown-scheme", f"has the scheme {name!r}, which no reader knows; write https://"
    return None


def iri(text: str) -> Fault | None:
    """Judge an absolute IRI, as Atom has it."""
    if not text:
        return "bad-url", "is empty; write an absolute URL"
    if (fault := reference(text)) is not None:
        return fault
    if not _SCHEME.match(text):
        return "relative-url", "is relative; write it whole, with its scheme"
    return None


def url(text: str) -> Fault | None:
    """Judge an absolute URL, as RSS has it: ASCII alone."""
    fault = iri(text)
    if fault is None and not text.isascii():
        return "not-ascii-url", "is not ASCII, as RSS wants it; percent-encode it, or use Punycode"
    return fault


def canonical(text: str) -> Fault | None:
    """Judge whether an id is written as its scheme would normalise it (RFC 4287 4.2.6.1)."""
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
            return "not-canonical-id", f"has {what}, which software may normalise to another id"
    return None


_ATEXT = r"[\w!#$%&'*+/=?^`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*@[\w-]+(?:\.[\w-]+)*\.?", re.ASCII)


def address(text: str) -> Fault | None:
    """Judge an email address alone, as Atom has it (RFC 2822, addr-spec)."""
    if len(text) > 320 or not _ADDRESS.fullmatch(text):
        return "bad-email", "is no email address alone; write it as desk@example.org"
    if "." not in text.rpartition("@")[2]:
        return "email-without-domain", "has no domain; write it as desk@example.org"
    return None


def contact(text: str) -> Fault | None:
    """Judge an email address with a name, as RSS has it: `desk@example.org (Newsroom)`."""
    address_part, _, name = text.strip().partition(" ")
    if len(text) < 500 and _ADDRESS.fullmatch(address_part):
        if re.fullmatch(r"\s*\(.+\)", name):
            return None
        return "email-form", "has no name; write it as desk@example.org (Newsroom)"
    if re.search(r"[\w.%+~-](?:@|%40)\w", text[:500]):
        return "email-form", "is not in the usual order; write it as desk@example.org (Newsroom)"
    return "bad-email", "has no email address; write desk@example.org (Newsroom), or use dc:creator"


def number(least: int, most: int | None = None) -> Check:
    """Return a check for a whole number."""
    upto = f" to {most}" if most is not None else ""

    def check(text: str) -> Fault | None:
        is_number = re.fullmatch(r"-?[0-9]{1,15}", text.strip()) is not None
        if is_number and int(text) >= least and (most is None or int(text) <= most):
            return None
        return "bad-number", f"is not a whole number from {least}{upto}; write one"

    return check


def decimal(least: int, most: int) -> Check:
    """Return a check for a decimal number."""

    def check(text: str) -> Fault | None:
        written = re.fullmatch(r"\s*[+-]?[0-9]{1,10}(\.[0-9]{1,30})?\s*", text)
        if written and least <= float(text) <= most:
            return None
        return "bad-number", f"is not a number from {least} to {most}; write one"

    return check


def one_of(*words: str) -> Check:
    """Return a check for one of some words."""

    def check(text: str) -> Fault | None:
        return None if text in words else ("bad-word", f"is none of {', '.join(words)}; write one")

    return check


def language(text: str) -> Fault | None:
    """Judge a language tag (RFC 5646)."""
    if settings.is_language(text.strip()):
        return None
    return "bad-language", 'is not a language tag; write "en" or "pt-br"'


_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:\s*;\s*[\w-]+=(?:[^\s;\"]+|\"[^\"]*\"))*")


def media_type(text: str) -> Fault | None:
    """Judge a media type (RFC 6838)."""
    if len(text) < 200 and _MEDIA_TYPE.fullmatch(text):
        return None
    return "bad-media-type", "is not a media type; write one like audio/mpeg"


def present(text: str) -> Fault | None:
    """Judge a text that must not be empty."""
    return None if text.strip() else ("blank", "is empty; write something, or leave it out")


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
    """Tell whether a plain text has markup in it. elements: names that count as such."""
    for match in _HTML.finditer(text[:20_000]):
        if tag := match["end"] or match["start"]:
            if tag.lower() in elements:
                return True
        elif not match["entity"] or match["entity"] in _ENTITIES:
            return True
    return False


def is_ambiguous(text: str) -> bool:
    """Tell whether a reader that takes a text for HTML would show another one."""
    found = _LIKE_MARKUP.finditer(text[:20_000])
    return any(not match["entity"] or match["entity"] in _ENTITIES for match in found)
