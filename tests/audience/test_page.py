"""The operator's page, its tables and the badge, and access to them: statistics 6, 9 and 10."""

import csv
import io
import json
import time
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import etree, html
from werkzeug.test import TestResponse

from feedsvc.audience import access
from feedsvc.audience.page import Views
from feedsvc.audience.store import DAY, Store
from feedsvc.audience.tables import TABLES
from feedsvc.config.settings import Settings
from feedsvc.web import create_app
from tests.audience import made
from tests.web.fake import FakePublication

HERE = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8000"}
TOKEN, HASH = access.create_token()
PUBLIC = "https://news.example.org"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("statistics")
    store, _ = made.store(folder, int(time.time()) // DAY)
    yield store
    store.close()


def get(
    store: Store, path: str = "/stats/", settings: Settings | None = None, **environ: Any
) -> TestResponse:
    """Request a path, by default from this machine."""
    client = _local(store) if settings is None else _client(settings, store)
    return client.get(path, environ_overrides=HERE | environ)


def _client(settings: Settings, store: Store) -> FlaskClient:
    app = create_app(FakePublication(settings), Views(settings, store).views)
    return app.test_client(use_cookies=False)


@cache
def _local(store: Store) -> FlaskClient:
    return _client(made.settings(), store)


def password(token: str, name: str = "me") -> dict[str, Any]:
    """Return the headers that a browser sends for a name and a password."""
    return {"HTTP_AUTHORIZATION": f"Basic {b64encode(f'{name}:{token}'.encode()).decode()}"}


def test_the_page_has_all_charts_and_tables(store: Store) -> None:
    """Statistics 9, 10: each chart has its table and a CSV."""
    response = get(store)
    assert response.status_code == 200
    page: Any = html.fromstring(response.data)
    titles = [each.text for each in page.iter("h2")]
    assert titles == [
        *("By reader", "By feed", "By format", "Gained and lost", "Polls by answer"),
        *("Bytes sent and saved", "Time between polls", "Push against polls"),
        *("Feeds", "Readers", "Advice for their developers", "Claimed"),
    ]
    panels = page.xpath("//div[@class='panels']/section")
    for panel in panels:
        (chart,) = panel.iter("{*}svg")
        assert chart.get("role") == "img"
        assert chart.get("aria-label") == panel.findtext(".//h2")
        assert panel.xpath(".//table//td")
        assert panel.xpath(".//a[@class='csv']/@href")[0].startswith("/stats/")
    assert len(panels) == 8
    assert "python-requests" in response.text
    assert "Store the ETag and Last-Modified" in response.text
    assert "RFC 9110 13.1.2" in response.text


def test_the_page_has_no_script_and_is_not_cached(store: Store) -> None:
    response = get(store)
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    page: Any = html.fromstring(response.data)
    assert not page.xpath("//script | //style | //*[@style] | //@onclick | //*[local-name()='use']")
    assert get(store, "/stats/style.css").content_type == "text/css; charset=utf-8"


def test_markup_in_user_agents_is_inert(store: Store) -> None:
    response = get(store)
    assert "<script" not in response.text
    assert "=cmd|&#34;/C calc&#34;!A1&lt;script&gt;" in response.text


def test_csv_tables_contain_no_formulas(store: Store) -> None:
    for name in TABLES:
        response = get(store, f"/stats/{name}.csv?days=30")
        assert response.headers["Content-Disposition"] == f'attachment; filename="{name}.csv"'
        rows = list(csv.reader(io.StringIO(response.text)))
        assert len(rows) > 1, name
        assert len({len(row) for row in rows}) == 1
        assert not [each for row in rows for each in row if each[:1] in ("=", "+", "@", "\t")]
    assert f"'{made.HOSTILE}" in [
        row[0] for row in csv.reader(io.StringIO(get(store, "/stats/readers.csv").text))
    ]


def test_statistics_are_available_as_json(store: Store) -> None:
    found = json.loads(get(store, "/stats/stats.json").data)
    assert found["now"]["total"] > 300
    assert found["now"]["claimed"] == found["claims"]["rows"][0][1] + found["claims"]["rows"][1][1]
    assert found["readers"]["columns"][0] == "reader"
    assert found["days"] == {"live": 12}


def test_each_feed_has_a_page(store: Store) -> None:
    """Statistics 5: with the same number of subscribers as in the table of all feeds."""
    feeds = {
        row[0]: row for row in json.loads(get(store, "/stats/stats.json").data)["feeds"]["rows"]
    }
    found = json.loads(get(store, "/stats/stats.json?feed=tag/c%2B%2B").data)
    assert found["now"]["total"] == feeds["tag/c++"][1]
    page = get(store, "/stats/?feed=tag/c%2B%2B&days=365")
    assert "All feeds" in page.text
    assert get(store, "/stats/?feed=nothing").text.count("No polls yet") == 1


@pytest.mark.parametrize(
    "environ",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": ""},  # a UNIX socket, of a proxy
        {"HTTP_HOST": "news.example.org"},
        {"HTTP_HOST": ""},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"HTTP_X_REAL_IP": "192.0.2.7"},
        {"HTTP_FORWARDED": "for=_hidden"},
        {"HTTP_VIA": "1.1 varnish"},
    ],
)
def test_requests_that_may_be_from_another_machine_are_refused(
    store: Store, environ: dict[str, Any]
) -> None:
    for path in ("/stats/", "/stats/readers.csv", "/stats/stats.json", "/stats/style.css"):
        assert get(store, path, **environ).status_code == 404


def test_a_public_site_requires_its_token_even_from_this_machine(store: Store) -> None:
    """A proxy that sets no header makes every request appear to be local."""
    assert get(store, settings=made.settings(PUBLIC)).status_code == 404
    settings = made.settings(PUBLIC, token=HASH)
    refused = get(store, settings=settings)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    assert refused.headers["Cache-Control"] == "private, no-store"
    for wrong in (
        password(TOKEN[:-1]),
        password(HASH),
        password(""),
        password("é"),
        {"HTTP_AUTHORIZATION": "Basic ?"},
    ):
        assert get(store, settings=settings, **wrong).status_code == 401
    elsewhere: dict[str, Any] = {"REMOTE_ADDR": "192.0.2.7", "HTTP_HOST": "news.example.org"}
    assert get(store, settings=settings, **elsewhere, **password(TOKEN)).status_code == 200
    bearer: dict[str, Any] = {"HTTP_AUTHORIZATION": f"Bearer {TOKEN}"}
    assert get(store, "/stats/stats.json", settings, **elsewhere, **bearer).status_code == 200


def test_the_badge_is_public_if_enabled(store: Store) -> None:
    assert get(store, "/stats/badge.svg").status_code == 404
    elsewhere: dict[str, Any] = {"REMOTE_ADDR": "192.0.2.7", "HTTP_HOST": "news.example.org"}
    response = get(store, "/stats/badge.svg", made.settings(PUBLIC, badge=True), **elsewhere)
    assert response.content_type == "image/svg+xml"
    total = json.loads(get(store, "/stats/stats.json").data)["now"]["total"]
    assert etree.fromstring(response.data).findtext("{*}title") == f"{total} subscribers"


def test_an_unreadable_store_is_reported_with_503(tmp_path: Any) -> None:
    (tmp_path / "statistics.db").write_bytes(b"no database at all" * 100)
    with Store(f"sqlite:///{tmp_path / 'statistics.db'}") as broken:
        response = get(broken)
        assert response.status_code == 503
        assert "The statistics cannot be read" in response.text
        assert get(broken, "/stats/readers.csv").status_code == 503


def test_the_page_of_an_empty_store_has_a_message(tmp_path: Any) -> None:
    with Store(f"sqlite:///{tmp_path / 'statistics.db'}") as empty:
        response = get(empty)
        assert response.status_code == 200
        assert "No polls yet" in response.text
        assert get(empty, "/stats/readers.csv").status_code == 404
