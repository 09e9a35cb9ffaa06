"""The installed namespaces, by format."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint

from feedsvc import plugins
from feedsvc.errors import FeedsvcError
from feedsvc.model import Entry, Feed, Format
from feedsvc.render.extensions import EntryExtension, FeedExtension, Namespace

# feedgen declares these two in RSS itself.
RSS_PREFIXES: Mapping[str, str] = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
}


@cache
def installed(format: Format) -> tuple[Namespace, ...]:
    """Return the namespaces of a format: first those with elements in entries, then by name.

    Raises FeedsvcError if one cannot be loaded, or if two share a prefix.
    """
    taken: dict[str, EntryPoint] = {}
    found = []
    for plugin, namespace in plugins.load(plugins.NAMESPACES, Namespace):
        prefix = namespace.prefix
        if prefix in RSS_PREFIXES or prefix in taken:
            other = plugins.described(taken[prefix]) if prefix in taken else "feedsvc"
            raise FeedsvcError(
                f"{plugins.described(plugin)} and {other} share the prefix {prefix}; uninstall one "
                "of them"
            )
        taken[prefix] = plugin
        if format in namespace.formats:
            found.append(namespace)
    return tuple(sorted(found, key=lambda each: each.entry is None))


@cache
def of_entries(format: Format, is_show: bool) -> Mapping[str, str]:
    """Return the namespaces that entries may use in a format: URIs by prefix.

    is_show: in a feed that is a podcast.
    """
    applied = _applied(format, is_show)
    return {each.prefix: each.uri for each in applied if each.entry and each.declared}


def of_feed(format: Format, feed: Feed) -> list[tuple[Namespace, FeedExtension]]:
    """Return the extensions of the head of a feed, with their namespaces."""
    namespaces = _applied(format, feed.show is not None)
    return [(each, each.feed(feed)) for each in namespaces if each.feed]


def of_entry(format: Format, entry: Entry) -> list[tuple[Namespace, EntryExtension]]:
    """Return the extensions of an entry, with their namespaces."""
    namespaces = _applied(format, entry.episode is not None)
    return [(each, each.entry(entry)) for each in namespaces if each.entry]


@cache
def _applied(format: Format, is_show: bool) -> tuple[Namespace, ...]:
    return tuple(each for each in installed(format) if is_show or not each.of_shows)
