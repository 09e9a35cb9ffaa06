"""The elements, attributes and link relations of Atom, as tables."""

from typing import NamedTuple

from lxml import etree

from feedsvc.check import moments, values
from feedsvc.check.finding import Fault
from feedsvc.check.grammar import Attribute, Rule
from feedsvc.check.xml import ATOM, line_of, resolve
from feedsvc.html.text import names

_A = f"{{{ATOM}}}"


def _in_atom(rules: dict[str, Rule]) -> dict[str, Rule]:
    return {f"{_A}{name}": rule for name, rule in rules.items()}


_DATE = Rule(moments.rfc3339, exact=True)
_ID = Rule(values.iri, exact=True)
_REFERENCE = Rule(values.reference, exact=True)
_TEXT = Rule(attributes={"type": Attribute(values.one_of("text", "html", "xhtml"))}, opaque=True)
_CONTENT = Rule(attributes={"type": Attribute(), "src": Attribute(values.reference)}, opaque=True)
_PERSON = Rule(
    children=_in_atom(
        {"name": Rule(values.present), "uri": _REFERENCE, "email": Rule(values.address, exact=True)}
    ),
    required=(f"{_A}name",),
    many=True,
)
_CATEGORY = Rule(
    children={},
    attributes={
        "term": Attribute(values.present, required=True),
        "scheme": Attribute(values.iri),
        "label": Attribute(values.present),
    },
    many=True,
)


TYPE = "application/atom+xml"
_REGISTRY = "http://www.iana.org/assignments/relation/"


class Link(NamedTuple):
    """An `atom:link`. rel: the short name if it is registered (4.2.7.2). href: resolved."""

    rel: str
    href: str
    line: int
    element: "etree._Element"


def links_of(parent: "etree._Element") -> list[Link]:
    """Return the Atom links of a feed or an entry of any XML format."""
    return [
        Link(
            str(link.get("rel", "alternate")).strip().removeprefix(_REGISTRY),
            resolve(link, str(link.get("href", ""))),
            line_of(link),
            link,
        )
        for link in parent.findall(f"{_A}link")
    ]


def _rel(text: str) -> Fault | None:
    if not text.strip():
        return Fault.warning("blank", "is empty; leave it out, or write alternate")
    if ":" in text:
        return values.iri(text)
    if text in _RELS:
        return None
    return Fault.warning("unknown-rel", "is not a registered link relation; use one, or an IRI")


# The link relations of IANA's registry that occur in practice.
_RELS = names(
    "about acl alternate amphtml appendix archives author blocked-by bookmark canonical cite-as "
    "chapter collection contents convertedfrom copyright create-form current describedby describes "
    "disclosure dns-prefetch duplicate edit edit-form edit-media enclosure external first glossary "
    "help hosts hub icon index item last latest-version license me memento monitor next "
    "next-archive nofollow noreferrer original payment pingback preconnect predecessor-version "
    "prefetch preload prev preview previous prev-archive privacy-policy profile related replies "
    "search section self service shortlink source start stylesheet subsection successor-version "
    "tag terms-of-service timegate timemap type up version-history via webmention "
    "working-copy working-copy-of"
)
LINK = Rule(
    children={},
    attributes={
        "href": Attribute(values.reference, required=True),
        "rel": Attribute(_rel),
        "type": Attribute(values.media_type),
        "hreflang": Attribute(values.language),
        "title": Attribute(values.present),
        "length": Attribute(values.number(0)),
    },
    many=True,
)
_SHARED = {
    "author": _PERSON,
    "category": _CATEGORY,
    "contributor": _PERSON,
    "id": _ID,
    "link": LINK,
    "rights": _TEXT,
    "title": _TEXT,
    "updated": _DATE,
}
_HEAD = _SHARED | {
    "generator": Rule(
        values.present,
        attributes={"uri": Attribute(values.reference), "version": Attribute(values.present)},
    ),
    "icon": _REFERENCE,
    "logo": _REFERENCE,
    "subtitle": _TEXT,
}
_REQUIRED = tuple(f"{_A}{name}" for name in ("id", "title", "updated"))
ENTRY = Rule(
    children=_in_atom(
        _SHARED
        | {
            "content": _CONTENT,
            "published": _DATE,
            "source": Rule(children=_in_atom(_HEAD)),
            "summary": _TEXT,
        }
    ),
    required=_REQUIRED,
    many=True,
)
FEED = Rule(
    children=_in_atom(_HEAD | {"entry": ENTRY}),
    required=_REQUIRED,
    attributes={"version": Attribute()},
)
# The Atom elements allowed in feeds of other formats.
ATOM_RULES = _HEAD | {"published": _DATE, "summary": _TEXT, "content": _CONTENT}
