"""Queries for the databases of known programs (`preset = "wordpress"`).

The statements of a program are in an SQL file, below lines like `-- terms`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files

from feedsvc.database.connection import Database
from feedsvc.database.options import Options
from feedsvc.database.presets import ghost, wagtail, wordpress
from feedsvc.database.query import Query
from feedsvc.database.rows import Make, Refer, Rows
from feedsvc.errors import SettingsError

_SECTION = re.compile(r"^-- (\w+)\n", re.M)
_TYPE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Preset:
    """How to read the articles of a program.

    watermark, make: see Rows. prefix: the usual one of its tables. types: the usual types of posts.
    references: functions that return the ids that a row refers to, by the name of their statement.
    check: raises SettingsError for options that it cannot do without.
    """

    watermark: str
    make: Make
    prefix: str = ""
    types: tuple[str, ...] = ()
    references: Mapping[str, Refer] = field(default_factory=dict)
    check: Callable[[Options], None] = lambda _: None


PRESETS = {
    "ghost": Preset("changed", ghost.item, types=("post",), check=ghost.check),
    "wagtail": Preset(
        "last_published_at",
        wagtail.item,
        prefix="blog_",
        references={f"{kind}s": wagtail.numbers(kind) for kind in ("page", "image", "document")},
    ),
    "wordpress": Preset(
        "post_modified_gmt",
        wordpress.item,
        prefix="wp_",
        types=("post",),
        references={"attachments": wordpress.attachments},
    ),
}


def rows(options: Options, database: Database) -> Rows:
    """Return how the rows of a program become items. Raises SettingsError."""
    preset = PRESETS.get(options.preset)
    if not preset:
        raise SettingsError(
            f"there is no preset {options.preset!r}; known are: {', '.join(PRESETS)}"
        )
    preset.check(options)
    types = options.types or preset.types
    if wrong := [each for each in types if not _TYPE.fullmatch(each)]:
        raise SettingsError(f"types has {wrong[0]!r}, which is not the name of a type")
    prefix = preset.prefix if options.prefix is None else options.prefix
    quoted = ", ".join(f"'{name}'" for name in types)
    filled = {
        name: text.replace("{prefix}", prefix).replace("{types}", quoted)
        for name, text in statements(options.preset).items()
    }
    queries = {name: Query(database, text) for name, text in filled.items()}
    common = queries.pop("common")
    del queries["articles"]
    references = {name: (queries.pop(name), refer) for name, refer in preset.references.items()}
    watermark = options.watermark or preset.watermark
    articles = Query(database, filled["articles"], watermark)
    return Rows(articles, watermark, preset.make, queries, references, common)


def statements(name: str) -> dict[str, str]:
    """Return the statements of a preset by their names."""
    text = files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    _, *parts = _SECTION.split(text)
    return {key: value.strip() for key, value in zip(parts[::2], parts[1::2], strict=True)}
