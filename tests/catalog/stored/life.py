"""The life of a small site, stage by stage, and what can be observed of it afterwards.

`make.py` recorded the stored catalogs and their observations with this module and the release that
wrote each schema; the tests replay the files, upgrade the catalogs and observe again.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedsvc import routes
from feedsvc.catalog import listings
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import release, sync
from feedsvc.config.settings import Settings
from feedsvc.model import FeedRef, Format
from feedsvc.publication import Publication
from feedsvc.web.app import create_app
from tests.sites import article, make_site

if TYPE_CHECKING:  # a release may have it elsewhere
    from feedsvc.config.settings import Settings

START = datetime(2026, 1, 1, tzinfo=UTC)
STEP = timedelta(hours=6)  # between two stages
SCHEDULED = START + timedelta(hours=9)  # is released between the second stage and the third

FEEDS = """
[feeds]
limit = 3

[feeds.picked]
title = "Picked"
any = { tags = ["x"], authors = ["Ada"] }
none = { categories = ["Sport"] }

[feeds."tag/x"]
limit = 2
"""
LATER = f"""
tombstones = true
retired = ["tag/ended"]
{FEEDS}
[moved]
"tag/old" = "tag/x"

[aliases]
"/rss.xml" = "all.rss"
"""
PNG = b"\x89PNG not really"


@dataclass(frozen=True)
class Stage:
    """Changes of the files and settings that one sync sees. renames, removes come before writes."""

    writes: dict[str, str | bytes] = field(default_factory=dict)
    renames: dict[str, str] = field(default_factory=dict)
    removes: tuple[str, ...] = ()
    toml: str = FEEDS


STAGES = (
    Stage(
        {
            "one.md": article("One", "2022-01-01", tags=["x", "old"], authors=["Ada"]),
            "two.md": article("Two", "2022-01-02", tags=["x"], categories=["News"]),
            "three.md": article("Three", "2022-01-03", tags=["old", "ended"]),
            "four.md": article("Four", "2022-01-04", authors=["Ada"], categories=["Sport"]),
            "fr/cinq.md": article("Cinq ’été", "2022-01-05", "Déjà vu.", language="fr"),
            "ar/six.md": article("ستة", "2022-01-06", "نص.", language="ar", tags=["C++"]),
            "pinned.md": article("Pinned", "2022-01-07", id="https://old.example.org/?p=7"),
            "seldom.md": article("Seldom", "2022-01-08", tags=["seldom"], language="de"),
            "soon.md": article("Soon", SCHEDULED.isoformat(), tags=["x"]),
            "draft.md": article("Draft", "2022-01-09", draft=True, tags=["x"]),
            "shown.md": article("Shown", "2022-01-10", "![](a.png) [a](a.csv) 😀 `<&>`"),
            "a.png": PNG,
            "a.csv": b"1,2\n",
        }
    ),
    Stage(
        {
            "two.md": article("Two, edited", "2022-01-02", "Other.", tags=["x"], summary="Short"),
            "three.md": article("Three", "2022-01-03", tags=["old", "ended"], slug="drei"),
            "ends.md": article("Ends", "2025-12-31", expires=SCHEDULED.isoformat()),
        },
        renames={"one.md": "first.md", "fr/cinq.md": "fr/été.md"},
        removes=("seldom.md",),
    ),
    Stage(
        {
            "first.md": article("One again", "2022-01-01", tags=["x", "old"], authors=["Ada", "B"]),
            "eight.md": article(
                "Eight", "2026-01-01", tags=["x"], link="https://else.example.org/8"
            ),
            "nine.md": article("Nine", "2026-01-01 03:00", "> q\n\n| a |\n|---|\n| b |"),
            "rich.md": article(
                *("Rich", "Thu, 17 Feb 2022 09:30:00 +0100"),
                updated="2022-03-01",
                image="a.png",
                enclosures=["a.csv"],
                authors=[{"name": "Zoë", "email": "zoe@example.org", "uri": "https://z.example"}],
                content="summary",
                feeds=True,
            ),
            "alone.md": article("In no feed", "2022-02-18", feeds=False),
        },
        renames={"three.md": "3.md"},
        removes=("four.md",),
        toml=LATER,
    ),
    Stage(
        {
            "2/two.md": article("Two, edited", "2022-01-02", "Other.", tags=["x"], summary="Short"),
            "pinned.md": article(
                "Pinned", "2022-01-07", "More.", id="https://old.example.org/?p=7"
            ),
            "broken.md": "---\ntitle: [\n---\n",
        },
        removes=("two.md", "eight.md"),
        toml=LATER,
    ),
    Stage(
        {"soon.md": article("Soon, edited", SCHEDULED.isoformat(), "More.", tags=["x"])},
        toml=LATER,
    ),
)

Note = Callable[[Publication], None]


def write(folder: Path, database: str, stages: Iterable[Stage] = STAGES) -> "Settings":
    """Bring the files of a site to where they are after these stages; return its settings."""
    settings = make_site(folder, {}, f"database = {json.dumps(database)}\n")
    for stage in stages:
        content = folder / "content"
        for name, other in stage.renames.items():
            (content / name).rename(content / other)
        for name in stage.removes:
            (content / name).unlink()
        toml = f"database = {json.dumps(database)}\n{stage.toml}"
        settings = make_site(folder, stage.writes, toml)
    return settings


def live(folder: Path, database: str, catalog: Catalog, note: Note) -> "Settings":
    """Live the whole life: write, sync, release; note is called after each change."""
    now = START
    settings = write(folder, database, ())
    for stage in STAGES:
        if now - STEP < SCHEDULED < now:
            release(catalog, settings, SCHEDULED)
            note(Publication(settings, catalog))
        settings = write(folder, database, [stage])
        sync(catalog, settings, now, force=True)
        note(Publication(settings, catalog))
        now += STEP
    return settings


END = START + STEP * len(STAGES)

OTHER_PATHS = (
    *("/rss.xml", "/feeds/tag/old.rss", "/feeds/tag/ended.json"),
    *(f"/articles/{slug}" for slug in ("one", "first", "two", "three", "drei", "3", "four")),
    *(f"/articles/{slug}" for slug in ("cinq", "été", "six", "pinned", "seldom", "soon", "draft")),
    *(f"/articles/{slug}" for slug in ("shown", "ends", "eight", "nine", "rich", "alone")),
    *("/articles/broken", "/articles/never", "/feeds/tag/never.rss"),
    *("/files/a.png", "/files/a.csv", "/files/b.png", "/feeds/tag/x/", "/", routes.OPML),
)
_PAGES = ("text/html",)  # whose looks are no part of the catalog


def observe(settings: "Settings", catalog: Catalog, held: dict[str, list[str]]) -> dict[str, Any]:
    """Return everything that readers and editors can tell of a site.

    held: tags of older documents of feeds, by key, from which a delta may be asked for.
    """
    publication = Publication(settings, catalog)
    client = create_app(publication).test_client()
    with catalog.reading() as connection:
        identities = [
            [each.path, each.id, each.pinned, each.final]
            for each in listings.identities(connection)
        ]
    answers, deltas = {}, {}
    for key in sorted(held):
        ref = FeedRef.of(key)
        numbers = range(1, len(publication.archive_tags(ref)) + 1)
        for format in Format:
            path = routes.feed_path(ref, format)
            answers[path] = _answer(client, path)
            for number in numbers:
                path = routes.archive_path(ref, format, number)
                answers[path] = _answer(client, path)
        for tag in held[key]:
            document = publication.delta(ref, Format.ATOM, tag)
            deltas[f"{key} from {tag}"] = _hash(document.body) if document else None
    answers |= {path: _answer(client, path) for path in OTHER_PATHS}
    present, past = publication.article_urls()
    return {
        "newest": [publication.newest()[0], publication.newest()[1].isoformat()],
        "state": publication.state()[0],
        "ids": identities,
        "feeds": [[each.ref.key, each.label, each.entries] for each in publication.feeds()],
        "articles": [sorted(present), sorted(past)],
        "files": publication.files.urls(),
        "answers": answers,
        "deltas": deltas,
    }


def _answer(client: Any, path: str) -> dict[str, Any]:
    with client.get(path) as response:
        said = {"status": response.status_code}
        for name in ("Location", "ETag", "Last-Modified", "Content-Type"):
            if name in response.headers:
                said[name] = response.headers[name]
        if response.status_code == 200 and response.mimetype not in _PAGES:
            said["sha256"] = _hash(response.data)
    if "/files/" in path:  # dated by the file system
        said = {name: said[name] for name in ("status", "sha256") if name in said}
    return said


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
