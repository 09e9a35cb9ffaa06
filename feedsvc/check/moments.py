"""The dates in feeds: the strict forms of the specifications, not what `feedsvc.dates` reads from
authors, and whether they can be meant. Reads no clock.
"""

import re
from datetime import datetime, timedelta, timezone

from feedsvc.check.finding import Fault

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
_BAD_RSS_DATE = Fault(
    "bad-rss-date",
    "is not a date of RFC 822; write it as Thu, 17 Feb 2022 09:30:00 GMT",
)
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
    """Validate a date of RSS 2.0: RFC 822 with a year of four digits."""
    moment = parse_rfc822(text)
    if moment is None:
        return _BAD_RSS_DATE
    plain = " ".join(_comments(text).split())
    match = _RFC822.fullmatch(plain)
    if match is None:
        return _BAD_RSS_DATE
    name, zone = (match["name"] or "").lower(), match["zone"].lower()
    if name and name != _DAYS[moment.weekday()]:
        right = _DAYS[moment.weekday()].title()
        return Fault("wrong-weekday", f"names the wrong day of the week; that day was a {right}")
    odd = {
        "a comment": "(" in text,
        "no space after the comma": match["comma"] == ",",
        "a year of two digits": len(match["year"]) == 2,
        "a zone of one letter": zone not in _ZONES and zone[0] not in "+-",
        "an offset that no zone has": zone[0] in "+-" and zone[3:] not in {"00", "15", "30", "45"},
    }
    for what, is_so in odd.items():
        if is_so:
            return Fault.warning(
                "odd-rss-date", f"has {what}; write it as Thu, 17 Feb 2022 09:30:00 GMT"
            )
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
    """Validate a date of Atom or JSON Feed (RFC 3339 5.6, with a capital T and Z)."""
    if parse_rfc3339(text) is None:
        return Fault("bad-date-time", "is not a date of RFC 3339; write it as 2022-02-17T09:30:00Z")
    return None


def w3c_date(text: str) -> Fault | None:
    """Validate a date of Dublin Core (W3C's note on date and time formats)."""
    fault = Fault("bad-w3c-date", "is not a date of W3CDTF; write it as 2022-02-17T09:30:00+01:00")
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
        return "lies before 1970, when there was no feed; fix the date"
    try:
        if moment - now > timedelta(days=2):
            return "lies in the future; readers show it on top until then, or not at all"
    except OverflowError:
        return "lies at an end of time; fix the date"
    return None
