"""Parses User-Agents: the family and its kind, and the count and feed id that a service reports.

Known families are in families.csv; crawlers, monitors and libraries are recognised by the patterns
of `crawler-user-agents`. Every other User-Agent is named after its product.
"""

import csv
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from typing import NamedTuple

from feedsvc.audience.rows import Kind

MAX = 512  # characters of a User-Agent to parse
NONE = "(no User-Agent)"
_EXAMPLE = 200  # characters
_MAX_KNOWN = 20_000  # cached User-Agents
_INSTANCES, _LIBRARY = "instances", "library"  # in families.csv
# Tags of crawler-user-agents. Patterns without any of these count as crawlers.
_TAGS = _CRAWLER, _MONITORING, _HTTP_LIBRARY, _ = (
    *("crawler", "monitoring", "http-library", "feed-reader"),
)

_NUMBER = re.compile(
    r"(?<![\w.])(\d{1,9})\+?\s+(?:readers?|subscribers?|users?)\b"
    r"|\b(?:users?|subscribers?|readers?)[ :=]\s?(\d{1,9})\b(?!\.\d)",  # not `RSS Reader 2.6`
    re.IGNORECASE | re.ASCII,
)
_ID = re.compile(r"feed-?id[:=]\s?([\w./-]{1,64})", re.IGNORECASE | re.ASCII)
_VERSION = re.compile(r"(?<=[A-Za-z])/\d+(?:\.\w+)+", re.ASCII)  # 1.0, not the 42 of an address
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]+")
_PRODUCT = re.compile(r"[A-Za-z][\w .!+-]{0,39}", re.ASCII)
_COMPATIBLE = re.compile(r"Mozilla/\S+ \(\s*compatible;\s*([^;)/]+)", re.IGNORECASE)
_BROWSER = re.compile(
    r"Mozilla/5\.0 \((?:Windows|Macintosh|X11|Linux|iPhone|iPad|iPod|Android|CrOS|Mobile)[^)]*\)"
    r"(?: (?:AppleWebKit|Gecko)/\S+)?(?: \(KHTML, like Gecko\))?(.*)"
)
_ENGINES = frozenset({"Version", "Mobile", "Safari", "Chrome", "HeadlessChrome"})
_BROWSERS = {
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Edg": "Edge",
    "EdgA": "Edge",
    "EdgiOS": "Edge",
    "OPR": "Opera",
    "Vivaldi": "Vivaldi",
    "CriOS": "Chrome",
    "SamsungBrowser": "Samsung Internet",
    "YaBrowser": "Yandex Browser",
}


class Family(NamedTuple):
    """A row of families.csv. hosted: whether a service polls for all users, from any address."""

    name: str
    kind: Kind
    example: str
    hosted: bool = False
    library: bool = False


@dataclass(slots=True, eq=False, frozen=True)
class Agent:
    """A parsed User-Agent.

    number: the reported number of subscribers, None without one. key: the reported id of the feed,
    or a digest of the parts that do not change. known: whether its service is in families.csv.
    hosted: whether its polls are counted by key, not by address. library: whether it is the default
    of a library. example: the User-Agent, printable.
    """

    family: str
    kind: Kind
    example: str
    key: str = ""
    number: int | None = None
    known: bool = False
    hosted: bool = False
    library: bool = False

    @property
    def is_direct(self) -> bool:
        """Whether it reads for one person, or a few, and is counted by address."""
        return not self.hosted and self.kind in (Kind.DIRECT, Kind.AT_LEAST)

    @property
    def reports(self) -> bool:
        """Whether its number of subscribers is stored, even if it is only claimed."""
        return self.hosted or self.kind is Kind.UNKNOWN


OTHER = Agent("other", Kind.DIRECT, "")  # for User-Agents that are not parsed


def parse(text: str) -> Agent:
    """Parse a User-Agent. Never fails; any text has some family."""
    text = _CONTROL.sub(" ", text[:MAX]).strip()
    example = text[:_EXAMPLE]
    if not text:
        return Agent(NONE, Kind.DIRECT, "", library=True)
    match = _NUMBER.search(text)
    number = int(match[1] or match[2]) if match else None
    family = _known(text)
    if number is not None:
        known = family is not None and family.hosted
        name = family.name if family else _name(text)
        kind = Kind.SERVICE if known else Kind.UNKNOWN
        return Agent(name, kind, example, _key(text), number, known, hosted=known)
    if family is None or family.library:
        family = _other(text, family)
    kind = Kind.AT_LEAST if family.kind is Kind.SERVICE else family.kind
    found = _ID.search(text) if family.hosted else None  # otherwise, a service counts once
    key = found[1] if found else ""
    return Agent(
        *(family.name, kind, example, key), hosted=family.hosted, library=family.library
    )  # fmt: skip


def _key(text: str) -> str:
    if found := _ID.search(text):
        return found[1]
    same = _VERSION.sub("", _NUMBER.sub("", text))
    return blake2b(same.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def _known(text: str) -> Family | None:
    """Return the family whose token comes first in the text, as the start of a word."""
    text = f" {text.lower()}"
    found = []
    for token, family in families():
        start = text.find(token)
        if start > 0 and not text[start - 1].isalpha():
            found.append((start, -len(token), family))
    return min(found)[2] if found else None


def _other(text: str, library: Family | None) -> Family:
    """Return the family of a User-Agent that is not in families.csv, and reports no count.

    library: the HTTP library that it names. Crawlers and monitors name theirs, too.
    """
    tag = next((tag for tag, expression in _patterns() if expression.search(text)), "")
    name = _name(text)
    if tag == _CRAWLER:
        return Family(name, Kind.CRAWLER, "")
    if tag == _MONITORING:
        return Family(name, Kind.MONITOR, "")
    if library or tag == _HTTP_LIBRARY:
        return library or Family(name, Kind.DIRECT, "", library=True)
    return (not tag and _browser(text)) or Family(name, Kind.DIRECT, "")


def _browser(text: str) -> Family | None:
    """Return the browser, or the program that appends its own product to a browser's User-Agent."""
    match = _BROWSER.fullmatch(text)
    if match is None:
        return None
    products = [each.partition("/")[0] for each in match[1].split()]
    odd = [each for each in products if each not in _ENGINES and each not in _BROWSERS]
    if odd:
        return Family(_clean(odd[-1]), Kind.DIRECT, "")
    named = [_BROWSERS[each] for each in products if each in _BROWSERS]
    engine = "Chrome" if "Chrome" in products else "Safari" if "Safari" in products else "browser"
    return Family(named[-1] if named else engine, Kind.BROWSER, "")


def _name(text: str) -> str:
    """Return the name of the product in a User-Agent."""
    if compatible := _COMPATIBLE.match(text):
        return _clean(compatible[1])
    return _clean(re.split(r"[/(;,]| - |\s\d", text, maxsplit=1)[0])


def _clean(name: str) -> str:
    match = _PRODUCT.search(name)
    return match[0].strip(" .-") if match else OTHER.family


@cache
def families() -> tuple[tuple[str, Family], ...]:
    """Return the known families with their tokens, in lower case."""
    found = []
    with (files("feedsvc.audience") / "families.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            kind = {_INSTANCES: Kind.AT_LEAST, _LIBRARY: Kind.DIRECT}.get(row["kind"])
            hosted = row["kind"] in (Kind.SERVICE, Kind.AT_LEAST)
            family = Family(
                *(row["family"], kind or Kind(row["kind"]), row["example"], hosted),
                library=row["kind"] == _LIBRARY,
            )
            found.append((row["token"], family))
    return tuple(found)


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Return the patterns of crawler-user-agents with their tags; the first that matches decides.

    Patterns with the same first letter are joined, which `re` searches twenty times as fast.
    """
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # takes 10 ms

    groups: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    for entry in CRAWLER_USER_AGENTS_DATA:
        tags, pattern = entry.get("tags", []), entry["pattern"]
        rank = next((n for n, tag in enumerate(_TAGS) if tag in tags), 0)
        groups[rank, pattern[0]].append(pattern)
    return [(_TAGS[rank], re.compile("|".join(each))) for (rank, _), each in sorted(groups.items())]


class Agents:
    """Remembers User-Agents, and limits how many are parsed."""

    def __init__(self, budget: int | None = None) -> None:
        """budget: how many are parsed before `renew` is called; None for no limit."""
        self._budget = self._left = budget
        self.known: dict[str | None, Agent] = {}

    def renew(self) -> None:
        """Restore the budget."""
        self._left = self._budget

    def learn(self, text: str | None) -> Agent:
        """Return the Agent of a User-Agent that is not in `known`."""
        short = (text or "")[:MAX]
        agent = self.known.get(short)
        if agent is None:
            if self._left is not None:
                if self._left <= 0:
                    return OTHER
                self._left -= 1
            if len(self.known) >= _MAX_KNOWN:
                self.known.clear()
            agent = self.known[short] = parse(short)
        if text is None:
            self.known[None] = agent
        return agent
