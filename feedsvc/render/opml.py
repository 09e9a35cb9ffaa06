"""Renders a list of feeds as OPML 2.0 (http://opml.org/spec2.opml)."""

from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from feedsvc.html import xml_safe
from feedsvc.render.clean import uri


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed of the list. text and title | xmlUrl | htmlUrl."""

    title: str
    feed_url: str
    html_url: str


def document(title: str, outlines: Sequence[Outline]) -> bytes:
    """Render a list of feeds. In OPML the type `rss` means any syndication format."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = xml_safe(title)
    body = etree.SubElement(root, "body")
    for outline in outlines:
        text = xml_safe(outline.title)
        etree.SubElement(
            body,
            "outline",
            type="rss",
            text=text,
            title=text,
            xmlUrl=uri(outline.feed_url),
            htmlUrl=uri(outline.html_url),
        )
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
