"""``samtale doc``: the dataflow documents of the project's model."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import click

from samtale.cli.frame import Frame, samtale_command

if TYPE_CHECKING:
    from samtale.documents.grammar import Document
    from samtale.documents.naming import System
    from samtale.wiring.papers import Papers

SUFFIXES = {"rst": ".rst", "html": ".html", "md": ".md"}


@samtale_command(
    "doc",
    short_help="Write what flows between two systems, on paper.",
    epilog="Example:  samtale doc powerofficego zohocrm -o documents/",
)
@click.argument("systems", nargs=-1, metavar="SOURCE TARGET")
@click.option("--all", "every", is_flag=True, help="All ordered pairs of the project's systems; needs -o.")
@click.option(
    "-o", "--output", metavar="DIR", type=click.Path(path_type=Path), help="Write files there, not the screen."
)
@click.option("--format", "form", type=click.Choice(list(SUFFIXES)), default="rst", show_default=True)
@click.option(
    "--since", metavar="DOC", type=click.Path(path_type=Path), help="Mark the rows that this earlier document lacks."
)
def command(
    frame: Frame, *, systems: tuple[str, ...], every: bool, output: Path | None, form: str, since: Path | None
) -> None:
    """Write the dataflow document from one system to another: what is created when, and which properties stay equal.

    Asks no system. Without -o the document goes to standard output.
    """
    from samtale.wiring import read_project
    from samtale.wiring.papers import papers_of

    if every == bool(systems) or (systems and len(systems) != 2) or (every and (output is None or since is not None)):
        raise click.UsageError("Name two systems, SOURCE and TARGET, or write `--all -o DIR`.")
    papers = papers_of(read_project(frame.project))
    shown = []
    for source, target in _pairs(papers, systems, every):
        document = _built(papers, source, target, since)
        if every and not document.sections:
            frame.screen.note(f"Nothing flows from {source.title} to {target.title}.")
            continue
        text = _text(document, papers, form)
        file = ""
        if output is not None:
            file = str(_written(output, f"{source.name}-to-{target.name}{SUFFIXES[form]}", text))
            frame.screen.say(file)
        elif not frame.as_json:
            click.echo(text, nl=False)
        rows = sum(len(section.rows) for section in document.sections)
        told = {
            "source": source.name,
            "target": target.name,
            "file": file,
            "sections": len(document.sections),
            "rows": rows,
        }
        shown.append(told if output is not None else {**told, "text": text})
    frame.data = {"documents": shown}


def _pairs(papers: Papers, named: tuple[str, ...], every: bool) -> Iterator[tuple[System, System]]:
    if every:
        yield from permutations(papers.systems, 2)
    else:
        source, target = (_system(papers, name) for name in named)
        yield source, target


def _system(papers: Papers, name: str) -> System:
    """The system of that name, or the only one of that product."""
    from samtale.core.problems import Problem, SamtaleError
    from samtale.documents.naming import systems_named

    found = systems_named(name, papers.systems)
    if len(found) == 1:
        return found[0]
    names = ", ".join(system.name for system in papers.systems)
    raise SamtaleError(
        Problem(
            code="unknown_system",
            summary="The project has no such system.",
            why=f"{name!r} names {'several' if found else 'none'} of its systems: {names}.",
            remedy="Use one of these names.",
            command="samtale doc --help",
        )
    )


def _built(papers: Papers, source: System, target: System, since: Path | None) -> Document:
    from datetime import datetime

    from samtale.cli.show import readable
    from samtale.documents.from_model import build

    return build(
        papers.model,
        source,
        target,
        generated=datetime.now().astimezone().replace(tzinfo=None, microsecond=0),
        left_out=papers.left_out,
        since=readable(since) if since is not None else None,
    )


def _text(document: Document, papers: Papers, form: str) -> str:
    """The document in one of the formats. Raises SamtaleError for names that cannot be printed."""
    from samtale.core.problems import Problem, SamtaleError
    from samtale.documents.grammar import DocumentError
    from samtale.documents.markdown import to_markdown
    from samtale.documents.page import to_html
    from samtale.documents.writer import write

    try:
        return {"rst": write, "html": to_html, "md": to_markdown}[form](document, papers.imprint)
    except DocumentError as error:
        problem = Problem(code="document_unwritable", summary="The document cannot be written.", why=f"{error}.")
        raise SamtaleError(problem) from None


def _written(folder: Path, name: str, text: str) -> Path:
    from samtale.core.problems import Problem, SamtaleError

    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise SamtaleError(
            Problem(
                code="file_unwritable",
                summary="A file cannot be written.",
                why=f"{error.strerror or 'The path is not usable'}.",
                remedy="Choose another folder with -o, or give this user the right to write there.",
                file=str(path),
            )
        ) from None
    return path
