"""Front matter of episodes: every key, and one warning for each invalid value."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc.podcast import (
    Alternate,
    Contributor,
    Episode,
    License,
    Location,
    Recipient,
    Role,
    Soundbite,
    Txt,
    Value,
)
from feedsvc.podcasts.episode import seconds
from feedsvc.sources import ArticleReader
from tests.sites import article, make_site
from tests.soak import examples

RECIPIENT = {"address": "02d5", "split": 90}


def episode(folder: Path, **front_matter: Any) -> tuple[Episode | None, list[str]]:
    """Return the episode of an article that is published, and its warnings."""
    text = article(enclosures="https://media.example/one.mp3", **front_matter)
    site = make_site(folder, {"a.md": text, "one.mp3": "x", "cover.png": "x"})
    reading = ArticleReader(site).read("a.md")
    assert reading.article
    assert {each.severity for each in reading.problems} <= {"warning"}
    return reading.article.episode, [f"{each.message} [{each.code}]" for each in reading.problems]


def test_an_article_without_episode_keys_is_not_an_episode(tmp_path: Path) -> None:
    assert episode(tmp_path) == (None, [])


def test_every_key_is_read(tmp_path: Path) -> None:
    """Podcasts 2, 7."""
    found, warnings = episode(
        tmp_path,
        episode={"number": 3, "display": "Ch. 3"},
        season={"number": 2, "name": "Wells"},
        episode_type="bonus",
        episode_title="Short",
        duration="1:02:03.5",
        explicit="no",
        artwork="cover.png",
        block="true",
        persons=["Ada", {"name": "Bo", "role": "Guest", "image": "cover.png"}],
        soundbites=[{"start": "1:30", "duration": 60, "title": "Why"}],
        location={"name": "Vienna", "rel": "creator", "geo": "geo:48.2,16.4", "country": "AT"},
        license={"name": "mine", "url": "https://example.org/license"},
        value={"recipients": [{**RECIPIENT, "name": "Ada", "fee": "true"}], "suggested": "0.1"},
        txt=["free", {"text": "abc", "purpose": "verify"}],
        alternate_enclosures=[{"url": "https://example.org/a.opus", "bitrate": 64000}],
    )
    assert warnings == []
    cover = "https://news.example.org/files/cover.png"
    assert found == Episode(
        number=3,
        display="Ch. 3",
        season=2,
        season_name="Wells",
        type=Role.BONUS,
        title="Short",
        duration=3723.5,
        explicit=False,
        image=cover,
        block=True,
        persons=(Contributor(name="Ada"), Contributor(name="Bo", role="guest", image=cover)),
        soundbites=(Soundbite(start=90, duration=60, title="Why"),),
        location=Location(name="Vienna", rel="creator", geo="geo:48.2,16.4", country="AT"),
        license=License(name="mine", url="https://example.org/license"),
        value=Value(
            suggested="0.1",
            recipients=(Recipient(address="02d5", split=90, name="Ada", fee=True),),
        ),
        txt=(Txt(text="free"), Txt(text="abc", purpose="verify")),
        alternates=(
            Alternate(sources=("https://example.org/a.opus",), type="audio/ogg", bitrate=64000),
        ),
    )


def test_the_files_of_an_episode_are_published(tmp_path: Path) -> None:
    text = article(artwork="cover.png", persons=[{"name": "Bo", "image": "bo.png"}])
    site = make_site(tmp_path, {"a.md": text, "cover.png": "x", "bo.png": "x"})
    found = ArticleReader(site).read("a.md").article
    assert found
    assert set(found.files) == {"cover.png", "bo.png"}


def test_values_in_toml_may_be_numbers(tmp_path: Path) -> None:
    text = """+++
title = "T"
date = 2026-11-27
episode = 3
duration = 90.5
explicit = true
soundbites = [{ start = 1, duration = 2.5 }]
value = { recipients = [{ address = "02d5", split = 1, fee = true }] }
+++
"""
    reading = ArticleReader(make_site(tmp_path, {"a.md": text})).read("a.md")
    assert reading.problems == ()
    assert reading.article
    assert reading.article.episode == Episode(
        number=3,
        duration=90.5,
        explicit=True,
        soundbites=(Soundbite(start=1, duration=2.5),),
        value=Value(recipients=(Recipient(address="02d5", split=1, fee=True),)),
    )


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("episode", "three", "has 'three'; write a whole number from 1, as in `episode: 3`"),
        ("episode", "0", "has '0'; write a whole number from 1"),
        ("episode", {"number": 1, "display": "x" * 33}, "has a text of 33 characters"),
        ("season", "1.5", "has '1.5'; write a whole number from 1"),
        ("episode_type", "extra", "is one of `full`, `trailer`, `bonus`"),
        ("duration", "0", "has '0'; write the duration of the recording, or leave it out"),
        ("duration", "1:75", "has '1:75'; write seconds, or a time like 1:02:03"),
        ("duration", "an hour", "has 'an hour'; write seconds"),
        ("explicit", "clean", "is `true` or `false`"),
        ("artwork", "absent.png", "names 'absent.png', which does not exist; add the file"),
        ("persons", [{"role": "host"}], "has one without a name; write it"),
        ("persons", [{"name": "A", "link": "bo"}], "is not a usable URL"),
        ("soundbites", [{"start": 1}], "has ''; write seconds"),
        ("soundbites", [{"start": 1, "duration": 0}], "has '0'; write a duration"),
        ("location", {"geo": "geo:1,2"}, "has no name; write one"),
        ("location", {"name": "V", "osm": "109166"}, "has '109166'; write an object of"),
        ("location", {"name": "V", "country": "Austria"}, "has 'Austria'; write a country code"),
        ("license", {"url": "https://example.org/"}, "has no name; write one"),
        ("value", "lightning", "names no recipient"),
        ("value", {"recipients": [{"address": "02d5"}]}, "has '02d5'; write the `address` and"),
        ("txt", "x" * 4001, "has a text of 4001 characters, and the limit is 4000; shorten it"),
        ("alternate_enclosures", [{"url": "absent.mp3"}], "names 'absent.mp3', which does not"),
        ("alternate_enclosures", [{"url": "one.mp3", "length": "x"}], "has 'x'; write a whole"),
    ],
)
def test_an_invalid_value_is_omitted_with_one_warning(
    tmp_path: Path, key: str, value: object, message: str
) -> None:
    found, (warning,) = episode(tmp_path, episode_title="Kept", **{key: value})
    assert warning.startswith(f"`{key}` {message}")
    assert "; the episode is published without it [" in warning
    assert found == Episode(title="Kept")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90", 90),
        ("1:30", 90),
        ("01:00:01", 3601),
        ("100:00", 6000),
        ("0:00:00.25", 0.25),
        *(("1:60", None), ("1:60:00", None), ("1:2:3:4", None), ("-1", None), ("", None)),
        *(("٣", None), ("1e3", None), ("9" * 20, None)),
    ],
)
def test_a_duration_is_in_seconds_or_with_colons(text: str, expected: float | None) -> None:
    assert seconds(text) == expected


@given(st.text("0123456789:. ", max_size=12))
@settings(max_examples=examples(30))
def test_any_text_is_parsed_as_a_duration_or_rejected(text: str) -> None:
    found = seconds(text)
    assert found is None or found >= 0
