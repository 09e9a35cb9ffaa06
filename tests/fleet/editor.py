"""Edits articles while a fleet is served."""

import random
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.fleet.promises import SECRET
from tests.sites import article

ARTICLES = 40


class Editor(threading.Thread):
    """Edits the copies of the articles on all machines that write, about once a second."""

    def __init__(self, sites: list[Path], chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.stopping = threading.Event()
        self.edits = 0
        self._sites, self._chance = sites, chance
        for number in range(ARTICLES):
            self._write(number, f"First {number}")

    def run(self) -> None:
        """Edit until `stopping` is set."""
        while not self.stopping.wait(self._chance.uniform(0.6, 1.4)):
            self._edit()

    def mark(self, title: str) -> None:
        """Give an article that is always published, and the newest, this title."""
        self._write(ARTICLES, title, datetime(2026, 11, 1, tzinfo=UTC))

    def _edit(self) -> None:
        self.edits += 1
        number = self._chance.randrange(ARTICLES)
        kind = self._chance.choice(["edit", "edit", "edit", "draft", "due", "delete"])
        if kind == "edit":
            self._write(number, f"Edit {self.edits}")
        elif kind == "draft":
            self._write(number, f"{SECRET} {self.edits}", draft=True)
        elif kind == "due":
            due = int(time.time()) + self._chance.randrange(3, 20)
            self._write(number, f"DUE-{due}", published=datetime.fromtimestamp(due, UTC))
        else:
            for site in self._sites:
                (site / "content" / f"{number}.md").unlink(missing_ok=True)

    def _write(
        self, number: int, title: str, published: datetime | None = None, draft: bool = False
    ) -> None:
        date = published or datetime(2022, 1, 1 + number % 28, tzinfo=UTC)
        tags = ["x"] if number % 2 else []
        text = article(title, date.isoformat(), slug=f"s{number}", tags=tags, draft=draft)
        for site in self._sites:
            temporary = site / f"new-{number}"
            temporary.write_text(text, encoding="utf-8")
            temporary.rename(site / "content" / f"{number}.md")
