"""The demo's project folder: a real one, with its secrets in files of their own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from samtale.config.init import Answers, SystemAnswers, project_text
from samtale.config.project import PROJECT_FILE, STATE_FOLDER
from samtale.config.secrets import Reference
from samtale.core.problems import Problem, SamtaleError

#: Says that the demo made this folder, so that the demo may make it anew.
MARK = "made-by-demo"
SECRETS = "secrets"

#: What opens the simulators, and nothing else anywhere.
CREDENTIALS = {
    "powerofficego": {
        "application_key": "demo-application-key",
        "client_key": "demo-client-key",
        "subscription_key": "demo-subscription-key",
    },
    "zohocrm": {
        "client_id": "demo-client-id",
        "client_secret": "demo-client-secret",
        "refresh_token": "demo-refresh-token",
    },
}
TITLES = {"powerofficego": "PowerOffice Go, simulated", "zohocrm": "Zoho CRM, simulated"}


def base_url(name: str, url: str) -> str:
    """The address that a project names, of a simulator that serves at ``url``."""
    return f"{url}/Demo" if name == "powerofficego" else url


def make_folder(root: Path, urls: dict[str, str], speed: float) -> None:
    """Make the project anew. Raises SamtaleError if the folder holds something that the demo did not make."""
    if root.exists() and any(root.iterdir()):
        if not (root / STATE_FOLDER / MARK).exists():
            raise SamtaleError(
                Problem(
                    code="folder_in_use",
                    summary="The folder of the demo is in use.",
                    why=f"{root} exists, and the demo did not make it.",
                    remedy="Name another folder.",
                    command="samtale demo --dir another-folder",
                )
            )
        shutil.rmtree(root)
    secrets = root / STATE_FOLDER / SECRETS
    secrets.mkdir(mode=0o700, parents=True)
    (root / STATE_FOLDER).chmod(0o700)
    (root / STATE_FOLDER / MARK).touch()
    systems = []
    for name, keys in CREDENTIALS.items():
        auth = {}
        for key, value in keys.items():
            file = secrets / f"{name}.{key}"
            with os.fdopen(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as out:
                out.write(value + "\n")
            auth[key] = Reference("file", f"{STATE_FOLDER}/{SECRETS}/{file.name}")
        options = {"requests_per_second": 10 * speed} if name == "powerofficego" else {}
        systems.append(
            SystemAnswers(
                name=name, connector=name, title=TITLES[name], base_url=urls[name], auth=auth, options=options
            )
        )
    answers = Answers(workspace="demo", timezone="Europe/Oslo", systems=tuple(systems), first_link="newest")
    (root / PROJECT_FILE).write_text(project_text(answers), encoding="utf-8")
    (root / ".gitignore").write_text(f"{STATE_FOLDER}/\n", encoding="utf-8")
