"""What users read when an installed package is broken: one sentence that names the package."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from feedsvc import plugins
from feedsvc.errors import FeedsvcError
from tests.serving import free_port
from tests.sites import article, make_site

METADATA = "Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n"
VALUES = {
    "FAILS": "def FAILS(*_):\n    raise ValueError('first\\nsecond')\n",
    "EXITS": "def EXITS(*_):\n    raise SystemExit(7)\n",
    "NUMBER": "NUMBER = 42\n",
    "RETURNS": "def RETURNS(*_):\n    return 42\n",
    "VIEWS": "def VIEWS(*_):\n    return {'index': print}\n",
}
BROKEN = "broken (feedsvc.tests, broken 1.0)"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Install":
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    return Install(tmp_path / "packages")


class Install:
    """Installs a package with one entry point."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.module = f"broken_{folder.parent.name}"

    def __call__(self, group: str, value: str, name: str = "broken", prelude: str = "") -> None:
        info = self.folder / "broken-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(METADATA, encoding="utf-8")
        entry = f"[{group}]\n{name} = {self.module}:{value}\n"
        (info / "entry_points.txt").write_text(entry, encoding="utf-8")
        text = prelude + "".join(VALUES.values())
        (self.folder / f"{self.module}.py").write_text(text, encoding="utf-8")

    def feedsvc(self, *arguments: str) -> tuple[int, str]:
        """Run a command; return its exit code and what it wrote to standard error."""
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(self.folder), *sys.path])}
        command = [sys.executable, "-m", "feedsvc", *arguments]
        ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        return ended.returncode, ended.stderr


@pytest.mark.parametrize(
    ("value", "prelude", "message"),
    [
        ("FAILS", "", f"{BROKEN} failed with ValueError: first second"),
        ("EXITS", "", f"{BROKEN} failed with SystemExit: 7"),
        ("NUMBER", "", f"{BROKEN} failed with TypeError: 'int' object is not callable"),
        ("RETURNS", "", f"{BROKEN} returned int, not str"),
        ("FAILS", "raise SystemExit(3)\n", f"{BROKEN} cannot be loaded: SystemExit: 3"),
        ("FAILS", "def (\n", f"{BROKEN} cannot be loaded: SyntaxError: invalid syntax"),
        ("NONE", "", f"{BROKEN} cannot be loaded: AttributeError: module"),
    ],
)
def test_every_failure_names_the_package(
    install: Install, value: str, prelude: str, message: str
) -> None:
    install("feedsvc.tests", value, prelude=prelude)
    with pytest.raises(FeedsvcError) as failure:
        plugins.results("feedsvc.tests", str, 1)
    assert str(failure.value).startswith(message)
    assert str(failure.value).endswith("; update or uninstall that package")
    assert "\n" not in str(failure.value)


def test_two_packages_cannot_declare_the_same_name(install: Install) -> None:
    install("feedsvc.commands", "NUMBER", name="sync")
    with pytest.raises(FeedsvcError, match=r"^sync \(.*\) and sync \(.*\) have the same name"):
        plugins.load_one("feedsvc.commands", "sync", object)


def test_a_package_that_cannot_salvage_its_rows_is_named(install: Install, tmp_path: Path) -> None:
    """By each attempt: the first one has set the damaged file aside."""
    install("feedsvc.salvage", "FAILS")
    site = make_site(tmp_path / "site", {"a.md": article("A")}).site
    (site / ".feedsvc").mkdir()
    (site / ".feedsvc" / "catalog.db").write_bytes(b"no database")
    for command in (["sync"], ["serve", "--bind", f"127.0.0.1:{free_port()}"]):
        code, errors = install.feedsvc(*command, "--site", str(site))
        assert (code, errors.count("\n")) == (1, 1)
        assert errors.startswith(
            "Error: broken (feedsvc.salvage, broken 1.0) failed with ValueError: first second"
        )


def test_a_server_with_a_broken_observer_exits(install: Install, tmp_path: Path) -> None:
    install("feedsvc.observers", "RETURNS")
    site = make_site(tmp_path / "site", {"a.md": article("A")}).site
    address = f"127.0.0.1:{free_port()}"
    code, errors = install.feedsvc("serve", "--site", str(site), "--bind", address)
    assert code == 1
    assert "Error: broken (feedsvc.observers, broken 1.0) returned int, not Observer" in errors
    assert "Traceback" not in errors


def test_the_list_of_commands_survives_a_broken_one(install: Install) -> None:
    install("feedsvc.commands", "NUMBER", prelude="def (\n")
    assert install.feedsvc("--help") == (0, "")
    code, errors = install.feedsvc("broken")
    assert (code, errors.count("\n")) == (1, 1)
    assert "broken (feedsvc.commands, broken 1.0) cannot be loaded: SyntaxError" in errors
