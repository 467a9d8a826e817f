"""The grammar page says what the code does: its example reads, and it names every shape, rule, type, state and limit."""

import re

from samtale.documents import body, files, grammar, reader
from samtale.documents.grammar import Rule
from samtale.documents.reader import parse
from samtale.documents.writer import write
from tests.conftest import ROOT
from tests.documents.samples import lost_lines

PAGE = (ROOT / "docs" / "reference" / "dataflow-grammar.md").read_text(encoding="utf-8")


def test_the_example_is_a_document() -> None:
    (example,) = re.findall(r"```rst\n(.*?)```", PAGE, re.DOTALL)
    read = parse(example)
    assert read.problems == ()
    assert lost_lines(example, read, "Introduction\nAny paragraphs.") == []
    assert [(section.rule, len(section.rows)) for section in read.sections] == [
        (Rule.MATCH_OR_CREATE, 2),
        (Rule.MATCH_ONLY, 0),
    ]
    sections = example.partition("Any paragraphs.")[2]
    assert write(read).endswith(sections)


def test_everything_has_a_place_on_the_page() -> None:
    words = [*grammar.Shape, *(f"`{rule}`" for rule in Rule), *(f"`{state}`" for state in grammar.State)]
    words += [f"`{grammar.print_type(name)}`" for name in (*grammar.QUOTED_TYPES, grammar.CONVERTED_TYPE)]
    words += [f"`{sentence.format(x='X', y='Y')}`" for sentence in grammar.SENTENCES.values()]
    words += [f"{limit:,}" for limit in (files.MAX_BYTES, reader.MAX_LINE, body.MAX_HEADING, reader.MAX_PROBLEMS)]
    text = PAGE.lower()
    assert [word for word in words if word.lower() not in text] == []
