"""Dates in feeds, in the strict forms of the specifications; `feedsvc.dates` reads authors'."""

import re
from datetime import datetime, timedelta, timezone

from feedsvc.check.finding import Fault, unless
from feedsvc.dates import DAYS, MONTHS

_MONTHS = [name[:3].lower() for name in MONTHS]
# RFC 822 5.1, with the meaning that RFC 2822 4.3 gives them.
_ZONES = {"ut": 0, "gmt": 0, "z": 0, "edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6,
          "mst": -7, "pdt": -7, "pst": -8}  # fmt: skip
_RFC822 = re.compile(
    r"(?:(?P<name>[a-z]{3})(?P<comma>\s*,\s*))?(?P<day>\d{1,2})\s+(?P<month>[a-z]{3})\s+"
    r"(?P<year>\d{4}|\d{2})\s+(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?\s*"
    r"(?P<zone>[a-ik-z]|[a-z]{2,3}|(?P<sign>[+-])(?P<hours>\d\d)(?P<minutes>\d\d))",
    re.ASCII | re.IGNORECASE,
)
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_W3C = re.compile(
    r"\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?)?)?", re.ASCII
)
_EXAMPLE = "write a date such as Thu, 17 Feb 2022 09:30:00 GMT"


def _without_comments(text: str) -> str:
    """Return an RFC 822 date on one line, without comments, which may be nested."""
    kept, depth = [], 0
    for part in re.split(r"(\\.|[()])", text):
        if part == "(":
            depth += 1
        elif part == ")":
            depth = max(0, depth - 1)
        elif not depth:
            kept.append(part)
    return " ".join(" ".join(kept).split())


def _match(text: str) -> re.Match[str] | None:
    return _RFC822.fullmatch(_without_comments(text)) if len(text) < 500 else None


def _moment(match: re.Match[str]) -> datetime | None:
    zone, year, second = match["zone"].lower(), int(match["year"]), int(match["second"] or 0)
    if match["sign"]:
        sign = -1 if match["sign"] == "-" else 1
        offset = sign * timedelta(hours=int(match["hours"]), minutes=int(match["minutes"]))
    elif zone in _ZONES or len(zone) == 1:
        offset = timedelta(hours=_ZONES.get(zone, 0))
    else:
        return None
    if len(match["year"]) == 2:
        year += 1900 if year >= 50 else 2000
    try:
        month = _MONTHS.index(match["month"].lower()) + 1
        clock = (int(match["hour"]), int(match["minute"]), 59 if second == 60 else second)
        return datetime(year, month, int(match["day"]), *clock, tzinfo=timezone(offset))
    except ValueError:
        return None


def parse_rfc822(text: str) -> datetime | None:
    """Parse a date of RSS 2.0; return None if it is not valid."""
    match = _match(text)
    return _moment(match) if match else None


def rfc822(text: str) -> Fault | None:
    """Validate a date of RSS 2.0: RFC 822, with a year of four digits."""
    match, moment = _match(text), parse_rfc822(text)
    if not (match and moment):
        return Fault("bad-rss-date", f"is not an RFC 822 date; {_EXAMPLE}")
    day = DAYS[moment.weekday()][:3]
    if match["name"] and match["name"].title() != day:
        return Fault("wrong-weekday", f"has the wrong day of the week; it was a {day}")
    deviations = {
        "a comment": "(" in text,
        "no space after the comma": match["comma"] == ",",
        "a two-digit year": len(match["year"]) == 2,
        "a one-letter zone": match["zone"].lower() not in _ZONES and not match["sign"],
        "an offset that no zone has": match["minutes"] not in {None, "00", "15", "30", "45"},
    }
    found = next((name for name, has_it in deviations.items() if has_it), None)
    return Fault.warning("odd-rss-date", f"has {found}; {_EXAMPLE}") if found else None


def parse_rfc3339(text: str) -> datetime | None:
    """Parse a date of Atom or JSON Feed; return None if it is not valid."""
    match = _RFC3339.fullmatch(text)
    if not match:
        return None
    second = "59" if match[2] == "60" else match[2]  # datetime has no leap seconds (RFC 3339 5.7)
    return _from_iso(f"{match[1]}:{second}{match[3]}")


def _from_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


# For Atom and JSON Feed (RFC 3339 5.6, with an upper-case T and Z), and Dublin Core (W3CDTF).
rfc3339 = unless(
    parse_rfc3339,
    Fault("bad-date-time", "is not an RFC 3339 date; write 2022-02-17T09:30:00Z"),
)
w3c_date = unless(
    lambda text: _W3C.fullmatch(text) and _from_iso(text + "0001-01-01"[len(text) :]),
    Fault("bad-w3c-date", "is not a W3CDTF date; write 2022-02-17T09:30:00+01:00"),
)


def plausible(moment: datetime, now: datetime) -> Fault | None:
    """Validate that a moment is plausible as a date of publication."""
    if moment.year < 1970:
        message = "is before 1970, which can make a reader drop the whole feed; correct the date"
        return Fault.warning("implausible-date", message)
    if moment - now > timedelta(days=2):
        message = "is in the future; readers show it first until then, or not at all"
        return Fault.warning("implausible-date", message)
    return None
