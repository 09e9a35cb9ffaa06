"""The table [purge]: the cache in front of the site."""

from pathlib import Path

import pytest

from feedsvc.config.purge import PurgeSettings
from feedsvc.errors import SettingsError
from tests.sites import make_site


def read(folder: Path, toml: str) -> PurgeSettings | None:
    return make_site(folder, {}, f"[purge]\n{toml}").purge


def test_by_default_no_cache_is_purged(tmp_path: Path) -> None:
    assert read(tmp_path, "") is make_site(tmp_path).purge is None


@pytest.mark.parametrize(
    ("toml", "settings"),
    [
        (
            'cache = "fastly"\nservice = "SU1Z0isxPaozGVKXdv0eY"\ntoken = "abc"',
            PurgeSettings(cache="fastly", service="SU1Z0isxPaozGVKXdv0eY", token="abc"),
        ),
        (
            'cache = "cloudflare"\nzone = "023e105f4ecef8ad"\ntoken = "abc"\npause = 0',
            PurgeSettings(cache="cloudflare", zone="023e105f4ecef8ad", token="abc", pause=0),
        ),
        (
            'cache = "varnish"\nservers = ["http://10.0.0.5:6081/", "http://[::1]"]\nmax_age = 60',
            PurgeSettings(
                cache="varnish", servers=("http://10.0.0.5:6081", "http://[::1]"), max_age=60
            ),
        ),
    ],
)
def test_settings_of_each_kind_of_cache_are_read(
    tmp_path: Path, toml: str, settings: PurgeSettings
) -> None:
    assert read(tmp_path, toml) == settings


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('cache = "akamai"', "cache is one of fastly, cloudflare, varnish, not 'akamai'"),
        ('token = "a"', "cache is missing; add the line cache ="),
        ('cache = "fastly"\ntoken = "a"', 'the cache "fastly" needs the key service; add it'),
        ('cache = "varnish"', 'the cache "varnish" needs the key servers; add it'),
        (
            'cache = "varnish"\nservers = ["http://h"]\ntoken = "a"',
            'the cache "varnish" has no key token; remove it',
        ),
        (
            'cache = "varnish"\nservers = ["h:6081"]',
            "servers has 'h:6081', which is not the address of a server",
        ),
        ('cache = "varnish"\nservers = ["http://h:99999"]', "is not the address of a server"),
        ('cache = "varnish"\nservers = ["http://u@h"]', "is not the address of a server"),
        ('cache = "varnish"\nservers = ["http://h/path"]', "is not the address of a server"),
        ('cache = "fastly"\nservice = "a/b"', "service is the id that the CDN shows"),
        ('cache = "varnish"\nmax_age = 5', "max_age is a whole number from 60 to 31536000"),
    ],
)
def test_mistakes_are_reported(tmp_path: Path, toml: str, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read(tmp_path, toml)
    assert message in str(raised.value)


def test_messages_do_not_contain_the_token(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        read(tmp_path, 'cache = "fastly"\nservice = "s"\ntoken = "sec ret"')
    assert "token has a character that no API token has" in str(raised.value)
    assert "sec" not in str(raised.value)
