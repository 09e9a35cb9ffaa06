"""Print what feed readers and parsers get from feedsvc's feeds, for docs/readers.md.

    python -m benchmarks.readers [--node FOLDER] [--php FOLDER]

Renders one entry with every field in each format, gives it to every reader that is installed, and
looks for each value anywhere in what the reader returns for the entry. FOLDER contains the
node_modules of the npm packages, or `freshrss` (installed) and `tt-rss` (its files). Missing
readers are named, and left out of the table.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from feedsvc.model import Format
from feedsvc.render import RENDERERS
from tests.render.samples import ENTRY, FEED

NAMES = {Format.RSS: "RSS", Format.ATOM: "Atom", Format.JSON: "JSON"}
_ENTRY = replace(
    ENTRY,
    title="Wells & <pumps>",
    summary="Three wells & <pumps>.",
    content="<p>The whole text. Some readers show the longer one of it and its summary.</p>",
    comments="https://talk.example/1",
    external="https://elsewhere.example/page",
    language=None,
)
# Per column, groups of spellings: a reader shows the column if it has one of each group.
COLUMNS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "title": (("Wells & <pumps>", "Wells &amp; &lt;pumps&gt;"),),
    "authors": (("Ada Lovelace",), ("Bo 卜",)),
    "published": (("2022-02-17", "17 Feb 2022", "1645090215", "2022, 2, 17", "2022,2,17"),),
    "updated": (("2022-02-18", "18 Feb 2022", "1645171200", "2022, 2, 18", "2022,2,18"),),
    "summary": (("Three wells & <pumps>.", "Three wells &amp; &lt;pumps&gt;."),),
    "content": (("The whole text.",),),
    "categories": (("Water",), ("C++ & <more>", "C++ &amp; &lt;more&gt;")),
    "enclosure": (("/files/wells.mp3",),),
    "picture": (("/files/well.jpg",),),
    "link": ((ENTRY.link,),),
    "other link": (("https://elsewhere.example/page",),),
    "comments": (("https://talk.example/1",),),
}

_PYTHON = {
    "feedparser (Python)": "import feedparser; d = feedparser.parse(PATH); out = d.entries[0]",
    "reader (Python)": (
        "import reader, os; r = reader.make_reader(':memory:', feed_root=os.path.dirname(PATH));"
        "r.add_feed(os.path.basename(PATH)); r.update_feeds(); out = next(r.get_entries());"
        "names = 'title author published updated summary content enclosures link'.split();"
        "out = [str(getattr(out, name)) for name in names]"
    ),
    "atoma (Python)": (
        "import atoma; p = {'rss': 'rss', 'atom': 'atom', 'json': 'json_feed'}[FORMAT];"
        "d = getattr(atoma, f'parse_{p}_file')(PATH);"
        "out = getattr(d, 'items', None) or d.entries; out = str(out[0])"
    ),
    "fastfeedparser (Python)": (
        "import fastfeedparser; d = fastfeedparser.parse(open(PATH, 'rb').read());"
        "out = d.entries[0]"
    ),
}
_NODE = {
    "rss-parser (npm)": (
        "new (require('rss-parser'))().parseString(TEXT).then(d => done(d.items[0]))"
    ),
    "feedparser (npm)": (
        "const p = new (require('feedparser'))({feedurl: 'https://news.example.org/'});"
        "p.on('readable', () => {let i = p.read(); if (i) {delete i.meta; done(i)}}); p.end(TEXT)"
    ),
    "feedme (npm)": (
        "const p = new (require('feedme').default || require('feedme'))();"
        "p.on('item', done); p.write(TEXT); p.end()"
    ),
    "feed-parser (npm)": (
        "const i = require('@rowanmanning/feed-parser').parseFeed(TEXT).items[0]; done(i.toJSON())"
    ),
    "feed-extractor (npm)": (
        "const e = require('@extractus/feed-extractor'), o = {getExtraEntryFields: x => x};"
        "done((FORMAT == 'json' ? e.extractFromJson(JSON.parse(TEXT), o) :"
        " e.extractFromXml(TEXT, o)).entries[0])"
    ),
}
_RUBY = (
    "require 'rss'; require 'json'; i = RSS::Parser.parse(File.read(ARGV[0]), false).items[0];"
    "puts JSON.dump([i.to_s])"
)
_PERL = (
    "use XML::Feed; use JSON::PP; binmode STDOUT, ':utf8';"
    "my $f = XML::Feed->parse($ARGV[0]) or die;"
    "my ($e) = $f->entries; print JSON::PP->new->encode([map {defined $_ ? qq($_) : ()} $e->title,"
    "$e->link, $e->author, $e->issued, $e->modified, $e->summary->body, $e->content->body,"
    "$e->category, ref $e->enclosure ? $e->enclosure->url : ''])"
)
_FRESHRSS = (
    "require $argv[1].'/freshrss/constants.php'; require LIB_PATH.'/lib_rss.php';"
    "FreshRSS_Context::initSystem();"
    "FreshRSS_Context::initUser(FreshRSS_Context::systemConf()->default_user);"
    "$s = customSimplePie(); $s->enable_cache(false);"
    "$s->set_raw_data(file_get_contents($argv[2])); $s->init();"
    "foreach ((new FreshRSS_Feed('https://news.example.org/', false))->loadEntries($s) as $e)"
    " echo json_encode($e->toArray(), 320);"
)
_TTRSS = (
    "chdir($argv[1].'/tt-rss'); set_include_path('include'); require 'vendor/autoload.php';"
    "spl_autoload_register(function($c) {@include_once 'classes/'.basename($c).'.php';});"
    "$p = new FeedParser(file_get_contents($argv[2])); $p->init(); $i = $p->get_items()[0];"
    "echo json_encode([$i->get_title(), $i->get_author(), date('c', $i->get_date()),"
    "$i->get_content(), $i->get_categories(), $i->get_link(), $i->get_comments_url(),"
    "array_map(fn($e) => $e->link, $i->get_enclosures())], 320);"
)
_LIFEREA = (
    "d=$(mktemp -d); export HOME=$d XDG_CONFIG_HOME=$d XDG_DATA_HOME=$d XDG_CACHE_HOME=$d;"
    " GSETTINGS_BACKEND=memory timeout 25 dbus-run-session -- xvfb-run -a sh -c"
    ' \'liferea & sleep 6; liferea "--add-feed=$0"; sleep 6; kill %1\' "$1" >/dev/null 2>&1;'
    ' sqlite3 $d/liferea/liferea.db "select title, source, description, datetime(date,'
    " 'unixepoch') from items; select value from metadata where key not like '%Feed%'\""
)
_NEWSBOAT = (
    'd=$(mktemp -d); echo "file://$1" > $d/u; newsboat -q -u $d/u -c $d/c -C /dev/null -x reload'
    " >/dev/null 2>&1;"
    " sqlite3 -json $d/c 'select * from rss_item'"
)


def _commands(
    path: Path, format: Format, node: str | None, php: str | None
) -> dict[str, list[str]]:
    """Return the command of each reader, which prints an entry."""
    names = f"PATH, FORMAT = {str(path)!r}, {str(format)!r}"
    end = "print(json.dumps(out, default=str, ensure_ascii=False))"
    found = {
        name: [sys.executable, "-c", f"import json\n{names}\n{code}\n{end}"]
        for name, code in _PYTHON.items()
    }
    for name, code in _NODE.items() if node else ():
        start = (
            f"const TEXT = require('fs').readFileSync({str(path)!r}, 'utf8'), FORMAT = '{format}';"
            "const done = x => {console.log(JSON.stringify(x)); process.exit()};"
        )
        found[name] = ["node", "-e", start + code]
    for name, code in (("FreshRSS", _FRESHRSS), ("Tiny Tiny RSS", _TTRSS)) if php else ():
        found[name] = ["php", "-r", code, str(php), str(path)]
    found["Liferea"] = ["sh", "-c", _LIFEREA, "sh", str(path)]
    found["rss (Ruby)"] = ["ruby", "-e", _RUBY, str(path)]
    found["XML::Feed (Perl)"] = ["perl", "-e", _PERL, str(path)]
    found["sfeed"] = ["sh", "-c", f"sfeed https://news.example.org/ < {path}"]
    found["Newsboat"] = ["sh", "-c", _NEWSBOAT, "sh", str(path)]
    return found


def _shown(output: str) -> dict[str, bool]:
    text = output.replace('\\"', '"')
    return {
        column: all(any(each in text for each in group) for group in groups)
        for column, groups in COLUMNS.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--node", help="a folder with node_modules")
    parser.add_argument("--php", help="a folder with freshrss and tt-rss")
    options = parser.parse_args()
    rows: list[tuple[str, str, str, list[str]]] = []
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for format in Format:
            path = Path(folder) / f"feed.{format}"
            path.write_bytes(RENDERERS[format].document(FEED, [RENDERERS[format].entry(_ENTRY)]))
            for name, command in _commands(path, format, options.node, options.php).items():
                try:
                    done = subprocess.run(
                        command,
                        cwd=options.node,
                        capture_output=True,
                        text=True,
                        timeout=30,
                        check=True,
                    )
                    shown = _shown(done.stdout)
                except (OSError, subprocess.SubprocessError) as error:
                    stderr = (getattr(error, "stderr", None) or str(error)).strip()
                    failed.append(f"{name}, {NAMES[format]}: {stderr.splitlines()[-1][:150]}")
                    continue
                if not any(shown.values()):
                    failed.append(f"{name}, {NAMES[format]}: returned no entry")
                    continue
                marks = ["yes" if each else "–" for each in shown.values()]
                rows.append((name.casefold(), name, NAMES[format], marks))
    print(f"| reader | format | {' | '.join(COLUMNS)} |")
    print("|---|---|" + "---|" * len(COLUMNS))
    for _, name, format_name, marks in sorted(rows, key=lambda row: row[0]):
        print(f"| {name} | {format_name} | {' | '.join(marks)} |")
    print("\n".join(["", "Not read:", *failed]))


if __name__ == "__main__":
    main()
