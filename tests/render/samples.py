"""Feeds, entries and hypothesis strategies that the tests of all formats share."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import strategies as st

from feedsvc.model import Category, Enclosure, Entry, Feed, Format, Image, Person
from feedsvc.render import RENDERERS

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
XML = "{http://www.w3.org/XML/1998/namespace}"

BASE = "https://news.example.org"
ADA = Person("Ada Lovelace", "ada@example.org", "https://ada.example.org/")
BO = Person("Bo 卜")
ODD_TITLE = "AT&T <b>"

FEED = Feed(
    id="tag:news.example.org,2022:feeds/all",
    title="The Sahel Report",
    subtitle="News & views from the Sahel",
    link=f"{BASE}/",
    self_url=f"{BASE}/feeds/all.rss",
    updated=datetime(2022, 2, 20, 9, 30, tzinfo=UTC),
    language="en-gb",
    authors=(Person("Newsroom", "desk@example.org", f"{BASE}/about"),),
    generator="feedsvc 0.1.0",
    ttl=15,
    rights="© 2022 The Sahel Report & others",
    image=Image(f"{BASE}/logo.png", 144, 72),
)

ENTRY = Entry(
    id="tag:news.example.org,2022-02-17:wells",
    title="Wells reopen",
    link=f"{BASE}/articles/wells",
    published=datetime(2022, 2, 17, 10, 30, 15, 250_000, tzinfo=timezone(timedelta(hours=1))),
    updated=datetime(2022, 2, 18, 8, 0, tzinfo=UTC),
    summary="Three wells reopened.",
    content='<p>Three <a href="https://example.org/?a=1&amp;b=2">wells</a> reopened.</p>',
    authors=(ADA, BO),
    categories=(
        Category("water", f"{BASE}/feeds/category/", "Water"),
        Category("c++", f"{BASE}/feeds/tag/", "C++ & <more>"),
    ),
    enclosures=(
        Enclosure(f"{BASE}/files/wells.mp3", "audio/mpeg", 1234),
        Enclosure(f"{BASE}/files/map.pdf", "application/pdf"),
    ),
    image=f"{BASE}/files/well.jpg",
    language="fr",
)

BARE = Entry(
    id="tag:news.example.org,2022-02-16:bare",
    title="",
    link=f"{BASE}/articles/bare",
    published=datetime(2022, 2, 16, tzinfo=UTC),
    updated=datetime(2022, 2, 16, tzinfo=UTC),
)

ODD = replace(
    BARE,
    id="tag:news.example.org,2022-02-15:odd",
    title=ODD_TITLE,
    link=f"{BASE}/articles/odd",
    published=datetime(2022, 2, 15, tzinfo=UTC),
    updated=datetime(2022, 2, 15, tzinfo=UTC),
    summary="1 < 2 && ]]> \N{GRINNING FACE} \u202bשלום\u202c",
    content="<p>]]&gt;&nbsp;&amp;lt; ]]> \N{GRINNING FACE} שלום</p><p>cut <em>off",
)

ENTRIES = (ENTRY, BARE, ODD)

ELSEWHERE = "https://elsewhere.example/page"
LINKED = replace(  # leads to the page that it is about
    BARE, title="Look", link=ELSEWHERE, page=f"{BASE}/articles/look", external=ELSEWHERE
)

ARCHIVE = replace(
    FEED,
    current=f"{BASE}/feeds/all.atom",
    prev_archive=f"{BASE}/feeds/all/archive/1.atom",
    next_archive=f"{BASE}/feeds/all/archive/3.atom",
)
HISTORY = "{http://purl.org/syndication/history/1.0}"


def render(format: Format, feed: Feed = FEED, *entries: Entry) -> bytes:
    """Render a feed with its entries, as the publication does."""
    renderer = RENDERERS[format]
    return renderer.document(feed, [renderer.entry(each) for each in entries])


# Any Unicode characters, including lone surrogates and controls, and often those of markup.
anything = st.text(
    st.sampled_from("&<>\"'];#\r\n\t\x0b\ufffe\ud800") | st.characters(exclude_categories=()),
    max_size=12,
)
moments = st.datetimes(
    # Readers treat years before 1000 as abbreviated. hypothesis requires naive bounds.
    min_value=datetime(1000, 1, 2),  # noqa: DTZ001
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.integers(-840, 840).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
persons = st.builds(Person, anything, st.none() | anything, st.none() | anything)
categories = st.builds(Category, anything, anything, anything)
enclosures = st.builds(Enclosure, anything, anything, st.integers(-1, 2**40))
images = st.builds(
    Image, anything, st.none() | st.integers(0, 500), st.none() | st.integers(0, 500)
)
entries = st.builds(
    Entry,
    id=anything,
    title=anything,
    link=anything,
    published=moments,
    updated=moments,
    summary=anything,
    content=st.none() | anything,
    authors=st.lists(persons, max_size=2).map(tuple),
    categories=st.lists(categories, max_size=2).map(tuple),
    enclosures=st.lists(enclosures, max_size=2).map(tuple),
    image=st.none() | anything,
    language=st.none() | anything,
    page=st.none() | anything,
    external=st.none() | anything,
    comments=st.none() | anything,
)
feeds = st.builds(
    Feed,
    id=anything,
    title=anything,
    subtitle=anything,
    link=anything,
    self_url=anything,
    updated=moments,
    language=anything,
    authors=st.lists(persons, max_size=2).map(tuple),
    generator=anything,
    ttl=st.integers(0, 10_000),
    rights=anything,
    image=st.none() | images,
    icon=st.none() | anything,
    current=st.none() | anything,
    prev_archive=st.none() | anything,
    next_archive=st.none() | anything,
    hubs=st.lists(anything, max_size=2).map(tuple),
)
