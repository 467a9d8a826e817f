"""Habits that a machine can check. Each test lists every place that breaks the habit, so one run tells all."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.house.tree import CORE, SOURCE, files, imports, modules, name, tree

LONGEST_FUNCTION = 60
LONGEST_FILE = 500

# A module with such a name collects what has no place of its own.
DRAWERS = {"util", "utils", "helper", "helpers", "manager", "managers", "misc", "common", "stuff"}

# Each of these reads the clock, the dice, the disk or the screen: what the core is given, never what it takes.
IMPURE_CALLS = {"open", "print", "input", "now", "utcnow", "today", "uuid1", "uuid4", "urlopen"}
CORE_MAY_IMPORT = {"samtale", "msgspec", "phonenumbers", "email_validator", "babel", "cel"}

# Written in two parts, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX", "NotImplemented" + "Error"]) + r")\b")
FOREIGN = re.compile(
    "|".join(
        [
            r"(?<![\w.])/" + r"(root|home|Users)/\w",  # a developer's home
            r"(?<![\w.])/" + r"work/(main|shared)",
            r"\b(py" + r"pi\.org|pythonhosted\.org|npm" + r"js\.(org|com)|proxy\.golang\.org)",  # a registry
        ]
    )
)

TEXT = {
    ".py",
    ".md",
    ".rst",
    ".toml",
    ".yaml",
    ".yml",
    ".json",
    ".html",
    ".css",
    ".js",
    ".sql",
    ".lock",
    ".txt",
    ".mako",
}


def texts() -> Iterator[tuple[Path, str]]:
    for path in files():
        if path.suffix in TEXT or path.suffix == "" or path.name.startswith("."):
            yield path, path.read_text(encoding="utf-8")


def places(pattern: re.Pattern[str], *, below: tuple[Path, ...] = (ROOT,)) -> list[str]:
    return [
        f"{name(path)}:{number}: {found[0]}"
        for path, text in texts()
        if any(path.is_relative_to(top) for top in below)
        for number, line in enumerate(text.splitlines(), 1)
        if (found := pattern.search(line))
    ]


def test_the_house_sees_the_source() -> None:
    assert name(SOURCE / "__init__.py") in {name(path) for path in modules(SOURCE)}


def test_no_function_is_longer_than_a_screen() -> None:
    assert [
        f"{name(path)}:{node.lineno}: {node.name} has {length} lines"
        for path in modules(SOURCE)
        if path.parent.name != "versions"  # a migration is one long list of tables, written once
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ] == []


def test_no_file_is_longer_than_a_sitting() -> None:
    assert [
        f"{name(path)} has {length} lines"
        for path in modules(SOURCE)
        if (length := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    ] == []


def test_every_module_says_what_lives_in_it() -> None:
    everywhere = modules(SOURCE, ROOT / "tests", ROOT / "bench")
    assert [name(path) for path in everywhere if path.stat().st_size and not ast.get_docstring(tree(path))] == []


def test_no_module_is_a_drawer() -> None:
    assert [name(path) for path in modules(SOURCE) if DRAWERS & {path.stem, path.parent.name}] == []


def test_the_core_takes_nothing_from_the_world() -> None:
    calls = (
        (path, node.lineno, called)
        for path in modules(CORE)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and (called := node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""))
    )
    assert [f"{name(path)}:{line}: {called}()" for path, line, called in calls if called in IMPURE_CALLS] == []


def test_the_core_imports_few_libraries() -> None:
    allowed = CORE_MAY_IMPORT | set(sys.stdlib_module_names)
    assert {name(path): extra for path in modules(CORE) if (extra := imports(path) - allowed)} == {}


def test_nothing_is_left_for_later() -> None:
    assert places(UNFINISHED) == []


def test_no_file_knows_a_developers_machine_or_a_registry() -> None:
    assert places(FOREIGN) == []


def test_changelog_fragments_are_named_for_what_they_tell() -> None:
    fragments = [path for path in (ROOT / "changes").iterdir() if path.name != "README.md"]
    shape = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.(added|changed|fixed)\.md")
    assert [path.name for path in fragments if not shape.fullmatch(path.name)] == []
    assert [path.name for path in fragments if not path.read_text(encoding="utf-8").strip()] == []


@pytest.mark.parametrize("line", ["TO" + "DO: later", "raise NotImplemented" + "Error"])
def test_unfinished_work_would_be_seen(line: str) -> None:
    assert UNFINISHED.search(line)


@pytest.mark.parametrize("line", ["cd /" + "home/kari/x", '"/' + 'root/x"', "https://py" + "pi.org/simple"])
def test_foreign_paths_would_be_seen(line: str) -> None:
    assert FOREIGN.search(line)
