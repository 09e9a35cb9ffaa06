"""HTML pages: content, links, security policy and errors."""

import json
import logging
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import html
from msgspec import structs
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from feedsvc.config.feeds import Selection
from feedsvc.model import FeedRef, Image, Kind
from feedsvc.publication import FeedSummary
from feedsvc.web import create_app
from tests.web.fake import BASE, LABELS, SETTINGS, WHEN, FakePublication

PAGES = [
    "/",
    "/feeds/all/",
    "/feeds/security/",
    "/feeds/tag/",
    "/feeds/tag/c%2B%2B/",
    "/feeds/category/%C3%A9lection/",
    "/articles/rain",
    "/articles/%D9%86%D9%87%D8%B1",
    "/articles/gone",
    "/nothing",
]


@pytest.fixture
def client() -> FlaskClient:
    return create_app(FakePublication()).test_client()


def parse(response: TestResponse) -> html.HtmlElement:
    return html.fromstring(response.text)


def read(client: FlaskClient, path: str) -> html.HtmlElement:
    return parse(client.get(path))


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


def test_the_canonical_link_is_absolute(client: FlaskClient) -> None:
    """Conformance 48."""
    for path in PAGES[:7]:
        page = parse(client.get(path, headers={"Host": "evil.example"}))
        assert page.xpath("//link[@rel='canonical']/@href") == [BASE + path]


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


def test_an_article_has_metadata_for_programs() -> None:
    """Text in JSON-LD cannot end the element that contains it."""

    class Hostile(FakePublication):
        def __init__(self) -> None:
            super().__init__()
            title, image = "</script><script>alert(1)", f"{BASE}/files/a.png"
            self._shown["rain"] = replace(self._shown["rain"], title=title, image=image)

    page = read(create_app(Hostile()).test_client(), "/articles/rain")
    described = {each.get("property"): each.get("content") for each in page.xpath("//meta")}
    assert described["og:type"] == "article"
    assert described["og:title"] == "</script><script>alert(1)"
    assert described["og:url"] == f"{BASE}/articles/rain"
    assert described["og:image"] == f"{BASE}/files/a.png"
    assert described["article:published_time"] == "2025-11-20T17:30:00Z"
    (script,) = page.xpath("//script")
    data = json.loads(script.text)
    assert data["@type"] == "BlogPosting"
    assert data["headline"] == "</script><script>alert(1)"
    assert data["datePublished"] == data["dateModified"] == "2025-11-20T17:30:00Z"
    assert data["author"] == [
        {"@type": "Person", "name": "Aïcha Diallo"},
        {"@type": "Person", "name": "A Guest"},
    ]
    assert data["keywords"] == ["C++"]


def test_the_home_page_has_metadata_for_programs() -> None:
    settings = structs.replace(SETTINGS, image=Image("/files/cover.png"))
    page = read(create_app(FakePublication(settings)).test_client(), "/")
    described = {each.get("property"): each.get("content") for each in page.xpath("//meta")}
    assert described["og:type"] == "website"
    assert described["og:image"] == f"{BASE}/files/cover.png"
    assert described["og:description"] == SETTINGS.subtitle
    assert json.loads(page.xpath("//script[1]")[0].text)["url"] == f"{BASE}/"


@pytest.mark.parametrize("name", ["favicon.ico", "apple-touch-icon.png"])
def test_a_site_without_an_icon_has_that_of_feedsvc(client: FlaskClient, name: str) -> None:
    response = client.get(f"/{name}")
    assert response.status_code == 200
    assert (response.mimetype or "").startswith("image/")
    assert b"PNG" in response.data
    assert read(client, "/").xpath("//link[@rel='apple-touch-icon']/@href") == [
        "/apple-touch-icon.png"
    ]


@pytest.mark.parametrize("icon", ["/files/icon.png", "https://cdn.example.net/icon.png"])
def test_the_configured_icon_replaces_that_of_feedsvc(icon: str) -> None:
    settings = structs.replace(SETTINGS, icon=icon)
    client = create_app(FakePublication(settings)).test_client()
    page = read(client, "/")
    for relation in ("icon", "apple-touch-icon"):
        assert page.xpath(f"//link[@rel='{relation}']/@href") == [icon]
    for name in ("favicon.ico", "apple-touch-icon.png"):
        response = client.get(f"/{name}", headers={"Host": "evil.example"})
        assert response.status_code == 301
        assert (response.location or "").endswith(icon)
        assert "evil" not in (response.location or "")


def test_an_article_in_another_language_has_a_lang_attribute(client: FlaskClient) -> None:
    page = read(client, "/articles/%D9%86%D9%87%D8%B1")
    assert page.get("lang") == "ar"
    assert page.xpath("//article/@lang") == ["ar"]
    assert page.xpath("//article/@dir") == ["auto"]


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


@pytest.mark.parametrize(
    ("asked", "canonical"),
    [
        ("/feeds/all", "/feeds/all/"),
        ("/feeds/tag", "/feeds/tag/"),
        ("/feeds/tag/C++", "/feeds/tag/c%2B%2B/"),
        ("/feeds/tag/C++/", "/feeds/tag/c%2B%2B/"),
        ("/feeds/tag/node.js", "/feeds/tag/node.js/"),
    ],
)
def test_another_spelling_redirects_to_the_page(
    client: FlaskClient, asked: str, canonical: str
) -> None:
    """Conformance 43, 48."""
    response = client.get(asked, headers={"Host": "evil.example"})
    assert (response.status_code, response.location) == (308, BASE + canonical)
    assert client.get(canonical).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/articles/gone", 410),
        ("/articles/future", 404),
        ("/articles/rain/", 404),
        ("/feeds/tag/unknown/", 404),
        ("/feeds/tag/%2F/", 404),
        ("/%ff", 404),
        ("/feeds/tag/%ff/", 404),
        ("/feeds/tag/c%00/", 404),
        ("/articles/rain%0A", 404),
        ("/static/../app.py", 404),
        ("/feeds/all/page/1/", 404),
        ("/feeds/all/page/0/", 404),
        ("/sitemap-2.xml", 404),
        ("/favicon.png", 404),
    ],
)
def test_errors_are_html_pages(client: FlaskClient, path: str, status: int) -> None:
    """Conformance 43, 55."""
    response = client.get(path)
    assert response.status_code == status
    assert response.content_type == "text/html; charset=utf-8"
    assert str(status) in response.text
    assert 'href="/"' in response.text


def test_a_site_without_articles_has_an_index() -> None:
    class Empty(FakePublication):
        def feeds(self) -> list[FeedSummary]:
            return []

    response = create_app(Empty()).test_client().get("/")
    assert response.status_code == 200
    assert "Nothing has been published yet." in response.text


def test_the_page_of_a_language_feed_is_in_that_language(client: FlaskClient) -> None:
    assert read(client, "/feeds/language/ar/").get("lang") == "ar"
    assert read(client, "/feeds/language/ar/").xpath("//footer/p/@lang") == ["en"]
    assert read(client, "/feeds/all/").get("lang") == "en"


class Broken(FakePublication):
    def feeds(self) -> list[FeedSummary]:
        raise RuntimeError("the secret of the house")


def test_an_exception_is_logged_but_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "feedsvc.web"):
        response = create_app(Broken()).test_client().get("/")
    assert response.status_code == 500
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert "Content-Security-Policy" in response.headers
    (record,) = caplog.records
    assert record.name == "feedsvc.web"
    assert record.exc_info
    assert "the secret of the house" in str(record.exc_info[1])


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


APP = create_app(FakePublication(structs.replace(SETTINGS, base_url=f"{BASE}/blog")))
segments = st.sampled_from(
    [
        "",
        "feeds",
        "tag",
        "all",
        "all.rss",
        "articles",
        "files",
        "rain",
        "gone",
        "c++",
        "blog",
        "..",
        ".",
        "static",
        "style.css",
        ".atom",
        "\0",
        "\n",
        "%",
        "\\",
        "é",
        "e\u0301",
        "\ud7ff",
        "😀",
        "?",
    ]
)
paths = st.one_of(
    st.binary().map(lambda raw: b"/" + raw),
    st.lists(st.one_of(segments, st.text()), max_size=5).map(
        lambda parts: "/".join(["", *parts]).encode(errors="surrogatepass")
    ),
)


@given(paths, st.sampled_from(["GET", "HEAD", "POST"]), st.sampled_from(["h", "", "a b", "é", "["]))
@example(b"", "GET", "h")
@example(b"//", "GET", "h")
@example(b"//evil.example/feeds/all", "GET", "h")
def test_any_path_gets_a_proper_response(path: bytes, method: str, host: str) -> None:
    environ = EnvironBuilder(method=method).get_environ()
    environ.update(PATH_INFO=path.decode("latin-1"), HTTP_HOST=host)
    body, status, headers = run_wsgi_app(APP.wsgi_app, environ, buffered=True)
    assert int(status[:3]) in {200, 308, 404, 405, 410}, status
    assert b"Traceback" not in b"".join(body)
    if location := headers.get("Location"):
        assert location.startswith(f"{BASE}/blog/")
