"""Parses and formats all dates; never guesses, and depends on neither clock nor locale."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from email.utils import format_datetime

from dateutil import parser

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# English names, whatever the locale of the process.
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTHS = tuple(name[:3] for name in MONTHS)


class DateError(ValueError):
    """A value is not a date. The message says what is wrong, and what to write instead."""


def rfc822(moment: datetime) -> str:
    """Format an aware datetime as `Thu, 17 Feb 2022 09:30:00 GMT`.

    For RSS 2.0 (RFC 822 with a year of four digits) and HTTP (IMF-fixdate, RFC 9110 5.6.7).
    """
    return format_datetime(moment.astimezone(UTC), usegmt=True)


_DAY = f"(?:{'|'.join(day[:3] for day in DAYS)})"
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_TIME = r"(?P<time>\d\d:\d\d:\d\d)"
_HTTP_DATES = (
    re.compile(rf"{_DAY}, (?P<day>\d\d) {_MONTH} (?P<year>\d{{4}}) {_TIME} GMT", re.ASCII),
    re.compile(
        rf"(?:{'|'.join(DAYS)}), (?P<day>\d\d)-{_MONTH}-(?P<year>\d\d) {_TIME} GMT", re.ASCII
    ),
    re.compile(rf"{_DAY} {_MONTH} (?P<day>[ \d]\d) {_TIME} (?P<year>\d{{4}})", re.ASCII),
)


def http_date(text: str, now: datetime) -> datetime | None:
    """Parse an HTTP-date in any of its three forms (RFC 9110 5.6.7); None for anything else.

    now: a two-digit year that would be more than fifty years after it is in the century before.
    """
    match = next(filter(None, (form.fullmatch(text) for form in _HTTP_DATES)), None)
    if not match:
        return None
    year = int(match["year"])
    if len(match["year"]) == 2:
        year += now.year - now.year % 100
        year -= 100 if year > now.year + 50 else 0
    try:
        day = date(year, _MONTHS.index(match["month"]) + 1, int(match["day"]))
        return datetime.combine(day, time.fromisoformat(match["time"]), UTC)
    except ValueError:
        return None


def rfc3339(moment: datetime) -> str:
    """Format an aware datetime as `2022-02-17T09:30:00Z` (RFC 3339 5.6)."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def written(moment: datetime) -> str:
    """Format an aware datetime with its own offset, for people: `2022-02-17 09:30 +01:00`."""
    text = moment.isoformat(" ", "minutes")
    return f"{text[:16]} {text[16:]}"


def epoch(moment: datetime) -> int:
    """Return the whole seconds from 1970-01-01T00:00:00Z to an aware datetime."""
    return (moment - _EPOCH) // timedelta(seconds=1)


def from_epoch(seconds: int) -> datetime:
    """Return the datetime in UTC that is this many seconds after 1970-01-01T00:00:00Z."""
    return _EPOCH + timedelta(seconds=seconds)


def parse(value: object, zone: tzinfo, zones: Mapping[str, tzinfo]) -> datetime:
    """Convert a YAML or TOML value to a datetime. Raises DateError if it is not a date.

    zone: of times without a zone; a date without a time is midnight there. A time that does not
    exist because of a clock change gets the offset from before the change, so it moves forward by
    the gap; of a time that occurs twice, the first is taken. zones: the meanings of abbreviations
    other than GMT, UTC and Z. The result has whole seconds and a fixed offset: the one written,
    else the zone's at that instant.
    """
    if isinstance(value, str):
        return _parse_text(value, zone, zones)
    if isinstance(value, datetime):
        return _settle(value, zone)
    if isinstance(value, date):
        return _settle(datetime.combine(value, time()), zone)
    if isinstance(value, int) and _LEAST_COMPACT <= value <= _MOST_COMPACT:
        return _parse_text(str(value), zone, zones)
    raise DateError(f"{_kind(value)} is not a date; write it as 2022-02-17 or 2022-02-17 12:30")


_DATED_NAME = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[-_ ]+|$)")


def dated_name(stem: str) -> tuple[str, str]:
    """Split `2022-2-17-title`, the name of a file, into the date `2022-02-17` and the rest.

    The date is '' if the name does not start with one.
    """
    if match := _DATED_NAME.match(stem):
        with suppress(ValueError):
            return date(*map(int, match.groups())).isoformat(), stem[match.end() :]
    return "", stem


# TOML and JSON read dates like 20220217 as numbers.
_LEAST_COMPACT, _MOST_COMPACT = 1000_01_01, 9999_12_31


def _kind(value: object) -> str:
    if value is None:
        return "an empty value"
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, time):
        return "a time without a date"
    return f"a value of type {type(value).__name__}"


_LONGEST = 100  # characters
# ISO 8601 and RFC 3339, with common variations. Python versions differ on 24:00; it is rejected.
_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ](?!24)([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?)"
    r" ?([Zz]|[+-][0-9]{2}:?[0-5][0-9])?)?"
)


def _parse_text(text: str, zone: tzinfo, zones: Mapping[str, tzinfo]) -> datetime:
    if len(text) > _LONGEST:
        raise DateError(f"{text[:20]!r}... is too long for a date; write it as 2022-02-17")
    text = " ".join(text.split())
    match = _ISO.fullmatch(text)
    if not match:
        return _settle(_parse_loosely(text, zones), zone)
    day, clock, offset = match.groups("")
    try:
        moment = datetime.fromisoformat(f"{day}T{clock or '00:00'}{offset.upper()}")
    except ValueError as error:
        raise _unreal(text, error) from None
    return _settle(moment, zone)


def _settle(moment: datetime, zone: tzinfo) -> datetime:
    """Drop fractions of a second, and fix the offset, so that the local time exists."""
    try:
        if moment.utcoffset() is None:
            moment = moment.replace(tzinfo=zone, fold=0)
        at = moment.replace(microsecond=0).astimezone(UTC)
        local = at.astimezone(moment.tzinfo)
        return local.replace(tzinfo=timezone(local.utcoffset() or timedelta()), fold=0)
    except (OverflowError, ValueError):
        raise DateError(
            "the date is outside the years 1 to 9999 in UTC; write it as 2022-02-17"
        ) from None


class _Info(parser.parserinfo):
    """The words that dateutil knows; does not guess the century."""

    def convertyear(self, year: int, century_specified: bool = False) -> int:
        if year < 1000:
            raise DateError(
                f"the year {year} does not have four digits; write the date as 2022-02-17"
            )
        return super().convertyear(year, century_specified)


_INFO = _Info()
# Two defaults without a common field: fields in which the results differ were not written. Both
# years have a 29 February, and no weekday leads from both days to the same one.
_FILL = datetime(2000, 1, 1, 0, 0, 0)  # noqa: DTZ001
_OTHER_FILL = datetime(2004, 7, 15, 1, 1, 1)  # noqa: DTZ001
_YEAR_FIRST = re.compile(r"\D*\d{4}")
_CLOCK = re.compile(r"(?<![-+:\d])\d{1,2}(?=:)")
_WEEKDAY = re.compile(r"(?i)(?<![a-z])(mon|tue|wed|thu|fri|sat|sun)(?:[a-z]*day)?(?![a-z])")


def _parse_loosely(text: str, zones: Mapping[str, tzinfo]) -> datetime:
    """Parse what dateutil parses, but reject whatever it would guess, fill in or ignore."""
    if not text.isprintable() or text[:1] in {"", "+", "-"} or len(_CLOCK.findall(text)) > 1:
        raise _unread(text)
    _refuse_mixed_zone(text)
    day_first = not _YEAR_FIRST.match(text)  # year, day, month is not in use
    moment = _read(text, _FILL, False, zones)
    other = _read(text, _OTHER_FILL, day_first, zones)
    if moment.date() != other.date():
        raise _unclear(text, moment, other, _read(text, _OTHER_FILL, False, zones))
    unwritten = [
        moment.hour != other.hour,
        moment.minute != other.minute,
        moment.second != other.second,
    ]
    if unwritten != sorted(unwritten):
        raise _unread(text)
    weekday = DAYS[moment.weekday()]
    if any(written.title() != weekday[:3] for written in _WEEKDAY.findall(text)):
        raise DateError(
            f"{text!r} contradicts itself, as {moment.date()} is a {weekday}; "
            "correct the day or omit the weekday"
        )
    return moment


# dateutil reads "EST+3" and "GMT+3" as -3, and "GMT +3" and "+0300 (GMT)" as GMT.
_WORD_AND_OFFSET = re.compile(r"([A-Za-z]+) ?[-+] ?\d")
_OFFSET_AND_UTC = re.compile(r"[-+](?!00:?00)\d+:?\d* ?\((?:UTC|GMT|Z|z)\)")


def _refuse_mixed_zone(text: str) -> None:
    words = {word for word in _WORD_AND_OFFSET.findall(text) if word.isupper() or word == "z"}
    zones = {word for word in words if word.title()[:3] not in _MONTHS} - {"AM", "PM"}
    if zones or _OFFSET_AND_UTC.search(text):
        raise DateError(
            f"{text!r} has both a zone and an offset; write only the offset, as "
            "2022-02-17 12:30 +01:00"
        )


def _read(text: str, fill: datetime, day_first: bool, zones: Mapping[str, tzinfo]) -> datetime:
    try:
        return parser.parse(
            text,
            parserinfo=_INFO,
            default=fill,
            dayfirst=day_first,
            yearfirst=False,
            tzinfos=_zone_finder(zones),
        )
    except DateError:
        raise
    except parser.ParserError as error:
        raise _unreal(text, error.__cause__) if error.__cause__ else _unread(text) from None
    # dateutil fails with these on some texts.
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError):
        raise _unread(text) from None


def _zone_finder(
    zones: Mapping[str, tzinfo],
) -> Callable[[str | None, int | None], tzinfo | None]:
    """Return a `tzinfos` function for dateutil, which would use the machine's zone otherwise."""

    def find(name: str | None, offset: int | None) -> tzinfo | None:
        if offset is not None:
            return timezone(timedelta(seconds=offset))
        if name is None or name in zones:
            return zones.get(name) if name else None
        raise DateError(
            f"the time zone {name} is ambiguous; write an offset, as 2022-02-17 12:30 +01:00, or "
            "define it in the table [timezones] of the settings"
        )

    return find


def _unclear(text: str, month_first: datetime, other: datetime, refilled: datetime) -> DateError:
    parts = ("year", "month", "day")
    missing = [part for part in parts if getattr(month_first, part) != getattr(refilled, part)]
    if missing:
        return DateError(f"{text!r} has no {' and no '.join(missing)}; write it as 2022-02-17")
    return DateError(
        f"{text!r} can mean {month_first.date()} or {other.date()}; write it in that form"
    )


def _unreal(text: str, cause: BaseException) -> DateError:
    return DateError(f"{text!r} does not exist: {cause}; write a date as 2022-02-17")


def _unread(text: str) -> DateError:
    return DateError(
        f"{text!r} is not a date; write it as 2022-02-17, "
        "or with an English month as 17 February 2022"
    )
