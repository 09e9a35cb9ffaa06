"""The static assets of pages: the stylesheet, the icons, and the scripts."""

from base64 import b64encode
from functools import cache
from hashlib import blake2b, sha256
from importlib.resources import files

from flask import Response

from feedsvc import features, routes

TYPES = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}
ICONS = {"favicon.ico": "image/vnd.microsoft.icon", "apple-touch-icon.png": "image/png"}
_YEAR, _DAY = 31_536_000, 86_400


def asset(name: str) -> Response:
    """Send an asset."""
    return _response(name, TYPES[name], f"public, max-age={_YEAR}, immutable")


def icon(name: str) -> Response:
    """Send feedsvc's own mark at a path that clients request without a link."""
    return _response(name, ICONS[name], f"public, max-age={_DAY}")


@cache
def path(name: str) -> str:
    """Return the path of an asset, with a content hash so that it can be cached indefinitely."""
    version = blake2b(_body(name), digest_size=6).hexdigest()
    return f"{routes.asset_path(name)}?v={version}"


@cache
def script(name: str) -> str:
    """Return one of the scripts, which pages contain so that no other can run."""
    return _scripts()[name].decode()


@cache
def script_sources() -> str:
    """Return the source expressions that permit only the scripts (CSP 2.3.1)."""
    digests = (b64encode(sha256(each).digest()).decode() for each in _scripts().values())
    return " ".join(f"'sha256-{each}'" for each in digests)


@cache
def _scripts() -> dict[str, bytes]:
    """Return the scripts of the core and of features, by name."""
    folders = (files("feedsvc.web").joinpath("static"), *features.folders("static"))
    found = (each for folder in folders for each in folder.iterdir() if each.name.endswith(".js"))
    return {each.name: each.read_bytes() for each in sorted(found, key=lambda each: each.name)}


@cache
def base() -> str:
    """Return the rules that stylesheets begin with: colours, fonts, links."""
    return _body("base.css").decode()


def _response(name: str, media_type: str, caching: str) -> Response:
    headers = {"Cache-Control": caching, "X-Content-Type-Options": "nosniff"}
    return Response(_body(name), content_type=media_type, headers=headers)


@cache
def _body(name: str) -> bytes:
    body = files("feedsvc.web").joinpath("static", name).read_bytes()
    return _body("base.css") + body if name == "style.css" else body
