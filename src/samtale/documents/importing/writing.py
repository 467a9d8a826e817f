"""Model files as text: the syntax of docs/reference/model-file.md, laid out like the packaged models."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from samtale.documents.importing.fields import FieldDraft, Fields
from samtale.documents.importing.gathering import TypeKey
from samtale.documents.importing.joining import Entity
from samtale.documents.importing.rules import CreateDraft
from samtale.documents.importing.standard import paths_of

#: Text that YAML reads as that same text without quotes.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*(?: [A-Za-z0-9][A-Za-z0-9_.-]*)*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off"})


def model_file(
    entity: Entity,
    fields: Fields,
    match: Sequence[Mapping[str, Any]] | None,
    create: Mapping[TypeKey, Mapping[str, CreateDraft]],
    files: Sequence[str],
) -> str:
    """The text of one model file."""
    return "\n".join(_lines(entity, fields, match, create, files)).rstrip("\n") + "\n"


def _lines(
    entity: Entity,
    fields: Fields,
    match: Sequence[Mapping[str, Any]] | None,
    create: Mapping[TypeKey, Mapping[str, CreateDraft]],
    files: Sequence[str],
) -> Iterator[str]:
    yield f"# Imported from {comment(', '.join(files))}."
    if entity.standard is not None:
        yield "# Laid over the model that Samtale brings: what stands here replaces what stands there, and the rest holds."
    yield "# Syntax: docs/reference/model-file.md. `samtale check` tells what is wrong with this file."
    yield from ("", f"entity: {entity.name}", "")
    definitions = {draft.whole: draft.definition for draft in fields.drafts if draft.rows}
    if definitions or entity.standard is None:
        yield "fields:" if definitions else "fields: {}"
        yield from aligned({name: flow(definition) for name, definition in definitions.items()}, 2)
        yield ""
    if match is not None:
        yield "match:" if match else "match: []"
        yield from (*(f"  - {flow(rule)}" for rule in match), "")
    yield "members:"
    for key in entity.types:
        yield from ("", *_member(key, entity, fields, create.get(key, {})))


def _member(key: TypeKey, entity: Entity, fields: Fields, create: Mapping[str, CreateDraft]) -> Iterator[str]:
    facts = entity.types[key]
    yield f"  {scalar(key.member)}:"
    said = dict(facts.standard.said) if facts.standard is not None else {}
    if facts.standard is None and facts.printed != key.collection:
        said = {"label": facts.printed}
    yield from (f"    {name}: {flow(value)}" for name, value in said.items())
    yield from (f"    # {comment(line)}" for line in dict.fromkeys(fields.comments.get(key, ())))
    rows = _rows(key, entity, fields.drafts)
    if rows or facts.standard is None or not facts.standard.rows:
        yield "    properties:" if rows else "    properties: {}"
    elif not said and not create:
        yield "    properties: {}    # no document names any; those of Samtale's model hold"
    yield from aligned(rows, 6)
    if create:
        yield "    create:"
        yield from aligned({origin: _create(draft) for origin, draft in create.items()}, 6)


def _rows(key: TypeKey, entity: Entity, drafts: Sequence[FieldDraft]) -> dict[str, str]:
    """The member's rows, and those of the packaged model that would show one of their properties a second time."""
    mine = {draft.name: draft.rows[key] for draft in drafts if key in draft.rows}
    rows = {name: flow(entries[0]) if len(entries) == 1 else flow(entries) for name, entries in mine.items()}
    standard = entity.types[key].standard
    for name, entries in standard.rows.items() if standard is not None else ():
        taken = {p for other, places in mine.items() if other != name for entry in places for p in paths_of(entry)}
        rest = [entry for entry in entries if not taken & set(paths_of(entry))]
        if name not in mine and len(rest) < len(entries):
            rows[name] = flow(rest[0] if len(rest) == 1 else rest) if rest else ""
    return rows


def _create(draft: CreateDraft) -> str:
    return ("" if draft.rule is None else flow(draft.rule)) + (
        f"    # {comment(draft.comment)}" if draft.comment else ""
    )


def aligned(entries: Mapping[str, str], indent: int) -> Iterator[str]:
    """Keys and values of a map, the values in a column."""
    keys = {scalar(key): value for key, value in entries.items()}
    width = max(map(len, keys), default=0) + 1
    yield from (f"{' ' * indent}{f'{key}:':<{width}} {value}".rstrip() for key, value in keys.items())


def flow(value: Any) -> str:
    """A value in YAML's flow style, on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value) if isinstance(value, str) else json.dumps(value)


def scalar(text: str) -> str:
    """Text as a YAML scalar that reads back as that very text."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in quoted)


def comment(text: str) -> str:
    """Text that stays on the line of its comment."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
