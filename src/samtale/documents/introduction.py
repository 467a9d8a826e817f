"""The opening of a document, in Samtale's own words. Readers pass over it: it stands for people.

The words are no part of the format and may change at will.
"""

import msgspec

from samtale.documents.grammar import Document, print_time


class Imprint(msgspec.Struct, frozen=True, kw_only=True):
    """What a document says about itself; parts that are empty are left out."""

    #: Name of the project that it was made from.
    project: str = ""
    #: Version of the model, such as the short digest of its files.
    model: str = ""
    #: Who answers for the document, and a notice to its readers, both from the project file.
    owner: str = ""
    notice: str = ""


def paragraphs(document: Document, imprint: Imprint) -> tuple[str, ...]:
    """The introduction, one line to a paragraph. Each begins with words of ours, never with those of the project."""
    source, target = (name or "an unnamed system" for name in (document.source, document.target))
    facts = (("Project", imprint.project), ("Model", imprint.model), ("Owner", imprint.owner))
    known = [f"{name}: {_one_line(value)}." for name, value in facts if value.strip()]
    if known and document.generated:
        known.append(f"Made: {print_time(document.generated)}.")
    texts = [
        f"What Samtale keeps in step from {source} to {target}. Each section below joins one type of record in one "
        "system with one in the other, and says when a record is created and which of its properties stay equal.",
        "Check every section against both systems: edit a record on one side and look for the change on the other. "
        "Where the document is wrong, correct the model and write the document again.",
        " ".join(known),
        f"Notice: {_one_line(imprint.notice)}" if imprint.notice.strip() else "",
    ]
    return tuple(text for text in texts if text)


def _one_line(text: str) -> str:
    return " ".join(text.split())
