"""The view of the site's own hub, which accepts requests for subscriptions (WebSub 5)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, quote

from flask import Response, request

from feedsvc import outgoing, syntax
from feedsvc.http.conditional import plain
from feedsvc.http.hosts import client_address, networks
from feedsvc.model import MAX_URL, FeedRef, Format
from feedsvc.publication import Publication
from feedsvc.push.store.subscriptions import Mode, Requested, Subscriptions
from feedsvc.push.store.verifications import ENDED
from feedsvc.routes import HUB, MAX_BODY, Routes

_FORM = "application/x-www-form-urlencoded"
_SECRET_LIMIT = 200  # bytes; a secret must have fewer
_MAX_FIELDS = 100
_MODES: tuple[Mode, ...] = ("subscribe", "unsubscribe")
_ONCE = ("hub.callback", "hub.mode", "hub.topic", "hub.secret", "hub.lease_seconds")
_LEASE = re.compile(r"[0-9]{1,18}")


def views(publication: Publication) -> Mapping[str, Callable[[], Response]]:
    """Return the view of the hub, if the documents of the site name it."""
    hub = Routes(publication.settings).absolute(HUB)
    return {"hub": Hub(publication).view} if hub in publication.hubs else {}


class FormError(Exception):
    """A request is malformed; the message says why, the status is 4xx."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status


class Hub:
    """The view `hub` (WebSub 2, 5, 10)."""

    def __init__(self, publication: Publication) -> None:
        self._settings = publication.settings
        self._subscriptions = Subscriptions(publication.settings, publication.catalog)
        self._routes = Routes(publication.settings)
        self._proxies = networks(self._settings.serve.trusted_proxies)

    def view(self) -> Response:
        """Answer 202 before any verification, or refuse with the reason as plain text."""
        try:
            requested = self._resolve(requested_by(parse(_body())))
        except FormError as error:
            return _answer(error.status, str(error))
        client = client_address(request.environ, self._proxies)
        refusal = self._subscriptions.request(requested, client)
        if refusal:
            return _answer(429, refusal.reason, ("Retry-After", str(refusal.retry)))
        return _answer(202, "")

    def _resolve(self, requested: Requested) -> Requested:
        """Return a request with the feed of its topic, or with the reason why there is none.

        Aliases, old keys of feeds and other spellings stand for the feed that they redirect to.
        """
        found = self._find(requested.topic)
        if found is None:
            return replace(requested, denied="this hub has no such topic")
        ref, format = found
        if ref.key in self._settings.retired:
            return replace(requested, denied=ENDED)
        key = self._settings.moved.get(ref.key, ref.key)
        return replace(requested, feed=key, format=str(format))

    def _find(self, topic: str) -> tuple[FeedRef, Format] | None:
        start = self._settings.base_url
        if not topic.startswith(f"{start}/") or {"?", "#", "\0"} & {*topic}:
            return None
        endpoint, values = self._routes.match(self._routes.local(topic)) or ("", {})
        return (values["ref"], values["format"]) if endpoint in {"feed", "alias"} else None


def parse(body: bytes) -> dict[str, str]:
    """Return the fields of a form. Raises FormError."""
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS
        )
    except UnicodeDecodeError:
        raise FormError("The form is not in UTF-8") from None
    except ValueError:
        raise FormError(f"The form has more than {_MAX_FIELDS} fields") from None
    names = [name for name, _ in pairs]
    for name in _ONCE:
        if names.count(name) > 1:
            raise FormError(f"{name} is given more than once")
    return dict(pairs)


def requested_by(form: dict[str, str]) -> Requested:
    """Return what a form requests. Raises FormError."""
    for name in ("hub.callback", "hub.mode", "hub.topic"):
        if not form.get(name):
            raise FormError(f"{name} is missing")
    mode = next((each for each in _MODES if each == form["hub.mode"]), None)
    if mode is None:
        raise FormError("hub.mode is neither subscribe nor unsubscribe")
    topic, secret = form["hub.topic"], form.get("hub.secret", "")
    if not syntax.is_url(topic) or not syntax.is_line(topic):
        raise FormError("hub.topic is not a URL that starts with http:// or https://")
    if len(secret.encode()) >= _SECRET_LIMIT:
        raise FormError(f"hub.secret does not have fewer than {_SECRET_LIMIT} bytes")
    token = form.get("hub.verify_token")
    # The verification appends all of them to the callback.
    if len(form["hub.callback"] + quote(topic) + quote(token or "")) > MAX_URL:
        raise FormError(
            f"hub.callback, hub.topic and hub.verify_token have more than {MAX_URL:,} characters "
            "in all, percent-encoded"
        )
    return Requested(
        mode=mode,
        topic=topic,
        callback=form["hub.callback"],
        host=callback_host(form["hub.callback"]),
        secret=secret,
        lease=_lease(form.get("hub.lease_seconds", "")),
        parameters={} if token is None else {"hub.verify_token": token},
    )


def callback_host(callback: str) -> str:
    """Return the host of a callback, in lower case. Raises FormError if the URL is not allowed."""
    try:
        return outgoing.host(callback)
    except outgoing.UrlError as error:
        raise FormError(f"hub.callback {error}") from None


def _lease(text: str) -> int | None:
    if text and not _LEASE.fullmatch(text):
        raise FormError("hub.lease_seconds is not a number of seconds")
    return int(text) if text else None


def _body() -> bytes:
    """Return the body of the current request. Raises FormError."""
    if request.mimetype != _FORM:
        raise FormError(f"The content type is not {_FORM}", 415)
    if request.content_length is None:
        raise FormError("The request has no Content-Length", 411)
    if request.content_length > MAX_BODY:
        raise FormError(f"The form has more than {MAX_BODY:,} bytes", 413)
    return request.get_data(cache=False)


def _answer(status: int, reason: str, *more: tuple[str, str]) -> Response:
    text = f"{reason}.\n".encode() if reason else b""
    return Response(text, status, plain(text, *more))
