"""`feedsvc stats`: statistics 9."""

import csv
import hashlib
import io
import json
import re
import shutil
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from feedsvc.audience.command import stats
from feedsvc.audience.store import DAY
from tests.audience import made

SETTINGS = """title = "The Sahel Report"
base_url = "https://news.example.org"
id_authority = "news.example.org,2022"
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    (folder / "content").mkdir()
    (folder / ".feedsvc").mkdir()
    (folder / "feedsvc.toml").write_text(SETTINGS)
    made.store(folder / ".feedsvc", int(time.time()) // DAY)[0].close()
    return folder


def run(site: Path, *arguments: str) -> Result:
    return CliRunner().invoke(stats, ["--site", str(site), *arguments])


def test_output_without_a_terminal_is_tab_separated(site: Path) -> None:
    """Statistics 9; control characters in User-Agents are escaped."""
    result = run(site)
    assert result.exit_code == 0, result.output
    assert re.search(r"^\d+ subscribers on \d{4}-\d\d-\d\d: \d+ as services report", result.stdout)
    rows: dict[str, list[str]] = {}
    for line in result.stdout.splitlines():
        rows.setdefault(line.split("\t")[0], line.split("\t"))
    assert rows["Feed"][1:4] == ["Subscribers", "Change", "Services"]
    assert int(rows["all"][1]) > int(rows["tag/c++"][1]) > 0
    assert set(rows["Feedly"][6]) <= set("▁▂▃▄▅▆▇█")
    assert rows["304 not modified"][2] == "0 B"
    assert "Worst readers\tScore\tPolls\tSent\tBreaks" in result.stdout
    assert "\u202e" not in result.stdout
    assert "999,999" not in rows["all"]


def test_statistics_are_available_as_json_and_csv(site: Path) -> None:
    found = json.loads(run(site, "--json").stdout)
    rows = list(csv.reader(io.StringIO(run(site, "--csv", "feeds").stdout)))
    assert rows[0] == found["feeds"]["columns"]
    assert [row[0] for row in rows[1:]] == ["all", "tag/c++"]
    assert run(site, "--json", "--csv", "feeds").exit_code == 2


def test_a_period_and_a_feed_can_be_chosen(site: Path) -> None:
    whole = json.loads(run(site, "--json", "--since", "2020-01-01").stdout)
    found = json.loads(run(site, "--json", "--feed", "tag/c++").stdout)
    assert found["feed"] == "tag/c++"
    assert 0 < found["now"]["total"] < whole["now"]["total"]
    assert whole["now"]["total"] == sum(row[1] for row in whole["feeds"]["rows"])


def test_a_feed_without_polls_is_an_error(site: Path) -> None:
    result = run(site, "--feed", "tag/none")
    assert result.exit_code == 1
    assert "there are no polls of 'tag/none'" in str(result.exception)


def test_only_the_hash_of_a_token_is_accepted_in_settings(site: Path) -> None:
    output = run(site, "token").stdout
    token, digest = re.findall(r"^    (?:token = \")?([\w-]{43,})", output, re.M)
    assert hashlib.sha256(token.encode()).hexdigest() == digest
    copy = site.parent / "copy"
    shutil.copytree(site, copy)
    (copy / "feedsvc.toml").write_text(f'{SETTINGS}[statistics]\ntoken = "{digest}"\n')
    assert run(copy).exit_code == 0
    (copy / "feedsvc.toml").write_text(f'{SETTINGS}[statistics]\ntoken = "{token}"\n')
    assert "feedsvc stats token" in str(run(copy).exception)
