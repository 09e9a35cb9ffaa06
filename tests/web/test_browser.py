"""Pages in Chromium: axe-core finds no violation, and nothing is wider than the screen."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from html import unescape
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from msgspec import structs

from feedsvc.web import create_app
from tests.web.fake import BASE, RAIN, SETTINGS, FakePublication

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
AXE = find_spec("axe_core_python")
PAGES = ["/", "/feeds/all/", "/feeds/tag/", "/articles/rain", "/nothing"]
WIDTHS = [390, 1280]
CONTENT = f"""
<p>See {BASE}/a/very/long/path/with/many/parts/that/goes/on/and/on/without/any/end.</p>
<table><thead><tr>{"<th>A wide column</th>" * 12}</tr></thead>
<tbody><tr>{'<td align="right">1</td>' * 12}</tr></tbody></table>
<pre><code>{"a long line of code " * 12}</code></pre>
<audio controls="" src="{BASE}/a.mp3"></audio>
"""
# Shows each page in a frame of each width, runs axe there, and writes what it finds.
RUNNER = """<!doctype html><html lang="en"><title>Runner</title><pre id="found"></pre><script>
async function check(path, width) {
  const frame = document.createElement("iframe");
  frame.width = width; frame.height = 800; frame.src = path;
  await new Promise(done => { frame.onload = done; document.body.append(frame); });
  const page = frame.contentDocument;
  const script = page.createElement("script");
  script.src = "/axe.js";
  await new Promise(done => { script.onload = done; page.head.append(script); });
  const result = await frame.contentWindow.axe.run(page);
  const wide = page.documentElement.scrollWidth - page.documentElement.clientWidth;
  const violations = result.violations.map(each => each.id + ": " + each.nodes[0].html);
  const dark = frame.contentWindow.matchMedia("(prefers-color-scheme: dark)").matches;
  frame.remove();
  return {path, width, wide, dark, passes: result.passes.length, violations};
}
(async () => {
  const found = [];
  for (const path of PAGES) for (const width of WIDTHS) found.push(await check(path, width));
  document.getElementById("found").textContent = JSON.stringify(found);
})();
</script></html>"""


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, *args: Any) -> None:
        """Do nothing."""


class Rich(FakePublication):
    """A publication whose article has everything that may be too wide."""

    def __init__(self, language: str) -> None:
        super().__init__(structs.replace(SETTINGS, language=language))
        self._shown["rain"] = replace(RAIN, content=CONTENT)


@contextmanager
def serving(language: str) -> Iterator[str]:
    """Serve the pages with axe and the runner, without the policy that forbids them."""
    app = create_app(Rich(language)).wsgi_app
    axe = Path(AXE.submodule_search_locations[0]) / "axe.min.js"  # type: ignore[index, union-attr]
    runner = RUNNER.replace("PAGES", json.dumps(PAGES)).replace("WIDTHS", json.dumps(WIDTHS))
    own = {"/axe.js": ("text/javascript", axe.read_bytes()), "/run": ("text/html", runner.encode())}

    def served(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if found := own.get(environ["PATH_INFO"]):
            start("200 OK", [("Content-Type", found[0])])
            return [found[1]]
        return app(
            environ,
            lambda status, headers, *more: start(
                status, [each for each in headers if each[0] != "Content-Security-Policy"]
            ),
        )

    with make_server("127.0.0.1", 0, served, WSGIServer, Quiet) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/run"
        server.shutdown()


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")
@pytest.mark.skipif(AXE is None, reason="axe-core-python is not installed")
@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("fr", "dark")])
def test_pages_are_accessible_and_fit_the_screen(
    tmp_path: Path, language: str, scheme: str
) -> None:
    assert CHROMIUM
    with serving(language) as url:
        command = [
            *(CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            *(f"--user-data-dir={tmp_path}", "--window-size=1400,900", "--timeout=90000"),
            f"--blink-settings=preferredColorScheme={int(scheme == 'light')}",
            *("--virtual-time-budget=60000", url),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    match = re.search(r'<pre id="found">(.+?)</pre>', done.stdout, re.DOTALL)
    assert match, done.stdout[:500] + done.stderr[-500:]
    found = json.loads(unescape(match[1]))
    assert [(each["path"], each["width"]) for each in found] == [
        (path, width) for path in PAGES for width in WIDTHS
    ]
    assert all(each["passes"] > 10 for each in found)
    assert {each["dark"] for each in found} == {scheme == "dark"}
    assert [each for each in found if each["violations"] or each["wide"]] == []
