"""The metadata of a feed, from the settings; pure, and independent of the entries.

The catalog compares its fingerprint after a change of settings; the publication renders it.
"""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import msgspec

import feedsvc
from feedsvc import plugins, podcast, routes, urls
from feedsvc.config.settings import Settings
from feedsvc.model import Feed, FeedRef, Format, Image, Kind, Person

GENERATOR = f"feedsvc {feedsvc.__version__}"
# The fields of a Feed that depend on the settings.
_FIELDS = (
    *("id", "title", "subtitle", "link", "self_url", "language", "authors", "generator", "ttl"),
    *("rights", "image", "icon"),
)
# The length of a hash in 0.1.0, and the fields whose repr it hashed.
_LENGTH_0_1 = 16
_REPR_0_1 = (
    *("id", "title", "subtitle", "link", "self_url", "updated", "language", "authors", "generator"),
    *("ttl", "rights", "image", "current", "prev_archive", "next_archive", "withdrawn"),
)


def head(
    settings: Settings,
    ref: FeedRef,
    label: str,
    format: Format,
    updated: datetime,
    archives: int = 0,
    guid: str = "",
) -> Feed:
    """Return the metadata of a subscription document.

    label: the display name of the term. archives: the number of archive documents. guid: the stored
    podcast:guid, for a podcast.
    """
    own = settings.feed(ref.key)
    author = own.author or settings.author or Person(settings.title)
    language = ref.term if ref.kind is Kind.LANGUAGE else own.language or settings.language
    absolute = partial(urls.absolute, settings.base_url)
    return Feed(
        id=urls.feed_id(settings.id_authority, ref),
        title=title(settings, ref, label),
        subtitle=subtitle(settings, ref) or title(settings, ref, label),
        link=absolute(routes.page_path(ref)),
        self_url=absolute(routes.feed_path(ref, format)),
        updated=updated,
        language=language,
        authors=(author,),
        generator=GENERATOR,
        ttl=-(-own.max_age // 60),
        rights=own.copyright or settings.copyright,
        image=_absolute_image(settings, own.image or settings.image),
        icon=absolute(settings.icon) if settings.icon else None,
        prev_archive=_archive_url(settings, ref, format, archives) if archives else None,
        show=own.podcast and own.podcast.completed(author.name, guid, absolute),
    )


def archive_head(
    settings: Settings,
    ref: FeedRef,
    label: str,
    format: Format,
    updated: datetime,
    archives: int,
    number: int,
    guid: str = "",
) -> Feed:
    """Return the metadata of an archive document; see `head`."""
    feed = head(settings, ref, label, format, updated, guid=guid)
    before, after = number - 1, number + 1
    return replace(
        feed,
        self_url=_archive_url(settings, ref, format, number),
        current=feed.self_url,
        prev_archive=_archive_url(settings, ref, format, before) if before else None,
        next_archive=_archive_url(settings, ref, format, after) if after <= archives else None,
    )


def hubs(settings: Settings, own: bool) -> tuple[str, ...]:
    """Return the URLs of the hubs that subscription documents name (WebSub 4).

    They are not part of the fingerprint: a change of hubs creates no revision. own: whether the
    site's own hub is one of them, which depends on the server; see `Settings.serves_hub`.
    """
    first = [urls.absolute(settings.base_url, routes.HUB)] if own else []
    return tuple(dict.fromkeys([*first, *settings.push.external]))


def title(settings: Settings, ref: FeedRef, label: str) -> str:
    """Return a feed's title: its configured title, else the site's with the label."""
    own = settings.feed(ref.key).title
    if own:
        return own
    return settings.title if ref.kind is Kind.ALL else f"{settings.title}: {label}"


def subtitle(settings: Settings, ref: FeedRef) -> str:
    """Return a feed's subtitle: its configured subtitle, else the site's; '' for none."""
    return settings.feed(ref.key).subtitle or settings.subtitle


def label(settings: Settings, ref: FeedRef, written: str) -> str:
    """Return the display name of a feed; for a term, its configured label if any.

    written: the term's first spelling; '' if unknown, as for a custom feed.
    """
    if ref.kind is Kind.ALL:
        return settings.title
    if ref.kind is Kind.NAMED:
        return settings.feed(ref.key).title or ref.term
    return settings.labels.get(ref.kind, {}).get(ref.term, written or ref.term)


def fingerprint(settings: Settings, ref: FeedRef, written: str, stored: str = "") -> str:
    """Return a hash of everything except the entries that determines a feed's bytes.

    stored: the previous fingerprint, which is returned if it is 0.1.0's hash of the same values, so
    that the ETags and archives derived from it stay valid.
    """
    epoch = datetime.fromtimestamp(0, UTC)
    sample = head(settings, ref, label(settings, ref, written), Format.ATOM, epoch)
    content = settings.feed(ref.key).content
    extensions = plugins.foreign()
    if len(stored) == _LENGTH_0_1:
        fields = ", ".join(f"{name}={getattr(sample, name)!r}" for name in _REPR_0_1)
        former = " ".join((f"Feed({fields})", content, settings.base_url, *extensions))
        if stored == hashlib.blake2b(former.encode(), digest_size=_LENGTH_0_1 // 2).hexdigest():
            return stored
    values = {name: getattr(sample, name) for name in _FIELDS}
    values |= {"content": content, "base_url": settings.base_url, "extensions": extensions}
    values["link_to_page"] = settings.link_to_page
    if sample.show:
        values["show"] = sample.show
    encoded = msgspec.json.encode(values, order="deterministic")
    return hashlib.blake2b(encoded, digest_size=16).hexdigest()


def podcast_guid(settings: Settings, ref: FeedRef) -> str:
    """Return the podcast:guid of a show: the configured one, else one from its RSS feed's URL."""
    own = settings.feed(ref.key).podcast
    url = urls.absolute(settings.base_url, routes.feed_path(ref, Format.RSS))
    return (own and own.guid) or podcast.guid_of(url)


def _archive_url(settings: Settings, ref: FeedRef, format: Format, number: int) -> str:
    return urls.absolute(settings.base_url, routes.archive_path(ref, format, number))


def _absolute_image(settings: Settings, image: Image | None) -> Image | None:
    return replace(image, url=urls.absolute(settings.base_url, image.url)) if image else None
