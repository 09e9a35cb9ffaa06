"""Output of findings as text, JSON and GitHub workflow commands."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from feedsvc.check import report
from feedsvc.errors import Problem, Severity

ERROR = Problem("content/a.md", 3, "bad-date", "50% is no date,\nat all: fix it")
WARNING = Problem("feedsvc.toml", 0, "no-site-author", "there is none", Severity.WARNING)
NOTE = Problem("https://a.example/feeds/all.rss", 7, "no-language", "does not say", Severity.NOTE)


def test_json_has_the_documented_fields() -> None:
    assert json.loads(report.as_json([WARNING])) == [
        {
            "path": "feedsvc.toml",
            "line": None,
            "severity": "warning",
            "code": "no-site-author",
            "message": "there is none",
        }
    ]
    assert json.loads(report.as_json([])) == []


def test_workflow_commands_are_escaped() -> None:
    assert report.as_github([ERROR, WARNING, NOTE]).splitlines() == [
        "::error file=content/a.md,line=3,title=bad-date::50%25 is no date,%0Aat all: fix it",
        "::warning file=feedsvc.toml,title=no-site-author::there is none",
        "::notice title=no-language::https://a.example/feeds/all.rss:7: does not say",
    ]


def test_a_path_cannot_terminate_its_property() -> None:
    printed = report.as_github([Problem("a:b,c%.md", 1, "bad-date", "m")])
    assert printed == "::error file=a%3Ab%2Cc%25.md,line=1,title=bad-date::m\n"


@given(st.text(), st.text(), st.integers(0, 9))
def test_findings_cannot_inject_workflow_commands(path: str, message: str, line: int) -> None:
    printed = report.as_github([Problem(path, line, "bad-date", message)])
    assert printed.endswith("\n")
    assert len(re.split(r"[\r\n]", printed)) == 2
    properties = printed.removeprefix("::error ").split("::")[0]
    assert all(
        each.partition("=")[0] in {"file", "line", "title"} for each in properties.split(",")
    )
