"""The day that a text was published, by what it says; reads no clock, no file, and guesses nothing.

A weekday with a day and a month (`Thursday February 17`) is true in one year of five to eleven.
Those years are the candidates; a month with its year elsewhere in the text (`by June 2022`)
chooses among them. Where that leaves none or several, the answer is all of them.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

FIRST_YEAR, LAST_YEAR = 1970, 2069  # where candidates are looked for; fixed, so no clock decides

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
    """Return each word's number, from 0, and its language; '' where it is of both."""
    found: dict[str, tuple[int, str]] = {}
    for language, text in lists.items():
        for number, words in enumerate(text.split("|")):
            for word in words.split():
                found[word] = (number, "" if word in found else language)
    return found


_WEEKDAY_OF = _numbered(_WEEKDAYS)
_MONTH_OF = _numbered(_MONTHS)
_NO_MONTHS = {"may", "march", "mar"}  # where they stand in lower case, in English


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
    """What a text says of its day.

    day: the only one that fits, None where none or several do. candidates: all that fit, those
    of years that the text names first. language: of the words that name days, '' if unclear.
    """

    day: date | None = None
    candidates: tuple[date, ...] = ()
    language: str = ""


def find(text: str) -> Dating:
    """Date a text by the weekdays, days, months and years that it names.

    A day that is named without its year is what the text calls this year, so it counts before one
    that is named with it, which may be long past.
    """
    folded = _fold(text)
    yearless: dict[tuple[int, int, int], set[date]] = {}
    whole: set[date] = set()
    languages: set[str] = set()
    for match in _matches(_NAMED, folded):
        weekday, language = _WEEKDAY_OF[_word(match, "weekday")]
        (month, other), number, year = _month(match), _day(match), match["year"]
        days = {each for each in _days(month, number, year) if each.weekday() == weekday}
        if days:
            languages |= {language, other} - {""}
            if year:
                whole |= days
            else:
                yearless[weekday, month, number] = days
    language = languages.pop() if len(languages) == 1 else ""
    dated = {int(match["year"]) for match in _matches([*_WHOLE, _DATED_MONTH], folded)}
    named = {int(year) for year in _BARE_YEAR.findall(folded)}
    if yearless:
        fitting = _fitting(list(yearless.values()), dated, named)
        later = False
    else:
        fitting = sorted(whole)
        later = any(year > day.year for day in fitting for year in named)
    day = fitting[0] if len(fitting) == 1 and not later else None
    return Dating(day, tuple(fitting), language)


def _fitting(mentions: list[set[date]], dated: set[int], named: set[int]) -> list[date]:
    """Return the days that fit best, those of years that are named first.

    mentions: the days that each mention can mean. dated, named: years that stand in the text with
    a month, and in any way. A year alone chooses nothing, as it may be long past; but it keeps
    another from being the only one.
    """
    every = set.union(*mentions)
    years = set.intersection(*({day.year for day in days} for days in mentions))
    days = {day for day in every if day.year in years}
    chosen = {day for day in days if day.year in dated}
    rivals = {day for day in days if day.year in named}
    if rivals == chosen and len({day.year for day in chosen}) == 1:
        return sorted(chosen)
    return sorted(chosen) + sorted(rivals - chosen) + sorted((days or every) - rivals)


def date_line(line: str) -> date | None:
    """Return the day of a line that is a whole date in words and nothing else."""
    folded = _fold(line).strip(" .")
    for pattern in (*_NAMED, *_WHOLE):
        match = pattern.fullmatch(folded)
        if match and match["year"]:
            month = _month(match)[0] if match["month"].strip(".").isalpha() else int(match["month"])
            days = _days(month, _day(match), match["year"])
            if "weekday" in match.groupdict():
                weekday = _WEEKDAY_OF[_word(match, "weekday")][0]
                days = [each for each in days if each.weekday() == weekday]
            return days[0] if days else None
    return None


def _days(month: int, day: int, year: str | None) -> list[date]:
    found = []
    for each in [int(year)] if year else range(FIRST_YEAR, LAST_YEAR + 1):
        try:
            found.append(date(each, month, day))
        except ValueError:  # 29 February, 31 April
            continue
    return found


def _matches(patterns: list[re.Pattern[str]], text: str) -> list[re.Match[str]]:
    found = [match for pattern in patterns for match in pattern.finditer(text)]
    return [match for match in found if match["month"] not in _NO_MONTHS]


def _word(match: re.Match[str], name: str) -> str:
    return match[name].strip(".").lower()


def _month(match: re.Match[str]) -> tuple[int, str]:
    number, language = _MONTH_OF[_word(match, "month")]
    return number + 1, language


def _day(match: re.Match[str]) -> int:
    return int(re.sub(r"\D", "", match["day"]))


def _fold(text: str) -> str:
    """Drop accents, so that `fevrier` and `février` are one; keep capitals, which `May` needs."""
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(each for each in decomposed if not unicodedata.combining(each))
