"""Validates the effects of settings on readers; `config.settings` has validated their syntax."""

import re
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from feedsvc.check.finding import Findings, count_lines, quoted
from feedsvc.config.feeds import ALL
from feedsvc.config.settings import FILE, Settings
from feedsvc.errors import Problem
from feedsvc.model import Image

# What RSS 2.0 allows.
_MAX_WIDTH, _MAX_HEIGHT = 144, 400
_FORMATS = (".gif", ".jpg", ".jpeg", ".png")
_MAX_LIMIT, _MIN_LIMIT = 200, 10


def validate(settings: Settings, toml: bytes, is_served: Callable[[str], bool]) -> list[Problem]:
    """Return the problems of settings.

    toml: the file, for line numbers. is_served: whether the site serves a URL.
    """
    findings = Findings(FILE, count_lines(toml))
    text = toml.decode("utf-8", "replace")
    base_url, at = settings.base_url, _line(text, r"base_url\s*=")
    if _is_local(urlsplit(base_url).hostname or ""):
        message = f"base_url {quoted(base_url)} refers to this machine; write the public address"
        findings.warning("local-base-url", at, message)
    elif base_url.lower().startswith("http:"):
        message = "base_url is not https, so that others can modify feeds; use https"
        findings.warning("http-base-url", at, message)
    if settings.author is None:
        message = "there is no author, so feeds name the site itself; add author = {...}"
        findings.warning("no-site-author", 0, message)
    if not settings.subtitle:
        message = 'there is no subtitle, so feeds repeat the title; add subtitle = "..."'
        findings.note("no-subtitle", 0, message)
    own = [settings.feed_defaults, *settings.feeds.values()]
    # The artwork of podcasts was measured when the settings were read.
    pictures = [each.image for each in own if not each.podcast]
    for image in filter(None, {settings.image, *pictures}):
        at = _line(text, re.escape(image.url))
        _validate_image(image, base_url, is_served, at, findings)
    for limit in sorted({each.limit for each in own} - {ALL}):
        at = _line(text, rf"limit\s*=\s*{limit}\b")
        if limit > _MAX_LIMIT:
            message = f"limit is {limit}, and every reader downloads as many entries; write 50"
            findings.warning("large-limit", at, message)
        elif limit < _MIN_LIMIT:
            message = f"limit is {limit}, so that daily readers may miss entries; write 50"
            findings.note("small-limit", at, message)
    return findings.problems()


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith((".localhost", ".local")):
        return True
    try:
        return ip_address(host).is_private
    except ValueError:
        return False


def _validate_image(
    image: Image, base_url: str, is_served: Callable[[str], bool], at: int, findings: Findings
) -> None:
    subject, parts = f"image {quoted(image.url)}", urlsplit(image.url)
    if (image.width or 0) > _MAX_WIDTH or (image.height or 0) > _MAX_HEIGHT:
        message = f"{subject} has more than {_MAX_WIDTH} by {_MAX_HEIGHT} pixels; use a smaller one"
        findings.warning("image-too-large", at, message)
    elif image.width is None or image.height is None:
        message = f"{subject} has no width and height, so readers assume 88 by 31; add them"
        findings.warning("image-unsized", at, message)
    if not parts.path.lower().endswith(_FORMATS):
        findings.warning("image-format", at, f"{subject} is not a GIF, JPEG or PNG; use one")
    is_of_site = parts.path.startswith("/") and not parts.netloc
    if is_of_site and not is_served(f"{base_url}{parts.path}"):
        findings.error("missing-image", at, f"{subject} does not exist; correct its name")


def _line(text: str, pattern: str) -> int:
    found = re.search(rf"^[^#\n]*?{pattern}", text, re.MULTILINE)
    return text.count("\n", 0, found.end()) + 1 if found else 0
