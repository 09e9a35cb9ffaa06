"""Metadata that a Pelican article inherits from its path and the configuration."""

from collections.abc import Mapping
from typing import Any

from feedsvc.sources.generators import configs
from feedsvc.sources.generators.convention import File
from feedsvc.sources.generators.pelican.texts import matched


def inherit(file: File) -> Mapping[str, Any]:
    """Return the metadata of a file, with values from its path and the configured defaults."""
    usual = r"(?P<date>\d{4}-\d{2}-\d{2}).*"
    return {
        **configs.table(file.options, "default_metadata"),
        **matched(file.option("path_metadata"), file.path),
        **matched(file.option("filename_metadata", usual), file.stem),
        **_of_path(file),
        **file.written,
    }


def _of_path(file: File) -> Mapping[str, Any]:
    """Return the `EXTRA_PATH_METADATA` of a file, and of the folders that it is in."""
    path = file.path.lower()
    found: dict[str, Any] = {}
    for key, values in sorted(configs.table(file.options, "extra_path_metadata").items()):
        if isinstance(values, dict) and f"{path}/".startswith(f"{key.rstrip('/')}/"):
            found |= values
    return found
