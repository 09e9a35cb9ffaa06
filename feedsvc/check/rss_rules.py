"""The elements and attributes of RSS 2.0, as tables."""

from feedsvc.check import moments, values
from feedsvc.check.grammar import Attribute, Rule

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ANY = Rule()
_DATE, _URL, _CONTACT = Rule(moments.rfc822), Rule(values.url), Rule(values.contact)
_TITLE = Rule(values.present)
_PORT = values.number(1, 65535)


def _required(**checks: values.Check | None) -> dict[str, Attribute]:
    return {name: Attribute(check, required=True) for name, check in checks.items()}


_CATEGORY = Rule(values.present, attributes={"domain": Attribute()}, many=True)
_ITEM = Rule(
    children={
        "title": _TITLE,
        "link": _URL,
        "description": _ANY,
        "author": _CONTACT,
        "category": _CATEGORY,
        "comments": _URL,
        "enclosure": Rule(
            children={},
            attributes=_required(url=values.url, length=values.number(0), type=values.media_type),
            many=True,
        ),
        "guid": Rule(attributes={"isPermaLink": Attribute(values.one_of("true", "false"))}),
        "pubDate": _DATE,
        "source": Rule(attributes=_required(url=values.url)),
    },
    many=True,
)
_IMAGE = Rule(
    children={
        "url": _URL,
        "title": _TITLE,
        "link": _URL,
        "width": Rule(values.number(1, 144)),
        "height": Rule(values.number(1, 400)),
        "description": _ANY,
    },
    required=("url", "title", "link"),
)
_TEXT_INPUT = Rule(
    children={"title": _TITLE, "description": _TITLE, "name": _TITLE, "link": _URL},
    required=("title", "description", "name", "link"),
)
CHANNEL_RULES = {
    "title": _TITLE,
    "link": _URL,
    "description": _ANY,
    "language": Rule(values.language),
    "copyright": _TITLE,
    "managingEditor": _CONTACT,
    "webMaster": _CONTACT,
    "pubDate": _DATE,
    "lastBuildDate": _DATE,
    "category": _CATEGORY,
    "generator": _TITLE,
    "docs": _URL,
    "cloud": Rule(
        children={},
        attributes=_required(
            domain=values.present,
            port=_PORT,
            path=values.present,
            registerProcedure=None,
            protocol=values.one_of("xml-rpc", "soap", "http-post"),
        ),
    ),
    "ttl": Rule(values.number(1)),
    "image": _IMAGE,
    "rating": _ANY,
    "textInput": _TEXT_INPUT,
    "skipHours": Rule(children={"hour": Rule(values.number(0, 24), many=True)}, required=("hour",)),
    "skipDays": Rule(children={"day": Rule(values.one_of(*_DAYS), many=True)}, required=("day",)),
    "item": _ITEM,
}
_CHANNEL = Rule(children=CHANNEL_RULES, required=("title", "link", "description"))
RSS = Rule(
    children={"channel": _CHANNEL},
    required=("channel",),
    attributes={"version": Attribute(required=True)},
)
