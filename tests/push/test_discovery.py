"""Only subscription documents and their header fields name the hubs."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
from flask.testing import FlaskClient
from lxml import etree

import feedsvc
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import sync
from feedsvc.config import head
from feedsvc.errors import Severity
from feedsvc.fetch import Answer
from feedsvc.model import Format
from feedsvc.publication import Publication
from feedsvc.web import create_app
from tests.desk import Desk
from tests.sites import article, make_site

BASE = "https://news.example.org"
OWN = f"{BASE}/hub"
HUBS = (OWN, "https://hub.example.net/?a=1&b=2")
ATOM = "{http://www.w3.org/2005/Atom}"
LINK = re.compile(r'<([^>]*)>; rel="(\w+)"')


class Served:
    """A site with archives whose documents name two hubs."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(
            folder / "site",
            Catalog(f"sqlite:///{folder}/catalog.db"),
            f"sqlite:///{folder}/catalog.db",
            "[feeds]\nlimit = 2\n[moved]\n'tag/old' = 'tag/x'\n",
        )
        self.desk.catalog.create()
        for day in range(1, 8):
            self.desk.write(f"{day}.md", article(f"T{day}", f"2022-01-0{day}", tags=["x"]))
        self.desk.sync()
        self.publication = Publication(self.desk.settings, self.desk.catalog, hubs=HUBS)
        self.client: FlaskClient = create_app(self.publication).test_client()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("hubs"))
    with served.desk.catalog:
        yield served


def links(body: bytes, format: Format) -> list[tuple[str, str]]:
    """Return the hub and self links of a document."""
    if format is Format.JSON:
        feed = json.loads(body)
        assert all(hub["type"] == "WebSub" for hub in feed.get("hubs", ()))
        hubs = [(hub["url"], "hub") for hub in feed.get("hubs", ())]
        return [*hubs, (feed["feed_url"], "self")]
    root = etree.fromstring(body)
    top = root[0] if format is Format.RSS else root
    found = [(each.get("href", ""), each.get("rel", "")) for each in top.findall(f"{ATOM}link")]
    return [each for each in found if each[1] in ("hub", "self")]


@pytest.mark.parametrize("format", Format)
def test_all_answers_and_documents_have_hub_links_and_one_self_link(
    served: Served, format: Format
) -> None:
    """WebSub 1."""
    path = f"/feeds/tag/x.{format}"
    expected = sorted([(f"{BASE}{path}", "self"), *((hub, "hub") for hub in HUBS)])
    full = served.client.get(path)
    served.desk.write("8.md", article(full.headers["ETag"], "2022-01-08", tags=["x"]))
    served.desk.sync()
    changes = {"If-None-Match": full.headers["ETag"], "A-IM": "feed"}
    delta = served.client.get(path, headers=changes)
    newest = served.client.get(path)
    unchanged = served.client.get(path, headers={"If-None-Match": newest.headers["ETag"]})
    answers = [full, delta, newest, unchanged, served.client.head(path)]
    assert [answer.status_code for answer in answers] == [200, 226, 200, 304, 200]
    for answer in answers:
        (field,) = answer.headers.getlist("Link")
        assert sorted(LINK.findall(field)) == expected
        if answer.data:
            assert sorted(links(answer.data, format)) == expected
    # Readers must not mistake a hub for the site.
    assert format is Format.JSON or feedparser.parse(full.data).feed.link == f"{BASE}/feeds/tag/x/"


@pytest.mark.parametrize("format", Format)
def test_documents_that_name_hubs_are_valid(served: Served, format: Format) -> None:
    check = pytest.importorskip("feedsvc.check.feed")
    discovery = pytest.importorskip("feedsvc.check.discovery")
    finding = pytest.importorskip("feedsvc.check.finding")
    path = f"/feeds/tag/x.{format}"
    answer = served.client.get(path)
    found = check.validate(answer.data, path, f"{BASE}{path}", datetime.now(UTC))
    assert not [each for each in found if each.severity is not Severity.NOTE]
    findings = finding.Findings(path)
    fields = {name.lower(): value for name, value in answer.headers.items()}
    discovery.validate(Answer(f"{BASE}{path}", (), 200, fields, answer.data), findings)
    assert not findings.problems()


@pytest.mark.parametrize(
    "path", ["/feeds/all/archive/1.rss", "/feeds/all/archive/1.json", "/feeds.opml", "/sitemap.xml"]
)
def test_other_documents_than_topics_name_no_hub(served: Served, path: str) -> None:
    """WebSub 2."""
    answer = served.client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Link"] == f'<{BASE}{path}>; rel="self"'
    assert b"hub" not in answer.data


@pytest.mark.parametrize("format", Format)
def test_changed_hubs_change_documents_but_not_the_revision(served: Served, format: Format) -> None:
    ref = served.desk.feed("all").ref
    plain = Publication(served.desk.settings, served.desk.catalog).document(ref, format)
    shown = served.publication.document(ref, format)
    assert plain
    assert shown
    assert (shown.tag, shown.revision) == (plain.tag, plain.revision)
    assert links(plain.body, format) == [(f"{BASE}/feeds/all.{format}", "self")]
    assert shown.body != plain.body
    with served.desk.catalog.reading():
        assert served.desk.sync().published.revision is None


def served_by(folder: Path, toml: str) -> tuple[tuple[str, ...], ...]:
    """Return the hubs named by `feedsvc serve`, the library and a static build."""
    settings = make_site(folder, toml=toml)
    with feedsvc.Site.open(folder) as site, Catalog(settings.database) as catalog:
        library = site._publication.hubs
        build = Publication(settings, catalog).hubs
    return head.hubs(settings, own=settings.serves_hub), library, build


OTHER = "https://hub.example.net/"
PUBLIC = 'base_url = "https://feeds.wikipedia.org/news"\n'


@pytest.mark.parametrize(
    ("toml", "serve", "library", "build"),
    [
        ("", (), (), ()),
        (PUBLIC, ("https://feeds.wikipedia.org/news/hub",), (), ()),
        (f"{PUBLIC}[push]\nhub = false", (), (), ()),
        ('[push]\nhub = "own"', (OWN,), (OWN,), ()),
        (f'[push]\nhub = "{OTHER}"', (OTHER,), (OTHER,), (OTHER,)),
        (f'{PUBLIC}[push]\nhub = ["{OTHER}"]', (OTHER,), (OTHER,), (OTHER,)),
        (f'[push]\nhub = ["{OTHER}", "own"]', (OWN, OTHER), (OWN, OTHER), (OTHER,)),
        (f'[push]\nhub = ["own", "{OWN}"]', (OWN,), (OWN,), (OWN,)),
    ],
)
def test_the_own_hub_is_named_only_by_the_server(
    tmp_path: Path,
    toml: str,
    serve: tuple[str, ...],
    library: tuple[str, ...],
    build: tuple[str, ...],
) -> None:
    assert served_by(tmp_path, toml) == (serve, library, build)


def test_a_build_with_another_hub_rewrites_its_documents(tmp_path: Path) -> None:
    places = pytest.importorskip("tests.export.places")
    place = places.Place(tmp_path, files={"one.md": article("One")}, toml="")
    place.build()
    assert b"hub" not in place.file("/feeds/all.rss")
    place.settings = make_site(place.folder, toml=f'[push]\nhub = ["own", "{OTHER}"]')
    place.publication = Publication(place.settings, place.catalog)
    assert sync(place.catalog, place.settings, datetime.now(UTC)).published.revision is None
    place.build()
    expected = [(OTHER, "hub"), (f"{BASE}/feeds/all.rss", "self")]
    assert sorted(links(place.file("/feeds/all.rss"), Format.RSS)) == expected
    assert not place.build().written
    place.catalog.close()
