"""Dates are read without guessing and written without a locale (conformance 3, 16, 51-53)."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc import dates

PARIS = ZoneInfo("Europe/Paris")
ZONES: Mapping[str, tzinfo] = {"CET": PARIS, "EST": timezone(timedelta(hours=-5))}
MOMENTS = st.datetimes(
    min_value=datetime(1000, 1, 2),  # noqa: DTZ001
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.timezones() | st.just(UTC),
).map(lambda moment: moment.astimezone(UTC).replace(microsecond=0))


def read(value: object) -> str:
    return dates.parse(value, PARIS, ZONES).isoformat()


def refusal(value: object) -> str:
    with pytest.raises(dates.DateError) as caught:
        dates.parse(value, PARIS, ZONES)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2022-02-17", "2022-02-17T00:00:00+01:00"),
        ("2022-02-17 10:30", "2022-02-17T10:30:00+01:00"),
        ("2022-02-17T10:30:59.987654321Z", "2022-02-17T10:30:59+00:00"),
        ("2022-02-17t10:30:00z", "2022-02-17T10:30:00+00:00"),
        ("2022-02-17 10:30:00 +0530", "2022-02-17T10:30:00+05:30"),
        ("2022-07-17T10:30-08:00", "2022-07-17T10:30:00-08:00"),
        ("  17 February 2022 ", "2022-02-17T00:00:00+01:00"),
        ("Feb 17, 2022 10:30\u202fPM", "2022-02-17T22:30:00+01:00"),
        ("Thu, 17 Feb 2022 09:30:00 GMT", "2022-02-17T09:30:00+00:00"),
        ("Thu, 17 Feb 2022 09:30:00 +0000 (GMT)", "2022-02-17T09:30:00+00:00"),
        ("17-FEB-2022 10:30pm -0500", "2022-02-17T22:30:00-05:00"),
        ("25/12/2022", "2022-12-25T00:00:00+01:00"),
        ("12/25/2022", "2022-12-25T00:00:00+01:00"),
        ("04/04/2022", "2022-04-04T00:00:00+02:00"),
        ("2022/03/04", "2022-03-04T00:00:00+01:00"),
        ("20220304", "2022-03-04T00:00:00+01:00"),
    ],
)
def test_complete_dates_are_read_and_keep_their_offset(written: str, meant: str) -> None:
    """Conformance 51, 52."""
    assert read(written) == meant


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        (date(2022, 2, 17), "2022-02-17T00:00:00+01:00"),
        (datetime(2022, 2, 17, 10, 30, 5, 999999), "2022-02-17T10:30:05+01:00"),  # noqa: DTZ001
        (datetime(2022, 2, 17, 10, 30, tzinfo=UTC), "2022-02-17T10:30:00+00:00"),
        (20220217, "2022-02-17T00:00:00+01:00"),
    ],
)
def test_date_values_of_yaml_and_toml_are_read(value: object, meant: str) -> None:
    """Conformance 51."""
    assert read(value) == meant


@pytest.mark.parametrize(
    ("value", "message_part"),
    [
        (750, "12:30"),
        (-1, "number"),
        (1.5, "number"),
        (float("nan"), "number"),
        pytest.param(10**5000, "number", id="huge"),
        (True, "yes or no"),
        (None, "empty"),
        (time(10, 30), "time without a date"),
        ([date(2022, 2, 17)], "list"),
        ({}, "dict"),
        (b"2022-02-17", "bytes"),
    ],
)
def test_other_values_of_yaml_and_toml_are_refused(value: object, message_part: str) -> None:
    """Conformance 51."""
    message = refusal(value)
    assert message_part in message
    assert "2022-02-17" in message


@pytest.mark.parametrize(
    ("written", "missing"),
    [
        ("February 17", "no year"),
        ("Thursday 17 February", "no year"),
        ("03/04", "no year"),
        ("February 2022", "no day"),
        ("Thursday February 2022", "no day"),
        ("2022-02", "no day"),
        ("2022", "no month and no day"),
        ("Thursday 2022", "no month and no day"),
        ("10:30", "no year and no month and no day"),
        ("Thursday", "no year and no month and no day"),
    ],
)
def test_an_incomplete_date_is_refused(written: str, missing: str) -> None:
    """Conformance 53."""
    assert f"{written!r} has {missing};" in refusal(written)


@pytest.mark.parametrize("written", ["03/04/2022", "03.04.2022", "3-4-2022", "03 04 2022 10:30"])
def test_an_ambiguous_date_is_refused_with_both_readings(written: str) -> None:
    """Conformance 53."""
    assert "2022-03-04 or 2022-04-03" in refusal(written)


@pytest.mark.parametrize("written", ["01/02/03", "17 Feb 22", "Feb 17 of 99", "220217"])
def test_a_year_of_two_digits_is_refused(written: str) -> None:
    """Conformance 53."""
    assert "2022-02-17" in refusal(written)


def test_a_weekday_that_contradicts_the_date_is_refused() -> None:
    """Conformance 53."""
    assert "2022-02-17 is a Thursday" in refusal("Monday 17 February 2022")
    assert read("Thursday 17 February 2022") == "2022-02-17T00:00:00+01:00"


@pytest.mark.parametrize(
    "written",
    [
        "2022-02-30",
        "30 February 2022",
        "2022-02-17 24:00",
        "2022-02-17 10:60",
        "2016-12-31T23:59:60Z",
        "2022-13-01",
    ],
)
def test_a_day_or_time_that_does_not_exist_is_refused(written: str) -> None:
    """Conformance 53."""
    assert "does not exist" in refusal(written)


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "soon",
        "17 février 2022",
        "2022年2月17日",
        "2022-W07-4",
        "-2022-02-17",
        "2022-02-17 10:30 11:30",
        "2022-02-17 30m",
        "17 Feb 2022 10:30 +99:99",
        "2022-02-17\x00",
        "\ud800",
    ],
)
def test_an_unreadable_date_is_refused_with_an_example(written: str) -> None:
    """Conformance 53."""
    assert "17 February 2022" in refusal(written)


def test_a_long_text_is_refused_with_a_short_message() -> None:
    """Conformance 53."""
    assert len(refusal("2022-02-17 " * 100_000)) < 100


def test_abbreviated_zones_must_be_configured() -> None:
    """Conformance 53."""
    assert read("17 Feb 2022 10:30 EST") == "2022-02-17T10:30:00-05:00"
    assert read("17 Feb 2022 10:30 UTC") == "2022-02-17T10:30:00+00:00"
    assert "CST" in refusal("17 Feb 2022 10:30 CST")


def test_the_time_zone_of_the_machine_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Conformance 53: dateutil treats the names in time.tzname as local time."""
    monkeypatch.setattr("time.tzname", ("XST", "XDT"))
    assert "XST" in refusal("17 Feb 2022 10:30 XST")


@pytest.mark.parametrize("zone", ["GMT+3", "GMT +3", "UTC-05:00", "EST+3", "+0300 (GMT)", "Z+1"])
def test_a_zone_beside_an_offset_is_refused(zone: str) -> None:
    """Conformance 53: dateutil reads GMT+3 as three hours west of Greenwich."""
    assert "only the offset" in refusal(f"17 Feb 2022 10:30 {zone}")


@pytest.mark.parametrize(
    ("naive", "meant"),
    [
        (datetime(2021, 3, 28, 2, 30), "2021-03-28T03:30:00+02:00"),  # noqa: DTZ001
        ("2021-03-28 02:30", "2021-03-28T03:30:00+02:00"),
        (datetime(2021, 10, 31, 2, 30), "2021-10-31T02:30:00+02:00"),  # noqa: DTZ001
        (datetime(2021, 10, 31, 2, 30, fold=1), "2021-10-31T02:30:00+02:00"),  # noqa: DTZ001
        ("31 October 2021 02:30", "2021-10-31T02:30:00+02:00"),
        ("31 October 2021 02:30 CET", "2021-10-31T02:30:00+01:00"),
    ],
)
def test_a_time_in_a_dst_gap_moves_forward_and_one_in_a_fold_is_the_first(
    naive: object, meant: str
) -> None:
    """Conformance 52."""
    assert read(naive) == meant


def test_midnight_in_a_dst_gap_moves_forward() -> None:
    """Conformance 52."""
    moment = dates.parse(date(2018, 11, 4), ZoneInfo("America/Sao_Paulo"), {})
    assert moment.isoformat() == "2018-11-04T01:00:00-02:00"


@pytest.mark.parametrize(
    "value", ["0001-01-01", "0001-01-01T00:00+10:00", "9999-12-31T23:59-05:00", date(1, 1, 1)]
)
def test_an_instant_outside_the_years_1_to_9999_in_utc_is_refused(value: object) -> None:
    """Conformance 53."""
    assert "1 to 9999" in refusal(value)


@given(MOMENTS)
def test_formatted_dates_are_parsed_back(moment: datetime) -> None:
    """Conformance 3, 16."""
    assert dates.parse(dates.rfc822(moment), PARIS, {}) == moment
    assert dates.parse(dates.rfc3339(moment), PARIS, {}) == moment
    assert dates.from_epoch(dates.epoch(moment)) == moment


@given(st.datetimes(timezones=st.none() | st.timezones()), st.timezones())
def test_a_parsed_instant_has_whole_seconds_and_a_fixed_offset(
    value: datetime, zone: tzinfo
) -> None:
    """Conformance 52."""
    try:
        moment = dates.parse(value, zone, {})
    except dates.DateError:
        return
    assert moment.microsecond == 0
    assert isinstance(moment.tzinfo, timezone)
    within = moment.astimezone(value.tzinfo or zone)
    assert within.replace(tzinfo=None, fold=0) == moment.replace(tzinfo=None)


WORDS = """
17 2022 02 3 1030 10:30 Feb February Thu Monday of at am pm T Z GMT UTC CET XYZ h m s
+ - / . , : ( ) +0100 -08:00 20220217 10.5 00 99 1e5 nan inf ² ٣ th
"""
DATE_WORDS = st.lists(st.sampled_from(WORDS.split()), max_size=9)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.binary() | st.times()
VALUES = SCALARS | st.dates() | st.datetimes() | st.timedeltas() | st.lists(SCALARS)
TEXTS = st.text() | DATE_WORDS.map(" ".join) | DATE_WORDS.map("".join)


@given(VALUES | TEXTS)
def test_only_date_errors_are_raised(value: object) -> None:
    """Conformance 51, 53."""
    try:
        moment = dates.parse(value, PARIS, ZONES)
    except dates.DateError:
        return
    assert moment.utcoffset() is not None


def test_dates_are_formatted_for_feeds_and_http() -> None:
    """Conformance 3, 16."""
    moment = datetime(987, 2, 7, 0, 30, 5, 999999, tzinfo=timezone(timedelta(hours=1)))
    assert dates.rfc822(moment) == "Tue, 06 Feb 0987 23:30:05 GMT"
    assert dates.rfc3339(moment) == "0987-02-06T23:30:05Z"
    assert dates.rfc822(dates.from_epoch(1645090200)) == "Thu, 17 Feb 2022 09:30:00 GMT"
    assert dates.epoch(datetime(1969, 12, 31, 23, 59, 59, 500000, tzinfo=UTC)) == -1


NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ],
)
def test_http_dates_are_read_in_all_three_forms(text: str) -> None:
    """Conformance 31."""
    assert dates.http_date(text, NOW) == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


def test_a_two_digit_year_is_at_most_50_years_in_the_future() -> None:
    """RFC 9110 5.6.7."""
    near = dates.http_date("Sunday, 06-Nov-76 08:49:37 GMT", NOW)
    past = dates.http_date("Sunday, 06-Nov-77 08:49:37 GMT", NOW)
    assert near is not None
    assert past is not None
    assert (near.year, past.year) == (2076, 1977)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "Sun, 06 Nov 1994 08:49:37 +0200",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "sun, 06 nov 1994 08:49:37 gmt",
        "Sun, 06 Nov 1994 08:49:37 GMT,Sun, 06 Nov 1994 08:49:37 GMT",
        "1994-11-06T08:49:37Z",
    ],
)
def test_invalid_http_dates_are_ignored(text: str) -> None:
    """Conformance 31."""
    assert dates.http_date(text, NOW) is None


@given(st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(9999, 1, 1)))  # noqa: DTZ001
def test_a_formatted_http_date_is_parsed_back(moment: datetime) -> None:
    at = moment.replace(microsecond=0, tzinfo=UTC)
    assert dates.http_date(dates.rfc822(at), NOW) == at


@given(st.text())
def test_reading_an_http_date_never_raises(text: str) -> None:
    dates.http_date(text, NOW)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (
            datetime(2026, 12, 1, 9, 30, 59, tzinfo=timezone(timedelta(hours=1))),
            "2026-12-01 09:30 +01:00",
        ),
        (datetime(2026, 12, 1, tzinfo=UTC), "2026-12-01 00:00 +00:00"),
        (
            datetime(812, 1, 2, 3, 4, tzinfo=timezone(-timedelta(hours=3, minutes=30))),
            "0812-01-02 03:04 -03:30",
        ),
    ],
)
def test_an_instant_is_formatted_for_front_matter(moment: datetime, text: str) -> None:
    assert dates.written(moment) == text
    assert dates.parse(text, UTC, {}) == moment.replace(second=0)
