"""The conventions of other generators, a module for each: data and pure functions."""

from collections.abc import Mapping

from feedsvc.sources.conventions import astro, eleventy, hugo, jekyll, pelican
from feedsvc.sources.conventions.convention import Convention, File, Links, Own

CONVENTIONS: Mapping[str, Convention] = {
    "astro": astro.CONVENTION,
    "eleventy": eleventy.CONVENTION,
    "hugo": hugo.CONVENTION,
    "jekyll": jekyll.CONVENTION,
    "pelican": pelican.CONVENTION,
}

__all__ = ["CONVENTIONS", "Convention", "File", "Links", "Own"]
