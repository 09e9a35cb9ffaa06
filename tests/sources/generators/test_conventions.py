"""Articles of other generators keep their URLs, ids, dates and categories."""

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import unquote

import feedparser
import pytest

from feedsvc import sources
from feedsvc.config import settings
from feedsvc.errors import Problem
from feedsvc.model import Article, Kind, Person
from feedsvc.sources import ArticleReader, scan
from feedsvc.sources.generators import rst
from feedsvc.sources.trees import doubts
from tests.sources.generators import trees

SITE = "https://news.example.org"
TOML = """\
title = "Site"
base_url = "https://news.example.org"
id_authority = "news.example.org,2022"
timezone = "Europe/Paris"
"""
CET = timezone(timedelta(hours=1))


def read(
    folder: Path, files: Mapping[str, str | bytes], toml: str
) -> tuple[dict[str, Article], list[Problem]]:
    """Write a site and return its articles by path, and its Problems."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / settings.FILE).write_text(TOML + toml, encoding="utf-8")
    site = sources.load(folder, {})
    found = scan(site.content, site.site, site.tree)
    reader = ArticleReader(site)
    readings = {path: reader.read(path) for path in found.fingerprints}
    problems = [*found.problems, *doubts(site)]
    problems += [problem for each in readings.values() for problem in each.problems]
    return {path: each.article for path, each in readings.items() if each.article}, problems


def one(folder: Path, generator: str, text: str, path: str) -> tuple[Article, list[Problem]]:
    """Return the article of one file of a generator's tree, and its Problems."""
    articles, problems = read(folder, {f"content/{path}": text}, f'generator = "{generator}"\n')
    return articles[path], problems


def places(articles: Mapping[str, Article]) -> dict[str, str]:
    """Return the URL paths of articles by file path."""
    return {path: each.link.removeprefix(SITE) for path, each in articles.items()}


def labels(article: Article, kind: Kind) -> list[str]:
    return [label for ref, label in article.terms if ref.kind is kind]


def codes(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in problems]


def test_hugo_sites_keep_their_urls_and_guids(tmp_path: Path) -> None:
    articles, problems = read(tmp_path, trees.HUGO, "")
    assert places(articles) == {
        "notes/First-Post.md": "/notes/first-post/",
        "notes/draft.md": "/notes/draft/",
        "notes/placed.md": "/custom/place/",
        "notes/slugged.md": "/notes/other/",
        "posts/bundle/index.md": "/posts/bundle/",
        "posts/first-post.md": "/posts/first-post/",
    }
    assert all(each.native_id == each.link for each in articles.values())
    assert problems == []


def test_hugo_front_matter_is_translated(tmp_path: Path) -> None:
    articles, _ = read(tmp_path, trees.HUGO, "")
    first, bundle = articles["posts/first-post.md"], articles["posts/bundle/index.md"]
    assert first.published == datetime(2022, 2, 17, 9, 30, tzinfo=CET)
    assert first.updated == datetime(2022, 2, 18, 10, tzinfo=CET)
    assert first.summary == "What it says."
    assert labels(first, Kind.CATEGORY) == ["News"]
    assert labels(first, Kind.TAG) == ["Mali", "Sahel"]
    assert f'href="{SITE}/posts/bundle/"' in first.html
    assert f'src="{SITE}/images/x.png"' in first.html
    assert bundle.authors == (Person("Ada Example"),)
    assert bundle.files == ("posts/bundle/chart.png",)
    assert 'href="https://www.youtube.com/watch?v=w7Ft2ymGmfc"' in bundle.html
    assert articles["notes/draft.md"].draft


@pytest.mark.parametrize(
    ("pattern", "place"),
    [
        ("/:year/:month/:title/", "/2022/02/first-post/"),
        ("/:section/:day/:slugorfilename/", "/posts/17/first-post/"),
        ("/:yearday/:weekdayname/:monthname/:filename", "/48/thursday/february/first-post/"),
    ],
)
def test_hugo_permalinks_follow_the_configuration(tmp_path: Path, pattern: str, place: str) -> None:
    config = f"{trees.HUGO['hugo.toml']!s}[permalinks]\nposts = '{pattern}'\n"
    articles, _ = read(tmp_path, trees.HUGO | {"hugo.toml": config}, "")
    assert places(articles)["posts/first-post.md"] == place
    assert places(articles)["notes/slugged.md"] == "/notes/other/"


def test_hugo_languages_follow_the_configuration(tmp_path: Path) -> None:
    files = {
        "config.yaml": "baseURL: https://news.example.org/\nlanguages:\n  en: {}\n  fr: {}\n",
        "content/posts/a.fr.md": "---\ntitle: A\ndate: 2022-02-17\n---\nTexte.\n",
        "content/posts/a.md": "---\ntitle: A\ndate: 2022-02-17\n---\nText.\n",
        "content/posts/b/index.fr.md": "---\ntitle: B\ndate: 2022-02-17\n---\nTexte.\n",
    }
    articles, _ = read(tmp_path, files, "")
    assert places(articles) == {
        "posts/a.fr.md": "/fr/posts/a/",
        "posts/a.md": "/posts/a/",
        "posts/b/index.fr.md": "/fr/posts/b/",
    }
    assert articles["posts/a.fr.md"].language == "fr"


SHORTCODES = {
    '{{< figure src="a.png" alt="Two" caption="A & B" >}}': (
        f'<figure><img src="{SITE}/posts/a/a.png" alt="Two"><figcaption>A &amp; B</figcaption>'
    ),
    "{{< vimeo 146022717 >}}": 'href="https://vimeo.com/146022717"',
    '{{< tweet user="u" id="877" >}}': 'href="https://twitter.com/u/status/877"',
    "{{< gist spf13 7896402 >}}": 'href="https://gist.github.com/spf13/7896402"',
    "{{< highlight go >}}\nx := 1 < 2\n{{< /highlight >}}": (
        '<pre><code class="language-go">x := 1 &lt; 2</code></pre>'
    ),
    "{{% notice %}}Some **bold** text{{% /notice %}}": "<p>Some <strong>bold</strong> text</p>",
    "{{< a >}}1{{< b >}}2{{< /b >}}3{{< /a >}}": "<p>123</p>",
    "`{{</* youtube x */>}}`": "<code>{{&lt; youtube x &gt;}}</code>",
    "no end {{< youtube": "<p>no end {{&lt; youtube</p>",
}


@pytest.mark.parametrize("body", SHORTCODES)
def test_shortcodes_become_links_images_and_text(tmp_path: Path, body: str) -> None:
    text = f"---\ntitle: A\ndate: 2022-02-17\n---\n{body}\n"
    article, problems = one(tmp_path, "hugo", text, "posts/a.md")
    assert SHORTCODES[body] in article.html
    assert problems == []


def test_unknown_shortcodes_are_removed_and_reported_once(tmp_path: Path) -> None:
    text = '---\ntitle: A\ndate: 2022-02-17\n---\nA {{< bar x="1" >}}\n\nB {{< bar >}} C\n'
    article, problems = one(tmp_path, "hugo", text, "posts/a.md")
    assert article.html == "<p>A</p>\n<p>B  C</p>"
    (problem,) = problems
    assert str(problem) == (
        "content/posts/a.md:5: warning: has `bar`, which only its generator can run; "
        "it is left out [left-out]"
    )


def test_an_unresolved_reference_keeps_its_text(tmp_path: Path) -> None:
    text = '---\ntitle: A\ndate: 2022-02-17\n---\nSee [the other]({{< ref "gone.md" >}}).\n'
    article, problems = one(tmp_path, "hugo", text, "posts/a.md")
    assert article.html == "<p>See <a>the other</a>.</p>"
    assert codes(problems) == [("content/posts/a.md", "unresolved-link")]
    assert problems[0].severity == "warning"


def test_jekyll_sites_keep_their_urls_and_ids(tmp_path: Path) -> None:
    articles, problems = read(tmp_path, trees.JEKYLL, 'content = "."\n')
    assert {path: (each.link, each.native_id) for path, each in articles.items()} == {
        "_posts/2022-02-17-welcome-to-jekyll.markdown": (
            f"{SITE}/jekyll/update/2022/02/17/welcome-to-jekyll.html",
            f"{SITE}/jekyll/update/2022/02/17/welcome-to-jekyll",
        ),
        "_posts/2022-03-01-second.md": (
            f"{SITE}/2022/03/01/second.html",
            f"{SITE}/2022/03/01/second",
        ),
        "_posts/2022-03-02-hidden.md": (
            f"{SITE}/2022/03/02/hidden.html",
            f"{SITE}/2022/03/02/hidden",
        ),
        "_posts/2022-03-04-placed.md": (f"{SITE}/custom/place.html", f"{SITE}/custom/placed"),
        "travel/_posts/2022-03-03-Far Away.md": (
            f"{SITE}/travel/in%20asia/2022/03/03/Far-Away.html",
            f"{SITE}/travel/in%20asia/2022/03/03/Far%20Away",
        ),
    }
    assert [each.code for each in problems] == ["left-out"]
    assert problems[0].line == 17


def test_jekyll_front_matter_and_liquid_are_translated(tmp_path: Path) -> None:
    articles, _ = read(tmp_path, trees.JEKYLL, 'content = "."\n')
    first = articles["_posts/2022-02-17-welcome-to-jekyll.markdown"]
    assert first.published == datetime(2022, 2, 17, 9, 30, tzinfo=CET)
    assert first.updated == datetime(2022, 2, 18, 10, tzinfo=CET)
    assert labels(first, Kind.CATEGORY) == ["jekyll", "Update"]
    assert labels(first, Kind.TAG) == ["Mali", "Sahel"]
    assert f'href="{SITE}/2022/03/01/second.html"' in first.html
    assert '<pre><code class="language-ruby">def print_hi(name)\n' in first.html
    assert '"Hi, #{name} &amp; &lt;b&gt;"' in first.html
    assert f'<a href="{SITE}/">the start</a>' in first.html
    assert articles["_posts/2022-03-01-second.md"].published == datetime(2022, 3, 1, tzinfo=CET)
    assert articles["_posts/2022-03-02-hidden.md"].draft
    assert labels(articles["travel/_posts/2022-03-03-Far Away.md"], Kind.CATEGORY) == [
        "travel",
        "In Asia",
    ]


@pytest.mark.parametrize(
    ("permalink", "place"),
    [
        ("pretty", "/jekyll/update/2022/02/17/welcome-to-jekyll/"),
        ("date", "/jekyll/update/2022/02/17/welcome-to-jekyll.html"),
        ("ordinal", "/jekyll/update/2022/048/welcome-to-jekyll.html"),
        ("none", "/jekyll/update/welcome-to-jekyll.html"),
        ("/:categories/:year/:month/:day/:title/", "/jekyll/update/2022/02/17/welcome-to-jekyll/"),
        ("/blog/:year-:i_month/:title", "/blog/2022-2/welcome-to-jekyll"),
        ("/:short_year:titles/:unknown", "/22welcome-to-jekylls/:unknown"),
    ],
)
def test_jekyll_permalinks_follow_the_configuration(
    tmp_path: Path, permalink: str, place: str
) -> None:
    files = trees.JEKYLL | {"_config.yml": f"title: A\npermalink: {permalink}\n"}
    articles, _ = read(tmp_path, files, 'content = "."\n')
    assert places(articles)["_posts/2022-02-17-welcome-to-jekyll.markdown"] == place


LIQUID = {
    "{% raw %}{{ kept }}{% endraw %}": "<p>{{ kept }}</p>",
    "a{% comment %} gone {% include x %}{% endcomment %}b": "<p>ab</p>",
    "[x]({{ '/about' | relative_url }})": f'<p><a href="{SITE}/about">x</a></p>',
    "{{ site.url }}{{ site.baseurl }}/x": f'<p><a href="{SITE}/x">{SITE}/x</a></p>',
    "{{ page.title }}": "<p>T</p>",
    "One\n{: #note}": '<p id="note">One</p>',
    'One\n{: .lead}\n\n[x](/y){:target="_blank"}': f'<p>One</p>\n<p><a href="{SITE}/y">x</a></p>',
    "{% highlight c linenos %}\na\n\nb\n": '<pre><code class="language-c">a\n\nb</code></pre>',
    "open {{ for ever": "<p>open {{ for ever</p>",
}


@pytest.mark.parametrize("body", LIQUID)
def test_liquid_is_rendered_as_text(tmp_path: Path, body: str) -> None:
    text = f"---\ntitle: T\n---\n{body}"
    article, problems = one(tmp_path, "jekyll", text, "_posts/2022-02-17-a.md")
    assert article.html.strip() == LIQUID[body]
    assert problems == []


def test_pelican_sites_keep_their_urls_and_ids(tmp_path: Path) -> None:
    articles, problems = read(tmp_path, trees.PELICAN, "")
    assert {path: (each.link, each.native_id) for path, each in articles.items()} == {
        "2012-03-04-dated.md": (
            f"{SITE}/dated-name.html",
            "tag:news.example.org,2012-03-04:/dated-name.html",
        ),
        "draft.md": (f"{SITE}/draft.html", "tag:news.example.org,2011-01-01:/draft.html"),
        "first.md": (
            f"{SITE}/my-super-title-quoted-election.html",
            "tag:news.example.org,2010-12-03:/my-super-title-quoted-election.html",
        ),
        "hidden.md": (f"{SITE}/hidden.html", "tag:news.example.org,2011-01-01:/hidden.html"),
        "science/second.rst": (
            f"{SITE}/second-slug.html",
            "tag:news.example.org,2010-10-03:/second-slug.html",
        ),
    }
    assert problems == []


def test_pelican_metadata_are_translated(tmp_path: Path) -> None:
    articles, _ = read(tmp_path, trees.PELICAN, "")
    first, second = articles["first.md"], articles["science/second.rst"]
    assert first.title == "My super title – “quoted” Élection"
    assert first.published == datetime(2010, 12, 3, 10, 20, tzinfo=CET)
    assert first.updated == datetime(2010, 12, 5, 19, 30, tzinfo=CET)
    assert first.summary == "Short version for index and feeds"
    assert first.authors == (Person("Alexis Example"), Person("Ada Example"))
    assert labels(first, Kind.TAG) == ["pelican", "publishing"]
    assert labels(first, Kind.CATEGORY) == ["Python"]
    assert labels(second, Kind.CATEGORY) == ["science"]
    assert labels(articles["hidden.md"], Kind.CATEGORY) == ["misc"]
    assert f'href="{SITE}/second-slug.html#there"' in first.html
    assert first.files == ("images/a.png",)
    assert second.title == "My second title"
    assert second.html.startswith("<p>Text <a")
    assert "<code>code</code>" in second.html
    assert f'href="{SITE}/my-super-title-quoted-election.html"' in second.html
    assert (articles["hidden.md"].feeds, articles["draft.md"].draft) == (False, True)


def test_pelican_urls_follow_the_configuration(tmp_path: Path) -> None:
    config = (
        "ARTICLE_URL = 'posts/{date:%Y}/{date:%b}/{category}/{slug}/'\nSLUGIFY_SOURCE='basename'"
    )
    articles, _ = read(tmp_path, trees.PELICAN | {"pelicanconf.py": config}, "")
    assert places(articles)["first.md"] == "/posts/2010/Dec/python/first/"


@pytest.mark.parametrize(
    "url", ["{date.__class__}", "{slug.__init__.__globals__}", "{0}", "{", "{slug!r:>99999999}"]
)
def test_pelican_url_patterns_cannot_access_attributes(tmp_path: Path, url: str) -> None:
    files = trees.PELICAN | {"pelicanconf.py": f"ARTICLE_URL = {url!r}\n"}
    articles, _ = read(tmp_path, files, "")
    assert all("class" not in each.link and len(each.link) < 200 for each in articles.values())


def test_hostile_restructuredtext_cannot_read_files_or_the_clock(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    text = f"""\
Title
=====

:date: 2022-02-17

.. include:: {secret}

.. raw:: html

   <b>RAW</b>

.. csv-table::
   :file: {secret}

.. role:: raw-html(raw)
   :format: html

:raw-html:`<i>RAW</i>` today |now|

.. |now| date:: SECRET%Y

.. math:: \\input{{{secret}}}
"""
    article, _ = one(tmp_path, "pelican", text, "a.rst")
    assert "SECRET" not in article.html
    assert "<b>" not in article.html
    assert "<i>" not in article.html


def test_a_missing_docutils_is_reported_with_the_extra_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "docutils", None)
    rst._docutils.cache_clear()
    files = {"content/a.rst": "T\n=\n\n:date: 2022-02-17\n\nText\n"}
    articles, (problem,) = read(tmp_path, files, 'generator = "pelican"\n')
    rst._docutils.cache_clear()
    assert not articles
    assert "[rst]" in str(problem)


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


def test_front_matter_of_hugo_may_begin_after_blank_lines(tmp_path: Path) -> None:
    text = "\n \n---\ntitle: A\ndate: 2022-02-17\ndarft: true\n---\nText.\n"
    article, (problem,) = one(tmp_path, "hugo", text, "p/a.md")
    assert (article.title, article.html, problem.line) == ("A", "<p>Text.</p>", 6)


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


@pytest.mark.skipif(not shutil.which("hugo"), reason="hugo is not installed")
@pytest.mark.parametrize("permalinks", ["", "[permalinks]\nposts = '/:year/:month/:title/'\n"])
def test_guids_equal_those_of_hugo_itself(tmp_path: Path, permalinks: str) -> None:
    odd = "---\ntitle: Odd & Ünï C++\ndate: 2022-02-17\n---\nText.\n"
    names = ("Mixed Case & Ünï (1)", "a_b--c", "x'y,z@w", "C++", "2022-02-17-dated", "a.b.c")
    files = trees.HUGO | {f"content/posts/{name}.md": odd for name in names}
    files |= {"hugo.toml": f"{files['hugo.toml']!s}{permalinks}"}
    files.pop("content/about.md")
    articles, _ = read(tmp_path, files, "")
    layouts = tmp_path / "layouts/_default"
    layouts.mkdir(parents=True)
    for name in ("single", "list"):
        (layouts / f"{name}.html").write_text("{{ .Title }}")
    (tmp_path / "layouts/shortcodes").mkdir()
    subprocess.run(["hugo", "--quiet", "-s", tmp_path], check=True, timeout=60)
    feed = feedparser.parse((tmp_path / "public/index.xml").read_bytes())
    assert {entry.id for entry in feed.entries} == {
        each.native_id for each in articles.values() if not each.draft
    }


@pytest.mark.skipif(not shutil.which("jekyll"), reason="jekyll is not installed")
def test_links_and_titles_equal_those_of_jekyll_itself(tmp_path: Path) -> None:
    config = (
        f"{trees.JEKYLL['_config.yml']!s}timezone: Europe/Paris\npermalink: weekdate\nplugins: []\n"
        "defaults: [{scope: {path: '_posts/2021'}, values: {permalink: ':y_day/:slug/:path'}}]\n"
    )
    dump = (
        "Jekyll::Hooks.register(:site, :post_read) { |site| site.posts.docs.each { |each| "
        "puts [each.relative_path, each.url, each.data['title'], each.date.to_i].inspect }; "
        "STDOUT.flush; exit!(0) }\n"
    )
    files = trees.JEKYLL | {
        "_config.yml": config,
        "_plugins/dump.rb": dump,
        "_posts/2021/2011-02-29-Odd_name & Co.md": "---\ndate: 2021-02-17 23:30:00\n---\n",
        "_posts/2011-02-29-day.md": "---\n---\n",
    }
    files.pop("_posts/2022-03-02-hidden.md")
    articles, _ = read(tmp_path, files, 'content = "."\n')
    command = ["jekyll", "build", "--quiet"]
    shown = subprocess.run(
        command, cwd=tmp_path, check=True, timeout=60, capture_output=True, text=True
    )
    found = [json.loads(line) for line in shown.stdout.splitlines()]
    assert {
        path: [unquote(each.link.removeprefix(SITE)), each.title, each.published.timestamp()]
        for path, each in articles.items()
    } == {path: [unquote(url), title, date] for path, url, title, date in found}


@pytest.mark.skipif(not importlib.util.find_spec("pelican"), reason="pelican is not installed")
def test_ids_and_links_equal_those_of_pelican_itself(tmp_path: Path) -> None:
    config = str(trees.PELICAN["pelicanconf.py"]).replace("raise SystemExit('it was run')\n", "")
    markdown = importlib.util.find_spec("markdown")
    files = {
        name: text for name, text in trees.PELICAN.items() if markdown or not name.endswith(".md")
    } | {
        "pelicanconf.py": config,
        "content/deep/er/third.rst": (
            "Ünï – it’s C++ & more\n=======================\n\n:date: 2022-02-17\n\nText\n"
        ),
    }
    articles, _ = read(tmp_path, files, "")
    command = [sys.executable, "-m", "pelican", "content", "-s", "pelicanconf.py", "-o", "out"]
    subprocess.run([*command, "-q"], cwd=tmp_path, check=True, timeout=60, capture_output=True)
    feed = feedparser.parse((tmp_path / "out/feeds/all.atom.xml").read_bytes())
    assert feed.entries
    assert {
        (entry.id, entry.link, json.dumps([each.term for each in entry.tags][:1]))
        for entry in feed.entries
    } == {
        (each.native_id, each.link, json.dumps(labels(each, Kind.CATEGORY)))
        for each in articles.values()
        if not each.draft and each.feeds
    }


def test_jekyll_dates_are_in_the_time_zone_of_the_site(tmp_path: Path) -> None:
    """Jekyll puts the day of its own zone into URLs."""
    text = "---\ntitle: A\ndate: 2022-02-17T23:30:00Z\n---\nText.\n"
    article, _ = one(tmp_path, "jekyll", text, "_posts/2022-02-17-a.md")
    assert article.published == datetime(2022, 2, 17, 23, 30, tzinfo=UTC)
    assert article.link == f"{SITE}/2022/02/18/a.html"


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


def test_problem_lines_are_right_in_every_format_of_pelican(tmp_path: Path) -> None:
    for path, head in {
        "s/a.md": "Title: A\nDate: 2022-02-17\n\n",
        "s/b.md": "---\ntitle: B\ndate: 2022-02-17\n---\n",
        "s/c.rst": "C\n=\n\n:date: 2022-02-17\n\n",
    }.items():
        link = "`x <{filename}no.md>`_" if path.endswith("rst") else "[x]({filename}no.md)"
        text = f"{head}One.\n\n{link}\n"
        _, (problem,) = one(tmp_path / path, "pelican", text, path)
        assert problem.line == text.split("\n").index(link) + 1
        assert problem.code == "unresolved-link"


@pytest.mark.parametrize(
    ("token", "deep", "flat"),
    [
        (":sections", "/posts/a/b/c/x/", "/posts/x/"),
        (":sections[0]", "/posts/x/", "/posts/x/"),
        (":sections[1:]", "/a/b/c/x/", "/x/"),
        (":sections[last]", "/c/x/", "/posts/x/"),
        (":sections[:last]", "/posts/a/b/x/", "/x/"),
        (":sections[last:]", "/c/x/", "/posts/x/"),
        (":sections[1:last]", "/a/b/x/", "/x/"),
        (":sections[2:9]", "/b/c/x/", "/x/"),
        (":sections[9:]", "/x/", "/x/"),
        (":sections[9]", "/x/", "/x/"),
    ],
)
def test_slices_of_sections_in_permalinks_equal_those_of_hugo(
    tmp_path: Path, token: str, deep: str, flat: str
) -> None:
    """The results of `hugo list all`; if it panics, missing sections are omitted."""
    text = "---\ntitle: A\ndate: 2022-02-17\n---\nText.\n"
    files = {
        "hugo.toml": f"[permalinks]\nposts = '/{token}/:filename/'\n",
        "content/posts/a/b/c/_index.md": "---\ntitle: C\n---\n",
        "content/posts/a/b/c/x.md": text,
        "content/posts/x.md": text,
    }
    articles, problems = read(tmp_path, files, "")
    assert places(articles) == {"posts/a/b/c/x.md": deep, "posts/x.md": flat}
    assert problems == []


@pytest.mark.parametrize("token", [":nosuch", ":sections[-1]", ":slug[0]", ":2006"])
def test_an_unknown_token_in_a_hugo_permalink_is_reported(tmp_path: Path, token: str) -> None:
    files = {
        "hugo.toml": f"[permalinks]\nposts = '/{token}/:filename/'\n",
        "content/posts/x.md": "---\ntitle: A\ndate: 2022-02-17\n---\nText.\n",
    }
    articles, (problem,) = read(tmp_path, files, "")
    assert places(articles) == {"posts/x.md": "/posts/x/"}
    assert problem.code == "left-out"
    assert token in problem.message


def test_jekyll_ids_are_encoded_like_those_of_addressable(tmp_path: Path) -> None:
    text = "---\ntitle: A\n---\nText.\n"
    article, _ = one(tmp_path, "jekyll", text, "_posts/2022-02-17-e\u0301te\u0301 à+paris.md")
    assert article.native_id == f"{SITE}/2022/02/17/%C3%A9t%C3%A9%20%C3%A0+paris"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("See {% post_url nope %}.", "<p>See .</p>"),
        ("[x]({% post_url nope %})", "<p><a>x</a></p>"),
        ("[x]({{ site.baseurl }}{% link nope.md %})", "<p><a>x</a></p>"),
        ('<a href="{% post_url nope %}">x</a>', "<p><a>x</a></p>"),
        ("[x]\n\n[x]: {% post_url nope %}", "<p><a>x</a></p>"),
        ("[x](/y) {% post_url nope %}", f'<p><a href="{SITE}/y">x</a> </p>'),
    ],
)
def test_an_unresolved_jekyll_link_leaves_no_placeholder(
    tmp_path: Path, body: str, expected: str
) -> None:
    text = f"---\ntitle: A\n---\n{body}\n"
    article, (problem,) = one(tmp_path, "jekyll", text, "_posts/2022-02-17-a.md")
    assert article.html.replace(" </p>", "</p>") == expected.replace(" </p>", "</p>")
    assert problem.code == "unresolved-link"


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


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|a)*b",
        "(?:a*)*b",
        ".*.*.*.*.*x",
        "a?" * 60 + "a" * 60,
        "(a|a)" * 35 + "b",
        "([)]+)+x",
        "(?P<x>a{1,9}){9}b",
        "(?x)(a+) +b",
        "x" * 201,
    ],
)
def test_a_catastrophic_pelican_pattern_is_not_run(
    tmp_path: Path, pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("feedsvc.sources.generators.pelican.texts.re.match", fail)
    files = {
        "pelicanconf.py": f"FILENAME_METADATA = {pattern!r}\n",
        f"content/{'a' * 100}.md": "Title: A\nDate: 2022-02-17\n\nText\n",
    }
    articles, problems = read(tmp_path, files, "")
    assert len(articles) == 1
    assert [each.code for each in problems] == ["not-evaluated"]


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?P<date>\d{4}-\d{2}-\d{2})_(?P<slug>.*)",
        r"(?P<date>[0-9-]{10})(?:[-_](?P<slug>[^.]+))?",
    ],
)
def test_common_pelican_patterns_are_run(tmp_path: Path, pattern: str) -> None:
    files = {
        "pelicanconf.py": f"FILENAME_METADATA = {pattern!r}\n",
        "content/2022-02-17_other.md": "Title: A\n\nText\n",
    }
    articles, problems = read(tmp_path, files, "")
    assert places(articles) == {"2022-02-17_other.md": "/other.html"}
    assert problems == []


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
