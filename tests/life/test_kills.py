"""kill -9 at any instant: the catalog stays consistent, ids are kept, revisions are atomic.

`make soak` sets FEEDSVC_SOAK, for two hundred kills instead of a few.
"""

import os
import random
import re
import signal
import subprocess
import time
from email.utils import parsedate_to_datetime
from pathlib import Path

from feedsvc import sources
from feedsvc.catalog.store import Catalog
from feedsvc.model import Format
from feedsvc.publication import Publication
from tests import programs
from tests.catalog.test_atomicity import await_end_of_writing
from tests.desk import ref
from tests.life import writing
from tests.readers import archives, items, subscription
from tests.serving import serving
from tests.sites import article, make_site
from tests.soak import SOAK

KILLS = 200 if SOAK else 5
SERVICES = 40 if SOAK else 2
LONGEST = 0.6  # seconds that a process may write before it is killed
FEEDS = ("all", "tag/x", "tag/y")


class Witness:
    """Reads the catalog continuously, like a server."""

    def __init__(self, site: Path, database: str) -> None:
        self.catalog = Catalog(database)
        self.catalog.create()
        self.publication = Publication(sources.load(site, {}), self.catalog)
        self.round = -1
        self.instant = 0.0
        self.polls = 0
        self.ids: dict[int, str] = {}

    def look(self) -> None:
        """Check that readers see one complete revision, which is not older than the last."""
        before, instant = self.publication.newest()
        document = self.publication.document(ref("all"), Format.JSON)
        shown = items(document) if document else {}
        if self.publication.newest()[0] != before:
            return
        self.polls += 1
        rounds = {int(item["title"].split()[-1]) for item in shown.values()}
        assert len(rounds) <= 1, "a document has articles of two rounds"
        assert self.round <= max(rounds, default=self.round)
        assert self.instant <= instant.timestamp()
        self.round, self.instant = max(rounds, default=self.round), instant.timestamp()

    def look_at_all(self) -> None:
        """Check, while no process writes, that all documents of every feed have the same round."""
        self.catalog.verify()
        states = []
        for key in FEEDS:
            found = dict(items(subscription(self.publication, ref(key))))
            for _, archive in archives(self.publication, ref(key)):
                found |= items(archive)
            for entry_id, item in found.items():
                number = int(re.fullmatch(r"T(\d+) of \d+", item["title"])[1])  # type: ignore[index]
                assert self.ids.setdefault(number, entry_id) == entry_id
                assert (number % 2 == 1) == (key == "tag/x") or key == "all"
            summary = self.publication.feed(ref(key))
            assert summary is not None
            assert summary.entries == len(found)
            states.append({item["title"] for item in found.values()})
        everything, *tags = states
        assert set().union(*tags) == everything
        [round_] = {int(title.split()[-1]) for title in everything}
        assert everything in (writing.expected(round_, False), writing.expected(round_, True))


def start(site: Path, database: str, round_: int) -> "subprocess.Popen[str]":
    command = ["-m", "tests.life.writing", str(site), database, str(round_)]
    process = programs.popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_writer_killed_at_any_instant_leaves_a_consistent_catalog(
    tmp_path: Path, database: str
) -> None:
    """Conformance 15, 34: ids are kept, Last-Modified never goes back."""
    chance = random.Random(2022)
    writing.begin(tmp_path, database)
    witness = Witness(tmp_path, database)
    for number in range(KILLS):
        process = start(tmp_path, database, witness.round + 1)
        wanted = max(0, witness.round + number % 2)  # so that slow machines make progress, too
        end = time.monotonic() + chance.uniform(0, LONGEST)
        while time.monotonic() < end or witness.round < wanted:
            witness.look()
        process.kill()
        process.communicate()
        await_end_of_writing(witness.catalog)
        witness.look()
        witness.look_at_all()
    assert witness.round >= KILLS // 2
    assert witness.polls > KILLS
    witness.catalog.close()


def test_a_server_killed_at_any_instant_resumes(tmp_path: Path, database: str) -> None:
    """Conformance 15, 34: with its workers; ids are kept, Last-Modified never goes back."""
    chance = random.Random(2022)
    files = {f"{number}.md": article(f"T{number}", slug=f"s{number}") for number in range(30)}
    make_site(tmp_path, files, f'database = "{database}"')
    ids: dict[str, str] = {}
    last = 0.0
    for number in range(SERVICES):
        names = ["0.md", "moved.md"] if number % 2 == 0 else ["moved.md", "0.md"]
        (tmp_path / "content" / names[0]).rename(tmp_path / "content" / names[1])
        with serving(tmp_path, "--workers", "2", group=True) as server:
            answer = server.get("/feeds/all.json")
            assert answer.status == 200
            instant = parsedate_to_datetime(answer.headers["last-modified"]).timestamp()
            assert instant >= last
            last = instant
            edited = number % 29 + 1
            text = article(f"Round {number}", slug=f"s{edited}")
            (tmp_path / "content" / f"{edited}.md").write_text(text, encoding="utf-8")
            time.sleep(chance.uniform(0, LONGEST))
            os.killpg(server.process.pid, signal.SIGKILL)
            server.process.communicate()
        catalog = Catalog(database)
        catalog.create()
        catalog.verify()
        publication = Publication(sources.load(tmp_path, {}), catalog)
        found = {entry.link: entry.id for entry in publication.entries(ref("all"))}
        assert len(found) == 30
        ids = ids or found
        assert found == ids
        catalog.close()
