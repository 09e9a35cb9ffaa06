"""Deltas: what a client with an older subscription document lacks (RFC 3229)."""

import re
from collections.abc import Callable
from dataclasses import replace

import feedparser
import pytest

from feedsvc.catalog import history
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import sync
from feedsvc.model import Document, Format
from feedsvc.publication import Publication
from tests.desk import START, Desk, ref
from tests.readers import items, subscription, top
from tests.sites import article

pytestmark = pytest.mark.databases("sqlite")

ALL = ref("all")
TAG = re.compile(r"[0-9a-f]+\.[0-9a-f]{8}")


def write(desk: Desk, *days: int, title: str = "T", **front_matter: object) -> None:
    for day in days:
        text = article(f"{title}{day}", f"2022-01-{day:02}", "Text.", **front_matter)
        desk.write(f"{day}.md", text)


def tag(desk: Desk, key: str = "all") -> str:
    return subscription(desk.publication, ref(key)).tag


def delta(desk: Desk, held: str, key: str = "all") -> Document | None:
    return desk.publication.delta(ref(key), Format.JSON, held)


def titles(document: Document | None) -> list[str]:
    assert document is not None
    return [item["title"] for item in items(document).values()]


@pytest.fixture
def held(desk: Desk) -> str:
    """The tag of a document of ten articles, one of them a draft, and none archived."""
    write(desk, *range(2, 11), tags=["x"])
    write(desk, 1, draft=True)
    desk.sync()
    return tag(desk)


def test_a_delta_has_new_and_edited_articles(desk: Desk, held: str) -> None:
    """Conformance 40."""
    write(desk, 3, title="Edited", tags=["x"])
    desk.sync()
    between = tag(desk)
    write(desk, 12, 11, tags=["x"])
    desk.sync()
    assert titles(delta(desk, held)) == ["T12", "T11", "Edited3"]
    assert titles(delta(desk, between)) == ["T12", "T11"]


def test_an_old_draft_that_is_published_late_is_in_the_delta(desk: Desk, held: str) -> None:
    """Conformance 40: although all entries of the client are newer."""
    write(desk, 1)
    desk.sync()
    assert titles(delta(desk, held)) == ["T1"]


def test_a_delta_is_the_current_document_with_fewer_entries(desk: Desk, held: str) -> None:
    """Conformance 38, 40: the metadata of the feed and of the document are equal."""
    write(desk, 1, updated="2024-01-01")
    write(desk, 11)
    desk.sync()
    write(desk, 11, title="Edited")
    desk.sync()
    whole, part = subscription(desk.publication, ALL), delta(desk, held)
    assert part is not None
    assert top(part) == top(whole)
    assert replace(part, body=b"") == replace(whole, body=b"")
    after_the_first = delta(desk, held)
    assert after_the_first == part
    for format in (Format.RSS, Format.ATOM):
        parts = desk.publication.delta(ALL, format, held)
        assert parts is not None
        read = [feedparser.parse(each) for each in (desk.body(format=format), parts.body)]
        assert read[0].feed == read[1].feed
        assert [entry.title for entry in read[1].entries] == ["Edited11", "T1"]


def test_all_formats_share_a_tag_that_changes_with_the_document(desk: Desk, held: str) -> None:
    """Conformance 37, 38."""
    assert TAG.fullmatch(held)
    for format in Format:
        document = desk.publication.document(ALL, format)
        assert document is not None
        assert document.tag == held
    write(desk, 11)
    desk.sync()
    assert tag(desk) != held
    assert tag(desk, "tag/x").startswith("1."), "the feed of the tag did not change"


def test_there_is_no_delta_from_the_current_document(desk: Desk, held: str) -> None:
    assert delta(desk, held) is None


WHOLE: dict[str, Callable[[Desk], object]] = {
    "a removal": lambda desk: desk.remove("5.md"),
    "a withdrawal": lambda desk: write(desk, 5, draft=True),
    "another title of the feed": lambda desk: desk.configure('title = "New"'),
    "another limit": lambda desk: desk.configure("[feeds]\nlimit = 8"),
    "a new archive": lambda desk: write(desk, 11, 12, 13),
}


@pytest.mark.parametrize("name", WHOLE)
def test_there_is_no_delta_if_the_whole_document_is_needed(desk: Desk, name: str) -> None:
    """Conformance 38: the next delta starts from the document sent in full."""
    desk.configure("[feeds]\nlimit = 10")
    write(desk, *range(2, 11))
    desk.sync()
    held = tag(desk)
    WHOLE[name](desk)
    write(desk, 25)
    desk.sync()
    assert tag(desk) != held
    assert delta(desk, held) is None
    whole = tag(desk)
    write(desk, 25, title="Edited")
    desk.sync()
    assert delta(desk, held) is None
    assert titles(delta(desk, whole)) == ["Edited25"]


def test_leaving_one_feed_does_not_prevent_deltas_of_others(desk: Desk, held: str) -> None:
    """Conformance 38."""
    of_tag = tag(desk, "tag/x")
    write(desk, 5)
    desk.sync()
    assert delta(desk, of_tag, "tag/x") is None
    assert titles(delta(desk, held)) == ["T5"]


def test_there_is_no_delta_if_a_date_change_moves_an_older_article_in(desk: Desk) -> None:
    """Conformance 40: a delta would lack that article."""
    desk.configure("[feeds]\nlimit = 3")
    write(desk, *range(11, 16))
    desk.sync()
    held = tag(desk)
    assert titles(subscription(desk.publication, ALL)) == ["T15", "T14", "T13"]
    desk.write("13.md", article("Dated back", "2022-01-01"))
    desk.sync()
    assert titles(subscription(desk.publication, ALL)) == ["T15", "T14", "T12"]
    assert delta(desk, held) is None


def test_articles_beyond_the_limit_do_not_prevent_deltas(desk: Desk) -> None:
    """Conformance 40."""
    desk.configure("[feeds]\nlimit = 3")
    write(desk, *range(1, 5))
    desk.sync()
    held = tag(desk)
    write(desk, 5)
    desk.sync()
    assert titles(subscription(desk.publication, ALL)) == ["T5", "T4", "T3"]
    assert titles(delta(desk, held)) == ["T5"]


ODD_TAGS = [
    *("", "1", "1.", ".", "0.00000000", "1.00000000", "2.00000000", "-1.00000000", "x.00000000"),
    *("١.00000000", "f" * 400 + ".00000000", "f" * 12 + ".00000000", "1.0000000\n", "1.0000000é"),
]


def test_there_is_no_delta_from_foreign_tags(desk: Desk, held: str) -> None:
    """Conformance 38."""
    write(desk, 11)
    desk.sync()
    for odd in ODD_TAGS:
        assert delta(desk, odd) is None, odd
    assert delta(desk, held.upper() if held.upper() != held else f"0{held}") is None
    assert desk.publication.delta(ref("tag/never"), Format.JSON, held) is None


def test_there_is_no_delta_from_tags_of_other_feeds_or_archives(desk: Desk) -> None:
    """Conformance 38."""
    desk.configure("[feeds]\nlimit = 3")
    write(desk, *range(1, 6))
    write(desk, 6, tags=["x"])
    desk.sync()
    archive = desk.publication.archive(ALL, Format.JSON, 1)
    assert archive is not None
    assert TAG.fullmatch(archive.tag)
    others = [archive.tag, tag(desk, "tag/x")]
    assert len({*others, tag(desk)}) == 3
    write(desk, 6, title="Edited", tags=["x"])
    desk.sync()
    assert [delta(desk, each) for each in others] == [None, None]
    assert titles(delta(desk, others[1], "tag/x")) == ["Edited6"]


def rebuild(desk: Desk, name: str) -> Publication:
    """Return the publication of a catalog rebuilt from the current files."""
    catalog = Catalog(f"sqlite:///{desk.folder}/{name}.db")
    catalog.create()
    sync(catalog, desk.settings, START)
    return Publication(desk.settings, catalog)


def test_a_rebuilt_catalog_gives_equal_tags_only_to_equal_documents(desk: Desk) -> None:
    """Conformance 37, 38: on every machine."""
    publications = []
    for index, title in enumerate(("A", "A", "B")):
        write(desk, 1, 2, title=title)
        publications.append(rebuild(desk, str(index)))
    tags = [subscription(each, ALL).tag for each in publications]
    assert tags[0] == tags[1] != tags[2]
    write(desk, 3)
    sync(publications[2].catalog, desk.settings, desk.now)
    assert publications[2].delta(ALL, Format.JSON, tags[0]) is None
    assert titles(publications[2].delta(ALL, Format.JSON, tags[2])) == ["T3"]
    for each in publications:
        each.catalog.close()


def test_labels_and_ids_change_the_tag(desk: Desk) -> None:
    """Conformance 37: as does everything in an entry, even if it is not in its file."""
    tags = set()
    for index, (label, name) in enumerate((("x", "urn:a"), ("X", "urn:a"), ("x", "urn:b"))):
        write(desk, 1, tags=[label], id=name)
        made = rebuild(desk, str(index))
        tags.add(subscription(made, ALL).tag)
        made.catalog.close()
    assert len(tags) == 3


def test_the_number_of_older_documents_is_limited(
    desk: Desk, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_KEPT", 3)
    tags = [held]
    for title in "ABCD":
        write(desk, 11, title=title)
        desk.sync()
        tags.append(tag(desk))
    found = [delta(desk, each) for each in tags]
    assert [bool(each) for each in found] == [False, False, True, True, False]
    assert titles(delta(desk, tag(desk, "tag/x"), "tag/x") or found[2]) == ["D11"]


def test_a_delta_is_cached_until_the_feed_changes(desk: Desk, held: str) -> None:
    publication = desk.publication
    write(desk, 11)
    desk.sync()
    first = publication.delta(ALL, Format.RSS, held)
    assert first is not None
    assert publication.delta(ALL, Format.RSS, held) is first
    write(desk, 12)
    desk.sync()
    second = publication.delta(ALL, Format.RSS, held)
    assert second is not None
    assert second.tag != first.tag
    assert publication.document(ALL, Format.RSS) != second


def test_a_removal_beyond_the_limit_invalidates_a_cached_delta(desk: Desk) -> None:
    """Conformance 38: although the current document did not change."""
    desk.configure("[feeds]\nlimit = 3")
    write(desk, *range(1, 5))
    desk.sync()
    publication = desk.publication
    held, shown = tag(desk), titles(subscription(publication, ALL))
    write(desk, 5)
    desk.sync()
    now = tag(desk)
    assert publication.delta(ALL, Format.JSON, held) is not None
    assert shown[-1] == "T2"
    desk.remove("2.md")
    desk.sync()
    assert tag(desk) == now
    assert publication.delta(ALL, Format.JSON, held) is None
