"""Features of other packages, and the program without any."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from feedsvc import features, plugins
from feedsvc.config.feeds import FeedSettings
from feedsvc.config.tables import Table
from feedsvc.errors import FeedsvcError
from feedsvc.features import Feature
from feedsvc.model import Entry, Format
from feedsvc.podcast import Show
from feedsvc.sources import ArticleReader
from tests.desk import Desk, ref
from tests.sites import article, make_site, mistake

RECIPES = '''
"""Recipes: a key, a file beside the article, a generated file and a part of the page."""

from feedsvc.features import Addition, Feature


class Recipes(Feature):
    keys = frozenset({"serves"})
    synonyms = {"serves": ("portions",)}
    beside = (".list",)
    related = (".list",)
    package = "toy_recipes"

    def read(self, values, attachments, enclosures, used):
        if not (serves := values.text("serves")):
            return {}
        found = attachments.beside(self.beside)
        for path in found:
            attachments.use(path)
            attachments.publish_derived(path + ".card")
        return {"summary": f"Serves {serves}, {len(found)} list"}

    def make(self, path, article, file):
        found = file(path.removesuffix(".card"))
        return f"{article.title}: {found.read_text()}".encode(), "text/plain; charset=utf-8"

    def addition(self, entry, file):
        if entry.summary.startswith("Serves"):
            return Addition("recipe.html", entry.summary, "recipe.js")
        return None


class WithTable(Feature):
    table = "recipes"


FEATURE = Recipes()
WITH_TABLE = WithTable()
'''
TEMPLATE = """\
{% macro above(summary) %}
<b>{{ t("recipe") }}: {{ summary }} & {{ entry.title }}</b>
{% endmacro %}
{% macro below(summary) %}
<i>{{ summary }}</i>
{% endmacro %}
"""
PROGRAM = """\
import json, sys
from pathlib import Path

import feedsvc

with feedsvc.Site.open(sys.argv[1]) as site:
    first = site.sync()
    client = feedsvc.create_app(sys.argv[1]).test_client()
    page, card = client.get("/articles/soup"), client.get("/files/soup.list.card")
    feed = client.get("/feeds/all.json").json
    Path(sys.argv[1], "content/soup.list").write_text("Water, salt")
    second = site.sync()
print(json.dumps({
    "problems": [each.message for each in first.problems],
    "page": page.text,
    "policy": page.headers["Content-Security-Policy"],
    "card": [card.text, card.content_type],
    "summaries": [each["summary"] for each in feed["items"]],
    "read": [first.read, second.read],
}))
"""


def install(folder: Path, name: str) -> Path:
    """Install the toy as a distribution whose entry point names an object of its module."""
    package, info = folder / "toy_recipes", folder / "toy_recipes-1.2.dist-info"
    files = {
        package / "__init__.py": RECIPES,
        package / "templates/recipe.html": TEMPLATE,
        package / "static/recipe.js": "cook()",
        package / "languages/en.toml": '[texts]\nrecipe = "Recipe"\n',
        info / "METADATA": "Metadata-Version: 2.1\nName: toy-recipes\nVersion: 1.2\n",
        info / "entry_points.txt": f"[feedsvc.features]\nrecipes = {name}\n",
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The output of a process in which the toy is installed and that serves a site."""
    folder = tmp_path_factory.mktemp("features")
    files = {"soup.md": article("Soup", portions=4, image="https://b.example/p.png")}
    files |= {"soup.list": "Water", "plain.md": article("Plain")}
    make_site(folder / "site", files)
    install(folder / "lib", "toy_recipes:FEATURE")
    paths = os.pathsep.join(filter(None, (str(folder / "lib"), *sys.path)))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, folder / "site"],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_feature_reads_front_matter_into_fields_of_the_model(served: dict[str, Any]) -> None:
    assert served["problems"] == []
    assert sorted(served["summaries"]) == ["Serves 4, 1 list", "Text."]


def test_an_article_is_read_again_when_a_file_of_a_feature_changes(served: dict[str, Any]) -> None:
    assert served["read"] == [2, 1]


def test_a_feature_generates_files(served: dict[str, Any]) -> None:
    assert served["card"] == ["Soup: Water", "text/plain; charset=utf-8"]


def test_a_page_has_the_additions_of_a_feature_instead_of_the_image(served: dict[str, Any]) -> None:
    page = served["page"]
    above, below = "<b>Recipe: Serves 4, 1 list & Soup</b>", "<i>Serves 4, 1 list</i>"
    assert page.index(above) < page.index('<div class="content">') < page.index(below)
    assert "<script>cook()</script>" in page
    assert '<img class="lead"' not in page
    assert served["policy"].count("'sha256-") >= 2


@pytest.mark.parametrize(
    ("name", "message_part"),
    [
        ("toy_recipes:Absent", "cannot be loaded: AttributeError"),
        ("toy_recipes:Addition", "is not a Feature"),
        ("toy_recipes:Recipes", "is not a Feature"),
        ("toy_recipes:WITH_TABLE", "reads the table 'recipes', which no feed can have"),
    ],
)
def test_an_unusable_feature_is_reported_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, message_part: str
) -> None:
    monkeypatch.syspath_prepend(install(tmp_path, name))
    with pytest.raises(FeedsvcError, match=r"^recipes \(feedsvc.features") as caught:
        features._plugins.__wrapped__()
    assert message_part in str(caught.value)
    sys.modules.pop("toy_recipes")


class Shows(Feature):
    """Reads the only settings table that belongs to a feature."""

    table = "podcast"
    defaults: Mapping[str, Any] = {"limit": 7}

    def settings(self, own: Table, inherited: Mapping[str, Any], content: Path) -> Show:
        title = own.table("podcast").values.get("title", inherited["title"])
        return Show(title=f"{title} in {content.name}")

    def entry(self, entry: Entry, own: FeedSettings) -> Entry:
        assert own.podcast
        return replace(entry, title=f"{entry.title} ({own.podcast.title})")


@pytest.mark.databases("sqlite")
def test_a_feature_reads_the_table_of_a_feed_and_changes_its_entries(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shows = {Shows(): EntryPoint("shows", "tests.test_features:Shows", plugins.FEATURES)}
    monkeypatch.setattr(features, "_plugins", lambda: shows)
    desk.configure(
        '[feeds."tag/a"]\npodcast = true\n'
        '[feeds."tag/b"]\nlimit = 5\n[feeds."tag/b".podcast]\ntitle = "B"\n'
        '[feeds."tag/c"]\npodcast = false\n'
    )
    found = {key: (own.podcast, own.limit) for key, own in desk.settings.feeds.items()}
    assert found == {
        "tag/a": (Show(title="Site in content"), 7),
        "tag/b": (Show(title="B in content"), 5),
        "tag/c": (None, 50),
    }
    desk.write("a.md", article("Soup", tags=["a", "b", "c"]))
    desk.sync()
    titles = {}
    for key in ("tag/a", "tag/b", "tag/c"):
        document = desk.publication.document(ref(key), Format.JSON)
        assert document
        titles[key] = json.loads(document.body)["items"][0]["title"]
    assert titles == {
        "tag/a": "Soup (Site in content)",
        "tag/b": "Soup (B in content)",
        "tag/c": "Soup",
    }


def test_without_a_feature_its_keys_and_tables_are_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "_plugins", dict)
    message = mistake(tmp_path, '[feeds.all.podcast]\ncategories = ["Arts"]', 1)
    assert "'podcast' is not a setting here; known are author, content" in message
    text = article(episode=3, enclosures=["a.mp3", "https://b.example/b.mp3"])
    settings = make_site(tmp_path, {"a.md": text, "a.mp3": b"..."})
    reading = ArticleReader(settings).read("a.md")
    assert reading.article
    assert [each.message for each in reading.problems] == [
        "`episode` is not a front-matter key; remove it"
    ]
    assert [(each.type, each.length) for each in reading.article.enclosures] == [
        ("audio/mpeg", 3),
        ("audio/mpeg", 0),
    ]
