"""``samtale show``: what dataflow documents say, as tables and as JSON."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from samtale.cli.frame import FAILED, FOUND, Frame, samtale_command

if TYPE_CHECKING:
    from samtale.core.problems import Problem
    from samtale.documents.grammar import Document, Section

RULES = {
    "always": "always created", "match_only": "linked, never created", "match_or_create": "matched, else created",
    "match_or_create_when_connected": "created when connected", "conditional": "created under a condition",
}  # fmt: skip


@samtale_command(
    "show",
    short_help="What a dataflow document says.",
    epilog="Examples:  samtale show documents/   |   samtale show documents/one.rst --json",
)
@click.argument("path", metavar="DOC|DIR", type=click.Path(path_type=Path))
def command(frame: Frame, *, path: Path) -> None:
    """Show what a dataflow document says, or list all *.rst and *.txt of a folder. Needs no project, stores nothing.

    With --json a folder prints one object a line. Exit code 1 says that some line could not be read.
    """
    if path.is_dir():
        _folder(frame, path)
    else:
        _document(frame, path)


def readable(path: Path) -> Document:
    """The document in a file. Raises SamtaleError if nothing in it could be read."""
    from samtale.core.problems import SamtaleError
    from samtale.documents.files import read_file

    document = read_file(path)
    if unread(document):
        raise SamtaleError(*problems_of(document))
    return document


def unread(document: Document) -> bool:
    """Whether a file turned out to hold no document at all."""
    return not document.sections and bool(document.problems) and not (document.source or document.target)


def problems_of(document: Document) -> list[Problem]:
    """Lines that could not be read, in the words of all problems."""
    from samtale.core.problems import Problem

    return [
        Problem(
            code="document_line",
            summary="A line of a dataflow document cannot be read."
            if p.line
            else "A dataflow document cannot be read.",
            why=f"Expected here: {p.expected}.",
            remedy=f"{p.suggestion[:1].upper()}{p.suggestion[1:]}.",
            file=document.file,
            line=p.line or None,
        )
        for p in document.problems
    ]


def counted(document: Document) -> list[str]:
    """A document as a row of a list: file, systems, sections, rows, problems."""
    rows = sum(len(section.rows) for section in document.sections)
    systems = [name or "(no name)" for name in (document.source, document.target)]
    if unread(document):
        systems = ["(not read)", ""]
    return [
        Path(document.file).name,
        *systems,
        str(len(document.sections)),
        str(rows),
        str(len(document.problems) or ""),
    ]


def _folder(frame: Frame, folder: Path) -> None:
    from samtale.core.problems import Problem, SamtaleError
    from samtale.documents.files import read_folder, show_folder

    try:
        if frame.as_json:
            frame.as_json = False  # each line is an answer of its own
            for line in show_folder(folder):
                sys.stdout.buffer.write(line + b"\n")
                frame.exit = max(frame.exit, 0 if line.endswith(b'"problems":[]}') else FOUND)
            return
        troubled = []
        table = []
        for document in read_folder(folder):
            table.append(counted(document))
            troubled += [document] if document.problems else []
    except OSError as error:
        why = f"{error.strerror or 'The path is not usable'}."
        summary = "The folder cannot be read."
        raise SamtaleError(Problem(code="folder_unreadable", summary=summary, why=why, file=str(folder))) from None
    if not table:
        frame.screen.say("There is no *.rst or *.txt in this folder.")
        return
    frame.screen.table(["document", "source", "target", "#sections", "#rows", "#problems"], table, indent=0)
    for document in troubled:
        for problem in problems_of(document)[:1]:
            frame.problem(problem, exit=FOUND)
    if troubled:
        frame.screen.note("Only the first problem of each document is shown; show the document for all.")


def _document(frame: Frame, path: Path) -> None:
    from samtale.documents.files import read_file
    from samtale.documents.show import to_data

    document = read_file(path)
    frame.problem(*problems_of(document), exit=FAILED if unread(document) else FOUND) if document.problems else None
    frame.data = to_data(document)
    frame.data["file"] = document.file.encode(errors="replace").decode()
    frame.data["problems"] = [
        _both(problem, said) for problem, said in zip(frame.problems, frame.data["problems"], strict=True)
    ]
    if unread(document):
        return
    title = f"{document.source or '(no name)'} to {document.target or '(no name)'}"
    generated = f", generated {document.generated:%Y-%m-%d %H:%M:%S}" if document.generated else ""
    frame.screen.say(f"{title}{generated}", "bold")
    for section in document.sections:
        _section(frame, section)


def _both(problem: Problem, said: dict[str, Any]) -> dict[str, Any]:
    """A problem as every command tells it, and as the object of a document does."""
    from msgspec import to_builtins

    return {**to_builtins(problem), **said}


def _section(frame: Frame, section: Section) -> None:
    screen = frame.screen
    screen.heading(f"{section.source.text} → {section.target.text}")
    screen.say(f"{RULES[section.rule]} (line {section.line})", indent=2)
    if section.condition:
        screen.say(f"condition: {section.condition}", indent=2)
    if section.connected_to:
        screen.say(f"connected to: {', '.join(section.connected_to)}", indent=2)
    for one, other in section.merge:
        screen.say(f"match: {one} = {other}", indent=2)
    if section.rows:
        states = any(row.state for row in section.rows)
        rows = [[row.source, row.target, row.type, *([row.state] if states else [])] for row in section.rows]
        screen.table(["from", "to", "type", *(["state"] if states else [])], rows)
