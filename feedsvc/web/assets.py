"""Static assets of the pages: the stylesheet and the icon."""

from functools import cache
from hashlib import blake2b
from importlib.resources import files

from flask import Response

from feedsvc import routes

TYPES = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
_YEAR = 31_536_000


def asset(name: str) -> Response:
    """Send an asset."""
    headers = {
        "Cache-Control": f"public, max-age={_YEAR}, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(_body(name), content_type=TYPES[name], headers=headers)


@cache
def path(name: str) -> str:
    """Return the path of an asset, with a content hash so that it can be cached indefinitely."""
    version = blake2b(_body(name), digest_size=6).hexdigest()
    return f"{routes.asset_path(name)}?v={version}"


@cache
def _body(name: str) -> bytes:
    return files("feedsvc.web").joinpath("static", name).read_bytes()
