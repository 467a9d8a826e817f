"""Brakes in the project file: the limits that a project sets in place of the core's defaults. Docs:
docs/reference/project-file.md.
"""

from __future__ import annotations

import msgspec

from samtale.config.nodes import Node
from samtale.config.reader import Reader
from samtale.core.brakes import Limit, Limits

KINDS = ("create", "update", "clear", "archive", "delete")


def read_brakes(reader: Reader, node: Node | None) -> Limits:
    """The limits of a project; what its file does not say stays at its default."""
    defaults = Limits()
    if node is None:
        return defaults
    entries = reader.keys(node, ("window_hours", *KINDS, "shrink_share"), "`brakes`")
    hours = reader.number(entries.get("window_hours"), "window_hours", 1, 24 * 31)
    shrink = reader.number(entries.get("shrink_share"), "shrink_share", 0, 1)
    limits = {kind: _limit(reader, entries[kind], kind, getattr(defaults, kind)) for kind in KINDS if kind in entries}
    return msgspec.structs.replace(
        defaults,
        **limits,
        window_hours=defaults.window_hours if hours is None else hours,
        shrink_share=defaults.shrink_share if shrink is None else shrink,
    )


def _limit(reader: Reader, node: Node, kind: str, default: Limit) -> Limit:
    entries = reader.keys(node, ("number", "share"), f"the brake `{kind}`")
    number = reader.whole(entries.get("number"), "number", 0, 10**9)
    share = reader.number(entries.get("share"), "share", 0, 1)
    return Limit(number=default.number if number is None else number, share=default.share if share is None else share)
