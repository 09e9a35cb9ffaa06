"""Deltas (RFC 3229): clients with an older feed get what they lack, or the whole feed."""

import time
from collections.abc import Iterator
from pathlib import Path

import feedparser
import pytest

from feedsvc.model import Format
from tests.polls.wire import Reply, holding, poll, wanting_delta
from tests.serving import PATIENCE, Server, serving
from tests.sites import article, make_site

ALL = "/feeds/all.rss"
START = {
    **{f"{number}.md": article(title=f"Article {number}") for number in range(6)},
    "draft.md": article(title="Old draft", published="2001-01-01", draft=True),
}


class Newsroom:
    """A served site whose editor changes files."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.content = folder / "content"
        self.server = server

    def change(self, name: str, text: str | None, feed: str = ALL) -> Reply:
        """Save or remove a file; return the previous feed."""
        before = poll(self.server, feed)
        path = self.content / name
        path.unlink() if text is None else path.write_text(text, encoding="utf-8")
        end = time.monotonic() + PATIENCE
        while poll(self.server, feed)["etag"] == before["etag"]:
            assert time.monotonic() < end, f"{name} made no difference"
            time.sleep(0.02)
        return before

    def publish(self, title: str, feed: str = ALL) -> Reply:
        """Publish an article; return the previous feed."""
        return self.change(f"{title}.md", article(title=title), feed)

    def delta(self, *etags: str, path: str = ALL) -> Reply:
        return poll(self.server, path, wanting_delta(*etags))


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    folder = tmp_path_factory.mktemp("site")
    make_site(folder, START)
    with serving(folder) as server:
        yield Newsroom(folder, server)


def titles(reply: Reply) -> list[str]:
    parsed = feedparser.parse(reply.body)
    assert not parsed.bozo
    return [entry.title for entry in parsed.entries]


def test_a_delta_has_new_edited_and_late_articles(newsroom: Newsroom) -> None:
    """Conformance 38, 39, 40: since the previous document, and since the first."""
    first = poll(newsroom.server, ALL)
    changes = {
        "new.md": ("New", article(title="New", published="2025-06-01")),
        "2.md": ("Article 2, edited", article(title="Article 2, edited")),
        "draft.md": ("Old draft", article(title="Old draft", published="2001-01-01")),
    }
    changed: set[str] = set()
    for name, (title, text) in changes.items():
        before = newsroom.change(name, text)
        whole = poll(newsroom.server, ALL)
        delta = newsroom.delta(before["etag"])
        assert delta.status == 226
        assert titles(delta) == [title]
        changed.add(title)
        assert set(titles(newsroom.delta(first["etag"]))) == changed

        assert delta["im"] == "feed"
        assert delta["etag"] == whole["etag"]
        assert delta["last-modified"] == whole["last-modified"]
        assert delta["cache-control"] == "no-store, im"
        assert {"A-IM", "If-None-Match"} <= set(delta["vary"].split(", "))
        assert delta["content-type"] == whole["content-type"]
        assert delta["content-length"] == str(len(delta.body))
        assert "delta-base" not in delta
        assert len(delta.body) < len(whole.body)

        assert newsroom.delta(delta["etag"]).status == 304
        head = poll(newsroom.server, ALL, wanting_delta(before["etag"]), "HEAD")
        assert (head.status, head.body) == (226, b"")
        assert "im" not in whole


def test_the_whole_feed_is_sent_without_a_valid_request_for_a_delta(newsroom: Newsroom) -> None:
    """Conformance 38, 39."""
    old = newsroom.publish("New 1")
    tag, server = old["etag"], newsroom.server
    since = ("If-Modified-Since", "Sat, 01 Jan 2022 00:00:00 GMT")
    other = poll(server, "/feeds/all.atom")["etag"]
    bare = tag[1:-1].rpartition(".")[0]
    for fields in (
        holding(tag),
        [*holding(tag), ("A-IM", "feed;q=0")],
        [*holding(tag), ("A-IM", "feed;q=0.000")],
        [*holding(tag), ("A-IM", "vcdiff, gzip")],
        [*holding(tag), ("A-IM", "feeds")],
        [*holding(tag), ("A-IM", "")],
        [since, ("A-IM", "feed")],
        [("A-IM", "feed")],
        wanting_delta('"x"'),
        wanting_delta(f'"{bare}"'),
        wanting_delta('"ffffffffffff.00000000.000000000000000000"'),
        wanting_delta(tag.strip('"')),
        wanting_delta(tag[:-1]),
    ):
        reply = poll(server, ALL, fields)
        assert reply.status == 200, fields
        assert "im" not in reply
        assert titles(reply) == titles(poll(server, ALL))
    assert newsroom.delta(other).status in {200, 304}
    assert newsroom.delta("*").status == 304


def test_a_im_may_list_several_names_and_be_repeated(newsroom: Newsroom) -> None:
    """Conformance 38."""
    tag = newsroom.publish("New 2")["etag"]
    for values in (["vcdiff, FEED;q=0.5"], ["vcdiff", "feed"], ["feed ;q=1.0, gzip"]):
        fields = [*holding(tag), *(("A-IM", value) for value in values)]
        assert poll(newsroom.server, ALL, fields).status == 226


def test_delta_base_names_the_newest_of_several_tags(newsroom: Newsroom) -> None:
    """Conformance 39."""
    first = newsroom.publish("New 3")["etag"]
    second = newsroom.publish("Newer 3")["etag"]
    for tags in ([first, second], ['"x"', second, first], [f"W/{second}", first]):
        reply = newsroom.delta(*tags)
        assert reply.status == 226
        assert reply["delta-base"] == second
        assert titles(reply) == ["Newer 3"]
    current = poll(newsroom.server, ALL)["etag"]
    assert newsroom.delta(first, current, second).status == 304


def test_a_tag_of_any_coding_can_be_the_base(newsroom: Newsroom) -> None:
    """Conformance 35, 38."""
    gzipped = poll(newsroom.server, ALL, [("Accept-Encoding", "gzip")])["etag"]
    newsroom.publish("New 4")
    fields = [*wanting_delta(gzipped), ("Accept-Encoding", "gzip")]
    reply = poll(newsroom.server, ALL, fields)
    assert (reply.status, reply["content-encoding"]) == (226, "gzip")
    assert reply["etag"].endswith('-gzip"')
    assert poll(newsroom.server, ALL, holding(reply["etag"])).status == 304
    unacceptable = [*wanting_delta(gzipped), ("Accept-Encoding", "identity;q=0")]
    assert poll(newsroom.server, ALL, unacceptable).status == 406


def test_the_whole_feed_is_sent_after_a_removal(newsroom: Newsroom) -> None:
    """Conformance 38: a delta cannot express a removal."""
    first = newsroom.publish("New 5")["etag"]
    before = newsroom.change("3.md", None)["etag"]
    for tag in (first, before):
        reply = newsroom.delta(tag)
        assert reply.status == 200
        assert {"New 5", "Article 0"} <= set(titles(reply))
        assert "Article 3" not in titles(reply)
        assert "im" not in reply
    after = newsroom.publish("Newer 5")["etag"]
    assert newsroom.delta(after).status == 226
    assert newsroom.delta(before).status == 200


def test_the_whole_feed_is_sent_after_a_change_of_its_head(tmp_path: Path) -> None:
    """Conformance 38: but not merely after a restart."""
    make_site(tmp_path, START)
    with serving(tmp_path) as server:
        old = Newsroom(tmp_path, server).change("new.md", article(title="New"))["etag"]
    with serving(tmp_path) as server:
        assert poll(server, ALL, wanting_delta(old)).status == 226
    make_site(tmp_path, toml='title = "Another name"\n')
    with serving(tmp_path) as server:
        reply = poll(server, ALL, wanting_delta(old))
        assert reply.status == 200
        assert b"Another name" in reply.body


@pytest.mark.parametrize("format", list(Format))
def test_every_format_has_deltas(newsroom: Newsroom, format: Format) -> None:
    """Conformance 39, 47."""
    path = f"/feeds/all.{format}"
    old = newsroom.publish(f"Brand new {format}", path)
    reply = newsroom.delta(old["etag"], path=path)
    assert (reply.status, reply["im"]) == (226, "feed")
    assert reply["content-type"] == old["content-type"]
    assert b"Brand new" in reply.body
    assert b"Article 4" not in reply.body


def test_errors_and_redirects_are_not_deltas(newsroom: Newsroom) -> None:
    """Conformance 32, 38."""
    old = newsroom.change("new.md", article(title="New", tags=["C++"]))["etag"]
    for path, status in (("/feeds/tag/none.rss", 404), ("/feeds/tag/C%2B%2B.rss", 308)):
        assert newsroom.delta(old, path=path).status == status
    assert poll(newsroom.server, ALL, wanting_delta(old), "POST").status == 405
