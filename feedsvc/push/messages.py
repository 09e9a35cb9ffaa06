"""The messages to subscribers: documents as a GET would return them (WebSub 7)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from feedsvc.http.representation import link_field
from feedsvc.model import FeedRef, Format
from feedsvc.publication import Publication
from feedsvc.push.store.sealing import Sealing
from feedsvc.routes import Routes, feed_path


@dataclass(frozen=True, slots=True)
class Message:
    """A document to be delivered. instant: of its revision, in seconds since the epoch."""

    body: bytes
    headers: Mapping[str, str]
    revision: int
    instant: float


class Messages:
    """Makes the messages of a site, and signs them."""

    def __init__(self, publication: Publication) -> None:
        self._publication = publication
        self._routes = Routes(publication.settings)
        self._sealing = Sealing.of(publication.settings)
        self._method = publication.settings.push.signature

    def newest(self, ref: FeedRef, format: Format) -> Message | None:
        """Return the newest document of a feed; None if a GET would not return one."""
        if not self._publication.settings.is_listed(ref.key):
            return None
        document = self._publication.document(ref, format)
        if document is None:
            return None
        topic = self._routes.absolute(feed_path(ref, format))
        headers = {
            "Content-Type": document.media_type,
            "Link": link_field(topic, self._publication.hubs),
        }
        instant = document.last_modified.timestamp()
        return Message(document.body, headers, document.revision, instant)

    def headers(self, message: Message, secret: str) -> Mapping[str, str]:
        """Return the headers for a subscriber. secret: as stored. Raises CatalogError.

        The body is signed with the subscriber's own secret (WebSub 8).
        """
        if not secret:
            return message.headers
        key = self._sealing.open(secret).encode()
        signature = hmac.digest(key, message.body, self._method).hex()
        return {**message.headers, "X-Hub-Signature": f"{self._method}={signature}"}
