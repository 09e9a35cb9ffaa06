"""The core works without the packages that depend on it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.soak import SOAK

ROOT = Path(__file__).parent.parent
EXTRAS = [
    *("audience", "check", "database", "importers", "export", "podcasts", "push"),
    "sources/generators",
]
NEEDED_BY = {"importers": ["database"], "podcasts": ["check", "importers", "database"]}
# The library, which syncs and answers requests, and one command.
QUICK = ["-k", "not postgresql and not server", "tests/test_library.py", "tests/cli/test_ids.py"]
# All tests but this one, those of files that are not copied, and those that compare the output
# of the core with the findings of the packages.
IGNORED = ("test_core", "test_deploy", "test_docs", "render/test_extensions")
EVERYTHING = ["-k", "not postgresql", *(f"--ignore=tests/{name}.py" for name in IGNORED), "tests"]
# An editable install would find the packages in the project if they are not in the copy.
SITE = """\
import sys
sys.meta_path = [each for each in sys.meta_path if 'Editable' not in repr(each)]
"""

# Bytecode is copied, since copies keep the modification times that validate it, but not files
# that another process is still writing.
_IGNORED_FILES = shutil.ignore_patterns(".*", "*.pyc.*")


@pytest.mark.skipif(not SOAK, reason="takes minutes; runs under make soak")
@pytest.mark.parametrize("extra", EXTRAS)
def test_the_core_passes_all_its_tests_without_an_extra(extra: str, tmp_path: Path) -> None:
    _assert_passes(tmp_path, [extra, *NEEDED_BY.get(extra, ())], EVERYTHING)


def test_the_core_passes_without_any_extras(tmp_path: Path) -> None:
    _assert_passes(tmp_path, EXTRAS, QUICK)


def _assert_passes(tmp_path: Path, extras: Sequence[str], tests: Sequence[str]) -> None:
    """Run tests in a copy of the project without some packages."""
    for name in ("feedsvc", "tests", "docs", "content"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=_IGNORED_FILES)
    for name in ("pyproject.toml", "feedsvc.toml", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    for extra in extras:
        shutil.rmtree(tmp_path / "feedsvc" / extra)
        shutil.rmtree(tmp_path / "tests" / extra)
    if "podcasts" in extras:
        _without_podcast(tmp_path)
    _install(tmp_path, extras)
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", *tests],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "FEEDSVC_SOAK": ""},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout[-3000:]


def _without_podcast(folder: Path) -> None:
    """Remove the podcast of the sample site."""
    settings = folder / "feedsvc.toml"
    toml = settings.read_text(encoding="utf-8")
    settings.write_text(re.sub(r"^\[feeds\..+\.podcast\]\n(?:.+\n)+", "", toml, flags=re.M))
    for path in (folder / "content/talk").glob("pilot.*"):
        path.unlink()


def _install(folder: Path, extras: Sequence[str]) -> None:
    """Install the program in a folder without the entry points of some packages."""
    absent = [f"feedsvc.{extra.replace('/', '.')}." for extra in extras]
    declared = (folder / "pyproject.toml").read_text(encoding="utf-8")
    groups = re.findall(r'^\[project\.entry-points\."(.+?)"\]\n((?:.+\n)+)', declared, re.M)
    lines = []
    for group, entries in groups:
        kept = [line for line in entries.splitlines() if not any(n in line for n in absent)]
        lines += [f"[{group}]", *(line.replace('"', "") for line in kept)]
    (folder / "sitecustomize.py").write_text(SITE)
    info = folder / "feedsvc-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: feedsvc\nVersion: 0\n")
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
