"""Write a site with a given number of generated articles; the output is reproducible.

    python -m benchmarks.corpus DIR N

An Essay is the content of an article, independent of its front matter, so that the same essays can
be written for programs that use other keys.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random

_SEED = "feedsvc"
_FIRST = datetime(2014, 1, 1)  # noqa: DTZ001 - local time of the site, as in the files
_MINUTES = 12 * 365 * 24 * 60
_BODIES = 20_000  # different ones; later articles repeat them, as generating one takes 0.5 ms

_SETTINGS = """\
title = "The Benchmark Gazette"
subtitle = "Made-up articles in real numbers"
base_url = "https://gazette.example.org"
id_authority = "gazette.example.org,2014"
language = "en"
timezone = "Europe/Paris"
author = { name = "Newsroom", email = "desk@gazette.example.org" }
"""

_CATEGORIES = (
    "Arts", "Books", "Business", "Cities", "Climate", "Culture", "Education", "Film", "Food",
    "Health", "History", "Law", "Music", "Opinion", "Politics", "Science", "Sport", "Technology",
    "Travel", "World",
)  # fmt: skip
_GIVEN = (
    "Amadou",
    "Brigitte",
    "Chinedu",
    "Dóra",
    "Emre",
    "Fatima",
    "Goran",
    "Hélène",
    "Ines",
    "Jun",
)
_FAMILY = ("Keïta", "Lindqvist", "Moreau", "Núñez", "Okafor")
_AUTHORS = tuple(f"{given} {family}" for family, given in product(_FAMILY, _GIVEN))
_SYLLABLES = tuple(
    onset + vowel for onset, vowel in product(("br", "st", "tr", *"bcdfglmnprstv"), "aeioaeioué")
)
_ENDINGS = ("", "", "n", "r", "s", "t", "nd", "ring")

# A minimal GIF: one transparent pixel.
_GIF = bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b")
_PICTURES = ("pictures/bridge.gif", "pictures/harbour.gif", "pictures/market.gif")


@dataclass(frozen=True, slots=True)
class Essay:
    """The content of one article. published: naive. summary: '' for none. body: Markdown."""

    slug: str
    title: str
    published: datetime
    author: str
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    summary: str
    body: str

    @property
    def path(self) -> str:
        """The path of its file, relative to the content folder."""
        return f"{self.published:%Y/%m}/{self.slug}.md"


def write(site: Path, count: int) -> Path:
    """Write a site with `count` articles into a folder; return the file of the newest article."""
    content = site / "content"
    for picture in _PICTURES:
        _write(content / picture, _GIF)
    newest = (_FIRST, Path())
    folders = set()
    for essay in essays(count):
        file = content / essay.path
        if file.parent not in folders:
            file.parent.mkdir(parents=True, exist_ok=True)
            folders.add(file.parent)
        file.write_bytes(f"{front_matter(essay)}\n{essay.body}".encode())
        newest = max(newest, (essay.published, file))
    _write(site / "feedsvc.toml", _SETTINGS.encode())
    return newest[1]


def essays(count: int) -> Iterator[Essay]:
    """Generate `count` essays. A larger count only appends to those of a smaller one."""
    writer = _Writer()
    return (writer.essay(number) for number in range(1, count + 1))


def front_matter(essay: Essay) -> str:
    """Return an essay's front matter."""
    values: dict[str, object] = {
        "title": essay.title,
        "published": essay.published,
        "authors": [essay.author],
        "categories": essay.categories,
        "tags": essay.tags,
    }
    if essay.summary:
        values["summary"] = essay.summary
    lines = (f"{key}: {_yaml(value)}" for key, value in values.items())
    return "\n".join(("---", *lines, "---", ""))


def _yaml(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return json.dumps(value, ensure_ascii=False)


class _Writer:
    """Generates essays from a fixed vocabulary."""

    def __init__(self) -> None:
        self._bodies: list[str] = []
        random = Random(_SEED)
        words = dict.fromkeys(_word(random) for _ in range(5000))
        self._words = tuple(words)
        self._tags = self._words[:300] + tuple(
            f"{first} {second}"
            for first, second in zip(self._words, self._words[300:500], strict=False)
        )
        # Word frequencies roughly follow Zipf's law.
        total, weights = 0.0, []
        for rank in range(1, len(self._words) + 1):
            total += 1 / (rank + 5)
            weights.append(total)
        self._weights = weights

    def essay(self, number: int) -> Essay:
        random = Random(f"{_SEED} {number}")
        title = self._title(random)
        return Essay(
            slug=f"{title.split()[0].lower()}-{number}",
            title=title,
            published=_FIRST + timedelta(minutes=random.randrange(_MINUTES)),
            author=random.choice(_AUTHORS),
            categories=tuple(random.sample(_CATEGORIES, random.choice((1, 1, 1, 2)))),
            tags=tuple(random.sample(self._tags, random.randint(1, 5))),
            summary=self._sentence(random) if random.random() < 0.3 else "",
            body=self._body(number, random),
        )

    def _body(self, number: int, random: Random) -> str:
        """Return the body of an essay. The first ones must be asked for in order."""
        if number > _BODIES:
            return self._bodies[number % _BODIES]
        self._bodies.append("\n\n".join(self._blocks(random)) + "\n")
        return self._bodies[-1]

    def _blocks(self, random: Random) -> Iterator[str]:
        yield self._paragraph(random)
        yield self._paragraph(random)
        for part in range(3):
            yield f"## {self._title(random)}"
            yield self._paragraph(random)
            if part == 0:
                yield "\n".join(f"- {self._sentence(random)}" for _ in range(4))
            elif part == 1:
                yield self._code(random)
            elif (extra := random.randrange(5)) < 3:
                yield (self._picture, self._table, self._footnote)[extra](random)
            yield self._paragraph(random)

    def _paragraph(self, random: Random) -> str:
        sentences = [self._sentence(random) for _ in range(random.randint(2, 5))]
        sentences[0] = f"*{self._phrase(random, 2)}* {sentences[0]}"
        if random.random() < 0.4:
            sentences[-1] = f"{sentences[-1][:-1]}, **{self._phrase(random, 2)}**."
        if random.random() < 0.7:
            sentences.insert(1, f"See {self._link(random)}.")
        return " ".join(sentences)

    def _link(self, random: Random) -> str:
        slug = self._phrase(random, 1)
        target = random.choice(
            (f"https://www.example.com/{slug}/?a=1&b=2", f"/articles/{slug}-7", f"../{slug}")
        )
        return f"[{self._phrase(random, 3)}]({target})"

    def _code(self, random: Random) -> str:
        lines = (f"{self._phrase(random, 1)} = {random.randint(1, 999)} < 1000" for _ in range(5))
        return "\n".join(("```python", *lines, "```"))

    def _picture(self, random: Random) -> str:
        return f"![{self._phrase(random, 3)}](/{random.choice(_PICTURES)})"

    def _table(self, random: Random) -> str:
        rows = (f"| {self._phrase(random, 1)} | {random.randint(1, 999)} |" for _ in range(4))
        return "\n".join(("| Name | Number |", "|---|---:|", *rows))

    def _footnote(self, random: Random) -> str:
        return f"{self._sentence(random)}[^1]\n\n[^1]: {self._sentence(random)}"

    def _title(self, random: Random) -> str:
        return self._phrase(random, random.randint(3, 8)).capitalize()

    def _sentence(self, random: Random) -> str:
        return f"{self._phrase(random, random.randint(5, 14)).capitalize()}."

    def _phrase(self, random: Random, length: int) -> str:
        return " ".join(random.choices(self._words, cum_weights=self._weights, k=length))


def _word(random: Random) -> str:
    return "".join(random.choices(_SYLLABLES, k=random.randint(1, 3))) + random.choice(_ENDINGS)


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def main(arguments: Sequence[str]) -> None:
    """Write the site given on the command line."""
    if len(arguments) != 2 or not arguments[1].isdecimal():
        sys.exit("usage: python -m benchmarks.corpus DIR N")
    write(Path(arguments[0]), int(arguments[1]))


if __name__ == "__main__":
    main(sys.argv[1:])
