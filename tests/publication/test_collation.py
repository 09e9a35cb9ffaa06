"""Labels are sorted in the order of the site's language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.publication.collation import ALPHABETS, sort_key


@pytest.mark.parametrize(
    ("language", "ordered"),
    [
        ("en", "3D Apple éclair Eclipse Ørsted Zebra"),
        ("fr-CA", "cote coté Élan épée été zone"),
        ("de", "Apfel Äpfel Ofen Öl Strasse Straße zu"),
        ("sv", "Anka Zebra Ål Äpple Öl"),
        ("da", "Anker Zebra Æble Øl Ål"),
        ("es", "nube ñandú oso"),
        ("cs", "cena čas dům hora"),
        ("pl", "lato łoś małpa"),
        ("tr", "ırmak Isparta izmir İzmir"),
        ("el", "Άλφα Βήτα Γάμμα"),
        ("ru", "Азбука Ёлка Жук"),
    ],
)
def test_labels_are_sorted_in_the_order_of_the_language(language: str, ordered: str) -> None:
    labels = ordered.split()
    got = sorted(set(labels), key=lambda label: sort_key(label, language))
    assert got == labels


@pytest.mark.parametrize("language", sorted(ALPHABETS))
def test_an_alphabet_has_each_letter_once(language: str) -> None:
    alphabet = ALPHABETS[language]
    assert len(set(alphabet)) == len(alphabet)


@given(st.text(), st.text(), st.sampled_from(["en", "sv", "tr", "xx", ""]))
def test_sort_keys_are_equal_only_for_equal_labels(one: str, other: str, language: str) -> None:
    keys = sort_key(one, language), sort_key(other, language)
    assert (keys[0] == keys[1]) == (one == other)
