"""``samtale init``: begin a project, by questions in plain words or by options."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from samtale.cli.frame import Frame, samtale_command
from samtale.core.problems import Problem, SamtaleError

if TYPE_CHECKING:
    from samtale.config.init import Answers


def pairs(_ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """``NAME=VALUE`` options as a map."""
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise click.BadParameter(f"`{text}` is not of the form {param.metavar}.")
        found[name] = value
    return found


@samtale_command(
    "init",
    short_help="Begin a project: which systems, and a few questions.",
    epilog="Example without questions:  samtale init acme --system books=powerofficego --system crm=zohocrm "
    "--timezone Europe/Oslo --auth crm.client_id=file:secrets/client_id",
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option("--workspace", metavar="NAME", help="Names this company in the store; by default the folder's name.")
@click.option("--system", "systems", multiple=True, callback=pairs, metavar="NAME=CONNECTOR",
              help="A system: how you call it, and its connector. Given once or more, nothing is asked.")  # fmt: skip
@click.option("--base-url", "urls", multiple=True, callback=pairs, metavar="NAME=URL",
              help="The system's address, where it is not the vendor's own.")  # fmt: skip
@click.option("--auth", "auths", multiple=True, callback=pairs, metavar="NAME.KEY=WHERE",
              help="Where a secret is: env:X, file:PATH or keyring:X. By default env:NAME_KEY.")  # fmt: skip
@click.option("--option", "options", multiple=True, callback=pairs, metavar="NAME.KEY=VALUE",
              help="What the system's connector lets one choose.")  # fmt: skip
@click.option("--first-link", default=None, metavar="ask|newest|SYSTEM[,SYSTEM]",
              help="Which value is right where two records differ when they are first linked.")  # fmt: skip
@click.option(
    "--followers", type=click.Choice(["equal", "apart"]), help="Whether second addresses and the like follow."
)
@click.option("--timezone", metavar="ZONE", help="In which a date begins and ends, such as Europe/Oslo.")
@click.option("--order", metavar="SYSTEM[,SYSTEM]", help="Breaks ties between edits at the same time.")
@click.option("--owner", default="", help="Who the dataflow documents belong to.")
@click.option("--store", metavar="URL", help="Where the store is; by default a file in the project.")
def command(frame: Frame, *, folder: Path | None, systems: dict[str, str], **given: Any) -> None:
    """Make a project in FOLDER (by default this one): samtale.yaml, models/ for your own models, .samtale/ for the store.

    Asks what it needs in plain words; with --system it asks nothing. No secret is asked for or written: the project file only says where
    each is found. Nothing is overwritten.
    """
    from samtale.cli.init_questions import ask

    root = folder or frame.project or Path()
    _refuse_existing(root)
    if not systems and not frame.interactive:
        raise click.UsageError("There is nobody to ask: name the systems with --system.", click.get_current_context())
    answers = _given(root, systems, given) if systems else ask(root, given)
    _write(root, answers)
    _tell(frame, root)


def _refuse_existing(root: Path) -> None:
    from samtale.config.project import PROJECT_FILE

    if (root / PROJECT_FILE).exists():
        raise SamtaleError(
            Problem(
                code="project_exists",
                summary="There is a project in this folder already.",
                why=f"{root / PROJECT_FILE} exists, and is not overwritten.",
                remedy="Edit it, or begin another project in another folder.",
                command="samtale init another-folder",
            )
        )


def _given(root: Path, systems: Mapping[str, str], given: dict[str, Any]) -> Answers:
    """Answers from options alone. Raises SamtaleError for a connector that is unknown or arrives later."""
    from samtale.config.init import Answers, SystemAnswers
    from samtale.connectors.registry import about_of, connector_class

    _check_names(systems, given)
    found = []
    for name, connector in systems.items():
        connector_class(connector)
        about = about_of(connector)
        found.append(
            SystemAnswers(
                name=name,
                connector=connector,
                title=about.title,
                base_url=given["urls"].get(name),
                auth={key: where(given["auths"].get(f"{name}.{key}") or default_secret(name, key)) for key in about.auth},
                options={key.split(".", 1)[1]: _plain(value) for key, value in given["options"].items() if key.startswith(f"{name}.")},
            )
        )  # fmt: skip
    ordered = [s.strip() for s in (given["order"] or "").split(",") if s.strip()]
    found.sort(key=lambda s: ordered.index(s.name) if s.name in ordered else len(ordered))
    return Answers(
        workspace=given["workspace"] or workspace_of(root), timezone=given["timezone"] or local_timezone(), systems=tuple(found),
        owner=given["owner"], first_link=first_link(given["first_link"]), followers=given["followers"] or "equal",
        **({"store": given["store"]} if given["store"] else {}),
    )  # fmt: skip


def _check_names(systems: Mapping[str, str], given: dict[str, Any]) -> None:
    """Raises UsageError where an option speaks of a system that --system does not name."""
    named = [*given["urls"], *(key.split(".")[0] for key in (*given["auths"], *given["options"]))]
    named += [s.strip() for s in (given["order"] or "").split(",") if s.strip()]
    for name in named:
        if name not in systems:
            raise click.UsageError(f"No --system is called `{name}`; there are {', '.join(systems)}.")


def _plain(text: str) -> str | int | float | bool:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, str | int | float | bool) else text


def where(text: str) -> Any:
    """A reference to a secret. Raises UsageError for what might be the secret itself, without repeating it."""
    from samtale.config.secrets import parse_reference

    found = parse_reference(text)
    if found is None:
        raise click.UsageError(
            "Say where a secret is found: env:NAME, file:PATH or keyring:NAME. Never give the secret itself."
        )
    return found


def default_secret(system: str, key: str) -> str:
    """The environment variable in which a secret is looked for if nobody says otherwise."""
    return "env:" + re.sub(r"\W", "_", f"{system}_{key}").upper()


def first_link(text: str | None) -> Any:
    """``ask``, ``newest``, or systems in order."""
    from samtale.core.model import Prefer

    if text in (None, "", "ask", "newest"):
        return text or "ask"
    return Prefer(tuple(s.strip() for s in str(text).split(",") if s.strip()))


def workspace_of(root: Path) -> str:
    """A name for the workspace, from the folder's."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", root.resolve().name).strip("-")[:40]
    return name if name[:1].isalpha() else f"project-{name}".rstrip("-")[:40]


def local_timezone() -> str:
    """The time zone of this machine, by its IANA name where it tells."""
    import os
    from zoneinfo import available_timezones

    known = available_timezones()
    candidates = [os.environ.get("TZ", "").lstrip(":")]
    candidates.append(str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2])
    return next((name for name in candidates if name in known), "Europe/Oslo")


def _write(root: Path, answers: Answers) -> None:
    """Make the project, once its text is known to be good. Raises SamtaleError."""
    import tempfile

    from samtale.config.init import project_text
    from samtale.config.project import PROJECT_FILE, load_project
    from samtale.wiring import state_folder

    text = project_text(answers)
    with tempfile.TemporaryDirectory() as trial:
        (Path(trial) / PROJECT_FILE).write_text(text, encoding="utf-8")
        load_project(Path(trial))
    try:
        (root / "models").mkdir(parents=True, exist_ok=True)
        state_folder(root)
        with (root / PROJECT_FILE).open("x", encoding="utf-8") as file:
            file.write(text)
        readme = root / "models" / "README.md"
        if not readme.exists():
            readme.write_text(MODELS_README, encoding="utf-8")
        _ignore(root / ".gitignore")
    except OSError as error:
        why = f"{error.filename}: {error.strerror}."
        raise SamtaleError(
            Problem(
                code="folder_unwritable",
                summary="The project cannot be made here.",
                why=why,
                remedy="Name another folder.",
            )
        ) from None


def _ignore(path: Path) -> None:
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if ".samtale/" not in before.split():
        path.write_text(
            before + ("" if before in ("",) or before.endswith("\n") else "\n") + ".samtale/\n", encoding="utf-8"
        )


def _tell(frame: Frame, root: Path) -> None:
    from samtale.config.project import load_project
    from samtale.wiring import SystemClock, Systems

    missing = Systems(load_project(root), SystemClock()).secrets_missing()
    there = "" if root.resolve() == Path.cwd() else f" --project {root}"
    steps = [f"samtale connect{there}", f"samtale plan{there}", f"samtale sync{there}"]
    frame.data = {"project": str(root), "secrets_missing": [p.command for p in missing], "next": steps}
    screen = frame.screen
    screen.say(f"There is a project in {root.resolve()}: samtale.yaml, models/ and .samtale/.", "bold")
    if missing:
        screen.say("Set its secrets: each command waits for one, shows nothing of it, and ends with Enter.")
        for problem in missing:
            screen.command(problem.command)
    screen.say("Then try the credentials, look at the plan, and carry it out:")
    for step in steps:
        screen.command(step)


MODELS_README = """\
# Models of this project

Nothing needs to be here: the packaged models say what an organization, a person and so on are, and which property of each system shows
which field. To change one, write a file here that says only what differs:

    entity: organization
    members:
      crm.Account:
        properties: {org_number: My_Own_Field}

`samtale check` tells what is wrong with it, `samtale plan` what it would do to real data.
"""
