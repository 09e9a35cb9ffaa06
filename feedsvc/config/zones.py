"""Time zones in the settings: names of the IANA database, and offsets."""

import re
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from feedsvc.config.tables import Rule

_OFFSET = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


Zone = Rule.matching('a name in the IANA database like "Europe/Paris" or "UTC"', _is_zone)
Offset = Rule.matching(
    'a time zone, which is an offset like "+01:00" or a name like "Europe/Paris"',
    lambda text: bool(_OFFSET.fullmatch(text)) or _is_zone(text),
)


def zone(offset_or_name: str) -> tzinfo:
    """Return the time zone of a valid offset or name."""
    match = _OFFSET.fullmatch(offset_or_name)
    if not match:
        return ZoneInfo(offset_or_name)
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(offset if match[1] == "+" else -offset)
