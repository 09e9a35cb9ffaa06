"""A source as part of a site: validates its results, and turns its failures into FeedsvcErrors."""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace

from feedsvc import html
from feedsvc.errors import FeedsvcError, Problem
from feedsvc.model import MAX_ID, MAX_PATH, MAX_SLUG, MAX_TERM, MAX_URL, Article, excess
from feedsvc.sources.protocol import ArticleSource, ChangingSource, Listing, Reading

_SURROGATE = re.compile(r"[\ud800-\udfff]")


class _Complete(Mapping[str, str]):
    """The fingerprints of a source's articles, after the source's digest; without rejected keys."""

    def __init__(self, found: Mapping[str, str], digest: str, rejected: Set[str]) -> None:
        self._found, self._digest, self._rejected = found, digest, rejected

    def __getitem__(self, key: str) -> str:
        if key in self._rejected:
            raise KeyError(key)
        fingerprint = self._found[key]
        return f"{self._digest} {fingerprint}" if fingerprint else ""

    def __iter__(self) -> Iterator[str]:
        if not self._rejected:
            return iter(self._found)
        return (key for key in self._found if key not in self._rejected)

    def __len__(self) -> int:
        return len(self._found) - len(self._rejected)


@dataclass(frozen=True, slots=True)
class Member:
    """A source of a site. prefix: of its keys in the site; '' for the content folder."""

    prefix: str
    source: ArticleSource

    def listing(self) -> Listing:
        """List the source; each fingerprint includes the source's own. Raises FeedsvcError."""
        with _failures():
            return self._stored(self.source.listing())

    def changes(self, paths: Collection[str]) -> Listing | None:
        """List what changed, if the source can tell; see `ChangingSource`. Raises FeedsvcError."""
        if not isinstance(self.source, ChangingSource):
            return None
        with _failures():
            found = self.source.changes(paths)
            return found and self._stored(found)

    @property
    def digest(self) -> str:
        """A hash of the source's own fingerprint. Raises FeedsvcError."""
        with _failures():
            return hashlib.blake2b(self.source.fingerprint.encode(), digest_size=6).hexdigest()

    def _stored(self, found: Listing) -> Listing:
        """Return a listing with complete fingerprints, and without keys that cannot be stored."""
        rejected = {key for key in found.fingerprints if not _is_storable(self.prefix + key)}
        problems = [
            Problem(
                self.source.display_name(key[:100]),
                0,
                "too-long",
                f"has a key of more than {MAX_PATH:,} bytes, or with characters that no database "
                "can store",
            )
            for key in rejected
        ]
        # Copied, as a source may change its mapping while it reads; not the content folder's, which
        # may be large.
        listed = dict(found.fingerprints) if self.prefix else found.fingerprints
        fingerprints = _Complete(listed, self.digest, rejected)
        return replace(found, fingerprints=fingerprints, problems=(*found.problems, *problems))

    def read(self, keys: Sequence[str]) -> Iterator[Reading]:
        """Read some articles of the source by their keys in the site.

        If the source fails, the first article that was not read has a Problem, and the others have
        no Reading.
        """
        if not self.prefix:
            yield from self.source.read(keys)
            return
        left = {key.removeprefix(self.prefix): key for key in keys}
        try:
            for reading in self.source.read(list(left)):
                if key := left.pop(reading.key, None):
                    yield self._checked(reading, key)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it must not stop other sources
            for key in list(left.values())[:1]:
                yield Reading(key, None, (self.unreachable(error),))

    def _checked(self, reading: Reading, key: str) -> Reading:
        """Return a Reading under its key in the site, without an article that cannot be stored."""
        article = reading.article and replace(reading.article, path=key)
        if article and (rejected := _rejected(article)):
            problem = Problem(self.source.display_name(reading.key), 0, *rejected)
            return Reading(key, None, (*reading.problems, problem))
        return replace(reading, key=key, article=article)

    def unreachable(self, error: BaseException) -> Problem:
        """Return the Problem of a source that failed."""
        said = f"{error}" if isinstance(error, FeedsvcError) else f"{type(error).__name__}: {error}"
        message = f"cannot be read: {said}; its articles stay as they are"
        return Problem(self.source.name, 0, "unreachable-source", message)


_LIMITS = {"slug": MAX_SLUG, "id": MAX_ID, "native_id": MAX_ID, "path": MAX_PATH, "link": MAX_URL}


def _rejected(article: Article) -> tuple[str, str] | None:
    """Return code and message for a value that no database or feed accepts; None if all do."""
    values = {each.name: getattr(article, each.name) for each in fields(article)}
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    for name, text in texts.items():
        if name != "path" and html.xml_safe(text) != text:
            return "bad-value", f"its {name} has characters that XML cannot carry; remove them"
    sizes = [(f"its {name}", texts.get(name, ""), most) for name, most in _LIMITS.items()]
    sizes += [(f"the term {ref.term[:30]!r}", ref.term, MAX_TERM) for ref, _ in article.terms]
    sizes += [(f"the path {path[:30]!r}", path, MAX_PATH) for path in article.files]
    found = ((what, excess(text, most)) for what, text, most in sizes)
    return next((("too-long", f"{what} {over}; shorten it") for what, over in found if over), None)


def _is_storable(key: str) -> bool:
    """Return whether PostgreSQL can store a key, which never reaches a feed."""
    return not excess(key, MAX_PATH) and "\0" not in key and not _SURROGATE.search(key)


@contextmanager
def _failures() -> Iterator[None]:
    """Raise every error of a source as a FeedsvcError."""
    try:
        yield
    except FeedsvcError:
        raise
    except (Exception, SystemExit) as error:
        raise FeedsvcError(f"unexpected {type(error).__name__}: {error}") from error
