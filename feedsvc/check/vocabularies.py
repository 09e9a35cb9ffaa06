"""The elements and attributes of RSS, Atom and their extensions, as tables."""

from dataclasses import replace
from typing import Any

from feedsvc.check import moments, podcasts, values
from feedsvc.check.finding import Fault
from feedsvc.check.grammar import Rule, Vocabulary, every, table
from feedsvc.check.markup import plain
from feedsvc.check.values import contact, iri, language, media_type, number, one_of, present, url
from feedsvc.check.xml import ATOM, CONTENT, DC, HISTORY, SLASH, SYNDICATION, XHTML
from feedsvc.html.text import names

# RSS 2.0

_DATE = Rule((moments.rfc822,), parse=moments.parse_rfc822)
_CATEGORY = Rule((present, plain), attributes=table({"domain?": None}))
_ENCLOSURE = {"url": url, "length": number(0), "type": media_type}
_CLOUD = {
    "domain": present,
    "port": number(1, 65535),
    "path": present,
    "registerProcedure": None,
    "protocol": one_of("xml-rpc", "soap", "http-post"),
}
_ITEM = {
    "title?": present,
    "link?": url,
    "description?": None,
    "author?": (contact, plain),
    "category*": _CATEGORY,
    "comments?": url,
    "enclosure*": Rule(children={}, attributes=table(_ENCLOSURE)),
    "guid?": Rule(attributes=table({"isPermaLink?": one_of("true", "false")})),
    "pubDate?": _DATE,
    "source?": Rule(attributes=table({"url": url})),
}
_IMAGE = {
    "url": url,
    "title": present,
    "link": url,
    "width?": number(1, 144),
    "height?": number(1, 400),
    "description?": None,
}
_TEXT_INPUT = {"title": present, "description": present, "name": present, "link": url}
_DAYS = one_of("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CHANNEL = table(
    {
        "title": present,
        "link": url,
        "description": None,
        "language?": language,
        "copyright?": (present, plain),
        "managingEditor?": (contact, plain),
        "webMaster?": (contact, plain),
        "pubDate?": _DATE,
        "lastBuildDate?": _DATE,
        "category*": _CATEGORY,
        "generator?": (present, plain),
        "docs?": url,
        "cloud?": Rule(children={}, attributes=table(_CLOUD)),
        "ttl?": number(1),
        "image?": Rule(children=table(_IMAGE)),
        "rating?": plain,
        "textInput?": Rule(children=table(_TEXT_INPUT)),
        "skipHours?": Rule(children=table({"hour+": number(0, 24)})),
        "skipDays?": Rule(children=table({"day+": _DAYS})),
        "item*": Rule(children=table(_ITEM)),
    }
)
RSS = Rule(children=table({"channel": Rule(children=CHANNEL)}), attributes=table({"version": None}))

# Atom

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


def _rel(text: str) -> Fault | None:
    """Validate a link relation (RFC 4287 4.2.7.2)."""
    if not text.strip():
        return Fault.warning("blank", "is empty; write alternate, or remove it")
    if ":" in text:
        return iri(text)
    if text in _RELS:
        return None
    return Fault.warning("unknown-rel", "is not a registered link relation; use one, or an IRI")


_REFERENCE = Rule((values.reference,), exact=True)
_TIME = Rule((moments.rfc3339,), parse=moments.parse_rfc3339, exact=True)
_TEXT = Rule(attributes=table({"type?": one_of("text", "html", "xhtml")}), opaque=True)
_CONTENT = Rule(attributes=table({"type?": None, "src?": values.reference}), opaque=True)
_PERSON = {
    "name": (present, plain, values.no_email),
    "uri?": _REFERENCE,
    "email?": Rule((values.email,), exact=True),
}
_LINK = {
    "href": values.reference,
    "rel?": _rel,
    "type?": media_type,
    "hreflang?": language,
    "title?": (present, plain),
    "length?": number(0),
}
_TERM = {"term": present, "scheme?": iri, "label?": (present, plain)}
_SHARED: dict[str, Any] = {
    "id": Rule((iri, values.canonical), exact=True),
    "title": _TEXT,
    "updated": _TIME,
    "author*": Rule(children=table(_PERSON)),
    "category*": Rule(children={}, attributes=table(_TERM)),
    "contributor*": Rule(children=table(_PERSON)),
    "link*": Rule(children={}, attributes=table(_LINK)),
    "rights?": _TEXT,
}
_HEAD: dict[str, Any] = _SHARED | {
    "generator?": Rule(
        (present, plain), attributes=table({"uri?": values.reference, "version?": present})
    ),
    "icon?": _REFERENCE,
    "logo?": _REFERENCE,
    "subtitle?": _TEXT,
}
_BODY: dict[str, Any] = {"content?": _CONTENT, "published?": _TIME, "summary?": _TEXT}
_SOURCE = {name: replace(rule, required=False) for name, rule in table(_HEAD).items()}
ENTRY = Rule(children=table(_SHARED | _BODY | {"source?": Rule(children=_SOURCE)}))
FEED = Rule(children=table(_HEAD | {"entry*": ENTRY}), attributes=table({"version?": None}))

# Extensions, by namespace

_SOME = Rule(opaque=True)
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RESOURCE = Rule(attributes=table({f"{{{_RDF}}}resource": iri}))
_POINT = {"latitude?": values.decimal(-90, 90), "longitude?": values.decimal(-180, 180)}
_PERIODS = one_of("hourly", "daily", "weekly", "monthly", "yearly")
_DC = (
    "contributor* coverage* creator* description* format* identifier* publisher* relation* rights* "
    "source* subject* title* type*"
)
_VALIDATED: dict[str, dict[str, Any]] = {
    f"content {CONTENT}": {"encoded?": None, "items*": _SOME},
    f"dc {DC}": every(_DC, _SOME) | {"date*": moments.w3c_date, "language?": language},
    # The last three are from drafts; RFC 5005 uses links instead.
    f"fh {HISTORY}": every("complete? archive?", None)
    | {"incremental?": one_of("true", "false")}
    | every("prev? next?", iri),
    f"slash {SLASH}": {"comments?": number(0)} | every("section? department? hit_parade?", None),
    f"sy {SYNDICATION}": {
        "updatePeriod?": _PERIODS,
        "updateFrequency?": number(1),
        "updateBase?": moments.w3c_date,
    },
    "wfw http://wellformedweb.org/CommentAPI/": every("comment? commentRss? commentRSS?", iri),
    "creativeCommons http://backend.userland.com/creativeCommonsRssModule": {"license*": iri},
    "admin http://webns.net/mvcb/": {"generatorAgent?": _RESOURCE, "errorReportsTo?": _RESOURCE},
    "geo http://www.w3.org/2003/01/geo/wgs84_pos#": {
        "lat?": _POINT["latitude?"],
        "long?": _POINT["longitude?"],
        "Point*": _SOME,
        "alt?": None,
    },
    "geourl http://geourl.org/rss/module/": _POINT,
    "icbm http://postneo.com/icbm": _POINT,
    "trackback http://madskills.com/public/xml/rss/module/trackback/": every("ping? about*", iri),
    "blogChannel http://backend.userland.com/blogChannelModule": every(
        "blogRoll? mySubscriptions? blink? changes?", iri
    ),
}
_RECOGNISED = f"""
    activity http://activitystrea.ms/spec/1.0/
    ag http://purl.org/rss/1.0/modules/aggregation/
    annotate http://purl.org/rss/1.0/modules/annotate/
    app http://www.w3.org/2007/app
    at http://purl.org/atompub/tombstones/1.0
    cc http://web.resource.org/cc/
    company http://purl.org/rss/1.0/modules/company
    creativeCommons http://blogs.law.harvard.edu/tech/creativeCommonsRssModule
    creativeCommons http://cyber.law.harvard.edu/rss/creativeCommonsRssModule.html
    dcterms http://purl.org/dc/terms/
    ev http://purl.org/rss/1.0/modules/event/
    feedburner http://rssnamespace.org/feedburner/ext/1.0
    foaf http://xmlns.com/foaf/0.1/
    g http://base.google.com/ns/1.0
    gd http://schemas.google.com/g/2005
    georss http://www.georss.org/georss
    gml http://www.opengis.net/gml
    googleplay http://www.google.com/schemas/play-podcasts/1.0
    l http://purl.org/rss/1.0/modules/link/
    media http://search.yahoo.com/mrss/
    media http://www.rssboard.org/media-rss
    mml http://www.w3.org/1998/Math/MathML
    openSearch http://a9.com/-/spec/opensearchrss/1.0/
    opensearch http://a9.com/-/spec/opensearch/1.1/
    pingback http://madskills.com/public/xml/rss/module/pingback/
    rdf {_RDF}
    rdfs http://www.w3.org/2000/01/rdf-schema#
    rss http://purl.org/rss/1.0/
    rss11 http://purl.org/net/rss1.1#
    source http://source.scripting.com/
    svg http://www.w3.org/2000/svg
    taxo http://purl.org/rss/1.0/modules/taxonomy/
    thr http://purl.org/syndication/thread/1.0
    wiki http://purl.org/rss/1.0/modules/wiki/
    xhtml {XHTML}
    xlink http://www.w3.org/1999/xlink
    xsi http://www.w3.org/2001/XMLSchema-instance
"""
EXTENSIONS = {
    namespace: Vocabulary(prefix, rules)
    for line, rules in (
        *((line, table(rules)) for line, rules in (_VALIDATED | podcasts.VOCABULARIES).items()),
        *((line, None) for line in _RECOGNISED.strip().splitlines()),
    )
    for prefix, namespace in [line.split()]
}
IN_RSS = EXTENSIONS | {ATOM: Vocabulary("atom", table(_HEAD | _BODY))}
