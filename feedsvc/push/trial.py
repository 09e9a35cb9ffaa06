"""`feedsvc push test`: subscribe to a topic at the site's own hub, and check the delivery.

The command is a subscriber like any other: it discovers the hub at the site, subscribes, answers
the verification, and compares the delivery with the response to a GET. Instead of waiting for the
next change, it marks the newest document as not delivered in the catalog.
"""

import asyncio
import hmac
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode

from aiohttp import web

from feedsvc import fetch, routes, urls
from feedsvc.catalog.store import Catalog
from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError
from feedsvc.http import fields
from feedsvc.push.client import Client, ClientError
from feedsvc.push.store import subscribers
from feedsvc.serve.listen import netloc

_Item = TypeVar("_Item")
PATIENCE = 30.0  # seconds for each step
_RECORDED = 10.0  # seconds until the hub has recorded that the callback agrees
_SIZE = 50_000_000  # bytes of a document
_LEASE = 86_400  # seconds, the shortest
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_EVERYWHERE = ("0.0.0.0/0", "::/0")  # the site is ours, wherever it is


@dataclass
class _Subscriber:
    """The callback.

    modes: those that the hub verified; for a denial, its reason. deliveries: headers and bodies.
    """

    path: str
    topic: str
    modes: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    deliveries: asyncio.Queue[tuple[Mapping[str, str], bytes]] = field(
        default_factory=asyncio.Queue
    )

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer the hub."""
        if request.path != self.path:
            return web.Response(status=404)
        if request.method == "POST":
            await self.deliveries.put((request.headers, await request.read()))
            return web.Response(status=204)
        mode = request.query.get("hub.mode", "")
        if request.query.get("hub.topic") != self.topic:
            return web.Response(status=404)
        await self.modes.put(request.query.get("hub.reason", "") if mode == "denied" else mode)
        return web.Response(text=request.query.get("hub.challenge", ""))


class Trial:
    """One test. say: called with each step. listen: host and port for the callback.

    callback: the URL at which the hub reaches them, by default one with the same host and port.
    """

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        say: Callable[[str], None],
        listen: tuple[str, int],
        callback: str | None = None,
    ) -> None:
        self._catalog = catalog
        self._say = say
        self._listen = listen
        self._callback = callback
        self._hub = urls.absolute(settings.base_url, routes.HUB)

    async def run(self, topic: str) -> None:
        """Test a topic. Raises FeedsvcError."""
        found = await asyncio.to_thread(fetch.get, topic, fetch.Limits(_SIZE))
        topic = self._discover(topic, found)
        secret = secrets.token_urlsafe(30)
        async with (
            _serving(
                _Subscriber(f"/{secrets.token_urlsafe(20)}", topic), self._listen
            ) as subscriber,
            Client(_EVERYWHERE) as client,
        ):
            base = self._callback or f"http://{netloc(*self._listen)}"
            callback = base.rstrip("/") + subscriber.path
            form = {"hub.callback": callback, "hub.topic": topic}
            self._started = time.monotonic()
            more = {"hub.secret": secret, "hub.lease_seconds": str(_LEASE)}
            await self._request(client, {"hub.mode": "subscribe", **form, **more})
            try:
                await self._verified(subscriber, "subscribe", callback)
                await self._delivered(subscriber, found, callback, secret)
            except BaseException:
                with suppress(FeedsvcError):
                    self._remove(callback)
                raise
            await self._request(client, {"hub.mode": "unsubscribe", **form})
            await self._verified(subscriber, "unsubscribe", callback)

    def _discover(self, url: str, found: fetch.Answer) -> str:
        """Return the topic that a document declares, if it names the site's hub."""
        if found.status != 200:
            raise FeedsvcError(f"{url}: is answered with {found.status}; name the URL of a feed")
        links = fields.links(found.headers.get("link", ""))
        hubs = [target for relation, target in links if relation == "hub"]
        own = [target for relation, target in links if relation == "self"]
        if self._hub not in hubs or len(own) != 1:
            raise FeedsvcError(
                f"{url}: does not name the hub {self._hub}; run `feedsvc serve` with [push] "
                'hub = "own", and name the URL of a feed'
            )
        self._say(f"{own[0]} names the hub {self._hub}")
        return own[0]

    async def _request(self, client: Client, form: Mapping[str, str]) -> None:
        try:
            response = await client.post(self._hub, urlencode(form).encode(), _FORM)
        except ClientError as error:
            raise FeedsvcError(f"{self._hub}: {error}") from None
        if response.status != 202:
            reason = response.body.decode(errors="replace").strip()
            raise FeedsvcError(f"{self._hub}: answers with {response.status}: {reason}")
        self._log_step(f"the hub takes the request to {form['hub.mode']}")

    async def _verified(self, subscriber: _Subscriber, mode: str, callback: str) -> None:
        asked = await _arrived(
            subscriber.modes,
            f"the hub did not ask {callback} whether it wants to {mode}; see that `feedsvc serve` "
            "or `feedsvc push --worker` runs, and that the hub may connect to the callback: it "
            "needs allow_networks in [push] for a private address, or --callback a public one",
        )
        if asked != mode:
            raise FeedsvcError(f"the hub denies the subscription: {asked}")
        self._log_step(f"the hub asks the callback, which agrees to {mode}")

    async def _delivered(
        self, subscriber: _Subscriber, found: fetch.Answer, callback: str, secret: str
    ) -> None:
        end = time.monotonic() + _RECORDED
        while not await asyncio.to_thread(self._send_again, callback):
            await asyncio.sleep(0.1)
            if time.monotonic() < end:
                continue
            raise FeedsvcError(
                "the subscription is not in this site's catalog; run the command with the settings "
                "of the site that is served"
            )
        headers, body = await _arrived(
            subscriber.deliveries,
            "the hub delivered nothing; `feedsvc push status` shows whether deliveries fail",
        )
        method, _, digest = headers.get("X-Hub-Signature", "").partition("=")
        if not method:
            raise FeedsvcError("the delivery has no signature")
        if not hmac.compare_digest(hmac.digest(secret.encode(), body, method).hex(), digest):
            raise FeedsvcError("the delivery has a wrong signature")
        self._log_step(f"the hub delivers {len(body):,} bytes, with a valid {method} signature")
        now = await asyncio.to_thread(fetch.get, found.url, fetch.Limits(_SIZE))
        for name in ("Content-Type", "Link"):
            if headers.get(name) != now.headers.get(name.lower()):
                raise FeedsvcError(f"the delivery has another {name} than a GET")
        if body not in (found.body, now.body):
            raise FeedsvcError("the delivery is another document than a GET gives")
        self._say("The delivery is what a GET gives.")

    def _send_again(self, callback: str) -> bool:
        with self._catalog.concurrent() as connection:
            return subscribers.send_again(connection, callback)

    def _remove(self, callback: str) -> None:
        with self._catalog.concurrent() as connection:
            subscribers.remove(connection, callback)

    def _log_step(self, step: str) -> None:
        self._say(f"{time.monotonic() - self._started:6.2f} s  {step}")


@asynccontextmanager
async def _serving(subscriber: _Subscriber, listen: tuple[str, int]) -> AsyncIterator[_Subscriber]:
    """Serve a callback until the end of the block."""
    runner = web.ServerRunner(web.Server(subscriber.answer))
    await runner.setup()
    try:
        site = web.TCPSite(runner, *listen)
        try:
            await site.start()
        except OSError as error:
            host, port = listen
            raise FeedsvcError(f"cannot listen at {host}:{port}: {error.strerror}") from None
        yield subscriber
    finally:
        await runner.cleanup()


async def _arrived(queue: asyncio.Queue[_Item], missing: str) -> _Item:
    try:
        return await asyncio.wait_for(queue.get(), PATIENCE)
    except TimeoutError:
        raise FeedsvcError(f"{missing} ({PATIENCE:g} seconds)") from None
