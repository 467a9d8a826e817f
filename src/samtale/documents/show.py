"""What a document says, as plain data: the JSON of `samtale show`.

The contract is docs/reference/json/show.schema.json; a change here is a change there.
"""

from typing import Any

import msgspec

from samtale.documents.grammar import Document, Row, Section

_ENCODER = msgspec.json.Encoder()


def to_data(document: Document) -> dict[str, Any]:
    """A document as the JSON object of `samtale show`; labels and cells as printed, without the blanks around them."""
    return {
        "file": document.file,
        "source": document.source,
        "target": document.target,
        "generated": document.generated.isoformat(timespec="seconds") if document.generated else None,
        "sections": [_section(section) for section in document.sections],
        "problems": [{"line": problem.line, "message": problem.message} for problem in document.problems],
    }


def to_json(document: Document) -> bytes:
    """The same as one line of JSON in UTF-8, without a line end. A path that is no UTF-8 shows a mark in its place."""
    data = to_data(document)
    data["file"] = document.file.encode(errors="replace").decode()
    return _ENCODER.encode(data)


def _section(section: Section) -> dict[str, Any]:
    return {
        "from": section.source.text,
        "to": section.target.text,
        "rule": section.rule.value,
        "condition": section.condition,
        "connected_to": section.connected_to,
        "merge": section.merge,
        "rows": [_row(row) for row in section.rows],
        "line": section.line,
    }


def _row(row: Row) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "from": row.source,
        "to": row.target,
        "type": row.type,
        "path_from": row.path_from,
        "path_to": row.path_to,
        "qualifiers": [{"side": part.side, "value": part.value, "path": part.path} for part in row.qualifiers],
    }
    if row.state:
        shown["state"] = row.state
    return shown
