"""An article during a writing transaction: what determines where it appears, but no texts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from feedsvc.catalog import rows


@dataclass(slots=True)
class ArticleState:
    """One article. All fields but the last four are columns of schema.article.

    written: the terms, with the labels as in the file. read: whether the file was read in this
    transaction. edited: whether readers would see a difference. stored: the columns as they were
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
    def load(cls, row: Iterable[Any]) -> "ArticleState":
        """Return the state of a stored article. row: its COLUMNS."""
        stored = dict(zip(COLUMNS, row, strict=True))
        terms = rows.load_terms(stored["terms"])
        return cls(**{**stored, "terms": terms}, written=terms, stored=stored)

    def update(self, columns: rows.Columns, entry_id: str) -> None:
        """Update the article from its file."""
        self.edited = (self.fingerprint, self.id) != (columns.fingerprint, entry_id)
        self.id = entry_id
        self.read = True
        self.removed = False
        for name, value in zip(_UPDATED, columns, strict=True):
            setattr(self, name, value)

    @property
    def differs(self) -> bool:
        """Whether it is new, or differs from what is stored."""
        return self.stored is None or self.columns() != self.stored

    @property
    def keeps_its_date(self) -> bool:
        """Whether it is already visible with its current publication date."""
        return self.visible and (self.stored or {}).get("published") == self.published

    @property
    def former_id(self) -> str | None:
        """The id by which readers know it, if the id has changed."""
        before = (self.stored or {}).get("id")
        return before if self.released is not None and before not in (None, self.id) else None

    @property
    def has_moved(self) -> bool:
        """Whether its place in the order of a feed has changed."""
        before = self.stored or {}
        return (before.get("published"), before.get("slug")) != (self.published, self.slug)

    def columns(self) -> dict[str, Any]:
        """Return the current values of COLUMNS."""
        columns = {name: getattr(self, name) for name in COLUMNS}
        columns["terms"] = rows.dump(self.terms)
        return columns


COLUMNS = tuple(ArticleState.__dataclass_fields__)[:-4]
_UPDATED = ["written" if name == "terms" else name for name in rows.Columns._fields]
