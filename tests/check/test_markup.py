"""HTML that would take long to parse is reported without being parsed."""

import pytest

from feedsvc.check import markup
from feedsvc.check.finding import Fault

MANY = "contains a tag with far too many attributes; remove them"


@pytest.mark.parametrize(
    "text",
    [
        "<p " + " ".join(f"a{n}" for n in range(20_000)) + ">x</p>",
        "<p " + " ".join(f"a{n}='1'" for n in range(20_000)) + ">x</p>",
        "<p " + "".join(f'a{n}="1"' for n in range(20_000)) + ">x</p>",
        '<p "b="' + " ".join(f"a{n}" for n in range(20_000)) + '">x</p>',
        "<p/" + "/".join(f"a{n}" for n in range(20_000)) + ">x</p>",
        "<p>" * 2 + "<b " + " ".join(f"é{n}" for n in range(20_000)) + ">x</b>",
    ],
)
def test_a_tag_with_thousands_of_attributes_is_not_parsed(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(markup, "_parse", None)
    assert markup.faults(text, True) == (Fault.warning("broken-html", MANY),)
    assert markup.parse(text) is None


@pytest.mark.parametrize(
    "text",
    [
        f'<img alt="{"a long text " * 5000}" src="https://a.example/">',
        "<p>a</p>" * 5000,
        f"<p>{'a < b = c ' * 5000}</p>",
        "<br/>" * 5000,
    ],
)
def test_long_html_is_parsed(text: str) -> None:
    assert MANY not in [fault.message for fault in markup.faults(text, True)]
