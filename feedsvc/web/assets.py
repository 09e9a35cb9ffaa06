"""The files that pages need and that come with the program: the stylesheet and the icon."""

from hashlib import blake2b
from importlib.resources import files

from flask import Response

from feedsvc import urls
from feedsvc.web.links import Links

_TYPES = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
PATHS = tuple(urls.ASSETS + name for name in _TYPES)
_YEAR = 31_536_000


class Assets:
    """Reads them once, and sends them with a link that changes when they do."""

    def __init__(self, links: Links) -> None:
        folder = files("feedsvc.web").joinpath("static")
        self._links = links
        self._bodies = {name: folder.joinpath(name).read_bytes() for name in _TYPES}

    def link(self, name: str) -> str:
        """Link to an asset, with a hash of its bytes so that it may be kept for ever."""
        version = blake2b(self._bodies[name], digest_size=6).hexdigest()
        return f"{self._links.here(urls.ASSETS + name)}?v={version}"

    def asset(self, path: str) -> Response | None:
        """Send an asset."""
        name = path.removeprefix(urls.ASSETS)
        if not path.startswith(urls.ASSETS) or name not in self._bodies:
            return None
        return Response(
            self._bodies[name],
            content_type=_TYPES[name],
            headers={
                "Cache-Control": f"public, max-age={_YEAR}, immutable",
                "X-Content-Type-Options": "nosniff",
            },
        )
