"""Articles of Eleventy and Astro keep their URLs, ids and dates."""

from datetime import datetime
from pathlib import Path

import pytest

from feedsvc.model import Kind
from tests.sources.generators import trees
from tests.sources.generators.reading import CET, SITE, codes, labels, one, places, read


def test_eleventy_sites_keep_their_urls(tmp_path: Path) -> None:
    articles, problems = read(tmp_path, trees.ELEVENTY, "")
    assert places(articles) == {
        "blog/2018-09-30-fourth/fourth.md": "/blog/2018-09-30-fourth/fourth/",
        "blog/2019-01-02-dated.md": "/blog/2019-01-02-dated/",
        "blog/firstpost.md": "/blog/firstpost/",
        "blog/off.md": "/blog/off/",
        "blog/thirdpost.md": "/blog/thirdpost/deep/",
    }
    assert all(each.native_id == each.link for each in articles.values())
    assert codes(problems) == [("content/blog/firstpost.md", "left-out")]


def test_eleventy_front_matter_is_translated(tmp_path: Path) -> None:
    articles, _ = read(tmp_path, trees.ELEVENTY, "")
    first = articles["blog/firstpost.md"]
    assert first.summary == "This is a post on My Blog."
    assert labels(first, Kind.TAG) == ["another tag"]
    assert f'href="{SITE}/blog/thirdpost/deep/"' in first.html
    assert not articles["blog/2018-09-30-fourth/fourth.md"].feeds
    assert articles["blog/off.md"].draft
    assert articles["blog/2019-01-02-dated.md"].published == datetime(2019, 1, 2, tzinfo=CET)


def test_a_permalink_that_only_eleventy_can_evaluate_is_reported(tmp_path: Path) -> None:
    text = '---\ntitle: A\ndate: 2022-02-17\npermalink: "/{{ title | short }}/"\n---\nText.\n'
    article, problems = one(tmp_path, "eleventy", text, "blog/a.md")
    assert article.link == f"{SITE}/blog/a/"
    assert [each.code for each in problems] == ["not-evaluated"]


def test_astro_sites_keep_their_urls(tmp_path: Path) -> None:
    articles, problems = read(tmp_path, trees.ASTRO, 'content = "src/content/blog"\n')
    assert places(articles) == {
        "Using MDX!.mdx": "/blog/using-mdx/",
        "deep/index.md": "/blog/deep/",
        "first-post.md": "/blog/first-post/",
    }
    assert all(each.native_id == each.link for each in articles.values())
    assert {each.code for each in problems} == {"left-out"}
    assert {each.path for each in problems} == {"src/content/blog/Using MDX!.mdx"}
    assert [each.line for each in problems] == [4, 6, 10, 8]
    whole, _ = read(tmp_path / "whole", trees.ASTRO, 'content = "src/content"\n')
    assert places(whole)["blog/first-post.md"] == "/blog/first-post/"


@pytest.mark.parametrize(
    ("pages", "path", "warned"),
    [
        ({"writing/[...slug].astro": trees.ASTRO_PAGE}, "/writing/a/", []),
        ({"[slug]/index.astro": trees.ASTRO_PAGE.replace(".id", ".slug")}, "/a/", []),
        ({}, "/blog/a/", ["collection `blog`"]),
        (
            {"[slug].astro": trees.ASTRO_PAGE.replace("post.id", "short(post)")},
            "/blog/a/",
            ["collection `blog`"],
        ),
        (
            {
                "blog/[slug].astro": trees.ASTRO_PAGE,
                "rss.xml.js": "items: [{ link: `/${post.id}` }],\ntrailingSlash: false,\n",
            },
            "/blog/a/",
            ["rss.xml.js: link: `/${post.id}` }]`", "rss.xml.js: trailingSlash: false`"],
        ),
    ],
)
def test_astro_articles_have_the_url_of_the_page_of_their_collection(
    tmp_path: Path, pages: dict[str, str], path: str, warned: list[str]
) -> None:
    """Pages and feeds that cannot be evaluated cause warnings."""
    files = {f"src/pages/{name}": text for name, text in pages.items()}
    files |= {
        "astro.config.mjs": "",
        "src/content/blog/a.md": "---\ntitle: A\npubDate: 2024-09-31\n---\nText.\n",
    }
    articles, problems = read(tmp_path, files, 'content = "src/content"\n')
    assert places(articles) == {"blog/a.md": path}
    assert articles["blog/a.md"].published.date().isoformat() == "2024-10-01"
    messages = [str(each) for each in problems if each.code == "not-evaluated"]
    assert len(messages) == len(warned)
    assert all(any(part in each for each in messages) for part in warned)


def test_astro_front_matter_and_mdx_are_translated(tmp_path: Path) -> None:
    articles, _ = read(tmp_path, trees.ASTRO, 'content = "src/content/blog"\n')
    first, mdx = articles["first-post.md"], articles["Using MDX!.mdx"]
    assert first.published.date().isoformat() == "2022-07-08"
    assert first.updated.date().isoformat() == "2022-08-08"
    assert first.image == f"{SITE}/blog-placeholder-3.jpg"
    assert first.summary == "Lorem ipsum dolor sit amet"
    assert labels(first, Kind.TAG) == ["Mali"]
    assert mdx.image is None
    assert mdx.html == (
        "<p>Text with <code>{code}</code> and .</p>\n"
        "<p>Embedded <strong>component</strong> in MDX</p>\n"
        "<pre><code class=\"language-js\">import kept from 'code';\n</code></pre>"
    )


@pytest.mark.parametrize(
    ("path", "permalink", "place"),
    [
        ("blog/c/index.md", "{{ page.filePathStem }}.html", "/blog/c/"),
        ("blog/c/index.md", "/{{ page.fileSlug }}/", "/c/"),
        ("posts/d.md", "/y/{{ page.filePathStem }}/", "/y/posts/d/"),
        ("posts/2022-02-17-d.md", "{{ page.filePathStem }}.html", "/posts/d.html"),
        ("d.md", "{{ page.filePathStem }}/", "/d/"),
    ],
)
def test_path_stems_in_permalinks_equal_those_of_eleventy(
    tmp_path: Path, path: str, permalink: str, place: str
) -> None:
    text = f'---\ntitle: A\ndate: 2022-02-17\npermalink: "{permalink}"\n---\nText.\n'
    article, problems = one(tmp_path, "eleventy", text, path)
    assert (article.link, problems) == (f"{SITE}{place}", [])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "src/content",
            {"About_Us.md": "/about_us/", "blog/V1.0_Release.md": "/blog/v10_release/"},
        ),
        (
            "src/pages",
            {
                "About_Us.md": "/About_Us/",
                "blog/V1.0_Release.md": "/blog/V1.0_Release/",
                "blog/index.md": "/blog/",
            },
        ),
        ("src/pages/blog", {"V1.0_Release.md": "/blog/V1.0_Release/"}),
    ],
)
def test_urls_of_astro_pages_follow_their_files(
    tmp_path: Path, content: str, expected: dict[str, str]
) -> None:
    text = "---\ntitle: A\npubDate: 2022-02-17\n---\nText.\n"
    files = {f"{content}/{path}": text for path in expected} | {"astro.config.mjs": ""}
    articles, _ = read(tmp_path, files, f'content = "{content}"\n')
    assert places(articles) == expected
