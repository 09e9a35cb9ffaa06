"""Pinning changes nothing for readers, and ids survive the loss of the catalog."""

import pytest

from feedsvc.catalog import listings
from feedsvc.catalog.listings import Identity
from feedsvc.catalog.store import Catalog
from feedsvc.http.representation import represent
from feedsvc.model import Format
from feedsvc.sources import Pinner
from tests.desk import Desk, ref
from tests.sites import article

pytestmark = pytest.mark.databases("sqlite")

FEEDS = ("all", "tag/mali", "language/en")


def identities(desk: Desk) -> dict[str, Identity]:
    with desk.catalog.reading() as connection:
        return {each.path: each for each in listings.identities(connection)}


def pin_all(desk: Desk) -> None:
    found = identities(desk)
    pinner = Pinner(desk.settings, found)
    for each in found.values():
        if each.final and not each.pinned:
            assert pinner.pin(each.path, each.id, each.is_of) is None


def seen(desk: Desk) -> list[tuple[object, ...]]:
    """Return everything that readers see of some feeds: bytes, ETags, Last-Modified."""
    documents: list[tuple[object, ...]] = []
    for key in FEEDS:
        for format in Format:
            document = desk.publication.document(ref(key), format)
            assert document
            sent = represent(document, self_url="https://news.example.org/x", max_age=900)
            documents.append((key, document.body, sent.etags, sent.last_modified, document.tag))
    return documents


def fill(desk: Desk) -> None:
    desk.write("a.md", article(title="A", tags=["Mali"]))
    desk.write("b.md", '+++\r\ntitle = "B"\r\npublished = 2022-02-18\r\n+++\r\nText.\r\n')
    desk.write("c.md", article(title="C", id="urn:x:c"))
    desk.write("d.md", article(title="D", draft=True))
    desk.write("e.md", article(title="E", published="2030-01-01"))
    desk.write("f.md", article(title="F", published="2021-01-01", expires="2021-02-01"))


def test_identities_list_every_article_with_a_file(desk: Desk) -> None:
    fill(desk)
    desk.write("g.md", article(title="G"))
    desk.sync()
    desk.remove("g.md")
    desk.write("z.md", article(title="Not synced yet"))
    desk.write("bad.md", article(published="soon"))
    desk.sync()
    desk.remove("a.md")  # only the next sync notices this
    found = identities(desk)
    assert list(found) == ["a.md", "b.md", "c.md", "d.md", "e.md", "f.md", "z.md"]
    assert {path: (each.pinned, each.final) for path, each in found.items()} == {
        "a.md": (False, True),
        "b.md": (False, True),
        "c.md": (True, True),
        "d.md": (False, False),
        "e.md": (False, False),
        "f.md": (False, True),  # it had expired before the first sync
        "z.md": (False, True),
    }
    assert found["b.md"].id == "tag:news.example.org,2022:2022-02-18:b"


@pytest.mark.usefixtures("settled")
def test_pinning_is_invisible_to_readers(desk: Desk) -> None:
    """Conformance 15, 37: same bytes, ETag and Last-Modified, and no revision."""
    fill(desk)
    desk.sync()
    before, revision = seen(desk), desk.revision()
    pin_all(desk)
    report = desk.sync()
    assert report.read == 3
    assert report.problems == ()
    assert report.published.revision is None
    assert (seen(desk), desk.revision()) == (before, revision)
    assert [path for path, each in identities(desk).items() if each.pinned] == [
        *("a.md", "b.md", "c.md", "f.md")
    ]
    assert desk.sync().published.revision is None


def test_pinned_ids_survive_the_loss_of_the_catalog(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Conformance 15: the files suffice, whatever the original slugs and dates."""
    fill(desk)
    desk.sync()
    desk.write("a.md", article(title="A", slug="renamed", tags=["Mali"]))
    desk.write("b.md", article(title="B", published="2022-03-01", slug="other"))
    desk.sync()
    ids = {path: each.id for path, each in identities(desk).items()}
    pin_all(desk)
    database = f"sqlite:///{tmp_path_factory.mktemp('rebuilt')}/catalog.db"
    rebuilt = Catalog(database)
    rebuilt.create()
    lost = Desk(desk.folder, rebuilt, database)
    lost.sync()
    assert {path: each.id for path, each in identities(lost).items()} == ids
    assert ids["a.md"].endswith(":2022-02-17:a")
    assert ids["b.md"].endswith(":2022-02-18:b")
    rebuilt.close()


@pytest.mark.parametrize(
    "after",
    [
        article(title="Other"),
        article(title="A", tags=["Mali"], id="urn:x:a"),
        article(title="A", tags=["Mali"], body="Other."),
        article(title="A", tags=["Mali"], published="2022-02-18"),
    ],
)
def test_a_file_that_changed_since_the_sync_is_not_pinned(desk: Desk, after: str) -> None:
    fill(desk)
    desk.sync()
    each = identities(desk)["a.md"]
    desk.write("a.md", after)
    problem = Pinner(desk.settings, ["a.md"]).pin("a.md", each.id, each.is_of)
    assert problem
    assert problem.code == "not-pinned"
    assert (desk.content / "a.md").read_text() == after
