"""Fixtures of the tests of access logs."""

import pytest

from feedsvc.config.settings import Settings
from tests.sites import make_site

TOML = """
[moved]
"tag/old" = "tag/new"
[aliases]
"/feed/" = "all.rss"
"/tags/*/index.xml" = "tag/*.rss"
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_site(tmp_path_factory.mktemp("site"), toml=TOML)
