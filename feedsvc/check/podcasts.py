"""The elements of podcasts, as tables: Apple's, those of the podcast namespace, and chapters.

https://podcasters.apple.com/support/823-podcast-requirements,
https://podcasting2.org/docs/podcast-namespace, https://podlove.org/simple-chapters
"""

import re
from typing import Any

from feedsvc.check import values
from feedsvc.check.finding import Check, Fault, unless
from feedsvc.check.grammar import Rule, every, table
from feedsvc.check.markup import plain
from feedsvc.check.values import email, iri, language, media_type, number, one_of, present
from feedsvc.podcast import MAX_TEXT

ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
PODCAST = "https://podcastindex.org/namespace/1.0"
_DURATION = re.compile(r"\d{1,7}(?:\.\d+)?|\d{1,4}:[0-5]?\d(?::[0-5]\d)?", re.ASCII)
_NPT = re.compile(r"(?:\d{1,4}:)?(?:\d{1,4}:)?\d{1,7}(?:\.\d+)?", re.ASCII)


def _at_most(limit: int) -> Check:
    message = f"characters, and the limit is {limit}; shorten it"

    def check(text: str) -> Fault | None:
        over = len(text) > limit
        return Fault.warning("too-long-text", f"has {len(text)} {message}") if over else None

    return check


def _duration(text: str) -> Fault | None:
    if not _DURATION.fullmatch(text):
        return Fault("bad-duration", "is not a duration; write seconds, or HH:MM:SS")
    if not text.strip("0:."):
        return Fault("bad-duration", "is a duration of zero; write that of the recording")
    return None


_time = unless(  # a normal play time (RFC 2326 3.6), in which chapters start
    _NPT.fullmatch, Fault("bad-duration", "is not a time; write seconds, or HH:MM:SS.mmm")
)
_keywords = unless(
    lambda text: " " not in text.strip() or "," in text,
    Fault.warning("bad-keywords", "has no commas; separate keywords by commas"),
)
_uuid = unless(
    re.compile(values.UUID).fullmatch,
    Fault("bad-podcast-guid", "is not a UUID; write the one of the feed's URL"),
)
_true_or_false = unless(
    lambda text: text.lower() in {"true", "false"},
    Fault("bad-word", "is not true or false; write one of them"),
)
_yes = unless(
    lambda text: text.lower() in {"yes", "no", "clean"},
    Fault("bad-word", "is not Yes, which alone has an effect; write it, or remove it"),
)
_yes_or_no, _boolean = one_of("yes", "no"), one_of("true", "false")
_short, _text = (present, _at_most(MAX_TEXT)), (plain, _at_most(255))
_CATEGORY: dict[str, Any] = {"text": None}
_BELOW = Rule(children={}, attributes=table(_CATEGORY))
_ITUNES: dict[str, Any] = {
    "author?": _text,
    "block?": _yes,
    "category*": Rule(children=table({"category*": _BELOW}), attributes=table(_CATEGORY)),
    "complete?": _yes,
    "duration?": _duration,
    "episode?": number(1),
    "episodeType?": one_of("full", "trailer", "bonus"),
    "explicit?": Rule((_true_or_false,), exact=True),
    "image?": Rule(children={}, attributes=table({"href": iri})),
    "isClosedCaptioned?": None,
    "keywords?": (*_text, _keywords),
    "new-feed-url?": iri,
    "order?": number(0),
    "owner?": Rule(children=table({"name?": _text, "email": (email,)})),
    "pubDate?": None,
    "season?": number(1),
    "subtitle?": _text,
    "summary?": (plain, _at_most(4000)),
    "title?": present,
    "type?": one_of("episodic", "serial"),
}
_SOME = Rule(attributes=None, opaque=True)
_SPLIT: dict[str, Any] = {"name?": None, "type": present, "address": present, "split": number(0)}
_SPLIT |= {"customKey?": None, "customValue?": None, "fee?": _boolean}
_VALUE = Rule(
    children=table(
        {"valueRecipient*": Rule(children={}, attributes=table(_SPLIT)), "valueTimeSplit*": _SOME}
    ),
    attributes=table({"type": present, "method": present, "suggested?": None}),
)
_LOCATION = {"rel?": one_of("subject", "creator")} | every("geo? osm? country?", present)
_SECONDS = values.decimal(0, 1_000_000)
_PODCAST: dict[str, Any] = {
    "alternateEnclosure*": Rule(
        children=table(
            {
                "source+": Rule(attributes=table({"uri": iri, "contentType?": media_type})),
                "integrity?": Rule(attributes=table({"type": present, "value": present})),
            }
        ),
        attributes=table(
            {"type": media_type, "length?": number(0), "height?": number(1), "lang?": language}
            | {"bitrate?": values.decimal(1, 10**9), "title?": _at_most(32), "rel?": _at_most(32)}
            | {"codecs?": present, "default?": _boolean}
        ),
    ),
    "block*": Rule((_yes_or_no,), attributes=table({"id?": present})),
    "chapters?": Rule(attributes=table({"url": iri, "type": media_type})),
    "episode?": Rule((values.decimal(0, 1_000_000),), attributes=table({"display?": _at_most(32)})),
    "funding*": Rule(_short, attributes=table({"url": iri})),
    "guid?": _uuid,
    "license?": Rule(_short, attributes=table({"url?": iri})),
    "location*": Rule(_short, attributes=table(_LOCATION)),
    "locked?": Rule((_yes_or_no,), attributes=table({"owner?": email})),
    "medium?": present,
    "person*": Rule(
        _short,
        attributes=table({"role?": present, "group?": present, "img?": iri, "href?": iri}),
    ),
    "season?": Rule((number(0),), attributes=table({"name?": _at_most(MAX_TEXT)})),
    "soundbite*": Rule(
        (_at_most(MAX_TEXT),), attributes=table({"startTime": _SECONDS, "duration": _SECONDS})
    ),
    "trailer*": Rule(
        _short,
        attributes=table(
            {"url": iri, "pubdate": present, "length?": number(0), "type?": media_type}
            | {"season?": number(0)}
        ),
    ),
    "transcript*": Rule(
        attributes=table({"url": iri, "type": media_type, "language?": language, "rel?": present})
    ),
    "txt*": Rule((present, _at_most(4000)), attributes=table({"purpose?": _at_most(MAX_TEXT)})),
    "updateFrequency?": Rule(
        _short,
        attributes=table({"complete?": _boolean, "dtstart?": present, "rrule?": present}),
    ),
    "value*": _VALUE,
    **every("chat* contentLink* image* images* integrity* liveItem* podping* podroll?", _SOME),
    **every("publisher? remoteItem* socialInteract* source*", _SOME),
}
_CHAPTER: dict[str, Any] = {"start": _time, "title?": None, "href?": iri, "image?": iri}
_PSC: dict[str, Any] = {
    "chapters?": Rule(
        children=table({"chapter*": Rule(children={}, attributes=table(_CHAPTER))}),
        attributes=table({"version?": None}),
    ),
}
VOCABULARIES: dict[str, dict[str, Any]] = {
    f"itunes {ITUNES}": _ITUNES,
    f"podcast {PODCAST}": _PODCAST,
    "psc http://podlove.org/simple-chapters": _PSC,
}
