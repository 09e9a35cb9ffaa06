"""Reads a file by another generator's convention, and translates it to feedsvc's own keys.

Opens other files only to resolve links to them, and for inherited front matter.
"""

import difflib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property, partial
from posixpath import basename, dirname, normpath, relpath, splitext
from typing import Any
from urllib.parse import unquote

from feedsvc import dates, features, html, syntax, urls
from feedsvc.config.settings import Settings
from feedsvc.errors import ArticleError, Severity
from feedsvc.model import ContentChoice
from feedsvc.sources.frontmatter import FrontMatter, split_json
from feedsvc.sources.generators.convention import Convention, File, Links, Own
from feedsvc.sources.generators.patterns import split_date
from feedsvc.sources.protocol import Written
from feedsvc.sources.scan import scan

_warning = partial(ArticleError, severity=Severity.WARNING)

# Keys that have feedsvc's names unless a convention overrides them. Themes also use the keys of
# _FITTING, so they are accepted only with values that are valid in feedsvc.
_COMMON = (
    *("title", "updated", "expires", "slug", "summary", "categories", "tags", "authors"),
    *("language", "image", "draft"),
)
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off"})
_FITTING: Mapping[str, Callable[[str], bool]] = {
    "id": syntax.is_iri,
    "link": syntax.is_url,
    "comments": syntax.is_url,
    "content": lambda text: text in set(ContentChoice),
    "feeds": lambda text: text.lower() in _WORDS,
}
_SIMILAR = 0.8  # similarity of a key to a known one that makes it a misspelling


class Foreign:
    """Reads the files of one site by its generator's convention.

    text: reads a file's text, raises ArticleError.
    """

    def __init__(
        self, settings: Settings, convention: Convention, text: Callable[[str], str]
    ) -> None:
        self._settings = settings
        self._text = text
        self._generator = settings.tree
        self._convention = convention
        # Themes use some of the keys of features, such as `duration`, for other purposes.
        of_features = features.keys(features.used(settings))
        self._same = (*_COMMON, "enclosures", *sorted(of_features))
        self._zone, self._zones = settings.zone, settings.zones
        self._data = cache(self._read_data)
        self._url = cache(self._find_url)

    def split(self, path: str, text: str) -> tuple[FrontMatter, str]:
        """Split a text into its front matter, by the generator's keys, and its body."""
        return self._convention.split(path, text)

    def translate(self, path: str, text: str, front: FrontMatter, body: str) -> Written | None:
        """Return a file with its front matter by feedsvc's keys and its body as HTML.

        text: the whole file. front, body: as returned by `split`. Returns None for a page. Raises
        ArticleError.
        """
        file, own, names = self._own(path, front)
        if self._convention.is_page(file, own):
            return None
        warnings = self._misspelt(file, front)
        date = names["published"]
        written = front.values.get(date)
        if written and own.get("published") != written and self._moment(written) is None:
            used = own.get("published")
            message = f"`{date}` {written!r} is not a date; {used} is used: correct it"
            warnings.append(_warning("unread-date", message, key=date))
        place = self._place(file, own)
        if place:
            own["slug"] = place
        links = self._links(warnings, front, body)
        raw = self._convention.markup(file, body, links)
        native_id = self._native_id(file, own, place)
        front = replace(front, values=own, names=names)
        refer = partial(self._refer, self._file(path, {}), links)
        return Written(text, front, body, raw, place, native_id, warnings, refer)

    def _refer(self, file: File, links: Links, reference: str) -> str:
        """Resolve a reference in the HTML of a file that only its generator understands."""
        meant = self._convention.refer(file, reference)
        if meant is None:
            return reference
        target, mark, fragment = meant.partition("#")
        if url := self._url(target):
            fragment = reference.partition("#")[2]
            return url + (fragment and f"#{fragment}")
        if target.endswith(self._convention.endings):
            return links.unresolved(unquote(reference), target)
        below = self._generator.below
        path = target.removeprefix(f"{below}/") if below else target
        return f"/{path.lstrip('/')}{mark}{fragment}"

    def _own(self, path: str, front: FrontMatter) -> tuple[File, Own, dict[str, str]]:
        """Return a file, its front matter by feedsvc's keys, and the file's name for each key."""
        written = {key.lower(): key for key in front.values}
        file = self._file(path, {key: front.values[name] for key, name in written.items()})
        data = {path: self._data(path) for path in self._convention.data(file)}
        file = replace(file, data={key: each for key, each in data.items() if each is not None})
        values = self._convention.inherit(file)
        file = replace(file, written=values)
        own: Own = {}
        names: dict[str, str] = {}
        keys = {key: (key,) for key in self._same} | dict(self._convention.keys)
        for key, wanted in keys.items():
            found = next((each for each in wanted if values.get(each) not in (None, "")), None)
            if found:
                own[key] = values[found]
            usual = "date" if "date" in wanted else wanted[0]
            names[key] = written.get(found or "") or found or usual
        for key, fits in _FITTING.items():
            value = values.get(key)
            text = str(value).lower() if isinstance(value, bool) else value
            if isinstance(text, str) and fits(text):
                own[key] = value
        self._convention.complete(file, own)
        in_name = split_date(file.stem)[0]
        if in_name and own.get("published") and self._moment(own["published"]) is None:
            own["published"] = in_name
        _normalise(own)
        return file, {key: value for key, value in own.items() if value != ""}, names

    def _read_data(self, path: str) -> Mapping[str, Any] | None:
        key = self._key(path)
        try:
            text = html.xml_safe(self._text(key))
        except ArticleError:
            return None  # in most cases there is no such file
        try:
            front, _ = split_json(text) if path.endswith(".json") else self.split(key, text)
        except ArticleError as error:
            raise ArticleError(error.code, f"inherits from {path}, which {error}") from None
        return {name.lower(): value for name, value in front.values.items()}

    def _file(self, path: str, written: Mapping[str, Any]) -> File:
        below = self._generator.below
        return File(
            path=normpath(f"{below}/{path}") if below else path,
            written=written,
            options=self._generator.options,
            base_url=self._settings.base_url,
            zone=self._zone,
            moment=self._moment,
            tree=self._generator.tree,
        )

    def _moment(self, value: Any) -> Any:
        if value is None or value == "":
            return None
        try:
            return dates.parse(value, self._zone, self._zones)
        except dates.DateError:
            return None

    def _place(self, file: File, own: Own) -> str:
        url = self._convention.url(file, own)
        if syntax.is_url(url):
            own.setdefault("link", url)
            return ""
        return " ".join(html.xml_safe(unquote(url)).split()).lstrip("/")

    def _native_id(self, file: File, own: Own, place: str) -> str | None:
        published = self._moment(own.get("published"))
        if not place or published is None:
            return None
        url = urls.absolute(self._settings.base_url, urls.own_path(place))
        found = self._convention.entry_id(file, url, published)
        return found if syntax.is_iri(found) else None

    def _misspelt(self, file: File, front: FrontMatter) -> list[ArticleError]:
        known = {*self._same, *_FITTING}
        known |= {name for names in self._convention.keys.values() for name in names}
        warnings = []
        for key in sorted(set(front.values) - known):
            close = difflib.get_close_matches(key.lower(), sorted(known), 1, _SIMILAR)
            if close and key.lower() not in known and close[0] not in file.written:
                message = f"`{key}` is not a front-matter key; did you mean `{close[0]}`?"
                warnings.append(_warning("unknown-key", message, key=key))
        return warnings

    def _links(self, warnings: list[ArticleError], front: FrontMatter, body: str) -> Links:
        above = front.first + front.text.count("\n")  # the first line of the body
        seen: set[str] = set()

        def warn(code: str, message: str, written: str) -> None:
            if message not in seen:
                seen.add(message)
                at = body.find(written)
                line = above + body.count("\n", 0, at) if at >= 0 else 1
                warnings.append(_warning(code, message, line=line))

        return Links(self._url, lambda name: self._names.get(name, ()), warn)

    def _find_url(self, path: str) -> str | None:
        """Return the URL of the article at a path of the generator's tree."""
        if not path or normpath(path).startswith(("..", "/")):
            return None
        key = self._key(path)
        try:
            front, _ = self.split(key, html.xml_safe(self._text(key)))
            file, own, _ = self._own(key, front)
            if key not in self._articles:
                page = self._convention.page_url(file)
                return urls.absolute(self._settings.base_url, page) if page else None
            place = self._place(file, own)
        except ArticleError:
            return None
        published = self._moment(own.get("published"))
        if published is None:  # a page
            return None
        slug = urls.term(place or splitext(basename(key))[0])
        link = urls.article_path(self._settings.article_link, slug, published, place or slug)
        return urls.absolute(self._settings.base_url, link)

    def _key(self, path: str) -> str:
        """Return a path in the generator's tree relative to the content folder, even if outside."""
        below = self._generator.below
        return relpath(path, below) if below else path

    @cached_property
    def _articles(self) -> Mapping[str, str]:
        """All articles by path, with their fingerprints. Loaded lazily, for the first link."""
        site = self._settings
        return scan(site.content, site.site, site.tree, site.include, site.exclude).fingerprints

    @cached_property
    def _names(self) -> Mapping[str, Sequence[str]]:
        """The paths of articles in the generator's tree, by the name of the file or its folder."""
        names = defaultdict(list)
        for path in self._articles:
            inside = self._file(path, {}).path
            name = splitext(basename(path))[0]
            names[basename(dirname(inside)) if name == "index" else name].append(inside)
        return names


_PERSON = {"name": ("name", "display_name"), "email": ("email",), "uri": ("uri", "url", "href")}


def _normalise(own: Own) -> None:
    """Convert authors and the language to feedsvc's forms."""
    language = own.get("language")
    if isinstance(language, str):
        own["language"] = language.replace("_", "-")
    people = own.get("authors")
    if isinstance(people, dict):
        people = [people]
    if isinstance(people, list):
        own["authors"] = [_person(each) if isinstance(each, dict) else each for each in people]


def _person(table: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        key: next((table[name] for name in names if table.get(name)), None)
        for key, names in _PERSON.items()
    }
    if not syntax.is_url(str(found["uri"])):
        found["uri"] = None
    return {key: value for key, value in found.items() if value}
