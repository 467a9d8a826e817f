"""Writing a document as reStructuredText: valid, and readable again by reader.py without loss.

Names and paths are escaped only where reStructuredText would take them for markup, so that a document looks as it
always did.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Set

from samtale.documents import grammar
from samtale.documents.body import MAX_HEADING, splits
from samtale.documents.grammar import Document, DocumentError, Section
from samtale.documents.introduction import Imprint, paragraphs
from samtale.documents.reader import MAX_LINE

#: Characters of the longest name, path or text; escaped and in a sentence it still makes a line that can be read.
MAX_TEXT = MAX_LINE // 4
#: Backslash, emphasis, literals, substitutions; an underscore that ends a word; colons that end a text.
_MARKUP = re.compile(r"[\\*`|]|_+(?!\w)|:+$")
#: Marks that mean something at the beginning of a line only.
_OPENING = frozenset("-+.:=~^#>/!;?,}])")
_NUMBERED = re.compile(r"\(?(?:#|\w+)(?=[.)](?:\s|$))")


def write(document: Document, imprint: Imprint | None = None) -> str:
    """The document as reStructuredText, with line feeds and one at the end.

    Raises DocumentError if a name, path or text in it cannot stand on one line of a document.
    """
    return "\n".join(_lines(document, imprint or Imprint())) + "\n"


def _lines(document: Document, imprint: Imprint) -> Iterator[str]:
    title = f"{_quote(document.source)} to {_quote(document.target)} {grammar.TITLE_END}"
    rule = "=" * grammar.width(title)
    yield from (rule, title, rule, "")
    if document.generated is not None:
        yield from (grammar.GENERATED + grammar.print_time(document.generated), "")
    yield from ("Introduction", "------------")
    for paragraph in paragraphs(document, imprint):
        yield from ("", _quote(paragraph))
    headings = Counter(_target_name(section.heading) for section in document.sections)
    headings[_target_name(title)] += 1
    for index, section in enumerate(document.sections):
        yield from ("", "") if index else ("",)
        yield from _section(section, {name for name, count in headings.items() if count == 1})


def _section(section: Section, linkable: Set[str]) -> Iterator[str]:
    _check_readable(section)
    heading = _opening(_quote(section.heading))
    said = grammar.wording(section, _quote)
    yield from (heading, "-" * grammar.width(heading))
    for number, lines in enumerate(said.rule):
        yield from ("",) if number else ()
        yield from (_opening(line) for line in lines)
    if said.merge is not None:
        yield from ("", said.merge)
        yield from _table(grammar.merge_headers(section), section.merge)
    yield from ("", said.once, "", said.properties)
    if section.rows:
        headers = grammar.row_headers(section)
        yield from _table(headers, (_cells(row, len(headers)) for row in section.rows), linkable)


def _cells(row: grammar.Row, columns: int) -> tuple[str, ...]:
    if grammar.without_link_marks(row.state) != row.state:
        raise DocumentError(f"the state of row '{row.source}' holds the marks of a link; name the heading without them")
    return (row.source, row.target, grammar.print_type(row.type), row.state)[:columns]


def _table(
    headers: tuple[str, ...], rows: Iterable[tuple[str, ...]], linkable: Set[str] = frozenset()
) -> Iterator[str]:
    yield from ("", grammar.LIST_TABLE, f"   {grammar.HEADER_ROWS}", "")
    for cells in (headers, *rows):
        for number, cell in enumerate(cells):
            text = _state(cell, linkable) if number == 3 else _opening(_quote(cell))
            yield ("     - " if number else "   * - ").rstrip(" ") + (f" {text}" if text else "")


def _state(state: str, linkable: Set[str]) -> str:
    text, heading = _opening(_quote(state)), grammar.link(state)[1]
    if _target_name(heading) not in linkable or set(heading) & set("<>`\\"):
        return text
    quoted = _quote(heading)
    return f"{text.removesuffix(quoted)}`{quoted}`_"


def _target_name(heading: str) -> str:
    """A heading as reStructuredText compares it when something links to it."""
    return " ".join(heading.lower().split())


# --------------------------------------------------------------------------------------------------------- escaping


def _quote(text: str) -> str:
    """Escape what would be markup anywhere in a line."""
    if text != text.strip(" \t") or grammar.UNPRINTABLE.search(text) or len(text) > MAX_TEXT:
        raise DocumentError(
            "a name, path or text has line breaks, other control characters or blanks at its ends, or is longer than "
            f"{MAX_TEXT:,} characters; correct it in the model or the project file"
        )
    return _MARKUP.sub(lambda match: "".join(f"\\{mark}" for mark in match[0]), text)


def _opening(text: str) -> str:
    """Escape what would be markup at the beginning of a line."""
    if not text:
        return text
    if text[0] in _OPENING or (not text[0].isalnum() and text[0].isascii() and len(set(text)) == 1 and text[0] != "\\"):
        return f"\\{text}"
    number = _NUMBERED.match(text)
    return f"{number[0]}\\{text[number.end() :]}" if number else text


def _check_readable(section: Section) -> None:
    """Refuse what would be read as something else."""
    labels, connection = (section.source, section.target), section.connection
    if not all(label.text for label in labels):
        raise DocumentError("a section has no name on one side; give both its labels a text")
    if (section.source.printed, section.target.printed) not in splits(f"{labels[0].printed} to {labels[1].printed}"):
        raise DocumentError(f"the labels of a section are longer than {MAX_HEADING:,} characters; shorten them")
    if connection is not None and (not all(connection.names) or not connection.names):
        raise DocumentError(f"section '{section.heading}' creates what is connected, but names no type; name one")
    if section.condition == "":
        raise DocumentError(f"section '{section.heading}' is conditional, but has no condition; write it in words")
