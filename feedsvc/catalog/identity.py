"""Decides which stored article a file is, and which of two files keeps a contested slug or id.

Pure: accesses neither the database nor files.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from feedsvc.catalog.rows import Columns
from feedsvc.catalog.state import ArticleState
from feedsvc.errors import ArticleError

_WITHDRAWN = "an article that was withdrawn"  # in place of a path


class Claim(NamedTuple):
    """How a file identifies its article.

    id: pinned by the author, or None. minted: the id of an article that has neither a pinned nor a
    released one. columns: of its article. slug_at, id_at: each key as the author spells it,
    and its line.
    """

    id: str | None
    minted: str
    columns: Columns
    slug_at: tuple[str, int] = ("slug", 0)
    id_at: tuple[str, int] = ("id", 0)

    @property
    def path(self) -> str:
        """The key of the file."""
        return self.columns.path

    @property
    def slug(self) -> str:
        """The slug that the file asks for."""
        return self.columns.slug

    @property
    def text_hash(self) -> str:
        """The hash of the file's text."""
        return self.columns.text_hash


class Match(NamedTuple):
    """The article of a file. known: the stored article, None for a new one."""

    claim: Claim
    known: ArticleState | None
    id: str


class Rules(NamedTuple):
    """Which ids are final. kept: those of released articles. withdrawn: those of withdrawn ones."""

    kept: bool = True
    withdrawn: bool = True


KNOWN = Rules()  # readers may know the ids
TRIAL = Rules(kept=False, withdrawn=False)  # nobody has seen the site
RESET = Rules(kept=False)


def decide(
    claims: Sequence[Claim],
    known: Iterable[ArticleState],
    exists: Callable[[str], bool],
    rules: Rules = KNOWN,
) -> tuple[list[Match], dict[str, ArticleError]]:
    """Match files with stored articles; return the matches, and an error by path for each conflict.

    A file is the stored article with its pinned id; else the one with its path; else, among those
    whose file is gone, the one with its text (the file was moved or renamed) or with its slug
    (moved and edited). Two articles never share a slug or an id: the one that has it keeps it, and
    of several new ones, the first published gets it. The article of a refused file stays as it was.

    exists: whether there is a file at a path now.
    """
    claims = sorted(claims, key=lambda claim: (claim.columns.published, claim.path))
    # Among articles that have had the same slug, the last in this order is the best guess.
    states = sorted(known, key=lambda state: (not state.removed, state.number))
    refused: dict[str, ArticleError] = {}
    while True:
        matches = _match(claims, states, exists, rules)
        conflicts = _conflicts(matches, states, exists, rules)
        if not conflicts:
            return matches, refused
        # A refused file keeps its stored slug and id, so others may conflict with it in turn.
        refused |= conflicts
        claims = [claim for claim in claims if claim.path not in refused]


def _match(
    claims: Sequence[Claim],
    known: Sequence[ArticleState],
    exists: Callable[[str], bool],
    rules: Rules,
) -> list[Match]:
    """Find the article of each file, starting from the strongest evidence."""
    pinned = {claim.path: claim.id for claim in claims if claim.id}
    gone = [
        state
        for state in known
        if state.removed or not exists(state.path) or pinned.get(state.path, state.id) != state.id
    ]
    matched: dict[str, ArticleState] = {}
    used: set[int] = set()
    for names, states in (
        (("id",), gone),
        (("path",), [state for state in known if not state.removed]),
        (("text_hash", "slug"), gone),  # distinguishes copies that were moved together
        (("text_hash",), gone),
        (("slug",), gone),
    ):
        key = attrgetter(*names)
        candidates: dict[Any, list[ArticleState]] = {}
        for state in states:
            candidates.setdefault(key(state), []).append(state)
        for claim in claims if candidates else ():
            rest = [] if claim.path in matched else candidates.get(key(claim), [])
            while rest:
                state = rest.pop()
                if state.number not in used:
                    matched[claim.path] = state
                    used.add(state.number)
                    break
    return [_with_id(claim, matched.get(claim.path), rules) for claim in claims]


def _with_id(claim: Claim, known: ArticleState | None, rules: Rules) -> Match:
    is_final = rules.kept and known and known.released is not None
    return Match(claim, known, claim.id or (known.id if known and is_final else claim.minted))


def _conflicts(
    matches: Sequence[Match],
    known: Sequence[ArticleState],
    exists: Callable[[str], bool],
    rules: Rules,
) -> dict[str, ArticleError]:
    """Return an error by path for each file that cannot have its slug or its id."""
    slugs, ids = _holders(matches, known, exists, rules)
    conflicts = {}
    for match in sorted(matches, key=lambda each: slugs.get(each.claim.slug) != each.claim.path):
        claim, path = match.claim, match.claim.path
        if slugs.get(claim.slug, path) != path:
            message = _taken("slug", claim.slug, slugs[claim.slug], claim.slug_at[0])
            conflicts[path] = ArticleError("duplicate-slug", message, line=claim.slug_at[1])
        elif ids.get(match.id, path) != path:
            message = _taken("id", match.id, ids[match.id], claim.id_at[0])
            conflicts[path] = ArticleError("duplicate-id", message, line=claim.id_at[1])
        else:
            slugs[claim.slug] = ids[match.id] = path
    return conflicts


def _taken(what: str, value: str, holder: str, key: str) -> str:
    return f"has the {what} {value!r} of {holder}, which keeps it; write another `{key}:` here"


def _holders(
    matches: Sequence[Match],
    known: Sequence[ArticleState],
    exists: Callable[[str], bool],
    rules: Rules,
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the path of the article that keeps each slug, and of the one that keeps each id.

    No other article gets the id of a withdrawn one: readers may remember it forever.
    """
    slugs: dict[str, str] = {}
    ids: dict[str, str] = {}
    by_number = {match.known.number: match for match in matches if match.known}
    paths = {match.claim.path for match in matches}
    for state in known:
        match = by_number.get(state.number)
        if match:
            if match.claim.slug == state.slug:
                slugs[state.slug] = match.claim.path
            if match.id == state.id:
                ids[state.id] = match.claim.path
        elif not state.removed and state.path not in paths and exists(state.path):
            slugs[state.slug] = ids[state.id] = state.path
        elif rules.withdrawn and state.released is not None:
            ids[state.id] = _WITHDRAWN
    return slugs, ids
