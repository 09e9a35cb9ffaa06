"""Validates what the settings mean for readers; `config.settings` has checked their syntax."""

import re
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from feedsvc.check.finding import Findings, count_lines, shown
from feedsvc.config.settings import FILE, Settings
from feedsvc.errors import Problem
from feedsvc.model import Image

# What the Best Practices Profile and RSS 2.0 allow.
_WIDEST, _HIGHEST = 144, 400
_MOST, _FEWEST = 200, 10
_FORMATS = (".gif", ".jpg", ".jpeg", ".png")


def validate(settings: Settings, toml: bytes, has_file: Callable[[str], bool]) -> list[Problem]:
    """Return what is wrong with settings.

    toml: the file, in which lines are looked up. has_file: whether the site serves a URL.
    """
    findings = Findings(FILE, count_lines(toml))
    text = toml.decode("utf-8", "replace")
    _validate_base_url(settings, text, findings)
    if settings.author is None:
        message = "there is no author, so feeds name the site itself; add author = {...}"
        findings.warning("no-site-author", 0, message)
    if not settings.subtitle:
        message = 'there is no subtitle, so feeds repeat the title; add subtitle = "..."'
        findings.note("no-subtitle", 0, message)
    own = [settings.feed_defaults, *settings.feeds.values()]
    for image in {settings.image, *(each.image for each in own)} - {None}:
        if image:
            _validate_image(image, settings.base_url, text, has_file, findings)
    for limit in sorted({each.limit for each in own}):
        _validate_limit(limit, text, findings)
    return findings.problems()


def _validate_base_url(settings: Settings, text: str, findings: Findings) -> None:
    line = _line(text, r"base_url\s*=")
    host = urlsplit(settings.base_url).hostname or ""
    if _is_local(host):
        message = f"base_url {shown(settings.base_url)} is this machine; write the public address"
        findings.warning("local-base-url", line, message)
    elif settings.base_url.lower().startswith("http:"):
        message = "base_url is not https, so that anybody on the way can change feeds; use https"
        findings.warning("http-base-url", line, message)


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", ".local")):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_private


def _validate_image(
    image: Image, base_url: str, text: str, has_file: Callable[[str], bool], findings: Findings
) -> None:
    line = _line(text, re.escape(image.url))
    said = f"image {shown(image.url)}"
    if (image.width or 0) > _WIDEST or (image.height or 0) > _HIGHEST:
        message = (
            f"{said} is larger than {_WIDEST} by {_HIGHEST} pixels, so RSS feeds go without it"
        )
        findings.warning("image-too-large", line, f"{message}; use a smaller one")
    elif image.width is None or image.height is None:
        message = f"{said} has no width and height, for which RSS readers take 88 by 31; add them"
        findings.warning("image-unsized", line, message)
    path = urlsplit(image.url).path
    if not path.lower().endswith(_FORMATS):
        message = f"{said} is no GIF, JPEG or PNG; use one of these"
        findings.warning("image-format", line, message)
    local = path.startswith("/") and not urlsplit(image.url).netloc
    if local and not has_file(f"{base_url}{path}"):
        message = f"{said} is not there; add the file, or fix its name"
        findings.error("missing-image", line, message)


def _validate_limit(limit: int, text: str, findings: Findings) -> None:
    line = _line(text, rf"limit\s*=\s*{limit}\b")
    if limit > _MOST:
        message = f"limit is {limit}, and every reader fetches as many entries; write 50"
        findings.warning("large-limit", line, message)
    elif limit < _FEWEST:
        message = f"limit is {limit}; a reader that looks once a day may miss entries: write 50"
        findings.note("small-limit", line, message)


def _line(text: str, pattern: str) -> int:
    found = re.search(rf"^[^#\n]*?{pattern}", text, re.MULTILINE)
    return text.count("\n", 0, found.end()) + 1 if found else 0
