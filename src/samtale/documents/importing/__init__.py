"""Importing: any set of dataflow documents becomes model files.

    gathering   which types and properties documents join, by whichever names
    joining     connected components: types become entity types
    fields      connected components: properties become fields
    rules       merge tables become match rules, the rule of a section becomes a directed create rule
    standard    the packaged models, which know names, kinds and match rules first
    decisions   what a person has to decide, as a list
    writing     the text of a model file

Must not know: files (what was read is handed in, what is to be written is handed back), any connector.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath

import msgspec

from samtale.documents.grammar import Document
from samtale.documents.importing.decisions import Decision, Ledger, Place
from samtale.documents.importing.fields import Fields
from samtale.documents.importing.gathering import Gathered, gather
from samtale.documents.importing.joining import Entity, entities
from samtale.documents.importing.rules import Rules
from samtale.documents.importing.standard import StandardType, read_standard
from samtale.documents.importing.writing import model_file
from samtale.documents.inferring import Known
from samtale.documents.naming import System

__all__ = ["Decision", "Imported", "Place", "import_documents"]


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """Model files, and what they leave open."""

    files: dict[str, str]  #: name of each model file, and its text
    decisions: tuple[Decision, ...]  #: for a person to decide
    notes: tuple[Decision, ...]  #: for a person to know
    known: tuple[tuple[str, tuple[Known, Known]], ...]  #: by document: its two systems, and how they were found


def import_documents(
    documents: Sequence[Document],
    systems: Sequence[System],
    standard: Iterable[str],
    *,
    given: Mapping[str, str] | None = None,
    project: Iterable[str] = (),
) -> Imported:
    """Turn documents into model files.

    Args:
        documents: Documents that were read; their problems are no business of this function.
        systems: All systems that may be meant: those of the project, then one for each other connector.
        standard: The YAML of the packaged models.
        given: Names of systems that a person says, as for `inferring.identify`.
        project: Names of the project's systems; members of these take part though no document names them.
    """
    ledger = Ledger()
    packaged = read_standard(standard)
    gathered = gather(documents, systems, packaged, given, ledger)
    found = entities(gathered, packaged, ledger)
    home = {(k.system, k.collection): m.name for m in reversed(found) for k in m.types}
    home |= {k: name for k, name in _packaged_homes(packaged, systems, project, found) if k not in home}
    present = frozenset(f"{system}.{collection}" for system, collection in home)
    types = {k: msgspec.structs.replace(f, entity=e.name) for e in found for k, f in e.types.items()}
    files: dict[str, str] = {}
    for entity in found:
        fields = Fields(entity, home, ledger)
        fields.find()
        _tell_added(entity, fields, ledger)
        rules = Rules(entity, fields, types, ledger)
        names = _sources(entity, gathered)
        files[f"{entity.name}.yaml"] = model_file(entity, fields, rules.match(present), rules.create(), names)
    return Imported(files=files, decisions=ledger.decisions, notes=ledger.notes, known=gathered.known)


def _packaged_homes(
    packaged: Iterable[StandardType], systems: Sequence[System], project: Iterable[str], found: Sequence[Entity]
) -> Iterable[tuple[tuple[str, str], str]]:
    """Packaged members of the systems that take part, by system and collection."""
    taking = set(project) | {key.system for entity in found for key in entity.types}
    for entity_type in packaged:
        for member in entity_type.members:
            for system in systems:
                if system.name in taking and system.about.connector == member.connector:
                    yield (system.name, member.collection), entity_type.name


def _tell_added(entity: Entity, fields: Fields, ledger: Ledger) -> None:
    """Say which rows of the packaged model come on top of those in the documents."""
    added = []
    for key, facts in entity.types.items():
        mine = {draft.name for draft in fields.drafts if key in draft.rows}
        names = [name for name in facts.standard.rows if name not in mine] if facts.standard is not None else []
        added += [f"{key.member}: {', '.join(names)}"] * bool(names)
    if added:
        what = f"Samtale's model for `{entity.name}` maps more than the documents: {'; '.join(added)}."
        ledger.note("added", what, "To leave a row out, write its field with nothing after it.")


def _sources(entity: Entity, gathered: Gathered) -> list[str]:
    """The documents that an entity type comes from, by name, in their order."""
    used = {joint.place.file for joint in entity.joints}
    return [PurePath(file).name or "a document" for file, _ in gathered.known if file in used]
