"""Messages about optional dependencies."""

import json
from importlib.metadata import PackageNotFoundError

import pytest

from feedsvc import extras


class Distribution:
    def __init__(self, origin: object) -> None:
        self._origin = origin

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return json.dumps(self._origin) if self._origin else None


@pytest.mark.parametrize(
    ("origin", "requirement"),
    [
        (None, "'feedsvc[rst]'"),
        (
            {"url": "https://x.example/feedsvc.whl", "archive_info": {}},
            "'feedsvc[rst] @ https://x.example/feedsvc.whl'",
        ),
        ({"url": "file:///a%20b", "dir_info": {}}, "'feedsvc[rst] @ file:///a%20b'"),
        ({"url": "file:///a%20b", "dir_info": {"editable": True}}, "-e '/a b[rst]'"),
        (
            {
                "url": "https://x.example/r",
                "vcs_info": {"vcs": "git", "requested_revision": "v1", "commit_id": "0"},
            },
            "'feedsvc[rst] @ git+https://x.example/r@v1'",
        ),
    ],
)
def test_an_extra_is_installed_from_the_origin_of_feedsvc(
    monkeypatch: pytest.MonkeyPatch, origin: object, requirement: str
) -> None:
    """PEP 610."""
    monkeypatch.setattr(extras, "distribution", lambda _: Distribution(origin))
    made = extras.how_to_install("rst", ImportError("No module named\n'docutils'"))
    assert made == f"`pip install {requirement}` (No module named 'docutils')"


def test_an_uninstalled_copy_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> Distribution:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(extras, "distribution", fail)
    assert "'feedsvc[rst]'" in extras.how_to_install("rst", ImportError())
