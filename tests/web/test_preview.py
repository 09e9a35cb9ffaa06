"""The preview: what it shows and marks, and that only this machine may see it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from msgspec import structs
from werkzeug.test import Client, TestResponse

from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import sync
from feedsvc.http.hosts import is_loopback
from feedsvc.model import Format
from feedsvc.web import create_app
from feedsvc.web.preview import Preview, create_preview
from tests.sites import article, make_site
from tests.web.fake import FakePublication

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DUE = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
FILES: dict[str, str | bytes] = {
    "public.md": article(title="Public", expires="2027-01-01"),
    "draft.md": article(
        title="Unfinished",
        draft=True,
        expires="2025-01-01",
        tags=["Secret"],
        body="![](draft.png)",
    ),
    "draft.png": b"\x89PNG",
    "scheduled.md": article(title="Later", published="2026-12-01 09:30 +01:00"),
    "later-draft.md": article(title="Both", published="2026-12-02", draft=True),
    "expired.md": article(title="Gone", published="2020-01-01", expires="2020-02-01"),
    "apart.md": article(title="Apart", published="2026-12-03", feeds=False),
}
MARKED = [
    "Draft: Both",
    "Scheduled for 2026-12-01 09:30 +01:00: Later",
    "Public",
    "Draft: Unfinished",
]


class Editor:
    """A user of a preview on the same machine. now: the time of its clock."""

    def __init__(self, folder: Path, base_url: str = "https://news.example.org") -> None:
        settings = make_site(folder, FILES, f'base_url = "{base_url}"')
        self.now = NOW
        self.catalog = Catalog(settings.database)
        self.catalog.create()
        own = structs.replace(settings, preview=True)
        self.preview = Preview(own, self.catalog, lambda: self.now)
        self.sync()

    def get(self, path: str, method: str = "GET", **headers: str) -> TestResponse:
        client = Client(create_preview(self.preview))
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = {"Host": "localhost:8000", **names}
        response = client.open(path, method=method, headers=asked, buffered=True)
        response.close()
        return response

    def sync(self) -> None:
        sync(self.catalog, self.preview.settings, self.now)


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """A shared editor, which no test changes."""
    editor = Editor(tmp_path_factory.mktemp("site"))
    yield editor
    editor.catalog.close()


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Editor]:
    """A new editor for each test."""
    editor = Editor(tmp_path)
    yield editor
    editor.catalog.close()


def parse(response: TestResponse) -> html.HtmlElement:
    return html.fromstring(response.text)


def titles(editor: Editor) -> list[str]:
    response = editor.get("/feeds/all.json")
    assert response.json
    return [item["title"] for item in response.json["items"]]


def test_feeds_mark_articles_that_are_not_public_yet(editor: Editor) -> None:
    """The reverse of conformance 55: unpublished articles are visible, but marked."""
    assert titles(editor) == MARKED
    for format in Format:
        body = editor.get(f"/feeds/all.{format}").text
        assert all(title in body for title in MARKED)
        assert "Gone" not in body


def test_pages_mark_articles_that_are_not_public_yet(editor: Editor) -> None:
    listed = parse(editor.get("/feeds/all/"))
    assert listed.xpath("//h3/a/text()") == MARKED
    slugs = ["later-draft", "scheduled", "public", "draft"]
    for slug, title in zip(slugs, MARKED, strict=True):
        page = parse(editor.get(f"/articles/{slug}"))
        assert page.xpath("//h1/text()") == [title]
    apart = parse(editor.get("/articles/apart"))
    assert apart.xpath("//h1/text()") == ["Scheduled for 2026-12-03 00:00 +01:00: Apart"]
    assert editor.get("/articles/expired").status_code == 410


def test_files_and_feeds_of_drafts_are_served(editor: Editor) -> None:
    assert editor.get("/files/draft.png").data == b"\x89PNG"
    assert editor.get("/feeds/tag/secret.atom").status_code == 200
    assert "tag/secret" in editor.get("/feeds.opml").text
    assert editor.get("/files/draft.md").status_code == 404


def test_the_mark_is_removed_when_the_article_is_due(busy: Editor) -> None:
    """Without a sync or a release, as nothing is cached."""
    marked = MARKED[1]
    busy.now = DUE - timedelta(microseconds=1)
    assert marked in titles(busy)
    busy.now = DUE
    assert titles(busy) == ["Later" if title == marked else title for title in MARKED]
    assert "Scheduled" not in busy.get("/articles/scheduled").text


def test_expired_articles_are_removed(busy: Editor) -> None:
    busy.now = datetime(2027, 1, 1, tzinfo=UTC)
    busy.sync()
    assert "Public" not in titles(busy)
    assert busy.preview.state()[1] is None  # no expiry in the past is due


def test_the_next_change_is_an_expiry(editor: Editor) -> None:
    """A release is not a change here: scheduled articles are already visible."""
    assert editor.preview.state()[1] == datetime(2026, 12, 31, 23, tzinfo=UTC)


RESPONSES = [
    ("GET", "/", 200),
    ("GET", "/feeds/all/", 200),
    ("GET", "/feeds/all", 308),
    ("GET", "/feeds/all.rss", 200),
    ("HEAD", "/feeds/all.atom", 200),
    ("GET", "/feeds/tag/x.json", 404),
    ("GET", "/feeds.opml", 200),
    ("GET", "/articles/draft", 200),
    ("GET", "/articles/expired", 410),
    ("GET", "/files/draft.png", 200),
    ("GET", "/static/style.css", 200),
    ("GET", "/nothing", 404),
    ("GET", "/healthz", 404),
    ("GET", "/metrics", 404),
    ("POST", "/", 405),
]


def is_private(response: TestResponse) -> bool:
    """Whether a response may not be cached, indexed or read by other sites."""
    headers = response.headers
    assert headers.getlist("Cache-Control") == ["private, no-store"]
    assert headers.getlist("X-Robots-Tag") == ["noindex"]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Expires" not in headers
    return not any(name.lower().startswith("access-control-") for name, _ in headers)


@pytest.mark.parametrize(("method", "path", "status"), RESPONSES)
def test_every_response_is_private(editor: Editor, method: str, path: str, status: int) -> None:
    response = editor.get(path, method)
    assert response.status_code == status
    assert is_private(response)


def test_server_errors_are_private(busy: Editor) -> None:
    busy.preview.document = lambda *_: 1 // 0  # type: ignore[method-assign, assignment]
    response = busy.get("/feeds/all.rss")
    assert response.status_code == 500
    assert is_private(response)


@pytest.mark.parametrize("path", ["/feeds/all.rss", "/files/draft.png"])
def test_conditions_are_ignored(editor: Editor, path: str) -> None:
    """No validator is sent, so a condition must refer to something else."""
    first = editor.get(path)
    assert not {"ETag", "Last-Modified"} & set(first.headers.keys())
    for condition in (
        {"If_None_Match": "*"},
        {"If_Modified_Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
        {"If_None_Match": '"1.00000000"', "A_IM": "feed"},
        {"If_Match": '"1.00000000"'},
    ):
        again = editor.get(path, **condition)
        assert (again.status_code, again.data) == (200, first.data)


def test_ranges_of_files_are_served(editor: Editor) -> None:
    response = editor.get("/files/draft.png", Range="bytes=1-3")
    assert (response.status_code, response.data) == (206, b"PNG")


@pytest.mark.parametrize("path", [path for method, path, _ in RESPONSES if method == "GET"])
def test_every_page_says_that_it_is_a_preview(editor: Editor, path: str) -> None:
    response = editor.get(path, Accept="text/html")
    if response.mimetype != "text/html" or response.status_code == 308:
        return
    page = parse(response)
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert page.xpath("//*[@class='preview']/strong/text()") == ["Preview"]


def test_a_public_site_is_not_marked_as_a_preview() -> None:
    response = create_app(FakePublication()).test_client().get("/")
    assert "noindex" not in response.text
    assert "Preview" not in response.text
    assert "X-Robots-Tag" not in response.headers


@pytest.mark.parametrize("base_url", ["https://news.example.org", "https://example.org/a%20blog"])
def test_all_links_stay_within_the_preview(tmp_path: Path, base_url: str) -> None:
    """Whatever the base URL of the site."""
    editor = Editor(tmp_path, base_url)
    waiting, seen = ["/"], set()
    while waiting:
        path = waiting.pop()
        response = editor.get(path)
        assert response.status_code == 200, path
        seen.add(path.removeprefix("/a%20blog"))
        if response.mimetype == "text/html":
            page = parse(response)
            links = page.xpath("//@src | //a/@href | //link[not(@rel='canonical')]/@href")
            assert all(link.startswith(("/", "#")) for link in links)
            paths = {link.partition("#")[0].partition("?")[0] for link in links} - {""}
            waiting += [each for each in paths if each.removeprefix("/a%20blog") not in seen]
    assert {"/articles/draft", "/files/draft.png", "/feeds/all.rss", "/feeds.opml"} <= seen
    editor.catalog.close()


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:80", "127.0.0.1", "127.0.0.1:8000", "127.255.3.4:1", "[::1]:8000"],
)
def test_loopback_hosts_are_allowed(editor: Editor, host: str) -> None:
    assert editor.get("/", Host=host).status_code == 200


ELSEWHERE = [
    *(
        "",
        "news.example.org",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
    ),
    *("localhost.", "a@localhost", "localhost:x", "localhost,evil.example", "128.0.0.1", "0.0.0.0"),
    *(
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "127.0.0.01",
        "[::ffff:127.0.0.1]",
        "[::]",
        "::1",
        "[::1",
    ),
    *("[localhost]", "[::1%lo]", "192.168.0.1", "lokalhost", "ⅼocalhost", "１２７.0.0.1"),
]


@pytest.mark.parametrize("host", ELSEWHERE)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_other_hosts_are_refused(editor: Editor, host: str, method: str) -> None:
    """Against DNS rebinding by another site."""
    sent: list[str] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": "/articles/draft",
        "HTTP_HOST": host.encode().decode("latin-1"),
    }
    app = create_preview(editor.preview)
    body = b"".join(app(environ, lambda line, headers: sent.append(line)))  # type: ignore[arg-type]
    assert sent == ["421 Misdirected Request"]
    assert body in {
        b"",
        b"This preview is only available on its own machine: open it as localhost.\n",
    }
    assert (body == b"") == (method == "HEAD")


def test_a_refusal_is_private(editor: Editor) -> None:
    assert is_private(editor.get("/", Host="evil.example"))


@given(st.ip_addresses())
def test_only_loopback_addresses_are_allowed(address: IPv4Address | IPv6Address) -> None:
    assert is_loopback(str(address)) == address.is_loopback


@given(st.text())
def test_the_only_allowed_name_is_localhost(name: str) -> None:
    assert is_loopback(name) == (name.lower() == "localhost") or name.startswith("127.")


def test_redirects_are_relative(editor: Editor) -> None:
    """A public site redirects to absolute URLs below base_url."""
    location = editor.get("/feeds/all").headers["Location"]
    assert location.endswith("/feeds/all/")
    assert location.startswith("/")
