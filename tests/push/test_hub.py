"""Requests to the hub through Flask (WebSub 5, 10, 19, 21)."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from werkzeug.test import TestResponse

from feedsvc.catalog import schema
from feedsvc.catalog.store import Catalog
from feedsvc.config.push import PushSettings
from feedsvc.publication import Publication
from feedsvc.push.hub import FormError, callback_host, parse, requested_by
from feedsvc.push.store.sealing import Sealing
from feedsvc.push.store.subscriptions import DAY, LIMITS, Requested
from feedsvc.routes import MAX_BODY
from feedsvc.web.app import create_app, create_blueprint
from tests.desk import Desk
from tests.sites import article
from tests.web.fake import SETTINGS

BASE = "https://news.example.org/blog"
HUB = f"{BASE}/hub"
TOPIC = f"{BASE}/feeds/all.rss"
CALLBACK = "https://reader.example.net/cb?id=7&hub.mode=x"
FORM = {"hub.callback": CALLBACK, "hub.mode": "subscribe", "hub.topic": TOPIC}
KIND = "application/x-www-form-urlencoded"
TOML = f"""\
base_url = "{BASE}"
retired = ["tag/gone"]
[push]
hub = "own"
[moved]
"tag/old" = "tag/mali"
[aliases]
"/rss.xml" = "tag/mali.rss"
"""
Post = Callable[..., TestResponse]


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.configure(TOML)
    desk.write("a.md", article(tags=["Mali", "C++"]))
    desk.sync()
    return desk


@pytest.fixture
def client(desk: Desk) -> FlaskClient:
    return site(desk).test_client()


def site(desk: Desk) -> Flask:
    """Return the app with its hub."""
    return create_app(Publication(desk.settings, desk.catalog, hubs=(HUB,)))


@pytest.fixture
def post(client: FlaskClient) -> Post:
    def post(form: Mapping[str, str] | str | bytes = FORM, **more: str) -> TestResponse:
        body = {**form, **more} if isinstance(form, dict) else form
        data = urlencode(body) if isinstance(body, dict) else body
        return client.post("/blog/hub", data=data, content_type=KIND)

    return post


def only(desk: Desk) -> dict[str, object]:
    """Return the only pending request."""
    [row] = [row for row in desk.rows(schema.subscription_request) if not row["done"]]
    return row


def test_a_request_is_accepted_and_stored(post: Post, desk: Desk) -> None:
    more = {
        "hub.secret": "s€cret",
        "hub.lease_seconds": "172800",
        "hub.verify": "sync",
        "hub.verify_token": "a b&é",
        "foo": "1",
        "hub.foo": "2",
    }
    answer = post(FORM | more)
    assert (answer.status_code, answer.data) == (202, b"")
    row = only(desk)
    feed = desk.feed("all")
    stored = {name: row[name] for name in ("mode", "topic", "callback", "host", "format", "lease")}
    assert stored == {
        "mode": "subscribe",
        "topic": TOPIC,
        "callback": CALLBACK,
        "host": "reader.example.net",
        "format": "rss",
        "lease": 172800,
    }
    assert (row["feed"], row["revision"]) == (feed.number, feed.revision)
    assert json.loads(str(row["parameters"])) == {"hub.verify_token": "a b&é"}
    assert Sealing.of(desk.settings).open(str(row["secret"])) == "s€cret"
    assert "127.0.0.1" not in str(row)
    assert not desk.rows(schema.subscription)


def test_a_topic_that_redirects_is_treated_as_its_target(post: Post, desk: Desk) -> None:
    for path, key in {
        "/feeds/tag/c%2B%2B.rss": "tag/c++",
        "/feeds/tag/C++.rss": "tag/c++",  # redirects to the canonical one
        "/feeds/tag/old.rss": "tag/mali",
        "/rss.xml": "tag/mali",
    }.items():
        assert post(FORM, **{"hub.topic": BASE + path}).status_code == 202
        rows = desk.rows(schema.subscription_request)
        [row] = [row for row in rows if row["topic"] == BASE + path]
        assert (row["feed"], row["mode"]) == (desk.feed(key).number, "subscribe")


TOPICS_DENIED = {
    f"{BASE}/feeds/tag/gone.rss": "this feed was ended",
    f"{BASE}/feeds/tag/unknown.rss": "there is no such feed",
    f"{BASE}/feeds/all/archive/1.rss": "this hub has no such topic",
    f"{BASE}/feeds/all/": "this hub has no such topic",
    f"{BASE}/": "this hub has no such topic",
    f"{TOPIC}?page=2": "this hub has no such topic",
    f"{TOPIC}#top": "this hub has no such topic",
    "https://news.example.org/feeds/all.rss": "this hub has no such topic",
    "https://other.example.net/feed": "this hub has no such topic",
    f"{BASE}.evil.net/feeds/all.rss": "this hub has no such topic",
}


def test_other_topics_are_denied_with_a_reason(post: Post, desk: Desk) -> None:
    for topic in TOPICS_DENIED:
        assert post(FORM, **{"hub.topic": topic}).status_code == 202
    rows = desk.rows(schema.subscription_request)
    assert {str(row["topic"]): row["reason"] for row in rows} == TOPICS_DENIED
    assert {row["mode"] for row in rows} == {"denied"}


def test_a_second_request_replaces_the_first(post: Post, desk: Desk) -> None:
    post(FORM, **{"hub.secret": "first"})
    post(FORM, **{"hub.mode": "unsubscribe"})
    assert only(desk)["mode"] == "unsubscribe"
    [done] = [row for row in desk.rows(schema.subscription_request) if row["done"]]
    assert (done["secret"], done["callback"]) == ("", "")  # kept only for counting


def test_too_many_requests_of_a_client_are_refused(post: Post, desk: Desk) -> None:
    """Clients are identified by address, which only trusted proxies may forward (WebSub 19)."""
    desk.configure(f'{TOML}[serve]\ntrusted_proxies = ["127.0.0.1"]')
    trusting = site(desk).test_client()

    def through_proxy(client: str) -> TestResponse:
        return trusting.post("/blog/hub", data=FORM, headers={"X-Forwarded-For": client})

    assert through_proxy("192.0.2.1").status_code == 202
    row = only(desk)
    with desk.catalog.writing() as connection:
        rows = [{**row, "id": str(number), "done": True} for number in range(LIMITS.of_client)]
        connection.execute(schema.subscription_request.insert(), rows)
    refused = through_proxy("198.51.100.1, 192.0.2.1")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
    assert refused.data == b"You have sent too many requests in the last hour.\n"
    assert through_proxy("192.0.2.2").status_code == 202
    assert post().status_code == 202  # by 127.0.0.1


CALLBACKS_REFUSED = {
    "ftp://reader.example.net/": "start with http",
    "//reader.example.net/": "start with http",
    "http:reader.example.net": "start with http",
    "reader": "start with http",
    "https://user@reader.example.net/": "user name",
    "https://:pass@reader.example.net/": "user name",
    "https://reader.example.net@evil.example.net/": "user name",
    "https://reader.example.net/#top": "fragment",
    "https://reader.example.net/#": "fragment",
    "https://reader.example.net:0/": "port",
    "https://reader.example.net:25/": "port",
    "https://reader.example.net:/": "port",
    "https://reader.example.net:65536/": "port",
    "https://reader.example.net:8x/": "not a URL",
    "http://[fe80::1%25eth0]/": "host name",
    "http://[fe80::1%eth0]/": "host name",
    "http://[v1.a]/": "host name",
    "http://[::1": "not a URL",
    "http:///path": "host name",
    "http://a..b/": "host name",
    "http://%31%32%37.0.0.1/": "host name",
    f"http://{'a' * 254}/": "host name",
    "http://exämple.net/": "characters",
    "http://reader.example.net/a b": "characters",
    "http://reader.example.net/\r\nX: y": "characters",
    "http://reader.example.net/\0": "characters",
    "http://reader.example.net\\@evil.net/": "characters",
    f"http://reader.example.net/{'a' * 8_000}": "8,000",
}


@pytest.mark.parametrize(("callback", "reason"), CALLBACKS_REFUSED.items())
def test_an_invalid_callback_is_refused(callback: str, reason: str) -> None:
    with pytest.raises(FormError, match=reason) as caught:
        callback_host(callback)
    assert str(caught.value).startswith("hub.callback ")


@pytest.mark.parametrize(
    ("callback", "host"),
    [
        ("HTTPS://Reader.Example.NET./cb", "reader.example.net"),
        ("http://reader.example.net:8080/?", "reader.example.net"),
        ("http://[2001:DB8::1]:443/cb", "2001:db8::1"),
        ("http://127.0.0.1/", "127.0.0.1"),  # accepted here, but never connected to
        ("https://xn--exmple-cua.net/%C3%A4?a=b;c&d={e|f}~", "xn--exmple-cua.net"),
        (f"http://reader.example.net/{'a' * 7_900}", "reader.example.net"),
    ],
)
def test_other_callbacks_are_accepted(callback: str, host: str) -> None:
    assert callback_host(callback) == host


MALFORMED: dict[str | bytes, bytes] = {
    urlencode({**FORM, "hub.mode": "publish"}): b"hub.mode is neither",
    urlencode({**FORM, "hub.mode": ""}): b"hub.mode is missing",
    urlencode({**FORM, "hub.topic": "all"}): b"hub.topic is not a URL",
    urlencode({**FORM, "hub.topic": f"{TOPIC}\0"}): b"hub.topic is not a URL",
    urlencode({**FORM, "hub.topic": TOPIC + "a" * 8_000}): b"8,000 characters",
    urlencode({**FORM, "hub.lease_seconds": "-1"}): b"hub.lease_seconds is not",
    urlencode({**FORM, "hub.lease_seconds": "1e3"}): b"hub.lease_seconds is not",
    urlencode({**FORM, "hub.lease_seconds": "٣"}): b"hub.lease_seconds is not",
    urlencode({**FORM, "hub.secret": "s" * 200}): b"fewer than 200 bytes",
    urlencode({**FORM, "hub.secret": "€" * 67}): b"fewer than 200 bytes",
    urlencode({**FORM, "hub.verify_token": "é" * 1_330}): b"8,000 characters",
    urlencode(FORM) + "&hub.callback=https://a.net/": b"more than once",
    urlencode(FORM) + "&hub.secret=%FF": b"not in UTF-8",
    urlencode(FORM).encode() + b"&a=\xff": b"not in UTF-8",
    urlencode(FORM) + "&a=b" * 100: b"more than 100 fields",
    "": b"hub.callback is missing",
    "hub.callback": b"hub.callback is missing",
}


def test_a_malformed_form_is_rejected_with_a_sentence(
    tmp_path: Path,
) -> None:
    settings = structs.replace(SETTINGS, base_url=BASE)
    catalog = Catalog(f"sqlite:///{tmp_path / 'none.db'}")
    client = create_app(Publication(settings, catalog, hubs=(HUB,))).test_client()

    def post(body: str | bytes) -> TestResponse:
        return client.post("/blog/hub", data=body, content_type=KIND)

    for body, reason in MALFORMED.items():
        answer = post(body)
        assert answer.status_code == 400, body
        assert answer.content_type == "text/plain; charset=utf-8"
        assert reason in answer.data
        assert answer.data.endswith(b".\n")
    assert client.post("/blog/hub", json=FORM).status_code == 415
    assert post("a" * (MAX_BODY + 1)).status_code == 413
    assert client.get("/blog/hub").status_code == 405
    assert client.get("/blog/hub").headers["Allow"] == "POST"
    assert client.post("/blog/feeds/all.rss").status_code == 405


def test_limits_of_secrets_are_in_bytes() -> None:
    assert requested_by({**FORM, "hub.secret": "€" * 66 + "s"}).secret == "€" * 66 + "s"
    assert requested_by({**FORM, "hub.secret": ""}).secret == ""


texts = st.text(max_size=40)


@given(
    secret=texts,
    token=texts,
    lease=st.integers(0, 99 * DAY),
    extra=st.dictionaries(texts.filter(lambda name: name not in FORM), texts, max_size=3),
    plus=st.booleans(),
)
def test_any_form_is_decoded(
    secret: str, token: str, lease: int, extra: dict[str, str], plus: bool
) -> None:
    more = {"hub.secret": secret, "hub.verify_token": token, "hub.lease_seconds": str(lease)}
    fields = {**extra, **FORM, **more}
    encoded = urlencode(fields) if plus else urlencode(fields, quote_via=quote)
    assert requested_by(parse(encoded.encode())) == Requested(
        mode="subscribe",
        topic=TOPIC,
        callback=CALLBACK,
        host="reader.example.net",
        secret=secret,
        lease=lease,
        parameters={"hub.verify_token": token},
    )


@given(
    st.binary(max_size=60)
    | st.lists(st.sampled_from([*FORM, "=", "&", "%", "a"])).map(
        lambda parts: "".join(parts).encode()
    )
)
def test_any_body_is_a_form_or_an_error_with_a_sentence(body: bytes) -> None:
    reason = ""
    try:
        form = parse(body)
    except FormError as error:
        reason = str(error)
    assert reason or form == dict(parse_qsl(body.decode(), keep_blank_values=True))


@given(st.text(st.characters(max_codepoint=300), max_size=30))
def test_any_callback_is_accepted_or_refused_with_a_sentence(text: str) -> None:
    for callback in (text, f"http://{text}", f"https://a.net/{text}"):
        reason = ""
        try:
            host = callback_host(callback)
        except FormError as error:
            reason = str(error)
        assert reason.startswith("hub.callback ") or (host and callback.isascii())


def test_the_hub_is_served_only_if_documents_name_it() -> None:
    settings = structs.replace(SETTINGS, base_url=BASE, push=PushSettings(hub="own"))
    for hubs, is_there in [
        ((HUB, "https://hub.example.net/"), True),
        (("https://hub.example.net/",), False),
        ((), False),
        (None, False),  # for example a preview or a build
    ]:
        publication = Publication(settings, Catalog("sqlite:///no.db"), hubs=hubs)
        other = Flask("shop")
        other.register_blueprint(create_blueprint(publication))
        for app in (other, create_app(publication)):
            status = app.test_client().post("/blog/hub", data="").status_code
            assert (status == 415) is is_there


def test_an_article_at_the_path_of_the_hub_is_served(desk: Desk) -> None:
    desk.configure(f'article_link = "/{{slug}}"\n{TOML}')
    desk.write("hub.md", article("Hub", slug="hub"))
    desk.sync()
    client = site(desk).test_client()
    assert b"Hub" in client.get("/blog/hub").data
    assert client.post("/blog/hub", data=FORM).status_code == 202


def test_a_lost_catalog_is_a_temporary_error(post: Post, desk: Desk) -> None:
    with desk.catalog.writing() as connection:
        schema.subscription_request.drop(connection)
    answer = post()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
