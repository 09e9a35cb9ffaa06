"""The day of a text is derived from its words, never from the current date."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from feedsvc.importers import evidence

DAY = date(2022, 2, 17)
SETTLED = {
    "said on Thursday February 17 that it would be complete by June 2022": DAY,
    "said on Thursday, February 17th; complete by the end of June, 2022": DAY,
    "said on Thursday the 17th of February. It began in January 2022.": DAY,
    "on Thursday Feb. 17 (2022-06-30 at the latest)": DAY,
    "on Thursday 17 February, before 30 June 2022, nine years after 2013": DAY,
    "THURSDAY FEBRUARY 17. JUNE 2022": DAY,
    "a déclaré jeudi 17 février que ce serait fini en juin 2022": DAY,
    "a déclaré le jeudi 17 fevrier, d'ici à juin 2022": DAY,
    "dimanche 1er mai, après le scrutin d’avril 2022": date(2022, 5, 1),
    "on Thursday February 17, 2022": DAY,
    "le jeudi 17 février 2022": DAY,
    "on Friday 11 January 2013, as Operation Serval began": date(2013, 1, 11),
    # A day of this year, beside one that is long past.
    "on Thursday February 17, after Friday 11 January 2013, and by June 2022": DAY,
    "Thursday February 17, and once more: Thursday February 17. June 2022": DAY,
    # A February that has such a day.
    "on Saturday February 29, or in May 2020": date(2020, 2, 29),
}
UNSETTLED = {
    "on Thursday February 17": 2022,  # in which year?
    "on Thursday February 17 in 2022": 2022,  # a year alone may refer to anything
    "on Thursday February 17, 11 years after 2011, by June 2022": 2011,
    "on Thursday February 17, between June 2011 and June 2022": 2011,
    "on Thursday February 17, by June 2013": 2011,  # when it was a Sunday
    "on Thursday February 17 and Friday February 18, by June 2022": 2022,  # on which of them?
    "on Friday 11 January 2013, and nine years later, in June 2022": 2013,
}
SILENT = [
    "",
    "on Thursday, as expected, 17 of them",
    "on Thursday February 30, by June 2022",
    "on Friday February 17, 2022",  # which was a Thursday
    "on 17 February 2022",  # it may be any day that is spoken of
    "by June 2022",
    "thursday 17 may come; they march 17 times",
    "Sunday February 29, 2022",
    "Thursday February 170",
]


@pytest.mark.parametrize(("text", "day"), SETTLED.items())
def test_evidence_for_one_day_determines_the_day(text: str, day: date) -> None:
    """Conformance 53."""
    assert evidence.find(text).day == day


@pytest.mark.parametrize(("text", "year"), UNSETTLED.items())
def test_evidence_for_several_days_lists_candidates(text: str, year: int) -> None:
    """Conformance 53."""
    found = evidence.find(text)
    assert found.day is None
    assert year in {day.year for day in found.candidates}


@pytest.mark.parametrize("text", SILENT)
def test_texts_without_evidence_have_no_candidates(text: str) -> None:
    """Conformance 53."""
    assert evidence.find(text) == evidence.Dating()


def test_candidates_in_a_mentioned_year_come_first() -> None:
    found = evidence.find("Thursday February 17, by June 2022, since 2011").candidates
    assert [day.year for day in found[:4]] == [2022, 2011, 1972, 1977]
    assert all(day.weekday() == 3 for day in found)


def test_two_days_of_the_same_year_are_the_only_candidates() -> None:
    found = evidence.find("Thursday February 17 and Friday February 18, by June 2022")
    assert found.candidates == (DAY, date(2022, 2, 18))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Thursday February 17", "en"),
        ("jeudi 17 février", "fr"),
        ("Thursday February 17, jeudi 17 février", ""),
        ("17", ""),
    ],
)
def test_the_language_is_detected_by_names_of_days(text: str, language: str) -> None:
    assert evidence.find(text).language == language


@given(st.dates(date(1970, 1, 1), date(2069, 12, 31)), st.integers(0, 3))
def test_every_day_is_found_if_a_month_of_its_year_is_mentioned(day: date, form: int) -> None:
    """Conformance 53."""
    weekday, month = f"{day:%A}", f"{day:%B}"
    written = [
        f"{weekday} {month} {day.day}",
        f"{weekday}, {day.day} {month}",
        f"{weekday[:3]} {day:%b} {day.day}",
        f"{weekday} the {day.day}th of {month}",
    ][form]
    assert evidence.find(f"On {written}. In December {day.year}.").day == day
    assert day in evidence.find(f"On {written}.").candidates


@given(st.dates(date(1970, 1, 1), date(2069, 12, 31)), st.integers(1900, 2099))
def test_a_year_with_another_weekday_is_never_chosen(day: date, year: int) -> None:
    """Conformance 53."""
    assume(year != day.year)
    found = evidence.find(f"{day:%A} {day:%B} {day.day}, June {year}").day
    assert found is None or (found.year == year and found.weekday() == day.weekday())


@given(st.text())
def test_searching_any_text_does_not_raise(text: str) -> None:
    evidence.find(text)
    evidence.date_line(text)


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("17 February 2022", DAY),
        ("Thursday, February 17, 2022", DAY),
        ("Jeudi 17 février 2022", DAY),
        ("le 1er mai 2022", None),
        ("1er mai 2022", date(2022, 5, 1)),
        ("2022-02-17", DAY),
        ("2022-13-17", None),
        ("Friday 17 February 2022", None),
        ("31 February 2022", None),
        ("Thursday February 17", None),
        ("In all, 17 February 2022", None),
    ],
)
def test_a_line_consisting_of_a_date_is_parsed(line: str, day: date | None) -> None:
    assert evidence.date_line(line) == day
