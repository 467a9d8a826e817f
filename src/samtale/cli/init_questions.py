"""The questions of ``samtale init``, in plain words. No secret is asked for; only where each is kept."""

from __future__ import annotations

import shutil
import textwrap
from pathlib import Path
from typing import Any

import click

from samtale.cli.init import default_secret, first_link, local_timezone, where, workspace_of
from samtale.config.init import Answers, SystemAnswers
from samtale.connectors.registry import CONNECTORS, about_of

FIRST_LINK = """
The first time, Samtale finds the records that are the same thing in several systems. Where such records differ (two phone numbers, say), \
which value is right?
  1  Ask me: leave both as they are; one answer later settles a whole field.
  2  The one that was changed last.
  3  The one in the system that I name first."""

FOLLOWERS = """
Some records show one thing twice, such as a billing and a shipping address. Should the second follow the first?
  1  Yes: both are kept the same, except where they differ already.
  2  No: only the first is kept in step; the second belongs to that system alone."""

SECRETS = """
Where will its secrets be? They never stand in the project file.
  1  In environment variables.
  2  In files that only you can read.
  3  In the keyring of this computer."""


def ask(root: Path, given: dict[str, Any]) -> Answers:
    """Ask what the options did not say."""
    usable = [name for name, place in CONNECTORS.items() if place is not None]
    workspace = given["workspace"] or _prompt("What shall this project be called?", workspace_of(root))
    systems: list[SystemAnswers] = []
    click.echo("\nWhich systems are to be kept in step?", err=True)
    for number, connector in enumerate(usable, 1):
        click.echo(f"  {number}  {about_of(connector).title}", err=True)
    chosen = click.prompt("Their numbers, the most trusted first", default=",".join(str(n + 1) for n in range(len(usable))),
                          value_proc=lambda text: _numbers(text, len(usable)), err=True)  # fmt: skip
    for number in chosen:
        systems.append(_system(usable[number - 1], {s.name for s in systems}))
    names = [s.name for s in systems]
    return Answers(
        workspace=workspace,
        timezone=given["timezone"] or _prompt("\nIn which time zone do your dates begin and end?", local_timezone()),
        systems=tuple(systems),
        owner=given["owner"],
        first_link=first_link(given["first_link"]) if given["first_link"] else _first_link(names),
        followers=given["followers"] or ("equal" if _choice(FOLLOWERS, 2, 1) == 1 else "apart"),
        **({"store": given["store"]} if given["store"] else {}),
    )


def _system(connector: str, taken: set[str]) -> SystemAnswers:
    about = about_of(connector)
    name = _prompt(f"\n{about.title}: how do you call it?", connector if connector not in taken else f"{connector}-2")
    url = _prompt("Its address (empty: the vendor's own)", "")
    way = _choice(SECRETS, 3, 1)
    auth = {}
    for key in about.auth:
        default = {1: default_secret(name, key), 2: f"file:.samtale/secrets/{name}.{key}", 3: f"keyring:{name}.{key}"}[
            way
        ]
        auth[key] = where(_prompt(f"Where is {key}?", default))
    return SystemAnswers(name=name, connector=connector, title=about.title, base_url=url or None, auth=auth)


def _first_link(names: list[str]) -> Any:
    match _choice(FIRST_LINK, 3, 1):
        case 1:
            return "ask"
        case 2:
            return "newest"
        case _:
            return first_link(_prompt("The systems to believe, the best first", ",".join(names)))


def _tell(text: str) -> None:
    """A question or its answers, each line broken between words where the terminal ends."""
    width = shutil.get_terminal_size().columns
    for line in text.split("\n"):
        indent = len(line) - len(line.lstrip(" 0123456789"))
        click.echo(textwrap.fill(line, width, subsequent_indent=" " * indent, break_on_hyphens=False), err=True)


def _prompt(text: str, default: str) -> str:
    return str(click.prompt(text, default=default, err=True, show_default=bool(default)))


def _choice(text: str, last: int, default: int) -> int:
    _tell(text)
    return int(click.prompt("Your answer", type=click.IntRange(1, last), default=default, err=True))


def _numbers(text: str, last: int) -> list[int]:
    try:
        found = list(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        found = []
    if not found or not all(1 <= n <= last for n in found):
        raise click.BadParameter(f"Write numbers from 1 to {last}, with commas between.")
    return found
