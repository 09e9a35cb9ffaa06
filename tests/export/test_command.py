"""`feedsvc build` on the command line."""

from pathlib import Path

import pytest

from feedsvc.export import manifest
from feedsvc.export.manifest import Manifest
from tests.cli.test_commands import run
from tests.sites import article, make_site


def built(out: Path) -> Manifest:
    found = manifest.load(out)
    assert found
    return found


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site of one article."""
    make_site(tmp_path / "site", {"a.md": article(tags=["x"])})
    return tmp_path / "site"


def test_build_syncs_and_reports_what_it_wrote(site: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("build", "--site", site, out, "--codings", "gzip")
    assert result.exit_code == 0
    synced, summary = result.stdout.splitlines()
    assert synced.startswith("1 article, 1 read: 1 new")
    assert summary.startswith(f"{out}: ")
    assert "of revision 1; " in summary
    assert (out / "feeds/tag/x.rss.gz").is_file()
    again = run("build", "--site", site, out, "--codings", "gzip")
    assert "0 written, 0 removed." in again.stdout


def test_build_reports_when_to_run_next(site: Path, tmp_path: Path) -> None:
    """Conformance 55."""
    later = article("Later", "2999-01-01T00:00:00Z")
    (site / "content/later.md").write_text(later, encoding="utf-8")
    result = run("build", "--site", site, tmp_path / "out", "--only", "rss")
    assert result.exit_code == 0
    assert "Run it again at 2999-01-01T00:00:00Z, when an article is due.\n" in result.stdout


def test_build_lists_problems_and_fails_but_builds(site: Path, tmp_path: Path) -> None:
    (site / "content/bad.md").write_text(article(published="03/04/2022"), encoding="utf-8")
    result = run("build", "--site", site, tmp_path / "out", "--only", "rss")
    assert result.exit_code == 1
    assert result.stderr.startswith("content/bad.md:3: error: ")
    assert result.stderr.endswith("\n1 error.\n")
    assert (tmp_path / "out/feeds/all.rss").is_file()


@pytest.mark.parametrize(
    ("options", "endings"),
    [
        (["--only", "rss"], {"rss"}),
        (["--only", "rss,atom"], {"rss", "atom"}),
        (["--only", "json", "--only", "atom, rss"], {"rss", "atom", "json"}),
    ],
)
def test_only_accepts_lists_and_repetition(
    site: Path, tmp_path: Path, options: list[str], endings: set[str]
) -> None:
    assert run("build", "--site", site, tmp_path / "out", *options).exit_code == 0
    made = built(tmp_path / "out")
    assert {path.rpartition(".")[2] for path in made.paths} == endings
    assert all(set(each.sizes) == {"identity"} for each in made.paths.values())


def test_codings_can_be_requested_with_only(site: Path, tmp_path: Path) -> None:
    run("build", "--site", site, tmp_path / "out", "--only", "rss", "--codings", "br,gzip")
    made = built(tmp_path / "out")
    assert set(made.paths["/feeds/all.rss"].sizes) == {"identity", "br", "gzip"}


@pytest.mark.parametrize(
    ("option", "summary"),
    [
        (["--only", "xml"], "'xml' is not one of rss, atom, json"),
        (["--only", "rss,"], "'' is not one of rss, atom, json"),
        (["--codings", "deflate"], "'deflate' is not one of br, zstd, gzip"),
    ],
)
def test_unknown_names_are_rejected(
    site: Path, tmp_path: Path, option: list[str], summary: str
) -> None:
    result = run("build", "--site", site, tmp_path / "out", *option)
    assert result.exit_code == 2
    assert summary in result.stderr


def test_an_unsuitable_folder_is_reported_in_one_line(site: Path) -> None:
    result = run("build", "--site", site, site / "content")
    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: {site / 'content'}: is in the content folder; name a folder elsewhere\n"
    )


def test_a_rejected_build_does_not_sync(site: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "manifest.json").write_text('{"name": "an app"}')
    result = run("build", "--site", site, out)
    assert result.exit_code == 1
    assert "is not a manifest" in result.stderr
    assert result.stdout == ""
    assert "1 article, 1 read: 1 new" in run("sync", "--site", site).stdout


def test_build_redirects_old_feed_addresses_on_every_host(site: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ("--codings", "none")
    result = run("build", "--site", site, out, *options, FEEDSVC_OLD_FEEDS='["hugo"]')
    assert result.exit_code == 0
    target = built(out).redirects["/tags/x/index.xml"].to
    assert target.endswith("/feeds/tag/x.rss")
    redirects = (out / "_redirects").read_text(encoding="utf-8").splitlines()
    assert f"/tags/x/index.xml {target} 301" in redirects
    for name in ("nginx.conf", "Caddyfile"):
        assert '"/tags/x/index.xml"' in (out / name).read_text(encoding="utf-8")
