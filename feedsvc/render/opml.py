"""Renders a list of feeds as OPML 2.0 (http://opml.org/spec2.opml)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lxml import etree
from lxml.etree import _Element

from feedsvc.html import xml_safe
from feedsvc.render.clean import uri


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed of the list. text and title | xmlUrl | htmlUrl."""

    title: str
    feed_url: str
    html_url: str


def document(
    title: str, outlines: Sequence[Outline], groups: Mapping[str, Sequence[Outline]]
) -> bytes:
    """Render a list of feeds: some at the top, then groups of others by name.

    Readers show a group as a folder, which a person can leave out.
    """
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = xml_safe(title)
    body = etree.SubElement(root, "body")
    _add(body, outlines)
    for name, members in groups.items():
        text = xml_safe(name)
        _add(etree.SubElement(body, "outline", text=text, title=text), members)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _add(parent: _Element, outlines: Sequence[Outline]) -> None:
    """Add feeds. The type `rss` means any syndication format."""
    for outline in outlines:
        text = xml_safe(outline.title)
        etree.SubElement(
            parent,
            "outline",
            type="rss",
            text=text,
            title=text,
            xmlUrl=uri(outline.feed_url),
            htmlUrl=uri(outline.html_url),
        )
