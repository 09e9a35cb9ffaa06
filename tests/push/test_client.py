"""Push requests reach only public addresses, follow no redirects, are limited (WebSub 17, 18)."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from feedsvc.push.client import MAX_ANSWER, Client, ClientError, Response, check_url
from tests.push.sink import Reply, Sink

LOOPBACK = ("127.0.0.0/8", "::1")
Use = Callable[[Client], Awaitable[Response]]


@pytest.fixture
def server(running: Sink) -> Sink:
    """The server, after a reset."""
    running.requests.clear()
    running.answer = lambda _: Reply()
    running.connections = 0
    return running


def use(work: Use, *networks: str, **options: object) -> Response:
    async def run() -> Response:
        async with Client(networks, **options) as client:  # type: ignore[arg-type]
            return await work(client)

    return asyncio.run(run())


class Resolver(AbstractResolver):
    """Resolves any name to the addresses of a list in turn."""

    def __init__(self, *addresses: str) -> None:
        self.left = list(addresses)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = self.left.pop(0)
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=0)
        ]

    async def close(self) -> None:
        pass


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001"),
        *("0177.0.0.1", "127.0.0.1.", "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]"),
        *("[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]"),
        *("[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "localhost", "LOCALHOST", "localhost."),
    ],
)
def test_loopback_is_refused_in_any_spelling(host: str, server: Sink) -> None:
    with pytest.raises(ClientError):
        use(lambda client: client.post(f"http://{host}:{server.port}/", b"x", {}))
    assert server.connections == 0


def test_addresses_are_checked_on_connection(server: Sink) -> None:
    """A name resolves to an allowed address first, and to others later."""
    names = Resolver("127.0.0.2", "127.0.0.1", "::ffff:127.0.0.1", "not-an-address")

    async def ask_again(client: Client) -> Response:
        answer = await client.get(f"http://news.example.org:{server.port}/")
        for number in range(1, 4):  # another port is another name to the cache of names
            with pytest.raises(ClientError, match="not a public address"):
                await client.get(f"http://news.example.org:{server.port - number}/")
        return answer

    assert use(ask_again, "127.0.0.2", resolver=names).is_success
    assert server.connections == 1
    assert not names.left


def test_a_connection_is_reused_only_for_its_own_host(server: Sink) -> None:
    names = Resolver("127.0.0.2", "127.0.0.1")

    async def ask_again(client: Client) -> Response:
        assert (await client.get(f"http://a.example:{server.port}/")).status == 200
        with pytest.raises(ClientError, match=r"127\.0\.0\.1 is not a public address"):
            await client.get(f"http://b.example:{server.port}/")
        return await client.get(f"http://a.example:{server.port}/")

    assert use(ask_again, "127.0.0.2", resolver=names).is_success
    assert server.connections == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int, server: Sink) -> None:
    server.answer = lambda _: Reply(status, (("Location", server.url("/other")),))
    assert use(lambda client: client.get(server.url()), *LOOPBACK).status == status
    assert [each.target for each in server.requests] == ["/"]


def test_no_proxy_cookies_or_credentials_are_used(
    server: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url("/proxy"))
    server.answer = lambda _: Reply(200, (("Set-Cookie", "a=b"),))

    async def twice(client: Client) -> Response:
        await client.get(server.url("/1", "127.0.0.9"))
        return await client.post(server.url("/2", "127.0.0.9"), b"body", {"X-A": "b"})

    use(twice, *LOOPBACK)
    first, second = server.requests
    assert (first.target, second.target, second.body) == ("/1", "/2", b"body")
    assert second.headers["x-a"] == "b"
    assert not {"cookie", "authorization"} & {*first.headers, *second.headers}


@pytest.mark.parametrize(
    "target", ["/a%2fb%7E?x=%41&&y=a+b'()", "/?q=%e2%82%ac;", "//a/../b/./c?", "/a?b?c=&d"]
)
def test_a_url_is_sent_byte_for_byte(target: str, server: Sink) -> None:
    """WebSub 6."""
    use(lambda client: client.get(server.url(target)), *LOOPBACK)
    assert server.requests[0].target.removesuffix("?") == target.removesuffix("?")


@pytest.mark.parametrize(
    "url",
    [
        *("http://u:p@a.example/", "http://u@a.example/", "http://@a.example/"),
        *("ftp://a.example/", "file:///etc/hostname", "//a.example/", "http://", "http://["),
        *("http://a.example/é", "http://a.example/a b", "http://a.example/\r\nX: y"),
        *("http://a.example:0/", "http://a.example:22/", "http://a.example:25/"),
        *("http://a.example:65536/", "http://a.example:x/", "http://[fe80::1%25eth0]/"),
        *("http://127.0.0.1%2f.example/", "http://a.example\\@b.example/"),
        f"http://a.example/{'a' * 8192}",
    ],
)
def test_invalid_urls_are_refused(url: str) -> None:
    with pytest.raises(ClientError) as refusal:
        check_url(url)
    assert "u:p" not in str(refusal.value)


@pytest.mark.parametrize(
    "url", ["https://a.example", "http://a.example:8080/?x", "http://[2606:4700::1]:443/"]
)
def test_valid_urls_are_accepted(url: str) -> None:
    check_url(url)


def test_long_answers_are_truncated(server: Sink) -> None:
    """WebSub 17; only connections whose answer was read completely are reused."""
    length = MAX_ANSWER - 1
    server.answer = lambda request: Reply(
        body=b"x" * (10**6 if request.path == "/long" else length)
    )

    async def several(client: Client) -> Response:
        long = await client.get(server.url("/long"))
        assert long.body == b"x" * MAX_ANSWER
        await client.get(server.url())
        return await client.get(server.url())

    assert len(use(several, *LOOPBACK).body) == length
    assert server.connections == 2


@pytest.mark.parametrize(
    "reply",
    [
        Reply(delay=5),
        Reply(raw=b""),
        Reply(raw=b"nonsense\r\n\r\n"),
        Reply(raw=b"HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\nx"),
        Reply(raw=b"HTTP/1.1 200 X\r\nA: " + b"x" * 10**5),
        Reply(raw=b"HTTP/1.1 100 X\r\n\r\n" * 10),
        Reply(raw=b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    ],
    ids=["never", "nothing", "nonsense", "cut", "long-field", "continue", "chunks"],
)
def test_an_invalid_answer_is_reported_in_one_sentence(reply: Reply, server: Sink) -> None:
    server.answer = lambda _: reply
    with pytest.raises(ClientError) as failure:
        use(lambda client: client.get(server.url("/secret")), *LOOPBACK, timeout=0.3)
    assert "secret" not in str(failure.value)
    assert len(str(failure.value)) < 200


def test_a_refused_connection_is_reported(server: Sink) -> None:
    with pytest.raises(ClientError, match=r"cannot connect: .*refused"):
        use(lambda client: client.get("http://127.0.0.1:1024/"), *LOOPBACK)
