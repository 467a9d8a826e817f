"""Findings: every way in which a project file or a model file can be wrong, and the collector that reports them all
at once.

The codes are a closed list. A code either stops the model (an error) or tells of a limit one may live with (a
warning, ``WARNINGS``). Texts name keys, fields and properties; never the value of a secret.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Protocol

from samtale.core.problems import Problem, SamtaleError

#: Code, and the constant sentence that says what is wrong.
SUMMARIES = {
    # the text itself
    "file_missing": "A file is missing.",
    "file_unreadable": "A file cannot be read.",
    "file_too_large": "A file is too large to be written by hand.",
    "file_encoding": "A file is not UTF-8 text.",
    "yaml_syntax": "A file is not valid YAML.",
    "yaml_tab": "A file is indented with a tab.",
    "yaml_alias": "A file uses an anchor or an alias, which are not accepted.",
    "yaml_feature": "A file uses a part of YAML that is not accepted.",
    "yaml_depth": "A file is nested too deeply.",
    "duplicate_key": "A key stands twice in one place.",
    "not_a_mapping": "A list of keys and values is expected here.",
    "not_a_list": "A list is expected here.",
    "wrong_value": "A value is not one of those that may stand here.",
    "missing_key": "A key is missing.",
    "unknown_key": "A key is not known.",
    "nothing_to_remove": "A key without a value removes something that is not there.",
    # the project file
    "unknown_system": "No system of the project has this name.",
    "unknown_connector": "No connector has this name.",
    "unknown_timezone": "No time zone has this name.",
    "plain_secret": "A secret is written into the project file.",
    "unsafe_url": "An address is not safe to use.",
    "auth_keys": "The credentials of a system are not those that its connector needs.",
    # secrets
    "secret_missing": "A secret is not set.",
    "secret_exposed": "A file with a secret can be read by other users.",
    "secret_unreadable": "A secret cannot be read.",
    # the model
    "unknown_type": "No entity type has this name.",
    "unknown_field": "No field of the entity type has this name.",
    "unknown_kind": "No kind of value has this name.",
    "unknown_collection": "The system has no collection of this name.",
    "unknown_property": "The collection has no property of this name.",
    "unknown_member": "No member of the entity type has this name.",
    "kind_clash": "The kind of a field does not fit the type of a property.",
    "field_shape": "A field is described in a way that does not fit together.",
    "members_overlap": "Two members can claim one record.",
    "match_unmapped": "A match rule uses a field that no member shows.",
    "reference_nowhere": "A reference field is shown by a property that refers to nothing.",
    "reference_elsewhere": "A property refers to records that take no part in the entity type that its field leads to.",
    "reference_as_value": "A property holds keys of other records, and keys are never copied between systems.",
    "reference_cycle": "Records that require each other could never be created.",
    "property_hidden": "A property is hidden from our user.",
    "property_read_only": "A property that is only to be written cannot be written.",
    "property_unreadable": "A property that is to be read cannot be read.",
    "property_twice": "One property would be written by two fields.",
    "use_mixed": "The parts of a group differ in their use.",
    "required_unmapped": "A property without which no record can be created is shown by no field.",
    "create_impossible": "Records cannot be created in this member.",
    "connected_nowhere": "An entity type of `when_connected` cannot refer to the record in that system.",
    "bad_condition": "A condition cannot be understood.",
    "values_clash": "A map of values does not fit the field or the property.",
    # limits one may live with
    "former_name": "A name is a former one; its current name is used.",
    "one_way": "A property cannot be changed, so its field flows one way.",
    "left_out": "A property is left out, because nothing can be done with it.",
    "single_member": "Only one member shows a field, so its values go nowhere.",
    "match_idle": "A match rule waits for a property that the account does not have.",
}

WARNINGS = frozenset({"former_name", "one_way", "left_out", "single_member", "match_idle"})


class Placed(Protocol):
    """Whatever knows where it was written."""

    @property
    def file(self) -> str: ...

    @property
    def line(self) -> int | None: ...


class Findings:
    """Collects problems, so that a person hears of all of them in one go."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, code: str, at: Placed | None = None, *, why: str = "", remedy: str = "", command: str = "") -> None:
        """Note a problem of this code at this place."""
        file, line = (at.file, at.line) if at is not None else ("", None)
        problem = Problem(
            code=code, summary=SUMMARIES[code], why=why, remedy=remedy, command=command, file=file, line=line
        )
        if problem not in self.problems:
            self.problems.append(problem)

    @property
    def errors(self) -> list[Problem]:
        return [p for p in self.problems if not is_warning(p)]

    @property
    def warnings(self) -> list[Problem]:
        return [p for p in self.problems if is_warning(p)]

    def stop_at_errors(self) -> None:
        """Raise SamtaleError with everything found, errors first, if there is an error among it."""
        if self.errors:
            raise SamtaleError(*in_order(self.errors), *in_order(self.warnings))


def is_warning(problem: Problem) -> bool:
    """Whether one may live with this problem. A code that is not of this file's list is an error."""
    return problem.code in WARNINGS


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """By file and line, as a person mends them."""
    return sorted(problems, key=lambda p: (p.file, p.line or 0))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``Did you mean `Name`?`` or, where nothing is close, the names there are (up to twelve); never empty."""
    names = sorted(set(known))
    close = closest(word, names)
    if close is not None:
        return f"Did you mean `{close}`?"
    if not names:
        return "There is none to choose from."
    shown = ", ".join(f"`{name}`" for name in names[:12])
    return f"Known here: {shown}{' and more' if len(names) > 12 else ''}."


def closest(word: str, known: Iterable[str]) -> str | None:
    """The name nearest to the word, by any casing, or by its last part (`City` for `MailAddress.City`)."""
    names = sorted(set(known))
    lowered = {name.lower(): name for name in reversed(names)}
    found = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    if found:
        return lowered[found[0]]
    tails = {name.rpartition(".")[2].lower(): name for name in reversed(names)}
    found = difflib.get_close_matches(word.rpartition(".")[2].lower(), tails, n=1, cutoff=0.8)
    return tails[found[0]] if found else None
