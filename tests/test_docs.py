"""The documentation is complete and describes nothing that does not exist."""

import ast
import re
import tomllib
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from operator import attrgetter
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

from feedsvc import features
from feedsvc.cli import GROUP
from feedsvc.config import feeds as feed_settings
from feedsvc.config.feeds import FeedSettings
from feedsvc.config.settings import KEYS as SETTINGS
from feedsvc.sources import article
from feedsvc.sources.frontmatter import split

KEYS = article.KEYS | features.keys()
COMMANDS = {each.name for each in entry_points(group=GROUP)}
ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]*)\)")


def table(page: str, heading: str) -> dict[str, list[str]]:
    """Return the first table below a heading: its rows by the word that each begins with."""
    _, below = (DOCS / page).read_text(encoding="utf-8").split(f"\n## {heading}\n")
    lines = below[below.index("\n|---") :].split("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return {re.sub(r"[\[`]|\(.*", "", row[0]).rstrip("]"): row for row in rows}


def blocks(language: str) -> list[tuple[str, str]]:
    """Return the pages' code blocks in one language, each with its page's name."""
    return [
        (path.name, text)
        for path in PAGES
        for name, text in _FENCED.findall(path.read_text(encoding="utf-8"))
        if name == language
    ]


def prose(path: Path) -> str:
    """Return a page without its code."""
    text = _FENCED.sub("", path.read_text(encoding="utf-8"))
    return re.sub(r"(`+).+?\1", lambda code: code[0].replace("](", "] ("), text, flags=re.DOTALL)


def test_all_settings_and_no_others_are_documented() -> None:
    assert set(table("settings.md", "All keys")) == set(SETTINGS)


def test_all_settings_of_feeds_and_no_others_are_documented() -> None:
    assert set(table("settings.md", "`feeds`")) == set(FeedSettings.__struct_fields__)


def test_all_lists_of_custom_feeds_and_no_others_are_documented() -> None:
    assert set(table("settings.md", "Custom feeds")) == set(feed_settings.LISTS)


def test_all_front_matter_keys_and_no_others_are_documented() -> None:
    assert set(table("front-matter.md", "All keys")) == KEYS


DATABASES = tuple(sorted((ROOT / "feedsvc" / "database").rglob("*.py")))
IMPORTERS = tuple(sorted((ROOT / "feedsvc" / "importers").rglob("*.py")))
OTHERS = tuple(
    set((ROOT / "feedsvc").rglob("*.py"))
    - {*IMPORTERS, *DATABASES, *(ROOT / "feedsvc" / "check").rglob("*.py")}
)
CODES = [("front-matter.md", OTHERS), ("importing.md", IMPORTERS), ("databases.md", DATABASES)]


# Calls that raise a code: by the name of the function, the position of the code and its severity.
RAISED = {
    "ArticleError": (0, "error"),
    "warn": (0, "warning"),
    "_warning": (0, "warning"),
    "problem": (0, "error"),
    "Problem": (2, "error"),
    "of_item": (3, "error"),
    "item_warning": (3, "warning"),
    "Fault": (0, "error"),
    "error": (0, "error"),
    "_error": (0, "error"),
    "warning": (0, "warning"),
    "note": (0, "note"),
    "_refuse": (1, "error"),
    "_note": (0, "note"),
}


@cache
def severities(paths: tuple[Path, ...]) -> dict[str, set[str]]:
    """Return the codes of all problems that these modules raise, each with its severities."""
    found: dict[str, set[str]] = {}
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            position, severity = RAISED.get(name, (len(node.args), ""))
            code = node.args[position] if position < len(node.args) else None
            text = code.value if isinstance(code, ast.Constant) else None
            if isinstance(text, str) and re.fullmatch(r"[a-z0-9-]+", text):
                given = re.search(r"Severity\.(\w+)", ast.unparse(node))
                found.setdefault(text, set()).add(given[1].lower() if given else severity)
    return found


@pytest.mark.parametrize(("page", "paths"), CODES)
def test_all_problem_codes_and_no_others_are_documented(page: str, paths: tuple[Path, ...]) -> None:
    assert set(table(page, "What can be wrong")) == set(severities(paths))


@pytest.mark.parametrize(("page", "paths"), CODES)
def test_documented_effects_of_problems_match_their_severities(
    page: str, paths: tuple[Path, ...]
) -> None:
    raised = severities(paths)
    for code, (_, _, happens, _) in table(page, "What can be wrong").items():
        assert happens.partition(";")[0] in raised[code], code


CHECKS = tuple((ROOT / "feedsvc" / "check").glob("*.py"))


def test_all_codes_of_checks_and_no_others_are_documented() -> None:
    assert set(table("checks.md", "All codes")) == set(severities(CHECKS))


def test_documented_severities_of_checks_are_right() -> None:
    raised = severities(CHECKS)
    for code, row in table("checks.md", "All codes").items():
        assert row[1] in raised[code], code
        assert len(row) == 5, code
        assert all(row), code


@pytest.mark.parametrize(("name", "text"), blocks("toml"))
def test_toml_examples_are_valid(name: str, text: str) -> None:
    tomllib.loads(text)


@pytest.mark.parametrize(("name", "text"), blocks("yaml"))
def test_yaml_examples_are_valid(name: str, text: str) -> None:
    assert isinstance(yaml.safe_load(text), dict)


@pytest.mark.parametrize(("name", "text"), blocks("markdown"))
def test_article_examples_use_existing_front_matter_keys(name: str, text: str) -> None:
    front, _ = split(text)
    assert front.values
    assert front.values.keys() <= KEYS


def anchors(path: Path) -> set[str]:
    """Return the anchors that code hosts give to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", path.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=[path.name for path in PAGES])
def test_links_point_to_existing_files_and_headings(path: Path) -> None:
    for target in _LINK.findall(prose(path)):
        if not re.match(r"https?:|mailto:", target):
            name, _, fragment = target.partition("#")
            there = path.parent / unquote(name) if name else path
            assert there.exists(), target
            assert not fragment or fragment in anchors(there), target


def test_every_module_is_in_the_map_of_packages() -> None:
    """Except commands, whose modules have their names."""
    package = ROOT / "feedsvc"
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    rooms = dict(re.findall(r"^\| `(\w+)(?:\.py|/)` \|(.*)$", page, re.M))
    tops = {path.stem for path in package.iterdir() if path.stem.strip("_") == path.stem}
    assert tops - {"py"} == set(rooms)
    for room in sorted(set(rooms) - {"cli"}):
        for path in sorted((package / room).glob("[a-z]*.py")):
            assert f"`{path.stem}`" in rooms[room], path


def test_the_functions_named_on_the_path_of_an_article_exist() -> None:
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    section = page.partition("\n## One article, from file to feed\n")[2].partition("\n## ")[0]
    named = re.findall(r"`([\w.]+)`,? in `([\w/]+)\.py`", section)
    assert len(named) > 12
    for name, module in named:
        attrgetter(name)(import_module(f"feedsvc.{module.replace('/', '.')}"))


def test_the_required_reading_is_under_8000_lines() -> None:
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    section = page.partition("\n## What to read\n")[2].partition("\n## ")[0]
    modules = re.findall(r"`([\w/]+\.py)`[ ,]", section)
    assert len(modules) > 30
    texts = [(ROOT / "feedsvc" / each).read_text(encoding="utf-8") for each in modules]
    assert sum(text.count("\n") for text in texts) < 8_000


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_is_documented(command: str) -> None:
    assert any(re.search(rf"\bfeedsvc {command}\b", page.read_text("utf-8")) for page in PAGES)


def test_documented_commands_exist() -> None:
    named = {
        command
        for path in PAGES
        for command in re.findall(r"`feedsvc ([a-z]+)\b", path.read_text(encoding="utf-8"))
    }
    assert named <= set(COMMANDS)
