"""User-Agents: statistics 3, 4 and 11."""

import re

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.audience import agents
from feedsvc.audience.agents import Agent, parse
from feedsvc.audience.rows import Kind

# Statistics 3: User-Agents of services, with the family, the number and the id.
FORMS = [
    (
        "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 1204 subscribers; like Feedfetcher)",
        *("Feedly", 1204, None),
    ),
    ("Feedbin feed-id:1373711 - 142 subscribers", "Feedbin", 142, "1373711"),
    (
        "NewsBlur Feed Fetcher - 85 subscribers - http://www.newsblur.com/site/6813/webpage (x)",
        *("NewsBlur", 85, None),
    ),
    (
        "NewsBlur Feed Fetcher - 1 subscriber - http://www.newsblur.com/site/1/x",
        "NewsBlur",
        1,
        None,
    ),
    ("Mozilla/5.0 (compatible; inoreader.com; 480 subscribers)", "Inoreader", 480, None),
    (
        "Mozilla/5.0 (compatible; theoldreader.com; 97 subscribers; feed-id=8f2c5a)",
        *("The Old Reader", 97, "8f2c5a"),
    ),
    (
        "Mozilla/5.0 (compatible; BazQux/2.4; +https://bazqux.com/fetcher; 31 subscribers)",
        *("BazQux", 31, None),
    ),
    (
        "Overcast/1.0 Podcast Sync (123 subscribers; feed-id=456789; +http://overcast.fm/)",
        *("Overcast", 123, "456789"),
    ),
    ("Newsify Feed Fetcher - 12 subscribers", "Newsify", 12, None),
    ("Dreamwidth Studios (feeds@dreamwidth.org; for x; 33 readers)", "Dreamwidth", 33, None),
    ("LiveJournal.com (webmaster@livejournal.com; for x; 7 readers)", "LiveJournal", 7, None),
    ("Netvibes (http://www.netvibes.com/; 9 subscribers; feedID: 4242)", "Netvibes", 9, "4242"),
    ("YahooFeedSeeker/2.0 (compatible; users 5; views 0)", "Yahoo FeedSeeker", 5, None),
    ("Feedspot (+https://www.feedspot.com/fs/fetcher; subscribers: 4)", "Feedspot", 4, None),
    ("FreshRSS/1.24.1 (Linux; https://freshrss.org)", "FreshRSS", None, None),
    ("Mozilla/5.0 (compatible; Miniflux/2.2.1; +https://miniflux.app)", "Miniflux", None, None),
    ("Superfeedr bot/2.0 http://superfeedr.com - feed-id:1162088860", "Superfeedr", None, None),
]
PARTS = [*(form[0] for form in FORMS), "9" * 300, "\0", "<b>", "subscribers "]
TEXTS = st.text(max_size=300) | st.lists(st.sampled_from(PARTS)).map("".join)


@pytest.mark.parametrize(("text", "family", "number", "key"), FORMS)
def test_known_user_agents_are_parsed(
    text: str, family: str, number: int | None, key: str | None
) -> None:
    """Statistics 3."""
    agent = parse(text)
    assert (agent.family, agent.number) == (family, number)
    assert agent.kind is (Kind.AT_LEAST if number is None else Kind.SERVICE)
    assert agent.known == (number is not None)
    if key:
        assert agent.key == key


@pytest.mark.parametrize(("token", "family"), agents.families())
def test_every_known_family_is_recognised_by_its_example(token: str, family: agents.Family) -> None:
    agent = parse(family.example)
    assert agent.family == family.name
    assert agent.hosted == family.hosted
    assert agent.library == family.library


@given(TEXTS)
def test_any_text_is_parsed(text: str) -> None:
    agent = parse(text)
    assert agent.family
    assert agent.number is None or 0 <= agent.number < 10**9
    assert len(agent.family) <= 40
    assert len(agent.example) <= 200
    assert len(agent.key) <= 64
    assert not re.search(r"[\x00-\x1f\x7f<>&]", agent.family + agent.key)
    assert not re.search(r"[\x00-\x1f\x7f]", agent.example)


@given(st.integers(0, 10**9 - 1), st.integers(0, 10**9 - 1), st.sampled_from(FORMS))
def test_a_service_keeps_its_key_when_the_number_changes(
    one: int, other: int, form: tuple[str, str, int | None, str | None]
) -> None:
    """Statistics 4."""
    text, _, number, _ = form
    if number is not None:
        first, second = (
            parse(re.sub(rf"(?<![\w.]){number}(?= [rsu]|\b[;)])", str(each), text, count=1))
            for each in (one, other)
        )
        assert (first.number, second.number) == (one, other)
        assert first.key == second.key


def test_a_new_version_of_a_service_keeps_its_key() -> None:
    text = "Feedly/{} (+http://www.feedly.com/fetcher.html; 5 subscribers)"
    assert parse(text.format("1.0")).key == parse(text.format("2.13")).key


def test_services_without_number_and_id_have_an_empty_key() -> None:
    """Statistics 2."""
    assert parse("Slackbot 1.0 (x)").key == parse("Slackbot 1.1 (y)").key == ""


def test_a_version_is_not_a_number_of_subscribers() -> None:
    assert parse("Foo RSS Reader 2.6.35 (Android)").number is None
    assert parse("Foo (subscribers: 12; 2.6)").number == 12


def test_feeds_of_the_same_service_have_different_keys() -> None:
    """Statistics 4: a service may have several entries for one feed."""
    text = "NewsBlur Feed Fetcher - 85 subscribers - http://www.newsblur.com/site/{}/webpage"
    assert parse(text.format(1)).key != parse(text.format(2)).key


def test_overlong_and_invalid_numbers_are_ignored() -> None:
    assert parse("Reader/1.0 " + "9" * 300 + " subscribers").number is None
    assert parse("Reader/1.0 " + "x" * 65_536 + " 5 subscribers").number is None
    assert parse("2.0 subscribers").number is None
    assert parse("\x00\x1b ").family == parse("").family == agents.NONE


def test_the_count_of_an_unknown_program_is_not_trusted() -> None:
    """Statistics 6."""
    agent = parse("RankBooster/1.0 (999999999 subscribers)")
    assert (agent.kind, agent.number, agent.known) == (Kind.UNKNOWN, 999_999_999, False)
    assert parse("Googlebot/2.1 (500 subscribers)").kind is Kind.UNKNOWN
    assert not parse("NetNewsWire (500 subscribers)").known


BROWSERS = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0": "Firefox",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0": "Edge",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/17.5 Mobile/15E148 Safari/604.1": "Safari",
}


@pytest.mark.parametrize(("text", "family"), BROWSERS.items())
def test_browsers_are_not_readers(text: str, family: str) -> None:
    """Statistics 11."""
    agent = parse(text)
    assert (agent.family, agent.kind, agent.is_direct) == (family, Kind.BROWSER, False)


def test_a_program_embedding_a_browser_is_recognised() -> None:
    text = "Mozilla/5.0 (Macintosh) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/1 Foo/2 Safari/3"
    assert (parse(text).family, parse(text).kind) == ("Foo", Kind.DIRECT)


def tagged(tag: str) -> list[Agent]:
    return [
        parse(text)
        for entry in CRAWLER_USER_AGENTS_DATA
        if tag in entry.get("tags", [])
        for text in entry.get("instances", [])
    ]


def test_crawlers_monitors_and_readers_are_distinguished() -> None:
    """Statistics 11. The few exceptions are services that belong to both groups."""
    assert all(agent.is_direct or agent.reports for agent in tagged("feed-reader"))
    crawlers = [agent.kind for agent in tagged("seo") + tagged("search-engine") + tagged("scanner")]
    assert crawlers.count(Kind.CRAWLER) > 0.99 * len(crawlers)
    monitors = [agent.kind for agent in tagged("monitoring")]
    assert monitors.count(Kind.MONITOR) > 0.95 * len(monitors)
    libraries = tagged("http-library")
    assert sum(agent.library for agent in libraries) > 0.95 * len(libraries)
