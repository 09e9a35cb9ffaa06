"""A model of a site: its articles and settings, and what readers should see."""

from dataclasses import dataclass, field
from datetime import datetime

from tests.sites import article

TAGS = ("x", "y", "z")


@dataclass
class Item:
    """One article. slug: '' for that of its file name. id: the first one that readers saw.

    out: it is visible with its current date. released: it was visible once. former: slugs that it
    had while it was visible.
    """

    number: int
    path: str
    published: datetime
    title: str = "T"
    slug: str = ""
    updated: datetime | None = None
    expires: datetime | None = None
    tags: set[str] = field(default_factory=set)
    draft: bool = False
    feeds: bool = True
    exists: bool = True
    pinned: bool = False
    out: bool = False
    released: bool = False
    id: str = ""
    former: set[str] = field(default_factory=set)

    def text(self) -> str:
        """Return its file's text."""
        return article(
            self.title,
            self.published.isoformat(),
            f"Body of {self.number}.",
            slug=self.slug or None,
            updated=self.updated and self.updated.isoformat(),
            expires=self.expires and self.expires.isoformat(),
            tags=sorted(self.tags),
            draft=self.draft,
            feeds=self.feeds,
            id=self.id if self.pinned else None,
        )

    @property
    def address(self) -> str:
        """Return the slug in its URL."""
        return self.slug or self.path.rpartition("/")[2].removesuffix(".md")

    def is_visible(self, now: datetime) -> bool:
        """Whether it has a page now."""
        if not self.exists or self.draft or (self.expires and self.expires <= now):
            return False
        return self.published <= now or self.out


@dataclass
class Model:
    """The whole site: its articles, and its settings of feeds."""

    now: datetime
    items: list[Item] = field(default_factory=list)
    limit: int = 2
    title: str = "Site"
    tombstones: bool = False
    moved: bool = False  # tag/y to tag/x
    retired: bool = False  # tag/z
    picked: bool = False  # a custom feed: x, but not y

    def toml(self) -> str:
        """Return the settings."""
        lines = [f'title = "{self.title}"', f"tombstones = {str(self.tombstones).lower()}"]
        lines += ['retired = ["tag/z"]'] if self.retired else []
        lines += ["[feeds]", f"limit = {self.limit}", "max_age = 3600"]
        if self.picked:
            lines += ["[feeds.picked]", 'any = { tags = ["x"] }', 'none = { tags = ["y"] }']
        lines += ["[moved]", '"tag/y" = "tag/x"'] if self.moved else []
        return "\n".join(lines)

    def settle(self) -> None:
        """Record which articles have been visible by now."""
        for item in self.items:
            item.out = item.is_visible(self.now)
            # An article that had expired when it was first read must have been visible before.
            ended = item.expires is not None and item.expires <= self.now
            item.released |= item.out or (ended and item.exists and not item.draft)

    def visible(self) -> list[Item]:
        """Return the articles that have a page now."""
        return [item for item in self.items if item.is_visible(self.now)]

    def members(self, key: str) -> set[int]:
        """Return the numbers of the articles in a feed."""
        return {item.number for item in self.visible() if item.feeds and self._belongs(item, key)}

    def keys(self) -> set[str]:
        """Return the feeds that must exist now, whatever the history."""
        keys = {f"tag/{tag}" for tag in TAGS if self.members(f"tag/{tag}")} | {"all"}
        if self.members("language/en"):
            keys.add("language/en")
        return keys | ({"picked"} if self.picked else set()) | ({"tag/x"} if self.moved else set())

    def due(self) -> datetime | None:
        """Return the time of the next release or expiry."""
        instants = [
            item.published if not item.out and item.published > self.now else item.expires
            for item in self.items
            if item.exists and not item.draft and not (item.expires and item.expires <= self.now)
        ]
        return min((each for each in instants if each), default=None)

    def _belongs(self, item: Item, key: str) -> bool:
        if key == "picked":
            return self.picked and "x" in item.tags and "y" not in item.tags
        return key in ("all", "language/en") or key.removeprefix("tag/") in item.tags
