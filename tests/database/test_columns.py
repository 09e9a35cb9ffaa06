"""Values of columns are converted or reported, never guessed."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc import dates
from feedsvc.database import columns
from feedsvc.database.keys import Keys, earlier
from feedsvc.errors import ArticleError
from feedsvc.importers.item import Hints, Item, Origin
from tests.soak import examples

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
HINTS = Hints(PARIS, {}, NOW, site="https://news.example.org/")
ORIGIN = Origin("posts:1", 0, 0, "")
LABELS = st.lists(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1), max_size=4)
NUMBERS = st.integers(-(10**14), 10**14)
VALUES = st.one_of(
    st.none(), st.booleans(), NUMBERS, st.floats(), st.decimals(), st.text(), st.binary(),
    st.datetimes(), st.datetimes(timezones=st.just(PARIS)), st.dates(), st.times(), st.timedeltas(),
    st.lists(st.one_of(st.text(), NUMBERS)), st.dictionaries(st.text(), st.text()),
    st.recursive(st.text(), lambda inner: st.lists(inner)).map(json.dumps),
)  # fmt: skip


def item(**values: object) -> Item:
    """Return the item of a row."""
    return columns.item(ORIGIN, {"id": 1, "title": "T", **values}, HINTS)


@settings(max_examples=examples(20))
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(sorted(columns.COLUMNS), VALUES)))
def test_any_values_are_converted_or_reported(values: dict[str, object]) -> None:
    with suppress(ArticleError):
        found = columns.item(ORIGIN, {"id": 1, **values}, HINTS)
        assert found.published is None or found.published.tzinfo
        found.title.encode()


@given(LABELS)
def test_lists_may_be_arrays_json_or_comma_separated(labels: list[str]) -> None:
    assert item(tags=labels).tags == tuple(labels)
    assert item(tags=json.dumps(labels)).tags == tuple(labels)
    assert item(tags=json.dumps(labels).encode()).tags == tuple(labels)
    plain = [label for label in labels if "," not in label and label[0] not in "[{"]
    assert item(tags=" , ".join(plain)).tags == tuple(plain)
    objects = [{"name": label} for label in labels]
    assert [each.name for each in item(authors=json.dumps(objects)).authors] == labels


@given(st.datetimes(datetime(1974, 1, 1), datetime(2200, 1, 1)))  # noqa: DTZ001
def test_dates_are_equal_in_every_type(moment: datetime) -> None:
    instant = moment.replace(microsecond=0, tzinfo=UTC)
    number = round(instant.timestamp())
    for value in (
        instant,
        str(instant),
        instant.isoformat().encode(),
        number,
        number * 1000,
        float(number),
        Decimal(number),
        instant.astimezone(PARIS),
    ):
        assert columns.as_date(value, PARIS, {}) == instant
    local = moment.replace(microsecond=0)
    expected = dates.parse(local, PARIS, {})
    for value in (local, str(local), local.isoformat()):
        assert columns.as_date(value, PARIS, {}) == expected


@pytest.mark.parametrize("value", [None, "", " ", "0000-00-00 00:00:00", b""])
def test_null_dates_are_none(value: object) -> None:
    assert columns.as_date(value, PARIS, {}) is None


@pytest.mark.parametrize("value", ["soon", "2022-13-01", 7, -5, 10**20, float("nan"), [], True])
def test_values_that_are_not_dates_are_reported(value: object) -> None:
    with pytest.raises(ArticleError, match="has a bad `published`: "):
        item(published=value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), (0, False), (None, False), ("yes", True), ("F", False), (b"\0", False),
     (b"\1", True), (Decimal(1), True), ("false", False)],
)  # fmt: skip
def test_booleans_are_accepted_in_many_forms(value: object, expected: bool) -> None:
    assert item(draft=value).draft is expected


@given(st.lists(st.one_of(st.integers(), st.text(min_size=1), st.uuids(), st.binary(min_size=1))))
def test_keys_can_be_converted_back_to_ids(ids: list[object]) -> None:
    keys = Keys()
    added = {keys.add(each): each for each in ids}
    for key, each in added.items():
        assert "/" not in key
        assert keys.value(key) == each


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), st.integers(0, 90_000))  # noqa: DTZ001
def test_watermarks_less_the_overlap_are_earlier_in_every_type(
    moment: datetime, overlap: int
) -> None:
    for value in (moment, moment.replace(tzinfo=UTC), moment.date(), moment.timestamp()):
        assert earlier(value, overlap, NOW, PARIS) <= value
    for text in (str(moment), moment.isoformat(), str(moment.date()), f"{moment}Z"):
        assert earlier(text, overlap, NOW, UTC) <= text
    # A watermark in the future does not hide changes until then.
    assert earlier(moment.replace(tzinfo=UTC), overlap, NOW, PARIS) <= NOW
    assert earlier("v17", overlap, NOW, PARIS) == "v17"
