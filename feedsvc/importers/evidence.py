"""Derives the day of publication from a text, without a clock, IO or guesses.

A weekday with a day and a month (`Thursday February 17`) occurs in one of five to eleven years.
These years are the candidates; a month with a year elsewhere in the text (`by June 2022`) selects
among them. If the result is not unique, all candidates are returned.
"""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

FIRST_YEAR, LAST_YEAR = 1970, 2069  # of candidates; fixed, so that no clock is needed

_WEEKDAYS = {
    "en": "monday mon|tuesday tues tue|wednesday wed|thursday thurs thur thu|friday fri|"
    "saturday sat|sunday sun",
    "fr": "lundi lun|mardi mar|mercredi mer|jeudi jeu|vendredi ven|samedi sam|dimanche dim",
}
_MONTHS = {
    "en": "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|"
    "september sept sep|october oct|november nov|december dec",
    "fr": "janvier janv|fevrier fevr fev|mars|avril avr|mai|juin|juillet juil|aout|"
    "septembre sept|octobre oct|novembre nov|decembre dec",
}


def _numbered(lists: dict[str, str]) -> dict[str, tuple[int, str]]:
    """Return the number of each word, from 0, and its language; '' if both languages have it."""
    numbered: dict[str, tuple[int, str]] = {}
    for language, text in lists.items():
        for number, words in enumerate(text.split("|")):
            for word in words.split():
                numbered[word] = (number, "" if word in numbered else language)
    return numbered


_WEEKDAY_OF = _numbered(_WEEKDAYS)
_MONTH_OF = _numbered(_MONTHS)
_NOT_MONTHS = {"may", "march", "mar"}  # these lower-case words have other meanings in English


def _any_of(words: dict[str, tuple[int, str]]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_WEEKDAY = rf"(?P<weekday>\b(?:{_any_of(_WEEKDAY_OF)})\b\.?),?\s+(?:the\s+|le\s+)?"
_MONTH = rf"(?P<month>\b(?:{_any_of(_MONTH_OF)})\b\.?)"
_DAY = r"(?P<day>\b(?:0?[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th|er)?\b)"
_YEAR = r"(?P<year>\b(?:19|20)[0-9]{2}\b)"
_DAY_AND_MONTH = rf"{_DAY}(?:\s+of)?\s+{_MONTH}(?:,?\s+{_YEAR})?"
_MONTH_AND_DAY = rf"{_MONTH}\s+(?:the\s+)?{_DAY}(?:,?\s+{_YEAR})?"
_NAMED = [re.compile(_WEEKDAY + form, re.I) for form in (_DAY_AND_MONTH, _MONTH_AND_DAY)]
_WHOLE = [re.compile(form.removesuffix("?"), re.I) for form in (_DAY_AND_MONTH, _MONTH_AND_DAY)] + [
    re.compile(rf"{_YEAR}-(?P<month>\b[01][0-9]\b)-(?P<day>\b[0-3][0-9]\b)")
]
_DATED_MONTH = re.compile(rf"{_MONTH},?\s+(?:of\s+|de\s+)?{_YEAR}", re.I)
_BARE_YEAR = re.compile(_YEAR)


@dataclass(frozen=True, slots=True)
class Dating:
    """The evidence for the day of a text.

    day: None if it is not unique. candidates: all possible days, first those in years of the text.
    language: of the names of days and months, '' if unclear.
    """

    day: date | None = None
    candidates: tuple[date, ...] = ()
    language: str = ""


def find(text: str) -> Dating:
    """Date a text by the weekdays, days, months and years in it.

    A day without a year is in the year of the text, so it takes precedence over one with a year,
    which may be long past.
    """
    folded = _fold(text)
    yearless: dict[tuple[int, int, int], set[date]] = {}
    whole: set[date] = set()
    languages: set[str] = set()
    for match in _matches(_NAMED, folded):
        weekday, language = _WEEKDAY_OF[_word(match, "weekday")]
        (month, month_language), number, year = _month(match), _day(match), match["year"]
        days = {day for day in _days(month, number, year) if day.weekday() == weekday}
        if days:
            languages |= {language, month_language} - {""}
            if year:
                whole |= days
            else:
                yearless[weekday, month, number] = days
    language = languages.pop() if len(languages) == 1 else ""
    dated = {int(match["year"]) for match in _matches([*_WHOLE, _DATED_MONTH], folded)}
    named = {int(year) for year in _BARE_YEAR.findall(folded)}
    if yearless:
        candidates = _candidates(list(yearless.values()), dated, named)
        is_past = False
    else:
        candidates = sorted(whole)
        is_past = any(year > day.year for day in candidates for year in named)
    day = candidates[0] if len(candidates) == 1 and not is_past else None
    return Dating(day, tuple(candidates), language)


def _candidates(mentions: list[set[date]], dated: set[int], named: set[int]) -> list[date]:
    """Return the most plausible days, those of years in the text first.

    mentions: the possible days of each mention. dated: years in the text with a month. named: all
    years in the text. A year without a month may be long past, so it selects no candidate, but it
    makes the others ambiguous.
    """
    all_days = set.union(*mentions)
    years = set.intersection(*({day.year for day in days} for days in mentions))
    days = {day for day in all_days if day.year in years}
    chosen = {day for day in days if day.year in dated}
    rivals = {day for day in days if day.year in named}
    if rivals == chosen and len({day.year for day in chosen}) == 1:
        return sorted(chosen)
    return sorted(chosen) + sorted(rivals - chosen) + sorted((days or all_days) - rivals)


def date_line(line: str) -> date | None:
    """Return the day of a line that consists of a complete date in words."""
    folded = _fold(line).strip(" .")
    for pattern in (*_NAMED, *_WHOLE):
        match = pattern.fullmatch(folded)
        if match and match["year"]:
            month = _month(match)[0] if match["month"].strip(".").isalpha() else int(match["month"])
            days = _days(month, _day(match), match["year"])
            if "weekday" in match.groupdict():
                weekday = _WEEKDAY_OF[_word(match, "weekday")][0]
                days = [day for day in days if day.weekday() == weekday]
            return days[0] if days else None
    return None


def _days(month: int, day: int, year: str | None) -> list[date]:
    days = []
    for number in [int(year)] if year else range(FIRST_YEAR, LAST_YEAR + 1):
        with suppress(ValueError):  # 29 February, 31 April
            days.append(date(number, month, day))
    return days


def _matches(patterns: list[re.Pattern[str]], text: str) -> list[re.Match[str]]:
    matches = (match for pattern in patterns for match in pattern.finditer(text))
    return [match for match in matches if match["month"] not in _NOT_MONTHS]


def _word(match: re.Match[str], name: str) -> str:
    return match[name].strip(".").lower()


def _month(match: re.Match[str]) -> tuple[int, str]:
    number, language = _MONTH_OF[_word(match, "month")]
    return number + 1, language


def _day(match: re.Match[str]) -> int:
    return int(re.sub(r"\D", "", match["day"]))


def _fold(text: str) -> str:
    """Remove accents, so that `fevrier` equals `février`, but keep the case, for `May`."""
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))
