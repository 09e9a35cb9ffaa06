"""Reads the podcast elements of items as front matter, and those of a channel as settings.

Values are not validated here; `Cleaner.episode` does that.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from feedsvc import syntax, urls
from feedsvc.html.text import names
from feedsvc.importers.xmlitems import Element, Fields, local, text
from feedsvc.podcast import MAX_TEXT
from feedsvc.podcasts import categories

PREFIXES = {
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "http://www.itunes.com/DTDs/Podcast-1.0.dtd": "itunes:",
    "http://www.itunes.com/DTDs/PodCast-1.0.dtd": "itunes:",
    "https://podcastindex.org/namespace/1.0": "podcast:",
    "http://podcastindex.org/namespace/1.0": "podcast:",
    "https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md": "podcast:",
    "http://podlove.org/simple-chapters": "psc:",
    "http://podlove.org/simple-chapters/": "psc:",
}
# Local names of the elements of a channel that `settings` reads.
METADATA = names(
    "title description copyright category explicit image type owner guid medium locked funding "
    "person location license value txt complete"
)
_TRUE, _FALSE = {"yes", "true", "explicit"}, {"no", "false", "clean"}
_CHAPTERS = "psc:chapters"
_MAX_DIGITS = 15


def episode(fields: Fields, title: str, image: str, base: str) -> dict[str, Any]:
    """Return the front matter of an item as an episode; {} if it has no podcast elements.

    title, image: of the article. base: of relative URLs.
    """
    artwork = _href(fields.all("itunes:image"), "href", base)
    own_title = fields.text("itunes:title")
    kind = fields.text("itunes:episodeType").lower()
    found = {
        "episode": _numbered(fields, "episode", "display"),
        "season": _numbered(fields, "season", "name"),
        "episode_type": kind if kind != "full" else "",
        "episode_title": own_title if own_title != title else "",
        "duration": fields.text("itunes:duration"),
        "explicit": _truth(fields.text("itunes:explicit")),
        "artwork": artwork if artwork != image else "",
        "block": True if fields.text("itunes:block").lower() == "yes" else None,
        **_common(fields, base),
        "soundbites": [
            _table(
                start=each.get("startTime"), duration=each.get("duration"), title=_short(text(each))
            )
            for each in fields.all("podcast:soundbite")
        ],
        "alternate_enclosures": list(_alternates(fields, base)),
        "transcripts": [
            _table(url=url, **_attributes(each, "type", "language", "rel"))
            for each in fields.all("podcast:transcript")
            if (url := _url(each.get("url"), base))
        ],
        "chapters": list(_chapters(fields, base))
        or _href(fields.all("podcast:chapters"), "url", base),
    }
    return _table(**found)


def settings(fields: Fields) -> str:
    """Return the settings of a show as TOML; '' if the channel has no Apple elements."""
    if not fields.all("itunes:category", "itunes:explicit", "itunes:author", "itunes:owner"):
        return ""
    link = fields.text("link")
    feed = {
        "title": fields.text("title"),
        "subtitle": " ".join(fields.text("description").split()),
        "language": fields.text("language").lower(),
        "copyright": fields.text("copyright"),
        "image": _href(fields.all("itunes:image"), "href", link),
    }
    owner = Fields(fields.all("itunes:owner")[0], local) if fields.all("itunes:owner") else None
    show = {
        "categories": list(dict.fromkeys(_categories(fields))),
        "explicit": _truth(fields.text("itunes:explicit")),
        "type": fields.text("itunes:type").lower(),
        "title": fields.text("itunes:title"),
        "author": fields.text("itunes:author"),
        "owner": _table(email=owner.text("email"), name=owner.text("name")) if owner else {},
        "guid": fields.text("podcast:guid"),
        "medium": fields.text("podcast:medium"),
        "locked": _truth(fields.text("podcast:locked")),
        "funding": [
            _table(url=each.get("url"), text=_short(text(each)))
            for each in fields.all("podcast:funding")
        ],
        **_common(fields, link),
        "complete": True if fields.text("itunes:complete").lower() == "yes" else None,
    }
    lines = ["[feeds.podcast]", 'any = { categories = ["Podcast"] }', *_lines(feed)]
    return "\n".join([*lines, "", "[feeds.podcast.podcast]", *_lines(show)])


def _lines(values: Mapping[str, Any]) -> Iterator[str]:
    return (f"{key} = {_toml(value)}" for key, value in _table(**values).items())


def _common(fields: Fields, base: str) -> dict[str, Any]:
    """Return the values that shows and episodes have in common."""
    locations = [
        _table(name=_short(text(each)), **_attributes(each, "rel", "geo", "osm", "country"))
        for each in fields.all("podcast:location")
    ]
    licenses = [
        _table(name=_short(text(each)), url=each.get("url"))
        for each in fields.all("podcast:license")
    ]
    return {
        "persons": [
            _table(
                name=_short(text(each)),
                **_attributes(each, "role", "group"),
                image=_url(each.get("img"), base),
                link=_url(each.get("href"), base),
            )
            for each in fields.all("podcast:person")
        ],
        "location": locations[0] if locations else {},
        "license": licenses[0] if licenses else {},
        "value": _value(fields),
        "txt": [
            _table(text=text(each), purpose=each.get("purpose"))
            for each in fields.all("podcast:txt")
        ],
    }


def _value(fields: Fields) -> dict[str, Any]:
    for value in fields.all("podcast:value"):
        recipients = [
            _table(
                **_attributes(each, "address", "type", "name"),
                split=_whole(each.get("split", "")),
                custom_key=each.get("customKey"),
                custom_value=each.get("customValue"),
                fee=True if each.get("fee") == "true" else None,
            )
            for each in value.iterchildren("{*}valueRecipient")
        ]
        if recipients:
            return _table(
                **_attributes(value, "type", "method", "suggested"), recipients=recipients
            )
    return {}


def _numbered(fields: Fields, name: str, attribute: str) -> Any:
    """Return the number of an episode or season; a table if there is a text to show instead."""
    own = next(iter(fields.all(f"podcast:{name}")), None)
    number = fields.text(f"itunes:{name}") or fields.text(f"podcast:{name}")
    whole = _whole(number)
    if whole is None:
        return number  # reported by `Cleaner.episode`
    display = _short(own.get(attribute, "")) if own is not None else ""
    return {"number": whole, attribute: display} if display else whole


def _alternates(fields: Fields, base: str) -> Iterator[dict[str, Any]]:
    for each in fields.all("podcast:alternateEnclosure"):
        sources = (_url(source.get("uri"), base) for source in each.iterchildren("{*}source"))
        if url := next(filter(None, sources), ""):
            known = _attributes(each, "type", "length", "height", "title", "rel", "codecs")
            bitrate = str(each.get("bitrate") or "").partition(".")[0]
            yield _table(url=url, **known, bitrate=bitrate, language=each.get("lang"))


def _chapters(fields: Fields, base: str) -> Iterator[dict[str, Any]]:
    for chapters in fields.all(_CHAPTERS):
        for each in chapters.iterchildren("{*}chapter"):
            link, image = _url(each.get("href"), base), _url(each.get("image"), base)
            yield _table(start=each.get("start"), title=each.get("title"), link=link, image=image)


def _categories(fields: Fields) -> Iterator[str]:
    for category in fields.all("itunes:category"):
        top, *lower = (each.get("text", "") for each in (category, *category))
        for below in lower or [""]:
            written = f"{top} > {below}" if below else top
            try:
                categories.parse(written)
            except ValueError:
                written = categories.nearest(written)
            yield written


def _href(elements: list[Element], attribute: str, base: str) -> str:
    return next((url for each in elements if (url := _url(each.get(attribute), base))), "")


def _url(reference: str | None, base: str) -> str:
    """Return a reference as an absolute URL of http or https; '' if it is not one."""
    url = urls.resolve(base, reference.strip()).replace(" ", "%20") if reference else ""
    return url if syntax.is_url(url) and url.startswith(("http://", "https://")) else ""


def _attributes(element: Element, *names: str) -> dict[str, Any]:
    return {name: element.get(name) for name in names}


def _table(**values: Any) -> dict[str, Any]:
    """Return the values that are not empty."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}


def _short(value: str) -> str:
    return " ".join(value.split())[:MAX_TEXT]


def _whole(value: str) -> int | None:
    return int(value) if value.isdecimal() and len(value) <= _MAX_DIGITS else None


def _truth(value: str) -> bool | None:
    return True if value.lower() in _TRUE else False if value.lower() in _FALSE else None


def _toml(value: Any) -> str:
    """Write a value as TOML on one line."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_toml(each)}' for key, each in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
