"""Front matter and URLs that Jekyll derives from configuration."""

from datetime import UTC
from pathlib import Path

import pytest

from tests.sources.generators.reading import SITE, codes, places, read

PLAIN_POST = "---\ntitle: A\n---\nText.\n"


def jekyll(folder: Path, config: str, *paths: str, text: str = PLAIN_POST) -> dict[str, str]:
    """Return the URL paths of Jekyll's articles by file path."""
    files = {"_config.yml": config} | dict.fromkeys(paths, text)
    return places(read(folder, files, 'content = "."\n')[0])


@pytest.mark.parametrize(
    ("scope", "place"),
    [
        ("{path: '', type: posts}", "/2022/2/a"),
        ("{type: posts}", "/2022/2/a"),
        ("{path: _posts/sub}", "/2022/2/a"),
        ("{path: '_posts/*'}", "/2022/2/a"),
        ("{path: '_posts/**/2022*'}", "/2022/2/a"),
        ("{path: _posts/other}", "/2022/02/17/a.html"),
        ("{path: '_posts/o*'}", "/2022/02/17/a.html"),
        ("{path: '', type: pages}", "/2022/02/17/a.html"),
    ],
)
def test_jekyll_defaults_apply_within_their_scope(tmp_path: Path, scope: str, place: str) -> None:
    config = f"defaults: [{{scope: {scope}, values: {{permalink: '/:year/:i_month/:title'}}}}]\n"
    path = "_posts/sub/2022-02-17-a.md"
    assert jekyll(tmp_path, config, path)[path] == place


def test_the_more_specific_jekyll_default_wins(tmp_path: Path) -> None:
    config = (
        "defaults:\n"
        "- {scope: {path: _posts/sub}, values: {permalink: /sub/:title, lang: fr}}\n"
        "- {scope: {path: '', type: posts}, values: {permalink: /typed/:title}}\n"
        "- {scope: {path: ''}, values: {permalink: /all/:title, lang: de}}\n"
    )
    paths = ("_posts/sub/2022-02-17-a.md", "_posts/2022-02-17-b.md")
    assert jekyll(tmp_path, config, *paths) == {paths[0]: "/sub/a", paths[1]: "/typed/b"}


def test_front_matter_wins_over_jekyll_defaults(tmp_path: Path) -> None:
    config = "defaults: [{scope: {path: ''}, values: {permalink: '/:title', published: false}}]\n"
    text = "---\npublished: true\npermalink: /here/\n---\nText.\n"
    files = {"_config.yml": config, "_posts/2022-02-17-a.md": text, "_posts/2022-02-17-b.md": "B"}
    articles, _ = read(tmp_path, files, 'content = "."\n')
    assert places(articles)["_posts/2022-02-17-a.md"] == "/here/"
    assert [each.draft for each in articles.values()] == [False, True]


def test_jekyll_collections_may_be_in_a_folder(tmp_path: Path) -> None:
    path = "all/news/_posts/2022-02-17-a.md"
    config = "collections_dir: all\npermalink: /:categories/:title/\n"
    assert jekyll(tmp_path, config, path) == {path: "/news/a/"}


def test_jekyll_posts_are_the_same_if_content_is_their_folder(tmp_path: Path) -> None:
    files = {
        "_config.yml": "permalink: /:categories/:title/\n",
        "_posts/2022-02-17-a.md": "[b]({% post_url 2022-02-18-b %}) [p]({% link about.md %})",
        "_posts/2022-02-18-b.md": PLAIN_POST,
        "about.md": "---\npermalink: /me/\n---\n",
    }
    whole, _ = read(tmp_path, files, 'content = "."\n')
    posts, problems = read(tmp_path, files, 'content = "_posts"\n')
    assert problems == []
    assert [each.link for each in posts.values()] == [each.link for each in whole.values()]
    assert [each.html for each in posts.values()] == [each.html for each in whole.values()]
    assert f'href="{SITE}/b/"' in posts["2022-02-17-a.md"].html
    assert f'href="{SITE}/me/"' in posts["2022-02-17-a.md"].html


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("_pages/team.md", "/about/team/"),
        ("_tips/one.md", "/tips/one.html"),
        ("_pages/set.md", "/set/"),
        ("docs/a.md", "/docs/a.html"),
        ("docs/index.md", "/docs/"),
        ("assets/x.pdf", "/assets/x.pdf"),
    ],
)
def test_jekyll_links_resolve_to_other_collections(tmp_path: Path, target: str, url: str) -> None:
    files = {
        "_config.yml": (
            "collections:\n  pages: {output: true, permalink: '/about/:path/'}\n"
            "  tips: {output: true}\n  hidden: {output: false}\n"
        ),
        "_posts/2022-02-17-a.md": f"[x]({{% link {target} %}})",
        "_pages/set.md": "---\npermalink: /set/\n---\n",
    }
    files |= dict.fromkeys(
        ("_pages/team.md", "_tips/one.md", "docs/a.md", "docs/index.md", "_hidden/x.md"), PLAIN_POST
    )
    articles, problems = read(tmp_path, files, 'content = "."\n')
    assert f'<a href="{SITE}{url}">x</a>' in articles["_posts/2022-02-17-a.md"].html
    assert problems == []


@pytest.mark.parametrize("target", ["_hidden/x.md", "../../../etc/passwd.md", "gone.md"])
def test_a_jekyll_link_to_an_unpublished_page_is_reported(tmp_path: Path, target: str) -> None:
    files = {
        "_config.yml": "collections: {hidden: {output: false}}\n",
        "_posts/2022-02-17-a.md": f"[x]({{% link {target} %}})",
        "_hidden/x.md": PLAIN_POST,
    }
    _, problems = read(tmp_path, files, 'content = "."\n')
    assert codes(problems) == [("_posts/2022-02-17-a.md", "unresolved-link")]


def test_jekyll_titles_excerpts_and_site_variables_are_translated(tmp_path: Path) -> None:
    files = {
        "_config.yml": "excerpt_separator: '<!--cut-->'\nrepo: https://example.org/r\n",
        "_posts/2022-02-17-a-first-POST.md": "One.\n\n<!--cut-->\n\nTwo [r]({{ site.repo }}).",
    }
    articles, problems = read(tmp_path, files, 'content = "."\n')
    (article,) = articles.values()
    assert (article.title, article.summary) == ("A First Post", "One.")
    assert 'href="https://example.org/r"' in article.html
    assert problems == []


def test_a_jekyll_time_without_a_zone_is_utc_if_it_has_seconds(tmp_path: Path) -> None:
    """As in YAML; Jekyll reads other times as strings in the zone of the site."""
    files = {
        "_posts/2022-02-17-a.md": "---\ndate: 2022-02-17 12:00:00\n---\nA",
        "_posts/2022-02-17-b.md": "---\ndate: 2022-02-17 12:00\n---\nB",
    }
    articles, _ = read(tmp_path, files, 'content = "."\n')
    hours = [each.published.astimezone(UTC).hour for each in articles.values()]
    assert hours == [12, 11]


def test_a_bad_date_is_a_warning_if_the_file_name_has_a_date(tmp_path: Path) -> None:
    files = {"_posts/2022-02-17-a.md": "---\ndate: 2017-02-10 00:10::00\n---\nA"}
    articles, (problem,) = read(tmp_path, files, 'content = "."\n')
    assert [each.published.date().isoformat() for each in articles.values()] == ["2022-02-17"]
    assert (problem.code, problem.severity, problem.line) == ("unread-date", "warning", 2)


def test_jekyll_configuration_that_is_not_evaluated_is_reported(tmp_path: Path) -> None:
    config = (
        "timezone: America/Lima\npermalink: /:nosuch/\nplugins: [jekyll-polyglot]\n"
        "defaults: [{scope: {path: '**/*/*/*/*/*'}, values: {}}]\n"
    )
    files = {"_config.yml": config, "_posts/2022-02-17-a.md": "A"}
    _, problems = read(tmp_path, files, 'content = "."\n')
    assert [each.path for each in problems] == ["_config.yml"] * 4
