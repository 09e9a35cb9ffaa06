"""What the app's links look like in one site; the paths themselves come from `feedsvc.urls`.

Links to ourselves are paths, so that they work at whatever host shows the site; what people copy
and what programs keep is absolute, from `base_url` and never from the Host header.
"""

import re
from urllib.parse import unquote, urlsplit

from feedsvc import urls
from feedsvc.model import TERM_KINDS, Category, FeedRef, Format, Kind

_TAG = re.compile(r"<[a-z][^>]*")


class Links:
    """Turns paths into what stands in a page, and what a client asked for into paths."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._prefix = urlsplit(base_url).path.rstrip("/")

    def local(self, path: str) -> str:
        """Return a decoded request path relative to base_url, whether a proxy made it so or not."""
        prefix = unquote(self._prefix)
        if prefix and (path == prefix or path.startswith(f"{prefix}/")):
            return path[len(prefix) :] or urls.INDEX
        return path

    def path(self, url: str) -> str:
        """Return what `local` returns for a request for a URL of this site."""
        return self.local(unquote(self.here(url)))

    def absolute(self, path: str) -> str:
        """Return the one absolute URL of a path."""
        return urls.absolute(self._base_url, path)

    def here(self, url: str) -> str:
        """Return a path, or a URL of this site, as a link that works at any host.

        The URL of another site stays as it is.
        """
        if url == self._base_url or url.startswith(f"{self._base_url}/"):
            url = url[len(self._base_url) :] or urls.INDEX
        return urls.absolute(self._prefix, url)

    def html(self, sanitised: str) -> str:
        """Do for the attributes of a sanitised text what `here` does for one URL.

        Entries carry absolute URLs for readers elsewhere; a page would show no picture before
        its site stands at base_url.
        """
        ours, here = f'="{self._base_url}/', f'="{self._prefix}/'
        return _TAG.sub(lambda tag: tag[0].replace(ours, here), sanitised)

    def index(self) -> str:
        """Link to the list of all feeds."""
        return self.here(urls.INDEX)

    def opml(self) -> str:
        """Link to the list of all feeds for readers."""
        return self.here(urls.OPML)

    def kind(self, kind: Kind) -> str:
        """Link to the list of all feeds of one kind."""
        return self.here(urls.kind_path(kind))

    def page(self, ref: FeedRef) -> str:
        """Link to a feed's page."""
        return self.here(urls.page_path(ref))

    def feed(self, ref: FeedRef, format: Format) -> str:
        """Link to a feed."""
        return self.here(urls.feed_path(ref, format))

    def feed_url(self, ref: FeedRef, format: Format) -> str:
        """Return the absolute URL that a reader subscribes to."""
        return self.absolute(urls.feed_path(ref, format))

    def category(self, category: Category) -> FeedRef | None:
        """Return a category's feed, whatever kind its scheme says that it is of; None for none."""
        for kind in TERM_KINDS:
            if category.scheme == urls.category_scheme(self._base_url, kind):
                return FeedRef(kind, category.term)
        return None
