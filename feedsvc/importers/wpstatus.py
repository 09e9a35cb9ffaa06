"""The visibility of a WordPress item, in exports and in feeds that carry the same elements.

An import never publishes an item with a status other than `publish`.
"""

import re
from collections.abc import Sequence
from datetime import datetime

STATUS = ("status", "post_status")  # local names
PASSWORD = "post_password"  # noqa: S105 - a name

_PUBLIC = "publish"
_SCHEDULED = "future"
_DRAFTS = frozenset({"draft", "pending", ""})
_EXPORT = r"(?i)https?://(?:[\w-]+\.)*wordpress\.org/export(?![\w.-])"
_NAMESPACE = re.compile(_EXPORT)
_MARK = re.compile(_EXPORT.encode() + rb"|<(?:[\w.-]+:)?wxr_version[\s>]")


def is_export(beginning: bytes) -> bool:
    """Tell from the beginning of a feed whether it is an export, of whatever version."""
    return _MARK.search(beginning) is not None


def is_namespace(uri: str | None) -> bool:
    """Tell whether elements of a namespace are those of an export."""
    return uri is not None and _NAMESPACE.match(uri) is not None


def left_out(statuses: Sequence[str], passwords: Sequence[str]) -> str:
    """Return why an item is not imported at all; '' if it is.

    statuses, passwords: the texts of all elements of these names. An item without a status is
    public, as it is in feeds.
    """
    if any(passwords):
        return "with a password"
    return next((each for each in statuses if each not in {_PUBLIC, _SCHEDULED, *_DRAFTS}), "")


def is_draft(statuses: Sequence[str], published: datetime | None, now: datetime) -> bool:
    """Return whether an imported item becomes a draft.

    A scheduled item whose date has passed does: if WordPress missed the schedule, the item is not
    public there either.
    """
    is_due = published is None or published <= now
    return any(each in _DRAFTS or (each == _SCHEDULED and is_due) for each in statuses)
