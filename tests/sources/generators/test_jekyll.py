"""Articles of Jekyll keep their URLs, ids, dates and categories."""

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import pytest

from feedsvc.model import Kind
from tests.sources.generators import trees
from tests.sources.generators.reading import CET, SITE, labels, one, places, read


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


def test_jekyll_dates_are_in_the_time_zone_of_the_site(tmp_path: Path) -> None:
    """Jekyll puts the day of its own zone into URLs."""
    text = "---\ntitle: A\ndate: 2022-02-17T23:30:00Z\n---\nText.\n"
    article, _ = one(tmp_path, "jekyll", text, "_posts/2022-02-17-a.md")
    assert article.published == datetime(2022, 2, 17, 23, 30, tzinfo=UTC)
    assert article.link == f"{SITE}/2022/02/18/a.html"


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
