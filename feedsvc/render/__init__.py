"""A Feed and its Entries become bytes, one module per format; does no IO, knows no clock.

An entry is rendered alone, once per revision, and kept by the caller; a document is the feed's
head with the kept fragments spliced in. All of feedgen, and all of its faults, stay in here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from feedsvc.model import Entry, Feed, Format
from feedsvc.render import atom, jsonfeed, rss


@dataclass(frozen=True, slots=True)
class Renderer:
    """How one format is written; pure functions, safe to call from any thread.

    media_type: the Content-Type, with charset where the format has one. entry: one entry to its
    fragment, which depends on nothing else. document: a feed and the fragments of its entries, in
    their order, to the whole document in UTF-8.
    """

    media_type: str
    entry: Callable[[Entry], bytes]
    document: Callable[[Feed, Sequence[bytes]], bytes]


RENDERERS: Mapping[Format, Renderer] = {
    Format.RSS: Renderer(rss.MEDIA_TYPE, rss.entry, rss.document),
    Format.ATOM: Renderer(atom.MEDIA_TYPE, atom.entry, atom.document),
    Format.JSON: Renderer(jsonfeed.MEDIA_TYPE, jsonfeed.entry, jsonfeed.document),
}
