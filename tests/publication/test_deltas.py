"""What a client lacks that holds an older subscription document (RFC 3229)."""

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


def test_a_delta_is_what_is_new_and_what_was_edited(desk: Desk, held: str) -> None:
    """Conformance 40."""
    write(desk, 3, title="Edited", tags=["x"])
    desk.sync()
    between = tag(desk)
    write(desk, 12, 11, tags=["x"])
    desk.sync()
    assert titles(delta(desk, held)) == ["T12", "T11", "Edited3"]
    assert titles(delta(desk, between)) == ["T12", "T11"]


def test_an_old_draft_that_is_published_late_is_in_the_delta(desk: Desk, held: str) -> None:
    """Conformance 40: though all that the client has is younger."""
    write(desk, 1)
    desk.sync()
    assert titles(delta(desk, held)) == ["T1"]


def test_a_delta_is_the_present_document_with_fewer_entries(desk: Desk, held: str) -> None:
    """Conformance 38, 40: what it says of the feed and of itself is the same."""
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


def test_the_tag_names_the_document_whatever_its_format(desk: Desk, held: str) -> None:
    """Conformance 37, 38: it is the same in each, and another after each change."""
    assert TAG.fullmatch(held)
    for format in Format:
        document = desk.publication.document(ALL, format)
        assert document is not None
        assert document.tag == held
    write(desk, 11)
    desk.sync()
    assert tag(desk) != held
    assert tag(desk, "tag/x").startswith("1."), "it did not change"


def test_the_holder_of_the_present_document_lacks_nothing(desk: Desk, held: str) -> None:
    assert delta(desk, held) is None


WHOLE: dict[str, Callable[[Desk], object]] = {
    "a removal": lambda desk: desk.remove("5.md"),
    "a withdrawal": lambda desk: write(desk, 5, draft=True),
    "another title of the feed": lambda desk: desk.configure('title = "New"'),
    "another limit": lambda desk: desk.configure("[feeds]\nlimit = 8"),
    "a new archive": lambda desk: write(desk, 11, 12, 13),
}


@pytest.mark.parametrize("name", WHOLE)
def test_where_a_delta_would_not_do_there_is_none(desk: Desk, name: str) -> None:
    """Conformance 38: and the next one starts from what was sent whole."""
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


def test_an_entry_that_leaves_one_feed_only_is_lost_to_that_one(desk: Desk, held: str) -> None:
    """Conformance 38."""
    of_tag = tag(desk, "tag/x")
    write(desk, 5)
    desk.sync()
    assert delta(desk, of_tag, "tag/x") is None
    assert titles(delta(desk, held)) == ["T5"]


def test_what_is_dated_out_of_the_window_makes_room_for_what_nobody_touched(desk: Desk) -> None:
    """Conformance 40: a delta would not have it."""
    desk.configure("[feeds]\nlimit = 3")
    write(desk, *range(11, 16))
    desk.sync()
    held = tag(desk)
    assert titles(subscription(desk.publication, ALL)) == ["T15", "T14", "T13"]
    desk.write("13.md", article("Dated back", "2022-01-01"))
    desk.sync()
    assert titles(subscription(desk.publication, ALL)) == ["T15", "T14", "T12"]
    assert delta(desk, held) is None


def test_what_is_only_pushed_out_does_no_harm(desk: Desk) -> None:
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


def test_a_tag_that_is_none_of_ours_says_nothing(desk: Desk, held: str) -> None:
    """Conformance 38: whatever clients make up."""
    write(desk, 11)
    desk.sync()
    for odd in ODD_TAGS:
        assert delta(desk, odd) is None, odd
    assert delta(desk, held.upper() if held.upper() != held else f"0{held}") is None
    assert desk.publication.delta(ref("tag/never"), Format.JSON, held) is None


def test_a_tag_of_another_feed_or_of_an_archive_says_nothing(desk: Desk) -> None:
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
    """Return what a catalog publishes that is made anew of the files there are."""
    catalog = Catalog(f"sqlite:///{desk.folder}/{name}.db")
    catalog.create()
    sync(catalog, desk.settings, START)
    return Publication(desk.settings, catalog)


def test_a_catalog_made_anew_gives_no_old_name_to_another_document(desk: Desk) -> None:
    """Conformance 37, 38: the same name for the same files, on every machine."""
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


def test_labels_and_ids_are_part_of_the_name(desk: Desk) -> None:
    """Conformance 37: all that an entry shows is, also what its file does not say."""
    tags = set()
    for index, (label, name) in enumerate((("x", "urn:a"), ("X", "urn:a"), ("x", "urn:b"))):
        write(desk, 1, tags=[label], id=name)
        made = rebuild(desk, str(index))
        tags.add(subscription(made, ALL).tag)
        made.catalog.close()
    assert len(tags) == 3


def test_only_so_many_older_documents_are_remembered(
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


def test_a_delta_is_remembered_until_the_feed_changes(desk: Desk, held: str) -> None:
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


def test_a_removal_out_of_the_window_forgets_a_remembered_delta(desk: Desk) -> None:
    """Conformance 38: though the present document did not change."""
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
