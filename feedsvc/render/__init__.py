"""Renders a Feed and its Entries, one module per format; pure functions.

Each entry is rendered separately, once per revision, and cached by the caller. A document is the
feed's head with these fragments inserted. feedgen is used only in this package.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from feedsvc.model import Entry, Feed, Format
from feedsvc.render import atom, jsonfeed, rss


@dataclass(frozen=True, slots=True)
class Renderer:
    """The functions that render one format; pure and thread-safe.

    media_type: the Content-Type, with a charset if the format has that parameter. entry: renders an
    entry as a fragment. document: renders a feed with the fragments of its entries, in UTF-8.
    """

    media_type: str
    entry: Callable[[Entry], bytes]
    document: Callable[[Feed, Sequence[bytes]], bytes]


RENDERERS: Mapping[Format, Renderer] = {
    Format.RSS: Renderer(rss.MEDIA_TYPE, rss.entry, rss.document),
    Format.ATOM: Renderer(atom.MEDIA_TYPE, atom.entry, atom.document),
    Format.JSON: Renderer(jsonfeed.MEDIA_TYPE, jsonfeed.entry, jsonfeed.document),
}
