"""Charts as SVG, without scripts or colours; the page's stylesheet sets the colours.

Names are not in the SVG; the page shows them in a legend, and all numbers in a table.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import pygal
from lxml import etree
from markupsafe import Markup

from feedsvc.audience.tables import day_name, short

# Remove pygal's import hook for maps: with it, Python warns whenever any import fails.
sys.meta_path[:] = [each for each in sys.meta_path if type(each) is not pygal.PluginImportFixer]

WIDTH, HEIGHT = 640, 300
_LABELS = 4  # on the axis of days
_SVG = "{http://www.w3.org/2000/svg}"
# pygal's style and script, and elements for the script. Screen readers would read its title.
_LEFT_OUT = ("style", "script", "title", "desc")

Days = tuple[int, ...]
Rows = tuple[tuple[int, ...], ...]

# Charts of past days stay the same; rendering one takes some 20 ms.
_remembered = lru_cache(64)


@_remembered
def areas(days: Days, rows: Rows, name: str) -> Markup:
    """Return lines over time, stacked and filled. name: of the chart, for screen readers."""
    if len(days) < 2:  # an area needs two points
        return bars(tuple(map(day_name, days)), rows, name)
    return _render(pygal.StackedLine, _dates(days), rows, name, fill=True, show_dots=False)


@_remembered
def lines(days: Days, rows: Rows, name: str) -> Markup:
    """Return lines over time."""
    return _render(pygal.Line, _dates(days), rows, name, show_dots=len(days) < 2)


@_remembered
def daily_bars(days: Days, rows: Rows, name: str) -> Markup:
    """Return stacked bars over time."""
    return _render(pygal.StackedBar, _dates(days), rows, name)


@_remembered
def bars(labels: tuple[str, ...], rows: Rows, name: str) -> Markup:
    """Return stacked bars with a label for each."""
    return _render(pygal.StackedBar, {"x_labels": list(labels)}, rows, name)


def spark(trend: Sequence[int]) -> Markup:
    """Return a small line without axes, hidden from screen readers: the numbers are beside it."""
    low, high = min(trend), max(trend)
    step = 100 / max(1, len(trend) - 1)
    scale = 20 / (high - low) if high > low else 0
    points = " ".join(f"{i * step:.1f},{22 - (n - low) * scale:.1f}" for i, n in enumerate(trend))
    return Markup(
        '<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">'
        '<polyline points="{}"/></svg>'
    ).format(points)


def _dates(days: Days) -> Mapping[str, Any]:
    """Return the options for labels of days, only a few of which are shown."""
    names = [day_name(day) for day in days]
    count = min(_LABELS, len(names))
    major = [names[(2 * index + 1) * len(names) // (2 * count)] for index in range(count)]
    return {"x_labels": names, "x_labels_major": major, "show_minor_x_labels": False}


def _render(
    kind: Callable[..., Any], labels: Mapping[str, Any], rows: Rows, name: str, **options: Any
) -> Markup:
    chart = kind(
        width=WIDTH,
        height=HEIGHT,
        explicit_size=False,
        js=(),
        css=(),
        show_legend=False,
        truncate_label=-1,
        margin=4,
        margin_top=12,
        margin_left=52,
        margin_bottom=10,
        max_scale=6,
        include_x_axis=True,
        zero=0,
        spacing=12,
        formatter=short,
        value_formatter=short,
        **labels,
        **options,
    )
    for number, row in enumerate(rows):
        chart.add(str(number), list(row))
    tree = chart.render_tree()
    _strip(tree)
    tree.set("role", "img")
    tree.set("aria-label", name)
    tree.attrib.pop("id", None)
    return Markup(etree.tostring(tree, encoding="unicode"))  # noqa: S704 - lxml escapes


def _strip(tree: Any) -> None:
    """Remove everything that is not shown, and all style attributes."""
    for each in tree.xpath("//comment()"):
        each.getparent().remove(each)
    for each in list(tree.iter(*(_SVG + name for name in _LEFT_OUT), *_LEFT_OUT)):
        each.getparent().remove(each)
    for each in tree.xpath("//*[@class='tooltip' or contains(@class, 'text-overlay')]"):
        each.getparent().remove(each)
    for each in tree.iter():
        each.attrib.pop("style", None)
