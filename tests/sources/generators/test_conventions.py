"""Conventions that all generators share: links, keys, ids and messages."""

from pathlib import Path

import pytest

from tests.sources.generators import trees
from tests.sources.generators.reading import SITE, one, read


@pytest.mark.parametrize(
    ("template", "is_plain"),
    [
        ("<guid>{{ post.url | absoluteUrl(metadata.url) }}</guid>", True),
        ("<id>{{ metadata.url }}{{ post.url }}</id>", True),
        ("{% set u %}{{ post.url | url }}{% endset %}<id>{{ u }}</id>", True),
        ("{% set u = post.url | htmlBaseUrl %}<id>{{ u }}</id>", True),
        ("{% set u %}{{ post.url | url | clean }}{% endset %}<id>{{ u }}</id>", False),
        ("<id>{{ post.url }}#{{ post.date }}</id>", False),
        ("<id>{{ site.domain }}/?p={{ post.data.wpid }}</id>", False),
        ("<id>https://a.example{{ post.url }}</id>", True),
        ("<id>tag:{{ post.url }}</id>", False),
        ("<id>{{ post.url }}</id>", False),
    ],
)
def test_ids_changed_by_a_feed_template_are_reported(
    tmp_path: Path, template: str, is_plain: bool
) -> None:
    feed = f"<feed><id>{{{{ me }}}}</id>{{% for post in posts %}}<entry>{template}</entry></feed>"
    files = {".eleventy.js": "", "feeds/feed.xml.njk": feed, "blog/a.md": "---\n---\n"}
    _, problems = read(tmp_path, files, "content = 'blog'\n")
    found = [each for each in problems if each.code == "not-evaluated"]
    assert len(found) == (0 if is_plain else 1)
    assert all("`feeds/feed.xml.njk: " in each.message for each in found)


def test_jekyll_and_hugo_feed_templates_with_other_ids_or_dates_are_reported(
    tmp_path: Path,
) -> None:
    feed = "{% for post in site.posts %}<item><guid>{{ site.url }}{{ post.url }}</guid></item>"
    files = {"_config.yml": "title: x\n", "_posts/2022-02-17-a.md": "---\n---\n", "feed.xml": feed}
    _, (problem,) = read(tmp_path / "jekyll", files, 'content = "."\n')
    assert "`feed.xml: {{ site.url }}{{ post.url }}` is not evaluated: ids" in problem.message

    feed = "{{ range .Pages }}<item><pubDate>{{ .Date.Format x }}</pubDate><guid>{{ .Permalink }}"
    files = {
        "hugo.toml": "",
        "themes/a/layouts/rss.xml": f"{feed}</guid></item>{{{{ end }}}}",
        "content/p/a.md": "---\ntitle: A\ndate: 2022-02-17\npublishDate: 2022-02-18\n---\n",
        "content/p/b.md": "---\ntitle: B\ndate: 2022-02-17\n---\n",
    }
    _, (problem,) = read(tmp_path / "hugo", files, "")
    assert problem.code == "not-evaluated"
    assert problem.path == "content/p/a.md"
    assert "themes/a/layouts/rss.xml the first" in problem.message


def test_problems_name_keys_of_hugo_as_they_are_written(tmp_path: Path) -> None:
    text = "---\ntitle: A\nDate: February 17\n---\nText.\n"
    _, (problem,) = read(tmp_path, {"content/p/a.md": text}, 'generator = "hugo"\n')
    assert str(problem).startswith("content/p/a.md:3: error: `Date` 'February 17' has no year")
    _, (problem,) = read(tmp_path, {"content/p/a.md": "No front matter"}, 'generator = "hugo"\n')
    assert "add `publishdate:" not in str(problem)
    assert "add `date:" in str(problem)


def test_misspelt_keys_are_reported_but_keys_of_themes_are_not(tmp_path: Path) -> None:
    text = (
        "---\ntitle: A\ndate: 2022-02-17\nlayout: x\nweight: 3\nmenu: main\ntemplate: t\ntype: b\n"
        "cover: {image: x}\nid: intro\ncontent: much\ncatgories: [x]\n---\nText.\n"
    )
    article, problems = one(tmp_path, "hugo", text, "posts/a.md")
    assert article.id is None
    (problem,) = problems
    assert str(problem) == (
        "content/posts/a.md:12: warning: `catgories` is not a front-matter key; "
        "did you mean `categories`? [unknown-key]"
    )


def test_a_pinned_id_takes_precedence(tmp_path: Path) -> None:
    text = "---\ntitle: A\ndate: 2022-02-17\nid: tag:old.example,2019:a\n---\nText.\n"
    assert one(tmp_path, "hugo", text, "posts/a.md")[0].id == "tag:old.example,2019:a"


def test_article_link_may_name_another_host(tmp_path: Path) -> None:
    """The feeds are at one address and the generator's site at another."""
    articles, _ = read(tmp_path, trees.HUGO, 'article_link = "https://www.example.org/{path}"\n')
    assert articles["notes/placed.md"].link == "https://www.example.org/custom/place/"


def test_article_link_without_path_overrides_the_generator(tmp_path: Path) -> None:
    articles, _ = read(tmp_path, trees.HUGO, 'article_link = "/a/{slug}"\n')
    assert articles["notes/First-Post.md"].link == f"{SITE}/a/notes-first-post"
    assert articles["posts/first-post.md"].link == f"{SITE}/a/posts-first-post"


def test_urls_of_a_plain_tree_may_follow_its_folders(tmp_path: Path) -> None:
    files = {
        f"content/{path}": "---\ntitle: A\npublished: 2022-02-17\n---\nText.\n"
        for path in ("a.md", "b/a.md", "b/c/index.md")
    }
    articles, _ = read(tmp_path, files, 'article_link = "/{path}/"\n')
    assert {path: (each.slug, each.link) for path, each in articles.items()} == {
        "a.md": ("a", f"{SITE}/a/"),
        "b/a.md": ("b-a", f"{SITE}/b/a/"),
        "b/c/index.md": ("b-c", f"{SITE}/b/c/"),
    }


def test_links_to_files_become_links_to_articles(tmp_path: Path) -> None:
    files = {
        "content/posts/a.md": (
            "---\ntitle: A\ndate: 2022-02-17\n---\n[b](../notes/the%20b.md#x)\n"
            "[c](c.md) [d](d.md?x) [e](https://example.org/e.md) [f](//example.org/f.md)\n"
        ),
        "content/notes/the b.md": "---\ntitle: B\ndate: 2022-02-17\nslug: other\n---\nText.\n",
    }
    articles, problems = read(tmp_path, files, 'generator = "hugo"\n')
    html = articles["posts/a.md"].html
    assert f'<a href="{SITE}/notes/other/#x">b</a>' in html
    assert "<a>c</a>" in html
    assert f'<a href="{SITE}/posts/a/d.md?x">d</a>' in html
    assert '<a href="https://example.org/e.md">e</a>' in html
    assert '<a href="https://example.org/f.md">f</a>' in html
    assert [(each.code, each.line) for each in problems] == [("unresolved-link", 6)]


def test_messages_name_keys_as_they_are_written(tmp_path: Path) -> None:
    text = "---\ntitle: A\nDate: 17 Febtober\n---\n"
    readings = {"content/posts/a.md": text, "content/posts/b.md": "---\ntitle: B\n---\n"}
    _, problems = read(tmp_path, readings, 'generator = "hugo"\n')
    found = {each.path: (each.line, each.message) for each in problems}
    assert found["content/posts/a.md"][0] == 3
    assert found["content/posts/a.md"][1].startswith("`Date` '17 Febtober' is not a date")
    assert found["content/posts/b.md"] == (
        1,
        "has no date, so it is a page; add `date: 2022-02-17 09:30` to publish it",
    )


def test_messages_do_not_alter_quoted_values(tmp_path: Path) -> None:
    """Only keys are renamed, not words of a value that look like one."""
    text = "---\ntitle: A\ndate: 2022-02-17\nlang: '`published`'\n---\n"
    _, problems = read(tmp_path, {"content/a.rst": text}, 'generator = "hugo"\n')
    assert all("`date`" not in each.message for each in problems)
