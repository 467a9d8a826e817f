"""Whatever stands in the files: either a project and a model, or problems that say what to do. Never anything else."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

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


@given(spoiled(PROJECT))
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
