"""Validates what directories require of a podcast and its episodes.

Apple: https://podcasters.apple.com/support/823-podcast-requirements. PSP-1: the Podcast RSS
Specification, https://podcast-standard.org.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from feedsvc.check.finding import Findings, quoted
from feedsvc.check.podcasts import ITUNES, PODCAST
from feedsvc.check.xml import Element, split, text_of
from feedsvc.podcasts import categories

_I, _P = f"{{{ITUNES}}}", f"{{{PODCAST}}}"
_MAX_NOTES = 4_000  # bytes of a description (Apple)
_PLACES = {  # the elements that are allowed in one place only
    "channel": {
        *(f"{_I}{name}" for name in ("category", "owner", "type", "new-feed-url", "complete")),
        *(f"{_P}{name}" for name in ("guid", "locked", "medium", "trailer", "block")),
        *(f"{_P}{name}" for name in ("updateFrequency", "podroll", "publisher", "liveItem")),
    },
    "item": {
        *(f"{_I}{name}" for name in ("duration", "episode", "season", "episodeType", "order")),
        f"{_I}isClosedCaptioned",
        *(f"{_P}{name}" for name in ("transcript", "chapters", "soundbite", "season", "episode")),
        *(f"{_P}{name}" for name in ("alternateEnclosure", "socialInteract")),
    },
}
_REQUIRED = {
    f"{_I}category": 'like <itunes:category text="Technology"/>',
    f"{_I}image": "the artwork",
    f"{_I}explicit": "true or false",
}
_OBSOLETE = {"keywords", "subtitle", "summary", "order", "isClosedCaptioned"}
_RECORDINGS = {  # the media types of Apple, by suffix
    "m4a": {"audio/x-m4a", "audio/mp4"},
    "mp3": {"audio/mpeg"},
    "mov": {"video/quicktime"},
    "mp4": {"video/mp4", "audio/mp4"},
    "m4v": {"video/x-m4v", "video/mp4"},
    "pdf": {"application/pdf"},
}


def validate(channel: Element, items: Iterable[Element], findings: Findings) -> None:
    """Validate a channel as a show, and its items as episodes, if Apple's elements occur."""
    items = list(items)
    for parent in (channel, *items):
        for child in parent.iterchildren("*"):
            _validate_place(child, str(parent.tag), findings)
    if all(next(parent.iterchildren(f"{_I}*"), None) is None for parent in (channel, *items)):
        return
    _validate_show(channel, findings)
    is_serial = _word(channel, "type") == "serial"
    recordings: set[str] = set()
    for item in items:
        _validate_episode(item, is_serial, recordings, findings)


def _validate_place(child: Element, place: str, findings: Findings) -> None:
    namespace, name = split(str(child.tag))
    if namespace not in (ITUNES, PODCAST):
        return
    other = "item" if place == "channel" else "channel"
    if child.tag in _PLACES[other]:
        message = f"<{name}> in <{place}> belongs in <{other}>; move it"
        findings.error("misplaced-element", child, message)
    if namespace == ITUNES and name in _OBSOLETE:
        message = f"<{name}> is read by no directory any more; remove it"
        findings.note("obsolete-element", child, message)
    if namespace == ITUNES and name == "category":
        _validate_category(child, findings)


def _validate_category(element: Element, findings: Findings) -> None:
    name = element.get("text", "")
    for text in (name, *(f"{name} > {below.get('text', '')}" for below in element)):
        try:
            categories.parse(text.replace(">  ", "> "))
        except ValueError as error:
            if text.strip(" >"):
                findings.error("bad-category", element, f"the category {quoted(text)} {error}")
                return


def _validate_show(channel: Element, findings: Findings) -> None:
    # No directory lists a blocked show.
    required = {} if _word(channel, "block") == "yes" else _REQUIRED
    for path, remedy in (required | {"language": "it"}).items():
        if channel.find(path) is None:
            name = f"itunes:{split(path)[1]}" if path.startswith(_I) else path
            message = f"the show has no <{name}>, which Apple requires; add {remedy}"
            findings.error("no-required-element", channel, message)
    if channel.find(f"{_I}owner") is None:
        message = "the show has no <itunes:owner>, whom directories write to; add the email address"
        findings.note("no-owner", channel, message)
    for tag, name in ((f"{_I}author", "itunes:author"), (f"{_P}guid", "podcast:guid")):
        if channel.find(tag) is None:
            message = f"the show has no <{name}>, which Apple or PSP-1 recommends; add it"
            findings.warning("no-recommended-element", channel, message)
    _validate_artwork(channel, findings)
    _validate_notes(channel, findings)
    if channel.getroottree().docinfo.encoding not in ("UTF-8", "utf-8", "utf8", None):
        findings.warning("not-utf8-show", channel, "a show is not UTF-8; save it as UTF-8")


def _validate_artwork(parent: Element, findings: Findings) -> None:
    image = parent.find(f"{_I}image")
    href = image.get("href", "") if image is not None else ""
    if href and not _path(href).endswith((".jpg", ".jpeg", ".png")):
        message = f"the artwork {quoted(href)} is not named .jpg or .png, as Apple requires"
        findings.warning("artwork-format", image, f"{message}; rename it")


def _validate_notes(parent: Element, findings: Findings) -> None:
    description = parent.find("description")
    if description is not None and len(text_of(description).encode()) > _MAX_NOTES:
        message = f"<description> has more than {_MAX_NOTES:,} bytes, which Apple cuts; shorten it"
        findings.warning("too-long-text", description, message)


def _validate_episode(
    item: Element, is_serial: bool, recordings: set[str], findings: Findings
) -> None:
    """Validate an item of a show. recordings: the URLs of earlier episodes' recordings."""
    _validate_artwork(item, findings)
    _validate_notes(item, findings)
    enclosure = item.find("enclosure")
    if enclosure is None:
        message = "an episode has no <enclosure>, so that it cannot be played; add the recording"
        findings.warning("no-recording", item, message)
        return
    _validate_recording(enclosure, recordings, findings)
    if item.find(f"{_I}duration") is None:
        message = "an episode has no <itunes:duration>, so that clients show 0:00; add it"
        findings.warning("no-duration", item, message)
    is_full = _word(item, "episodeType") in ("", "full")
    if is_serial and is_full and item.find(f"{_I}episode") is None:
        message = "an episode of a serial show has no <itunes:episode>, as Apple requires; add it"
        findings.error("no-episode-number", item, message)


def _validate_recording(enclosure: Element, recordings: set[str], findings: Findings) -> None:
    url, kind = enclosure.get("url", ""), enclosure.get("type", "").lower()
    if url and url in recordings:
        message = f"two episodes have the recording {quoted(url)}, and Apple ignores one; change it"
        findings.error("repeated-recording", enclosure, message)
    recordings.add(url)
    suffix = _path(url).rpartition(".")[2]
    if suffix not in _RECORDINGS:
        message = f"the recording {quoted(url)} has a suffix that Apple does not accept; use .mp3"
        findings.warning("recording-format", enclosure, message)
    elif kind not in _RECORDINGS[suffix]:
        right = min(_RECORDINGS[suffix], key=lambda each: "x-" not in each)
        message = f"the recording {quoted(url)} has the type {quoted(kind)}; write {right}"
        findings.warning("recording-format", enclosure, message)


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.lower()
    except ValueError:
        return ""


def _word(parent: Element, name: str) -> str:
    """Return the text of one of Apple's elements in lower case; '' without one."""
    return (parent.findtext(f"{_I}{name}") or "").strip().lower()
