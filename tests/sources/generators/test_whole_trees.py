"""Trees of other generators, from their files to feeds and pages."""

import random
import string
from pathlib import Path

import pytest
from click.testing import CliRunner

from feedsvc.cli import main
from feedsvc.model import Format
from feedsvc.web.app import create_app
from tests.desk import Desk
from tests.sources.generators import trees

SITE = "https://news.example.org"


def fill(desk: Desk, files: dict[str, str | bytes], toml: str = "") -> None:
    """Write a generator's tree to the folder of the desk's site."""
    for name, text in files.items():
        path = desk.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    desk.configure(toml)


def test_links_and_guids_are_those_of_the_generator(desk: Desk) -> None:
    """Conformance 15, 23."""
    fill(desk, trees.HUGO)
    assert desk.sync().problems == ()
    assert {row.id for row in desk.articles().values() if row.visible} == {
        f"{SITE}/notes/first-post/",
        f"{SITE}/custom/place/",
        f"{SITE}/notes/other/",
        f"{SITE}/posts/bundle/",
        f"{SITE}/posts/first-post/",
    }
    for format in Format:
        assert f"{SITE}/custom/place/".encode() in desk.body("all", format)
    assert desk.titles("category/news") == ["First Post"]
    assert desk.titles("tag/sahel") == ["First Post"]


@pytest.mark.parametrize(
    "change",
    [
        ("base_url", 'base_url = "https://elsewhere.example"\n', None),
        ("name", "", ("posts/first-post.md", "posts/renamed.md")),
        ("plain", 'generator = "feedsvc"\n', None),
    ],
    ids=lambda change: change[0],
)
def test_a_published_id_does_not_change(
    desk: Desk, change: tuple[str, str, tuple[str, str] | None]
) -> None:
    """Conformance 15."""
    fill(desk, trees.HUGO)
    desk.sync()
    before = {row.number: row.id for row in desk.every_article() if row.visible}
    _, toml, rename = change
    if rename:
        desk.rename(*rename)
    desk.configure(toml)
    desk.sync()
    after = {row.number: row.id for row in desk.every_article()}
    assert {number: after[number] for number in before} == before


def test_a_renamed_file_with_the_same_url_is_the_same_article(desk: Desk) -> None:
    fill(desk, trees.HUGO)
    desk.sync()
    desk.rename("notes/placed.md", "notes/moved.md")
    desk.sync()
    assert desk.articles()["notes/moved.md"].id == f"{SITE}/custom/place/"
    assert len(desk.every_article()) == 6


def test_ids_of_a_new_catalog_are_those_of_the_generator(desk: Desk) -> None:
    fill(desk, trees.PELICAN)
    desk.sync()
    ids = [row.id for row in desk.articles().values()]
    assert "tag:news.example.org,2010-10-03:/second-slug.html" in ids


def test_articles_are_served_at_the_urls_of_the_generator(desk: Desk) -> None:
    """Conformance 43, 48."""
    fill(desk, trees.HUGO)
    desk.sync()
    client = create_app(desk.publication).test_client()
    shown = client.get("/posts/first-post/")
    assert shown.status_code == 200
    assert f'<link rel="canonical" href="{SITE}/posts/first-post/">' in shown.text
    for path, status, location in [
        ("/custom/place/", 200, None),
        ("/posts/first-post", 308, f"{SITE}/posts/first-post/"),
        ("/Posts/First-Post/", 308, f"{SITE}/posts/first-post/"),
        ("/posts/none/", 404, None),
        ("/notes/draft/", 404, None),
        ("/feeds/all.rss", 200, None),
        ("/", 200, None),
    ]:
        answer = client.get(path)
        assert (answer.status_code, answer.headers.get("Location")) == (status, location), path
    desk.remove("posts/first-post.md")
    desk.sync()
    assert client.get("/posts/first-post/").status_code == 410


def test_urls_with_spaces_are_served(desk: Desk) -> None:
    fill(desk, trees.JEKYLL, 'content = "."\n')
    desk.sync()
    client = create_app(desk.publication).test_client()
    assert client.get("/travel/in%20asia/2022/03/03/Far-Away.html").status_code == 200
    assert client.get("/custom/place.html").status_code == 200


def test_two_files_with_one_path_are_reported(desk: Desk) -> None:
    fill(desk, trees.HUGO | {"content/b.md": "---\ntitle: B\ndate: 2022-05-01\nurl: /x/\n---\nB"})
    desk.write("c.md", "---\ntitle: C\ndate: 2022-05-02\nurl: /x/\n---\nC")
    assert [(each.path, each.code) for each in desk.sync().problems] == [
        ("content/c.md", "duplicate-slug")
    ]


def test_a_link_is_resolved_once_its_target_exists(desk: Desk, settled: None) -> None:
    fill(desk, trees.HUGO)
    desk.write("posts/new.md", '---\ntitle: N\ndate: 2022-05-01\n---\n[x]({{< ref "late.md" >}})')
    assert [each.code for each in desk.sync().problems] == ["unresolved-link"]
    desk.write("posts/late.md", "---\ntitle: L\ndate: 2022-05-02\n---\nLate.")
    assert desk.sync().problems == ()
    assert f"{SITE}/posts/late/".encode() in desk.body()


def test_sync_reports_the_detected_generator_unless_it_is_configured(tmp_path: Path) -> None:
    for name, text in trees.HUGO.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    toml = f'title = "S"\nbase_url = "{SITE}"\nid_authority = "example.org,2022"\n'
    (tmp_path / "feedsvc.toml").write_text(toml)
    shown = CliRunner().invoke(main, ["sync", "--site", str(tmp_path)])
    assert shown.stdout.count("hugo") == 2 + shown.stdout.count("hugo.toml")
    assert "because of hugo.toml" in shown.stdout
    (tmp_path / "feedsvc.toml").write_text(f'{toml}generator = "hugo"\n')
    assert "hugo" not in CliRunner().invoke(main, ["sync", "--site", str(tmp_path)]).stdout


LONG = "".join(random.Random(1).choices(string.ascii_lowercase, k=4000))


TOO_LONG = {
    "tag": (f"tags: [{LONG}]", "too-long-term", "`tags` has "),
    "author": (f"author: {LONG}", "too-long-term", "`author` has "),
    "url": (f"url: /{LONG}/", "too-long", "the slug has 4,"),
    "slashes": ("url: /a" + "/" * 8000, "too-long", "the article's URL has 8,"),
    "decomposed": (
        "url: /" + "u\u0308\u0304" * 240,
        "too-long",
        "the id, which is the article's URL, has 3,",
    ),
    "slug": (f"slug: {LONG}", "too-long", "the slug has 4,"),
    "id": (f"id: urn:x:{LONG}", "too-long", "`id` has 4,006 bytes"),
}


def test_an_overlong_value_is_one_problem_and_blocks_no_other_article(desk: Desk) -> None:
    files = {
        f"content/posts/{name}.md": (
            f"---\ntitle: Long {name}\ndate: 2022-03-03\n{front_matter}\n---\nText.\n"
        )
        for name, (front_matter, _, _) in TOO_LONG.items()
    }
    fine = "---\ntitle: Fine\ndate: 2022-03-03\n---\nText.\n"
    fill(desk, {**trees.HUGO, **files, "content/posts/fine.md": fine})
    report = desk.sync()
    problems = {problem.path: problem for problem in report.problems}
    assert problems.keys() == files.keys()
    assert len(report.problems) == len(files)
    for name, (_, code, message) in TOO_LONG.items():
        problem = problems[f"content/posts/{name}.md"]
        assert problem.code == code
        assert problem.message.startswith(message)
        assert (f"Long {name}" in desk.titles()) == (problem.severity == "warning")
    assert {"Fine", "First Post"} <= set(desk.titles())
