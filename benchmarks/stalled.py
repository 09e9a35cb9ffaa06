"""Measure the latency of polls with stalled downloads, and without them on the same server.

    python -m benchmarks.stalled [--downloads N] [--seconds N] [--rounds N] [--markdown] [--json F]

The server has one worker and is polled by wrk over loopback. The clients download a file of 20 MB
with small buffers and read nothing. Runs with and without them alternate, and the median of the
ratios is reported.
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

_WHAT = "p99 latency of polls during stalled downloads, compared with none"
_TARGET = Target(2, at_least=False)
_FEED, _FILE = "/feeds/all.rss", "/files/big.mp3"
_SIZE = 20_000_000  # bytes
_ARTICLES = 50
_READERS, _PAUSE = 8, 5  # polling clients; milliseconds between response and next poll
_SETTLED = 2.2  # seconds until the buffers of a download are full
_BUFFER = 4096  # bytes


def main() -> None:
    """Run the benchmark with the options from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stalled", description=__doc__)
    parser.add_argument("--downloads", type=int, default=500, metavar="N")
    parser.add_argument("--seconds", type=int, default=5, metavar="N", help="per run of wrk")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    report.add_options(parser)
    asked = parser.parse_args()
    if absent := peers.missing(("wrk",)):
        sys.exit(f"{absent[0]} is not installed")
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
                        sys.exit("some downloads did not start")
                    time.sleep(_SETTLED)
                    return poller.run(Mode.READERS, seconds, _PAUSE).p99 * 1e3

            times = alternate(rounds, stalled, quiet)
    did = f"{_READERS} readers; {downloads} stalled downloads of {_SIZE / 1e6:.0f} MB"
    return compared(_WHAT, times, "ms", _TARGET, did)


def _link(content: Path) -> None:
    """Link the file from an article, since only linked files are served."""
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
