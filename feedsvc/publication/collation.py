"""Sorts labels by the alphabet of a language.

A subset of the Unicode Collation Algorithm (UTS 10): letters first, then accents. Letters that have
a place of their own in a language's alphabet, like `ö` in Swedish, are sorted there; others are
sorted with their base letter. Digraphs are not supported. See docs/adr/0033-collation.md.
"""

import unicodedata
from collections.abc import Mapping

_LATIN = "abcdefghijklmnopqrstuvwxyz"
_SPECIAL = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_NORDIC = f"{_LATIN}æøå"
_SWEDISH = f"{_LATIN}åäö"
_SLAVIC = "abcčćdđefghijklmnopqrsštuvwxyzž"
# From the tailorings of CLDR. Other languages need none, or none for single letters.
ALPHABETS: Mapping[str, str] = {
    "bs": _SLAVIC,
    "cs": "abcčdefghijklmnopqrřsštuvwxyzž",
    "da": _NORDIC,
    "es": "abcdefghijklmnñopqrstuvwxyz",
    "et": "abcdefghijklmnopqrsšzžtuvwõäöüxy",
    "fi": _SWEDISH,
    "hr": _SLAVIC,
    "hu": "abcdefghijklmnoöpqrstuüvwxyz",
    "is": "aábcdðeéfghiíjklmnoópqrstuúvwxyýzþæöå",
    "lt": "abcčdefghijklmnopqrsštuvwxyzž",
    "lv": "abcčdefgģhijkķlļmnņopqrsštuvwxyzž",
    "nb": _NORDIC,
    "nn": _NORDIC,
    "no": _NORDIC,
    "pl": "aąbcćdeęfghijklłmnńoópqrsśtuvwxyzźż",
    "ro": "aăâbcdefghiîjklmnopqrsștțuvwxyz",
    "sk": "aäbcčdefghijklmnoôpqrsštuvwxyzž",
    "sl": "abcčdefghijklmnopqrsštuvwxyzž",
    "sv": _SWEDISH,
    "tr": "abcçdefgğhıijklmnoöpqrsştuüvwxyz",
}


def sort_key(label: str, language: str) -> tuple[tuple[int, ...], str]:
    """Return the key by which a label is sorted among others of a site. language: RFC 5646."""
    primary = language.partition("-")[0].lower()
    alphabet = ALPHABETS.get(primary, _LATIN)
    text = label.replace("I", "ı").replace("İ", "i") if primary == "tr" else label
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
    return tuple(place for letter in folded for place in _places(letter, alphabet)), label


def _places(letter: str, alphabet: str) -> tuple[int, ...]:
    """Return the places of a letter, without accents that are not part of the alphabet."""
    if letter in alphabet:
        return (_place(letter, alphabet),)
    base = "".join(
        each
        for each in unicodedata.normalize("NFKD", letter).translate(_SPECIAL)
        if not unicodedata.combining(each)
    )
    return tuple(_place(each, alphabet) for each in base)


def _place(letter: str, alphabet: str) -> int:
    """Return the place of a letter: signs, digits, the alphabet, other scripts."""
    place = alphabet.find(letter)
    if place >= 0:
        return 500 + place
    return 1_000 + ord(letter) if letter.isalpha() else min(ord(letter), 499)
