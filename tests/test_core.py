"""The core works without what stands on it: each of those packages can be deleted."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.soak import SOAK

ROOT = Path(__file__).parent.parent
EXTRAS = ["check", "importers", "export", "sources/generators"]
# The library, which syncs and answers requests, and a command; all of them under `make soak`.
CORE = ["-k", "not postgresql and not server", "tests/test_library.py", "tests/cli/test_ids.py"]
if SOAK:
    CORE = ["-k", "not postgresql", "tests"]


@pytest.mark.parametrize("extra", EXTRAS)
def test_the_core_passes_its_tests_without(extra: str, tmp_path: Path) -> None:
    for name in ("feedsvc", "tests", "docs", "content"):
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    for name in ("pyproject.toml", "feedsvc.toml", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.rmtree(tmp_path / "feedsvc" / extra)
    shutil.rmtree(tmp_path / "tests" / extra)
    _install(tmp_path, extra.replace("/", "."))
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", *CORE],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout[-3000:]


def _install(folder: Path, package: str) -> None:
    """Install the program in a folder without the entry points of a package."""
    declared = (folder / "pyproject.toml").read_text(encoding="utf-8")
    groups = re.findall(r'^\[project\.entry-points\."(.+?)"\]\n((?:.+\n)+)', declared, re.M)
    lines = []
    for group, entries in groups:
        kept = [line for line in entries.splitlines() if f"feedsvc.{package}." not in line]
        lines += [f"[{group}]", *(line.replace('"', "") for line in kept)]
    info = folder / "feedsvc-0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: feedsvc\nVersion: 0\n")
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
