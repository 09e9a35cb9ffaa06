"""How to install an optional dependency, for error messages."""

import json
import shlex
from importlib.metadata import PackageNotFoundError, distribution
from urllib.parse import unquote, urlsplit


def how_to_install(extra: str, error: ImportError) -> str:
    """Return the command that installs an extra, and what failed without it.

    The command installs feedsvc from where it was installed, such as a folder or a repository
    (PEP 610), because the package index may have another version, or none.
    """
    reason = " ".join(str(error).split())
    return f"`pip install {_requirement(extra)}` ({reason})"


def _requirement(extra: str) -> str:
    name = f"feedsvc[{extra}]"
    try:
        origin = json.loads(distribution("feedsvc").read_text("direct_url.json") or "{}")
    except PackageNotFoundError:
        origin = {}
    url = origin.get("url", "")
    if origin.get("dir_info", {}).get("editable"):
        return "-e " + shlex.quote(f"{unquote(urlsplit(url).path)}[{extra}]")
    if vcs := origin.get("vcs_info"):
        revision = vcs.get("requested_revision")
        url = f"{vcs['vcs']}+{url}" + (f"@{revision}" if revision else "")
    return shlex.quote(f"{name} @ {url}" if url else name)
