"""Clients that poll feeds over HTTP in different ways."""

import gzip
import json
from typing import Any
from urllib.parse import urlsplit

from feedsvc.serve.edge import Edge
from tests.web.front import Reply, ask

Kept = dict[str, dict[str, Any]]  # items by id


def items(reply: Reply) -> Kept:
    """Return the items of a JSON feed by id."""
    coded = reply.headers.get("Content-Encoding") == "gzip"
    found = json.loads(gzip.decompress(reply.body) if coded else reply.body)["items"]
    by_id = {item["id"]: item for item in found}
    assert len(by_id) == len(found), "an id is repeated in a document"
    return by_id


def whole(edge: Edge, path: str) -> Kept:
    """Return the items of a feed and of all its archives."""
    kept: Kept = {}
    while path:
        reply = ask(edge, path)
        assert reply.status == 200, path
        kept = items(reply) | kept
        path = urlsplit(json.loads(reply.body).get("next_url", "")).path
    return kept


class Subscriber:
    """Polls one feed with the validators of the last response, and keeps every item.

    fields: additional header fields, such as `a_im`.
    """

    def __init__(self, path: str, **fields: str) -> None:
        self.kept: Kept = {}
        self.statuses: list[int] = []
        self._path = path
        self._fields = fields
        self._validators: dict[str, str] = {}

    def poll(self, edge: Edge) -> None:
        """Fetch what is new; follow redirects of the feed, and accept 410."""
        path = self._path
        reply = ask(edge, path, **self._fields, **self._validators)
        if reply.status == 308:
            path = urlsplit(reply.headers["Location"]).path
            reply = ask(edge, path, **self._fields)
        self.statuses.append(reply.status)
        assert reply.status in (200, 226, 304, 410), (path, reply.status)
        if reply.status in (200, 226):
            self.kept |= items(reply)
            self._validators = {
                "if_none_match": reply.headers["ETag"],
                "if_modified_since": reply.headers["Last-Modified"],
            }
