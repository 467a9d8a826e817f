"""Reading one section of a document: its sentences, its tables, and which rule they amount to.

Every line is looked at once and either taken by a shape or reported. Nothing is searched with patterns that could run
away, and what a section lacks or has too much of never touches its neighbors.

Must not know: files, other sections.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from samtale.documents import grammar
from samtale.documents.grammar import Connection, Label, Row, Rule, Section, Shape

#: Ways to split a heading into two labels that are tried; a heading with more " to " in it is not one of a document.
MAX_SPLITS = 16
#: A longer heading is not taken apart.
MAX_HEADING = 1_000
#: Sentences from which the labels of a section with a damaged heading are guessed.
MAX_GUESSES = 8

#: Reports a problem: index of the line, what was expected, what to do.
Report = Callable[[int, str, str], None]

_WIDTHS = {Shape.MERGE: (2,), Shape.PROPERTIES: (3, 4)}
_RULES: dict[frozenset[Shape], Rule] = {
    frozenset({Shape.EVERY}): Rule.ALWAYS,
    frozenset({Shape.BEFORE}): Rule.MATCH_ONLY,
    frozenset({Shape.BEFORE, Shape.CONNECTED}): Rule.CONNECTED,
    frozenset({Shape.EVERY, Shape.MERGED, Shape.CREATED}): Rule.MATCH_OR_CREATE,
    frozenset({Shape.CONDITIONAL}): Rule.CONDITIONAL,
    frozenset({Shape.CONDITIONAL, Shape.MERGED, Shape.CREATED}): Rule.CONDITIONAL,
}
_RULE_SHAPES = frozenset().union(*_RULES)
_BLANKS = " \t"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a section stands in a document."""

    #: Index of its first line, which is named when the whole section is meant.
    top: int
    #: Index of its heading; None if the heading is missing.
    heading: int | None
    #: Indexes of the first line below the heading and its dashes, and of the line after the section's last.
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class _TableRow:
    index: int
    cells: list[str]


def read_section(lines: list[str], place: Place, systems: tuple[str, str], report: Report) -> Section:
    """Read the section at a place; `systems` are the names in the title of the document."""
    body = _Body(lines, place, _labels(lines, place, report), systems, report)
    body.read()
    return body.section()


# ----------------------------------------------------------------------------------------------------------- labels


def splits(text: str, between: str = " to ") -> Iterator[tuple[str, str]]:
    """Every way to split "X to Y", from the left, at most MAX_SPLITS of them."""
    at = text.find(between) if len(text) <= MAX_HEADING else -1
    for _ in range(MAX_SPLITS):
        if at < 0:
            return
        yield text[:at], text[at + len(between) :]
        at = text.find(between, at + 1)


def _labels(lines: list[str], place: Place, report: Report) -> tuple[str, str]:
    """The section's labels as its sentences print them.

    A label may itself hold " to ", and one of an unnamed system begins with a blank, so a split of the heading counts
    only if a sentence bears it out. If none does, the sentences are believed rather than the heading.
    """
    sentences = {line for line in lines[place.start : place.end] if line and line[0] not in _BLANKS}
    heading = "" if place.heading is None else lines[place.heading]
    candidates = [
        (a, b) for x, y in splits(heading) for a in _spellings(x) for b in _spellings(y) if a.strip() and b.strip()
    ]
    for template in grammar.SENTENCES.values():
        for x, y in candidates:
            if template.format(x=x, y=y) in sentences:
                return x, y
    said = _labels_of_sentences(sentences)
    if said is not None:
        if place.heading is None:
            report(place.top, "a heading above these sentences", _heading_advice(*said))
        else:
            report(place.heading, "a heading that names the same two types as its sentences", _heading_advice(*said))
        return said
    if place.heading is None or not candidates:
        advice = "write the two labels with ' to ' between them, as in 'CRM Contact to ERP Customer'"
        report(place.top, "a heading of the form 'X to Y'", advice)
    return candidates[0] if candidates else (heading, "")


def _spellings(label: str) -> tuple[str, ...]:
    return (label,) if label.startswith(" ") else (label, f" {label}")


def _heading_advice(x: str, y: str) -> str:
    return f"write '{x.strip()} to {y.strip()}' with a line of dashes under it"


def _labels_of_sentences(sentences: set[str]) -> tuple[str, str] | None:
    """The labels that two sentences of the section agree upon."""
    for template in (grammar.ONCE, grammar.PROPERTIES, grammar.NO_PROPERTIES):
        head, _, tail = template.partition("{x} and a {y}")
        alike = (line for line in sentences if line.startswith(head) and line.endswith(tail))
        for line in islice(alike, MAX_GUESSES):
            for x, y in splits(line[len(head) : len(line) - len(tail)], " and a "):
                agreeing = sum(t.format(x=x, y=y) in sentences for t in grammar.SENTENCES.values())
                if agreeing > 1 and x.strip() and y.strip():
                    return x, y
    return None


# ------------------------------------------------------------------------------------------------------------- body


class _Body:
    """Walks through the lines below a heading and collects what they say."""

    def __init__(
        self, lines: list[str], place: Place, labels: tuple[str, str], systems: tuple[str, str], report: Report
    ) -> None:
        self.lines = lines
        self.place = place
        self.x, self.y = x, y = labels
        self.systems = systems
        self.report = report
        self.expected = {template.format(x=x, y=y): shape for shape, template in grammar.SENTENCES.items()}
        self.seen: dict[Shape, int] = {}
        #: The lead-in that waits for its table, and its line; the lead-in of another section leaves a table homeless.
        self.lead: tuple[Shape | None, int] | None = None
        self.condition = ""
        self.connection = Connection(names=("",))
        self.merge: list[tuple[str, str]] = []
        self.rows: list[Row] = []
        self.target_system = ""

    def read(self) -> None:
        lines, end, index = self.lines, self.place.end, self.place.start
        while index < end:
            line = lines[index]
            if line and begins_table(line) and self._conditional(line) is None:
                index = self._table(index)
                continue
            shape = self._shape(line) if line else None
            if shape is not None:
                self._sentence(index, shape)
            elif line:
                self._unknown(index, line)
            index += 1
        self._lead_without_table()

    def section(self) -> Section:
        """The section as far as it was understood. A rule that is not clear reads as the one that creates nothing."""
        self._report_missing()
        shapes = frozenset(self.seen) & _RULE_SHAPES
        rule = _RULES.get(shapes)
        if rule is None:
            advice = "keep the sentences of one rule; the grammar page lists the five"
            self.report(self.place.top, "the sentences of exactly one of the five rules under this heading", advice)
            rule = Rule.CONNECTED if Shape.CONNECTED in shapes else Rule.MATCH_ONLY
        if rule is Rule.ALWAYS and self.merge:
            advice = f"add '{grammar.MERGED.format(x=self.x, y=self.y)}' and the sentence that follows it"
            self.report(self.place.top, "no merge table under a rule that does not match", advice)
        return Section(
            source=_label(self.x),
            target=_label(self.y),
            rule=rule,
            condition=self.condition if rule is Rule.CONDITIONAL else None,
            matches_first=rule is Rule.CONDITIONAL and Shape.MERGED in shapes,
            connection=self.connection if rule is Rule.CONNECTED else None,
            merge=tuple(self.merge),
            rows=tuple(self.rows),
            target_system=self.target_system,
            line=self.place.top + 1,
        )

    def _report_missing(self) -> None:
        if Shape.ONCE not in self.seen:
            self._missing(Shape.ONCE)
        if Shape.PROPERTIES not in self.seen and Shape.NO_PROPERTIES not in self.seen:
            self._missing(Shape.PROPERTIES)
        if Shape.NO_PROPERTIES in self.seen and self.rows:
            line = grammar.NO_PROPERTIES.format(x=self.x, y=self.y)
            self.report(self.seen[Shape.NO_PROPERTIES], "no rows beside this sentence", f"remove the table or '{line}'")

    def _missing(self, shape: Shape) -> None:
        line = grammar.SENTENCES[shape].format(x=self.x, y=self.y)
        self.report(self.place.top, f"the sentence '{shape}' in this section", f"add '{line}'")

    # ----------------------------------------------------------------------------------------------------- sentences

    def _sentence(self, index: int, shape: Shape) -> None:
        if shape in self.seen:
            self.report(index, "every sentence once in a section", "remove the repetition")
        self.seen.setdefault(shape, index)
        if shape in (Shape.MERGE, Shape.PROPERTIES):
            self._lead_without_table()
            self.lead = (shape, index)

    def _shape(self, line: str) -> Shape | None:
        shape = self.expected.get(line)
        if shape is None:
            shape = self._connected(line) or self._conditional(line)
        # A blank more or less changes nothing.
        return shape or self._loosely_expected.get(" ".join(line.split()))

    @cached_property
    def _loosely_expected(self) -> dict[str, Shape]:
        return {" ".join(text.split()): shape for text, shape in self.expected.items()}

    def _connected(self, line: str) -> Shape | None:
        head = grammar.CONNECTED.format(x=self.x, y=self.y)
        if not (line.startswith(head) and line.endswith(".")):
            return None
        printed, found, into = line[len(head) : -1].rpartition(grammar.CONNECTED_INTO)
        if not found:
            return None
        system = self._printed_system(printed)
        names = printed if system is None else printed[len(system) + 1 :]
        self.connection = Connection(names=grammar.split_names(names), system=system, into=into.strip())
        return Shape.CONNECTED

    def _printed_system(self, printed: str) -> str | None:
        """The system name before the connecting types: that of the title, else the words that begin the label too."""
        if printed.startswith(" "):
            return ""
        if self.systems[0] and printed.startswith(f"{self.systems[0]} "):
            return self.systems[0]
        label, words = _label(self.x).bare.split(" ")[:-1], printed.split(" ")[:-1]
        common = 0
        while common < min(len(label), len(words)) and label[common] == words[common]:
            common += 1
        return " ".join(words[:common]) if common else None

    def _conditional(self, line: str) -> Shape | None:
        tail = grammar.CONDITIONAL.format(y=self.y)
        for ending in (tail, tail.replace("  ", " ", 1)):
            if line.endswith(ending) and len(line) > len(ending):
                self.condition = line[: -len(ending)]
                return Shape.CONDITIONAL
        return None

    def _unknown(self, index: int, line: str) -> None:
        for template in (grammar.MERGE, grammar.PROPERTIES):
            if line.startswith(template.partition("{x}")[0]) and line.endswith(template.rpartition("{y}")[2]):
                self._lead_without_table()
                self.lead = (None, index)
        nearest, common = "", 0
        for text in self.expected:
            length = _common_prefix(text, line)
            if length > common:
                nearest, common = text, length
        if common >= 8:
            self.report(index, "a sentence of this section", f"did you mean '{nearest}'?")
        else:
            self.report(index, "a sentence of this section or a table", "remove the line, or see the grammar page")

    def _lead_without_table(self) -> None:
        if self.lead is not None:
            advice = f"add '{grammar.LIST_TABLE}' and its rows, or remove the sentence"
            self.report(self.lead[1], "a table below this sentence", advice)
            self.lead = None

    # -------------------------------------------------------------------------------------------------------- tables

    def _table(self, index: int) -> int:
        """Read the table that begins at `index` and return the index behind it."""
        lead, self.lead = self.lead, None
        first = index
        rows, index = self._table_rows(index, lead)
        shape = lead[0] if lead else None
        if lead is None or not rows:
            if rows:
                shape = Shape.MERGE if len(rows[0].cells) == 2 else Shape.PROPERTIES
            else:
                self.report(first, "rows below the table's beginning", "add the row of headers")
                return index
            text = grammar.SENTENCES[shape].format(x=self.x, y=self.y)
            self.report(first, "a sentence that says what the table is about", f"add '{text}' above it")
        if shape is None:
            lines = f"lines {rows[0].index + 1} to {rows[-1].index + 1}"
            advice = f"the rows of {lines} are left out; correct the sentence above the table"
            self.report(first, "a table of this section", advice)
        elif shape is Shape.MERGE:
            self._merge_rows(self._without_header(rows, shape))
        else:
            self._property_rows(self._without_header(rows, shape), len(rows[0].cells))
        return index

    def _table_rows(self, index: int, lead: tuple[Shape | None, int] | None) -> tuple[list[_TableRow], int]:
        """Collect the rows as lists of cells. A type may stand without its bullet, as old documents have it."""
        lines, end = self.lines, self.place.end
        typed = lead is None or lead[0] is not Shape.MERGE
        index = self._table_beginning(index)
        rows: list[_TableRow] = []
        cells: list[str] = []
        while index < end:
            line = lines[index]
            text = line.strip(_BLANKS)
            mark = text[:2]
            if mark == "* " and text[2:4] in ("- ", "-", "-\t"):
                cells = [text[3:].strip(_BLANKS)]
                rows.append(_TableRow(index=index, cells=cells))
            elif mark in ("- ", "-", "-\t") and cells:
                cells.append(text[1:].strip(_BLANKS))
            elif typed and len(cells) == 2 and '"' in text and grammar.read_type(text):
                cells.append(text)
            elif text and line[0] not in _BLANKS and (rows or not begins_table(line)):
                break
            elif text:
                self.report(index, "a row '* - CELL' or a cell '- CELL' of a table", "correct the line or remove it")
            index += 1
        return rows, index

    def _table_beginning(self, index: int) -> int:
        """Step over the two lines that begin a table."""
        lines, end = self.lines, self.place.end
        for expected in (grammar.LIST_TABLE, grammar.HEADER_ROWS):
            while index < end and not lines[index]:
                index += 1
            if index < end and lines[index].strip(_BLANKS) == expected:
                index += 1
            else:
                self.report(min(index, end - 1), f"'{expected}'", "add it; the rest of the table is read")
        return index

    def _without_header(self, rows: list[_TableRow], shape: Shape) -> list[_TableRow]:
        """Check the first row against the headers that the section's labels ask for, and return the others."""
        cells = rows[0].cells
        expected = [_label(label).text + grammar.PROPERTY_HEADER for label in (self.x, self.y)]
        if shape is Shape.PROPERTIES:
            printed = cells[2] if len(cells) > 2 else ""
            system = printed.removesuffix(grammar.TYPE_HEADER).rstrip(_BLANKS)
            if system and system != self.systems[1] and not _label(self.y).text.startswith(system):
                system = self.systems[1]
            self.target_system = system
            expected.append(f"{system} {grammar.TYPE_HEADER}".lstrip(_BLANKS))
            expected += [grammar.STATE_HEADER] if len(cells) == 4 else []
        if cells == expected:
            return rows[1:]
        advice = "write " + ", ".join(f"'{cell}'" for cell in expected)
        self.report(rows[0].index, "the table's headers", advice)
        headers = (grammar.PROPERTY_HEADER, grammar.TYPE_HEADER)
        return rows[1:] if any(cell.endswith(headers) for cell in cells) else rows

    def _merge_rows(self, rows: list[_TableRow]) -> None:
        for row in rows:
            if len(row.cells) != 2:
                self._wrong_width(row, "two cells")
                continue
            source, target = row.cells
            self._check_cells(row, source, target)
            if bool(source) != bool(target):
                self.report(row.index, "a property on both sides or on none", "fill in the empty cell")
            self.merge.append((source, target))

    def _property_rows(self, rows: list[_TableRow], columns: int) -> None:
        columns = 4 if columns == 4 else 3
        add, read_type = self.rows.append, grammar.read_type
        for row in rows:
            cells = row.cells
            if len(cells) != columns:
                self._wrong_width(row, f"{columns} cells")
                continue
            source, target, printed = cells[:3]
            data_type = read_type(printed)
            if data_type is None:
                data_type = self._odd_type(row, printed)
            if not source or not target:
                self.report(row.index, "a property in both cells", "fill in the empty cell or remove the row")
            if "(" in source or "(" in target:
                self._check_cells(row, source, target)
            if data_type is not None:
                state = grammar.without_link_marks(cells[3]) if columns == 4 else ""
                add(Row(source=source, target=target, type=data_type, state=state, line=row.index + 1))

    def _odd_type(self, row: _TableRow, printed: str) -> str | None:
        """Report a type cell that shows no type; returns what to keep of it, None if the row is not clear enough."""
        types = ", ".join(grammar.print_type(name) for name in (*grammar.QUOTED_TYPES, grammar.CONVERTED_TYPE))
        kept = not printed or (len(printed) > 2 and printed[0] == printed[-1] == '"')
        advice = f"write one of {types}"
        self.report(row.index + 2, "a data type", advice if kept else f"{advice}; the row is left out")
        return printed.strip('"') if kept else None

    def _check_cells(self, row: _TableRow, *cells: str) -> None:
        for offset, cell in enumerate(cells):
            if not grammar.cell_is_whole(cell):
                advice = "write 'PATH (Dependant on having VALUE in PATH)'"
                self.report(row.index + offset, "a complete qualifier", advice)

    def _wrong_width(self, row: _TableRow, expected: str) -> None:
        advice = "one line for each cell, the first beginning with '* - '; the row is left out"
        self.report(row.index, f"a row of {expected}", advice)


def begins_table(line: str) -> bool:
    """Whether a line can only be part of a table."""
    text = line.lstrip(_BLANKS)
    return text == "-" or text.startswith((grammar.LIST_TABLE, grammar.HEADER_ROWS, "* -", "- "))


def _label(printed: str) -> Label:
    return Label(text=printed.strip(_BLANKS), unnamed=printed.startswith(" "))


def _common_prefix(a: str, b: str) -> int:
    length = 0
    for left, right in zip(a[:200], b, strict=False):
        if left != right:
            break
        length += 1
    return length
