"""The criteria of a good reader, and the score of a family of readers. Pure.

The tally counts acts per family; a criterion compares an act with the polls in which it could have
occurred. Clients are identified by (address, User-Agent, feed), never by User-Agent alone.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

MINUTE, HOUR, DAY = 60, 3_600, 86_400
# Upper limits, in seconds, of the time between two polls of one client; the last class is longer.
INTERVALS = (
    *(MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR, DAY, 2 * DAY),
)
BURST = 10  # seconds within which a second poll of the same URL is a burst
POLITE = HOUR  # seconds between conditional polls
POLITE_UNCONDITIONAL = DAY  # seconds between unconditional polls
FEWEST = 20  # polls that a family needs for a score


class Act(StrEnum):
    """What a poll did, or could have done.

    A *known* client has got this feed before. An entity tag or date is *stale* if it is not the
    last that this client got. A date is *invented* if it is later than the document's.
    """

    POLL = "poll"
    KNOWN = "known"  # of a known client
    FORGOT = "forgot"  # of a known client, without a condition
    TAGGED = "tagged"  # has If-None-Match
    TAG_STALE = "tag-stale"
    TAG_UNQUOTED = "tag-unquoted"
    DATED = "dated"  # has If-Modified-Since
    DATE_STALE = "date-stale"
    DATE_INVENTED = "date-invented"
    COOKIE = "cookie"
    REFERRER = "referrer"
    QUERY = "query"  # has a query that feedsvc did not publish
    CONDITIONAL_AGAIN = "conditional-again"  # conditional, of a known client
    CONDITIONAL_EARLY = "conditional-early"  # the same, sooner than POLITE
    UNCONDITIONAL_EARLY = "unconditional-early"  # FORGOT, sooner than POLITE_UNCONDITIONAL
    BURST = "burst"  # of a known client, within BURST seconds of its last
    FRESH = "fresh"  # of a known client, before max-age had passed
    INVENTED_URL = "invented-url"  # got 404
    LIBRARY = "library"  # has the default User-Agent of a library
    REFUSED = "refused"  # a client's first poll after it got 429
    IGNORED = "ignored"  # the same, before Retry-After had passed
    WHOLE = "whole"  # got the whole document (200)
    PLAIN = "plain"  # the same, and accepted no compression


class Criterion(NamedTuple):
    """Something that a reader should not do.

    act, of: the act, and the polls in which it could have occurred. weight: in the score. broken:
    describes the act. rule: a sentence of the specification. source: its section. advice: for the
    developers of the reader.
    """

    name: str
    act: Act
    of: Act
    weight: int
    broken: str
    rule: str
    source: str
    advice: str


CRITERIA = (
    Criterion(
        "conditional requests",
        *(Act.FORGOT, Act.KNOWN, 30),
        "fetches the whole feed although it has it",
        "When a client desires to update one or more stored responses that have entity tags, the "
        "client SHOULD generate an If-None-Match header field containing a list of those entity "
        "tags when making a GET request.",
        "RFC 9110 13.1.2",
        "Store the ETag and Last-Modified of each response, and send them back in If-None-Match "
        "and If-Modified-Since with the next request.",
    ),
    Criterion(
        "stale entity tag",
        *(Act.TAG_STALE, Act.TAGGED, 10),
        "sends another entity tag than the last that it got",
        "A cache MUST send the relevant entity tags (using If-Match, If-None-Match, or If-Range) "
        "if the entity tags were provided in the stored response(s) being validated.",
        "RFC 9111 4.3.1",
        "Replace the stored ETag with that of every response, also after 226 and 304.",
    ),
    Criterion(
        "entity tag without quotes",
        *(Act.TAG_UNQUOTED, Act.TAGGED, 10),
        "sends the entity tag without its quotes, so that it never matches",
        "An entity tag consists of an opaque quoted string, possibly prefixed by a weakness "
        "indicator.",
        "RFC 9110 8.8.3",
        "The quotes are part of the ETag: store and send the field's value as it is.",
    ),
    Criterion(
        "stale date",
        *(Act.DATE_STALE, Act.DATED, 5),
        "sends another date than the last Last-Modified that it got",
        "A cache SHOULD send the Last-Modified value (using If-Modified-Since) if the request is "
        "not for a subrange, a single stored response is being validated, and that response "
        "contains a Last-Modified value.",
        "RFC 9111 4.3.1",
        "Replace the stored Last-Modified with that of every response.",
    ),
    Criterion(
        "invented date",
        *(Act.DATE_INVENTED, Act.DATED, 10),
        "sends a date that it never got, such as the time of its last poll",
        "When used for cache updates, a cache will typically use the value of the cached message's "
        "Last-Modified header field to generate the field value of If-Modified-Since.",
        "RFC 9110 13.1.3",
        "Send back Last-Modified as it was, not a date of your own clock: an article that is "
        "published with an earlier date would be missed.",
    ),
    Criterion(
        "interval",
        *(Act.CONDITIONAL_EARLY, Act.CONDITIONAL_AGAIN, 10),
        "polls more often than once an hour",
        "No specification names an interval; an hour between conditional requests is what most "
        "publishers ask for.",
        "convention",
        "Poll once an hour or less often, and learn of changes through WebSub.",
    ),
    Criterion(
        "interval of whole documents",
        *(Act.UNCONDITIONAL_EARLY, Act.FORGOT, 10),
        "fetches the whole feed more often than once a day",
        "No specification names an interval; a day between unconditional requests is what most "
        "publishers ask for.",
        "convention",
        "Without conditional requests, poll once a day.",
    ),
    Criterion(
        "max-age",
        *(Act.FRESH, Act.KNOWN, 5),
        "asks again before the response that it has is stale",
        "The max-age response directive indicates that the response is to be considered stale "
        "after its age is greater than the specified number of seconds.",
        "RFC 9111 5.2.2.1",
        "Do not poll again before max-age of Cache-Control is over.",
    ),
    Criterion(
        "Retry-After",
        *(Act.IGNORED, Act.REFUSED, 10),
        "comes back too early after 429 Too Many Requests",
        'Servers send the "Retry-After" header field to indicate how long the user agent ought to '
        "wait before making a follow-up request.",
        "RFC 9110 10.2.3",
        "After 429 or 503, wait for as long as Retry-After says.",
    ),
    Criterion(
        "bursts",
        *(Act.BURST, Act.KNOWN, 5),
        f"asks for the same feed again within {BURST} seconds",
        "A client ought to limit the number of simultaneous open connections that it maintains to "
        "a given server.",
        "RFC 9112 9.4",
        "Fetch each feed once when the program starts, and use what was fetched for everything.",
    ),
    Criterion(
        "compression",
        *(Act.PLAIN, Act.WHOLE, 10),
        "accepts no compression",
        'The "Accept-Encoding" header field can be used to indicate preferences regarding the use '
        "of content codings.",
        "RFC 9110 12.5.3",
        "Send `Accept-Encoding: gzip`, or whatever the HTTP library can decode: feeds shrink to a "
        "fifth.",
    ),
    Criterion(
        "invented addresses",
        *(Act.INVENTED_URL, Act.POLL, 5),
        "asks for addresses that were never published",
        "Agents making use of URIs SHOULD NOT attempt to infer properties of the referenced "
        "resource.",
        "Architecture of the World Wide Web 2.5",
        "Find feeds through the links of the page, not by guessing paths.",
    ),
    Criterion(
        "added parameters",
        *(Act.QUERY, Act.POLL, 5),
        "adds a query to the address of the feed",
        "The cache key is the information a cache uses to choose a response and is composed from, "
        "at a minimum, the request method and target URI used to retrieve the stored response.",
        "RFC 9111 2",
        "Request the address as it was published: each other one misses every cache.",
    ),
    Criterion(
        "cookies",
        *(Act.COOKIE, Act.POLL, 5),
        "sends cookies, which feedsvc never sets",
        "To store state, the origin server includes a Set-Cookie header in an HTTP response. In "
        "subsequent requests, the user agent returns a Cookie request header to the origin server.",
        "RFC 6265 3",
        "Poll with a client of its own, not with the cookies of a browser.",
    ),
    Criterion(
        "referrers",
        *(Act.REFERRER, Act.POLL, 5),
        "sends a Referer, although no page leads to the feed",
        "If the target URI was obtained from a source that does not have its own URI (e.g., input "
        "from the user keyboard, or an entry within the user's bookmarks/favorites), the user "
        "agent MUST either exclude the Referer header field or send it with a value of "
        '"about:blank".',
        "RFC 9110 10.1.3",
        "Leave out Referer when polling.",
    ),
    Criterion(
        "User-Agent of its own",
        *(Act.LIBRARY, Act.POLL, 5),
        "has the default User-Agent of its HTTP library",
        "By convention, the product identifiers are listed in decreasing order of their "
        "significance for identifying the user agent software.",
        "RFC 9110 10.1.5",
        "Name the program, its version and a page about it in User-Agent.",
    ),
)


class Breach(NamedTuple):
    """A criterion that a family breaks. share: of the polls that could break it, above 0."""

    criterion: Criterion
    share: float


class Score(NamedTuple):
    """How well a family behaves.

    points: from 0 to 100; None if it has polled too rarely to tell. breaches: worst first.
    """

    points: int | None
    breaches: tuple[Breach, ...]


def score(acts: Mapping[Act, int] | Mapping[str, int]) -> Score:
    """Score a family of readers. acts: the number of its polls by Act.

    The score is relative to the weights of all criteria that the family could have broken. Each
    subtracts its weight times the share of polls that broke it.
    """
    breaches, possible, lost = [], 0, 0.0
    for criterion in CRITERIA:
        of = acts.get(criterion.of, 0)
        if of <= 0:
            continue
        share = min(1.0, acts.get(criterion.act, 0) / of)
        possible += criterion.weight
        lost += criterion.weight * share
        if share > 0:
            breaches.append(Breach(criterion, share))
    breaches.sort(key=lambda each: -each.share * each.criterion.weight)
    if not possible or acts.get(Act.POLL, 0) < FEWEST:
        return Score(None, tuple(breaches))
    return Score(round(100 * (1 - lost / possible)), tuple(breaches))


def scores(acts: Mapping[tuple[str, str], int]) -> dict[str, Score]:
    """Score every family. acts: the number of polls by family and Act."""
    by_family: dict[str, dict[str, int]] = {}
    for (family, act), number in acts.items():
        by_family.setdefault(family, {})[act] = number
    return {family: score(own) for family, own in by_family.items()}
