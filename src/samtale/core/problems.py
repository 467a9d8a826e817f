"""Problems: everything that can go wrong, typed by what to do next.

    Problem                 a fact to show: what, why, remedy, a command to copy
    SamtaleError            carries one or more problems to the surface
    ├── SystemTrouble       trouble with one system; the others go on. Its kinds:
    ├── Retry               wait and try again (too many requests, server errors, network)
    ├── Unauthorized        credentials are wrong, expired, or lack a privilege
    ├── Refused             the system refuses this value or this record; fix it, nothing was written
    │   └── Taken           refused because a unique value belongs to another record
    ├── Moved               the record no longer shows what we decided on; look again
    ├── Gone                the record does not exist (any more)
    ├── Uncertain           a write was sent and its outcome is unknown
    └── BadAnswer           the system answered something that its contract does not know

Texts name fields, keys and properties, never values: they end up in logs and on screens of people who may not see the values.
"""

from __future__ import annotations

import msgspec


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong, worded for the person who can mend it."""

    code: str  #: constant, for programs: lower case with underscores
    summary: str  #: constant sentence: what is wrong
    why: str = ""  #: what was found
    remedy: str = ""  #: what to do
    command: str = ""  #: a command to copy
    file: str = ""
    line: int | None = None


class SamtaleError(Exception):
    """Something that a person must hear of; carries problems instead of a text."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(f"{p.summary} {p.why}".strip() for p in problems))
        self.problems = problems


class SystemTrouble(SamtaleError):
    """Trouble with one system; the others go on."""


class Retry(SystemTrouble):
    """Wait, then try again; nothing was written."""

    def __init__(self, *problems: Problem, after: float | None = None) -> None:
        super().__init__(*problems)
        self.after = after  #: seconds that the system asked us to wait, if it said so


class Unauthorized(SystemTrouble):
    """The credentials are wrong, expired, or lack a privilege."""


class Refused(SystemTrouble):
    """The system refuses this value or record; nothing was written."""

    def __init__(self, *problems: Problem, properties: tuple[str, ...] = ()) -> None:
        super().__init__(*problems)
        self.properties = properties  #: paths that the system objects to, where it says so


class Taken(Refused):
    """A unique value belongs to another record, whose key is known where the system tells it."""

    def __init__(self, *problems: Problem, properties: tuple[str, ...] = (), key: str | None = None) -> None:
        super().__init__(*problems, properties=properties)
        self.key = key


class Moved(SystemTrouble):
    """The record does not show any more what the write was decided on."""


class Gone(SystemTrouble):
    """There is no such record."""


class Uncertain(SystemTrouble):
    """A write was sent and no answer says whether it took effect."""


class BadAnswer(SystemTrouble):
    """The answer breaks the contract: HTML, truncated JSON, a wrong content type, an endless list."""
