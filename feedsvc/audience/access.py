"""Access to the statistics: with the token, or from this machine while the site is local.

A client's address proves nothing: behind a local proxy that adds no header fields, every request
appears to come from this machine. So without the token, the site's own address must be a loopback
address, which no proxy serves to other machines; the request is then checked as well (ADR 83).
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from feedsvc.config.settings import Settings
from feedsvc.http.hosts import is_loopback, names_loopback

_BYTES = 32
# Header fields that proxies add and a browser on this machine does not send.
_FORWARDED = ("HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP", "HTTP_CDN_LOOP")
_X_FORWARDED = "HTTP_X_FORWARDED_"


def create_token() -> tuple[str, str]:
    """Return a new token, and its hash for the settings."""
    token = secrets.token_urlsafe(_BYTES)
    return token, digest(token)


def digest(token: str) -> str:
    """Return the hash of a token. It needs no salt and no delay: a token has 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def has_token(password: str | None, expected: str) -> bool:
    """Return whether a password is the token. expected: the token's hash, '' without one."""
    return bool(password and expected and hmac.compare_digest(digest(password), expected))


def is_local(environ: Mapping[str, Any], settings: Settings) -> bool:
    """Return whether a request comes from this machine, and the site is local."""
    return (
        is_loopback(urlsplit(settings.base_url).hostname or "")
        and is_loopback(environ.get("REMOTE_ADDR") or "")
        and names_loopback(environ.get("HTTP_HOST") or "")
        and not any(name in _FORWARDED or name.startswith(_X_FORWARDED) for name in environ)
    )
