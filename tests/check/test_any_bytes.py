"""The validator accepts any document and reports only lines that exist."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.check.feed import validate
from feedsvc.check.finding import count_lines
from feedsvc.errors import Problem
from feedsvc.model import Entry, Feed, Format
from tests.render import samples

NOW = datetime(2026, 11, 23, tzinfo=UTC)
GOOD = [path.read_bytes() for path in (Path(__file__).parent / "fixtures").iterdir()]


def validated(body: bytes) -> list[Problem]:
    problems = validate(body, "feed", "https://news.example.org/feed", NOW)
    for problem in problems:
        assert 0 <= problem.line <= count_lines(body)
        assert "\n" not in str(problem)
        assert len(problem.message) < 1000
    return problems


@given(st.binary(max_size=300))
def test_any_bytes_are_validated(body: bytes) -> None:
    validated(body)


@given(st.text(st.sampled_from("<>/&;!?[]{}\"'=:,abrsx0 \n\x00é") | st.characters(), max_size=200))
def test_any_text_is_validated(text: str) -> None:
    validated(text.encode("utf-8", "surrogatepass"))


@given(
    st.sampled_from(GOOD),
    st.integers(0, 2000),
    st.integers(0, 40),
    st.binary(max_size=12)
    | st.sampled_from([b"<x/>", b"</item>", b"&lt;", b'"', b"<![CDATA[", b"\n"]),
)
def test_any_damaged_feed_is_validated(body: bytes, at: int, cut: int, put: bytes) -> None:
    validated(body[:at] + put + body[at + cut :])


@given(
    st.sampled_from(["pubDate", "guid", "author", "link", "title", "description", "language"]),
    st.text(max_size=40),
)
def test_any_value_is_validated(name: str, value: str) -> None:
    safe = value.encode("ascii", "xmlcharrefreplace").decode().replace("<", "&lt;")
    item = f"<item>\n<{name}>{safe}</{name}></item>"
    validated(f'<rss version="2.0"><channel>{item}</channel></rss>'.encode())


# URLs, ids, names and HTML in the catalog are valid; texts are arbitrary.
VALID = st.builds(
    lambda title, summary, content, published, number: replace(
        samples.ENTRY,
        id=f"tag:news.example.org,2022:{number}",
        title=f"T{title}",
        summary=summary,
        content=content and f"<p>{content.replace('<', '').replace('&', '')}</p>",
        published=published,
        updated=published,
    ),
    samples.anything,
    samples.anything,
    st.none() | samples.anything,
    st.datetimes(datetime(1971, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(0, 10**6),
)


@pytest.mark.parametrize("format", Format)
@given(entries=st.lists(VALID, max_size=4, unique_by=lambda entry: entry.id))
def test_rendered_feeds_have_no_error(format: Format, entries: list[Entry]) -> None:
    feed: Feed = replace(samples.FEED, self_url=f"{samples.BASE}/feed")
    body = samples.render(format, feed, *entries)
    problems = validate(body, "feed", feed.self_url, NOW)
    assert [str(each) for each in problems if each.severity == "error"] == []


def test_an_entity_bomb_is_an_error() -> None:
    declared = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
    bomb = f'<!DOCTYPE rss [<!ENTITY a0 "ha">{declared}]><rss version="&a9;">&a9;</rss>'.encode()
    assert "not-well-formed" in {each.code for each in validated(bomb)}


def test_an_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("xyzzy")
    declared = f'<!DOCTYPE rss [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    # If the entity were read, its text would be quoted as an invalid date.
    channel = "<channel><pubDate>&e;</pubDate></channel>"
    body = f'{declared}<rss version="2.0">{channel}</rss>'.encode()
    problems = validated(body)
    assert "entity" in {each.code for each in problems}
    assert not any("xyzzy" in each.message for each in problems)


def test_findings_of_the_same_code_are_limited_and_counted() -> None:
    body = b'<rss version="2.0"><channel>' + b"<item/>\n" * 500 + b"</channel></rss>"
    empty = [each for each in validated(body) if each.code == "empty-item"]
    assert len(empty) == 10
    assert empty[-1].message.endswith("(and 490 more like it)")


def test_only_the_first_ten_thousand_entries_are_validated() -> None:
    body = b'{"version": "https://jsonfeed.org/version/1.1", "items": [' + b"{}," * 10_000 + b"{}]}"
    assert "many-entries" in {each.code for each in validated(body)}


def test_a_document_with_thousands_of_attributes_is_not_validated_further() -> None:
    attributes = " ".join(f'a{n}="1"' for n in range(1000))
    assert [each.code for each in validated(f"<rss {attributes}/>".encode())] == ["many-attributes"]
