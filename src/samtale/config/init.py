"""Init: the text of a new samtale.yaml, from answers.

Nothing is asked here; whoever asks hands the answers over as values. The text explains itself to the person who will
change it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from samtale.config.project import DEFAULT_STORE
from samtale.config.secrets import Reference
from samtale.core.model import Prefer

#: Text that YAML reads as that same text without quotes.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_WORDS = ("true", "false", "null", "yes", "no", "on", "off")


class SystemAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered about one system."""

    name: str
    connector: str
    title: str = ""  #: as people call the product
    base_url: str | None = None
    auth: Mapping[str, Reference] = {}
    options: Mapping[str, str | int | float | bool] = {}
    share: bool = True
    full_sync: bool = True


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered when a project began."""

    workspace: str
    timezone: str
    systems: tuple[SystemAnswers, ...]
    owner: str = ""
    notice: str = ""
    store: str = DEFAULT_STORE  #: an address without a password, or a reference
    store_password: Reference | None = None
    first_link: Literal["ask", "newest"] | Prefer = "ask"
    followers: Literal["equal", "apart"] = "equal"


def project_text(answers: Answers) -> str:
    """A commented samtale.yaml that ``load_project`` reads back as the same answers."""
    return "\n".join(_lines(answers)) + "\n"


def _lines(answers: Answers) -> Iterator[str]:
    yield "# A Samtale project: which systems are kept in step, and how careful to be."
    yield "# docs/reference/project-file.md describes every key; `samtale check` tells what is wrong with this file."
    yield ""
    yield f"workspace: {quoted(answers.workspace)}    # names this company in the store; do not change it later"
    yield f"timezone: {quoted(answers.timezone)}    # in which a date without a time begins and ends"
    if answers.owner:
        yield f"owner: {quoted(answers.owner)}    # named in the dataflow documents"
    if answers.notice:
        yield f"notice: {quoted(answers.notice)}"
    yield ""
    yield from _store(answers)
    yield ""
    yield from _first_link(answers.first_link)
    yield ""
    yield from _followers(answers.followers)
    yield ""
    yield "# When two edits cannot be told apart by time, the earlier system in this list wins."
    yield f"order: {_list(system.name for system in answers.systems)}"
    yield ""
    yield "# Secrets never stand in this file. `env:NAME` is an environment variable, `file:PATH` a file that only you can"
    yield "# read (chmod 600), `keyring:NAME` an entry of the operating system's keyring (keyring set samtale NAME)."
    yield "systems:"
    for system in answers.systems:
        yield ""
        yield from _system(system)


def _store(answers: Answers) -> Iterator[str]:
    yield "# What Samtale remembers. SQLite needs nothing; several machines need PostgreSQL."
    if answers.store_password is None:
        yield f"store: {quoted(answers.store)}"
    else:
        yield "store:"
        yield f"  url: {quoted(answers.store)}"
        yield f"  password: {quoted(str(answers.store_password))}"


def _first_link(chosen: Literal["ask", "newest"] | Prefer) -> Iterator[str]:
    yield "# When two records turn out to be the same thing and a field differs, which value is right?"
    yield "#   ask                       leave both as they are until somebody decides, once for a whole field"
    yield "#   newest                    the value of the record that was changed last"
    yield "#   {prefer: [one, another]}  the value of the system that is named first"
    word = f"{{prefer: {_list(chosen.systems)}}}" if isinstance(chosen, Prefer) else chosen
    yield f"first_link: {word}"


def _followers(chosen: str) -> Iterator[str]:
    yield "# Some records show one field twice, such as a billing and a shipping address."
    yield "#   equal   both are kept the same, except where they already differ"
    yield "#   apart   only the first is kept in step; the second belongs to that system alone"
    yield f"followers: {chosen}"


def _system(system: SystemAnswers) -> Iterator[str]:
    yield f"  {quoted(system.name)}:{f'    # {_comment(system.title)}' if system.title else ''}"
    yield f"    connector: {quoted(system.connector)}"
    if system.base_url:
        yield f"    base_url: {quoted(system.base_url)}"
    if system.auth:
        yield "    auth:"
        for key, reference in system.auth.items():
            yield f"      {quoted(key)}: {quoted(str(reference))}"
    if not system.share:
        yield "    share: false        # read from, never written to"
    if not system.full_sync:
        yield "    full_sync: false    # records from before today are linked, but not created elsewhere"
    if system.options:
        yield "    options:"
        for key, value in system.options.items():
            yield f"      {quoted(key)}: {quoted(value) if isinstance(value, str) else json.dumps(value)}"


def quoted(text: str) -> str:
    """Text as a YAML scalar that reads back as that very text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return "".join(_escaped(letter) for letter in json.dumps(text, ensure_ascii=False))


def _escaped(letter: str) -> str:
    """What JSON leaves as it is and YAML may not hold: line ends of other alphabets, control characters."""
    return letter if letter.isprintable() else f"\\U{ord(letter):08X}"


def _list(names: Iterator[str] | tuple[str, ...]) -> str:
    return "[" + ", ".join(quoted(name) for name in names) + "]"


def _comment(text: str) -> str:
    return " ".join(text.split())
