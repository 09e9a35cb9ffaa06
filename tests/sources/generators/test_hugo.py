"""Articles of Hugo keep their URLs, ids, dates and categories."""

import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import feedparser
import pytest

from feedsvc.model import Kind, Person
from tests.sources.generators import trees
from tests.sources.generators.reading import CET, SITE, codes, labels, one, places, read


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


def test_front_matter_of_hugo_may_begin_after_blank_lines(tmp_path: Path) -> None:
    text = "\n \n---\ntitle: A\ndate: 2022-02-17\ndarft: true\n---\nText.\n"
    article, (problem,) = one(tmp_path, "hugo", text, "p/a.md")
    assert (article.title, article.html, problem.line) == ("A", "<p>Text.</p>", 6)


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
