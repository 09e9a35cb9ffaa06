"""Downloads the recordings of a podcast, and resumes downloads that were interrupted.

URLs come from a feed, so requests go only to public addresses. The bytes received so far are in a
hidden file, and the validator of the server's file (RFC 9110 8.8) in another.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from string import punctuation
from typing import BinaryIO
from urllib.parse import quote, urljoin, urlsplit

from feedsvc import fetch
from feedsvc.fetch import FetchError
from feedsvc.render.clean import uri
from feedsvc.sources.attachments import guess_type

MAX_SIZE = 2_000_000_000  # bytes of one recording
_REDIRECTS = 10  # chains of services that count downloads are common
_CHUNK = 262_144
_PATIENCE, _LEAST_SPEED = 60, 1_000  # seconds; bytes per second required after that time
_TEXT = ("text/html", "text/plain", "application/xhtml+xml", "application/json")
_SUFFIX = 10  # characters, with the dot
Advance = Callable[[int], None]


class UnavailableError(Exception):
    """A recording cannot be downloaded, now or later. The message completes `the recording ...`."""


@dataclass(frozen=True, slots=True)
class Downloader:
    """Downloads into a folder.

    expect: called with the expected number of bytes. advance: called with the number of bytes
    received. public: refuse addresses that are not public. limit: maximum bytes per recording.
    """

    expect: Advance = lambda _: None
    advance: Advance = lambda _: None
    public: bool = True
    limit: int = MAX_SIZE

    def fetch(self, url: str, folder: Path) -> "Partial":
        """Return a complete recording in a hidden file of a folder.

        Raises UnavailableError, and FetchError if another attempt may succeed.
        """
        partial = Partial.of(url, folder)
        try:
            if not self._attempt(url, partial):
                partial.discard()
                if not self._attempt(url, partial):
                    raise UnavailableError("is sent in parts although all of it was requested")
        except HTTPException as error:
            raise FetchError(f"{url}: cannot be downloaded: {error!r}") from None
        except OSError as error:
            reason = error.strerror or error
            raise FetchError(f"{url}: cannot be downloaded: {reason}") from None
        except ValueError:  # of urljoin, and of IDNA for the host
            raise UnavailableError("has or leads to a URL that is not valid") from None
        return partial

    def _attempt(self, url: str, partial: "Partial") -> bool:
        """Continue a download; return False if it must begin from the start."""
        fields = {"Accept": "audio/*, video/*, */*;q=0.5", "Accept-Encoding": "identity"}
        held, validator = partial.held, partial.validator
        if held and validator:
            fields |= {"Range": f"bytes={held}-", "If-Range": validator}
        with self._open(url, fields) as response:
            self._check(response)
            place = response.headers.get("Content-Range", "")
            if response.status == 416:
                return bool(held) and place == f"bytes */{held}"
            if response.status == 206 and not place.startswith(f"bytes {held}-"):
                return False
            if response.status == 200:
                partial.begin(_validator(response))
                held = 0
            self.advance(held)
            with partial.path.open("ab") as file:
                self._receive(url, response, file, held)
        if response.status == 206 and place.rpartition("/")[2] not in ("*", str(partial.held)):
            raise FetchError(f"{url}: came only in part")  # RFC 9110 15.3.7 allows a shorter range
        return True

    def _open(self, url: str, fields: dict[str, str]) -> HTTPResponse:
        """Return the response to a request after all redirects. url: may be an IRI."""
        url = uri(url)
        for _ in range(_REDIRECTS + 1):
            response = fetch.opened(url, fields, self.public)
            target = response.headers.get("Location")
            if response.status not in fetch.MOVED or not target:
                return response
            response.close()
            # Servers send unencoded UTF-8, which http.client reads as Latin-1.
            url = urljoin(url, quote(target, safe=punctuation, encoding="latin-1"))
        raise UnavailableError(f"is redirected more than {_REDIRECTS} times")

    def _check(self, response: HTTPResponse) -> None:
        status = response.status
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if status >= 500 or status in (408, 425, 429):
            raise FetchError(f"{response.url}: answers {status}; try again later")
        if status not in (200, 206, 416):
            raise UnavailableError(f"answers {status}")
        if status == 200 and kind in _TEXT:
            raise UnavailableError(f"is {kind}, not a recording")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise UnavailableError("is sent in a coding that was not requested")

    def _receive(self, url: str, response: HTTPResponse, file: BinaryIO, held: int) -> None:
        """Append a body to the file. held: bytes already in the file."""
        length = response.length
        self._check_size((length or 0) + held)
        self.expect((length or 0) + held)
        began, received = time.monotonic(), 0
        while chunk := response.read1(_CHUNK):
            file.write(chunk)
            received += len(chunk)
            self.advance(len(chunk))
            self._check_size(received + held)
            seconds = time.monotonic() - began
            if seconds > _PATIENCE and received < seconds * _LEAST_SPEED:
                raise FetchError(f"{url}: is sent too slowly")
        file.flush()
        if length is not None and received < length:
            raise FetchError(f"{url}: ended after {received:,} of {length:,} bytes")

    def _check_size(self, size: int) -> None:
        if size > self.limit:
            raise UnavailableError(f"has more than {self.limit / 1e6:,.0f} MB, the limit")


@dataclass(frozen=True, slots=True)
class Partial:
    """The part of a recording that has been received."""

    path: Path

    @classmethod
    def of(cls, url: str, folder: Path) -> "Partial":
        """Return the part of the recording at a URL."""
        name = hashlib.blake2b(url.encode(), digest_size=12).hexdigest()
        return cls(folder / f".download-{name}")

    @property
    def _tag(self) -> Path:
        return self.path.with_name(f"{self.path.name}-tag")

    @property
    def held(self) -> int:
        """The number of bytes."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def validator(self) -> str:
        """The validator of the server's file; '' if the download cannot be continued."""
        return self._tag.read_text("latin-1") if self._tag.exists() else ""

    def begin(self, validator: str) -> None:
        """Empty the file and record the validator, to start over."""
        self.path.write_bytes(b"")
        self._tag.write_text(validator, "latin-1")

    def discard(self) -> None:
        """Remove the files."""
        self.path.unlink(missing_ok=True)
        self._tag.unlink(missing_ok=True)


def _validator(response: HTTPResponse) -> str:
    """Return a validator for If-Range, which must be strong; '' if there is none."""
    tag = response.headers.get("ETag", "")
    if tag.startswith('"'):
        return str(tag)
    return "" if tag else str(response.headers.get("Last-Modified", ""))


def is_recording(url: str, media_type: str) -> bool:
    """Return whether a file is audio or video, by its name or media type."""
    return any(each.startswith(("audio/", "video/")) for each in (media_type, guess_type(url)))


def suffix(url: str, media_type: str) -> str:
    """Return the suffix for a recording's file, from the URL or else from the media type."""
    name = urlsplit(url).path.rpartition("/")[2]
    end = f".{name.rpartition('.')[2]}".lower() if "." in name else ""
    is_plain = end[1:].isalnum() and end.isascii() and len(end) <= _SUFFIX
    if is_plain and is_recording(f"a{end}", ""):
        return end
    return _SUFFIXES.get(media_type.partition(";")[0].strip().lower(), ".mp3")


_SUFFIXES = {
    "audio/mp4": ".m4a",
    "audio/x-m4a": ".m4a",
    "audio/ogg": ".ogg",
    "audio/opus": ".opus",
    "video/mp4": ".mp4",
    "video/x-m4v": ".m4v",
    "video/quicktime": ".mov",
}
