"""Several machines together, for minutes: only under `make soak`."""

import random
import shutil
import threading
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

import feedsvc
from tests.conftest import MakeDatabase
from tests.fleet import soak
from tests.fleet.parts import Node
from tests.fleet.promises import Promises, Reader
from tests.serving import PATIENCE
from tests.sites import article
from tests.soak import SOAK

pytestmark = pytest.mark.skipif(not SOAK, reason="takes minutes; `make soak` runs it")

MIGRATION = '''
"""Add a table that this version does not know."""
import sqlalchemy
from alembic import op

revision, down_revision, readers = "9000", "{before}", "{before}"

def upgrade():
    op.create_table("later", sqlalchemy.Column("number", sqlalchemy.Integer))
'''


def test_promises_are_kept_under_random_faults() -> None:
    assert soak.main(minutes=5) == 0


def later_version(folder: Path) -> Path:
    """Copy the program, with another version and one more migration."""
    package = Path(feedsvc.__file__).parent
    shutil.copytree(package, folder / "feedsvc", ignore=shutil.ignore_patterns("__pycache__"))
    versions = folder / "feedsvc" / "catalog" / "migrations" / "versions"
    before = max(path.name.partition("_")[0] for path in versions.glob("[0-9]*.py"))
    (versions / "9000_later.py").write_text(MIGRATION.format(before=before))
    init = folder / "feedsvc" / "__init__.py"
    init.write_text(init.read_text().replace(feedsvc.__version__, "99.0"))
    return folder


class Balancer(threading.Thread):
    """Polls one of several machines on a new connection, or another one if it cannot connect."""

    def __init__(self, nodes: list[Node], promises: Promises) -> None:
        super().__init__(daemon=True)
        self.stopping = threading.Event()
        self.lost: list[str] = []
        self.polls = 0
        self._nodes, self._promises = nodes, promises

    def run(self) -> None:
        chance = random.Random(1)
        while not self.stopping.wait(0.02):
            self.polls += 1
            path = chance.choice(["/feeds/all.rss", "/feeds/all.json", "/feeds/tag/x.atom"])
            nodes = chance.sample(self._nodes, len(self._nodes))
            if not any(self._poll(node, path) for node in nodes):
                self.lost.append(path)

    def _poll(self, node: Node, path: str) -> bool:
        connection = HTTPConnection("127.0.0.1", node.port, timeout=30)
        try:
            connection.connect()
            node.disturb()  # a refused connection is retried on the other machine
            before = self._promises.counts["no answer"]
            self._promises.poll(Reader("balanced"), node, path, connection)
            return self._promises.counts["no answer"] == before
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


def test_a_rolling_upgrade_loses_no_poll_and_no_reader_goes_back(
    make_postgresql: MakeDatabase, tmp_path: Path
) -> None:
    database = make_postgresql()
    later = later_version(tmp_path / "later")
    nodes = [Node(tmp_path, name, database, "") for name in ("one", "two")]
    promises = Promises()
    balancer = Balancer(nodes, promises)

    def save(title: str) -> None:
        for node in nodes:
            (node.site / "content" / "a.md").write_text(article(title, tags=["x"]))

    def await_title(title: str) -> None:
        for node in nodes:
            end = time.monotonic() + PATIENCE
            while title not in get(node):
                assert time.monotonic() < end, f"{node.name} never served {title}"
                time.sleep(0.1)

    try:
        save("First")
        await_title("First")
        balancer.start()
        for node in nodes:
            save(f"Before {node.name}")
            await_title(f"Before {node.name}")
            node.process.terminate()
            assert node.process.wait(PATIENCE) == 0
            node.code = later
            node.start()
            await_title(f"Before {node.name}")
            save(f"After {node.name}")
            await_title(f"After {node.name}")
    finally:
        balancer.stopping.set()
        balancer.join()
        for node in nodes:
            node.close()
    assert balancer.polls > 100
    assert balancer.lost == []
    assert promises.breaks == []
    logs = "".join(node.log.read_text() for node in nodes)
    assert "event=upgraded" in logs
    assert "to=9000" in logs
    assert "Traceback" not in logs


def get(node: Node) -> str:
    connection = HTTPConnection("127.0.0.1", node.port, timeout=30)
    try:
        connection.request("GET", "/feeds/all.json")
        return connection.getresponse().read().decode()
    except (OSError, HTTPException):
        return ""
    finally:
        connection.close()
