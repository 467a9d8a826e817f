"""Writing a document as one page of HTML: nothing to load, readable on a phone, printable. It is not read again."""

from collections.abc import Iterable, Iterator
from html import escape

from samtale.documents import grammar
from samtale.documents.grammar import Document, Section
from samtale.documents.introduction import Imprint, paragraphs

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2430; --paper: #fff; --line: #d5dae1; --soft: #f4f6f8; --accent: #0b5cad; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ee; --paper: #14181e; --line: #39424e; --soft: #1d232b; --accent: #7db7f5; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 60rem; font: 1rem/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--paper); overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.2; }
h2 { font-size: 1.2rem; line-height: 1.3; margin-top: 2.5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
a { color: var(--accent); }
nav { background: var(--soft); padding: .5rem 1rem; border-radius: .5rem; }
nav ol { margin: .25rem 0; padding-left: 1.5rem; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .4rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { background: var(--soft); }
th:nth-child(n + 3) { width: 22%; }
th:nth-child(3) { width: 15%; }
td.path { overflow-wrap: anywhere; font-family: ui-monospace, monospace; font-size: .92em; }
@media (max-width: 40rem) {
  thead { position: absolute; clip-path: inset(50%); }
  tr { display: block; margin: 0 0 .75rem; border: 1px solid var(--line); border-radius: .5rem; }
  td { display: block; border: 0; }
  td::before { content: attr(data-header); display: block; font: .75rem/1.2 system-ui, sans-serif; opacity: .7; }
}
@media print {
  :root { --ink: #000; --paper: #fff; --line: #999; --soft: #eee; --accent: #000; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  h2 { break-after: avoid; }
  tr { break-inside: avoid; }
}
"""


def to_html(document: Document, imprint: Imprint | None = None) -> str:
    """The document as a self-contained page: no scripts, no fonts, no pictures, nothing fetched."""
    return "\n".join(_lines(document, imprint or Imprint())) + "\n"


def _lines(document: Document, imprint: Imprint) -> Iterator[str]:
    title = escape(f"{document.source} to {document.target} {grammar.TITLE_END}".strip())
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>"
    if document.generated is not None:
        time = document.generated.isoformat(timespec="seconds")
        yield f'<p>Generated: <time datetime="{time}">{grammar.print_time(document.generated)}</time></p>'
    yield from (f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs(document, imprint))
    if document.sections:
        yield '<nav aria-label="Sections">\n<ol>'
        yield from (f'<li><a href="#section-{n}">{escape(s.heading)}</a></li>' for n, s in _numbered(document))
        yield "</ol>\n</nav>"
    headings = {section.heading: number for number, section in reversed(list(_numbered(document)))}
    for number, section in _numbered(document):
        yield from _section(number, section, headings)
    yield "</main>\n</body>\n</html>"


def _numbered(document: Document) -> Iterable[tuple[int, Section]]:
    return enumerate(document.sections, 1)


def _section(number: int, section: Section, headings: dict[str, int]) -> Iterator[str]:
    said = grammar.wording(section)
    yield f'<section id="section-{number}">\n<h2>{escape(section.heading)}</h2>'
    yield from (f"<p>{'<br>'.join(map(escape, lines))}</p>" for lines in said.rule)
    if said.merge is not None:
        yield f"<p>{escape(said.merge)}</p>"
        yield from _table(grammar.merge_headers(section), section.merge, headings)
    yield f"<p>{escape(said.once)}</p>\n<p>{escape(said.properties)}</p>"
    if section.rows:
        headers = grammar.row_headers(section)
        cells = ((r.source, r.target, grammar.print_type(r.type), r.state)[: len(headers)] for r in section.rows)
        yield from _table(headers, cells, headings)
    yield "</section>"


def _table(headers: tuple[str, ...], rows: Iterable[tuple[str, ...]], headings: dict[str, int]) -> Iterator[str]:
    shown = "".join(f'<th scope="col">{escape(header)}</th>' for header in headers)
    yield f"<table>\n<thead><tr>{shown}</tr></thead>\n<tbody>"
    for cells in rows:
        yield "<tr>" + "".join(map(_cell, range(4), headers, cells, [headings] * 4)) + "</tr>"
    yield "</tbody>\n</table>"


def _cell(column: int, header: str, text: str, headings: dict[str, int]) -> str:
    shown = escape(text)
    head, heading = grammar.link(text)
    if column == 3 and heading in headings:
        shown = f'{escape(head)}<a href="#section-{headings[heading]}">{escape(heading)}</a>'
    path = ' class="path"' if column < 2 else ""
    return f'<td{path} data-header="{escape(header)}">{shown}</td>'
