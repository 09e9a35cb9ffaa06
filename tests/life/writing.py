"""A process that writes rounds of a site until it is killed.

    python -m tests.life.writing SITE DATABASE FIRST_ROUND

A round is one state of all articles, committed by one sync and one release. The title of each
article contains its round, so that mixtures are detected.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feedsvc import sources
from feedsvc.catalog.published import mark_published
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import release, sync
from tests.sites import article, make_site

COUNT = 24
START = datetime(2026, 1, 1, tzinfo=UTC)
STEP = timedelta(minutes=1)
LIMIT = 5


def begin(site: Path, database: str) -> None:
    """Create the site, without articles."""
    make_site(site, {}, f'database = "{database}"\n[feeds]\nlimit = {LIMIT}')


def instant(round_: int) -> datetime:
    """Return when a round is synced; its scheduled articles are due half a step later."""
    return START + round_ * STEP


def is_deleted(number: int, round_: int) -> bool:
    """Whether an article has no file in a round."""
    return number % 6 == round_ % 6


def is_scheduled(number: int, round_: int) -> bool:
    """Whether an article of a round is published by its release."""
    return number % 6 == (round_ + 1) % 6


def expected(round_: int, released: bool) -> set[str]:
    """Return the titles of a round, before or after its release."""
    return {
        f"T{number} of {round_}"
        for number in range(COUNT)
        if not is_deleted(number, round_) and (released or not is_scheduled(number, round_))
    }


def first_published(number: int) -> datetime:
    """Return the day on which an article is published while it is not scheduled."""
    return datetime(2025, 1, 1 + number, 12, tzinfo=UTC)


def write(content: Path, round_: int) -> None:
    """Write all files of a round; every second round is in another folder."""
    for number in range(COUNT):
        here, there = (content / folder / f"{number}.md" for folder in ("ab", "ba")[round_ % 2])
        there.unlink(missing_ok=True)
        if is_deleted(number, round_):
            here.unlink(missing_ok=True)
            continue
        published = first_published(number)
        if is_scheduled(number, round_):
            published = instant(round_) + STEP / 2
        here.parent.mkdir(exist_ok=True)
        tags = ["x"] if number % 2 else ["y"]
        text = article(f"T{number} of {round_}", published.isoformat(), slug=str(number), tags=tags)
        here.write_text(text, encoding="utf-8")


def main(site: Path, database: str, round_: int) -> None:
    """Write rounds until killed."""
    loaded = sources.load(site, {})
    catalog = Catalog(database)
    catalog.create()
    mark_published(catalog, instant(round_))
    print("ready", flush=True)  # noqa: T201 - read by the parent process
    while True:
        write(loaded.content, round_)
        sync(catalog, loaded, instant(round_), force=True)
        release(catalog, loaded, instant(round_) + STEP / 2)
        round_ += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
