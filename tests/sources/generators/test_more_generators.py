"""Zola, Hexo, Docusaurus and Obsidian are detected, and their URLs, dates and texts kept."""

from pathlib import Path

import pytest

from feedsvc import sources
from feedsvc.model import Article, FeedRef, Kind
from tests.sources.generators.reading import SITE, places, read

ZOLA: dict[str, str | bytes] = {
    "config.toml": 'base_url = "https://example.org"\n[languages.fr]\n',
    "content/_index.md": "+++\ntitle = 'Home'\n+++\n",
    "content/about.md": "+++\ntitle = 'About'\n+++\n",
    "content/blog/2022-01-02-A Post.md": (
        "+++\ntitle = 'A'\n[taxonomies]\ntags = ['x']\n[extra]\nauthor = 'Ada'\n+++\n"
        "First.\n\n<!-- more -->\n\n[b](@/blog/b/index.md#h) {{ youtube(id='x') }}\n"
    ),
    "content/blog/b/index.md": "+++\ntitle='B'\ndate=2022-02-03\nslug='other'\n+++\n![p](p.png)",
    "content/blog/b/p.png": b"png",
    "content/blog/c.fr.md": "+++\ntitle = 'C'\ndate = 2022-02-04\npath = 'x/y'\n+++\nT",
    "content/old.md": "+++\ntitle = 'Old'\npath = '2014/12/11/old'\n+++\nT",
}
HEXO: dict[str, str | bytes] = {
    "_config.yml": (
        "url: https://example.org\npermalink: news/:year/:i_month/:title/\n"
        "new_post_name: :year-:month-:day-:title.md\n"
    ),
    "source/_posts/2022-01-02-first-post.md": (
        "---\ntitle: First\ndate: 2022-01-02 10:00:00\ncategories:\n- [A, B]\n- C\ntags: x\n---\n"
        "One {% post_link second %}\n<!-- more -->\n{% asset_img p.png A picture %}\n"
    ),
    "source/_posts/2021-12-31-undated.md": "---\ntitle: Undated\n---\nThe name has the date.",
    "source/_posts/second.md": "---\ntitle: Second\ndate: 2022-03-04\n---\nTwo",
    "source/_posts/own.md": "---\ntitle: Own\ndate: 2022-03-04\npermalink: own/index.html\n---\nT",
}
DOCUSAURUS: dict[str, str | bytes] = {
    "docusaurus.config.ts": "export default { title: 'Docs', url: 'https://example.org' };",
    "docs/intro.md": "# Intro",
    "blog/2022-01-02-first.md": (
        "---\ntitle: First\nauthors: [ada, bo, {key: cy, name: C}]\n"
        "tags: [{label: X, permalink: /x}]\n---\n"
        "One\n\n{/* truncate */}\n\n:::tip[Note well]\n\nTwo\n\n:::\n"
    ),
    "blog/authors.yml": (
        "ada:\n  name: Ada Example\n  title: Editor\n  url: https://ada.example/\ncy: {name: Cy}\n"
    ),
    "blog/2022/02/03/second/index.mdx": "import X from 'y';\n\n# Second\n\nText <X />\n",
    "blog/third.md": "---\ntitle: Third\nslug: /other\ndate: 2022-03-04\n---\nT",
}
OBSIDIAN: dict[str, str | bytes] = {
    ".obsidian/app.json": "{}",
    "Daily/2022-01-02.md": "See [[Some note|that]], [[Nothing]] and `[[code]]`. %%hidden%%\n",
    "Some note.md": "---\ncreated: 2022-02-03\n---\n> [!warning] Mind\n> this\n\n![[pic.png]]\n",
    "Undated.md": "Only a note.",
}
TREES = {
    "zola": (
        ZOLA,
        "content",
        {
            "blog/2022-01-02-A Post.md": "/blog/a-post/",
            "blog/b/index.md": "/blog/other/",
            "blog/c.fr.md": "/fr/x/y/",
            "old.md": "/2014/12/11/old/",
        },
    ),
    "hexo": (
        HEXO,
        "source/_posts",
        {
            "2021-12-31-undated.md": "/news/2021/12/undated/",
            "2022-01-02-first-post.md": "/news/2022/1/first-post/",
            "own.md": "/own/",
            "second.md": "/news/2022/3/second/",
        },
    ),
    "docusaurus": (
        DOCUSAURUS,
        "blog",
        {
            "2022-01-02-first.md": "/blog/2022/01/02/first",
            "2022/02/03/second/index.mdx": "/blog/2022/02/03/second",
            "third.md": "/blog/other",
        },
    ),
    "obsidian": (
        OBSIDIAN,
        ".",
        {"Daily/2022-01-02.md": "/Daily/2022-01-02", "Some note.md": "/some-note"},
    ),
}


def articles(folder: Path, name: str) -> dict[str, Article]:
    files, content, _ = TREES[name]
    return read(folder, files, f'content = "{content}"\n')[0]


@pytest.mark.parametrize("name", TREES)
def test_a_site_is_detected_and_its_articles_keep_their_urls(tmp_path: Path, name: str) -> None:
    files, content, expected = TREES[name]
    found, _ = read(tmp_path, files, f'content = "{content}"\n')
    assert sources.load(tmp_path, {}).tree.name == name
    assert places(found) == expected


@pytest.mark.parametrize("name", TREES)
def test_initial_settings_name_the_generator_and_the_content_folder(
    tmp_path: Path, name: str
) -> None:
    files, content, _ = TREES[name]
    read(tmp_path, files, f'content = "{content}"\n')
    start = sources.start(tmp_path)
    assert (start["generator"], start["content"]) == (name, content)
    assert start.get("base_url") == (None if name == "obsidian" else "https://example.org")


def test_zola_articles_are_translated(tmp_path: Path) -> None:
    found = articles(tmp_path, "zola")
    post = found["blog/2022-01-02-A Post.md"]
    assert (post.summary, f"{post.published:%Y-%m-%d}") == ("First.", "2022-01-02")
    assert {FeedRef(Kind.TAG, "x"), FeedRef(Kind.AUTHOR, "ada")} < {ref for ref, _ in post.terms}
    assert f'href="{SITE}/blog/other/#h"' in post.html
    assert "youtube" not in post.html
    assert found["blog/c.fr.md"].language == "fr"
    assert found["blog/b/index.md"].files == ("blog/b/p.png",)


def test_hexo_articles_are_translated(tmp_path: Path) -> None:
    post = articles(tmp_path, "hexo")["2022-01-02-first-post.md"]
    labels = [label for ref, label in post.terms if ref.kind is not Kind.LANGUAGE]
    assert labels == ["A", "B", "C", "x"]
    assert f'<a href="{SITE}/news/2022/3/second/">second</a>' in post.html
    assert 'alt="A picture"' in post.html
    assert post.summary == "One second"


def test_docusaurus_articles_are_translated(tmp_path: Path) -> None:
    found = articles(tmp_path, "docusaurus")
    first = found["2022-01-02-first.md"]
    assert (first.summary, f"{first.published:%Y-%m-%d}") == ("One", "2022-01-02")
    assert "<strong>Note well</strong>" in first.html
    assert ":::" not in first.html
    assert (FeedRef(Kind.TAG, "x"), "X") in first.terms
    assert found["2022/02/03/second/index.mdx"].title == "Second"
    assert [each.name for each in first.authors] == ["Ada Example", "bo", "C"]
    assert first.authors[0].uri == "https://ada.example/"


def test_obsidian_notes_are_translated(tmp_path: Path) -> None:
    found = articles(tmp_path, "obsidian")
    daily, note = found["Daily/2022-01-02.md"], found["Some note.md"]
    assert (note.title, f"{daily.published:%Y-%m-%d}") == ("Some note", "2022-01-02")
    assert f'<a href="{SITE}/some-note">that</a>, Nothing and <code>[[code]]</code>' in daily.html
    assert "hidden" not in daily.html
    assert "<strong>Mind</strong>" in note.html
    assert "pic.png" in note.html
