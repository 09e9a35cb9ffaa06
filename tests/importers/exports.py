"""Imports exports of other programs, and creates archives."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from feedsvc.importers.run import Report
from feedsvc.model import Article, Kind
from tests.importers.desk import HINTS, Site

OLD = replace(HINTS, site="https://old.example/")
MORNING = datetime(2022, 2, 17, 8, 30, tzinfo=UTC)


def imported(
    folder: Path, name: str, content: str | bytes, **hints: object
) -> tuple[Report, dict[str, Article]]:
    """Import a source; return the report and the articles by title."""
    site = Site(folder)
    report = site.run(site.put(name, content), hints=replace(OLD, **hints))  # type: ignore[arg-type]
    return report, {article.title: article for article in site.articles().values()}


def zipped(files: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive with these files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as made:
        for name, text in files.items():
            made.writestr(name, text)
    return content.getvalue()


def labels(article: Article, kind: Kind) -> list[str]:
    return [label for ref, label in article.terms if ref.kind is kind]


SUBSTACK = (
    "post_id,post_date,is_published,email_sent_at,inbox_sent_at,type,audience,title,subtitle,"
    "podcast_url\n"
)
ROW = "{id},2022-02-17T08:30:00.000Z,{published},,,{type},{audience},{title},Sub,{podcast}\n"


def row(number: str, **values: str) -> str:
    usual = {"published": "true", "type": "newsletter", "audience": "everyone", "podcast": ""}
    return ROW.format(id=number, **usual | {"title": number} | values)


def substack(rows: str, posts: Mapping[str, str] = {}, top: str = "") -> dict[str, str | bytes]:
    """Return the files of an export."""
    return {
        f"{top}posts.csv": SUBSTACK + rows,
        f"{top}email_list.x.csv": "email\nprivate@example.com\n",
        **{f"{top}posts/{number}.html": text for number, text in posts.items()},
    }


def unpack(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return folder
