"""A bare WSGI application that returns one response, which `peers.constant` wrote to its folder."""

import json
from collections.abc import Iterable
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

_STATUS, _FIELDS = json.loads(Path("head.json").read_text(encoding="utf-8"))
_HEAD = [(name, value) for name, value in _FIELDS]
_BODY = [Path("body").read_bytes()]


def application(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Return the response to any request."""
    start_response(_STATUS, _HEAD)
    return _BODY
