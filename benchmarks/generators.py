"""Run feedsvc, Hugo and Pelican, so that they write the same RSS feeds from the same files.

All three read one folder of articles, with YAML front matter whose keys each of them knows or can
be configured to use. None renders pages; every feed contains full text, authors and categories.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from benchmarks import corpus
from benchmarks.corpus import Essay

_LOOK = 0.01  # seconds between two measurements of memory
_PROC = Path("/proc")
_PAGE = os.sysconf("SC_PAGE_SIZE")

_HUGO = """\
baseURL = "https://gazette.example.org/"
title = "The Benchmark Gazette"
languageCode = "en"
rssLimit = 50
disableKinds = ["section", "taxonomy", "sitemap", "robotsTXT", "404"]
ignoreErrors = ["error-disable-taxonomy"]
[frontmatter]
date = ["published"]
[taxonomies]
category = "categories"
tag = "tags"
author = "authors"
[outputs]
home = ["RSS"]
term = ["RSS"]
[markup.goldmark.renderer]
unsafe = true
[[cascade]]
[cascade._build]
render = "link"
[cascade._target]
kind = "page"
"""

_HUGO_RSS = """\
{{- $pages := .Pages -}}
{{- if .IsHome -}}{{- $pages = .Site.RegularPages -}}{{- end -}}
{{- printf "<?xml version=\\"1.0\\" encoding=\\"utf-8\\"?>" | safeHTML }}
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" \
xmlns:content="http://purl.org/rss/1.0/modules/content/" \
xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
<title>{{ .Title }}</title>
<link>{{ .Permalink }}</link>
<description>{{ .Site.Title }}</description>
<language>{{ site.LanguageCode }}</language>
{{ with .OutputFormats.Get "RSS" }}
{{ printf "<atom:link href=%q rel=\\"self\\" type=%q />" .Permalink .MediaType | safeHTML }}
{{ end }}
{{- range first 50 $pages }}
<item>
<title>{{ .Title }}</title>
<link>{{ .Permalink }}</link>
<guid>{{ .Permalink }}</guid>
<pubDate>{{ .Date.Format "Mon, 02 Jan 2006 15:04:05 -0700" | safeHTML }}</pubDate>
{{ range .Params.authors }}<dc:creator>{{ . }}</dc:creator>{{ end }}
{{ range .Params.categories }}<category>{{ . }}</category>{{ end }}
{{ range .Params.tags }}<category>{{ . }}</category>{{ end }}
<description>{{ .Summary | plainify }}</description>
<content:encoded>{{ .Content | html }}</content:encoded>
</item>
{{- end }}
</channel>
</rss>
"""

_PELICAN = """\
import yaml
from pelican.readers import MarkdownReader


class YamlReader(MarkdownReader):
    # Pelican's own reader does not support YAML lists.
    def read(self, source_path):
        from markdown import Markdown

        with open(source_path, encoding="utf-8") as source:
            _, front, body = source.read().split("---\\n", 2)
        found = yaml.load(front, yaml.CSafeLoader)
        texts = {
            "title": found["title"],
            "date": found["published"].isoformat(),
            "category": found["categories"][0],
            "tags": [*found["categories"][1:], *found["tags"]],
            "authors": found["authors"],
            "summary": found.get("summary", ""),
        }
        html = Markdown(**self.settings["MARKDOWN"]).convert(body)
        return html, {key: self.process_metadata(key, value) for key, value in texts.items()}


READERS = {"md": YamlReader}
SITENAME = "The Benchmark Gazette"
SITEURL = FEED_DOMAIN = "https://gazette.example.org"
TIMEZONE = "Europe/Paris"
PATH = "content"
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TAG_FEED_ATOM = AUTHOR_FEED_ATOM = TRANSLATION_FEED_ATOM = None
FEED_ALL_RSS = "feeds/all.rss"
CATEGORY_FEED_RSS = "feeds/category/{slug}.rss"
TAG_FEED_RSS = "feeds/tag/{slug}.rss"
AUTHOR_FEED_RSS = "feeds/author/{slug}.rss"
FEED_MAX_ITEMS = 50
RSS_FEED_SUMMARY_ONLY = False
DIRECT_TEMPLATES = []
SLUGIFY_SOURCE = "basename"
ARTICLE_SAVE_AS = CATEGORY_SAVE_AS = TAG_SAVE_AS = AUTHOR_SAVE_AS = ""
STATIC_PATHS = []
"""

_FOUND: Mapping[str, Callable[[], bool]] = {
    "Hugo": lambda: shutil.which("hugo") is not None,
    "Pelican": lambda: bool(find_spec("pelican") and find_spec("markdown")),
    "/proc": lambda: (_PROC / "self/statm").exists(),
}


def missing(needed: Iterable[str]) -> list[str]:
    """Return the names of requirements that are not installed."""
    return [name for name in needed if not _FOUND[name]()]


def versions() -> list[str]:
    """Return the names and versions of the installed peers."""
    found = []
    if not missing(["Hugo"]):
        said = subprocess.run(("hugo", "version"), capture_output=True, text=True, check=True)
        found.append(f"Hugo {re.split('[-+]', said.stdout.split()[1])[0].lstrip('v')}")
    if not missing(["Pelican"]):
        found.append(f"Pelican {version('pelican')}")
    return found


@dataclass(frozen=True, slots=True)
class Run:
    """The cost of one run. wall, cpu: seconds; memory: the peak of all its processes, in MB.

    feeds, entries, size: the number of feeds written, and of their entries and bytes.
    """

    wall: float
    cpu: float
    memory: float
    feeds: int
    entries: int
    size: int

    @property
    def did(self) -> str:
        """A summary of the output."""
        return f"{self.feeds} feeds, {self.entries:,} entries, {self.size / 1e6:.0f} MB"


@dataclass(frozen=True, slots=True)
class Generator:
    """One site generator. command: run in `folder`. out: its output folder, relative to `folder`.

    feed: the feed of the whole site, relative to `out`. leftovers: removed before a clean build.
    """

    name: str
    folder: Path
    command: Sequence[str | Path]
    out: str
    feed: str
    leftovers: Sequence[str]

    def run(self, marker: str) -> Run:
        """Run it and check its output. marker: text that the site's main feed must contain."""
        wall, cpu, memory = _measure(self.command, self.folder)
        out = self.folder / self.out
        feeds = [path for path in out.rglob("*") if path.suffix in {".rss", ".xml"}]
        entries = sum(path.read_bytes().count(b"<item>") for path in feeds)
        if marker.encode() not in (out / self.feed).read_bytes():
            sys.exit(f"{self.name} did not write {marker} to {self.feed}")
        return Run(wall, cpu, memory, len(feeds), entries, sum(p.stat().st_size for p in feeds))

    def cold(self, marker: str) -> Run:
        """Remove the results of earlier runs, then run it."""
        for name in self.leftovers:
            shutil.rmtree(self.folder / name, ignore_errors=True)
        return self.run(marker)


def write(folder: Path, count: int) -> tuple[Path, str]:
    """Write articles and settings for all generators; return the newest article's file and slug."""
    site = folder / "site"
    corpus.write(site, 0)
    newest = max(corpus.essays(count), key=lambda essay: essay.published)
    for essay in corpus.essays(count):
        path = site / "content" / essay.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{_front_matter(essay)}\n{essay.body}", encoding="utf-8")
    (site / "config.toml").write_text(_HUGO, encoding="utf-8")
    layouts = site / "layouts" / "_default"
    layouts.mkdir(parents=True)
    (layouts / "rss.xml").write_text(_HUGO_RSS, encoding="utf-8")
    (site / "pelicanconf.py").write_text(_PELICAN, encoding="utf-8")
    return site / "content" / newest.path, newest.slug


def feedsvc(folder: Path) -> Generator:
    """Return the generator for feedsvc."""
    command = (sys.executable, "-m", "feedsvc", "build", "--only", "rss", "--no-archives", "ours")
    return Generator(
        "feedsvc",
        folder,
        (*command, "--site", "site"),
        "ours",
        "feeds/all.rss",
        ("ours", "site/.feedsvc"),
    )


def hugo(folder: Path) -> Generator:
    """Return the generator for Hugo."""
    command = ("hugo", "--quiet", "--source", "site", "--destination", "../hugo")
    return Generator("Hugo", folder, command, "hugo", "index.xml", ("hugo", "site/resources"))


def pelican(folder: Path) -> Generator:
    """Return the generator for Pelican."""
    command = (sys.executable, "-m", "pelican", "-q", "-s", "pelicanconf.py", "-o", "../pelican")
    return Generator(
        "Pelican", folder / "site", command, "../pelican", "feeds/all.rss", ("../pelican", "cache")
    )


def _front_matter(essay: Essay) -> str:
    values: dict[str, object] = {
        "title": essay.title,
        "published": f"{essay.published:%Y-%m-%dT%H:%M:%S}+01:00",
        "authors": [essay.author],
        "categories": essay.categories,
        "tags": essay.tags,
    }
    if essay.summary:
        values["summary"] = essay.summary
    lines = (
        f"{key}: {value if key == 'published' else json.dumps(value, ensure_ascii=False)}"
        for key, value in values.items()
    )
    return "\n".join(("---", *lines, "---", ""))


def _measure(command: Sequence[str | Path], folder: Path) -> tuple[float, float, float]:
    """Run a program; return its wall time and CPU time in seconds, and its peak memory in MB."""
    environment = {key: value for key, value in os.environ.items() if key[:8] != "FEEDSVC_"}
    environment["PYTHONPATH"] = str(Path(__file__).parents[1])
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    peak = 0
    ended = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(_LOOK):
            peak = max(peak, sum(map(_resident, _family(process.pid))))

    watching = threading.Thread(target=watch)
    watching.start()
    said = process.stderr.read() if process.stderr else b""
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    ended.set()
    watching.join()
    if process.returncode:
        sys.exit(f"{command[0]} failed: {said.decode()}")
    if process.stderr:
        process.stderr.close()
    # A peak between two measurements is known only for the parent process.
    return wall, used.ru_utime + used.ru_stime, max(peak, used.ru_maxrss * 1024) / 1e6


def _family(pid: int) -> list[int]:
    """Return the ids of a process and all its descendants."""
    try:
        tasks = list((_PROC / f"{pid}/task").iterdir())
        texts = [(task / "children").read_text() for task in tasks]
    except OSError:
        return [pid]
    return [
        pid,
        *(each for text in texts for child in text.split() for each in _family(int(child))),
    ]


def _resident(pid: int) -> int:
    """Return a process's resident memory in bytes; shared pages count in every process."""
    try:
        return int((_PROC / f"{pid}/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0
