"""Formats what a sync changed, or would change, as lines of text or as JSON."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from feedsvc.catalog.publish import Change, ChangeKind
from feedsvc.catalog.sync import SyncReport

_MAX_LINES = 20  # of each kind; JSON has more


def details(report: SyncReport) -> Iterator[str]:
    """Yield a line for each change that readers would notice, most serious first."""
    changes = report.published.changes
    if report.loss:
        yield f"refused without --force: {report.loss}, which is more than a third"
    for name, then, now in report.settings:
        yield f"{name}: {json.dumps(then)} -> {json.dumps(now)}: URLs change"
    for change in _reidentified(report):
        yield f"id of {change.path}: {change.former_id} -> {change.id}: readers see it as new"
    for kind in (ChangeKind.WITHDRAWN, ChangeKind.NEW, ChangeKind.EDITED):
        paths = [change.path for change in changes if change.kind is kind][:_MAX_LINES]
        yield from (f"{kind}: {path}" for path in paths)
        if more := getattr(report.published, kind) - len(paths):
            yield f"{kind}: {more} more"
    feeds = report.published.new_feeds
    yield from (f"new feed: {key}" for key in feeds[:_MAX_LINES])
    if len(feeds) > _MAX_LINES:
        yield f"new feed: {len(feeds) - _MAX_LINES} more"


def as_json(report: SyncReport, dry_run: bool) -> str:
    """Return a report as JSON; docs/publishing.md describes the fields."""
    published = report.published
    changed = sum(getattr(published, kind) for kind in ChangeKind)
    fields = {
        "dry_run": dry_run,
        "files": report.files,
        "read": report.read,
        "revision": None if dry_run else published.revision,
        "refused": report.loss if dry_run else None,
        **{
            str(kind): [
                {"path": change.path, "id": change.id}
                for change in published.changes
                if change.kind is kind
            ]
            for kind in ChangeKind
        },
        "omitted": changed - len(published.changes),
        "ids": [
            {"path": change.path, "before": change.former_id, "after": change.id}
            for change in _reidentified(report)
        ],
        "feeds": {"changed": list(published.feeds), "new": list(published.new_feeds)},
        "settings": [
            {"name": name, "before": then, "after": now} for name, then, now in report.settings
        ],
        "problems": [{**asdict(each), "severity": each.severity} for each in report.problems],
    }
    return json.dumps(fields, ensure_ascii=False, indent=2)


def _reidentified(report: SyncReport) -> list[Change]:
    return [change for change in report.published.changes if change.former_id]
