"""Recordings are downloaded beside their articles, within limits; interrupted ones are resumed."""

import errno
import re
from collections.abc import Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from feedsvc.errors import FeedsvcError
from feedsvc.fetch import FetchError
from feedsvc.importers.download import Downloader, Partial, UnavailableError, suffix
from feedsvc.importers.run import run
from feedsvc.importers.write import ArticleWriter
from feedsvc.model import Enclosure
from tests.importers.desk import HINTS, Site, as_item, codes
from tests.servers import server

Answer = tuple[int, Mapping[str, str], bytes]
# A second of silence: a CBR MP3 of 39 frames with 417 bytes each.
RECORDING = (b"\xff\xfb\x90\x00" + bytes(413)) * 39
LOCAL = Downloader(public=False)
TAG = {"ETag": '"a"'}


class Host:
    """A server with one recording, which supports ranges."""

    def __init__(self, body: bytes = RECORDING, tag: str = '"a"') -> None:
        self.body, self.tag = body, tag
        self.ranges: list[str | None] = []

    def __call__(self, request: BaseHTTPRequestHandler) -> Answer:
        wanted = request.headers.get("Range")
        self.ranges.append(wanted)
        match = re.fullmatch(r"bytes=(\d+)-", wanted or "")
        size = len(self.body)
        if not match or request.headers["If-Range"] != self.tag:
            return 200, {"ETag": self.tag, "Content-Type": "audio/mpeg"}, self.body
        start = int(match[1])
        if start >= size:
            return 416, {"Content-Range": f"bytes */{size}"}, b""
        place = f"bytes {start}-{size - 1}/{size}"
        return 206, {"Content-Range": place, "Content-Type": "audio/mpeg"}, self.body[start:]


def held(folder: Path, url: str, body: bytes, tag: str) -> Partial:
    """Return a download that was interrupted."""
    partial = Partial.of(url, folder)
    partial.begin(tag)
    partial.path.write_bytes(body)
    return partial


def test_a_recording_is_downloaded_with_progress(tmp_path: Path) -> None:
    expected: list[int] = []
    came: list[int] = []
    downloader = replace(LOCAL, expect=expected.append, advance=came.append)
    with server(Host()) as url:
        assert downloader.fetch(url, tmp_path).path.read_bytes() == RECORDING
    assert sum(expected) == sum(came) == len(RECORDING)


@pytest.mark.parametrize(
    ("body", "tag", "asked"),
    [
        (RECORDING[:100], '"a"', ["bytes=100-"]),  # continued
        (RECORDING, '"a"', [f"bytes={len(RECORDING)}-"]),  # complete already
        (b"other" * 9, '"b"', ["bytes=45-"]),  # the server has another file now
        (b"other" * 9, "", [None]),  # the version of the file is unknown
        (RECORDING + b"more", '"a"', [f"bytes={len(RECORDING) + 4}-", None]),
    ],
)
def test_an_interrupted_download_is_resumed(
    tmp_path: Path, body: bytes, tag: str, asked: list[str | None]
) -> None:
    host = Host()
    with server(host) as url:
        held(tmp_path, url, body, tag)
        assert LOCAL.fetch(url, tmp_path).path.read_bytes() == RECORDING
    assert host.ranges == asked


def test_a_truncated_download_can_be_resumed(tmp_path: Path) -> None:
    with server(lambda _: (200, {"Content-Length": "900", **TAG}, b"12345")) as url:
        with pytest.raises(FetchError, match="ended after 5 of 900 bytes"):
            LOCAL.fetch(url, tmp_path)
        partial = Partial.of(url, tmp_path)
        assert (partial.held, partial.validator) == (5, '"a"')


def test_a_url_with_non_ascii_letters_is_encoded(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> Answer:
        asked.append(request.path)
        target = "/ö.mp3".encode().decode("latin-1")  # raw UTF-8, as many servers send it
        return (200, TAG, RECORDING) if len(asked) > 1 else (302, {"Location": target}, b"")

    with server(answer) as url:
        assert LOCAL.fetch(f"{url}é.mp3", tmp_path).path.read_bytes() == RECORDING
    assert asked == ["/%C3%A9.mp3", "/%C3%B6.mp3"]


def test_a_range_that_is_smaller_than_requested_is_resumed(tmp_path: Path) -> None:
    """RFC 9110 15.3.7."""

    def answer(request: BaseHTTPRequestHandler) -> Answer:
        start = int(request.headers["Range"].removeprefix("bytes=").rstrip("-"))
        end = min(start + 6_000, len(RECORDING))
        place = f"bytes {start}-{end - 1}/{len(RECORDING)}"
        return 206, {"Content-Range": place}, RECORDING[start:end]

    with server(answer) as url:
        partial = held(tmp_path, url, RECORDING[:5_000], '"a"')
        with pytest.raises(FetchError, match="came only in part"):
            LOCAL.fetch(url, tmp_path)
        assert partial.held == 11_000
        assert LOCAL.fetch(url, tmp_path).path.read_bytes() == RECORDING


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((404, {}, b""), "answers 404"),
        ((200, {"Content-Type": "text/html"}, b"<p>Sign in"), "is text/html, not a recording"),
        ((200, {"Content-Type": "audio/mpeg"}, bytes(1001)), "has more than 0 MB, the limit"),
        ((200, {"Content-Encoding": "gzip"}, b"x"), "is sent in a coding that was not requested"),
        ((302, {"Location": "/"}, b""), "is redirected more than 10 times"),
        ((302, {"Location": "http://["}, b""), "leads to a URL that is not valid"),
        ((302, {"Location": "http://a..b/"}, b""), "leads to a URL that is not valid"),
        ((206, {}, b"x"), "is sent in parts although all of it was requested"),
        ((416, {}, b""), "is sent in parts although all of it was requested"),
    ],
)
def test_an_unavailable_recording_is_reported(tmp_path: Path, answer: Answer, message: str) -> None:
    limited = replace(LOCAL, limit=1000)
    with server(lambda _: answer) as url, pytest.raises(UnavailableError, match=message):
        limited.fetch(url, tmp_path)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:9/a.mp3", "not a public address"),
        ("http://[::1]:9/a.mp3", "not a public address"),
        ("http://10.0.0.1/a.mp3", "not a public address"),
        ("file:///etc/passwd", "is not a URL of http or https"),
        ("http://user:secret@example.org/a.mp3", "has a user name in its URL"),
    ],
)
def test_requests_go_only_to_public_addresses(tmp_path: Path, url: str, message: str) -> None:
    with pytest.raises(FetchError, match=message):
        Downloader().fetch(url, tmp_path)


def test_a_redirect_to_a_private_address_is_refused(tmp_path: Path) -> None:
    """Each request is checked, since a redirect may have another address."""
    refused = pytest.raises(FetchError, match="is not a URL of http or https")
    with server(lambda _: (302, {"Location": "file:///etc/passwd"}, b"")) as url, refused:
        LOCAL.fetch(url, tmp_path)


@pytest.mark.parametrize(
    ("url", "media_type", "end"),
    [
        ("https://a.example/x/1.MP3?y=.html", "", ".mp3"),
        ("https://a.example/1", "audio/mp4; codecs=x", ".m4a"),
        ("https://a.example/play.php", "video/mp4", ".mp4"),
        ("https://a.example/1.m4a/", "audio/mpeg", ".mp3"),
        ("https://a.example/.." + "/x.m" + "p" * 20, "", ".mp3"),
    ],
)
def test_the_suffix_of_a_file_is_that_of_its_url_or_type(
    url: str, media_type: str, end: str
) -> None:
    assert suffix(url, media_type) == end


def test_an_import_downloads_recordings_beside_their_articles(tmp_path: Path) -> None:
    feed = """<rss version="2.0"><channel><title>T</title>
      <item><title>One</title><guid>urn:x:1</guid><pubDate>2022-02-17</pubDate>
        <enclosure url="{0}one.mp3?id=7" type="audio/mpeg" length="1"/>
        <enclosure url="{0}notes.pdf" type="application/pdf" length="1"/></item>
      <item><title>Two</title><guid>urn:x:2</guid><pubDate>2022-02-18</pubDate>
        <enclosure url="{0}gone.mp3" type="audio/mpeg" length="1"/></item>
      <item><title>Three</title><guid>urn:x:3</guid><pubDate>2022-02-19</pubDate>
        <enclosure url="{0}busy.mp3" type="audio/mpeg" length="1"/></item>
    </channel></rss>"""
    host, busy = Host(), [True]

    def answer(request: BaseHTTPRequestHandler) -> Answer:
        if "gone" in request.path:
            return 404, {}, b""
        return (503, {}, b"") if "busy" in request.path and busy else host(request)

    site = Site(tmp_path)
    with server(answer) as url:
        source = site.put("feed.xml", feed.format(url))

        def imported() -> list[str]:
            writer = ArticleWriter(site.settings, None, keep_links=False, downloader=LOCAL)
            return codes(run((source,), writer, HINTS))

        assert imported() == ["not-downloaded", "not-downloaded"]
        assert set(site.files()) == {"2022/one.html", "2022/one.mp3", "2022/two.html"}
        busy.clear()
        assert imported() == []
    found = {article.title: article for article in site.articles().values()}
    first, second = found["One"].enclosures
    assert first.url == "https://news.example.org/files/2022/one.mp3"
    assert first.length == len(RECORDING)
    assert second == Enclosure(f"{url}notes.pdf", "application/pdf", 1)
    assert found["Two"].enclosures[0].url == f"{url}gone.mp3"
    assert site.files()["2022/three.mp3"] == RECORDING
    assert not [name for name in site.files() if ".download" in name]


def test_a_download_does_not_replace_existing_files(tmp_path: Path) -> None:
    site = Site(tmp_path)
    (site.content / "2022").mkdir(parents=True)
    (site.content / "2022" / "title.mp3").write_bytes(b"mine")
    with server(Host()) as url:
        item = as_item(enclosures=(Enclosure(f"{url}a.mp3", "audio/mpeg"),))
        writer = ArticleWriter(site.settings, None, keep_links=False, downloader=LOCAL)
        assert writer.write(item).path == "content/2022/title-2.html"
    files = site.files()
    assert set(files) == {"2022/title.mp3", "2022/title-2.html", "2022/title-2.mp3"}
    assert (files["2022/title.mp3"], files["2022/title-2.mp3"]) == (b"mine", RECORDING)


def test_the_recording_of_a_refused_article_is_removed(tmp_path: Path) -> None:
    """Articles that are too large are refused on writing, after the download."""
    site = Site(tmp_path)
    with server(Host()) as url:
        enclosures = (Enclosure(f"{url}a.mp3", "audio/mpeg"),)
        item = as_item(body="é" * 2_600_000, enclosures=enclosures)
        writer = ArticleWriter(site.settings, None, keep_links=False, downloader=LOCAL)
        assert [each.code for each in writer.write(item).problems] == ["too-large-item"]
    assert not [name for name in site.files() if name.endswith(".mp3")]


def test_a_full_disk_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.link", link)
    site = Site(tmp_path)
    writer = ArticleWriter(site.settings, None, keep_links=False, downloader=LOCAL)
    with server(Host()) as url:
        item = as_item(enclosures=(Enclosure(f"{url}a.mp3", "audio/mpeg"),))
        with pytest.raises(FeedsvcError, match=r"title\.mp3: cannot be written: No space"):
            writer.write(item)
