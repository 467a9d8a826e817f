"""``samtale resolve``: a person answers what is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from samtale.cli.frame import Frame, samtale_command
from samtale.core.problems import Problem, SamtaleError

if TYPE_CHECKING:
    from samtale.engine.setting import Setting

WAYS = """\
`resolve REF FIELD --take SYSTEM`, `resolve REF FIELD --value VALUE`, `resolve --first-link TYPE.FIELD --prefer SYSTEM[,SYSTEM]`,
`resolve --believe SYSTEM.COLLECTION`, `resolve --unknown ATTEMPT --key KEY` or `resolve --unknown ATTEMPT --nothing`"""


@samtale_command(
    "resolve",
    short_help="Settle a conflict, or another question that is held.",
    epilog="Examples:  samtale resolve zohocrm.Contact:123 phone --take zohocrm    "
    "samtale resolve --first-link 'person.*' --prefer powerofficego,zohocrm",
)
@click.argument("ref", required=False)
@click.argument("field", required=False)
@click.option("--take", metavar="SYSTEM", help="Take what this system (or system.collection) shows.")
@click.option("--value", metavar="VALUE", help="Take this value.")
@click.option("--first-link", "first_link", metavar="TYPE.FIELD",
              help="Where this field differed at first link (TYPE.* for all fields), everywhere.")  # fmt: skip
@click.option("--prefer", metavar="SYSTEMS", help="With --first-link: the systems to believe, the best first.")
@click.option("--believe", metavar="SYSTEM.COLLECTION", help="The collection really holds so few records now.")
@click.option("--unknown", metavar="ATTEMPT", help="A create with an unknown outcome, by its id.")
@click.option("--key", metavar="KEY", help="With --unknown: it made the record of this key.")
@click.option("--nothing", is_flag=True, help="With --unknown: it made nothing.")
def command(
    frame: Frame, *, ref: str | None, field: str | None, take: str | None, value: str | None, first_link: str | None,
    prefer: str | None, believe: str | None, unknown: str | None, key: str | None, nothing: bool,
) -> None:  # fmt: skip
    """Answer what `samtale review` lists. The answer is remembered, and the next plan shows what follows from it.

    REF is a record (system.collection:key) or an entity's id; FIELD a field, as `samtale explain` shows them.
    """
    given = {name for name, there in (
        ("field", ref), ("first-link", first_link), ("believe", believe), ("unknown", unknown)) if there}  # fmt: skip
    fits = {
        "field": field is not None and (take is None) != (value is None),
        "first-link": prefer is not None,
        "believe": True,
        "unknown": (key is None) == nothing,
    }
    if len(given) != 1 or not all(fits[name] for name in given):
        raise click.UsageError(f"Use it as {WAYS}.".replace("\n", " "), click.get_current_context())
    from samtale.engine import use_cases

    with frame.opened(reach=False, engine=True) as work:
        setting = work.setting
        if ref is not None and field is not None:
            shown = use_cases.resolve(setting, ref, field, take=take, value=value)
            frame.data = {"did": "field", "ref": ref, "field": field, "value": shown}
            frame.screen.say(f"{field} is now: {shown or '(empty)'}")
        elif first_link is not None and prefer is not None:
            systems = [s.strip() for s in prefer.split(",") if s.strip()]
            type_name, field_name = _checked(setting, first_link, systems)
            use_cases.answer_first_link(setting, type_name, field_name, systems)
            frame.data = {"did": "first-link", "field": first_link, "prefer": systems}
            frame.screen.say(f"Where {first_link} differs at first link, {systems[0]} is believed first.")
        elif believe is not None:
            use_cases.believe(setting, believe)
            frame.data = {"did": "believe", "collection": believe}
            frame.screen.say(f"The next run believes what {believe} shows.")
        elif unknown is not None:
            use_cases.settle_unknown(setting, unknown, None if nothing else key)
            frame.data = {"did": "unknown", "attempt": unknown, "key": None if nothing else key}
            frame.screen.say("Settled.")
        frame.screen.say("See what follows, then carry it out:")
        frame.screen.command("samtale plan")
        frame.screen.command("samtale sync")


def _checked(setting: Setting, text: str, systems: list[str]) -> tuple[str, str]:
    """``TYPE.FIELD`` taken apart. Raises SamtaleError for names that the model does not know."""
    type_name, _, field_name = text.partition(".")
    types = {t.name: [f.name for f in t.fields] for t in setting.model.types}
    if type_name not in types:
        raise _unknown("entity type", type_name, list(types))
    if field_name != "*" and field_name not in types[type_name]:
        raise _unknown("field", field_name, [*types[type_name], "*"])
    for system in systems or [""]:
        if system not in setting.systems:
            raise _unknown("system", system, list(setting.systems))
    return type_name, field_name


def _unknown(what: str, name: str, known: list[str]) -> SamtaleError:
    return SamtaleError(
        Problem(
            code="unknown_name",
            summary=f"There is no {what} of this name.",
            why=f"`{name}` is none; there are {', '.join(known)}.",
            remedy="Name one of these.",
            command="samtale review --only conflicts",
        )
    )
