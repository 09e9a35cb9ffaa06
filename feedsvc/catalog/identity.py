"""Decides which stored article a file is, and who keeps a slug or id that two files claim.

Pure: is given what was read and what is known, and returns what follows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

from feedsvc.catalog.state import State
from feedsvc.errors import ArticleError

_WITHDRAWN = "an article that was withdrawn"  # stands where a path stands otherwise


class Claim(NamedTuple):
    """What an article just read says it is.

    id: pinned by its author, or None. minted: its id if none is pinned and none was released.
    columns: see `state.TAKEN`. slug_at, id_at: how these keys are written, and on which lines.
    """

    id: str | None
    minted: str
    columns: Mapping[str, Any]
    slug_at: tuple[str, int] = ("slug", 0)
    id_at: tuple[str, int] = ("id", 0)

    @property
    def path(self) -> str:
        """Its key."""
        return str(self.columns["path"])

    @property
    def slug(self) -> str:
        """The slug that it wants."""
        return str(self.columns["slug"])

    @property
    def text_hash(self) -> str:
        """The hash of its text."""
        return str(self.columns["text_hash"])


@dataclass(frozen=True, slots=True)
class Match:
    """A file's article: the stored one that it is, or None for a new one; and its id."""

    claim: Claim
    known: State | None
    id: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What the files are, and by path, why some cannot be taken."""

    matches: tuple[Match, ...]
    refused: dict[str, ArticleError]


def decide(
    files: Sequence[Claim],
    known: Iterable[State],
    holds: Callable[[str], bool],
) -> Decision:
    """Match files just read with stored articles.

    A file is the stored article that has its pinned id; else the one of its path; else, of those
    whose file is gone, the one of its text (it was moved or renamed), or of its slug (and edited).
    Two files never share a slug or an id: who has it keeps it, and among new ones the first
    published. A file that is refused leaves its article as it was.

    holds: whether a file is at a path now.
    """
    claims = sorted(files, key=lambda each: (each.columns["published"], each.path))
    # Of articles that had one slug, the last in this order is the likeliest to be meant.
    states = sorted(known, key=lambda each: (not each.removed, each.number))
    refused: dict[str, ArticleError] = {}
    while True:
        matches = _match(claims, states, holds)
        conflicts = _conflicts(matches, states, holds)
        if not conflicts:
            return Decision(tuple(matches), refused)
        # What is refused gives up none of its names, though others may have counted on that.
        refused |= conflicts
        claims = [claim for claim in claims if claim.path not in refused]


def _match(
    claims: Sequence[Claim],
    known: Sequence[State],
    holds: Callable[[str], bool],
) -> list[Match]:
    """Find the article of each file, those that have the best right to one first."""
    pinned = {claim.path: claim.id for claim in claims if claim.id}
    gone = [
        each
        for each in known
        if each.removed or not holds(each.path) or pinned.get(each.path, each.id) != each.id
    ]
    found: dict[str, State] = {}
    taken: set[int] = set()
    for names, articles in (
        (("id",), gone),
        (("path",), [each for each in known if not each.removed]),
        (("text_hash", "slug"), gone),  # copies that were moved together stay who they were
        (("text_hash",), gone),
        (("slug",), gone),
    ):
        key = attrgetter(*names)
        candidates: dict[Any, list[State]] = {}
        for each in articles:
            candidates.setdefault(key(each), []).append(each)
        for claim in claims:
            rest = [] if claim.path in found else candidates.get(key(claim), [])
            while rest:
                article = rest.pop()
                if article.number not in taken:
                    found[claim.path] = article
                    taken.add(article.number)
                    break
    return [
        Match(claim, found.get(claim.path), _id(claim, found.get(claim.path))) for claim in claims
    ]


def _id(claim: Claim, known: State | None) -> str:
    if claim.id:
        return claim.id
    if known and known.released is not None:
        return known.id
    return claim.minted


def _conflicts(
    matches: Sequence[Match], known: Sequence[State], holds: Callable[[str], bool]
) -> dict[str, ArticleError]:
    """Return by path why files cannot have the slug or the id that they want."""
    slugs, ids = _holders(matches, known, holds)
    conflicts = {}
    for match in sorted(matches, key=lambda each: slugs.get(each.claim.slug) != each.claim.path):
        path, slug = match.claim.path, match.claim.slug
        if slugs.get(slug, path) != path:
            name, line = match.claim.slug_at
            conflicts[path] = ArticleError(
                "duplicate-slug",
                f"has the slug {slug!r} of {slugs[slug]}, which keeps it; "
                f"write another `{name}:` here",
                line=line,
            )
        elif ids.get(match.id, path) != path:
            name, line = match.claim.id_at
            conflicts[path] = ArticleError(
                "duplicate-id",
                f"has the id {match.id!r} of {ids[match.id]}, which keeps it; "
                f"write another `{name}:` here",
                line=line,
            )
        else:
            slugs[slug] = ids[match.id] = path
    return conflicts


def _holders(
    matches: Sequence[Match], known: Sequence[State], holds: Callable[[str], bool]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return which path has which slug and which id, and keeps it.

    The id of an article that was withdrawn is nobody's, for readers may know it for ever.
    """
    slugs: dict[str, str] = {}
    ids: dict[str, str] = {}
    found = {match.known.number: match for match in matches if match.known}
    paths = {match.claim.path for match in matches}
    for each in known:
        match = found.get(each.number)
        if match:
            if match.claim.slug == each.slug:
                slugs[each.slug] = match.claim.path
            if match.id == each.id:
                ids[each.id] = match.claim.path
            continue
        stays = not each.removed and each.path not in paths and holds(each.path)
        if stays:
            slugs[each.slug] = ids[each.id] = each.path
        elif each.released is not None:
            ids[each.id] = _WITHDRAWN
    return slugs, ids
