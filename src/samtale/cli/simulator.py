"""``samtale simulator``: a simulated system on this machine, for trying things out."""

from __future__ import annotations

import json
import signal
import threading
from typing import Any

import click

from samtale.cli.frame import Frame, samtale_command
from samtale.core.problems import Problem


def _options(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> dict[str, Any]:
    """``key=value`` pairs; a value that reads as JSON is that, any other is text."""
    found: dict[str, Any] = {}
    for pair in given:
        key, equals, text = pair.partition("=")
        if not equals or not key.isidentifier():
            raise click.BadParameter(f"`{pair}` is not of the form KEY=VALUE.")
        try:
            found[key] = json.loads(text)
        except ValueError:
            found[key] = text
    return found


@samtale_command(
    "simulator",
    short_help="Serve a simulated system on this machine.",
    epilog="Example:  samtale simulator zohocrm --port 8102 --door 8103 --records 400 --speed 20",
)
@click.argument("name")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the system's API; 0 takes a free one.")
@click.option("--door", type=click.IntRange(0, 65535), default=0, help="Port of the door, where you act as a person.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same records.")
@click.option("--records", type=click.IntRange(10, 20_000), default=400, show_default=True, help="About how many.")
@click.option("--speed", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True,
              help="Lags, limits and lifetimes pass so many times as fast.")  # fmt: skip
@click.option("--option", "-o", "options", multiple=True, callback=_options, metavar="KEY=VALUE",
              help="What this simulator lets one choose; may be repeated.")  # fmt: skip
def command(
    frame: Frame, *, name: str, port: int, door: int, seed: int, records: int, speed: float, options: dict[str, Any]
) -> None:
    """Serve the simulated system NAME until Ctrl-C.

    It behaves as the vendor's documentation says, limits and delays included, and listens on this machine alone. The first line on
    standard output says where: {"url": ..., "door": ...}. At the door you act as a person in the system's own screens:

    \b
        curl DOOR/records/COLLECTION             all records
        curl DOOR/records/COLLECTION/KEY         one
        curl -X PUT -d '{"Name": "New"}' DOOR/records/COLLECTION/KEY
        curl -X DELETE DOOR/records/COLLECTION/KEY
    """
    from samtale.simulators import SIMULATORS, build
    from samtale.simulators.server import serve

    if name not in SIMULATORS:
        frame.problem(_problem("unknown_simulator", "There is no simulator of this name.", f"`{name}` is none.",
                               f"Use one of: {', '.join(sorted(SIMULATORS))}."))  # fmt: skip
        return
    try:
        simulator = build(name, seed=seed, records=records, speed=speed, **options)
    except (TypeError, ValueError) as error:
        why = f"{name} does not take these options: {', '.join(options) or 'none were given'}."
        frame.problem(_problem("simulator_options", "The simulator does not take these options.", why,
                               f"Leave out what it does not know ({error})."))  # fmt: skip
        return
    try:
        running = serve(simulator, port, door)
    except OSError as error:
        why = f"Port {port} or {door}: {error.strerror}."
        frame.problem(_problem("port_taken", "A port cannot be used.", why, "Choose another, or 0 for any free one."))
        return
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with running:
        click.echo(json.dumps({"url": running.url, "door": running.door_url}))
        if frame.interactive:
            _tell(frame, name, running.url, running.door_url)
        over.wait()
    frame.as_json = False  # the one value has been said


def _tell(frame: Frame, name: str, url: str, door: str) -> None:
    """For a person who means to try it out: how to look at it, how a project reaches it, and what opens it."""
    from samtale.cli.demo_folder import CREDENTIALS, base_url
    from samtale.cli.init import default_secret

    screen = frame.screen
    screen.note("It runs until Ctrl-C. What can be done at its door:")
    screen.note(f"    curl {door}")
    if name in CREDENTIALS:
        screen.note(f"In a project its base_url is {base_url(name, url)}, and this opens it:")
        for key, value in CREDENTIALS[name].items():
            screen.note(f"    export {default_secret(name, key).removeprefix('env:')}={value}")


def _problem(code: str, summary: str, why: str, remedy: str) -> Problem:
    return Problem(code=code, summary=summary, why=why, remedy=remedy, command="samtale simulator --help")
