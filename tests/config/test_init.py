"""The text of a new project file reads back as the answers that it was made from."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samtale.config.diagnose import Findings
from samtale.config.init import Answers, SystemAnswers, project_text, quoted
from samtale.config.nodes import read_text
from samtale.config.project import StoreConfig, load_project
from samtale.config.secrets import Reference
from samtale.core.model import Prefer

SYSTEMS = (
    SystemAnswers(
        name="poweroffice",
        connector="powerofficego",
        title="PowerOffice Go",
        base_url="http://127.0.0.1:8001/v2",
        auth={"client_key": Reference("env", "PO_CLIENT"), "on": Reference("file", "my secrets/key")},
        options={"demo": True, "pages": 3, "note": "yes: no # none"},
        share=False,
    ),
    SystemAnswers(name="zoho", connector="zohocrm", auth={"client_id": Reference("keyring", "zoho")}, full_sync=False),
)


@pytest.mark.parametrize("first_link", ["ask", "newest", Prefer(("zoho", "poweroffice"))])
@pytest.mark.parametrize("followers", ["equal", "apart"])
def test_answers_come_back(
    tmp_path: Path, first_link: Literal["ask", "newest"] | Prefer, followers: Literal["equal", "apart"]
) -> None:
    answers = Answers(
        workspace="acme",
        timezone="Europe/Oslo",
        owner='Åse "&" Sønn: AS # 1',
        notice="Not for others.\nReally.",
        systems=SYSTEMS,
        store="postgresql://hub@db/samtale",
        store_password=Reference("env", "DB"),
        first_link=first_link,
        followers=followers,
    )
    (tmp_path / "samtale.yaml").write_text(project_text(answers), encoding="utf-8")
    project = load_project(tmp_path)
    assert (project.workspace, project.timezone) == ("acme", "Europe/Oslo")
    assert (project.owner, project.notice) == (answers.owner, answers.notice)
    assert (project.first_link, project.followers) == (first_link, followers)
    assert project.order == ("poweroffice", "zoho")
    assert project.store == StoreConfig(url="postgresql://hub@db/samtale", password=Reference("env", "DB"))
    for asked in SYSTEMS:
        system = project.systems[asked.name]
        assert (system.connector, system.base_url) == (asked.connector, asked.base_url)
        assert (system.auth, system.options) == (asked.auth, asked.options)
        assert (system.switches.share, system.switches.full_sync) == (asked.share, asked.full_sync)


def test_the_text_explains_what_was_asked() -> None:
    text = project_text(Answers(workspace="acme", timezone="Europe/Oslo", systems=SYSTEMS))
    assert "which value is right?" in text
    assert "billing and a shipping address" in text
    assert all(len(line) <= 120 for line in text.splitlines())


@given(st.text(min_size=1))
def test_any_text_survives_being_quoted(text: str) -> None:
    findings = Findings()
    (node,) = read_text(f"owner: {quoted(text)}    # as said\n", "samtale.yaml", findings)
    assert not findings.problems
    assert node.entries["owner"].value == text
