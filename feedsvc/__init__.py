"""feedsvc publishes stored articles as RSS 2.0, Atom 1.0 and JSON Feed 1.1 at stable URLs.

    content/*.md --read--> Article --sync--> catalog --select--> Feed, Entries
      sources/             model             catalog/              publication/

    --render--> Document --encode--> Representation --> HTTP
      render/     http/                                  web/

Each arrow is one package; docs/architecture.md says which of them may import which. The names
exported here are the public API (docs/library.md); they are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feedsvc.catalog.publish import Change, Published
    from feedsvc.catalog.sync import SyncReport
    from feedsvc.errors import (
        CatalogError,
        FeedsvcError,
        Problem,
        SettingsError,
        Severity,
        WithdrawalError,
    )
    from feedsvc.model import Category, Document, Enclosure, Entry, FeedRef, Format, Person
    from feedsvc.publication import FeedSummary
    from feedsvc.site import Site, blueprint, create_app

__version__ = "0.2.0"

_MODULES = {
    "catalog.publish": ("Change", "Published"),
    "catalog.sync": ("SyncReport",),
    "errors": (
        *("CatalogError", "FeedsvcError", "Problem", "SettingsError", "Severity"),
        "WithdrawalError",
    ),
    "model": ("Category", "Document", "Enclosure", "Entry", "FeedRef", "Format", "Person"),
    "publication": ("FeedSummary",),
    "site": ("Site", "blueprint", "create_app"),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "CatalogError",
    "Category",
    "Change",
    "Document",
    "Enclosure",
    "Entry",
    "FeedRef",
    "FeedSummary",
    "FeedsvcError",
    "Format",
    "Person",
    "Problem",
    "Published",
    "SettingsError",
    "Severity",
    "Site",
    "SyncReport",
    "WithdrawalError",
    "blueprint",
    "create_app",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
