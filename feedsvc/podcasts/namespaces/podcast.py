"""The podcast namespace (https://podcasting2.org/docs/podcast-namespace) in RSS and Atom.

JSON Feed has no object for it, as no client reads one.
"""

from collections.abc import Iterable
from math import floor

from lxml import etree
from lxml.etree import _Element

from feedsvc.podcast import Alternate, Contributor, Episode, License, Location, Txt, Value
from feedsvc.podcast import Show as Podcast
from feedsvc.render.extensions import XML_FORMATS, EntryExtension, FeedExtension, Namespace

URI = "https://podcastindex.org/namespace/1.0"
CHAPTERS = "application/json+chapters"


class Show(FeedExtension):
    """The elements of a channel."""

    def extend(self, parent: _Element) -> None:
        """Add to the channel or `feed` element."""
        show = self.feed.show
        if not show:
            return
        _add(parent, "guid", show.guid)
        _add(parent, "medium", show.medium)
        if show.locked is not None:
            owner = show.owner.email if show.owner else None
            _add(parent, "locked", _yes(show.locked), owner=owner)
        for funding in show.funding:
            _add(parent, "funding", funding.text, url=funding.url)
        _add_common(parent, show)
        for each in show.trailers:
            _add(
                parent,
                "trailer",
                each.title,
                url=each.url,
                pubdate=each.published,
                length=each.length or None,
                type=each.type,
                season=each.season,
            )
        for service in ("", *show.blocks) if show.block else show.blocks:
            _add(parent, "block", "yes", id=service or None)
        if frequency := show.update_frequency:
            _add(
                parent,
                "updateFrequency",
                frequency.text,
                complete="true" if frequency.complete else None,
                dtstart=frequency.start,
                rrule=frequency.rrule,
            )


class Item(EntryExtension):
    """The elements of an item."""

    def extend_rss(self, element: _Element) -> None:
        """Add to an `item` or `entry` element."""
        episode = self.entry.episode
        if episode is None:
            return
        _add(element, "season", episode.season, name=episode.season_name)
        _add(element, "episode", episode.number, display=episode.display)
        for each in episode.transcripts:
            _add(
                element,
                "transcript",
                url=each.url,
                type=each.type,
                language=each.language,
                rel=each.rel,
            )
        if episode.chapters_url:
            _add(element, "chapters", url=episode.chapters_url, type=CHAPTERS)
        for soundbite in episode.soundbites:
            _add(
                element,
                "soundbite",
                soundbite.title,
                startTime=_decimal(soundbite.start),
                duration=_decimal(soundbite.duration),
            )
        _add_common(element, episode)
        for alternate in episode.alternates:
            _add_alternate(element, alternate)

    extend_atom = extend_rss


def _add_common(parent: _Element, of: Podcast | Episode) -> None:
    """Add the elements that shows and episodes have in common."""
    _add_persons(parent, of.persons)
    _add_location(parent, of.location)
    _add_license(parent, of.license)
    _add_value(parent, of.value)
    _add_txt(parent, of.txt)


def _add_persons(parent: _Element, persons: Iterable[Contributor]) -> None:
    for each in persons:
        _add(
            parent,
            "person",
            each.name,
            role=each.role,
            group=each.group,
            img=each.image,
            href=each.link,
        )


def _add_location(parent: _Element, location: Location | None) -> None:
    if location:
        _add(
            parent,
            "location",
            location.name,
            rel=location.rel,
            geo=location.geo,
            osm=location.osm,
            country=location.country,
        )


def _add_license(parent: _Element, found: License | None) -> None:
    if found:
        _add(parent, "license", found.name, url=found.url)


def _add_value(parent: _Element, value: Value | None) -> None:
    if not value:
        return
    element = _add(parent, "value", type=value.type, method=value.method, suggested=value.suggested)
    for each in value.recipients:
        _add(
            element,
            "valueRecipient",
            name=each.name,
            type=each.type,
            address=each.address,
            customKey=each.custom_key,
            customValue=each.custom_value,
            split=each.split,
            fee="true" if each.fee else None,
        )


def _add_txt(parent: _Element, texts: Iterable[Txt]) -> None:
    for each in texts:
        _add(parent, "txt", each.text, purpose=each.purpose)


def _add_alternate(parent: _Element, alternate: Alternate) -> None:
    element = _add(
        parent,
        "alternateEnclosure",
        type=alternate.type,
        length=alternate.length or None,
        bitrate=alternate.bitrate,
        height=alternate.height,
        lang=alternate.language,
        title=alternate.title,
        rel=alternate.rel,
        codecs=alternate.codecs,
        default="true" if alternate.default else None,
    )
    for url in alternate.sources:
        _add(element, "source", uri=url)


def _add(parent: _Element, tag: str, text: object = "", /, **attributes: object) -> _Element:
    """Add an element with the attributes that are not None; if the text is None, add nothing."""
    if text is None:
        return parent
    given = {key: str(value) for key, value in attributes.items() if value is not None}
    element = etree.SubElement(parent, f"{{{URI}}}{tag}", given)
    element.text = str(text) or None
    return element


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _decimal(seconds: float) -> str:
    """Write seconds with at most three decimals, and without needless zeros."""
    whole = floor(seconds)
    return str(whole) if whole == seconds else f"{seconds:.3f}".rstrip("0").rstrip(".")


NAMESPACE = Namespace("podcast", URI, Show, Item, XML_FORMATS, of_shows=True)
