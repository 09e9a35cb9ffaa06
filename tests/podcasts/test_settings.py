"""Podcasts in the settings: keys of shows, requirements of Apple Podcasts, and artwork."""

import struct
from pathlib import Path

import pytest

from feedsvc.config.feeds import ALL
from feedsvc.config.settings import Settings
from feedsvc.errors import SettingsError
from feedsvc.podcast import (
    Contributor,
    Frequency,
    Funding,
    License,
    Location,
    Owner,
    Recipient,
    Show,
    ShowType,
    Trailer,
    Txt,
    Value,
)
from feedsvc.podcasts import categories
from tests.sites import make_site

FEED = '[feeds.talk]\nany = { tags = ["talk"] }\nimage = "/files/cover.png"\n'
SHOW = f'{FEED}[feeds.talk.podcast]\ncategories = ["Arts > Food", "Technology"]\n'


def png(width: int, height: int, colour: int = 2) -> bytes:
    """Return the beginning of a PNG file. colour: its colour type, 2 for RGB."""
    size = struct.pack(">II", width, height)
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + size + bytes([8, colour, 0, 0, 0])


def jpeg(width: int, height: int, components: int = 3) -> bytes:
    """Return the beginning of a JPEG file, with an application segment before the frame."""
    frame = struct.pack(">BHHB", 8, height, width, components)
    return b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xc2\x00\x11" + frame


def site(folder: Path, toml: str, cover: bytes = png(1400, 1400), name: str = "cover") -> Settings:
    ending = "jpg" if cover.startswith(b"\xff\xd8") else "png"
    file = folder / "content" / f"{name}.{ending}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(cover)
    return make_site(folder, toml=toml)


def mistake(folder: Path, toml: str, cover: bytes = png(1400, 1400)) -> str:
    with pytest.raises(SettingsError) as caught:
        site(folder, toml, cover)
    return str(caught.value).removeprefix(str(folder / "feedsvc.toml"))


def test_a_feed_with_the_table_is_a_show_without_a_limit(tmp_path: Path) -> None:
    settings = site(tmp_path, f"[feeds]\nlimit = 9\n{SHOW}")
    own = settings.feed("talk")
    assert own.podcast == Show(categories=(("Arts", "Food"), ("Technology", "")))
    assert own.limit == ALL
    assert settings.feed("all").limit == 9
    limited = site(tmp_path, SHOW.replace("image =", "limit = 20\nimage ="))
    assert limited.feed("talk").limit == 20


def test_every_key_of_a_show_is_read(tmp_path: Path) -> None:
    more = """
    type = "serial"
    explicit = true
    title = "Talk"
    author = "Ada and Bo"
    owner = "desk@example.org"
    guid = "917393E3-1b1e-5cef-ace4-edaa54e1f810"
    medium = "music"
    locked = true
    funding = ["https://example.org/pay", { url = "https://example.org/b", text = "Buy" }]
    persons = ["Ada", { name = "Bo", role = "guest", image = "/files/bo.png" }]
    location = { name = "Vienna", rel = "creator", geo = "geo:48.2,16.4", osm = "R109166" }
    license = "cc-by-4.0"
    value = { recipients = [{ address = "ada@example.org", type = "lnaddress", split = 9 }] }
    trailers = [{ url = "/files/t.mp3", title = "Soon", published = "2026-11-01", season = 2 }]
    txt = [{ text = "abc", purpose = "verify" }]
    update_frequency = { text = "weekly", rrule = "FREQ=WEEKLY" }
    new_feed_url = "https://example.org/new.rss"
    complete = true
    blocks = ["amazon"]
    simple_chapters = false
    """
    assert site(tmp_path, SHOW + more).feed("talk").podcast == Show(
        categories=(("Arts", "Food"), ("Technology", "")),
        type=ShowType.SERIAL,
        explicit=True,
        title="Talk",
        author="Ada and Bo",
        owner=Owner(email="desk@example.org"),
        guid="917393e3-1b1e-5cef-ace4-edaa54e1f810",
        medium="music",
        locked=True,
        funding=(
            Funding(url="https://example.org/pay", text="Support the show"),
            Funding(url="https://example.org/b", text="Buy"),
        ),
        persons=(
            Contributor(name="Ada"),
            Contributor(name="Bo", role="guest", image="/files/bo.png"),
        ),
        location=Location(name="Vienna", rel="creator", geo="geo:48.2,16.4", osm="R109166"),
        license=License(name="cc-by-4.0"),
        value=Value(recipients=(Recipient(address="ada@example.org", type="lnaddress", split=9),)),
        trailers=(
            Trailer(
                url="/files/t.mp3",
                title="Soon",
                published="Sun, 01 Nov 2026 00:00:00 GMT",
                season=2,
            ),
        ),
        txt=(Txt(text="abc", purpose="verify"),),
        update_frequency=Frequency(text="weekly", rrule="FREQ=WEEKLY"),
        new_feed_url="https://example.org/new.rss",
        complete=True,
        blocks=("amazon",),
        simple_chapters=False,
    )


def test_the_files_of_a_show_are_served(tmp_path: Path) -> None:
    more = 'persons = [{ name = "Bo", image = "/files/bo.png" }]\n'
    more += 'trailers = [{ url = "/files/t.mp3", title = "Soon", published = "2026-11-01" }]'
    settings = site(tmp_path, SHOW + more)
    base = f"{settings.base_url}/files/"
    assert settings.images == {f"{base}cover.png", f"{base}bo.png", f"{base}t.mp3"}


def test_a_site_may_have_several_shows_and_one_named_podcast(tmp_path: Path) -> None:
    more = SHOW.replace("talk", "podcast") + SHOW.replace("feeds.talk", 'feeds."tag/a"').replace(
        'any = { tags = ["talk"] }\n', ""
    )
    settings = site(tmp_path, SHOW + more)
    assert [key for key, each in settings.feeds.items() if each.podcast] == [
        *("talk", "podcast", "tag/a"),
    ]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ('categories = ["Foods"]', "'Foods' is not a category of Apple Podcasts; write 'Arts > "),
        ('type = "daily"', "type is \"episodic\" or \"serial\", not 'daily'"),
        ("explicit = 1", "explicit is true or false, not 1"),
        ('owner = "nobody"', "email is an email address like desk@example.org, not 'nobody'"),
        ('guid = "1"', "guid is a UUID, not '1'"),
        ('persons = [{ role = "host" }]', 'name is missing; add the line name = "..."'),
        ('txt = [{ text = "a", purposes = "b" }]', "'purposes' is not a setting here"),
        ('location = { name = "V", geo = "48" }', "geo is like \"geo:48.2,16.4\", not '48'"),
        ("value = {}", "value names no recipient; add recipients = [{ ... }]"),
        ('trailers = [{ url = "/t.mp3", title = "T", published = "May" }]', "published is "),
        ('medium = "podcastL"', 'medium is "podcast" or "music" or'),
        ("funding = 3", "funding is a list of texts or tables, not 3"),
        (f'persons = ["{"a" * 129}"]', "name has 129 characters, and the limit is 128; shorten it"),
    ],
)  # fmt: skip
def test_an_invalid_value_is_refused_with_its_line(tmp_path: Path, key: str, message: str) -> None:
    toml = SHOW.replace('categories = ["Arts > Food", "Technology"]', key)
    if not key.startswith("categories"):
        toml += '\ncategories = ["Technology"]'
    found = mistake(tmp_path, toml)
    assert message in found
    assert found.startswith(":")


def test_missing_requirements_of_apple_are_errors_with_a_remedy(tmp_path: Path) -> None:
    """Podcasts 1, 12."""
    no_category = mistake(tmp_path, f"{FEED}podcast = true")
    assert 'a line like categories = ["Technology"] below [feeds.talk.podcast]' in no_category
    no_image = mistake(tmp_path, SHOW.replace('image = "/files/cover.png"\n', ""))
    assert "has no image, which Apple Podcasts requires; add the artwork" in no_image
    long = f'{FEED}subtitle = "{"a" * 4001}"\n{SHOW[len(FEED) :]}'
    assert "the subtitle of a podcast has 4,001 bytes" in mistake(tmp_path, long)


def test_a_blocked_show_requires_neither_category_nor_artwork(
    tmp_path: Path,
) -> None:
    hidden = make_site(tmp_path, toml='[feeds."tag/a".podcast]\nblock = true')
    assert hidden.feed("tag/a").podcast == Show(block=True)


@pytest.mark.parametrize(
    ("cover", "message"),
    [
        (png(1399, 1399), "has 1399 by 1399 pixels; save it as a square of 1400 to 3000"),
        (png(3001, 3001), "has 3001 by 3001 pixels"),
        (png(2000, 1400), "has 2000 by 1400 pixels"),
        (png(2000, 2000, 0), "is grey or CMYK; save it in RGB"),
        (png(2000, 2000)[:20], "is neither a JPEG nor a PNG picture; save it as one of them"),
        (b"GIF89a" + bytes(50), "is neither a JPEG nor a PNG picture; save it as one of them"),
        (b"", "is neither a JPEG nor a PNG picture; save it as one of them"),
    ],
)
def test_artwork_is_measured(tmp_path: Path, cover: bytes, message: str) -> None:
    """Podcasts 4."""
    found = mistake(tmp_path, SHOW, cover)
    assert f"the image '/files/cover.png' of a podcast {message}" in found


def test_jpeg_artwork_is_measured(tmp_path: Path) -> None:
    """Podcasts 4."""
    toml = SHOW.replace("cover.png", "cover.jpg")
    assert site(tmp_path, toml, jpeg(3000, 3000)).feed("talk").podcast
    assert "has 2999 by 3000 pixels" in mistake(tmp_path, toml, jpeg(2999, 3000))
    assert "is grey or CMYK" in mistake(tmp_path, toml, jpeg(3000, 3000, 4))
    for length in range(2, len(jpeg(1, 1))):
        message = mistake(tmp_path, toml, jpeg(3000, 3000)[:length])
        assert "without a readable header" in message


def test_artwork_must_have_the_suffix_of_its_format(tmp_path: Path) -> None:
    """Podcasts 4."""
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "cover.png").write_bytes(jpeg(1400, 1400))
    with pytest.raises(SettingsError, match="is a JPEG file; rename it"):
        make_site(tmp_path, toml=SHOW)
    with pytest.raises(SettingsError, match=r"is neither a \.jpg nor a \.png file"):
        make_site(tmp_path, toml=SHOW.replace("cover.png", "cover.webp"))
    with pytest.raises(SettingsError, match="cannot be read: No such file or directory"):
        make_site(tmp_path, toml=SHOW.replace("cover.png", "other.png"))


def test_artwork_on_another_host_is_not_fetched(tmp_path: Path) -> None:
    toml = SHOW.replace("/files/cover.png", "https://cdn.example/cover.jpg?v=2")
    assert make_site(tmp_path, toml=toml).feed("talk").podcast


def test_the_categories_are_those_of_apple() -> None:
    """Podcasts 5."""
    assert len(categories.CATEGORIES) == 19
    assert sum(map(len, categories.CATEGORIES.values())) == 91
    for name, below in categories.CATEGORIES.items():
        assert categories.parse(name) == (name, "")
        for each in below:
            assert categories.parse(f"{name}>{each}") == (name, each)
            assert categories.nearest(each).endswith(each)


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("Society and Culture", "Society & Culture"),
        ("News & Politics", "News"),
        ("Games & Hobbies > Video Games", "Leisure > Video Games"),
        ("sport", "Sports"),
        ("Food > Arts", "Arts"),
    ],
)
def test_the_nearest_of_an_unknown_category_is_found(text: str, nearest: str) -> None:
    """Podcasts 5."""
    with pytest.raises(ValueError, match="is not a category of Apple Podcasts"):
        categories.parse(text)
    assert categories.nearest(text) == nearest


def test_podcast_is_not_a_setting_of_all_feeds(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="podcast is a setting of one feed; move it to"):
        make_site(tmp_path, toml="[feeds]\npodcast = true")


def test_a_redirect_requires_a_url_on_another_host(tmp_path: Path) -> None:
    assert "redirect needs an address; add new_feed_url" in mistake(
        tmp_path, f"{SHOW}redirect = true"
    )
    here = 'redirect = true\nnew_feed_url = "https://news.example.org/feeds/all.rss"'
    assert "is an address of this site; use the table [moved]" in mistake(tmp_path, SHOW + here)
