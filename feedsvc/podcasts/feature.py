"""Podcasts as a feature of the core; see `feedsvc.features`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from feedsvc.config.feeds import ALL, FeedSettings
from feedsvc.config.tables import Table
from feedsvc.features import Addition, Feature, FileAt
from feedsvc.model import Entry, Presentation
from feedsvc.podcast import Show
from feedsvc.podcasts import episode, notes, player, settings
from feedsvc.podcasts.media import derived
from feedsvc.podcasts.media.probe import ENDINGS
from feedsvc.podcasts.media.reader import MediaReader
from feedsvc.sources.attachments import Attachments
from feedsvc.sources.enclosures import Attached
from feedsvc.sources.values import Values


class Podcasts(Feature):
    """Feeds that are shows, and articles that are their episodes."""

    table = "podcast"
    defaults: Mapping[str, Any] = {"limit": ALL}  # clients show only what is in the feed
    keys = episode.KEYS
    synonyms: Mapping[str, tuple[str, ...]] = {"transcripts": ("transcript",)}
    beside = ENDINGS
    related = (*ENDINGS, ".vtt", ".srt", ".json", ".txt", ".psc", ".xml")
    package = "feedsvc.podcasts"

    def settings(self, own: Table, inherited: Mapping[str, Any], content: Path) -> Show:
        """Return the show of a feed."""
        return settings.read(own, inherited, content)

    def read(
        self,
        values: Values,
        attachments: Attachments,
        enclosures: Sequence[Attached],
        used: bool,
    ) -> Mapping[str, Any]:
        """Return the episode of an article, and its recordings as enclosures."""
        reader = MediaReader(values, attachments)
        known = episode.read(values, attachments)
        recordings, found = reader.read(known, enclosures, beside=used)
        return {"enclosures": recordings, "episode": found}

    def entry(self, entry: Entry, own: FeedSettings) -> Entry:
        """Return an episode with its chapters in the forms that the show uses."""
        return notes.with_chapters(entry, simple=own.podcast is None or own.podcast.simple_chapters)

    def make(self, path: str, article: Presentation, file: FileAt) -> tuple[bytes, str] | None:
        """Return chapters, a transcript as WebVTT, or the picture in a recording."""
        if path.endswith(derived.CHAPTERS) and article.episode:
            return notes.document(article.title, article.episode.chapters), notes.MEDIA_TYPE
        original = derived.original(path)
        found = file(original) if original else None
        return derived.derive(path, found) if found else None

    def addition(self, entry: Entry, file: FileAt) -> Addition | None:
        """Return the player of a recording, with chapters and transcript."""
        found = player.player(entry, player.transcript(entry, file))
        if found:
            script = "player.js" if found.chapters or found.lines else ""
            return Addition("player.html", found, script)
        has_artwork = entry.episode is not None and entry.episode.image
        return Addition("player.html", None) if has_artwork else None


FEATURE = Podcasts()
