"""``samtale import``: dataflow documents become model files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from samtale.cli.frame import FOUND, Frame, samtale_command

if TYPE_CHECKING:
    from samtale.documents.importing import Decision, Imported

MODELS = Path("models")


@samtale_command(
    "import",
    short_help="Turn documents into model files.",
    epilog="Example:  samtale import documents/*.rst -o models/",
)
@click.argument("documents", metavar="DOC...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", metavar="DIR", type=click.Path(path_type=Path), default=MODELS, show_default=True)
@click.option("--name", "names", metavar="WHO=SYSTEM", multiple=True, help="Say which system is meant: target=zohocrm.")
@click.option("--force", is_flag=True, help="Write over model files that are there.")
def command(frame: Frame, *, documents: tuple[Path, ...], output: Path, names: tuple[str, ...], force: bool) -> None:
    """Turn any set of dataflow documents into model files, and list what a person has to decide.

    Works in a project, by the names of its systems, and without one. WHO is `source` or `target`, of documents whose
    title does not tell it, or a name as printed. Exit code 1 says that some line could not be read.
    """
    from samtale.cli.show import problems_of, readable
    from samtale.cli.verify import given_names, known_json
    from samtale.config.sources import standard_texts
    from samtale.documents.importing import import_documents
    from samtale.wiring import read_project
    from samtale.wiring.papers import has_project, known_systems

    given = given_names(names)
    project = read_project(frame.project) if frame.project is not None or has_project(None) else None
    read = [readable(path) for path in documents]
    for document in read:
        if document.problems:
            frame.problem(*problems_of(document), exit=FOUND)
    imported = import_documents(
        read,
        known_systems(project),
        standard_texts().values(),
        given=given,
        project=project.systems if project is not None else (),
    )
    written = _write(output, imported, force)
    frame.data = {
        "files": [{"file": str(output / name), "entity": name.removesuffix(".yaml")} for name in imported.files],
        "systems": [{"file": file, "systems": [known_json(k) for k in pair]} for file, pair in imported.known],
        "decisions": [_json(decision) for decision in imported.decisions],
        "notes": [_json(note) for note in imported.notes],
    }
    _tell(frame, imported, written, project is not None)


def _write(folder: Path, imported: Imported, force: bool) -> list[Path]:
    """Write the model files, all or none. Raises SamtaleError where other ones would be written over."""
    from samtale.core.problems import Problem, SamtaleError

    paths = {folder / name: text for name, text in imported.files.items()}
    try:
        there = [path for path, text in paths.items() if path.exists() and path.read_text(encoding="utf-8") != text]
        if there and not force:
            raise SamtaleError(
                Problem(
                    code="file_exists",
                    summary="Model files would be written over.",
                    why=f"There are already: {', '.join(map(str, there))}.",
                    remedy="Write elsewhere with -o and compare, or write over them with --force.",
                )
            )
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in paths.items():
            path.write_text(text, encoding="utf-8", newline="\n")
    except (OSError, UnicodeDecodeError) as error:
        why = f"{getattr(error, 'strerror', None) or 'A file there is no text'}."
        remedy = "Choose another folder with -o, or give this user the right to write there."
        summary = "The model files cannot be written."
        raise SamtaleError(
            Problem(code="file_unwritable", summary=summary, why=why, remedy=remedy, file=str(folder))
        ) from None
    return list(paths)


def _json(decision: Decision) -> dict[str, Any]:
    places = [{"file": place.file, "line": place.line} for place in decision.places]
    return {"code": decision.code, "what": decision.what, "remedy": decision.remedy, "places": places}


def _tell(frame: Frame, imported: Imported, written: Sequence[Path], in_project: bool) -> None:
    screen = frame.screen
    if not written:
        screen.say("The documents join no types, so there is nothing to write.")
    for path in written:
        screen.say(f"wrote {path}")
    for title, found in (("To decide", imported.decisions), ("To know", imported.notes)):
        if found:
            screen.heading(f"{title} ({len(found)})")
        for number, decision in enumerate(found, 1):
            screen.say(f"{number}. {decision.what}", indent=2)
            if decision.remedy:
                screen.say(decision.remedy, "dim", indent=5)
            if decision.places:
                screen.say(_places(decision), "dim", indent=5)
    if written:
        screen.say()
        screen.say("Next:" if in_project else "Next, in a project with these systems (samtale init):")
        screen.command("samtale check --offline")


def _places(decision: Decision) -> str:
    shown = [f"{Path(place.file).name}:{place.line}" for place in decision.places[:3]]
    more = f" and {len(decision.places) - 3} more" if len(decision.places) > 3 else ""
    return f"at {', '.join(shown)}{more}"
