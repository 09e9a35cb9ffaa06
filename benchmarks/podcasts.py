"""Print what podcast clients and parsers get from a feedsvc podcast, for docs/readers.md.

    python -m benchmarks.podcasts [--node FOLDER] [--python PYTHON] [--write FILE]

Renders a show with every element as RSS, serves it on this machine, gives it to every client that
is installed, and looks for each value in what the client returns. FOLDER contains the node_modules
of the npm packages, PYTHON is an interpreter with the Python packages. Missing clients are named,
and left out of the tables. With --write, the feed is also written into a file.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from feedsvc.model import Enclosure, Format, Image, Person
from feedsvc.podcast import (
    Alternate,
    Contributor,
    Episode,
    Frequency,
    Funding,
    License,
    Location,
    Owner,
    Recipient,
    Role,
    Show,
    ShowType,
    Soundbite,
    Trailer,
    Transcript,
    Txt,
    Value,
)
from feedsvc.render import RENDERERS
from tests.render.samples import ENTRY, FEED

_BASE = "https://show.example"
_VALUE = Value(suggested="0.00000015", recipients=(Recipient(address="02d5", split=95),))
_SHOW = Show(
    categories=(("Arts", "Food"),),
    explicit=True,
    type=ShowType.SERIAL,
    author="Ada of the show",
    owner=Owner(email="owner@show.example", name="Owner of it"),
    guid="917393e3-1b1e-5cef-ace4-edaa54e1f810",
    medium="audiobook",
    locked=True,
    funding=(Funding(url=f"{_BASE}/pay", text="Pay"),),
    persons=(Contributor(name="Host of the show", role="host"),),
    location=Location(name="Vienna", geo="geo:48.2,16.4"),
    license=License(name="cc-by-4.0"),
    value=_VALUE,
    trailers=(
        Trailer(url=f"{_BASE}/t.mp3", title="Soon", published="Sun, 01 Nov 2026 00:00:00 GMT"),
    ),
    txt=(Txt(text="proof-of-owner", purpose="verify"),),
    update_frequency=Frequency(text="every odd week", rrule="FREQ=WEEKLY"),
)
_EPISODE = Episode(
    number=770_177,
    season=330_133,
    season_name="Season of wells",
    type=Role.BONUS,
    title="Title for clients",
    duration=3723,
    explicit=True,
    image=f"{_BASE}/episode.png",
    transcripts=(Transcript(url=f"{_BASE}/1.vtt", type="text/vtt"),),
    chapters_url=f"{_BASE}/chapters.json",
    soundbites=(Soundbite(start=73, duration=61, title="Soundbite"),),
    persons=(Contributor(name="Guest of it", role="guest"),),
    location=Location(name="Bamako", geo="geo:12.6,-8"),
    alternates=(Alternate(type="audio/opus", length=9, sources=(f"{_BASE}/1.opus",)),),
)
_FEED = replace(
    FEED,
    title="Title of the show",
    image=Image(f"{_BASE}/cover.png"),
    authors=(Person("Ada of the feed"),),
    show=_SHOW,
)
_ENTRY = replace(
    ENTRY,
    enclosures=(Enclosure(f"{_BASE}/1.mp3", "audio/mpeg", 9_876_543, duration=3723),),
    image=f"{_BASE}/article.png",
    language=None,
    episode=_EPISODE,
)
# Per column, spellings of which a client shows one.
_OF_SHOW: Mapping[str, tuple[str, ...]] = {
    "title": ("Title of the show",),
    "author": ("Ada of the show",),
    "owner": ("owner@show.example",),
    "artwork": ("/cover.png",),
    "category": ("Food",),
    "explicit": tuple(
        f'"{name}":{value}'
        for name in ("explicit", "itunes_explicit")
        for value in ("true", '"true"', " true", ' "true"')
    ),
    "type": ("serial",),
    "guid": ("917393e3-1b1e-5cef",),
    "locked": ('"locked":true', '"locked": true', '"podcast_locked": ', '"locked": "yes"'),
    "funding": ("/pay",),
    "person": ("Host of the show",),
    "location": ("geo:48.2,16.4",),
    "license": ("cc-by-4.0",),
    "value": ("02d5",),
    "trailer": ("/t.mp3",),
    "medium": ("audiobook",),
    "frequency": ("every odd week",),
    "txt": ("proof-of-owner",),
}
_OF_EPISODE: Mapping[str, tuple[str, ...]] = {
    "recording": ("/1.mp3",),
    "bytes": ("9876543",),
    "duration": ("3723", "1:02:03"),
    "number": ("770177",),
    "season": ("330133",),
    "season name": ("Season of wells",),
    "type": ("bonus",),
    "title": ("Title for clients",),
    "artwork": ("/episode.png",),
    "transcript": ("/1.vtt",),
    "chapters": ("/chapters.json",),
    "soundbite": ('"Soundbite"', "Soundbite"),
    "person": ("Guest of it",),
    "location": ("geo:12.6,-8",),
    "alternate": ("/1.opus",),
}
_PYTHON = {
    "podcastparser (Python)": (
        "import podcastparser; out = podcastparser.parse(URL, open(PATH, 'rb'))"
    ),
    "feedparser (Python)": (
        "import feedparser; d = feedparser.parse(PATH); out = [d.feed, d.entries]"
    ),
    "castero": (
        "import castero.feed as c; f = c.Feed(file=PATH); e = f.parse_episodes()[0];"
        "out = [vars(f), vars(e)]"
    ),
}
_NODE = {
    "podcast-partytime (npm)": (
        "import('podcast-partytime').then(p => done(p.parseFeed(TEXT, {allowMissingGuid: true})))"
    ),
    "podcast-feed-parser (npm)": (
        "const p = require('podcast-feed-parser'), all = ['default', 'owner', 'type'];"
        "done(p.getPodcastFromFeed(TEXT, {fields: {meta: all, episodes: ['default']}}))"
    ),
    "rss-parser (npm)": "new (require('rss-parser'))().parseString(TEXT).then(done)",
}
_GPODDER = (
    'export GPODDER_HOME=$(mktemp -d); gpo subscribe "$0" >/dev/null 2>&1;'
    " sqlite3 -json $GPODDER_HOME/Database 'select * from podcast; select * from episode'"
)


@contextmanager
def _served(folder: str) -> Iterator[str]:
    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
    Thread(target=httpd.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}"
    finally:
        httpd.shutdown()


def _commands(path: Path, url: str, node: str | None, python: str) -> dict[str, list[str]]:
    end = "print(json.dumps(out, default=str, ensure_ascii=False))"
    start = f"import json\nPATH, URL = {str(path)!r}, {url!r}"
    found = {name: [python, "-c", f"{start}\n{code}\n{end}"] for name, code in _PYTHON.items()}
    for name, code in _NODE.items() if node else ():
        script = (
            f"const TEXT = require('fs').readFileSync({str(path)!r}, 'utf8');"
            "const done = x => {console.log(JSON.stringify(x)); process.exit()};"
        )
        found[name] = ["node", "-e", script + code]
    found["gPodder"] = ["sh", "-c", _GPODDER, url]
    return found


def _print(columns: Mapping[str, tuple[str, ...]], outputs: Mapping[str, str]) -> None:
    print(f"| client | {' | '.join(columns)} |")
    print("|---|" + "---|" * len(columns))
    for name in sorted(outputs, key=str.casefold):
        text = outputs[name].replace('\\"', '"')
        marks = ["yes" if any(map(text.__contains__, each)) else "–" for each in columns.values()]
        print(f"| {name} | {' | '.join(marks)} |")
    print()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--node", help="a folder with node_modules")
    parser.add_argument("--python", default=sys.executable, help="a Python interpreter")
    parser.add_argument("--write", type=Path, help="a file for the feed")
    options = parser.parse_args()
    renderer = RENDERERS[Format.RSS]
    body = renderer.document(_FEED, [renderer.entry(_ENTRY)])
    if options.write:
        options.write.write_bytes(body)
    outputs: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder, _served(folder) as url:
        path = Path(folder) / "feed.rss"
        path.write_bytes(body)
        commands = _commands(path, f"{url}/feed.rss", options.node, options.python)
        for name, command in commands.items():
            try:
                done = subprocess.run(
                    command,
                    cwd=options.node,
                    capture_output=True,
                    text=True,
                    timeout=60,
                    check=True,
                )
                outputs[name] = done.stdout
            except (OSError, subprocess.SubprocessError) as error:
                stderr = (getattr(error, "stderr", None) or str(error)).strip()
                print(f"Not read: {name}: {stderr.splitlines()[-1][:150]}", file=sys.stderr)
    _print(_OF_SHOW, outputs)
    _print(_OF_EPISODE, outputs)


if __name__ == "__main__":
    main()
