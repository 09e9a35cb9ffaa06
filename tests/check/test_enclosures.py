"""Enclosures at other sites are compared with the answers of their servers."""

from pathlib import Path

import pytest

from feedsvc.check import command, enclosures, site
from feedsvc.errors import Problem
from feedsvc.fetch import Answer, FetchError
from feedsvc.model import Enclosure
from tests.desk import START
from tests.sites import article, make_site

MP3 = Enclosure("https://b.example/a.mp3", "audio/mpeg", 100)
RIGHT = {"content-length": "100", "content-type": "audio/mp3", "accept-ranges": "bytes"}


def found(status: int = 200, **changed: str) -> list[tuple[str, str]]:
    """Return the severities and codes of the findings about an answer."""
    headers = {**RIGHT, **{name.replace("_", "-"): value for name, value in changed.items()}}
    answer = Answer(MP3.url, (), status, headers, b"")
    problems = enclosures.validate("a.md", 4, MP3, answer)
    assert all((each.path, each.line) == ("a.md", 4) for each in problems)
    return [(each.severity, each.code) for each in problems]


@pytest.mark.parametrize(
    ("answer", "problems"),
    [
        ({}, []),
        ({"content_length": "101"}, [("warning", "enclosure-length")]),
        ({"content_length": ""}, []),
        ({"content_type": "text/html; charset=utf-8"}, [("warning", "enclosure-type")]),
        ({"accept_ranges": "none"}, [("note", "enclosure-ranges")]),
        ({"status": 404}, [("error", "enclosure-unreachable")]),
        ({"status": 405}, [("warning", "enclosure-unreachable")]),
    ],
)
def test_enclosures_are_compared_with_the_answer_of_the_server(
    answer: dict[str, object], problems: list[object]
) -> None:
    assert found(**answer) == problems  # type: ignore[arg-type]


def test_requests_go_only_to_public_addresses(tmp_path: Path) -> None:
    """Checking a third-party site must not send requests to the local network."""
    urls = ["http://127.0.0.1:9/a.mp3", "http://[::1]:9/a.mp3"]
    settings = make_site(tmp_path, {"a.md": article(enclosures=[*urls, "b.png"]), "b.png": "x"})
    problems = [
        each
        for each in site.validate(settings, START, ask=command._ask)
        if each.code.startswith("enclosure")
    ]
    assert [each.code for each in problems] == ["enclosure-unreachable"] * 2
    assert all("is not a public address" in each.message for each in problems)


def test_no_request_is_sent_without_the_option(tmp_path: Path) -> None:
    settings = make_site(tmp_path, {"a.md": article(enclosures="http://127.0.0.1:9/a.mp3")})
    problems: list[Problem] = site.validate(settings, START)
    assert not [each for each in problems if each.code.startswith("enclosure-")]


def test_a_failed_request_is_a_finding() -> None:
    (problem,) = enclosures.validate("a.md", 4, MP3, FetchError("https://b.example: is slow"))
    assert problem.message.endswith("which cannot be checked: https://b.example: is slow")
