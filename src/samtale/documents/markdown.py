"""Writing a document as Markdown, for places that show it: pull requests, wikis, chats. It is not read again."""

import re
from collections.abc import Iterable, Iterator

from samtale.documents import grammar
from samtale.documents.grammar import Document, Section
from samtale.documents.introduction import Imprint, paragraphs

_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~#])")
_OPENING = re.compile(r"^([-+=:]|\d+[.)])")


def to_markdown(document: Document, imprint: Imprint | None = None) -> str:
    """The document as Markdown with tables, as GitHub and GitLab show it."""
    return "\n".join(_lines(document, imprint or Imprint())) + "\n"


def _lines(document: Document, imprint: Imprint) -> Iterator[str]:
    yield f"# {_quote(f'{document.source} to {document.target}'.strip())} {grammar.TITLE_END}"
    if document.generated is not None:
        yield from ("", f"Generated: {grammar.print_time(document.generated)}")
    for paragraph in paragraphs(document, imprint):
        yield from ("", _quote(paragraph))
    for section in document.sections:
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    said = grammar.wording(section, _quote)
    yield from ("", f"## {_quote(section.heading)}")
    for lines in said.rule:
        yield from ("", "  \n".join(_OPENING.sub(r"\\\1", line) for line in lines))
    if said.merge is not None:
        yield from ("", said.merge, "", *_table(grammar.merge_headers(section), section.merge))
    yield from ("", said.once, "", said.properties)
    if section.rows:
        headers = grammar.row_headers(section)
        cells = ((r.source, r.target, grammar.print_type(r.type), r.state)[: len(headers)] for r in section.rows)
        yield from ("", *_table(headers, cells))


def _table(headers: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(map(_quote, headers)) + " |"
    yield "|" + " --- |" * len(headers)
    for cells in rows:
        yield "| " + " | ".join(map(_quote, cells)) + " |"


def _quote(text: str) -> str:
    return _MARKUP.sub(r"\\\1", grammar.UNPRINTABLE.sub(" ", text))
