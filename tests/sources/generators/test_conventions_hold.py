"""Reading any file by the conventions of a generator results in an article or in Problems."""

import json
import pickle
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from feedsvc import sources, syntax
from feedsvc.catalog import reading
from feedsvc.catalog.reading import read_all
from feedsvc.config.content import generator_names
from feedsvc.model import Tree
from feedsvc.sources import ArticleReader, Sources, scan
from feedsvc.sources.trees import generator as installed
from tests.catalogs import claim_of
from tests.sites import article, make_site
from tests.soak import examples

many_per_folder = hypothesis_settings(
    max_examples=examples(10), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PATHS = {
    "astro": "blog/a.mdx",
    "docusaurus": "2022-02-17-a.md",
    "eleventy": "blog/a.md",
    "hexo": "a.md",
    "hugo": "posts/a.md",
    "jekyll": "_posts/2022-02-17-a.md",
    "obsidian": "a.md",
    "pelican": "science/a.md",
    "zola": "blog/a.md",
}
# Pieces of every markup, combined at random.
PIECES = st.sampled_from(
    [
        "---\n",
        "+++\n",
        "{",
        "}",
        "{{",
        "}}",
        "{%",
        "%}",
        "{{<",
        ">}}",
        "{{%",
        "%}}",
        "/",
        '"',
        "`",
        "```\n",
        "<A",
        "/>",
        "</A>",
        "import x",
        "export ",
        "\n",
        "\n\n",
        " ",
        ":",
        "=",
        "#",
        "ref ",
        "highlight ",
        "endhighlight",
        "raw",
        "endraw",
        "figure ",
        "{filename}",
        "a.md",
        "](",
        "[a",
        "title: a\n",
        "Date: 2022-02-17\n",
        "date: 2022-02-17\n",
        "url: ",
        "permalink: ",
        ":title",
        "slug: ",
        "é",
        "日本",
        "\x0b",
        "�",
        "..",
        "::",
        ".. ",
        "|a|",
        "====\n",
        "%41",
        "?",
    ]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join))


@pytest.mark.parametrize("generator", PATHS)
@many_per_folder
@given(head=st.just("") | TEXTS, body=TEXTS)
def test_any_text_is_read_by_every_convention(
    tmp_path: Path, generator: str, head: str, body: str
) -> None:
    usual = "---\ntitle: a\ndate: 2022-02-17\n---\n"
    text = f"{head}\n{body}" if head else f"{usual}{body}"
    site = make_site(
        tmp_path,
        {PATHS[generator]: text.encode("utf-8", "surrogatepass")},
        f'generator = "{generator}"\n',
    )
    (file,) = scan(site.content, site.site, Tree(generator)).fingerprints
    found = ArticleReader(site).read(file).article
    if found:
        assert syntax.is_url(found.link)
        assert found.native_id is None or syntax.is_iri(found.native_id)


@many_per_folder
@given(text=TEXTS)
def test_any_restructuredtext_is_read(tmp_path: Path, text: str) -> None:
    head = "Title\n=====\n\n:date: 2022-02-17\n\n"
    data = f"{head}{text}".encode("utf-8", "surrogatepass")
    site = make_site(tmp_path, {"a.rst": data}, 'generator = "pelican"\n')
    (file,) = scan(site.content, site.site, Tree("pelican")).fingerprints
    ArticleReader(site).read(file)


@pytest.mark.parametrize("generator", PATHS)
@many_per_folder
@given(
    values=st.dictionaries(
        st.sampled_from(
            [
                "title",
                "date",
                "url",
                "slug",
                "permalink",
                "tags",
                "categories",
                "category",
                "authors",
                "author",
                "image",
                "images",
                "heroImage",
                "published",
                "lang",
                "status",
            ]
        ),
        st.one_of(st.text(), st.booleans(), st.integers(), st.none(), st.lists(st.text()))
        | st.dictionaries(st.text(), st.text()),
    )
)
def test_any_front_matter_is_read_by_every_convention(
    tmp_path: Path, generator: str, values: dict[str, object]
) -> None:
    front = json.dumps({"title": "T", "date": "2022-02-17"} | values)
    text = f"---\n{front}\n---\nText.\n"
    site = make_site(tmp_path, {PATHS[generator]: text}, f'generator = "{generator}"\n')
    (file,) = scan(site.content, site.site, Tree(generator)).fingerprints
    ArticleReader(site).read(file)


@pytest.mark.parametrize(
    ("generator", "text"),
    [
        ("hugo", "{{< a >}}" * 40_000),
        ("hugo", "{{<" * 100_000),
        ("hugo", "{{< a >}}" * 20_000 + "{{< /a >}}" * 20_000),
        ("jekyll", "{% raw %}" * 40_000),
        ("jekyll", "{{" * 100_000),
        ("astro", "<A {" * 40_000),
        ("astro", "`" * 100_000),
        ("astro", "{" * 100_000),
        ("astro", "<A " + "{} " * 40_000),
        ("pelican", "Key: value\n" * 20_000),
    ],
)
def test_reading_time_is_not_quadratic(tmp_path: Path, generator: str, text: str) -> None:
    """Quadratic time would exceed the timeout."""
    head = "---\ntitle: T\ndate: 2022-02-17\n---\n"
    site = make_site(tmp_path, {PATHS[generator]: head + text}, f'generator = "{generator}"\n')
    (file,) = scan(site.content, site.site, Tree(generator)).fingerprints
    assert ArticleReader(site).read(file).article


def test_built_in_generators_are_registered_as_entry_points() -> None:
    assert generator_names() == ("feedsvc", *PATHS)
    assert [installed(name).layout.endings for name in PATHS]


@many_per_folder
@given(body=st.text(max_size=50))
def test_a_plain_tree_reads_the_same_with_and_without_detection(tmp_path: Path, body: str) -> None:
    files = {"a.md": article(body=body), "b/index.md": article(body=body), "_posts/x.md": "no"}
    detected = make_site(tmp_path, files)
    configured = make_site(tmp_path, files, 'generator = "feedsvc"\n')
    assert (detected.tree, detected.article_link) == (configured.tree, configured.article_link)
    paths = scan(configured.content, configured.site, configured.tree).fingerprints
    assert list(paths) == ["a.md", "b/index.md"]
    for file in paths:
        first, second = ArticleReader(detected).read(file), ArticleReader(configured).read(file)
        assert first == second
        assert first.article
        assert first.article.native_id is None


def test_worker_processes_know_the_generator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "---\ntitle: A\ndate: 2022-02-17\n---\n[x]({{< ref 1 >}})"
    site = make_site(tmp_path, {f"posts/{n}.md": text for n in range(5)}, 'generator = "hugo"\n')
    assert pickle.loads(pickle.dumps(site)) == site
    sources = Sources.of(site)
    keys = sources.listing().fingerprints
    here = sorted(read_all(sources, keys, site.id_authority), key=lambda each: each.key)
    monkeypatch.setattr(reading, "_MANY", 1)
    monkeypatch.setattr(reading, "_BATCH", 2)
    there = sorted(read_all(sources, keys, site.id_authority), key=lambda each: each.key)
    assert here == there
    assert claim_of(here[0].spooled).minted == "https://news.example.org/posts/0/"


def test_settings_are_loaded_from_the_folder_of_the_site(tmp_path: Path) -> None:
    make_site(tmp_path, {"a.md": article()})
    assert sources.load(tmp_path, {}).tree == Tree()
