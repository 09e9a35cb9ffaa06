"""Measures what stalled downloads cost those who poll, beside the same server without them.

    python -m benchmarks.stalled [--downloads N] [--seconds N] [--rounds N] [--markdown] [--json F]

One worker, loopback, wrk. The downloads are of a file of 20 MB, by clients with small buffers that
read nothing. With and without them take turns, and the median of the ratios counts.
"""

import argparse
import socket
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks import corpus, peers, report
from benchmarks.load import Mode, Poller
from benchmarks.ratios import HEADINGS, NUMBERS, Row, Target, alternate, compared

_WHAT = "p99 of polls during stalled downloads, against quiet"
_TARGET = Target(2, at_least=False)
_FEED, _FILE = "/feeds/all.rss", "/files/big.mp3"
_SIZE = 20_000_000  # bytes
_ARTICLES = 50
_READERS, _PAUSE = 8, 5  # clients that poll, and their milliseconds between answer and poll
_SETTLED = 2.2  # seconds until the buffers of a download are full
_BUFFER = 4096  # bytes


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stalled", description=__doc__)
    parser.add_argument("--downloads", type=int, default=500, metavar="N")
    parser.add_argument("--seconds", type=int, default=5, metavar="N", help="of each run of wrk")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    report.add_options(parser)
    asked = parser.parse_args()
    if absent := peers.missing(("wrk",)):
        sys.exit(f"there is no {absent[0]} here")
    row = _measure(asked.downloads, asked.seconds, asked.rounds)
    report.show(asked, HEADINGS, NUMBERS, [row], report.machine("loopback, one worker"))


def _measure(downloads: int, seconds: int, rounds: int) -> Row:
    with tempfile.TemporaryDirectory(prefix="feedsvc-stalled-") as folder:
        site = Path(folder)
        corpus.write(site, _ARTICLES)
        (site / "content" / "big.mp3").write_bytes(bytes(_SIZE))
        _link(site / "content")
        with peers.feedsvc(site) as server:
            etag = server.ask(_FEED).fields["etag"]
            poller = Poller(server.url(_FEED), {"If-None-Match": etag}, _READERS)

            def quiet() -> float:
                time.sleep(_SETTLED)
                return poller.run(Mode.READERS, seconds, _PAUSE).p99 * 1e3

            def stalled() -> float:
                with ExitStack() as stack:
                    clients = [_stall(stack, server.port) for _ in range(downloads)]
                    if not all(each.recv(12) == b"HTTP/1.1 200" for each in clients):
                        sys.exit("not every download began")
                    time.sleep(_SETTLED)
                    return poller.run(Mode.READERS, seconds, _PAUSE).p99 * 1e3

            times = alternate(rounds, stalled, quiet)
    did = f"{_READERS} readers; {downloads} downloads of {_SIZE / 1e6:.0f} MB that nobody reads"
    return compared(_WHAT, times, "ms", _TARGET, did)


def _link(content: Path) -> None:
    """Have an article show the file: no other is served."""
    article = min(content.rglob("*.md"))
    depth = len(article.relative_to(content).parts) - 1
    with article.open("a", encoding="utf-8") as text:
        text.write(f"\n[Listen]({'../' * depth}big.mp3)\n")


def _stall(stack: ExitStack, port: int) -> socket.socket:
    client = stack.enter_context(socket.socket())
    client.settimeout(60)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    client.connect(("127.0.0.1", port))
    client.sendall(f"GET {_FILE} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return client


if __name__ == "__main__":
    main()
