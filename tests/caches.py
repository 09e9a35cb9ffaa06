"""The configurations of caches that the documentation prints, for tests that run them."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
VARNISH = shutil.which("varnishd") or ""
MODULE = [*Path("/usr/lib").glob("**/varnish/vmods/libvmod_xkey.so")]  # varnish-modules


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page in a language."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


def configuration(kind: str) -> str:
    """Return the VCL of the page that uses the module `xkey`, a `ban` or `several` machines."""
    vcl, ban, several = blocks("caching.md", "vcl")
    if kind == "several":
        return re.sub(r"(?ms)^backend feedsvc .*?^}\n", lambda _: several, vcl)
    if kind == "ban":
        vcl = re.sub(r"(?m)^.*xkey\.softpurge.*\n", lambda _: ban, vcl)
        return vcl.replace("import xkey;\n", "")
    return vcl


def in_front_of(ports: Sequence[int]) -> str:
    """Return the VCL of the page for backends at several ports of this machine.

    The page has one line per machine wherever it names machines.
    """
    lines = []
    for line in configuration("several").splitlines():
        if re.search(r"\b(any_)?two\b", line):
            continue
        of_machine = re.search(r"\b(any_)?one\b", line)
        for port in ports if of_machine else ports[:1]:
            changed = re.sub(r"\b(any_)?one\b", rf"\g<1>at_{port}", line) if of_machine else line
            lines.append(changed.replace("192.0.2.1", "127.0.0.1").replace('"8000"', f'"{port}"'))
    return "\n".join(lines) + "\n"
