"""A mapping that spills to disk when it is large behaves like one in memory."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.errors import FeedsvcError
from feedsvc.sources import spill
from feedsvc.sources.scan import scan
from feedsvc.sources.spill import SpillingDict
from tests.sites import article, make_site

KEYS = st.sampled_from(["", "a", "a/b", "a.md", "B", "é", "ꙮ", "\U0001f600", "\uffff", "x\0y"])
STEPS = st.lists(st.tuples(st.sampled_from(["set", "delete", "look"]), KEYS, KEYS), max_size=12)


@given(STEPS, st.integers(0, 3))
def test_a_spilling_dict_behaves_like_a_dict(steps: list[tuple[str, str, str]], most: int) -> None:
    expected: dict[str, str] = {}
    found = SpillingDict()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spill, "_IN_MEMORY", most)
        for step, key, value in steps:
            if step == "set":
                expected[key] = found[key] = value
            elif step == "delete":
                assert (key in found) == (key in expected)
                assert found.pop(key, None) == expected.pop(key, None)
            else:
                assert found.get(key) == expected.get(key)
                assert list(found.items()) == sorted(expected.items())
        assert len(found) == len(expected)
        assert found == expected == found
        assert "\udcff" not in found  # a path that is not UTF-8
        with pytest.raises(KeyError):
            found["missing"]
        with pytest.raises(KeyError):
            del found["missing"]


def test_a_full_disk_is_an_error_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "_IN_MEMORY", 0)
    found = SpillingDict()
    found["a"] = ""
    assert found._disk
    found._disk.execute("PRAGMA max_page_count = 3")
    with pytest.raises(FeedsvcError, match="full; free disk space or set SQLITE_TMPDIR"):
        found["b"] = "x" * 50_000


def test_a_listing_on_disk_equals_that_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {f"{n % 3}/{n}.md": article() for n in range(10)} | {"z.md": article(), "a": "no"}
    site = make_site(tmp_path, files)
    in_memory = scan(site.content, site.site).fingerprints
    assert list(in_memory) == sorted(files.keys() - {"a"})
    monkeypatch.setattr(spill, "_IN_MEMORY", 4)
    assert list(scan(site.content, site.site).fingerprints) == list(in_memory)


def test_the_database_is_closed_with_the_mapping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.13 warns of a connection that is still open when it is garbage-collected."""
    monkeypatch.setattr(spill, "_IN_MEMORY", 0)
    found = SpillingDict()
    found["a"] = ""
    assert found._disk
    connection = found._disk._connection
    del found
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")
