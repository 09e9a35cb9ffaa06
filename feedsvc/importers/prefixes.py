"""The namespaces of feeds, and the prefix that names of elements have in `Fields`."""

from lxml import etree

from feedsvc.importers import podcasts, wpstatus
from feedsvc.importers.xmlitems import Element, local

PREFIXES = podcasts.PREFIXES | {
    None: "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://channel.netscape.com/rdf/simple/0.9/": "",
    "http://backend.userland.com/rss2": "",
    "http://www.w3.org/2005/Atom": "atom:",
    "http://purl.org/atom/ns#": "atom:",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dcterms:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://search.yahoo.com/mrss": "media:",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner:",
    "http://www.w3.org/2007/app": "app:",
    "http://purl.org/atom/app#": "app:",
    "http://schemas.google.com/blogger/2018": "blogger:",
}


def prefixed(element: Element) -> str:
    """Return the prefixed name of an element: `title`, `dc:creator`, `atom:id`."""
    namespace = etree.QName(element).namespace
    unknown = "wp:" if wpstatus.is_namespace(namespace) else "?"
    return PREFIXES.get(namespace, unknown) + local(element)
