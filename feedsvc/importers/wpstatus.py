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
_SIGNATURE = re.compile(_EXPORT.encode() + rb"|<(?:[\w.-]+:)?wxr_version[\s>]")


def is_export(beginning: bytes) -> bool:
    """Return whether a feed with this beginning is an export, of any version."""
    return _SIGNATURE.search(beginning) is not None


def is_namespace(uri: str | None) -> bool:
    """Return whether a namespace belongs to exports."""
    return uri is not None and _NAMESPACE.match(uri) is not None


def skip_reason(statuses: Sequence[str], passwords: Sequence[str]) -> str:
    """Return why an item is skipped; '' if it is imported.

    statuses, passwords: the texts of all such elements. An item without a status is public, as in
    feeds.
    """
    if any(passwords):
        return "with a password"
    imported = {_PUBLIC, _SCHEDULED, *_DRAFTS}
    return next((status for status in statuses if status not in imported), "")


def is_draft(statuses: Sequence[str], published: datetime | None, now: datetime) -> bool:
    """Return whether an imported item becomes a draft.

    A scheduled item whose date has passed does: if WordPress missed the schedule, the item is not
    public there either.
    """
    is_due = published is None or published <= now
    return any(status in _DRAFTS or (status == _SCHEDULED and is_due) for status in statuses)
