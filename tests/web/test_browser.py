"""Pages in Chromium: axe-core finds no violation, and nothing is wider than the screen."""

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from feedsvc.web import create_app
from tests import axe
from tests.web.fake import BASE, RAIN, SETTINGS, FakePublication

pytestmark = axe.needed
PAGES = ["/", "/feeds/all/", "/feeds/tag/", "/articles/rain", "/nothing"]
CONTENT = f"""
<p>See {BASE}/a/very/long/path/with/many/parts/that/goes/on/and/on/without/any/end.</p>
<table><thead><tr>{"<th>A wide column</th>" * 12}</tr></thead>
<tbody><tr>{'<td align="right">1</td>' * 12}</tr></tbody></table>
<pre><code>{"a long line of code " * 12}</code></pre>
<audio controls="" src="{BASE}/a.mp3"></audio>
"""


class Rich(FakePublication):
    """A publication with an article that has everything that may be too wide."""

    def __init__(self, language: str) -> None:
        super().__init__(structs.replace(SETTINGS, language=language))
        self._shown["rain"] = replace(RAIN, content=CONTENT)


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("fr", "dark")])
def test_pages_are_accessible_and_fit_the_screen(
    tmp_path: Path, language: str, scheme: str
) -> None:
    axe.assert_accessible(create_app(Rich(language)).wsgi_app, PAGES, scheme, tmp_path)
