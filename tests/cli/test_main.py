"""The list of commands: complete, quick, and helpful when a name is wrong."""

import json
import subprocess
import sys

import pytest

from samtale.cli.main import COMMANDS, samtale
from tests.cli.conftest import Call, environment


def test_help_lists_every_command_and_the_exit_codes(call: Call) -> None:
    answer = call("--help")
    assert answer.exit == 0
    assert [name for name, listed in COMMANDS.items() if name not in answer.out or listed.says not in answer.out] == []
    assert "Exit codes: 0 done, 1" in answer.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_a_project_and_json_and_has_help(name: str, call: Call) -> None:
    command = samtale.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert {"project", "as_json"} <= {parameter.name for parameter in command.params}
    answer = call(name, "--help")
    assert answer.exit == 0
    assert "--json" in answer.out
    assert len(answer.out) > 300


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from samtale.cli.main import main; main(['--help']);"
        "print([m for m in ('rich', 'sqlalchemy', 'httpx2', 'msgspec', 'samtale.engine', 'samtale.config') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
    assert done.stdout.splitlines()[-1] == "[]"


def test_version(call: Call) -> None:
    answer = call("--version")
    assert (answer.exit, answer.out.split()[0]) == (0, "samtale")


def test_an_unknown_command_suggests_the_nearest(call: Call) -> None:
    answer = call("simulat")
    assert answer.exit == 2
    assert "Did you mean `samtale simulator`?" in answer.err
    assert answer.out == ""


def test_misuse_is_json_where_json_was_asked_for(call: Call) -> None:
    answer = call("link", "only-one", "--json")
    assert answer.exit == 2
    assert answer.codes == ["usage"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("resolve",),
        ("resolve", "a.b:1", "name"),
        ("resolve", "a.b:1", "name", "--take", "a", "--value", "b"),
        ("resolve", "--first-link", "person.*"),
        ("resolve", "--unknown", "x"),
        ("resolve", "--unknown", "x", "--key", "1", "--nothing"),
        ("link", "--done", "--begin"),
        ("link", "a.b:1"),
        ("unlink",),
        ("history",),
        ("plan", "--nonsense"),
        ("simulator", "zohocrm", "-o", "x"),
        ("init", "folder", "--system", "justaname"),
    ],
)
def test_misuse_is_code_two_and_says_how(arguments: tuple[str, ...], call: Call) -> None:
    answer = call(*arguments)
    assert answer.exit == 2
    assert f"samtale {arguments[0]} --help" in answer.err


def test_a_reader_that_has_seen_enough_gets_no_complaint() -> None:
    pipe = f"{sys.executable} -m samtale --help | head -1"
    done = subprocess.run(["bash", "-c", pipe], capture_output=True, text=True, check=True, env=environment())
    assert done.stderr == ""
    assert done.stdout.startswith("Usage")


def test_json_of_the_command_line_is_one_line() -> None:
    done = subprocess.run([sys.executable, "-m", "samtale", "nonsense", "--json"], capture_output=True, text=True, check=False,
                          env=environment())  # fmt: skip
    assert done.returncode == 2
    assert json.loads(done.stdout)["problems"][0]["code"] == "usage"
