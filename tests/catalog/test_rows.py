"""Rows of articles: what is stored, and what changes a fingerprint."""

from dataclasses import replace
from datetime import UTC, datetime

from feedsvc.catalog.identity import Claim
from feedsvc.catalog.rows import article_row, load_content
from feedsvc.catalog.spool import pack
from feedsvc.model import Article, Enclosure
from feedsvc.podcast import Chapter, Episode, License, Role
from tests.catalogs import claim_of

_WHEN = datetime(2026, 11, 27, tzinfo=UTC)
_RECORDING = Enclosure("https://example.org/1.mp3", "audio/mpeg", 5)
_ARTICLE = Article(
    path="one.md",
    slug="one",
    id=None,
    title="One",
    published=_WHEN,
    updated=_WHEN,
    expires=None,
    html="<p>One.</p>",
    link="https://example.org/one",
    terms=(),
    enclosures=(_RECORDING,),
)


def _fingerprint(article: Article) -> str:
    return article_row(article)[0].fingerprint


def test_an_episode_is_stored_with_the_presentation() -> None:
    episode = Episode(
        number=3,
        type=Role.BONUS,
        chapters=(Chapter(start=1.5, title="Start"),),
        license=License(name="cc-by-4.0"),
    )
    recording = replace(_RECORDING, duration=600.5, bitrate=128_000)
    article = replace(_ARTICLE, episode=episode, enclosures=(recording,))
    content = load_content(article_row(article)[1].presentation)
    assert content["episode"] == episode
    assert content["enclosures"] == (recording,)


def test_the_fingerprint_of_an_article_without_episode_is_stable() -> None:
    assert _fingerprint(_ARTICLE) == "493ad2e85d12092ebb5acf78bed5139d"


def test_properties_of_enclosures_and_episodes_change_the_fingerprint() -> None:
    changed = [
        replace(_ARTICLE, enclosures=(replace(_RECORDING, duration=600.5),)),
        replace(_ARTICLE, episode=Episode()),
        replace(_ARTICLE, episode=Episode(number=3)),
    ]
    assert len({_fingerprint(each) for each in (_ARTICLE, *changed)}) == 4


def test_flags_of_an_article_may_be_numbers() -> None:
    columns, texts = article_row(replace(_ARTICLE, draft=0, feeds=1))  # type: ignore[arg-type]
    claim = Claim(None, "tag:a", columns)
    assert claim_of(pack(claim, texts)) == claim
