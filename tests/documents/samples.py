"""Small documents of made-up systems, put together shape by shape, and what a document must hold of its text."""

from collections import Counter
from collections.abc import Sequence

from samtale.documents import grammar
from samtale.documents.grammar import Document, Section

X = "Ledger Clients"
Y = "Rolodex Company"


def document(*sections: str, title: str = "Ledger to Rolodex Dataflow", introduction: str = "Introduction") -> str:
    """A whole document around the sections."""
    rule = "=" * len(title)
    front = (
        f"{rule}\n{title}\n{rule}\n\nGenerated: 2024-02-29 23:59:58\n\n{introduction}\n------------\n\nSome words.\n"
    )
    return "\n".join((front, "\n\n".join(sections)))


def section(rule: str | None = None, x: str = X, y: str = Y, merge: str = "", properties: str | None = None) -> str:
    """A section; `rule` is its first paragraph, None for that of an unconditional one."""
    heading = f"{x} to {y}"
    parts = [
        f"{heading}\n{'-' * len(heading)}\n{every(x, y) if rule is None else rule}\n",
        merge,
        f"Once a link between a {x} and a {y} is established, it will keep in sync between the two systems, regardless of "
        "where it is edited.\n",
        table(x, y) if properties is None else properties,
    ]
    return "\n".join(part for part in parts if part)


def every(x: str = X, y: str = Y) -> str:
    return f"Every {x} will be synchronized with a {y}."


def before(x: str = X, y: str = Y) -> str:
    return f"Before any synchronization can take place, a link between a {x} and a {y} must be established."


def matching(x: str = X, y: str = Y) -> str:
    return (
        f"If a matching {y} already exists, the {x} will be merged with the existing one.\n"
        f"If no matching {y} is found, a new {y} will be created."
    )


def merge_table(*pairs: tuple[str, str], x: str = X, y: str = Y) -> str:
    lead = f"A {x} will merge with a {y} if one of the following property combinations match:\n\n"
    return lead + rows([f"{x.strip()} Property", f"{y.strip()} Property"], *pairs)


def table(x: str = X, y: str = Y, *lines: Sequence[str], system: str = "Rolodex", state: bool = False) -> str:
    """A table of properties, with one row unless told which."""
    headers = [f"{x.strip()} Property", f"{y.strip()} Property", f"{system} Data Type", *(["State"] if state else [])]
    lead = f"The following properties are synchronized between a {x} and a {y}:\n\n"
    return lead + rows(headers, *(lines or [("Name", "title", '"string"')]))


def rows(headers: Sequence[str], *lines: Sequence[str]) -> str:
    text = ".. list-table::\n   :header-rows: 1\n\n"
    for cells in (headers, *lines):
        text += "".join(
            f"{'     - ' if number else '   * - '}{cell}".rstrip() + "\n" for number, cell in enumerate(cells)
        )
    return text


#: One of each kind of section.
SAMPLES = {
    "always": document(section(), section(x="Ledger Offices", properties=table("Ledger Offices", Y))),
    "match only": document(section(before(), merge=merge_table(("mail", "email"), ("code", "number")))),
    "connected": document(
        section(
            f"{before()}\n\nA new {Y} will be created from a {X} if it is connected to a Ledger Ledger-orders, "
            "Ledger-invoices, or Created by that is synchronized into Rolodex.",
            merge=merge_table(("mail", "email")),
        ),
        section(),
    ),
    "match or create": document(section(f"{every()}\n\n{matching()}", merge=merge_table(("mail", "email"))), section()),
    "conditional": document(
        section(f"When the client has paid, once, it  will be synchronized with a {Y}."),
        section(f"When, at last, it  will be synchronized with a {Y}.\n\n{matching()}", merge=merge_table(("a", "b"))),
    ),
    "qualified": document(
        section(
            properties=table(
                X,
                Y,
                ("Phone (Dependant on having work in phones.kind)", "phone", "N/A"),
                ("Id", "ids.value (Dependant on having  in )", '"integer"'),
                ("Zip", "zip (Dependant on having NO in CountryDependant on having q:1 in Kind)", '"boolean"'),
            )
        )
    ),
    "states": document(
        section(
            properties=table(
                X,
                Y,
                ("Name", "title", '"string"', "synchronized"),
                ("Id", "id", '"string"', "identity: never written"),
                state=True,
            )
        ),
        section(properties=f"No properties are synchronized between a {X} and a {Y}.\n"),
    ),
    "unnamed": document(
        section(x=" Clients", y=" Company", properties=table(" Clients", " Company", system="")), title=" to  Dataflow"
    ),
}


def lost_lines(text: str, read: Document, allowed: str = "Introduction\n------------\nSome words.") -> list[str]:
    """Lines of a text that are nowhere in what was read of it, the allowed ones (and any beginning of them) aside."""
    printed = Counter(_plain(line) for line in text.replace("\r", "\n").split("\n"))
    missing = printed - Counter(_plain(line) for line in _lines_of(read))
    free = tuple(_plain(line) for line in allowed.split("\n"))
    fixed = {"", grammar.LIST_TABLE, grammar.HEADER_ROWS, grammar.STATE_HEADER}
    return [
        line
        for line in missing
        if line not in fixed and line.strip("-=") and not any(whole.startswith(line) for whole in free)
    ]


def _plain(line: str) -> str:
    return " ".join(line.split()).removeprefix("* ").removeprefix("-").strip()


def _lines_of(read: Document) -> list[str]:
    lines = [f"{read.source} to {read.target} Dataflow"]
    lines += [f"Generated: {read.generated:%Y-%m-%d %H:%M:%S}"] if read.generated else []
    for part in read.sections:
        said = grammar.wording(part)
        lines += [part.heading, *(line for lines in said.rule for line in lines), said.once, said.properties]
        lines += [said.merge or "", *_cells_of(part)]
        if not part.rows:  # an old table that has nothing but its headers
            x, y = part.source.printed, part.target.printed
            lines += [grammar.PROPERTIES.format(x=x, y=y), *grammar.row_headers(part)]
    return lines


def _cells_of(part: Section) -> list[str]:
    cells = [cell for pair in part.merge for cell in pair]
    cells += grammar.merge_headers(part) if part.merge else ()
    cells += grammar.row_headers(part) if part.rows else ()
    for row in part.rows:
        cells += [row.source, row.target, grammar.print_type(row.type), row.state]
    return cells
