"""Optional features of feeds and articles, each in a package of its own.

A `Feature` reads its settings and front matter into fields of `feedsvc.model`, and contributes to
entries, files and pages. The core calls the methods of each installed feature, and knows none by
name. Packages declare features as entry points of the group `feedsvc.features`, and the namespaces
of their elements in `feedsvc.namespaces`. docs/features.md explains how to write one.
"""

# ruff: noqa: ARG002 - the default methods ignore their arguments

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from feedsvc import plugins
from feedsvc.model import Entry, Presentation

if TYPE_CHECKING:
    from feedsvc.config.feeds import FeedSettings
    from feedsvc.config.settings import Settings
    from feedsvc.config.tables import Table
    from feedsvc.sources.attachments import Attachments
    from feedsvc.sources.enclosures import Attached
    from feedsvc.sources.values import Values

FileAt = Callable[[str], Path | None]
TABLES = ("podcast",)  # of the settings of a feed that features can read, fields of FeedSettings


@dataclass(frozen=True, slots=True)
class Addition:
    """Additional content of an article's page.

    template: the name of a Jinja template with two macros: `above` replaces the picture above the
    text, and `below` follows the text. Both take `values`. script: the name of a script, or ''.
    """

    template: str
    values: Any
    script: str = ""


@runtime_checkable
class Feature(Protocol):
    """An optional feature of feeds or articles. Subclass it to get the defaults.

    table: the name of its table in the settings of a feed, one of TABLES, and of the field of
    FeedSettings with the result of `settings`. defaults: default settings of a feed that has the
    table. keys: front-matter keys. synonyms: other names of keys in plain trees. beside: endings of
    files that may belong to the article of the same name in the same folder, in order of
    precedence. related: endings of files on which articles may depend; when one changes, all
    articles are listed again. package: the package with a folder `templates`, and optionally
    `static` (scripts) and `languages` (texts of pages); '' for none.
    """

    table: str = ""
    defaults: Mapping[str, Any] = {}
    keys: frozenset[str] = frozenset()
    synonyms: Mapping[str, tuple[str, ...]] = {}
    beside: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    package: str = ""

    def settings(self, own: "Table", inherited: Mapping[str, Any], content: Path) -> object:
        """Validate and return the table of a feed. Raises SettingsError.

        own: the settings of the feed, including the table. inherited: the settings of the site and
        of all feeds. content: the content folder.
        """
        raise NotImplementedError

    def read(
        self,
        values: "Values",
        attachments: "Attachments",
        enclosures: "Sequence[Attached]",
        used: bool,
    ) -> Mapping[str, Any]:
        """Return the fields of an article that its front matter and its files determine.

        The fields are those of `model.Presentation`, with `enclosures` as a sequence of Attached.
        enclosures: from the front matter. used: whether any feed of the site has the table. For
        invalid values, add a warning to `values`, or raise ArticleError.
        """
        return {}

    def entry(self, entry: Entry, own: "FeedSettings") -> Entry:
        """Return an entry for a feed that has the table. own: the settings of the feed."""
        return entry

    def make(self, path: str, article: Presentation, file: FileAt) -> tuple[bytes, str] | None:
        """Return a derived file of an article, and its media type; None if there is none.

        path: as passed to `Attachments.publish_derived`. file: returns the local file at a path.
        """
        return None

    def addition(self, entry: Entry, file: FileAt) -> Addition | None:
        """Return additional content for the page of an article; None for none.

        file: returns the local file at a URL, if it may be served.
        """
        return None


def installed() -> tuple[Feature, ...]:
    """Return the installed features by name. Raises FeedsvcError if one cannot be used."""
    return tuple(_plugins())


@cache
def _plugins() -> dict[Feature, EntryPoint]:
    found = {}
    for plugin, feature in plugins.objects(
        plugins.FEATURES,
        Feature,  # type: ignore[type-abstract]
    ):
        with plugins.naming(plugin):
            if feature.table not in ("", *TABLES):
                raise ValueError(f"it reads the table {feature.table!r}, which no feed can have")
            if feature.package:
                files(feature.package)
        found[feature] = plugin
    return found


def naming(feature: Feature) -> AbstractContextManager[None]:
    """Return a context for calls of a feature; see `plugins.naming`."""
    return plugins.naming(_plugins()[feature])


def of_feed(own: "FeedSettings") -> list[Feature]:
    """Return the features whose table a feed has."""
    return [each for each in installed() if each.table and getattr(own, each.table)]


def used(settings: "Settings") -> list[Feature]:
    """Return the features whose table at least one feed has."""
    feeds = settings.feeds.values()
    tabled = (each for each in installed() if each.table)
    return [each for each in tabled if any(getattr(own, each.table) for own in feeds)]


def folders(name: str) -> list[Traversable]:
    """Return the folders with a given name in the packages of features."""
    found = (files(each.package).joinpath(name) for each in installed() if each.package)
    return [each for each in found if each.is_dir()]


def keys(features: Sequence[Feature] | None = None) -> frozenset[str]:
    """Return the front-matter keys of features, by default of all."""
    found = installed() if features is None else features
    return frozenset[str]().union(*(each.keys for each in found))
