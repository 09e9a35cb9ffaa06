"""The Jinja environment of the pages of a site."""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from feedsvc import dates, features, routes, urls
from feedsvc.config import head
from feedsvc.config.settings import Settings
from feedsvc.model import FeedRef, Format, Kind
from feedsvc.render import RENDERERS
from feedsvc.web import assets, content
from feedsvc.web.interface import Interface

FORMATS: Mapping[Format, str] = {Format.RSS: "RSS", Format.ATOM: "Atom", Format.JSON: "JSON"}
_ANNOUNCED = (Format.RSS, Format.ATOM)  # for discovery; every reader knows at least one of the two
# The subscription pages of readers; the URL of a feed is appended.
_READERS = {
    "Feedly": "https://feedly.com/i/subscription/feed%2F",
    "Inoreader": "https://www.inoreader.com/?add_feed=",
    "NewsBlur": "https://www.newsblur.com/?url=",
    "The Old Reader": "https://theoldreader.com/feeds/subscribe?url=",
    "Feedbin": "https://feedbin.com/?subscribe=",
}


def environment(settings: Settings, table: routes.Routes, interface: Interface) -> Environment:
    """Return a private environment, independent of the app that registers the blueprint."""
    packages = [each.package for each in features.installed() if each.package]
    jinja = Environment(
        loader=ChoiceLoader([PackageLoader(each) for each in ("feedsvc.web", *packages)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    formats = [
        (format, name, RENDERERS[format].media_type.partition(";")[0])
        for format, name in FORMATS.items()
    ]
    jinja.globals.update(
        absolute=table.absolute,
        announced=[each for each in formats if each[0] in _ANNOUNCED],
        articles=interface.articles,
        feed_path=routes.feed_path,
        formats=formats,
        here=table.here,
        icon=_icon(settings, table),
        index=table.here(urls.INDEX),
        interface=interface,
        kind_path=routes.kind_path,
        opml=table.here(routes.OPML),
        page_path=routes.page_path,
        readers=_READERS,
        script=assets.script,
        settings=settings,
        site=FeedRef(Kind.ALL),
        site_feeds=site_feeds(settings),
        style=table.here(assets.path("style.css")),
        t=interface.text,
    )
    # ISO 8601 dates, which are the same in every language.
    jinja.filters.update(
        breakable=content.breakable,
        content=content.Presenter(interface, table.absolute(urls.INDEX), table.here(urls.INDEX)),
        day=lambda moment: moment.date().isoformat(),
        file_name=content.file_name,
        host=lambda url: urlsplit(url).hostname or url,
        quoted=lambda url: quote(url, safe=""),
        rfc3339=dates.rfc3339,
    )
    return jinja


def site_feeds(settings: Settings) -> list[tuple[FeedRef, str]]:
    """Return the site feed and the custom feeds with their titles, unless moved or retired."""
    refs = [FeedRef.of(key) for key in (Kind.ALL, *settings.selections) if settings.is_listed(key)]
    return [(ref, head.title(settings, ref, head.label(settings, ref, ""))) for ref in refs]


def _icon(settings: Settings, table: routes.Routes) -> list[tuple[str, str]]:
    """Return the links to the site's icon, or to feedsvc's own mark, by relation."""
    if settings.icon:
        url = table.here(settings.icon)
        return [("icon", url), ("apple-touch-icon", url)]
    return [
        ("icon", table.here(assets.path("icon.svg"))),
        ("apple-touch-icon", table.here(routes.icon_path("apple-touch-icon.png"))),
    ]
