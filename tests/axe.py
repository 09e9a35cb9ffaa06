"""Runs axe-core on pages in Chromium, in frames of the widths of a phone and a screen."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from html import unescape
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import WSGIApplication

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
AXE = find_spec("axe_core_python")
WIDTHS = (390, 1280)
# Displays each page in a frame of each width, runs axe in it and writes the findings.
_RUNNER = """<!doctype html><html lang="en"><title>Runner</title><pre id="found"></pre><script>
async function check(path, width) {
  const frame = document.createElement("iframe");
  frame.width = width; frame.height = 800; frame.src = path;
  await new Promise(done => { frame.onload = done; document.body.append(frame); });
  const page = frame.contentDocument;
  for (const each of page.querySelectorAll("details")) each.open = true;
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

needed = [
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here"),
    pytest.mark.skipif(AXE is None, reason="axe-core-python is not installed"),
]


def assert_accessible(
    app: WSGIApplication,
    pages: Sequence[str],
    scheme: str,
    folder: Path,
    widths: Sequence[int] = WIDTHS,
) -> None:
    """Assert that axe finds nothing, and that no page is wider than its frame.

    scheme: light or dark. folder: an empty one, for the browser.
    """
    assert CHROMIUM
    with _serving(app, pages, widths) as url:
        command = [
            *(CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"),
            *(f"--user-data-dir={folder}", "--window-size=1400,900", "--timeout=90000"),
            f"--blink-settings=preferredColorScheme={int(scheme == 'light')}",
            *("--virtual-time-budget=60000", url),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    match = re.search(r'<pre id="found">(.+?)</pre>', done.stdout, re.DOTALL)
    assert match, done.stdout[:500] + done.stderr[-500:]
    found = json.loads(unescape(match[1]))
    assert [(each["path"], each["width"]) for each in found] == [
        (path, width) for path in pages for width in widths
    ]
    assert all(each["passes"] > 10 for each in found)
    assert {each["dark"] for each in found} == {scheme == "dark"}
    faults = [each for each in found if each["violations"] or each["wide"]]
    assert not faults, json.dumps(faults, indent=1)


class _Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, *args: Any) -> None:
        """Do nothing."""


@contextmanager
def _serving(app: WSGIApplication, pages: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Serve an app with axe and the runner, without the policy that forbids them."""
    axe = Path(AXE.submodule_search_locations[0]) / "axe.min.js"  # type: ignore[index, union-attr]
    runner = _RUNNER.replace("PAGES", json.dumps(pages)).replace("WIDTHS", json.dumps(widths))
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

    with make_server("127.0.0.1", 0, served, WSGIServer, _Quiet) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/run"
        server.shutdown()
