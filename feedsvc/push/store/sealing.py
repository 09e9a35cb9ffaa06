"""Encrypts the secrets of subscribers for the catalog (WebSub 20).

The key is a setting, or a file beside the catalog that only its owner can read. It is not in the
catalog, so that a copy of the catalog reveals no secret.
"""

import hashlib
import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Self

from sqlalchemy import make_url

from feedsvc.config.settings import Settings
from feedsvc.errors import CatalogError

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

FILE = "push.key"
_SHORTEST = 32  # characters
_REMEDY = "make it readable and writable for this user, or set key in [push]"


class Sealing:
    """Seals and opens texts with one key. Thread-safe. Every method raises CatalogError."""

    def __init__(self, key: Callable[[], str]) -> None:
        """Take the key lazily. key: returns it."""
        self._key = key

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the sealing of a site. A missing key file is created lazily."""
        return cls(lambda: settings.push.key or read_key(key_file(settings)))

    def seal(self, text: str) -> str:
        """Encrypt a text; '' stays ''."""
        return self._fernet.encrypt(text.encode()).decode() if text else ""

    def open(self, sealed: str) -> str:
        """Decrypt a text that `seal` returned."""
        if not sealed:
            return ""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise CatalogError(
                f"a subscriber's secret was encrypted with another key; restore {FILE} or key in "
                "[push], or wait until the subscriber renews its subscription"
            ) from None

    def digest(self, text: str) -> str:
        """Return a hash of a text that cannot be guessed without the key."""
        return hashlib.blake2b(text.encode(), digest_size=16, key=self._derived).hexdigest()

    @cached_property
    def _derived(self) -> bytes:
        return hashlib.sha256(self._key().encode()).digest()

    @cached_property
    def _fernet(self) -> "Fernet":
        from cryptography.fernet import Fernet  # deferred: few processes need it

        return Fernet(urlsafe_b64encode(self._derived))


def key_file(settings: Settings) -> Path:
    """Return the path of a site's key: beside an SQLite catalog, else in the site's folder."""
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite":
        return Path(str(url.database)).with_name(FILE)
    return settings.site / ".feedsvc" / FILE


def read_key(path: Path) -> str:
    """Return the key in a file; create one with a random key first if there is none.

    The file is created atomically, and never replaces one that another process created.
    """
    try:
        with suppress(FileNotFoundError):
            return _checked(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=path.parent, prefix=f".{FILE}-") as part:  # mode 0600
            part.write(f"{secrets.token_urlsafe(32)}\n")
            part.flush()
            os.fsync(part.fileno())
            with suppress(FileExistsError):
                os.link(part.name, path)
        return _checked(path)
    except OSError as error:
        raise CatalogError(
            f"{path}: the key of push cannot be used: {error.strerror}; {_REMEDY}"
        ) from error


def _checked(path: Path) -> str:
    key = path.read_text(encoding="utf-8", errors="replace").strip()
    if len(key) < _SHORTEST:
        raise CatalogError(
            f"{path}: has no key of at least {_SHORTEST} characters; restore the file, or remove "
            "it, and subscribers renew their secrets in time"
        )
    return key
