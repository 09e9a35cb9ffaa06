"""Mistakes in settings are reported with file, line and remedy."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.config import settings
from feedsvc.errors import SettingsError
from tests.config.test_settings import USUAL, error_of, load, many_per_folder
from tests.sites import TOML, make_site, mistake


@pytest.mark.parametrize("key", ["title", "base_url", "id_authority"])
def test_the_error_for_a_missing_key_names_it(tmp_path: Path, key: str) -> None:
    toml = "".join(line for line in TOML.splitlines(True) if not line.startswith(key))
    with pytest.raises(SettingsError, match=rf'{key} is missing; add the line {key} = "..."$'):
        load(tmp_path, toml)


BAD: list[tuple[str, int, str]] = [
    # The TOML, the number of the wrong line, and a part of the message.
    ('titel = "A"', 1, "did you mean title?"),
    ("TITLE = 'A'", 1, "did you mean title?"),
    ("xyzzy = 1", 1, "known are aliases, article_link, author"),
    ('site = "a"', 1, "not a setting"),
    ("feed_defaults = {}", 1, "not a setting"),
    ("title = 1", 1, "title is a text in quotes, not 1"),
    ('title = " "', 1, "title is empty"),
    ('title = "a\\u0007b"', 1, "control character"),
    ('title = "a\\nb"', 1, "title has a line break, a tab or another control character"),
    ('subtitle = """\na\nb"""', 1, "write it on one line without"),
    ('copyright = "a\\tb"', 1, "has a line break, a tab"),
    ('base_url = "https://news.example.org/a\\rb"', 1, "has a line break"),
    ("tombstones = 1", 1, "tombstones is true or false, not 1"),
    ("tombstones = 0.0", 1, "tombstones is true or false, not 0.0"),
    ('tombstones = "true"', 1, "tombstones is true or false, not 'true'"),
    ("subtitle = 2022-02-17", 1, "subtitle is a text in quotes"),
    ('base_url = "news.example.org"', 1, 'its scheme and in ASCII, like "https://'),
    ('base_url = "ftp://news.example.org"', 1, 'like "https://'),
    ('base_url = "https://"', 1, 'like "https://'),
    ('base_url = "https://news.example.org/?a"', 1, 'like "https://'),
    ('base_url = "https://news.example.org/#a"', 1, 'like "https://'),
    ('media_url = "/media"', 1, 'like "https://media'),
    ('base_url = "https://news.example.org/?"', 1, 'like "https://'),
    ('base_url = "https://news example.org"', 1, 'like "https://'),
    ('base_url = "https://élan.example"', 1, "in ASCII"),
    ('id_authority = "news.example.org"', 1, "a host name that is yours and a year"),
    ('id_authority = "https://news.example.org,2022"', 1, "a host name that is yours"),
    ('id_authority = "news.example.org,２０２２"', 1, "a host name that is yours"),
    ('id_authority = "élan.example,2022"', 1, "a host name that is yours"),
    ('id_authority = "news.example.org,2022-99"', 1, "a host name that is yours"),
    ('id_authority = "news.example.org,2022-00"', 1, "a host name that is yours"),
    ('id_authority = "news.example.org,2022-02-29"', 1, "a host name that is yours"),
    ('id_authority = "news.example.org,0000"', 1, "a host name that is yours"),
    ('language = "english"', 1, 'like "en" or "pt-br", not'),
    ('language = "en_GB"', 1, 'like "en" or "pt-br", not'),
    ("language = 1", 1, "language is a text"),
    ('timezone = "Paris"', 1, "in the IANA database"),
    ('timezone = ""', 1, "in the IANA database"),
    ('timezone = "../x"', 1, "in the IANA database"),
    ("author = 1", 1, "author is a table"),
    ('author = ""', 1, "name is empty"),
    ('author = { nam = "A" }', 1, "did you mean name?"),
    ('author = { email = "a@b.example" }', 1, "name is missing"),
    (
        'author = { name = "A", email = "a" }',
        1,
        "email is an email address like desk@example.org, not 'a'",
    ),
    (
        'author = { name = "A", uri = "javascript:alert(1)" }',
        1,
        "uri is an absolute URL with its scheme",
    ),
    ('[author]\nname = "A"\nemail = 1', 3, "email is a text"),
    ('image = "feed.png"', 1, "must start with /"),
    ('icon = "icon.png"', 1, "must start with /"),
    ('link_to_page = "yes"', 1, "link_to_page is true or false"),
    ('image = { url = "/a.png", width = "144" }', 1, "width is a whole number"),
    ('image = { url = "/a.png", height = 0 }', 1, "height is a whole number from 1"),
    ('article_link = "/articles/"', 1, "must have {slug} once, or {path}"),
    ('article_link = "/a b/{slug}"', 1, "has ' '"),
    ("content = []", 1, "content is a text"),
    ('content = "a\\u0000"', 1, "control character"),
    (
        'database = "mysql://me:secret@host/db"',
        1,
        'like "sqlite:///.feedsvc/catalog.db" or "postgresql://user@host/name", not \'mysql\'',
    ),
    ('database = "postgresql://me:secret\\t@host/db"', 1, "database has a line break, a tab"),
    ('database = "sqlite://"', 1, 'like "sqlite:///'),
    ('database = "catalog.db"', 1, 'like "sqlite:///'),
    ("timezones = 1", 1, "timezones is a table"),
    ('[timezones]\nCET = "1"', 2, 'an offset like "+01:00"'),
    ('[timezones]\nCET = "+24:00"', 2, 'an offset like "+01:00"'),
    ("[timezones]\nCET = 1", 2, "CET is a text"),
    ('[labels.tags]\nx = "y"', 1, "did you mean tag?"),
    ("[labels.tag]\nx = 1", 2, "x is a text"),
    ('[labels.tag]\n"C++" = "A"\n"c++" = "B"', 3, "'c++' repeats an earlier term; remove one"),
    ('[labels.tag]\n"a b" = "A"\nx = "X"\nA-B = "B"', 4, "'A-B' repeats an earlier term"),
    ('[labels]\ntag = "x"', 2, "tag is a table"),
    ("feeds = 1", 1, "feeds is a table"),
    ("[feeds]\nlimit = 0", 2, 'from 1 to 1000, or "all", not 0'),
    ("[feeds]\nlimit = true", 2, 'or "all", not True'),
    ("[feeds]\nmax_age = 1.5", 2, "max_age is a whole number"),
    ('[feeds]\ncontent = "none"', 2, '"full" or "summary"'),
    ("[feeds]\ncontent = []", 2, "content is a text"),
    ("[feeds]\nlimits = 5", 2, "did you mean limit?"),
    ("[feeds]\ntitle = 0", 2, "title is a text in quotes, not 0"),
    ('[feeds]\nlimit = 5\n[feeds."tag/a"]\nlimit = 0', 4, "from 1 to 1000"),
    ('[feeds."tag/a"]\nlimt = 0', 2, "did you mean limit?"),
    ('[feeds."tag/A"]', 1, "names no feed; name it as in its URL"),
    ('[feeds."tags/a"]', 1, "names no feed"),
    ('[feeds."tag/a/b"]', 1, "names no feed"),
    ("[feeds.tag]", 1, "names no feed"),
    ('[feeds."tag/a"]\nimage = { url = "a.png" }', 2, "must start with /"),
    ("feeds.limit = 0", 1, "from 1 to 1000"),
    ("[feeds]\nlimit = 0\n\n# or = more\n[labels.tag]\na = 'A'", 2, "from 1 to 1000"),
    ("# limit = 1\n\n[feeds]\n# limit = 2\nlimit = 0", 5, "from 1 to 1000"),
]


@pytest.mark.parametrize(("toml", "line", "message"), BAD, ids=[each[0] for each in BAD])
def test_a_mistake_is_reported_with_its_line_and_a_remedy(
    tmp_path: Path, toml: str, line: int, message: str
) -> None:
    text = mistake(tmp_path, toml, line)
    assert message in text
    assert "secret" not in text


def test_long_values_are_truncated_in_messages(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        make_site(tmp_path, toml=f'language = "{"x" * 5000}"')
    assert len(str(caught.value)) < 400


def test_invalid_toml_is_reported_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"feedsvc.toml:2: is not TOML: "):
        load(tmp_path, 'title = "A"\nbase_url = https://a.example\n')


def test_the_error_for_a_missing_file_says_how_to_create_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"feedsvc\.toml: there is no such file; run `feedsvc"):
        settings.load(tmp_path, {})


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / settings.FILE).mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        settings.load(tmp_path, {})


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / settings.FILE).write_bytes('title = "é"'.encode("latin-1"))
    with pytest.raises(SettingsError, match="cannot be read as UTF-8"):
        settings.load(tmp_path, {})


@pytest.mark.parametrize("key", ['content = "loop"', 'database = "sqlite:///loop/a.db"'])
def test_symlink_loops_are_reported(tmp_path: Path, key: str) -> None:
    """Python 3.13 and later resolve such a path, which then fails when it is used."""
    (tmp_path / "loop").symlink_to("loop")
    message = error_of(tmp_path, f"{TOML}{key}")
    assert message is None or f"feedsvc.toml:{USUAL + 1}: " in message


@many_per_folder
@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "replace")))
def test_any_invalid_file_raises_a_settings_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / settings.FILE).write_bytes(content)
    with pytest.raises(SettingsError):
        settings.load(tmp_path, {})


@pytest.mark.parametrize(
    "toml",
    [
        f"limit = {'1' * 5000}",
        f"limit = 0x{'f' * 5000}",
        f"[feeds]\nlimit = 0x{'f' * 5000}",
        f"title = {'[' * 5000}",
        f"title = {'[' * 200}{']' * 200}",
        f"title = {'{a = ' * 5000}",
    ],
    ids=["decimal", "hexadecimal", "limit", "unclosed", "nested", "tables"],
)
def test_enormous_values_are_rejected(tmp_path: Path, toml: str) -> None:
    with pytest.raises(SettingsError):
        make_site(tmp_path, toml=toml)
