"""HTML pages: content, links, security policy and errors."""

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from msgspec import structs

from feedsvc.config.feeds import Selection
from feedsvc.model import FeedRef, Kind
from feedsvc.publication import FeedSummary
from feedsvc.web import create_app
from tests.web.fake import BASE, LABELS, SETTINGS, WHEN, FakePublication
from tests.web.pages import PAGES, parse, read


@pytest.mark.parametrize("path", PAGES)
def test_a_page_links_to_its_feeds_in_two_formats(client: FlaskClient, path: str) -> None:
    """Conformance 45."""
    found = read(client, path).xpath("//link[@rel='alternate']")
    types = ["application/rss+xml", "application/atom+xml"]
    assert found
    assert [link.get("type") for link in found] == types * (len(found) // 2)
    for link in found:
        assert link.get("title")
        response = client.get(link.get("href"))
        assert response.status_code == 200
        assert response.mimetype == link.get("type")


@pytest.mark.parametrize(
    ("path", "first", "count"),
    [
        ("/", "/feeds/all.rss", 2),
        ("/feeds/tag/c++/", "/feeds/tag/c%2B%2B.rss", 4),
        ("/feeds/all/", "/feeds/all.rss", 2),
        ("/articles/rain", "/feeds/all.rss", 2),
    ],
)
def test_a_page_links_to_its_own_feed_and_to_the_site_feed(
    client: FlaskClient, path: str, first: str, count: int
) -> None:
    """Conformance 45."""
    found = read(client, path).xpath("//link[@rel='alternate']/@href")
    assert (found[0], len(found)) == (first, count)


def test_pages_link_to_custom_feeds_unless_they_are_retired() -> None:
    """Conformance 45."""
    selections = {"security": Selection(), "old": Selection()}
    settings = structs.replace(SETTINGS, selections=selections, retired=("old",))
    client = create_app(FakePublication(settings)).test_client()
    assert read(client, "/").xpath("//link[@rel='alternate']/@href") == [
        *("/feeds/all.rss", "/feeds/all.atom"),
        *("/feeds/security.rss", "/feeds/security.atom"),
    ]


@pytest.mark.parametrize("path", PAGES)
def test_the_security_policy_allows_only_scripts_with_known_hashes(
    client: FlaskClient, path: str
) -> None:
    """Conformance 46."""
    response = client.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; ")
    (permitted,) = re.findall(r"script-src ([^;]*);", policy)
    assert re.fullmatch(r"('sha256-[A-Za-z0-9+/=]{44}' ?)+", permitted)
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"]
    page = parse(response)
    assert not page.xpath("//style | //@style | //@*[starts-with(name(), 'on')] | //script/@src")
    for script in page.xpath("//script[not(@type='application/ld+json')]"):
        digest = b64encode(sha256(script.text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in permitted.split()


@pytest.mark.parametrize("prefix", ["", "/blog"])
@pytest.mark.parametrize("path", PAGES)
def test_no_link_of_a_page_is_broken(path: str, prefix: str) -> None:
    """Conformance 48: links are paths below that of base_url, whatever the Host."""
    settings = structs.replace(SETTINGS, base_url=BASE + prefix)
    client = create_app(FakePublication(settings)).test_client()
    response = client.get(prefix + path, headers={"Host": "evil.example"})
    assert "evil" not in response.text
    for link in parse(response).xpath("//body//a/@href | //link/@href"):
        if link.startswith("/") and not link.startswith(f"{prefix}/files/"):
            assert link.startswith(f"{prefix}/")
            assert client.get(link).status_code == 200, link


def test_the_home_page_has_articles_then_subscription_links_then_feeds(client: FlaskClient) -> None:
    """Conformance 55: only feeds of the publication."""
    page = read(client, "/")
    assert page.xpath("//main//h2//text()") == [
        *("Newest articles", "Subscribe"),
        *("Selections", "Categories", "Tags", "Authors", "Languages"),
    ]
    assert page.xpath("//main//h3//text()") == ["Rain & <wind>", "النهر يفيض"]
    assert page.xpath("//*[@id='feeds']//h2/a/text()") == [
        "Categories",
        "Tags",
        "Authors",
        "Languages",
    ]
    assert page.xpath("//*[@class='feeds']//a/text()") == list(LABELS.values())[1:]
    assert page.xpath("//nav[@class='pages']/a/@href") == ["/feeds/all/"]


def test_the_home_page_shows_the_largest_feeds_of_a_kind() -> None:
    class Tagged(FakePublication):
        def feeds(self) -> list[FeedSummary]:
            tags = [
                FeedSummary(FeedRef(Kind.TAG, f"t{n:02}"), f"T{n:02}", "", n, WHEN)
                for n in range(1, 51)
            ]
            return [*super().feeds()[:1], *tags]

    client = create_app(Tagged()).test_client()
    page = read(client, "/")
    assert page.xpath("//*[@class='feeds']//a/text()") == [f"T{n:02}" for n in range(11, 51)]
    assert page.xpath("//a[text()='Tags: show all (50)']/@href") == ["/feeds/tag/"]
    assert len(read(client, "/feeds/tag/").xpath("//*[@class='feeds']/li")) == 50


def test_the_list_of_a_kind_shows_only_its_feeds(client: FlaskClient) -> None:
    labels = read(client, "/feeds/tag/").xpath("//*[@class='feeds']//a/text()")
    assert labels == ["C++", "node.js", "<b>&"]


def test_a_feed_page_has_addresses_and_links_for_subscribing(client: FlaskClient) -> None:
    """Conformance 48."""
    page = read(client, "/feeds/tag/c++/")
    addresses = [f"{BASE}/feeds/tag/c%2B%2B.{format}" for format in ("rss", "atom", "json")]
    assert [(link.get("href"), link.text_content()) for link in page.xpath("//dl//a")] == [
        (address.removeprefix(BASE), address) for address in addresses
    ]
    assert page.xpath("//button[@hidden]/@data-copy") == addresses
    readers = page.xpath("//*[@class='subscribe']//ul//a/@href")
    assert f"feed:{addresses[0]}" in readers
    for reader in readers[:-1]:
        assert reader.startswith("https://")
        assert reader.endswith(quote(addresses[0], safe=""))


def test_a_feed_page_lists_its_entries(client: FlaskClient) -> None:
    first, second = read(client, "/feeds/all/").xpath("//ol/li")
    assert first.xpath("h3/a/@href") == ["/articles/rain"]
    assert first.xpath("h3/a/text()") == ["Rain & <wind>"]
    assert first.xpath("time/@datetime") == ["2025-11-20T17:30:00Z"]
    assert first.xpath("p/text()") == ["What it is <about> & why."]
    assert first.xpath("ul//a/@href") == ["/feeds/tag/c%2B%2B/"]
    assert second.xpath("h3/a/@href") == ["https://x.org/"]
    assert second.get("lang") == "ar"


def test_an_empty_feed_has_a_page(client: FlaskClient) -> None:
    assert "no articles at the moment" in client.get("/feeds/category/%C3%A9lection/").text


def test_an_article_page_has_the_whole_article(client: FlaskClient) -> None:
    page = read(client, "/articles/rain")
    assert page.get("lang") == "en"
    assert page.xpath("//h1/text()") == ["Rain & <wind>"]
    assert page.xpath("//article//time/@datetime") == ["2025-11-20T17:30:00Z"]
    download = page.xpath("//a[@download]")[0]
    assert (download.get("href"), download.text) == ("/files/Le%20son.mp3", "Le son.mp3")
    assert page.xpath("//div[@class='content']//a/@href") == ["/files/a.pdf"]
    assert "Aïcha Diallo" in page.text_content()
    assert "A Guest" in page.text_content()


def test_an_article_links_to_its_neighbours(client: FlaskClient) -> None:
    page = read(client, "/articles/%D9%86%D9%87%D8%B1")
    texts = page.xpath("//nav[@class='neighbours']//text()[normalize-space()]")
    assert texts == ["Previous", "Wind & <sand>"]
    assert page.xpath("//a[@rel='prev']/@href") == ["/articles/rain"]
    assert not page.xpath("//a[@rel='next']")


def test_an_external_article_links_to_its_url(client: FlaskClient) -> None:
    page = read(client, "/articles/%D9%86%D9%87%D8%B1")
    assert page.xpath("//a[@href='https://x.org/']/text()") == ["Continue at x.org"]
    assert "Continue at" not in client.get("/articles/rain").text


def test_text_that_looks_like_an_attribute_is_not_changed() -> None:
    """Only attributes of tags are changed to work at any host, not the text."""

    class Quoting(FakePublication):
        def __init__(self) -> None:
            super().__init__()
            rain = self._shown["rain"]
            quoted = f'<p title="&gt;">Write src="{BASE}/a.png" <img src="{BASE}/b.png"></p>'
            self._shown["rain"] = replace(rain, content=quoted)

    text = create_app(Quoting()).test_client().get("/articles/rain").text
    assert 'Write src="https://<wbr>news.example.org/<wbr>a.png" <img src="/b.png">' in text


@pytest.mark.parametrize(
    ("pattern", "asked", "canonical"),
    [
        ("/{year}/{month}/{slug}/", "/1999/01/rain/", "/2025/11/rain/"),
        ("/{slug}", "/rain", None),
        (f"{BASE}/read/{{slug}}.html", "/read/rain.html", None),
        ("/caf%C3%A9/{year}/{slug}", "/caf%C3%A9/2001/rain", "/caf%C3%A9/2025/rain"),
    ],
)
def test_articles_are_served_at_the_configured_paths(
    pattern: str, asked: str, canonical: str | None
) -> None:
    """Conformance 43."""
    settings = structs.replace(SETTINGS, article_link=pattern)
    client = create_app(FakePublication(settings)).test_client()
    response = client.get(asked)
    if canonical:
        assert (response.status_code, response.location) == (308, BASE + canonical)
        response = client.get(canonical)
    assert response.status_code == 200
    assert client.get("/articles/rain").status_code == 404


def test_a_site_without_articles_has_an_index() -> None:
    class Empty(FakePublication):
        def feeds(self) -> list[FeedSummary]:
            return []

    response = create_app(Empty()).test_client().get("/")
    assert response.status_code == 200
    assert "Nothing has been published yet." in response.text


def test_the_stylesheet_is_cached_forever_at_a_versioned_url(client: FlaskClient) -> None:
    (link,) = read(client, "/").xpath("//link[@rel='stylesheet']/@href")
    assert re.fullmatch(r"/static/style\.css\?v=[0-9a-f]{12}", link)
    response = client.get(link)
    assert response.content_type == "text/css; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "@import" not in response.text
    assert "url(" not in response.text


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_have_enough_contrast_in_light_and_dark_mode(client: FlaskClient) -> None:
    """WCAG 2.2, 1.4.3: a contrast of at least 4.5."""
    palettes = re.findall(r":root \{(.*?)\}", client.get("/static/style.css").text, re.DOTALL)
    assert len(palettes) == 2
    for palette in palettes:
        colours = dict(re.findall(r"--(\w+): (#\w+);", palette))
        for ground in ("paper", "wash"):
            for text in ("ink", "quiet", "accent"):
                pair = sorted(luminance(colours[name]) + 0.05 for name in (ground, text))
                assert pair[1] / pair[0] >= 4.5, (ground, text)
