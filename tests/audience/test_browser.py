"""The operator's page in Chromium: no violations of axe-core, and no overflow."""

import time
from pathlib import Path

import pytest

from feedsvc.audience.page import Views
from feedsvc.audience.store import DAY
from feedsvc.web import create_app
from tests import axe
from tests.audience import made
from tests.web.fake import FakePublication

pytestmark = axe.needed


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1280)])
def test_the_page_is_accessible_and_fits_the_screen(
    tmp_path: Path, scheme: str, width: int
) -> None:
    settings = made.settings()
    store, _ = made.store(tmp_path, int(time.time()) // DAY, count=3)
    with store:
        app = create_app(FakePublication(settings), Views(settings, store).views)
        axe.assert_accessible(app.wsgi_app, ["/stats/"], scheme, tmp_path / "browser", [width])
