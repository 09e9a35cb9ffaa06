"""Presets read the tables of programs, and publish the same as the programs' feeds (scale 10).

`stored/` has tables as the programs created and filled them, and the feeds that they made of them;
`stored/wordpress.php` says how; Ghost 5.130 and Wagtail 8.0 were filled through their Python and
HTTP interfaces in the same way.
"""

import json
import re
import tomllib
import uuid
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from feedsvc.model import Enclosure, FeedRef, Kind
from tests.database.conftest import OpenShelf
from tests.database.shelf import Shelf

STORED = Path(__file__).parent / "stored"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"


def fill(shelf: Shelf, program: str) -> Shelf:
    """Create the tables of a program, with their original definitions if the database allows."""
    tables: dict[str, Any] = json.loads((STORED / f"{program}.json").read_text("utf-8"))
    kind = shelf.engine.dialect.name
    is_sqlite = kind == "sqlite"
    with shelf.engine.begin() as connection:
        if kind == "mysql":
            connection.exec_driver_sql("SET sql_mode = '', foreign_key_checks = 0")
        for name, table in tables.items():
            quoted = connection.dialect.identifier_preparer.quote
            columns = ", ".join(map(quoted, table["columns"]))
            create = f"CREATE TABLE {name} ({columns})" if is_sqlite else table["create"]
            connection.exec_driver_sql(create.replace("%", "%%"))
            signs = ", ".join("?" if is_sqlite else "%s" for _ in table["columns"])
            insert = f"INSERT INTO {name} ({columns}) VALUES ({signs})"
            if table["rows"]:
                connection.exec_driver_sql(insert, [tuple(row) for row in table["rows"]])
    return shelf


def feed(program: str) -> Iterator[dict[str, Any]]:
    """Yield the items of a program's feed."""
    for item in etree.parse(STORED / f"{program}.rss").iter("item"):
        yield {
            "id": item.findtext("guid"),
            "link": item.findtext("link"),
            "title": item.findtext("title"),
            "published": parsedate_to_datetime(item.findtext("pubDate") or ""),
            "author": unescape(item.findtext(CREATOR) or ""),
            "terms": sorted(unescape(each.text or "") for each in item.findall("category")),
            "image": [
                each.get("url") for each in item.iter("{http://search.yahoo.com/mrss/}content")
            ],
        }


OpenFilled = Callable[..., Shelf]


@pytest.fixture(params=["sqlite", "mariadb"])
def open_filled(request: pytest.FixtureRequest, open_shelf: OpenShelf) -> OpenFilled:
    """A function that returns a Shelf whose source is a preset, with the program's tables."""

    def open_(program: str, **options: object) -> Shelf:
        url = request.getfixturevalue("make_mariadb")() if request.param == "mariadb" else ""
        return fill(open_shelf(url, query="", preset=program, **options), program)

    return open_


def test_wordpress_is_published_as_by_its_own_feed(open_filled: OpenFilled) -> None:
    shelf = open_filled("wordpress")
    shelf.look()
    filled = "which only WordPress can fill: replace it [shortcode]"
    assert shelf.said() == [
        f"posts:6: warning: has wp:latest-posts, {filled}",
        f'posts:7: warning: has [contact-form-7 id="3"], {filled}',
    ]
    # No drafts, private posts, pages or deleted posts; the scheduled one at its time.
    assert shelf.titles() == {
        "4": "The harbour opens & closes",
        "6": "Blocks",
        "7": "Gallery",
        "11": "Scheduled",
        "15": "An aside without a title.",
        "16": "Mañana ☕",
    }
    for item in feed("wordpress"):
        if item["title"] == "Protected: Secret":
            continue  # WordPress shows its title
        (article,) = (each for each in shelf.view.values() if each.id == item["id"])
        labels = [label for ref, label in article.terms if ref.kind in (Kind.CATEGORY, Kind.TAG)]
        assert article.link == item["link"]
        assert article.published == item["published"]
        assert (item["title"] or "An aside without a title.") == article.title
        assert [person.name for person in article.authors] == [item["author"]]
        assert sorted(labels) == item["terms"]
    assert shelf.view["11"].published.isoformat() == "2035-01-01T08:00:00+01:00"
    first, third = shelf.view["4"], shelf.view["7"]
    assert first.updated.isoformat() == "2022-03-01T10:00:00+01:00"
    assert first.image == "https://blog.example.org/wp-content/uploads/2022/02/ship.jpg"
    assert first.html.startswith("<p>The harbour opened <em>again</em> on Monday.<br>\n")
    assert third.enclosures == (
        Enclosure("https://media.example.org/one.mp3", "audio/mpeg", 123456),
    )
    assert third.html.startswith(f'<figure><img src="{first.image}"><figcaption>A <em>ship</em></f')
    assert shelf.view["6"].summary == "What blocks are."


def test_wordpress_posts_that_become_private_are_withdrawn_at_the_next_query(
    open_filled: OpenFilled,
) -> None:
    shelf = open_filled("wordpress")
    shelf.look()
    shelf.execute(
        "UPDATE wp_posts SET post_status = 'private', post_modified_gmt = '2035-01-02 00:00:00' "
        "WHERE ID = 6",
        "UPDATE wp_posts SET post_title = 'New', post_modified_gmt = '2035-01-02 00:00:00' "
        "WHERE ID = 7",
    )
    shelf.look(fully=False)
    assert "6" not in shelf.view
    assert (shelf.read, shelf.view["7"].title) == (1, "New")
    # Terms have no modification time, so changes of names are detected only by a full listing.
    shelf.execute("UPDATE wp_terms SET name = 'Port' WHERE name = 'Harbour'")
    shelf.look(fully=False)
    assert shelf.read == 0
    shelf.look()
    assert (FeedRef(Kind.TAG, "port"), "Port") in shelf.view["4"].terms
    assert shelf.read == 1


@pytest.mark.parametrize(
    ("permalinks", "link"),
    [
        ("", "https://blog.example.org/?p=4"),
        ("/%category%/%post_id%.html", "https://blog.example.org/world/news/4.html"),
        ("/archives/%author%/%day%%hour%", "https://blog.example.org/archives/ada/1709"),
    ],
)
def test_wordpress_links_follow_the_permalink_structure(
    open_shelf: OpenShelf, permalinks: str, link: str
) -> None:
    shelf = fill(open_shelf(query="", preset="wordpress"), "wordpress")
    shelf.look()
    before = shelf.source.fingerprint
    shelf.execute(
        "UPDATE wp_options SET option_value = :value WHERE option_name = 'permalink_structure'",
        value=permalinks,
    )
    shelf.execute(
        "INSERT INTO wp_terms (term_id, name, slug) VALUES (90, 'World', 'world')",
        "INSERT INTO wp_term_taxonomy (term_taxonomy_id, term_id, taxonomy, parent) "
        "VALUES (90, 90, 'category', 0)",
        "UPDATE wp_term_taxonomy SET parent = 90 WHERE term_id IN "
        "(SELECT term_id FROM wp_terms WHERE slug = 'news')",
    )
    assert shelf.source.changes(()) is None  # so that everything is listed
    shelf.look()
    assert shelf.source.fingerprint != before  # so that everything is read
    (reading,) = shelf.source.read(["4"])
    assert reading.article
    assert reading.article.link == link
    assert reading.article.id == "https://blog.example.org/2022/02/the-harbour-opens-closes"


def test_ghost_is_published_as_by_its_own_feed(open_filled: OpenFilled) -> None:
    shelf = open_filled("ghost", site="https://ghost.example.org")
    shelf.look()
    assert shelf.said() == []
    # No posts for members, drafts or pages; the scheduled one at its time.
    titles = {"The harbour opens & closes", "Mañana ☕", "Scheduled"}
    assert set(shelf.titles().values()) == titles
    for item in feed("ghost"):
        if item["title"] not in titles:
            continue
        article = shelf.view[item["id"]]
        labels = [label for ref, label in article.terms if ref.kind is Kind.TAG]
        assert (article.title, article.link) == (item["title"], item["link"])
        assert article.published == item["published"]
        assert [person.name for person in article.authors] == [item["author"]]
        assert sorted(labels) == item["terms"]
        assert article.image == next(iter(item["image"]), None)
        # Its guid is not an IRI; the id is that of an import.
        seed = f"https://ghost.example.org/\n{item['id']}"
        assert article.id == uuid.uuid5(uuid.NAMESPACE_URL, seed).urn
    (first,) = (each for each in shelf.view.values() if each.slug == "the-harbour-opens-closes")
    link = '<a href="https://ghost.example.org/about/">a link</a>'
    assert first.html == f"<p>Text with {link}.</p><p>Second.</p>"
    assert [label for ref, label in first.terms if ref.kind is Kind.TAG] == [
        "Sea & Salt",
        "Harbour",
    ]


def test_ghost_posts_that_are_restricted_are_withdrawn_at_the_next_query(
    open_filled: OpenFilled,
) -> None:
    shelf = open_filled("ghost", site="https://ghost.example.org")
    shelf.look()
    shelf.execute(
        "UPDATE posts SET visibility = 'paid', updated_at = '2030-01-01 00:00:00' "
        "WHERE slug = 'manana'"
    )
    listing = shelf.look(fully=False)
    assert len(listing.absent) == 4  # including those that were never public
    assert "Mañana ☕" not in shelf.titles().values()
    shelf.execute("UPDATE users SET name = 'Ada King'")
    shelf.look()
    assert {each.authors[0].name for each in shelf.view.values()} == {"Ada King"}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_wagtail_pages_are_published(
    open_shelf: OpenShelf, request: pytest.FixtureRequest, kind: str
) -> None:
    url = request.getfixturevalue("make_postgresql")() if kind == "postgresql" else ""
    shelf = fill(open_shelf(url, query="", preset="wagtail"), "wagtail")
    shelf.look()
    assert shelf.said() == []
    # No drafts or pages with a password.
    assert shelf.titles() == {"5": "The harbour opens & closes", "6": "Links"}
    first, second = shelf.view["5"], shelf.view["6"]
    assert (first.link, first.summary) == (
        "https://blog.example.org/blog/harbour/", "Intro of The harbour opens & closes",
    )  # fmt: skip
    assert [person.name for person in first.authors] == ["Ada Lovelace", "Bob & Söhne"]
    labels = [label for ref, label in first.terms if ref.kind is Kind.TAG]
    assert labels == ["Sea & Salt", "Harbour"]
    assert first.image == "https://blog.example.org/media/original_images/ship.png"
    # The date that the author wrote, with the time of publication if it is on that day.
    assert first.published.isoformat() == "2022-02-17T09:30:00+01:00"
    assert first.updated == first.published
    assert second.published.isoformat() == "2022-03-01T00:00:00+01:00"
    youtube = "https://www.youtube.com/watch?v=abc"
    assert second.html == (
        f'<h2>Head</h2><p>See <a href="{first.link}">the harbour</a>, '
        '<a href="https://blog.example.org/documents/1/plan.pdf">the plan</a>, <a>nothing</a>, '
        '<a href="mailto:a@b.example">mail</a> and <a href="https://x.example/">x</a>.</p>'
        f'<img src="{first.image}" alt="A &amp; B"><p><a href="{youtube}">{youtube}</a></p>'
    )
    # The password of a page applies to all pages below it.
    shelf.execute("UPDATE wagtailcore_pageviewrestriction SET page_id = 4")
    shelf.look()
    assert shelf.titles() == {}


# As `sqlmigrate` prints it.
DJANGO = """
CREATE TABLE blog_author (id bigint PRIMARY KEY, name varchar(200) NOT NULL);
CREATE TABLE blog_entry (
    id bigint PRIMARY KEY, headline varchar(255) NOT NULL, body text NOT NULL,
    pub_date timestamptz NOT NULL, mod_date timestamptz NOT NULL, is_live boolean NOT NULL
);
CREATE TABLE blog_entry_authors (id bigint PRIMARY KEY, entry_id bigint, author_id bigint);
INSERT INTO blog_author VALUES (1, 'Bob'), (2, 'Ada');
INSERT INTO blog_entry VALUES
    (1, 'One', '<p>1</p>', '2022-01-01', now(), true),
    (2, 'Two', '<p>2</p>', '2022-01-02', now(), false);
INSERT INTO blog_entry_authors VALUES (1, 1, 1), (2, 1, 2);
"""


def test_the_documented_query_for_a_django_model_works(
    open_shelf: OpenShelf, make_postgresql: Callable[[], str]
) -> None:
    page = (STORED.parents[2] / "docs" / "databases.md").read_text("utf-8")
    (example,) = re.findall(
        r"```toml\n(.*?blog_entry.*?)```", page.partition("### Django")[2], re.S
    )
    (options,) = tomllib.loads(example)["sources"]
    shelf = open_shelf(make_postgresql(), query=options["query"], watermark=options["watermark"])
    shelf.execute(*DJANGO.strip().split(";")[:-1])
    shelf.look()
    (article,) = shelf.view.values()
    assert (article.title, article.link) == ("One", "https://blog.example.org/entries/1/")
    assert [person.name for person in article.authors] == ["Ada", "Bob"]
    shelf.execute("UPDATE blog_entry SET is_live = NOT is_live, mod_date = now()")
    shelf.look(fully=False)
    assert shelf.titles() == {"2": "Two"}
    assert shelf.said() == []
