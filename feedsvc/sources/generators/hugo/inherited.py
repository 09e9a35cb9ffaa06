"""Front matter that a file of a Hugo site inherits, and the keys of its dates."""

from collections.abc import Iterator, Mapping, Sequence
from posixpath import basename, join, splitext
from typing import Any

from feedsvc.sources.generators import configs
from feedsvc.sources.generators.convention import File
from feedsvc.sources.generators.hugo.places import default_language, options_of, place_of
from feedsvc.sources.generators.patterns import glob, split_date, words

INDEX = "_index"


def data(file: File) -> list[str]:
    """Return the paths of the indexes of the sections that a file may be in, nearest first."""
    place = place_of(file)
    suffix = f".{place.language}" if place.language and not place.root else ""
    names = [f"{INDEX}{suffix}.md"] if suffix else []
    names += [f"{INDEX}{ending}" for ending in (".md", ".markdown", ".html")]
    folders = [each for each in file.folders if f"{each}/".startswith(place.root)]
    return [join(folder, name) for folder in folders for name in names]


def inherit(file: File) -> Mapping[str, Any]:
    """Return the front matter of a file, with values from `cascade` and dates as configured."""
    inherited: dict[str, Any] = {}
    sources = [values.get("cascade") for values in file.data.values()]
    for cascade in (*sources, options_of(file).get("cascade")):
        for values in configs.tables(cascade):
            lowered = configs.lowered(values)
            target = lowered.pop("_target", None) or lowered.pop("target", None)
            if target is None or _is_target(file, target):
                inherited = {**lowered, **inherited}
    return _dated(file, {**inherited, **file.written})


def _is_target(file: File, target: Any) -> bool:
    """Return whether a target of `cascade` matches a file; see Hugo's page matcher."""
    if not isinstance(target, dict):
        return False
    wanted = {key: str(value).lower() for key, value in configs.lowered(target).items()}
    place = place_of(file)
    language = place.language or default_language(file.options)
    kinds = {"kind": "page", "lang": language, "environment": "production"}
    if any(not _matches(wanted[key], value) for key, value in kinds.items() if key in wanted):
        return False
    path = f"/{join(place.above, place.name)}".lower()
    endings = ("", splitext(file.path)[1], f"/{basename(file.path)}")
    pattern = wanted.get("path", "")
    return not pattern or any(_matches(pattern, path + each.lower()) for each in endings)


def _matches(pattern: str, text: str) -> bool:
    found = glob(pattern)
    return bool(found and found.fullmatch(text))


# Keys of dates, unless `[frontmatter]` of the configuration names others.
_DATES: Mapping[str, tuple[str, ...]] = {
    "date": ("date", "publishdate", "pubdate", "published", "lastmod", "modified"),
    "publishdate": ("publishdate", "pubdate", "published", "date"),
    "lastmod": ("lastmod", "modified", "date", "publishdate", "pubdate", "published"),
    "expirydate": ("expirydate", "unpublishdate"),
}
_DATE_KEYS = frozenset(key for keys in _DATES.values() for key in keys)


def _dated(file: File, written: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return front matter whose dates follow the configuration."""
    settings = options_of(file).get("frontmatter")
    if not isinstance(settings, dict):
        return written
    dates = {key: value for key, value in written.items() if key not in _DATE_KEYS}
    for key, usual in _DATES.items():
        names = words(settings[key]) if key in settings else usual
        for source in _sources(names, usual):
            value = written.get(source)
            if source == ":filename":
                value, rest = split_date(place_of(file).name)
                if value and not written.get("slug"):
                    dates["slug"] = rest
            if value and file.moment(value):
                dates[key] = value
                break
    if "date" in dates:
        dates.setdefault("publishdate", dates["date"])
    return dates


def _sources(names: Sequence[Any], usual: Sequence[str]) -> Iterator[str]:
    for name in names:
        text = str(name).lower()
        yield from usual if text == ":default" else (text,)
