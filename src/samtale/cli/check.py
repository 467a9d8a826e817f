"""``samtale check``: every mistake that can be found before anything runs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import click

from samtale.cli.frame import DONE, FAILED, FOUND, Frame, samtale_command

if TYPE_CHECKING:
    from samtale.core.problems import Problem


@samtale_command("check", short_help="Look for mistakes in project, model and credentials.")
@click.option(
    "--offline", is_flag=True, help="Do not speak to the systems; use what they told of themselves last time."
)
def command(frame: Frame, *, offline: bool) -> None:
    """Check the project file, the secrets, the credentials, and the model against each system's schema. Writes nothing.

    Shows everything at once, by file and line. Exit code 2 says that something must be mended, 1 that your own files have limits that
    one may live with; those of the packaged models are shown and change nothing.
    """
    from samtale.config.diagnose import in_order, is_warning
    from samtale.core.problems import SamtaleError
    from samtale.wiring import SystemClock, Systems, read_project

    project = read_project(frame.project)
    systems = Systems(project, SystemClock())
    found: list[Problem] = []
    try:
        missing = systems.secrets_missing()
        found.extend(missing)
        if not offline and not missing:
            systems.connect()
            found.extend(problem for problems in systems.trouble.values() for problem in problems)
        try:
            found.extend(systems.model()[1])
        except SamtaleError as error:
            found.extend(error.problems)
    finally:
        systems.close()
    groups: dict[str, list[Problem]] = defaultdict(list)
    for problem in in_order(dict.fromkeys(found)):
        groups[problem.file].append(problem)
    for file, problems in groups.items():
        if file:
            frame.screen.note(f"── {file}")
        for problem in problems:
            frame.problem(problem, exit=_weight(problem))
    frame.data = {
        "systems": {name: "not asked" if offline or missing else "trouble" if name in systems.trouble else "reached"
                    for name in project.systems},
        "errors": sum(1 for p in frame.problems if not is_warning(p)),
        "warnings": sum(1 for p in frame.problems if is_warning(p)),
    }  # fmt: skip
    errors, warnings = frame.data["errors"], frame.data["warnings"]
    if errors:
        frame.screen.say(f"{errors} to mend, {warnings} to know of.")
    else:
        limits = f"; {warnings} limits to know of" if warnings else ""
        frame.screen.say(f"All is well{', as far as can be told without the systems' if offline else ''}{limits}.")


def _weight(problem: Problem) -> int:
    """What one problem means for the exit code."""
    from samtale.config.diagnose import is_warning
    from samtale.config.sources import STANDARD_FOLDER

    if not is_warning(problem):
        return FAILED
    return DONE if problem.file.startswith(STANDARD_FOLDER) else FOUND
