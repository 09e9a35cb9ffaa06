"""An article as the writer handles it: all that decides where it is seen, but not its text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from feedsvc.catalog import rows


@dataclass(slots=True)
class State:
    """One article; its fields are columns of schema.article, but for the last four.

    written: the terms with the labels of the file. read: it was taken from its file just now.
    edited: a reader would see a difference from what is stored. stored: the columns as they were
    loaded, None for a new article.
    """

    number: int
    path: str = ""
    slug: str = ""
    id: str = ""
    pinned: bool = False
    published: int = 0
    utc_offset: int = 0
    expires: int | None = None
    draft: bool = False
    feeds: bool = True
    terms: rows.Terms = ()
    fingerprint: str = ""
    text_hash: str = ""
    removed: bool = False
    visible: bool = False
    due: int | None = None
    released: int | None = None
    written: rows.Terms = ()
    read: bool = False
    edited: bool = False
    stored: Mapping[str, Any] | None = None

    @classmethod
    def load(cls, row: dict[str, Any]) -> "State":
        """Make a State of a stored row's COLUMNS."""
        terms = rows.load_terms(row["terms"])
        return cls(**{**row, "terms": terms}, written=terms, stored=row)

    def take(self, columns: Mapping[str, Any], claimed_id: str) -> None:
        """Take over what the file says now. columns: TAKEN, as rows.article_row makes them."""
        self.edited = (self.fingerprint, self.id) != (columns["fingerprint"], claimed_id)
        self.id = claimed_id
        self.read = True
        self.removed = False
        for name in TAKEN:
            setattr(self, "written" if name == "terms" else name, columns[name])

    @property
    def is_out(self) -> bool:
        """Whether it is visible since the date that it still has."""
        return self.visible and (self.stored or {}).get("published") == self.published

    @property
    def former_id(self) -> str | None:
        """The id that readers know it by, if it has another now."""
        before = (self.stored or {}).get("id")
        return before if self.released is not None and before not in (None, self.id) else None

    @property
    def has_moved(self) -> bool:
        """Whether its place in the order of a feed is another than was stored."""
        before = self.stored or {}
        return (before.get("published"), before.get("slug")) != (self.published, self.slug)

    def columns(self) -> dict[str, Any]:
        """Return COLUMNS as they are now."""
        columns = {name: getattr(self, name) for name in COLUMNS}
        columns["terms"] = rows.dump_terms(self.terms)
        return columns


COLUMNS = tuple(State.__dataclass_fields__)[:-4]
_FLAGS = ("pinned", "draft", "feeds")
_DATES = ("published", "utc_offset", "expires")
TAKEN = (*_FLAGS, *_DATES, "path", "slug", "terms", "fingerprint", "text_hash")
