"""The tables [[sources]]: each has a type, and other keys for the source itself."""

from pathlib import Path

import msgspec
import pytest

from feedsvc.config.settings import SourceSettings
from feedsvc.errors import SettingsError
from tests.config.test_settings import load
from tests.sites import TOML, make_site, mistake

TWO = """
[[sources]]
type = "a"
url = "https://a.example"
[sources.login]
name = "ada"
[[sources]]
type = "b"
query = '''
select
1'''
[sources.login]
name = 1
"""


class Login(msgspec.Struct):
    """Keys of a source of a test."""

    name: str


def test_there_are_no_sources_by_default(tmp_path: Path) -> None:
    assert make_site(tmp_path).sources == ()


def test_other_keys_are_passed_to_the_source(tmp_path: Path) -> None:
    first, second = make_site(tmp_path, toml=TWO).sources
    assert (first.type, first.table.values["url"]) == ("a", "https://a.example")
    assert first.table.table("login").to(Login) == Login("ada")
    assert second.table.values == {"query": "select\n1", "login": {"name": 1}}


def test_the_source_itself_reports_mistakes_with_their_lines(tmp_path: Path) -> None:
    _, second = make_site(tmp_path, toml=TWO).sources
    lines = (tmp_path / "feedsvc.toml").read_text("utf-8").split("\n")
    with pytest.raises(SettingsError, match=rf":{lines.index('name = 1') + 1}: name is a text"):
        second.table.table("login").to(Login)
    query = lines.index("query = '''") + 1
    with pytest.raises(SettingsError, match=rf"toml:{query}: no such table$"):
        second.table.fail("query", "no such table")


@pytest.mark.parametrize(
    ("toml", "line", "message"),
    [
        ('[[sources]]\ntype = "a"\n[[sources]]\nx = 1', 3, 'has a type; add the line type = "..."'),
        ("[[sources]]\ntype = 1", 2, "every source has a type"),
        ('[sources]\ntype = "a"', 1, "sources is a list of tables, each below a line [[sources]]"),
        ('sources = ["a"]', 1, "sources is a list of tables"),
    ],
)
def test_a_source_without_a_type_is_rejected(
    tmp_path: Path, toml: str, line: int, message: str
) -> None:
    assert message in mistake(tmp_path, toml, line)


def test_sources_may_be_set_in_the_environment(tmp_path: Path) -> None:
    (source,) = load(tmp_path, TOML, FEEDSVC_SOURCES='[{ type = "a", n = 1 }]').sources
    assert (source.type, source.table.values) == ("a", {"n": 1})
    with pytest.raises(SettingsError, match=r"^FEEDSVC_SOURCES in the environment: every source"):
        load(tmp_path, TOML, FEEDSVC_SOURCES="[{}]")


def test_sources_change_the_fingerprint(tmp_path: Path) -> None:
    before = make_site(tmp_path / "a").fingerprint()
    with_one = make_site(tmp_path / "b", toml='[[sources]]\ntype = "a"\nn = 1')
    other = make_site(tmp_path / "c", toml='[[sources]]\ntype = "a"\nn = 2')
    assert len({before, with_one.fingerprint(), other.fingerprint()}) == 3
    assert isinstance(with_one.sources[0], SourceSettings)
