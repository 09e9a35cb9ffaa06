"""Parses the lines of access logs: combined format, JSON, and the W3C format of CloudFront.

Each line is parsed independently, so a log may mix formats. JSON keys are those of Fastly,
CloudFront, Cloudflare, Caddy and nginx; similar names work too. Pure.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec

_COMBINED = re.compile(
    rb'(?:[^\s":]+:\d+ )?([^\s"]+) [^\["]*\[([^\]]{20,32})\] "(?:GET|HEAD) ([^\s"]+)(?: [^"]*)?" '
    rb'(\d{3}) (\d{1,12}|-) "([^"\\]*(?:\\.[^"\\]*)*)" "([^"\\]*(?:\\.[^"\\]*)*)"'
)
# Anything else in that format, such as another method, or no request at all.
_OTHER = re.compile(rb'[^\s"]+ [^\["]*\[[^\]]{20,32}\] "(?:[^"\\]|\\.)*" \d{3} ')
_COMMON = re.compile(rb'[^\s"]+ [^\["]*\[[^\]]{20,32}\] "(?:GET|HEAD) [^"]*" \d{3} (?:\d+|-)\s*\Z')
_ESCAPE = re.compile(r"\\x([0-9A-Fa-f]{2})|\\([\"\\])")

# Names of fields, in lower case without punctuation, best first.
_FIELDS: Mapping[str, list[str]] = {
    field: names.split()
    for field, names in {
        "address": "clientip requestclientip fastlyclientip cip requestremoteip remoteaddr "
        "remoteip xrealip ip remotehost client",
        "agent": "requestuseragent clientrequestuseragent csuseragent httpuseragent "
        "requestheadersuseragent useragent agent",
        "path": "url clientrequesturi csuristem requesturi uri path clientrequestpath requestpath",
        "query": "csuriquery query querystring args",
        "method": "requestmethod clientrequestmethod csmethod method verb",
        "status": "responsestatus edgeresponsestatus scstatus status statuscode",
        "size": "responsebodysize edgeresponsebytes scbytes bodybytessent size bytes bytessent "
        "responsebytes edgeresponsebodybytes",
        "time": "timestamp edgestarttimestamp timelocal timeiso8601 ts time datetime starttime "
        "msec",
        "date": "date",
        "referrer": "requestreferer clientrequestreferer csreferer httpreferer referer "
        "requestheadersreferer referrer",
    }.items()
}
_LARGEST = 10**12 - 1  # bytes; larger sizes are capped
_NEEDED = ("address", "agent", "path", "status", "time")


class Line(NamedTuple):
    """A GET or HEAD request. instant: seconds since the epoch. target: path and query, encoded.

    Texts are the bytes of the log; equal requests have equal bytes.
    """

    address: bytes
    instant: int
    target: bytes
    status: int
    size: int
    referrer: bytes
    agent: bytes


class Unreadable(Exception):  # noqa: N818 - not always an error
    """A line cannot be parsed; the message says why."""


class Parser:
    """Parses the lines of one log. A line `#Fields:` names the columns of the following lines."""

    def __init__(self) -> None:
        self._columns: list[str] = []

    def parse(self, line: bytes) -> Line | None:
        """Return the request of a line; None for other methods and comments. Raises Unreadable."""
        if match := _COMBINED.match(line):
            address, time, target, status, size, referrer, agent = match.groups()
            number = 0 if size == b"-" else int(size)
            return Line(address, clf(time), target, int(status), number, referrer, agent)
        if line.startswith(b"{"):
            return _from_json(line)
        if line.startswith(b"#"):
            if line.startswith(b"#Fields:"):
                self._columns = line[8:].decode("utf-8", "replace").split()
            return None
        if self._columns:
            values = line.decode("utf-8", "replace").split("\t")
            if len(values) == len(self._columns):
                return _from_fields(dict(zip(self._columns, values, strict=True)))
        if not line.strip():
            return None
        if _COMMON.match(line):
            raise Unreadable("it has no User-Agent; log in the combined format")
        if _OTHER.match(line):
            return None
        raise Unreadable("it is neither in the combined format nor JSON")


def user_agent(text: bytes) -> str:
    """Return a User-Agent as it was sent: servers escape quotes, CloudFront percent-encodes."""
    agent = text.decode("utf-8", "replace")
    if "\\" in agent:
        agent = _ESCAPE.sub(lambda match: match[2] or chr(int(match[1], 16)), agent)
    if "%20" in agent and " " not in agent:
        agent = unquote(agent)
    return "" if agent == "-" else agent


def clf(time: bytes) -> int:
    """Return the instant of `27/Nov/2026:19:28:01 +0100`."""
    try:
        return _hour(time[:14], time[20:]) + int(time[15:17]) * 60 + int(time[18:20])
    except ValueError:
        raise Unreadable("its time is not valid") from None


@lru_cache(10_000)
def _hour(hour: bytes, zone: bytes) -> int:
    """Return the instant at which an hour begins. Raises ValueError."""
    moment = datetime.strptime((hour + zone).decode(), "%d/%b/%Y:%H %z")
    return int(moment.timestamp())


def _from_json(line: bytes) -> Line | None:
    try:
        values = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unreadable("it is not JSON; perhaps it was cut") from None
    if isinstance(request := values.get("request"), dict):  # Caddy
        values |= {f"request_{key}": value for key, value in request.items()}
        headers = request.get("headers")
        for key, value in headers.items() if isinstance(headers, dict) else ():
            values[f"request_headers_{key}"] = value[0] if value and type(value) is list else value
    return _from_fields(values)


def _from_fields(values: Mapping[str, Any]) -> Line | None:
    names = _names(tuple(values))

    def value(field: str) -> str:
        found = values.get(names.get(field, ""), "")
        return "" if found in (None, "-") else str(found)

    if missing := [field for field in _NEEDED if field not in names]:
        raise Unreadable(f"it has no {missing[0]}")
    if value("method") not in ("GET", "HEAD", ""):
        return None
    target = value("path")
    if query := value("query"):
        target = f"{target}?{query}"
    try:
        size = value("size")
        return Line(
            value("address").encode(),
            _instant(value("date"), value("time")),
            target.encode("utf-8", "replace"),
            int(value("status")),
            min(max(0, int(float(size))), _LARGEST) if size else 0,
            value("referrer").encode("utf-8", "replace"),
            value("agent").encode("utf-8", "replace"),
        )
    except (ValueError, OverflowError):
        raise Unreadable("its status, size or time is not valid") from None


@lru_cache(100)
def _names(keys: Sequence[str]) -> dict[str, str]:
    """Return the keys of an object by the names of our fields."""
    simple = {re.sub(r"[^a-z0-9]", "", key.lower()): key for key in reversed(keys)}
    return {
        field: simple[next(each for each in known if each in simple)]
        for field, known in _FIELDS.items()
        if any(each in simple for each in known)
    }


@lru_cache(10_000)
def _instant(date: str, time: str) -> int:
    """Return the instant of a time in any common form. Raises ValueError."""
    if re.fullmatch(r"\d{1,20}(\.\d+)?", time):
        number = float(time)
        while number > 1e11:  # milli-, micro- or nanoseconds
            number /= 1000
        return int(number)
    if re.match(r"\d\d/[A-Z]", time):
        return clf(time.encode())
    moment = datetime.fromisoformat(f"{date}T{time}" if date and "T" not in time else time)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
