"""Episodes in trees of other generators."""

from pathlib import Path

from feedsvc.model import Article
from feedsvc.podcast import Episode
from feedsvc.sources import ArticleReader
from tests.sites import make_site

TEXT = "---\ntitle: A\ndate: 2022-02-17\nguid: wells-12\nepisode: 12\nduration: 5 min\n---\nx\n"


def read(folder: Path, toml: str = "") -> tuple[Article, list[tuple[int, str]]]:
    """Return an article in a Hugo tree, and the lines and codes of its problems."""
    settings = make_site(folder, {"posts/a.md": TEXT}, f'generator = "hugo"\n{toml}')
    reading = ArticleReader(settings).read("posts/a.md")
    assert reading.article
    return reading.article, [(each.line, each.code) for each in reading.problems]


def test_episode_keys_are_read_only_on_sites_with_a_podcast(tmp_path: Path) -> None:
    """Imported podcasts keep their guids; themes have other uses for some of the keys."""
    article, problems = read(tmp_path / "1")
    assert (article.episode, problems) == (None, [])
    article, problems = read(tmp_path / "2", "[feeds.all.podcast]\nblock = true\n")
    assert article.episode == Episode(number=12, guid="wells-12")
    assert problems == [(6, "bad-value")]
