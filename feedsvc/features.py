"""What feeds and articles may have besides what the core knows, in packages of their own.

A `Feature` reads its settings and front matter into fields of `feedsvc.model`, and says what is
made of them: entries, files, parts of pages. The core calls it at the places that the methods name,
and knows none by name. Packages declare features as entry points of the group `feedsvc.features`,
and the elements of their namespaces in `feedsvc.namespaces`. docs/features.md explains how to write
one.
"""

# ruff: noqa: ARG002 - the defaults of methods need no argument

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from feedsvc import plugins
from feedsvc.errors import FeedsvcError
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
    """What the page of an article shows besides its text.

    template: the name of a Jinja template with two macros: `above` comes in place of the picture
    above the text, `below` after the text. Each gets `values`. script: the name of a script, or ''.
    """

    template: str
    values: Any
    script: str = ""


@runtime_checkable
class Feature(Protocol):
    """Something that feeds or articles may have. Subclass it to get the defaults.

    table: of the settings of a feed, one of TABLES; `settings` returns it.
    defaults: settings of a feed with that table, unless it has others. keys: of front matter.
    synonyms: other names of keys in plain trees. beside: endings of files that may belong to the
    article of their name in the same folder, in order of precedence. related: endings of files on
    which articles may depend; when one changes, all articles are looked at. package: has a folder
    `templates`, and maybe `static` (scripts) and `languages` (texts of pages); '' for none.
    """

    table: str = ""
    defaults: Mapping[str, Any] = {}
    keys: frozenset[str] = frozenset()
    synonyms: Mapping[str, tuple[str, ...]] = {}
    beside: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    package: str = ""

    def settings(self, own: "Table", inherited: Mapping[str, Any], content: Path) -> object:
        """Return what the table of a feed says.

        own: the settings of the feed, with the table. inherited: those of the site and of all
        feeds. content: the folder of the files. Raises SettingsError.
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

        enclosures: those of the front matter. The fields are those of `model.Presentation`, with
        `enclosures` as a sequence of Attached. used: whether the site has a feed with the table.
        What is wrong is a warning, added to `values`, or raises ArticleError.
        """
        return {}

    def entry(self, entry: Entry, own: "FeedSettings") -> Entry:
        """Return an entry as a feed with the table carries it. own: the settings of the feed."""
        return entry

    def make(self, path: str, article: Presentation, file: FileAt) -> tuple[bytes, str] | None:
        """Return a file that is made for an article, and its media type; None if there is none.

        path: as passed to `Attachments.publish_derived`. file: finds files by their paths.
        """
        return None

    def addition(self, entry: Entry, file: FileAt) -> Addition | None:
        """Return what the page of an article shows besides its text; None for nothing.

        file: finds the local files that may be served, by their URLs.
        """
        return None


@cache
def installed() -> tuple[Feature, ...]:
    """Return the installed features by name. Raises FeedsvcError if one cannot be used."""
    found = plugins.objects(plugins.FEATURES)
    for name, feature in found.items():
        mistake = ""
        if isinstance(feature, type) or not isinstance(feature, Feature):
            mistake = "is not a Feature"
        elif feature.table not in ("", *TABLES):
            mistake = f"reads the table {feature.table!r}, which no feed can have"
        if mistake:
            raise FeedsvcError(
                f"{name} ({plugins.FEATURES}) {mistake}; update or uninstall that package"
            )
    return tuple(found.values())


def of_feed(own: "FeedSettings") -> list[Feature]:
    """Return the features whose table a feed has."""
    return [each for each in installed() if each.table and getattr(own, each.table)]


def used(settings: "Settings") -> list[Feature]:
    """Return the features whose table any feed has."""
    feeds = settings.feeds.values()
    return [each for each in installed() if any(each in of_feed(own) for own in feeds)]


def folders(name: str) -> list[Traversable]:
    """Return the folders of a name in the packages of features."""
    found = (files(each.package).joinpath(name) for each in installed() if each.package)
    return [each for each in found if each.is_dir()]


def keys(features: Sequence[Feature] | None = None) -> frozenset[str]:
    """Return the front-matter keys of features, by default of all."""
    found = installed() if features is None else features
    return frozenset[str]().union(*(each.keys for each in found))
