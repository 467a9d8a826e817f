"""Nothing that another system shows may act on the terminal, and what is held always says how to go on."""

import io
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samtale.cli.held import WORDINGS, command_for
from samtale.cli.screen import Screen, inert, short
from samtale.core.plan import Held, HeldCode
from tests.cli.conftest import Call


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
