"""Programs that read JSON feeds by their links and ids alone, as third-party readers do."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from feedsvc import routes
from feedsvc.model import Document, FeedRef, Format
from feedsvc.publication import Publication

Items = dict[str, dict[str, Any]]


def items(document: Document) -> Items:
    """Return the items of a JSON feed by id, in document order."""
    found = json.loads(document.body)["items"]
    by_id = {item["id"]: item for item in found}
    assert len(by_id) == len(found)
    return by_id


def top(document: Document) -> dict[str, Any]:
    """Return a JSON feed without its items."""
    return {name: value for name, value in json.loads(document.body).items() if name != "items"}


def subscription(publication: Publication, ref: FeedRef) -> Document:
    """Return the subscription document of a feed, which must exist."""
    document = publication.document(ref, Format.JSON)
    assert document is not None
    return document


def archives(publication: Publication, ref: FeedRef) -> Iterator[tuple[int, Document]]:
    """Follow the links from the subscription document; return each archive with its number."""
    document = subscription(publication, ref)
    while url := top(document).get("next_url"):
        endpoint, found = routes.match(unquote(urlsplit(url).path)) or ("", {})
        assert endpoint == "archive"
        number = found["number"]
        linked = publication.archive(**found)
        assert linked is not None
        document = linked
        assert top(document)["feed_url"] == url
        yield number, document


class Reader:
    """A program that polls a feed and stores its items by id."""

    def __init__(self, publication: Publication, ref: FeedRef, takes_deltas: bool) -> None:
        self.kept: Items = {}
        self.deltas = 0
        self._publication = publication
        self._ref = ref
        self._takes_deltas = takes_deltas
        self._tag = ""

    def poll(self) -> None:
        """Fetch new items."""
        document = subscription(self._publication, self._ref)
        if document.tag == self._tag:
            return
        delta = None
        if self._takes_deltas and self._tag:
            delta = self._publication.delta(self._ref, Format.JSON, self._tag)
        if delta:
            assert delta.tag == document.tag
            self.deltas += 1
        self.kept |= items(delta or document)
        self._tag = document.tag
