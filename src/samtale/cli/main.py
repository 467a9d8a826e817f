"""Where the command line begins: its list of commands, and what a call of it comes to.

Knows no command: each is imported when it is called, so that ``samtale --help`` answers at once.
"""

from __future__ import annotations

import io
import json
import os
import sys
from importlib import import_module
from typing import NamedTuple

import click

from samtale import __version__


class Listed(NamedTuple):
    """A command, as the list of commands shows it."""

    module: str  #: under ``samtale.cli``; its attribute ``command`` is the click command
    says: str
    group: str


BEGIN, DAILY, ASK, SETTLE, PAPERS, TRY = "Begin", "Every day", "Ask", "Settle", "Dataflow documents", "Try it out"

#: In the order in which people meet them.
COMMANDS: dict[str, Listed] = {
    "init": Listed("init", "Begin a project: which systems, and a few questions.", BEGIN),
    "connect": Listed("connect", "Try a system's credentials, and see what it holds.", BEGIN),
    "check": Listed("check", "Look for mistakes in project, model and credentials.", BEGIN),
    "plan": Listed("plan", "Show every write that would happen; writes to no system.", DAILY),
    "sync": Listed("sync", "Carry out the plan, until there is nothing to write.", DAILY),
    "status": Listed("status", "Collections, links and what waits, in numbers.", DAILY),
    "explain": Listed("explain", "Why a record's values are what they are.", ASK),
    "history": Listed("history", "What happened to a record, and when.", ASK),
    "review": Listed("review", "What is held back, and how to settle it.", ASK),
    "resolve": Listed("resolve", "Settle a conflict, or another question that is held.", SETTLE),
    "link": Listed("link", "Say that two records are the same, or that they are not.", SETTLE),
    "unlink": Listed("unlink", "End a link; both records stay as they are.", SETTLE),
    "show": Listed("show", "What a dataflow document says.", PAPERS),
    "verify": Listed("verify", "Does the model do what documents say?", PAPERS),
    "import": Listed("import_", "Turn documents into model files.", PAPERS),
    "doc": Listed("doc", "Write what flows between two systems, on paper.", PAPERS),
    "simulator": Listed("simulator", "Serve a simulated system on this machine.", TRY),
    "demo": Listed("demo", "Two simulated systems come into step, in a minute.", TRY),
}


class Commands(click.Group):
    """Commands by name, each imported when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        listed = COMMANDS.get(cmd_name)
        if listed is None:
            return None
        found: click.Command = import_module(f"samtale.cli.{listed.module}").command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            from difflib import get_close_matches

            close = get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean `samtale {close[0]}`?" if close else " `samtale --help` lists them."
            raise click.UsageError(f"There is no command `{name}`.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, COMMANDS))
        for group in dict.fromkeys(listed.group for listed in COMMANDS.values()):
            rows = [(name.ljust(width), listed.says) for name, listed in COMMANDS.items() if listed.group == group]
            with formatter.section(group):
                formatter.write_dl(rows)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
    epilog="Every command takes --project DIR and --json. Exit codes: 0 done, 1 something is held or found, 2 failed.",
)
@click.version_option(__version__, "--version", message="samtale %(version)s")
@click.pass_context
def samtale(ctx: click.Context) -> None:
    """Keep the records of business systems in step."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 held or found, 2 failed, 130 on Ctrl-C."""
    given = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):  # a letter that a terminal cannot show must not stop us
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = samtale.main(args=given, prog_name="samtale", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.UsageError as error:
        _misused(error, "--json" in given)
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("", err=True)
        return 130
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _misused(error: click.UsageError, as_json: bool) -> None:
    """Say what is wrong with how a command was called, in the words of all other problems."""
    ctx = error.ctx
    name = ctx.info_name if ctx is not None and ctx.parent is not None else None
    command = f"samtale {name} --help" if name else "samtale --help"
    problem = {
        "code": "usage", "summary": "The command cannot be called like this.", "why": error.format_message(),
        "remedy": "Its help shows how.", "command": command, "file": "", "line": None,
    }  # fmt: skip
    if as_json:
        click.echo(json.dumps({"schema": 1, "command": name or "", "exit": 2, "problems": [problem]}))
    else:
        click.echo(f"{problem['summary']}\n  {problem['why']}\n  {problem['remedy']}\n    {command}", err=True)
