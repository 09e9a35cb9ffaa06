"""Encrypted secrets of subscribers, and the key file (WebSub 20)."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.errors import CatalogError
from feedsvc.push.store.sealing import Sealing, key_file, read_key
from tests.sites import make_site, mistake
from tests.soak import examples

KEY = "k" * 32
SEALING = Sealing(lambda: KEY)


@given(st.text())
def test_a_sealed_text_can_be_opened_and_does_not_reveal_the_text(text: str) -> None:
    sealed = SEALING.seal(text)
    assert Sealing(lambda: KEY).open(sealed) == text
    assert not text or (sealed != SEALING.seal(text) and (len(text) < 5 or text not in sealed))


def test_an_empty_text_requires_no_key() -> None:
    def fail() -> str:
        raise AssertionError

    assert Sealing(fail).seal("") == Sealing(fail).open("") == ""


def test_another_key_cannot_open_a_sealed_text() -> None:
    with pytest.raises(CatalogError, match="was encrypted with another key"):
        Sealing(lambda: "o" * 32).open(SEALING.seal("secret"))


def test_digests_differ_by_key() -> None:
    assert SEALING.digest("192.0.2.1") == Sealing(lambda: KEY).digest("192.0.2.1")
    assert SEALING.digest("192.0.2.1") != Sealing(lambda: "o" * 32).digest("192.0.2.1")


def test_concurrently_starting_processes_share_one_private_key(tmp_path: Path) -> None:
    path = tmp_path / "new" / "push.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: read_key(path), range(examples(16))))
    assert len(keys) == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["push.key"]


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff"])
def test_an_invalid_key_file_is_reported_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "push.key"
    path.write_bytes(content)
    with pytest.raises(CatalogError, match=f"{path}: has no key of at least 32 characters"):
        read_key(path)
    assert path.read_bytes() == content


def test_an_unwritable_key_file_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        CatalogError, match=r"the key of push cannot be used: .*set key in \[push\]"
    ):
        read_key(tmp_path / "file" / "push.key")


def test_the_key_file_is_beside_the_catalog(tmp_path: Path) -> None:
    elsewhere = make_site(tmp_path, toml='database = "sqlite:////var/lib/feedsvc/catalog.db"')
    assert key_file(elsewhere) == Path("/var/lib/feedsvc/push.key")
    server = make_site(tmp_path, toml='database = "postgresql://user@host/name"')
    assert key_file(server) == tmp_path / ".feedsvc" / "push.key"


def test_a_configured_key_requires_no_file(tmp_path: Path) -> None:
    settings = make_site(tmp_path, toml=f'[push]\nkey = "{KEY}"')
    assert Sealing.of(settings).open(SEALING.seal("é")) == "é"
    assert not key_file(settings).exists()


def test_a_key_that_is_too_short_is_refused_without_quoting_it(tmp_path: Path) -> None:
    message = mistake(tmp_path, '[push]\nkey = "my secret"', 2)
    assert message.endswith("key is too short; write a random text of at least 32 characters")
