"""The table [serve]: proxies, limits and metrics."""

from pathlib import Path

import pytest

from feedsvc.config.serving import ServeSettings
from feedsvc.errors import SettingsError
from tests.sites import make_site


def read(folder: Path, toml: str) -> ServeSettings:
    return make_site(folder, {}, f"[serve]\n{toml}").serve


def test_the_default_is_no_proxies_no_limit_and_metrics_for_loopback(
    tmp_path: Path,
) -> None:
    assert make_site(tmp_path).serve == read(tmp_path, "") == ServeSettings()
    ours = ServeSettings()
    assert (ours.trusted_proxies, ours.full_polls) == ((), "")
    assert [str(each) for each in ours.metrics_from] == ["127.0.0.0/8", "::1/128"]


def test_everything_can_be_set(tmp_path: Path) -> None:
    assert read(
        tmp_path,
        'trusted_proxies = ["10.0.0.1", "2001:db8::/32"]\n'
        'full_polls = "6/hour"\n'
        'limit_storage = "redis://cache.example.org:6379/1"\n'
        "metrics_from = []\n",
    ) == ServeSettings(
        trusted_proxies=("10.0.0.1", "2001:db8::/32"),
        full_polls="6/hour",
        limit_storage="redis://cache.example.org:6379/1",
        metrics_from=(),
    )


@pytest.mark.parametrize("rate", ["1/minute", "6/hour", "6 / hour", "999999/day"])
def test_rates_are_accepted(tmp_path: Path, rate: str) -> None:
    from limits import parse

    assert parse(read(tmp_path, f'full_polls = "{rate}"').full_polls)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('full_polls = "6"', "full_polls is a rate like \"6/hour\", not '6'"),
        ('full_polls = "0/hour"', "is a rate like"),
        ('full_polls = "6 per hour"', "is a rate like"),
        ('full_polls = "6/hours"', "is a rate like"),
        ('full_polls = "6/second; 5/hour"', "is a rate like"),
        ("full_polls = 6", "full_polls"),
        (
            'trusted_proxies = ["nginx"]',
            "trusted_proxies has 'nginx', which is not an address; write one like",
        ),
        ('trusted_proxies = ["10.0.0.1/8"]', "is not an address; write one"),
        ('trusted_proxies = ["10.0.0.1:80"]', "is not an address; write one"),
        ('trusted_proxies = "10.0.0.1"', "trusted_proxies"),
        ('metrics_from = ["10.0.0.1", ""]', "metrics_from has '', which is not an address"),
        (
            'limit_storage = "memcached://u:geheim@h"',
            "limit_storage is 'memory://' or a URL like 'redis://host', not 'memcached'",
        ),
        ('limit_storage = "redis://"', "like 'redis://host', not 'redis'"),
        ('limit_storage = ""', "like 'redis://host', not ''"),
        ("threads = 4", "threads"),
    ],
)
def test_a_mistake_is_reported_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read(tmp_path, line)
    text = str(raised.value)
    assert message.replace("'", '"') in text.replace("'", '"')
    assert "feedsvc.toml:" in text
    assert "geheim" not in text


def test_the_table_does_not_change_the_fingerprint(tmp_path: Path) -> None:
    """A change must not create a revision, as readers do not see it."""
    before = make_site(tmp_path).fingerprint()
    toml = '[serve]\ntrusted_proxies = ["10.0.0.1"]\nfull_polls = "6/hour"\n'
    assert make_site(tmp_path, {}, toml).fingerprint() == before
