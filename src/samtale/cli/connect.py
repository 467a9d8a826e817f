"""``samtale connect``: try the credentials of a system, and see what it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from samtale.cli.frame import Frame, samtale_command
from samtale.core.problems import Problem, SamtaleError

if TYPE_CHECKING:
    from samtale.config.project import Project
    from samtale.ports.connector import About, Connector
    from samtale.wiring import Systems


@samtale_command(
    "connect",
    short_help="Try a system's credentials, and see what it holds.",
    epilog="Examples:  samtale connect    samtale connect zohocrm --make-mark",
)
@click.argument("system", required=False)
@click.option("--make-mark/--no-make-mark", default=None,
              help="Make the property that carries our mark, where the system has no place for it; asked on a terminal.")  # fmt: skip
@click.option("--new-key", is_flag=True, help="Begin a new key of the marks, after the old one was lost for good.")
def command(frame: Frame, *, system: str | None, make_mark: bool | None, new_key: bool) -> None:
    """Try the credentials of SYSTEM (or of all), say which secrets are missing and how to set them, and count what it holds.

    Nothing is written to any system, except the property for our mark if you agree to it.
    """
    from samtale.wiring import SystemClock, Systems, read_project

    project = read_project(frame.project)
    if new_key:
        _new_key(frame, project)
        return
    if system is not None and system not in project.systems:
        raise SamtaleError(_no_system(system, list(project.systems)))
    names = [system] if system is not None else list(project.systems)
    systems = Systems(project, SystemClock())
    try:
        problems = [p for p in systems.secrets_missing() if system is None or p.why.startswith(f"{system}:")]
        if problems:
            frame.problem(*problems)
            return
        systems.connect(names)
        frame.data["systems"] = {}
        for name in names:
            _show(frame, systems, name, make_mark)
    finally:
        systems.close()


def _show(frame: Frame, systems: Systems, name: str, make_mark: bool | None) -> None:
    if name in systems.trouble:
        frame.problem(*systems.trouble[name])
        frame.data["systems"][name] = {"reached": False}
        return
    connector = systems.connectors.get(name)
    if connector is None:
        frame.data["systems"][name] = {"reached": False, "paused": True}
        frame.screen.say(f"{name} is paused in the project file.")
        return
    collections = systems.collections_of(name)
    frame.screen.say(f"{name} ({connector.about().title}) lets us in.", "bold")
    if make_mark is not False:
        _offer_mark(frame, systems, name, collections, wanted=make_mark)
    about = connector.about()
    counts = {collection: _count(frame, connector, collection) for collection in collections}
    rows = [[collection, counts[collection] or "?", _rights(about, collection)] for collection in collections]
    frame.screen.table(["collection", "#records", "rights"], rows)
    if len(systems.connectors) == 1:
        for assumption in about.assumptions:
            frame.screen.note(f"  not confirmed by the vendor: {assumption}")
    frame.data["systems"][name] = {
        "reached": True,
        "collections": {
            c: {"records": counts[c], "writable": about.collection(c).writable, "mark": about.collection(c).mark}
            for c in collections
        },
        "assumptions": list(about.assumptions),
    }


def _count(frame: Frame, connector: Connector, collection: str) -> str | None:
    """How many records the first page has, with a plus sign if there are more; None: it cannot be read, and why is told."""
    try:
        page = next(iter(connector.read(collection, None)), None)
    except SamtaleError as error:
        frame.problem(*error.problems)
        return None
    return "0" if page is None else f"{len(page.records):,}{'' if page.last else '+'}"


def _rights(about: About, collection: str) -> str:
    spec = about.collection(collection)
    said = ["read and write" if spec.writable else "read only"]
    said += [f"our mark in {spec.mark}"] if spec.mark else []
    return ", ".join(said)


def _offer_mark(frame: Frame, systems: Systems, name: str, collections: list[str], *, wanted: bool | None) -> None:
    """Make the property for our mark where there is none, if the system can and a person agrees."""
    connector = systems.connectors[name]
    create = getattr(connector, "create_mark", None)
    lacking = [c for c in collections if connector.about().collection(c).mark is None]
    if create is None or not lacking or not systems.project.systems[name].switches.share:
        return
    if wanted is None:
        if not frame.interactive:
            frame.screen.say(
                "It has no property for our mark, by which we recognize what we created if an answer is lost. To make it:"
            )
            frame.screen.command(f"samtale connect {name} --make-mark")
            return
        says = f"Make a text field `Samtale Mark` in {' and '.join(lacking)}? It recognizes what we created."
        if not click.confirm(says, default=True, err=True):
            return
    for collection in lacking:
        try:
            create(collection)
        except SamtaleError as error:
            frame.problem(*error.problems)
    systems.learn(name)


def _new_key(frame: Frame, project: Project) -> None:
    from samtale.store import open_store
    from samtale.wiring.key import renew_mark_key

    store = open_store(project.store.resolve(project.root), project.workspace, create=False)
    try:
        renew_mark_key(project.root, store)
    finally:
        store.close()
    frame.data = {"new_key": True}
    frame.screen.say("There is a new key. Put .samtale/key into your backup.")


def _no_system(name: str, known: list[str]) -> Problem:
    from samtale.config.diagnose import SUMMARIES, did_you_mean

    return Problem(
        code="unknown_system", summary=SUMMARIES["unknown_system"], why=f"`{name}` is none.",
        remedy=did_you_mean(name, known), file="samtale.yaml",
    )  # fmt: skip
