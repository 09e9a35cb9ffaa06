"""Fixtures with at most one fault each, whose code is in a comment or key."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedsvc.check.feed import validate
from feedsvc.check.finding import count_lines

FOLDER = Path(__file__).parent / "fixtures"
FIXTURES = sorted(FOLDER.iterdir())
NOW = datetime(2026, 11, 23, tzinfo=UTC)
# Codes that cannot occur without another one.
_FOLLOWS = {
    "bad-email": {"html-in-text"},
    "no-summary": {"no-text"},
    "repeated-entry": {"same-updated", "late-metadata"},
    "entity": {"doctype"},
    "not-well-formed": {"doctype"},
    "lone-archive": {"archive-without-current"},
}


@pytest.mark.parametrize("path", FIXTURES, ids=[path.stem for path in FIXTURES])
def test_only_the_expected_fault_is_reported_with_its_line(path: Path) -> None:
    body = path.read_bytes()
    wanted = re.findall(r"Expect: ([a-z0-9-]+)", body.decode())[-1]
    problems = validate(body, path.name, None, NOW)
    found = {problem.code for problem in problems}
    if wanted == "nothing":
        assert not problems
    else:
        assert wanted in found
        assert found <= {wanted} | _FOLLOWS.get(wanted, set())
        for problem in problems:
            assert 0 < problem.line <= count_lines(body)


def test_the_fixtures_cover_every_format() -> None:
    assert {path.name.partition("-")[0] for path in FIXTURES} == {"rss", "atom", "json"}
