"""Requests pages, and parses them."""

from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

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


def parse(response: TestResponse) -> html.HtmlElement:
    return html.fromstring(response.text)


def read(client: FlaskClient, path: str) -> html.HtmlElement:
    return parse(client.get(path))
