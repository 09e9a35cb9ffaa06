"""Metadata of pages: structured data, icons, languages, canonical links."""

import json
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from msgspec import structs

from feedsvc.model import Image
from feedsvc.web import create_app
from tests.web.fake import BASE, SETTINGS, FakePublication
from tests.web.pages import PAGES, parse, read


def test_the_canonical_link_is_absolute(client: FlaskClient) -> None:
    """Conformance 48."""
    for path in PAGES[:7]:
        page = parse(client.get(path, headers={"Host": "evil.example"}))
        assert page.xpath("//link[@rel='canonical']/@href") == [BASE + path]


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


def test_the_page_of_a_language_feed_is_in_that_language(client: FlaskClient) -> None:
    assert read(client, "/feeds/language/ar/").get("lang") == "ar"
    assert read(client, "/feeds/language/ar/").xpath("//footer/p/@lang") == ["en"]
    assert read(client, "/feeds/all/").get("lang") == "en"
