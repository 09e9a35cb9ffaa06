"""Tables and charts of an overview: statistics 9 and 13."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feedsvc.audience import charts
from feedsvc.audience.badge import badge
from feedsvc.audience.tables import Table, as_csv, day_name, short, size, span, spark


@given(st.text(max_size=8))
def test_cells_of_csv_never_begin_a_formula(text: str) -> None:
    table = Table((text, "n"), [(f"={text}", -5), (text, None)])
    assert ";=" not in as_csv(Table((f"a;={text}",), []))
    rows = list(csv.reader(io.StringIO(as_csv(table), newline="")))
    assert [len(row) for row in rows] == [2, 2, 2]
    assert not any(row[0][:1] in tuple("=+-@\t\r\n") and row[0] for row in rows)
    assert rows[1][1] == "-5"


def test_numbers_are_abbreviated() -> None:
    assert [short(each) for each in (0, 12, 999, 1_000, 12_345, 3_000_000)] == [
        *("0", "12", "999", "1 k", "12.3 k", "3 M"),
    ]
    assert (size(999), size(14_200), size(5_100_000_000)) == ("999 B", "14.2 kB", "5.1 GB")
    assert [span(each) for each in (60, 900, 3_600, 172_800)] == ["1 min", "15 min", "1 h", "2 d"]
    assert day_name(20_000) == "2024-10-04"


def test_sparklines_have_at_most_16_recent_numbers() -> None:
    assert spark([1, 2, 3]) == "▁▄█"
    assert spark([5, 5]) == "▄▄"
    assert spark(()) == ""
    assert len(spark(range(100))) <= 16
    assert spark(range(100))[-1] == "█"


@pytest.mark.parametrize("make", [charts.areas, charts.lines, charts.daily_bars])
@pytest.mark.parametrize("days", [1, 2, 54])
def test_charts_are_plain_svg(make: object, days: int) -> None:
    """Statistics 13: without pygal's script and style, which the policy would forbid."""
    rows = tuple(7 * day for day in range(days)), (0,) * days
    svg = make(tuple(range(20_000, 20_000 + days)), rows, 'A "name" <b>')  # type: ignore[operator]
    tree = etree.fromstring(svg)
    names = {etree.QName(each).localname for each in tree.iter(etree.Element)}
    assert names <= {"svg", "defs", "g", "rect", "path", "text", "circle"}
    assert tree.get("aria-label") == 'A "name" <b>'
    assert "style=" not in svg
    assert len(svg) < 30_000


def test_the_label_of_a_badge_is_its_number() -> None:
    tree = etree.fromstring(badge(12_345))
    assert tree.get("aria-label") == "12.3k subscribers"
