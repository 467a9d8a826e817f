"""What an import cannot know: put to a person as a list, never guessed."""

import msgspec


class Place(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Where in the documents something stands."""

    file: str
    line: int


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a person should decide, or know."""

    code: str  #: constant, for programs
    what: str  #: what was found
    remedy: str = ""  #: what to do about it
    places: tuple[Place, ...] = ()


class Ledger:
    """Decisions and notes, as they are met; the same thing met again adds its place."""

    def __init__(self) -> None:
        self._decisions: dict[tuple[str, str, str], list[Place]] = {}
        self._notes: dict[tuple[str, str, str], list[Place]] = {}

    def decide(self, code: str, what: str, remedy: str, *places: Place) -> None:
        """A person has to decide this."""
        self._decisions.setdefault((code, what, remedy), []).extend(places)

    def note(self, code: str, what: str, remedy: str = "", *places: Place) -> None:
        """A person should know this; nothing waits for it."""
        self._notes.setdefault((code, what, remedy), []).extend(places)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        return _listed(self._decisions)

    @property
    def notes(self) -> tuple[Decision, ...]:
        return _listed(self._notes)


def _listed(found: dict[tuple[str, str, str], list[Place]]) -> tuple[Decision, ...]:
    return tuple(
        Decision(code=code, what=what, remedy=remedy, places=tuple(sorted(set(places))))
        for (code, what, remedy), places in found.items()
    )
