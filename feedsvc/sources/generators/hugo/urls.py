"""URLs of Hugo pages, from permalink patterns or the path of the file."""

import re
import unicodedata
from collections.abc import Mapping
from posixpath import dirname, splitext
from typing import Any

from feedsvc.dates import DAYS, MONTHS
from feedsvc.html.text import names
from feedsvc.sources.generators import configs
from feedsvc.sources.generators.convention import File, Own
from feedsvc.sources.generators.hugo.places import (
    Place,
    default_language,
    options_of,
    place_of,
)
from feedsvc.sources.generators.patterns import date_parts


def url(file: File, own: Own) -> str:
    """Return the path of the URL of a page."""
    place, options = place_of(file), options_of(file)
    found = file.text("url")
    if not found:
        pattern = _pattern(file)
        is_known = pattern and not unknown_token(file)
        usual = f"{place.above}/{file.text('slug') or place.name}"
        path = _clean(options, _expand(file, own, pattern) if is_known else usual)
        found = path + (".html" if _is_ugly(place, options) else "/")
    elif not splitext(found)[1] and not found.endswith("/"):
        found += "/"
    return f"{_language_prefix(place, options)}/{found.lstrip('/')}"


def _is_ugly(place: Place, options: Mapping[str, Any]) -> bool:
    ugly = options.get("uglyurls")
    return (ugly.get(place.section.lower()) if isinstance(ugly, dict) else ugly) == "true"


def _language_prefix(place: Place, options: Mapping[str, Any]) -> str:
    default = default_language(options)
    language = place.language or default
    if language == default and configs.text(options, "defaultcontentlanguageinsubdir") != "true":
        return ""
    return f"/{language}"


def _pattern(file: File) -> str:
    section = (place_of(file).section or "/").lower()
    permalinks = configs.table(options_of(file), "permalinks")
    for table in (configs.table(permalinks, "page"), permalinks):
        if isinstance(pattern := table.get(section), str):
            return pattern
    return ""


_TOKEN = re.compile(r":(\w+)(\[.+?\])?")
_SLICE = re.compile(r"\[(?:(?P<one>[0-9]+|last)|(?P<first>[0-9]+|last)?:(?P<end>[0-9]+|last)?)\]")
_TOKENS = names(
    "section sections title slug filename contentbasename slugorfilename slugorcontentbasename "
    "year month monthname day weekday weekdayname yearday"
)


def unknown_token(file: File) -> str:
    """Return the first unknown token of the permalink pattern of a file; '' if all are known."""
    for token in _TOKEN.finditer(_pattern(file)):
        sliced = not token[2] or (token[1] == "sections" and _SLICE.fullmatch(token[2]))
        if token[1] not in _TOKENS or not sliced:
            return token[0]
    return ""


def _sliced(folder: str, which: str) -> str:
    """Return a slice of the folders of a path: `[0]`, `[last]`, `[1:]`, `[:last]`."""
    parts = folder.split("/")
    parsed = _SLICE.fullmatch(which)
    if not parsed:
        return folder

    def number(name: str, otherwise: int) -> int:
        value = parsed[name]
        if value is None:
            return otherwise
        return len(parts) - 1 if value == "last" else min(int(value[:9]), len(parts))

    first = number("one", number("first", 0))
    end = first + 1 if parsed["one"] else number("end", len(parts))
    return "/".join(parts[first:end])


def _sections(file: File, place: Place) -> str:
    """Return the folder of the section of a page: the nearest with an index, else the top one."""
    folders = [dirname(path).removeprefix(place.root).strip("/") for path in file.data]
    inside = (each for each in folders if each and f"{place.above}/".startswith(f"{each}/"))
    return next(inside, place.section)


def _expand(file: File, own: Own, pattern: str) -> str:
    place = place_of(file)
    name, folder = place.name, _sections(file, place)
    slug, title = file.text("slug"), str(own.get("title") or "")
    values = {
        "section": place.section,
        "sections": folder,
        "title": title,
        "slug": slug or title,
        "filename": name,
        "contentbasename": name,
        "slugorfilename": slug or name,
        "slugorcontentbasename": slug or name,
    }
    moment = file.moment(file.written.get("date", own.get("published")))
    if moment:
        values |= date_parts(moment) | {
            "monthname": MONTHS[moment.month - 1],
            "weekday": f"{moment:%w}",
            "weekdayname": DAYS[moment.weekday()],
            "yearday": str(moment.timetuple().tm_yday),
        }

    def fill(token: re.Match[str]) -> str:
        value = _sliced(folder, token[2]) if token[2] else values.get(token[1], "")
        return value.replace("+", " ")

    return _TOKEN.sub(fill, pattern)


_KEPT = frozenset("./\\_#+~-@")


def _clean(options: Mapping[str, Any], path: str) -> str:
    """Return a path as Hugo writes it: letters, digits and a few signs; hyphens for spaces."""
    if configs.text(options, "removepathaccents") == "true":
        split = unicodedata.normalize("NFD", path)
        kept = "".join(each for each in split if unicodedata.category(each) != "Mn")
        path = unicodedata.normalize("NFC", kept)
    found: list[str] = []
    is_pending = False  # a hyphen for spaces
    for each in path:
        if each in _KEPT or each.isalnum() or unicodedata.category(each)[0] == "M":
            if is_pending and each != "-" and found[-1] != "-":
                found.append("-")
            is_pending = False
            found.append(each)
        elif each.isspace() and found:
            is_pending = True
    clean = re.sub("/{2,}", "/", "".join(found)).strip("/")
    return f"/{clean if configs.text(options, 'disablepathtolower') == 'true' else clean.lower()}"
