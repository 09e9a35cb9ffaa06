"""The entries that feedsvc would publish are compared with those published so far."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from feedsvc.check.against import compare
from feedsvc.check.published import Entry, Published, place
from feedsvc.cli import main
from tests.sites import article, make_site

BASE = "https://news.example.org"
ID = "tag:news.example.org,2022:2022-02-01:well-1"
DAYS = range(1, 6)
FILES: dict[str, str | bytes] = {
    f"well-{day}.md": article(f"Well {day} & <co>", f"2022-02-0{day} 09:30", f"Text {day}.")
    for day in DAYS
}


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(main, [*map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def check(site: Path, *old: str | Path) -> Result:
    return run("check", "--site", site, "--against", *old)


def as_json(site: Path, *old: str | Path) -> dict[str, object]:
    found: dict[str, object] = json.loads(check(site, *old, "--json").stdout)
    return found


@pytest.fixture
def site(tmp_path: Path) -> Path:
    make_site(tmp_path / "site", FILES)
    return tmp_path / "site"


@pytest.fixture
def out(site: Path, tmp_path: Path) -> Path:
    """A build of the site, whose catalog was deleted."""
    folder = tmp_path / "out"
    assert run("build", "--site", site, folder, "--codings", "none").exit_code == 0
    for path in (site / ".feedsvc").iterdir():
        path.unlink()
    return folder


SAME = """\
5 of 5 ids match.
5 of 5 links match.
5 of 5 dates match.
5 of 5 titles match.
Subscribers would see no entry as new.
"""


@pytest.mark.parametrize("old", ["feeds/all.rss", "feeds/all.atom", "feeds/all.json", "."])
def test_an_unchanged_feed_matches_in_any_format(site: Path, out: Path, old: str) -> None:
    result = check(site, out / old)
    assert (result.exit_code, result.stdout) == (0, SAME)
    assert list((site / ".feedsvc").iterdir()) == []


def test_each_difference_is_reported(site: Path, out: Path) -> None:
    feed = out / "feeds/all.rss"
    text = feed.read_text()
    for old, new in [
        ("news.example.org,2022:2022-02-01:well-1", "example.net,2000:1"),
        ("/articles/well-2<", "/2022/well-2.html<"),
        ("Thu, 03 Feb 2022 08:30", "Thu, 03 Feb 2022 08:31"),
        ("<title>Well 4 ", "<title>A well "),
    ]:
        assert old in text
        text = text.replace(old, new)
    feed.write_text(text)
    result = check(site, feed)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "4 of 5 ids match; 1 differ:",
        f"  {BASE}/articles/well-1: 'tag:example.net,2000:1' -> '{ID}'",
        "4 of 5 links match; 1 differ:",
        f"  {BASE}/articles/well-2: '{BASE}/2022/well-2.html' -> '{BASE}/articles/well-2'",
        "4 of 5 dates match; 1 differ:",
        f"  {BASE}/articles/well-3: '2022-02-03T08:31:00Z' -> '2022-02-03T08:30:00Z'",
        "4 of 5 titles match; 1 differ:",
        f"  {BASE}/articles/well-4: 'A well & <co>' -> 'Well 4 & <co>'",
        "Subscribers would see 1 of 5 entries as new.",
    ]


def test_only_the_first_three_examples_are_printed_but_json_is_complete(
    site: Path, out: Path
) -> None:
    feed = out / "feeds/all.rss"
    feed.write_text(feed.read_text().replace("news.example.org,2022:", "example.net,2000:"))
    result = check(site, feed)
    assert "0 of 5 ids match; 5 differ:" in result.stdout
    assert "  and 2 more" in result.stdout
    found = json.loads(check(site, feed, "--json").stdout)
    assert len(found["aspects"]["ids"]["differ"]) == 5
    assert len(found["new"]) == 5
    assert found["aspects"]["links"] == {"compared": 5, "differ": []}


def test_ids_of_the_catalog_are_used_without_changing_it(site: Path, tmp_path: Path) -> None:
    """An article published under an earlier date keeps its id, which a new catalog would lack."""
    run("build", "--site", site, tmp_path / "out", "--only", "rss")
    (site / "content/well-1.md").write_text(article("Well 1 & <co>", "2022-01-01", "Text 1."))
    feed = tmp_path / "out/feeds/all.rss"
    result = check(site, feed)
    assert "5 of 5 ids match." in result.stdout
    assert "4 of 5 dates match; 1 differ:" in result.stdout
    assert result.exit_code == 0
    before = run("sync", "--site", site, "--dry-run").stdout
    assert "1 edited" in before
    for path in (site / ".feedsvc").iterdir():
        path.unlink()
    assert check(site, feed).exit_code == 1


def test_missing_and_added_entries_are_reported(site: Path, out: Path) -> None:
    (site / "content/well-2.md").unlink()
    (site / "content/new.md").write_text(article("Between", "2022-02-03 12:00"))
    (site / "content/old.md").write_text(article("Older", "2021-02-03 12:00"))
    (site / "content/next.md").write_text(article("Newer", "2022-03-03 12:00"))
    found = as_json(site, out / "feeds/all.atom")
    assert found["missing"] == [f"{BASE}/articles/well-2"]
    assert found["added"] == [f"{BASE}/articles/new"]
    assert found["older"] == [f"{BASE}/articles/old"]
    assert found["newer"] == [f"{BASE}/articles/next"]
    assert found["new"] == [f"{BASE}/articles/new"]
    result = check(site, out / "feeds/all.atom")
    assert "Old entries that are not published any more: 1\n" in result.stdout
    assert "Articles newer than the old feed: 1; older: 1\n" in result.stdout
    assert "`limit = 6` leaves them out." in result.stdout


def test_only_entries_within_the_limit_of_the_feed_can_be_new(site: Path, out: Path) -> None:
    make_site(site, toml="[feeds]\nlimit = 2\n")
    feed = out / "feeds/all.rss"
    feed.write_text(feed.read_text().replace(",2022:2022-02-01:", ",2000:1:"))
    result = check(site, feed)
    assert "4 of 5 ids match; 1 differ:" in result.stdout
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (
        0,
        "Subscribers would see no entry as new.",
    )


RDF = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel/>
<item rdf:about="x"><title>Well 1 &amp; &lt;co&gt;</title><link>{BASE}/articles/well-1</link>
<dc:date>2022-02-01T09:30:00+01:00</dc:date></item></rdf:RDF>"""


def test_entries_without_ids_are_identified_by_links(site: Path, tmp_path: Path) -> None:
    (tmp_path / "old.rdf").write_text(RDF)
    found = json.loads(check(site, tmp_path / "old.rdf", "--json").stdout)
    assert found["aspects"]["ids"]["differ"][0]["old"] == f"{BASE}/articles/well-1"
    assert found["aspects"]["dates"] == {"compared": 1, "differ": []}


def sitemap(*links: str) -> str:
    urls = "".join(f"<url><loc>{link}</loc></url>" for link in links)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'


def test_links_are_compared_with_a_sitemap(site: Path, tmp_path: Path) -> None:
    links = [f"http://www.news.example.org/articles/well-{day}/" for day in DAYS]
    (tmp_path / "sitemap.xml").write_text(sitemap(*links, f"{BASE}/about/"))
    result = check(site, tmp_path / "sitemap.xml")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "5 of 5 links match.")
    (tmp_path / "sitemap.xml").write_text(sitemap(*links[:3]))
    result = check(site, tmp_path / "sitemap.xml")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[:2] == [
        "3 of 5 links match; 2 differ:",
        f"  {BASE}/articles/well-5: not there",
    ]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_several_feeds_and_a_sitemap_index_are_fetched(
    site: Path, out: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "a.xml").write_text(sitemap(*(f"{BASE}/articles/well-{day}" for day in DAYS[:2])))
    with served(folder) as url:
        (folder / "index.xml").write_text(
            f"{INDEX}<sitemap><loc>{url}/a.xml</loc></sitemap></sitemapindex>"
        )
        assert "2 of 5 links match" in check(site, f"{url}/index.xml").stdout
        (folder / "all.atom").write_bytes((out / "feeds/all.atom").read_bytes())
        result = check(site, f"{url}/all.atom", out / "feeds/all.rss")
        assert (result.exit_code, result.stdout) == (0, SAME)
        missing = check(site, f"{url}/none.xml")
    assert (missing.exit_code, missing.stdout) == (2, "")
    assert "returned the status 404 instead of 200" in missing.stderr
    # A local index refers to the files beside it.
    assert "2 of 5 links match" in check(site, folder / "index.xml").stdout


INDEX = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
REFUSED = {
    "<html/>": "is neither a feed nor a sitemap",
    "": "is not XML",
    "no": "is not XML",
    "{}": "is not a JSON Feed",
    "[1]": "is not a JSON Feed",
    '{"version": "https://jsonfeed.org/version/1.1", "items": 2}': "is not a JSON Feed",
    '{"version": "https://jsonfeed.org/version/1.1", "items": [2]}': "is not a JSON Feed",
    f"{INDEX}<sitemap><loc>https://a.example/none.xml</loc></sitemap></sitemapindex>": "none.xml",
    f"{INDEX}<sitemap><loc>https://a.example/old.xml</loc></sitemap></sitemapindex>": "is neither",
    f"{INDEX}<sitemap><loc>https://[</loc></sitemap></sitemapindex>": "old.xml",
    f"{INDEX}</sitemapindex>": "contains no entries and no pages",
}


@pytest.mark.parametrize("body", REFUSED)
def test_documents_that_are_not_feeds_are_refused(site: Path, tmp_path: Path, body: str) -> None:
    (tmp_path / "old.xml").write_text(body)
    result = check(site, tmp_path / "old.xml")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert REFUSED[body] in result.stderr


def test_a_sitemap_index_may_not_refer_to_another_host(site: Path, tmp_path: Path) -> None:
    with served(tmp_path) as url:
        link = f"{url.replace('127.0.0.1', 'localhost')}/a.xml"
        text = f"{INDEX}<sitemap><loc>{link}</loc></sitemap></sitemapindex>"
        (tmp_path / "index.xml").write_text(text)
        result = check(site, f"{url}/index.xml")
    assert result.exit_code == 2
    assert "which is on another host" in result.stderr


def test_other_files_in_a_folder_are_ignored(site: Path, out: Path) -> None:
    (out / "search.json").write_text("[1, 2")
    (out / "broken.xml").write_text("<rss>")
    (out / "index.xml").write_text(
        f"{INDEX}<sitemap><loc>https://a.example/none.xml</loc></sitemap></sitemapindex>"
    )
    assert check(site, out).stdout == SAME


def test_only_the_first_sync_suggests_the_comparison(site: Path) -> None:
    assert "feedsvc check --against OLD" not in run("sync", "--site", site, "--dry-run").stdout
    assert "feedsvc check --against OLD" in run("sync", "--site", site).stdout
    (site / "content/more.md").write_text(article("More", "2022-02-09"))
    assert "feedsvc check --against OLD" not in run("sync", "--site", site).stdout


ENTRIES = st.lists(
    st.builds(
        Entry,
        st.text("abc", min_size=1),
        st.sampled_from(["", "https://a.example/1", "https://a.example/2/"]) | st.text(max_size=5),
        st.text("ab &", max_size=3),
        st.none() | st.datetimes(datetime(2020, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    ),
    max_size=8,
    unique_by=lambda entry: entry.id,
)


@given(ENTRIES.filter(bool), st.integers(0, 9))
def test_comparing_a_feed_with_itself_finds_no_difference(
    entries: list[Entry], window: int
) -> None:
    found = compare(Published({entry.id: entry for entry in entries}, set()), entries, window)
    assert not found.new
    assert not found.missing
    assert not any(aspect.differ for aspect in found.aspects.values())


@given(ENTRIES.filter(bool), ENTRIES)
def test_every_entry_is_in_exactly_one_group(old: list[Entry], new: list[Entry]) -> None:
    found = compare(Published({entry.id: entry for entry in old}, set()), new, len(new))
    pairs = found.aspects["ids"].compared
    assert pairs + len(found.missing) == len(old)
    if any(entry.published for entry in old):
        apart = len(found.newer) + len(found.older) + len(found.added)
        assert pairs + apart == len(new)
    assert len(found.new) <= len(new)


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/x/",
        "http://www.a.example/x",
        "https://A.example/x/index.html",
        "https://a.example/%78",
    ],
)
def test_equivalent_urls_are_the_same_place(url: str) -> None:
    assert place(url) == "a.example/x"
    assert place(f"{url}?p=1") == "a.example/x?p=1"
