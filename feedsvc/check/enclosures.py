"""Compares the enclosures of articles with the answers of the servers that host the files."""

from collections.abc import Iterator, Mapping

from feedsvc.check.finding import Findings, quoted
from feedsvc.errors import Problem
from feedsvc.fetch import Answer, FetchError
from feedsvc.model import Enclosure
from feedsvc.sources.protocol import Reading

# Types that servers and directories use for the same files.
_SAME = (
    {"audio/mpeg", "audio/mp3", "audio/x-mp3", "audio/mpeg3"},
    {"audio/x-m4a", "audio/mp4", "audio/m4a", "audio/x-m4b"},
    {"audio/ogg", "application/ogg", "audio/opus"},
    {"video/mp4", "video/x-m4v"},
    {"audio/wav", "audio/x-wav", "audio/wave"},
    {"audio/flac", "audio/x-flac"},
)


def remote(readings: Mapping[str, Reading], base_url: str) -> Iterator[tuple[str, int, Enclosure]]:
    """Yield the enclosures on other sites, each with the path and line of its article."""
    for path, reading in readings.items():
        for each in reading.article.enclosures if reading.article else ():
            if not each.url.startswith(f"{base_url}/"):
                yield path, reading.line("enclosures"), each


def validate(
    path: str, line: int, enclosure: Enclosure, answer: Answer | FetchError
) -> list[Problem]:
    """Return the problems of an enclosure, given the answer to a HEAD request."""
    findings = Findings(path, line)
    url = quoted(enclosure.url)
    if isinstance(answer, FetchError):
        message = f"has the enclosure {url}, which cannot be checked: {answer}"
        findings.warning("enclosure-unreachable", line, message)
    elif answer.status in (405, 501):
        message = f"has the enclosure {url}, whose server does not support HEAD, as Apple requires"
        findings.warning("enclosure-unreachable", line, message)
    elif answer.status != 200:
        message = f"has the enclosure {url}, which returns the status {answer.status}; correct it"
        findings.error("enclosure-unreachable", line, message)
    else:
        _compare(findings, line, enclosure, answer.headers)
    return findings.problems()


def _compare(
    findings: Findings, line: int, enclosure: Enclosure, headers: Mapping[str, str]
) -> None:
    url, length = quoted(enclosure.url), headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) != enclosure.length:
        message = f"has the enclosure {url} of {enclosure.length} bytes; write `length: {length}`"
        findings.warning("enclosure-length", line, message)
    found = headers.get("content-type", "").partition(";")[0].strip().lower()
    own = enclosure.type.partition(";")[0].strip().lower()
    if found and found != own and not any({found, own} <= each for each in _SAME):
        message = f"has the enclosure {url} as {own}, which is sent as {quoted(found)}; correct one"
        findings.warning("enclosure-type", line, message)
    if headers.get("accept-ranges", "").lower() != "bytes":
        message = f"has the enclosure {url}, whose server sends no ranges, so listeners cannot seek"
        findings.note("enclosure-ranges", line, message)
