"""Whatever stands in the files: either a project and a model, or problems that say what to do. Never anything else."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from samtale.config.diagnose import SUMMARIES
from samtale.core.problems import SamtaleError
from tests.config.samples import COMPANY, PROJECT, SOMEONE, model_in, project_in

WORDS = ["", "null", "{}", "[]", "true", "7", "1.5", "~", "x", '"*"', "[a, [b]]", "{a: {b: c}}", "always", "Name", "Name?",
         "- a", "-1", "1e400", "0x", ".inf", "2020-01-01", "?", "accounts.Customers", "{path: Name}", "{join: []}",
         "{when: 1}", "{when_connected: x}", "{prefer: {}}", "\t", "'", "{", "]", "&a b", "*a", "!x", "|", "%"]  # fmt: skip


@st.composite
def spoiled(draw: st.DrawFn, text: str) -> str:
    """A good file with a few lines gone, doubled, moved, or with another value."""
    lines = text.splitlines()
    for _ in range(draw(st.integers(1, 4))):
        if not lines:
            break
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["drop", "double", "value", "indent", "swap", "inner"])):
            case "drop":
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "value":
                lines[at] = lines[at].partition(":")[0] + ": " + draw(st.sampled_from(WORDS))
            case "indent":
                lines[at] = "  " + lines[at]
            case "swap":
                to = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[to] = lines[to], lines[at]
            case "inner":
                words = lines[at].split(" ")
                words[draw(st.integers(0, len(words) - 1))] = draw(st.sampled_from(WORDS))
                lines[at] = " ".join(words)
    return "\n".join(lines) + "\n"


JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        7,
        1.5,
        "",
        "x",
        "*",
        "Name",
        "Name?",
        "id",
        "always",
        "never",
        "text",
        "reference",
        "choice",
        "list",
        "someone",
        "sales",
        "sales.Account",
        "accounts.Customers",
        "name",
        "address",
        "address.city",
        [],
        {},
        ["a", ["b"]],
        {"path": "Phone"},
        {"join": []},
        {"join": ["Name", "id"]},
        {"when": 1},
        {"when": "x"},
        {"when_connected": []},
        {"kind": "list", "of": "list"},
        {"group": {}},
        {"group": {"a": "choice"}},
        {"prefer": ["sales"]},
        {"values": {"a": "b"}},
    ]
)


@st.composite
def grafted(draw: st.DrawFn, text: str) -> str:
    """A good file that still is YAML, with a few of its values replaced, removed or under another key."""
    tree = YAML(typ="safe", pure=True).load(text)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(tree))
        if not places:
            break
        holder, key = places[draw(st.integers(0, len(places) - 1))]
        junk = copy.deepcopy(draw(JUNK))
        match draw(st.sampled_from(["replace", "remove", "rename"])):
            case "replace":
                holder[key] = junk
            case "remove":
                del holder[key]
            case "rename" if isinstance(holder, dict) and isinstance(junk, str):
                holder[junk] = holder.pop(key)
    return json.dumps(tree)


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a tree that holds a value: its holder, and its key or number there."""
    for key, value in list(tree.items() if isinstance(tree, dict) else enumerate(tree)):
        yield tree, key
        if isinstance(value, dict | list):
            yield from _places(value)


def actionable(error: SamtaleError) -> None:
    assert error.problems
    for problem in error.problems:
        assert problem.summary == SUMMARIES[problem.code]
        assert problem.why
        assert problem.remedy


@given(spoiled(COMPANY), spoiled(SOMEONE))
def test_any_model_file(company: str, someone: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            model, _ = model_in(Path(folder), company, someone)
        except SamtaleError as error:
            actionable(error)
        else:
            assert all(view.accesses for t in model.types for m in t.members for view in m.views)


@given(st.one_of(grafted(COMPANY), st.just(COMPANY)), grafted(SOMEONE))
def test_any_tree_of_a_model(company: str, someone: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            model, _ = model_in(Path(folder), company, someone)
        except SamtaleError as error:
            actionable(error)
        else:
            assert all(view.accesses for t in model.types for m in t.members for view in m.views)


@given(st.one_of(spoiled(PROJECT), grafted(PROJECT)))
def test_any_project_file(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            project = project_in(Path(folder), text)
        except SamtaleError as error:
            actionable(error)
        else:
            assert set(project.order) == set(project.systems)
            assert project.workspace


@given(st.text())
def test_any_text_at_all(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            model_in(Path(folder), text)
        except SamtaleError as error:
            actionable(error)
