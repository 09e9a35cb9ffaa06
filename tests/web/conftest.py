"""Fixtures of the tests of the web app."""

import pytest
from flask.testing import FlaskClient

from feedsvc.web import create_app
from tests.web.fake import FakePublication


@pytest.fixture
def client() -> FlaskClient:
    """A client of the app with a fake publication."""
    return create_app(FakePublication()).test_client()
