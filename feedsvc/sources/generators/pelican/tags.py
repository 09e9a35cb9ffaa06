"""Replaces the tags of Pelican's plugin liquid_tags."""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from feedsvc.html.text import names
from feedsvc.sources.generators.convention import Links
from feedsvc.sources.generators.patterns import words

# The tags of the plugin liquid_tags.
_TAG = re.compile(r"\{%\s*(\w+)\s*(.*?)\s*%\}")
_TAGS = names(
    "audio b64img diag flickr generic giphy gram graphviz img include_code literal notebook "
    "soundcloud speakerdeck spotify video vimeo youtube"
)
_PLAYERS = {"youtube": "https://www.youtube.com/watch?v={}", "vimeo": "https://vimeo.com/{}"}
_SOURCE = re.compile(r"(?:[^\s\"']*/|https?:)[^\s\"']*|[^\s\"']+\.\w{3,4}")


def _tags(options: Mapping[str, Any]) -> frozenset[str]:
    """Return the liquid tags that the site's plugins replace."""
    names = {str(each) for each in words(options.get("plugins"))}
    if any(each.endswith("liquid_tags") for each in names) or "PLUGINS" in computed(options):
        return _TAGS
    found = {each.rpartition(".")[2] for each in names if "liquid_tags." in each}
    return frozenset(found | {"notebook"} if "ipynb.liquid" in names else found)


def reduce(options: Mapping[str, Any], body: str, links: Links) -> str:
    """Return Markdown without liquid tags; other tags are text, as in Pelican."""
    tags = _tags(options)

    def replace(tag: re.Match[str]) -> str:
        name, arguments = tag[1], tag[2]
        if name not in tags:
            return tag[0]
        source = _SOURCE.search(arguments)
        if name == "img" and source:
            return f'<img src="{escape(source[0])}" alt="">'
        if name in _PLAYERS and arguments:
            url = escape(_PLAYERS[name].format(arguments.split()[0]))
            return f'<a href="{url}">{url}</a>'
        if name == "literal":
            return escape(arguments)
        links.left_out(tag[0], f"{{% {name} %}}")
        return ""

    return _TAG.sub(replace, body) if tags and "{%" in body else body


def computed(options: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of settings that are not literals."""
    return frozenset(map(str, words(options.get("computed"))))
