"""Metadata that an article of Pelican has from its path and the configuration."""

from collections.abc import Mapping
from typing import Any

from feedsvc.sources.generators.convention import File
from feedsvc.sources.generators.pelican.texts import matched


def inherit(file: File) -> Mapping[str, Any]:
    """Return metadata with those of the path, and the defaults of the configuration."""
    defaults = file.options.get("default_metadata")
    usual = r"(?P<date>\d{4}-\d{2}-\d{2}).*"
    return {
        **(defaults if isinstance(defaults, dict) else {}),
        **matched(file.option("path_metadata"), file.path),
        **matched(file.option("filename_metadata", usual), file.stem),
        **_of_path(file),
        **file.written,
    }


def _of_path(file: File) -> Mapping[str, Any]:
    """Return what `EXTRA_PATH_METADATA` says of a file, or of a folder that it is in."""
    extra = file.options.get("extra_path_metadata")
    path = file.path.lower()
    found: dict[str, Any] = {}
    for key, values in sorted(extra.items()) if isinstance(extra, dict) else ():
        if isinstance(values, dict) and f"{path}/".startswith(f"{key.rstrip('/')}/"):
            found |= values
    return found
