"""Matching files with stored articles, without files or a database."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedsvc import dates, urls
from feedsvc.catalog.identity import Claim, Match, decide
from feedsvc.catalog.rows import Columns
from feedsvc.catalog.state import ArticleState
from feedsvc.errors import ArticleError

AUTHORITY = "example.org,2022"
DAY = datetime(2022, 2, 17, tzinfo=UTC)


def claim(path: str, slug: str, pinned: str | None = None, day: int = 0) -> Claim:
    published = DAY + timedelta(days=day)
    columns = Columns(
        path, slug, pinned is not None, dates.epoch(published), 0, None, (), False, True, "-", "-"
    )
    return Claim(pinned, urls.entry_id(AUTHORITY, published, slug), columns)


def state(
    number: int,
    path: str,
    slug: str,
    entry_id: str = "",
    *,
    removed: bool = False,
    released: bool = True,
) -> ArticleState:
    return ArticleState(
        number=number,
        path=path,
        slug=slug,
        id=entry_id or f"urn:{number}",
        removed=removed,
        released=1 if released else None,
    )


class Decision(NamedTuple):
    """What `decide` returns."""

    matches: list[Match]
    refused: dict[str, ArticleError]


def found(decision: Decision) -> dict[str, tuple[int | None, str]]:
    """Return the number of the article and the id, by path."""
    return {
        each.claim.path: (each.known.number if each.known else None, each.id)
        for each in decision.matches
    }


def decide_for(
    files: list[Claim], known: list[ArticleState], unread: Set[str] = frozenset()
) -> Decision:
    """Decide for these files, among unread ones that did not change."""
    paths = {each.path for each in files} | unread
    return Decision(*decide(files, known, paths.__contains__))


def test_a_new_file_gets_a_minted_id() -> None:
    """Conformance 15."""
    decision = decide_for([claim("a.md", "é t")], [])
    assert found(decision) == {"a.md": (None, "tag:example.org,2022:2022-02-17:%C3%A9%20t")}


@pytest.mark.parametrize(
    ("files", "known", "expected"),
    [
        pytest.param(
            [claim("a.md", "a")], [state(1, "a.md", "a")], {"a.md": (1, "urn:1")}, id="its path"
        ),
        pytest.param(
            [claim("a.md", "b")], [state(1, "a.md", "a")], {"a.md": (1, "urn:1")}, id="another slug"
        ),
        pytest.param(
            [claim("b.md", "a")], [state(1, "a.md", "a")], {"b.md": (1, "urn:1")}, id="moved"
        ),
        pytest.param(
            [claim("b.md", "b", "urn:1")],
            [state(1, "a.md", "a")],
            {"b.md": (1, "urn:1")},
            id="its pinned id wins over path and slug",
        ),
        pytest.param(
            [claim("a.md", "a", "urn:2")],
            [state(1, "a.md", "a")],
            {"a.md": (1, "urn:2")},
            id="its author pins another id",
        ),
        pytest.param(
            [claim("b.md", "a", "urn:1")],
            [state(1, "b.md", "gone", removed=True)],
            {"b.md": (1, "urn:1")},
            id="restored",
        ),
        pytest.param(
            [claim("b.md", "x", "urn:1")],
            [state(1, "other.md", "a", removed=True), state(2, "other.md", "b")],
            {"b.md": (1, "urn:1")},
            id="restored, while another is at its old path",
        ),
        pytest.param(
            [claim("b.md", "moved")],
            [state(1, "b.md", "of old", removed=True), state(2, "a.md", "moved")],
            {"b.md": (2, "urn:2")},
            id="moved to where another was once",
        ),
        pytest.param(
            [claim("a.md", "new", day=1)],
            [state(1, "a.md", "of old", removed=True)],
            {"a.md": (None, "tag:example.org,2022:2022-02-18:new")},
            id="a new article where another was once",
        ),
        pytest.param(
            [claim("b.md", "x", "urn:1"), claim("c.md", "y")],
            [state(1, "a.md", "x"), state(2, "b.md", "y")],
            {"b.md": (1, "urn:1"), "c.md": (2, "urn:2")},
            id="moved away, and another to where it was",
        ),
        pytest.param(
            [claim("b.md", "a", day=-1), claim("c.md", "c", "urn:1")],
            [state(1, "a.md", "a")],
            {"b.md": (None, "tag:example.org,2022:2022-02-16:a"), "c.md": (1, "urn:1")},
            id="its id wins over its slug",
        ),
    ],
)
def test_files_are_matched_with_stored_articles(
    files: list[Claim], known: list[ArticleState], expected: dict[str, tuple[int | None, str]]
) -> None:
    """Conformance 15."""
    decision = decide_for(files, known, {"other.md"})
    assert decision.refused == {}
    assert found(decision) == expected


def test_the_id_of_an_unreleased_article_follows_its_slug() -> None:
    decision = decide_for([claim("a.md", "b")], [state(1, "a.md", "a", released=False)])
    assert found(decision) == {"a.md": (1, "tag:example.org,2022:2022-02-17:b")}


def test_the_id_of_a_withdrawn_article_is_not_reused() -> None:
    """Conformance 15: readers remember it forever."""
    minted = "tag:example.org,2022:2022-02-17:a"
    known = [state(1, "a.md", "other", minted, removed=True)]
    for path in ("a.md", "b.md"):
        error = decide_for([claim(path, "a")], known).refused[path]
        assert error.code == "duplicate-id"
        assert "of an article that was withdrawn, which keeps it" in error.message


def test_a_deleted_draft_does_not_reserve_its_id() -> None:
    minted = "tag:example.org,2022:2022-02-17:b"
    known = [
        state(1, "gone.md", "b", minted, removed=True, released=False),
        state(2, "a.md", "a", released=False),
    ]
    decision = decide_for([claim("a.md", "b")], known)
    assert found(decision) == {"a.md": (2, minted)}


def test_the_error_for_a_refused_file_names_the_other_file() -> None:
    """With the keys that the author wrote, and their lines."""
    known = [state(1, "a.md", "a")]
    written = claim("b.md", "a")._replace(slug_at=("url", 4))
    by_slug = decide_for([written], known, {"a.md"}).refused["b.md"]
    assert (by_slug.code, by_slug.line) == ("duplicate-slug", 4)
    assert by_slug.message == (
        "has the slug 'a' of a.md, which keeps it; write another `url:` here"
    )
    written = claim("b.md", "b", "urn:1")._replace(id_at=("guid", 5))
    by_id = decide_for([written], known, {"a.md"}).refused["b.md"]
    assert (by_id.code, by_id.line) == ("duplicate-id", 5)
    assert by_id.message == "has the id 'urn:1' of a.md, which keeps it; write another `guid:` here"


# Any combination of articles and files, some of which were read.


@dataclass(frozen=True)
class World:
    """known: stored articles. files: those that were read. unread: paths of other files."""

    known: list[ArticleState]
    files: list[Claim]
    unread: set[str]

    @property
    def decision(self) -> Decision:
        return decide_for(self.files, self.known, self.unread)

    def has_file(self, each: ArticleState) -> bool:
        paths = self.unread | {file.path for file in self.files}
        return not each.removed and each.path in paths


NAMES = st.sampled_from("abcd")
IDS = st.sampled_from(
    [f"urn:{name}" for name in "abc"] + [urls.entry_id(AUTHORITY, DAY, name) for name in "abcd"]
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    known: list[ArticleState] = []
    ids = draw(st.lists(IDS, unique=True, max_size=5))
    for number, entry_id in enumerate(ids, 1):
        path, slug, removed = draw(NAMES), draw(NAMES), draw(st.booleans())
        # Articles that are not removed share neither paths nor slugs.
        removed = removed or any(
            not each.removed and (each.path == path or each.slug == slug) for each in known
        )
        released = draw(st.booleans())
        known.append(state(number, path, slug, entry_id, removed=removed, released=released))
    paths = draw(st.sets(NAMES))
    read = draw(st.sets(st.sampled_from(sorted(paths)))) if paths else set()
    # Files without a stored article are read.
    read |= paths - {each.path for each in known if not each.removed}
    files = [
        claim(path, draw(NAMES), draw(st.none() | IDS), draw(st.integers(0, 2)))
        for path in sorted(read)
    ]
    return World(known, files, paths - read)


@given(worlds())
def test_every_file_is_accepted_or_refused(world: World) -> None:
    decision = world.decision
    accepted = [match.claim.path for match in decision.matches]
    assert sorted([*accepted, *decision.refused]) == sorted(file.path for file in world.files)


@given(worlds())
def test_no_two_articles_share_a_path_slug_id_or_number(world: World) -> None:
    """Conformance 4: including articles whose files were not read or were refused."""
    matches = world.decision.matches
    numbers = [match.known.number for match in matches if match.known]
    paths = {match.claim.path for match in matches}
    stay = [
        each
        for each in world.known
        if world.has_file(each) and each.number not in numbers and each.path not in paths
    ]
    assert len(set(numbers)) == len(numbers)
    for names in (
        [match.claim.path for match in matches] + [each.path for each in stay],
        [match.claim.slug for match in matches] + [each.slug for each in stay],
        [match.id for match in matches] + [each.id for each in stay],
    ):
        assert len(set(names)) == len(names)


@given(worlds())
def test_a_released_id_is_not_minted_for_another_article(world: World) -> None:
    """Conformance 15: unless an author pins it there, or replaces it by a pinned one."""
    holder = {each.id: each.number for each in world.known if each.released is not None}
    matches = world.decision.matches
    given_up = {each.known.id for each in matches if each.known and each.known.id != each.id}
    for match in matches:
        if match.claim.id is None and match.id in holder.keys() - given_up:
            assert match.known is not None
            assert holder[match.id] == match.known.number


@given(worlds())
def test_the_holder_of_a_slug_keeps_it(world: World) -> None:
    read = {file.path: file for file in world.files}
    decision = world.decision
    for each in world.known:
        file = read.get(each.path)
        if world.has_file(each) and file and file.slug == each.slug and file.id is None:
            error = decision.refused.get(file.path)
            assert error is None or error.code != "duplicate-slug"


@given(worlds())
def test_a_released_id_changes_only_if_pinned(world: World) -> None:
    """Conformance 15."""
    for match in world.decision.matches:
        if match.known and match.known.released is not None and match.claim.id is None:
            assert match.id == match.known.id


@given(worlds(), st.randoms(use_true_random=False))
def test_decisions_do_not_depend_on_the_order_of_arguments(world: World, random: Any) -> None:
    """Conformance 24."""
    first = world.decision
    random.shuffle(world.known)
    random.shuffle(world.files)
    second = world.decision
    assert found(first) == found(second)
    assert {path: str(error) for path, error in first.refused.items()} == {
        path: str(error) for path, error in second.refused.items()
    }


@given(worlds())
def test_deciding_twice_gives_the_same_result(world: World) -> None:
    """A sync that reads the same files again changes nothing."""
    decision = world.decision
    known = {each.number: each for each in world.known}
    accepted = {match.claim.path: match for match in decision.matches}
    after: list[ArticleState] = []
    matched: set[int] = set()
    for number, (path, match) in enumerate(sorted(accepted.items()), 100):
        old = match.known
        matched |= {old.number} if old else set()
        after.append(
            state(
                old.number if old else number,
                path,
                match.claim.slug,
                match.id,
                released=bool(old and old.released),
            )
        )
    for each in known.values():
        if each.number not in matched:
            removed = not world.has_file(each) or each.path in accepted
            released = each.released is not None
            names = (each.path, each.slug, each.id)
            after.append(state(each.number, *names, removed=removed, released=released))
    again = World(after, world.files, world.unread).decision
    numbers = {each.path: each.number for each in after if not each.removed}
    for path in decision.refused:
        assert path in again.refused or path not in accepted
    for match in again.matches:
        if match.claim.path in accepted:
            assert match.known is not None
            assert match.known.number == numbers[match.claim.path]
            assert match.id == accepted[match.claim.path].id
