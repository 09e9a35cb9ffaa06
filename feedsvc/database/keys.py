"""Ids of rows as keys, and arithmetic with watermarks. Pure."""

from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from urllib.parse import unquote
from uuid import UUID

_BACK: dict[type, Callable[[str], Any]] = {
    int: int,
    str: unquote,
    UUID: UUID,
    Decimal: Decimal,
    bytes: bytes.fromhex,
}


def key_of(value: object) -> str:
    """Return the key of the row with an id: `17`, a UUID, a text; hexadecimal for bytes.

    A slash is percent-encoded, because a key that contains one would be below another.
    """
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value).replace("%", "%25").replace("/", "%2F")


def decoded(key: str) -> str:
    """Return the id of a key as text."""
    return unquote(key)


class Keys:
    """Converts keys back to ids of the database.

    Almost always, all ids of a query have one type, so only ids of other types are remembered.
    """

    def __init__(self) -> None:
        self._back: Callable[[str], Any] | None = None
        self._odd: dict[str, Any] = {}

    def add(self, value: object) -> str:
        """Return the key of an id, which `value` returns later."""
        key = key_of(value)
        if self._back is None:
            self._back = _BACK.get(type(value), str)
        if self._back is not _BACK.get(type(value)):
            self._odd[key] = value
        return key

    def value(self, key: str) -> Any:
        """Return the id of a key that was added."""
        if key in self._odd:
            return self._odd[key]
        return self._back(key) if self._back else key


def mark(value: object) -> str:
    """Return a watermark as text without spaces, different for different values."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return "T".join(str(value).split())


def earlier(watermark: Any, overlap: int, now: datetime, zone: tzinfo) -> Any:
    """Return a watermark less the overlap, in seconds, and in any case before now.

    A time in the future, by mistake or on purpose, must not hide changes until then. zone: of times
    without one. A number means seconds. A text that is not a date is returned unchanged.
    """
    if isinstance(watermark, datetime):
        limit = now if watermark.tzinfo else now.astimezone(zone).replace(tzinfo=None)
        return min(watermark, limit) - timedelta(seconds=overlap)
    if isinstance(watermark, date):
        today = now.astimezone(zone).date()
        return min(watermark, today) - timedelta(days=-(-overlap // 86_400))
    if isinstance(watermark, int | float | Decimal):
        return watermark - overlap
    if isinstance(watermark, str):
        return _earlier_text(watermark, overlap, now, zone)
    return watermark


def is_recent(watermark: Any, seconds: int, now: datetime, zone: tzinfo) -> bool:
    """Return whether a watermark is a time within the last seconds, or in the future."""
    if isinstance(watermark, str):
        try:
            watermark = datetime.fromisoformat(watermark)
        except ValueError:
            return False
    if not isinstance(watermark, datetime):
        return False
    moment = watermark if watermark.tzinfo else watermark.replace(tzinfo=zone)
    return moment >= now - timedelta(seconds=seconds)


def _earlier_text(watermark: str, overlap: int, now: datetime, zone: tzinfo) -> str:
    """Return an earlier date in the same form, so that texts compare like dates."""
    try:
        moment = datetime.fromisoformat(watermark)
    except ValueError:
        return watermark
    local = earlier(moment.replace(tzinfo=None), overlap, now, moment.tzinfo or zone)
    if len(watermark) <= len("2022-02-17"):
        return str((local - timedelta(days=1)).date())
    return str(local.replace(microsecond=0).isoformat(watermark[10]))
