"""The vocabularies that extend feeds, as tables: those validated in full, and those only known."""

from feedsvc.check import moments, values
from feedsvc.check.grammar import Attribute, Namespace, Rule
from feedsvc.check.xml import CONTENT, DC, HISTORY, SLASH, SYNDICATION, XHTML
from feedsvc.html.text import names

_ANY = Rule()
_SOME = Rule(opaque=True, many=True)
_RESOURCE = Rule(
    attributes={
        "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource": Attribute(values.iri, True)
    }
)
_MANY = Rule(many=True, opaque=True)
_LATITUDE, _LONGITUDE = Rule(values.decimal(-90, 90)), Rule(values.decimal(-180, 180))
_HISTORY_LINK = Rule(values.iri)

EXTENSIONS = {
    CONTENT: Namespace("content", {"encoded": _ANY, "items": _SOME}),
    DC: Namespace(
        "dc",
        dict.fromkeys(
            names(
                "creator subject publisher contributor relation source identifier coverage type "
                "format rights description title"
            ),
            _MANY,
        )
        | {"date": Rule(moments.w3c_date, many=True), "language": Rule(values.language)},
    ),
    HISTORY: Namespace(
        "fh",
        {
            "complete": Rule(),
            "archive": Rule(),
            # Of the drafts; RFC 5005 itself uses links.
            "incremental": Rule(values.one_of("true", "false")),
            "prev": _HISTORY_LINK,
            "next": _HISTORY_LINK,
        },
    ),
    SLASH: Namespace(
        "slash",
        {
            "comments": Rule(values.number(0)),
            "section": _ANY,
            "department": _ANY,
            "hit_parade": Rule(),
        },
    ),
    SYNDICATION: Namespace(
        "sy",
        {
            "updatePeriod": Rule(values.one_of("hourly", "daily", "weekly", "monthly", "yearly")),
            "updateFrequency": Rule(values.number(1)),
            "updateBase": Rule(moments.w3c_date),
        },
    ),
    "http://wellformedweb.org/CommentAPI/": Namespace(
        "wfw",
        {
            "comment": Rule(values.iri),
            "commentRss": Rule(values.iri),
            "commentRSS": Rule(values.iri),
        },
    ),
    "http://backend.userland.com/creativeCommonsRssModule": Namespace(
        "creativeCommons", {"license": Rule(values.iri, many=True)}
    ),
    "http://webns.net/mvcb/": Namespace(
        "admin", {"generatorAgent": _RESOURCE, "errorReportsTo": _RESOURCE}
    ),
    "http://www.w3.org/2003/01/geo/wgs84_pos#": Namespace(
        "geo", {"lat": _LATITUDE, "long": _LONGITUDE, "Point": _SOME, "alt": _ANY}
    ),
    "http://geourl.org/rss/module/": Namespace(
        "geourl", {"latitude": _LATITUDE, "longitude": _LONGITUDE}
    ),
    "http://postneo.com/icbm": Namespace("icbm", {"latitude": _LATITUDE, "longitude": _LONGITUDE}),
    "http://purl.org/dc/terms/": Namespace("dcterms"),
    "http://search.yahoo.com/mrss/": Namespace("media"),
    "http://www.itunes.com/dtds/podcast-1.0.dtd": Namespace("itunes"),
    "https://podcastindex.org/namespace/1.0": Namespace("podcast"),
    "http://www.google.com/schemas/play-podcasts/1.0": Namespace("googleplay"),
    "http://www.georss.org/georss": Namespace("georss"),
    "http://www.opengis.net/gml": Namespace("gml"),
    "http://purl.org/syndication/thread/1.0": Namespace("thr"),
    "http://www.w3.org/2007/app": Namespace("app"),
    "http://purl.org/atompub/tombstones/1.0": Namespace("at"),
    "http://activitystrea.ms/spec/1.0/": Namespace("activity"),
    "http://a9.com/-/spec/opensearch/1.1/": Namespace("opensearch"),
    "http://a9.com/-/spec/opensearchrss/1.0/": Namespace("openSearch"),
    "http://rssnamespace.org/feedburner/ext/1.0": Namespace("feedburner"),
    "http://schemas.google.com/g/2005": Namespace("gd"),
    "http://base.google.com/ns/1.0": Namespace("g"),
    "http://source.scripting.com/": Namespace("source"),
    "http://web.resource.org/cc/": Namespace("cc"),
    "http://cyber.law.harvard.edu/rss/creativeCommonsRssModule.html": Namespace("creativeCommons"),
    "http://purl.org/rss/1.0/modules/wiki/": Namespace("wiki"),
    "http://purl.org/rss/1.0/modules/event/": Namespace("ev"),
    "http://purl.org/rss/1.0/modules/aggregation/": Namespace("ag"),
    "http://purl.org/rss/1.0/modules/annotate/": Namespace("annotate"),
    "http://purl.org/rss/1.0/modules/company": Namespace("company"),
    "http://purl.org/rss/1.0/modules/link/": Namespace("l"),
    "http://purl.org/rss/1.0/modules/taxonomy/": Namespace("taxo"),
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": Namespace("rdf"),
    "http://www.w3.org/2000/01/rdf-schema#": Namespace("rdfs"),
    "http://xmlns.com/foaf/0.1/": Namespace("foaf"),
    "http://purl.org/net/rss1.1#": Namespace("rss11"),
    "http://purl.org/rss/1.0/": Namespace("rss"),
    "http://www.rssboard.org/media-rss": Namespace("media"),
    "http://madskills.com/public/xml/rss/module/trackback/": Namespace(
        "trackback", {"ping": Rule(values.iri), "about": Rule(values.iri, many=True)}
    ),
    "http://backend.userland.com/blogChannelModule": Namespace(
        "blogChannel",
        dict.fromkeys(("blogRoll", "mySubscriptions", "blink", "changes"), Rule(values.iri)),
    ),
    "http://madskills.com/public/xml/rss/module/pingback/": Namespace("pingback"),
    "http://blogs.law.harvard.edu/tech/creativeCommonsRssModule": Namespace("creativeCommons"),
    "http://www.w3.org/2000/svg": Namespace("svg"),
    "http://www.w3.org/1998/Math/MathML": Namespace("mml"),
    "http://www.w3.org/1999/xlink": Namespace("xlink"),
    "http://www.w3.org/2001/XMLSchema-instance": Namespace("xsi"),
    XHTML: Namespace("xhtml"),
}
