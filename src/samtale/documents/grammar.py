"""The grammar of dataflow documents: what one can say, as values, and the fixed sentences that say it.

A dataflow document describes what flows from one system (its source) to another (its target), section by section. It is
the one place in Samtale where the words source and target are used, since a document is an ordered pair.

The sentences below are the format: reader and writer use these, and no other file spells one. The introduction is not
among them. It is recognized by its position alone and carries no meaning.

Must not know: files, the model, any connector.
"""

import enum
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime

import msgspec

# --------------------------------------------------------------------------------------------------------- sentences

EVERY = "Every {x} will be synchronized with a {y}."
BEFORE = "Before any synchronization can take place, a link between a {x} and a {y} must be established."
CONNECTED = "A new {y} will be created from a {x} if it is connected to a "
CONNECTED_INTO = " that is synchronized into "
MERGED = "If a matching {y} already exists, the {x} will be merged with the existing one."
CREATED = "If no matching {y} is found, a new {y} will be created."
CONDITIONAL = ", it  will be synchronized with a {y}."
MERGE = "A {x} will merge with a {y} if one of the following property combinations match:"
ONCE = (
    "Once a link between a {x} and a {y} is established, "
    "it will keep in sync between the two systems, regardless of where it is edited."
)
PROPERTIES = "The following properties are synchronized between a {x} and a {y}:"
NO_PROPERTIES = "No properties are synchronized between a {x} and a {y}."

TITLE_END = "Dataflow"
GENERATED = "Generated: "
LIST_TABLE = ".. list-table::"
HEADER_ROWS = ":header-rows: 1"
PROPERTY_HEADER = " Property"
TYPE_HEADER = "Data Type"
STATE_HEADER = "State"
QUALIFIER = "Dependant on having "
#: Between the properties of a cell of the merge table that must all be equal; old documents have one in each cell.
AND = " + "

#: Data types that a document prints in quotation marks.
QUOTED_TYPES = ("string", "integer", "float", "boolean", "decimal", "list", "first")
#: Printed where a value is converted by a rule rather than by a plain cast.
CONVERTED_TYPE = "N/A"
_QUALIFIED_LABEL = re.compile(r"^(?P<bare>.+?) (?:\((?P<data>\w+) data\)|(?P<person>person))$")
#: Characters that no line of a document holds: controls but the tab, line separators, halves of surrogate pairs.
UNPRINTABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Shape(enum.StrEnum):
    """Every kind of line that a document can consist of."""

    TITLE = "title"
    GENERATED = "generated"
    INTRODUCTION = "introduction"
    HEADING = "heading"
    EVERY = "every"
    BEFORE = "before"
    CONNECTED = "connected"
    MERGED = "merged"
    CREATED = "created"
    CONDITIONAL = "conditional"
    MERGE = "merge lead-in"
    ONCE = "once"
    PROPERTIES = "properties lead-in"
    NO_PROPERTIES = "no properties"
    TABLE = "table"


#: The sentences whose whole text follows from the two labels of their section.
SENTENCES = {
    Shape.EVERY: EVERY,
    Shape.BEFORE: BEFORE,
    Shape.MERGED: MERGED,
    Shape.CREATED: CREATED,
    Shape.MERGE: MERGE,
    Shape.ONCE: ONCE,
    Shape.PROPERTIES: PROPERTIES,
    Shape.NO_PROPERTIES: NO_PROPERTIES,
}


class Rule(enum.StrEnum):
    """When a record of a section's source type leads to a record of its target type."""

    ALWAYS = "always"
    MATCH_ONLY = "match_only"
    CONNECTED = "match_or_create_when_connected"
    MATCH_OR_CREATE = "match_or_create"
    CONDITIONAL = "conditional"


class State(enum.StrEnum):
    """First word of the fourth column, which only Samtale prints; a reason may follow it after a colon."""

    SYNCHRONIZED = "synchronized"
    REFERENCE = "reference"
    IDENTITY = "identity"
    ONE_WAY = "one way"
    READ_ONLY = "read-only"
    HELD = "held"
    ADDED = "added"


#: Between a state and the heading of the section that it points to: "reference, see X to Y".
SEE = ", see "


class DocumentError(ValueError):
    """A document cannot be written as it is; the message names the part and the remedy."""


# ----------------------------------------------------------------------------------------------------------- values


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a section: a system's name and a type of its records, in one string ("ZohoCRM Account")."""

    #: As printed, without the blanks around it.
    text: str
    #: Printed with an empty system name, which shows as a second blank in front ("a  Account").
    unnamed: bool = False

    @property
    def printed(self) -> str:
        """The label as it stands in a sentence."""
        return f" {self.text}" if self.unnamed else self.text

    @property
    def kind(self) -> str | None:
        """The part of a type that the label is about: "human" of `(human data)`, "person" of `Customers person`."""
        match = _QUALIFIED_LABEL.match(self.text)
        return match and (match["data"] or match["person"])

    @property
    def bare(self) -> str:
        """The label without its kind."""
        match = _QUALIFIED_LABEL.match(self.text)
        return match["bare"] if match else self.text


class Qualifier(msgspec.Struct, frozen=True, kw_only=True):
    """The condition of a cell: the row holds where the property at `path` has this `value`. Either may be empty."""

    #: Which cell carries it: "from" or "to".
    side: str
    value: str
    path: str


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Two properties that are kept equal."""

    #: The cells as printed, qualifiers included.
    source: str
    target: str
    #: Type of the target property: one of QUOTED_TYPES, CONVERTED_TYPE, or an expression as printed by old documents.
    type: str = QUOTED_TYPES[0]
    #: Text of the fourth column, empty where there is none.
    state: str = ""
    #: Line of the first cell, counted from 1; 0 for a row that was not read from a file.
    line: int = 0

    @property
    def path_from(self) -> str:
        """Path of the source property, without qualifiers."""
        return split_cell(self.source)[0]

    @property
    def path_to(self) -> str:
        """Path of the target property, without qualifiers."""
        return split_cell(self.target)[0]

    @property
    def qualifiers(self) -> tuple[Qualifier, ...]:
        """The qualifiers of both cells, source first."""
        if "(" not in self.source and "(" not in self.target:
            return ()
        sides = (("from", self.source), ("to", self.target))
        return tuple(Qualifier(side=side, value=v, path=p) for side, cell in sides for v, p in split_cell(cell)[1])


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """Of rule CONNECTED: the types that lead to a new record when one of them refers to it."""

    #: Names as printed, often internal ids of the old service ("Customer-person").
    names: tuple[str, ...]
    #: System name printed before the first of them; "" where it is empty, None where nothing is printed.
    system: str | None = None
    #: System that the connecting record must itself be synchronized into, as printed.
    into: str = ""

    @property
    def printed(self) -> str:
        """System and names as they stand in the sentence."""
        names = self.names[0] if len(self.names) == 1 else ", ".join(self.names[:-1]) + ", or " + self.names[-1]
        return names if self.system is None else f"{self.system} {names}"


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """What happens between one type of the source system and one of the target system.

    Raises ValueError if `condition` or `connection` does not go with the rule.
    """

    source: Label
    target: Label
    rule: Rule
    #: Of rule CONDITIONAL: the condition in the words of the document, else None.
    condition: str | None = None
    #: Of rule CONDITIONAL: the document adds that a matching record is merged with rather than doubled.
    matches_first: bool = False
    connection: Connection | None = None
    #: Pairs of properties, source first; two records are the same thing if one pair is equal.
    merge: tuple[tuple[str, str], ...] = ()
    rows: tuple[Row, ...] = ()
    #: System name in the header of the type column; empty where it is unnamed or there is no table.
    target_system: str = ""
    #: Line of the heading, counted from 1; 0 for a section that was not read from a file.
    line: int = 0

    def __post_init__(self) -> None:
        if (self.condition is not None) != (self.rule is Rule.CONDITIONAL):
            raise ValueError("a condition goes with the rule 'conditional' and with no other")
        if (self.connection is not None) != (self.rule is Rule.CONNECTED):
            raise ValueError("a connection goes with the rule 'match_or_create_when_connected' and with no other")

    @property
    def heading(self) -> str:
        """The heading, without a blank in front, which reStructuredText would take for an indentation."""
        return f"{self.source.printed} to {self.target.printed}".lstrip(" ")

    @property
    def connected_to(self) -> tuple[str, ...]:
        """Names of the connecting types, empty for every other rule."""
        return self.connection.names if self.connection else ()


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a document that could not be read as it stands. Never quotes the line: the file may hold anything."""

    #: Counted from 1; 0 if the file as a whole is meant.
    line: int
    #: What was expected there.
    expected: str
    #: What to do about it.
    suggestion: str

    @property
    def message(self) -> str:
        """Both as one sentence."""
        return f"expected {self.expected}; {self.suggestion}"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One dataflow document."""

    #: System names as printed in the title; either may be empty.
    source: str
    target: str
    #: Local time of its making, without a zone, as printed; None if it says none.
    generated: datetime | None
    sections: tuple[Section, ...] = ()
    #: Path that it was read from, empty otherwise.
    file: str = ""
    problems: tuple[Problem, ...] = ()

    def meaning(self) -> "Document":
        """The same document without anything that depends on its layout: file, line numbers, problems.

        Two documents say the same if their meanings are equal.
        """
        replace = msgspec.structs.replace
        sections = tuple(
            replace(
                section,
                line=0,
                rows=tuple(replace(row, line=0) for row in section.rows),
                target_system=section.target_system if section.rows else "",
            )
            for section in self.sections
        )
        return replace(self, file="", problems=(), sections=sections)


# ------------------------------------------------------------------------------------------------------------ cells


def print_time(time: datetime) -> str:
    """A time as documents print it, to the second."""
    return time.replace(tzinfo=None).isoformat(" ", "seconds")


def read_time(text: str) -> datetime | None:
    """The time that was printed exactly so, or None."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if print_time(time) == text else None


def split_cell(cell: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Split a cell into its path and its qualifiers, each a value and the path that must have it.

    A cell has the form `path (Dependant on having VALUE in PATH)`; several qualifiers stand glued together, and value
    or path may be empty. Any other text in parentheses belongs to the path.
    """
    head, opened, inner = cell.partition(f" ({QUALIFIER}")
    if not opened or not inner.endswith(")"):
        return cell, ()
    return head, tuple(map(_qualifier, inner[:-1].split(QUALIFIER)))


def cell_is_whole(cell: str) -> bool:
    """Whether a cell is either plain or completely qualified."""
    if QUALIFIER.rstrip() not in cell:
        return True
    _, opened, inner = cell.partition(f" ({QUALIFIER}")
    return bool(opened) and inner.endswith(")") and all(" in" in part for part in inner[:-1].split(QUALIFIER))


def _qualifier(text: str) -> tuple[str, str]:
    value, _, path = f"{text} ".rpartition(" in ")
    return value.strip(), path.strip()


def split_names(text: str) -> tuple[str, ...]:
    """Split `A`, `A, or B` or `A, B, ..., or Z` into its names."""
    head, several, last = text.rpartition(", or ")
    return (*head.split(", "), last) if several else (last,)


def link(state: str) -> tuple[str, str]:
    """Split "reference, see X to Y" into the text before the heading and the heading, empty if none is named."""
    head, see, heading = state.partition(SEE)
    return f"{head}{see}", heading


def without_link_marks(state: str) -> str:
    """Turn the marks of a link, "reference, see `X to Y`_", back into plain text."""
    head, heading = link(state)
    marked = len(heading) > 3 and heading[0] == "`" and heading.endswith("`_")
    return f"{head}{heading[1:-2]}" if marked else state


def print_type(data_type: str) -> str:
    """A row's type as its cell prints it."""
    return f'"{data_type}"' if data_type in QUOTED_TYPES else data_type


_PRINTED_TYPES = {print_type(name): name for name in (*QUOTED_TYPES, CONVERTED_TYPE)}


def read_type(cell: str) -> str | None:
    """The type that a cell prints, or None if the cell shows no type.

    Old documents printed fragments of conversion expressions in this column; such a fragment has quotation marks and at
    least one of `, [ ]`, and is kept as it is.
    """
    known = _PRINTED_TYPES.get(cell)
    if known is not None:
        return known
    return cell if '"' in cell and any(mark in cell for mark in ",[]") else None


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """The sentences of a section, in the order in which they are printed."""

    #: The rule: paragraphs, each of one or more lines.
    rule: tuple[tuple[str, ...], ...]
    #: The sentence above the merge table; None if there is no such table.
    merge: str | None
    once: str
    #: The sentence above the rows, or the one that stands in their place.
    properties: str


def wording(section: Section, quote: Callable[[str], str] = str) -> Wording:
    """What a section says in sentences; `quote` is applied to each part of them that is not fixed."""
    labels = {"x": quote(section.source.text), "y": quote(section.target.text)}
    for name, label in (("x", section.source), ("y", section.target)):
        labels[name] = f" {labels[name]}" if label.unnamed else labels[name]
    first = BEFORE if section.rule in (Rule.MATCH_ONLY, Rule.CONNECTED) else EVERY
    rule: list[tuple[str, ...]] = [(first.format(**labels),)]
    if section.condition is not None:
        rule = [(quote(section.condition) + CONDITIONAL.format(**labels),)]
    if section.connection is not None:
        printed = section.connection.printed
        names = f" {quote(printed[1:])}" if printed.startswith(" ") else quote(printed)
        rule.append((CONNECTED.format(**labels) + f"{names}{CONNECTED_INTO}{quote(section.connection.into)}.",))
    if section.rule is Rule.MATCH_OR_CREATE or section.matches_first:
        rule.append((MERGED.format(**labels), CREATED.format(**labels)))
    return Wording(
        rule=tuple(rule),
        merge=MERGE.format(**labels) if section.merge else None,
        once=ONCE.format(**labels),
        properties=(PROPERTIES if section.rows else NO_PROPERTIES).format(**labels),
    )


def merge_headers(section: Section) -> tuple[str, str]:
    """The header cells of the merge table."""
    return section.source.text + PROPERTY_HEADER, section.target.text + PROPERTY_HEADER


def row_headers(section: Section) -> tuple[str, ...]:
    """The header cells of the table of rows; the fourth only if a row has a state."""
    states = (STATE_HEADER,) if any(row.state for row in section.rows) else ()
    return (*merge_headers(section), f"{section.target_system} {TYPE_HEADER}".lstrip(" "), *states)


def width(text: str) -> int:
    """Columns that a text takes on the page, as reStructuredText counts them for the rule under a heading."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
