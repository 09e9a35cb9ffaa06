"""Which elements and attributes Atom has, as tables, and what link relations there are."""

from lxml import etree

from feedsvc.check import moments, values
from feedsvc.check.finding import Fault
from feedsvc.check.grammar import Attribute, Rule
from feedsvc.check.xml import ATOM
from feedsvc.html.text import names

_A = f"{{{ATOM}}}"


def _own(rules: dict[str, Rule]) -> dict[str, Rule]:
    return {f"{_A}{name}": rule for name, rule in rules.items()}


_DATE = Rule(moments.rfc3339, exact=True)
_ID = Rule(values.iri, exact=True)
_REFERENCE = Rule(values.reference, exact=True)
_TEXT = Rule(attributes={"type": Attribute(values.one_of("text", "html", "xhtml"))}, opaque=True)
_CONTENT = Rule(attributes={"type": Attribute(), "src": Attribute(values.reference)}, opaque=True)
_PERSON = Rule(
    children=_own(
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


def rel_of(link: "etree._Element") -> str:
    """Return a link's relation, by its short name if it is registered (4.2.7.2)."""
    return str(link.get("rel", "alternate")).strip().removeprefix(_REGISTRY)


def _rel(text: str) -> Fault | None:
    if not text.strip():
        return Fault.warning("blank", "is empty; leave it out, or write alternate")
    if ":" in text:
        return values.iri(text)
    if text in _RELS:
        return None
    return Fault.warning("unknown-rel", "is no registered link relation; write one, or an IRI")


# Of IANA's register of link relations, what documents have been seen to use.
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
_NEEDED = tuple(f"{_A}{name}" for name in ("id", "title", "updated"))
ENTRY = Rule(
    children=_own(
        _SHARED
        | {
            "content": _CONTENT,
            "published": _DATE,
            "source": Rule(children=_own(_HEAD)),
            "summary": _TEXT,
        }
    ),
    required=_NEEDED,
    many=True,
)
FEED = Rule(
    children=_own(_HEAD | {"entry": ENTRY}),
    required=_NEEDED,
    attributes={"version": Attribute()},
)
# What Atom's elements may be in a feed of another format.
ATOM_RULES = _HEAD | {"published": _DATE, "summary": _TEXT, "content": _CONTENT}
