"""The texts of the interface are complete in every language."""

import re

import pytest
from msgspec import structs

from feedsvc.model import Kind
from feedsvc.web import create_app
from feedsvc.web.interface import DEFAULT, interface, languages
from tests.web.fake import SETTINGS, FakePublication

TRANSLATIONS = sorted(languages() - {DEFAULT})


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w*)\}", text))


def test_english_and_french_are_available() -> None:
    assert {"en", "fr"} <= languages()


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_has_the_same_texts_with_the_same_placeholders(language: str) -> None:
    english, other = interface(DEFAULT), interface(language)
    for name in ("texts", "headings", "titles", "errors"):
        assert getattr(english, name).keys() == getattr(other, name).keys()
        assert all(getattr(other, name).values())
    for name, text in english.texts.items():
        assert placeholders(text) == placeholders(other.texts[name]), name


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_kind_of_feed_has_a_heading(language: str) -> None:
    assert set(interface(language).headings) == set(Kind) - {Kind.ALL}


@pytest.mark.parametrize(
    ("language", "zero", "one"),
    [("en", "0 articles", "1 article"), ("fr", "0 article", "1 article")],
)
def test_plurals_follow_the_language(language: str, zero: str, one: str) -> None:
    assert [interface(language).articles(n) for n in (0, 1, 2)] == [zero, one, "2 articles"]


@pytest.mark.parametrize(
    ("language", "expected"), [("fr", "S’abonner"), ("fr-CA", "S’abonner"), ("de", "Subscribe")]
)
def test_pages_are_in_the_language_of_the_site(language: str, expected: str) -> None:
    settings = structs.replace(SETTINGS, language=language)
    client = create_app(FakePublication(settings)).test_client()
    text = client.get("/").text
    assert f'<html lang="{language}">' in text
    assert expected in text
    assert ('lang="en"><a' in text) == (language == "de")


def test_errors_are_in_the_language_of_the_site() -> None:
    client = create_app(FakePublication(structs.replace(SETTINGS, language="fr"))).test_client()
    assert "Page introuvable" in client.get("/nothing").text
