"""The state of a row: whether two properties are kept equal both ways, and why not.

Must not know: files, any connector.
"""

from typing import NamedTuple

from samtale.core.model import Field, Member, Property, View
from samtale.documents.grammar import CONVERTED_TYPE, State
from samtale.documents.naming import System, is_key

#: Vendors' types of a property, as documents print them; any other is a conversion.
TYPES = {
    "string": "string",
    "date": "string",
    "datetime": "string",
    "integer": "integer",
    "decimal": "decimal",
    "boolean": "boolean",
    "array": "list",
}


class End(NamedTuple):
    """One side of a row: a property, and where it stands."""

    system: System
    member: Member
    view: View
    properties: tuple[Property, ...]  #: those that make one value with it
    shows: Property

    @property
    def lead(self) -> str:
        """Of a follower: the property that it follows."""
        part = next((a.part for a in self.view.accesses if a.properties == self.properties), None)
        first = (v for v in self.member.views if v.field == self.view.field and v.number == 0)
        leads = (a for v in first for a in v.accesses if a.part == part)
        return next((" + ".join(p.path for p in a.properties) for a in leads), "")

    @property
    def is_key(self) -> bool:
        """Whether it identifies the record."""
        return is_key(self.system.about, self.member.collection, self.shows.path)

    @property
    def converted(self) -> bool:
        """Whether its values are more than another spelling of the field's."""
        return len(self.properties) > 1 or bool(self.shows.form.values)


class Flow(NamedTuple):
    """What reaches one end from the other."""

    always: bool
    at_creation: bool
    why_not: str = ""  #: why not always


def row_type(one: End, other: End) -> str:
    """The type that a row prints: that of the target property, or none where a rule converts the value."""
    return CONVERTED_TYPE if one.converted or other.converted else TYPES.get(other.shows.form.type, CONVERTED_TYPE)


def row_state(field: Field, one: End, other: End, followers: str, see: str = "") -> str:
    """The text of the fourth column for the row from `one` to `other`.

    Args:
        field: What both show.
        one: The source's side.
        other: The target's side.
        followers: Whether followers are kept `equal` or `apart`, as the project says.
        see: Of a reference: ", see HEADING", or nothing.
    """
    if one.is_key and other.is_key:
        return State.IDENTITY
    forward, backward = flow(one, other, followers), flow(other, one, followers)
    if field.to is not None:
        reason = _direction(one, other, forward, backward)
        return f"{State.REFERENCE}{f': {reason}' if reason else ''}{see}"
    if forward.always and backward.always:
        return _with(State.SYNCHRONIZED, _remark(one, other))
    if not (forward.always or forward.at_creation or backward.always or backward.at_creation):
        read_only = not (_writable(one.shows) or _writable(other.shows))
        return _with(State.READ_ONLY if read_only else State.HELD, forward.why_not)
    return _with(State.ONE_WAY, _direction(one, other, forward, backward))


def flow(one: End, other: End, followers: str) -> Flow:
    """What an edit of `one` does to `other`."""
    path, there = one.shows.path, other.shows
    for end in (one, other):
        if end.member.collection in end.system.paused:
            return Flow(False, False, f"{end.system.title} is paused")
    if not one.view.reads or not one.shows.readable:
        return Flow(False, False, f"{path} is not read")
    if one.view.number and followers == "apart":
        return Flow(False, False, f"{path} is kept apart")
    if other.member.collection in other.system.unshared:
        return Flow(False, False, f"nothing is written to {other.system.title}")
    if not other.view.writes:
        return Flow(False, False, f"the model only reads {there.path}")
    if there.updatable:
        return Flow(True, there.creatable)
    if there.creatable:
        return Flow(False, True, f"{there.path} can be given only when a record is created")
    return Flow(False, False, f"{there.path} is read-only")


def _direction(one: End, other: End, forward: Flow, backward: Flow) -> str:
    """Which way a value goes that does not go both ways, and why."""
    if forward.always and backward.always:
        return ""
    if forward.always:
        return f"from {one.system.title} to {other.system.title}, since {backward.why_not}"
    if backward.always:
        return f"from {other.system.title} to {one.system.title}, since {forward.why_not}"
    return forward.why_not


def _remark(one: End, other: End) -> str:
    """What a person should know of a row that works."""
    parts = [p.path for end in (one, other) for p in end.properties if p.path != end.shows.path]
    leads = [end.lead for end in (one, other) if end.view.number and end.lead]
    said = [f"together with {' and '.join(parts)}"] * bool(parts) + [f"follows {' and '.join(leads)}"] * bool(leads)
    return ", ".join(said)


def _writable(prop: Property) -> bool:
    return prop.creatable or prop.updatable


def _with(state: State, reason: str) -> str:
    return f"{state}: {reason}" if reason else str(state)
