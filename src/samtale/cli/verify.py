"""``samtale verify``: do the project's model and a document say the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from samtale.cli.frame import FOUND, Frame, samtale_command

if TYPE_CHECKING:
    from samtale.documents.inferring import Known
    from samtale.documents.verify import SectionVerdict, Verdict, Verified

MARKS = {"covered": ("✓", "green"), "note": ("✓", "cyan"), "impossible": ("—", "yellow"), "missing": ("✗", "red")}


@samtale_command(
    "verify",
    short_help="Does the model do what documents say?",
    epilog="Example:  samtale verify documents/*.rst",
)
@click.argument("documents", metavar="DOC...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", "names", metavar="WHO=SYSTEM", multiple=True, help="Say which system is meant: target=zohocrm.")
@click.option("--verbose", "-v", is_flag=True, help="Show the rows that are covered, too.")
def command(frame: Frame, *, documents: tuple[Path, ...], names: tuple[str, ...], verbose: bool) -> None:
    """Hold every section and row of documents against the project's model.

    Each is covered, covered with a note (renamed, converted, one way), impossible (the vendor lets nobody do it), or
    missing. Exit code 1 says that something is missing.
    """
    from samtale.cli.show import problems_of, readable
    from samtale.documents.verify import verify
    from samtale.wiring import read_project
    from samtale.wiring.papers import papers_of

    given = given_names(names)
    papers = papers_of(read_project(frame.project))
    sections: list[dict[str, Any]] = []
    told = []
    for path in documents:
        document = readable(path)
        if document.problems:
            frame.problem(*problems_of(document), exit=FOUND)
        verified = verify(document, papers.model, (*papers.systems, *papers.others), given)
        _show(frame, verified, verbose)
        sections += [{**section_json(section), "file": verified.file} for section in verified.sections]
        told.append(
            {"file": verified.file, "missing": verified.missing, "systems": [known_json(k) for k in verified.systems]}
        )
        if verified.missing:
            frame.found()
    frame.data = {"documents": told, "sections": sections}
    states = [s["state"] for s in sections] + [row["state"] for s in sections for row in s["rows"]]
    counts = ", ".join(f"{states.count(state):,} {state}" for state in MARKS if state in states)
    frame.screen.say()
    frame.screen.say(f"{len(states):,} sections and rows: {counts}." if states else "The documents have no sections.")


def given_names(names: tuple[str, ...]) -> Mapping[str, str]:
    """What ``--name WHO=SYSTEM`` says. Raises click.UsageError."""
    found = {}
    for text in names:
        who, equals, system = text.rpartition("=")
        if not (who.strip() and equals and system.strip()):
            raise click.UsageError(
                "Write --name target=SYSTEM, --name source=SYSTEM or --name 'NAME IN THE DOCUMENT=SYSTEM'."
            )
        found[who.strip()] = system.strip()
    return found


def known_json(known: Known) -> dict[str, Any]:
    """Which system a side of a document means, and how that is known."""
    evidence = [
        {"system": e.system, "known": e.known, "share": round(e.share, 2), "told": e.told} for e in known.evidence
    ]
    return {"side": known.side, "printed": known.printed, "system": known.name, "how": known.how, "evidence": evidence}


def tell_known(frame: Frame, known: Known) -> None:
    """Say how a system was found whose name did not tell."""
    printed = f"“{known.printed}”" if known.printed else "without a name"
    if known.how == "inferred":
        frame.screen.say(f"{known.side} {printed} is taken for {known.name}: {known.evidence[0].told}", indent=2)
    elif known.system is None and known.how != "given":
        near = f" Nearest: {known.evidence[0].system} ({known.evidence[0].told})." if known.evidence else ""
        frame.screen.say(f"{known.side} {printed} is not known.{near}", "yellow", indent=2)


def section_json(found: SectionVerdict) -> dict[str, Any]:
    """A section of the answer, for programs."""
    section = found.section
    return {
        "from": section.source.text, "to": section.target.text, "line": section.line, **_verdict(found.verdict),
        "rows": [{"from": r.row.source, "to": r.row.target, **_verdict(r.verdict)} for r in found.rows],
    }  # fmt: skip


def _verdict(verdict: Verdict) -> dict[str, str]:
    return {"state": verdict.state.value, "note": verdict.note}


def _show(frame: Frame, verified: Verified, verbose: bool) -> None:
    from rich.text import Text

    frame.screen.heading(verified.file)
    for known in verified.systems:
        tell_known(frame, known)
    for found in verified.sections:
        mark, style = MARKS[found.verdict.state]
        covered = sum(row.verdict.state in ("covered", "note") for row in found.rows)
        rows = f"  {covered} of {len(found.rows)} rows" if found.rows else ""
        frame.screen.say(f"{mark} {found.section.source.text} → {found.section.target.text}{rows}", style, indent=2)
        if found.verdict.note:
            frame.screen.say(found.verdict.note, indent=4)
        told = [row for row in found.rows if verbose or row.verdict.state != "covered"]
        if told:
            lines: list[list[str | Text]] = [
                [Text(MARKS[r.verdict.state][0], MARKS[r.verdict.state][1]), r.row.source, r.row.target, r.verdict.note]
                for r in told
            ]
            frame.screen.table(["", "from", "to", ""], lines, indent=4)
