"""Nothing that another system shows may act on the terminal, and what is held always says how to go on."""

import io
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from samtale.cli.held import WORDINGS, command_for
from samtale.cli.screen import Screen, inert, short
from samtale.core.plan import Held, HeldCode
from samtale.core.problems import Problem
from tests.cli.conftest import Call, environment


@given(st.text())
def test_shown_text_never_acts_on_a_terminal(text: str) -> None:
    shown = inert(text)
    assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in shown)
    assert not any(
        letter in shown for letter in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u2028"
    )
    assert shown.encode("utf-8").decode("utf-8") == shown


@given(st.text())
def test_a_short_text_fits(text: str) -> None:
    assert len(short(text, 20)) <= 20


def test_a_table_shows_markup_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.table(["name"], [["[bold red]Kari[/] \x1b[31m :smile:"]])
    assert "[bold red]Kari[/] <U+001B>[31m :smile:" in capsys.readouterr().out


def test_a_quiet_screen_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(quiet=True)
    screen.say("a")
    screen.table(["b"], [["c"]])
    screen.note("d")
    assert capsys.readouterr() == ("", "")


def test_a_problem_of_the_same_kind_says_only_what_differs(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    for name in ("A", "B"):
        screen.problem(Problem(code="x", summary="A secret is not set.", why=f"{name} is empty.", remedy="Set it.",
                               command=f"read {name}", file="samtale.yaml"))  # fmt: skip
    told = capsys.readouterr().err.splitlines()
    assert told == [
        "A secret is not set.", "  at samtale.yaml", "  A is empty.", "  Set it.", "    read A", "  B is empty.", "    read B",
    ]  # fmt: skip


def on_a_terminal(width: int) -> tuple[Screen, io.StringIO]:
    screen, shown = Screen(), io.StringIO()
    screen.out = Console(file=shown, width=width, force_terminal=True, color_system=None, highlight=False, markup=False)
    return screen, shown


def test_a_terminal_breaks_text_between_words_and_commands_nowhere() -> None:
    screen, shown = on_a_terminal(20)
    screen.say("one two three four five", indent=2)
    screen.command("samtale resolve --first-link person.name")
    assert [line.rstrip() for line in shown.getvalue().splitlines()] == [
        "  one two three four",
        "  five",
        "    samtale resolve --first-link person.name",
    ]


def test_a_table_that_a_narrow_terminal_would_shred_is_stacked() -> None:
    columns, row = ["record", "shows", "because"], ["zohocrm.Account:1", "Storgata 20B, 2609 Lillehammer", "edited"]
    screen, shown = on_a_terminal(80)
    screen.table(columns, [row], whole=["record"])
    assert "record" in shown.getvalue().splitlines()[0]
    screen, shown = on_a_terminal(38)
    screen.table(columns, [row], whole=["record"])
    lines = shown.getvalue().splitlines()
    assert lines[0] == "  zohocrm.Account:1"
    assert [line.split()[0] for line in lines[1:]] == ["shows", "Lillehammer", "because"]


def test_letters_that_a_terminal_lacks_do_not_stop_us(tmp_path: Path) -> None:
    code = (
        "from samtale.cli.main import main, samtale; from samtale.cli.screen import Screen\n"
        "samtale.callback = lambda: Screen().say('Sjøvik → Åse')\n"
        "main([])"
    )
    plain = {**environment(), "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=plain, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "Sj?vik ? ?se\n"), done.stderr


def test_every_reason_for_holding_is_worded() -> None:
    assert set(get_args(HeldCode)) == set(WORDINGS)


@pytest.mark.parametrize("code", get_args(HeldCode))
def test_every_held_thing_names_a_command_that_exists(code: HeldCode, call: Call) -> None:
    held = Held(code=code, reason="", refs=(("zohocrm", "Account", "1"), ("books", "Customers", "2")), type="person", entity="e",
                field="phone", candidates=(("zohocrm.Account", "1"), ("books.Customers", "2")))  # fmt: skip
    command = command_for(held)
    assert "{" not in command
    if command:
        first = command.split(" && ")[0].split()
        assert first[0] == "samtale"
        assert call(first[1], "--help").exit == 0


def test_a_commands_reference_cannot_hide_control_characters() -> None:
    held = Held(code="refused", reason="", refs=(("zohocrm", "Account", "1\x1b[2J"),))
    assert "\x1b" not in command_for(held)
    assert io.StringIO(command_for(held)).read().startswith("samtale history zohocrm.Account:1<U+001B>")


@pytest.mark.parametrize(
    ("command", "typed"),
    [
        ("samtale sync", "samtale sync --project 'a b'"),
        (
            "samtale plan --save p && samtale sync --plan p",
            "samtale plan --save p --project 'a b' && samtale sync --plan p --project 'a b'",
        ),
        ("samtale init", "samtale init"),
        ("samtale plan --project c", "samtale plan --project c"),
        ("chmod 600 token", "chmod 600 token"),
    ],
)
def test_a_command_to_copy_names_the_project_that_was_named(command: str, typed: str) -> None:
    assert Screen(project="a b").here(command) == typed
    assert Screen().here(command) == command
