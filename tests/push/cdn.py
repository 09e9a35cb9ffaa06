"""The purging APIs of Fastly, Cloudflare and Varnish on this machine, which check their own rules.

Fastly: at most 256 keys in a request, of at most 1,024 bytes each, without spaces. Cloudflare: at
most 100 tags in a request, of at most 1,024 characters each; five requests a minute on the free
plan, from a bucket of 25. Varnish: the line of a header field has at most 8,192 bytes.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from feedsvc.push import caches
from tests.push.sink import Reply, Request, Sink

SERVICE, ZONE, TOKEN = "SU1Z0isxPaozGVKXdv0eY", "023e105f4ecef8ad9ca31a8372d0c353", "s3cret-t0ken"
TABLES = {
    "fastly": f'cache = "fastly"\nservice = "{SERVICE}"\ntoken = "{TOKEN}"',
    "cloudflare": f'cache = "cloudflare"\nzone = "{ZONE}"\ntoken = "{TOKEN}"',
}


@dataclass
class Cdn:
    """The APIs. purged: the keys of each successful request. now: the time, in seconds.

    reply: sent instead of everything else.
    """

    server: Sink
    purged: list[list[str]] = field(default_factory=list)
    now: float = 0
    tokens: float = 25
    refilled: float = 0
    reply: Reply | None = None
    requests: list[Request] = field(default_factory=list)

    def table(self, dialect: str) -> str:
        """Return the settings of a cache."""
        servers = f'cache = "varnish"\nservers = ["{self.server.url()}"]'
        return f"[purge]\n{TABLES.get(dialect, servers)}"

    def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        if self.reply:
            return self.reply
        if request.method == "PURGE":
            return self._varnish(request)
        if request.method != "POST" or request.headers["content-type"] != "application/json":
            return Reply(405)
        if request.path == f"/fastly/service/{SERVICE}/purge":
            return self._fastly(request)
        if request.path == f"/client/v4/zones/{ZONE}/purge_cache":
            return self._cloudflare(request)
        return Reply(404)

    def _fastly(self, request: Request) -> Reply:
        if request.headers.get("fastly-key") != TOKEN:
            return Reply(401, body=b'{"msg":"Provided credentials are missing or invalid"}')
        keys = json.loads(request.body)["surrogate_keys"]
        if request.headers.get("fastly-soft-purge") != "1" or not _are_valid(keys, 256):
            return Reply(400)
        self.purged.append(keys)
        return Reply(200, body=json.dumps(dict.fromkeys(keys, "108-1391560174-974124")).encode())

    def _cloudflare(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(400, body=b'{"success":false,"errors":[{"code":6003}]}')
        self.tokens = min(25, self.tokens + (self.now - self.refilled) * 5 / 60)
        self.refilled = self.now
        if self.tokens < 1:
            return Reply(429, (("Retry-After", "12"),), b'{"success":false}')
        self.tokens -= 1
        document = json.loads(request.body)
        if {*document} != {"tags"} or not _are_valid(document["tags"], 100):
            return Reply(400, body=b'{"success":false,"errors":[{"code":1094}]}')
        self.purged.append(document["tags"])
        return Reply(200, body=b'{"success":true,"errors":[],"messages":[],"result":{"id":"9"}}')

    def _varnish(self, request: Request) -> Reply:
        line = request.headers["xkey-purge"]
        if len(f"xkey-purge: {line}") > 8_192 or not _are_valid(line.split(" "), 10**6):
            return Reply(400)
        self.purged.append(line.split(" "))
        return Reply(200)


def _are_valid(keys: list[str], most: int) -> bool:
    return 0 < len(keys) <= most and all(
        key.isascii() and key.isprintable() and 0 < len(key) <= 1_024 and not {*", "} & {*key}
        for key in keys
    )


@contextmanager
def apis(server: Sink) -> Iterator[Cdn]:
    """Direct the purges of this process to a server until the end of the block."""
    cdn = Cdn(server)
    server.answer = cdn.answer
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(caches, "_FASTLY", server.url("/fastly"))
        patch.setattr(caches, "_CLOUDFLARE", server.url("/client/v4"))
        yield cdn
