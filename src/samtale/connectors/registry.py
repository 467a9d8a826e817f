"""Connectors by name. Looking one up imports it alone; what is known of it as data needs no connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib import import_module
from types import MappingProxyType

from samtale.core.problems import Problem, SamtaleError
from samtale.ports.connector import About, Connector

#: Kind of system, to the class that speaks to it. None: its schema is known, its connector arrives later.
CONNECTORS: Mapping[str, str | None] = MappingProxyType(
    {
        "crmoffice": None,
        "customerp": None,
        "powerofficego": "samtale.connectors.powerofficego.connector:PowerOfficeGo",
        "zendesk": "samtale.connectors.zendesk.connector:Zendesk",
        "zohocrm": "samtale.connectors.zohocrm.connector:ZohoCrm",
    }
)


def about_of(kind: str) -> About:
    """What is known of a kind of system without asking it. Raises SamtaleError for an unknown kind."""
    _known(kind)
    about: About = import_module(f"samtale.connectors.{kind}.about").ABOUT
    return about


def connector_class(kind: str) -> Callable[..., Connector]:
    """What makes connectors of a kind, from ``(*, system, base_url, credentials, options, clock, transport=None)``.

    Raises SamtaleError for a kind that is unknown, or whose connector arrives later.
    """
    _known(kind)
    place = CONNECTORS[kind]
    if place is None:
        usable = ", ".join(name for name, found in CONNECTORS.items() if found)
        raise SamtaleError(
            Problem(
                code="connector_arrives_later",
                summary=f"Samtale knows the properties of {about_of(kind).title}, but cannot connect to it yet.",
                why="Its documents can be read and written; a connector for it arrives in a later version.",
                remedy=f"Take the system out of samtale.yaml, or use one of: {usable}.",
            )
        )
    module, _, name = place.partition(":")
    found: Callable[..., Connector] = getattr(import_module(module), name)
    return found


def _known(kind: str) -> None:
    if kind not in CONNECTORS:
        close = get_close_matches(kind.lower(), CONNECTORS, n=1, cutoff=0.5)
        raise SamtaleError(
            Problem(
                code="unknown_connector",
                summary="There is no connector of that name.",
                why=f"A system in samtale.yaml names {kind!r}; there are: {', '.join(CONNECTORS)}.",
                remedy=f"Did you mean {close[0]}?" if close else "Use one of these names.",
            )
        )
