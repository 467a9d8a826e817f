"""Writing: what is written reads as the same document, is valid reStructuredText, and has none of the old words."""

import io

import pytest
from docutils.core import publish_doctree, publish_string
from docutils.nodes import Node, reference, row, section, system_message
from hypothesis import example, given

from samtale.documents.grammar import Connection, Document, DocumentError, Label, Row, Rule, Section
from samtale.documents.introduction import Imprint
from samtale.documents.reader import parse
from samtale.documents.writer import write
from tests.documents.samples import SAMPLES
from tests.documents.strategies import documents

SETTINGS = {"report_level": 2, "halt_level": 6, "warning_stream": io.StringIO(), "_disable_config": True}


def tree(text: str) -> Node:
    return publish_doctree(text, settings_overrides=SETTINGS)


def complaints(text: str) -> list[str]:
    """What docutils says about a text, from warnings upward."""
    return [message.astext() for message in tree(text).findall(system_message) if message["level"] >= 2]


def client(**changes: object) -> Section:
    part = {"source": Label(text="Ledger Clients"), "target": Label(text="Rolodex Company"), "rule": Rule.ALWAYS}
    return Section(**{**part, **changes})  # type: ignore[arg-type]


def page(*sections: Section) -> Document:
    return Document(source="Ledger", target="Rolodex", generated=None, sections=sections)


@given(documents())
@example(Document(source="", target="", generated=None))
def test_what_is_written_reads_as_the_same(document: Document) -> None:
    text = write(document)
    read = parse(text)
    assert [p.message for p in read.problems if document.generated or "time of making" not in p.message] == []
    assert read.meaning() == document


@given(documents())
def test_what_is_written_is_valid_restructuredtext(document: Document) -> None:
    assert complaints(write(document, Imprint(project="a*b_", model="|c|", owner="`d", notice="e_ :: f::"))) == []


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_survives_writing(name: str) -> None:
    document = parse(SAMPLES[name])
    text = write(document)
    assert parse(text).meaning() == document.meaning()
    assert complaints(text) == []
    assert write(parse(text)) == text


def test_lines_and_their_order() -> None:
    part = client(
        rule=Rule.MATCH_OR_CREATE,
        merge=(("mail", "email"),),
        rows=(Row(source="Name", target="title", state="synchronized"), Row(source="Id", target="no", type="N/A")),
        target_system="Rolodex",
    )
    assert write(page(part)).partition("\n\nLedger Clients")[2].splitlines() == [
        " to Rolodex Company",
        "---------------------------------",
        "Every Ledger Clients will be synchronized with a Rolodex Company.",
        "",
        "If a matching Rolodex Company already exists, the Ledger Clients will be merged with the existing one.",
        "If no matching Rolodex Company is found, a new Rolodex Company will be created.",
        "",
        "A Ledger Clients will merge with a Rolodex Company if one of the following property combinations match:",
        "",
        ".. list-table::",
        "   :header-rows: 1",
        "",
        "   * - Ledger Clients Property",
        "     - Rolodex Company Property",
        "   * - mail",
        "     - email",
        "",
        "Once a link between a Ledger Clients and a Rolodex Company is established, it will keep in sync between the two "
        "systems, regardless of where it is edited.",
        "",
        "The following properties are synchronized between a Ledger Clients and a Rolodex Company:",
        "",
        ".. list-table::",
        "   :header-rows: 1",
        "",
        "   * - Ledger Clients Property",
        "     - Rolodex Company Property",
        "     - Rolodex Data Type",
        "     - State",
        "   * - Name",
        "     - title",
        '     - "string"',
        "     - synchronized",
        "   * - Id",
        "     - no",
        "     - N/A",
        "     -",
    ]


def test_a_section_without_rows_has_a_sentence_instead_of_a_table() -> None:
    text = write(page(client()))
    assert "No properties are synchronized between a Ledger Clients and a Rolodex Company." in text
    assert "list-table" not in text


def test_docutils_sees_the_tables() -> None:
    part = client(rows=(Row(source="Name", target="title"),), rule=Rule.MATCH_ONLY, merge=(("a", "b"), ("c", "d")))
    assert len(list(tree(write(page(part))).findall(row))) == 3 + 2


def test_a_state_links_to_the_section_that_it_names() -> None:
    deal = client(source=Label(text="Ledger Deals_"), target=Label(text="Rolodex Order"))
    part = client(rows=(Row(source="d", target="o", state="reference, see Ledger Deals_ to Rolodex Order"),))
    document = page(part, deal)
    text = write(document)
    (link,) = tree(text).findall(reference)
    assert link["refid"] in [name for found in tree(text).findall(section) for name in found["ids"]]
    assert parse(text).meaning() == document


def test_a_heading_that_occurs_twice_is_no_target_of_a_link() -> None:
    part = client(rows=(Row(source="d", target="o", state="reference, see Ledger Clients to Rolodex Company"),))
    text = write(page(part, client()))
    assert list(tree(text).findall(reference)) == []
    assert complaints(text) == []


def test_names_are_escaped_only_where_they_must_be() -> None:
    rows = tuple(Row(source=path, target=path) for path in ("Billing_City", "a.b_c", "$id", "x (y)", "__c"))
    assert "\\" not in write(page(client(rows=rows)))
    assert "     - odd\\_\n" in write(page(client(rows=(Row(source="a", target="odd_"),))))


def test_the_introduction_is_ours_and_tells_where_the_document_comes_from() -> None:
    document = Document(source="Ledger", target="", generated=parse(SAMPLES["always"]).generated)
    text = write(document, Imprint(project="acme", model="3f2a", owner="Acme AS", notice="Internal.\n\nAsk first."))
    for part in (
        "Project: acme. Model: 3f2a. Owner: Acme AS. Made: 2024-02-29 23:59:58.",
        "Notice: Internal. Ask first.",
    ):
        assert part in text
    assert "an unnamed system" in text
    for word in ("confidential", "intellectual property", "prohibited"):
        assert word not in text
    assert parse(text).problems == ()


@pytest.mark.parametrize(
    "part",
    [
        client(rows=(Row(source="a\nb", target="c"),)),
        client(rows=(Row(source=" a", target="c"),)),
        client(rows=(Row(source="a\x00", target="c"),)),
        client(rows=(Row(source="a" * 5_001, target="c"),)),
        client(rows=(Row(source="a", target="c", state="reference, see `X`_"),)),
        client(source=Label(text="")),
        client(source=Label(text="a" * 1_000)),
        client(source=Label(text="a to " * 20 + "a")),
        client(rule=Rule.CONDITIONAL, condition=""),
        client(rule=Rule.CONNECTED, connection=Connection(names=())),
    ],
)
def test_what_could_not_be_read_again_is_not_written(part: Section) -> None:
    with pytest.raises(DocumentError):
        write(page(part))


@pytest.mark.parametrize(
    "changes",
    [
        {"condition": "When"},
        {"rule": Rule.CONDITIONAL},
        {"rule": Rule.CONNECTED},
        {"connection": Connection(names=("a",))},
    ],
)
def test_a_section_is_valid_at_birth(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="goes with the rule"):
        client(**changes)


def test_docutils_makes_a_page_of_it() -> None:
    html = publish_string(write(parse(SAMPLES["states"])), writer="html5", settings_overrides=SETTINGS).decode()
    assert html.count("<table>") == 1
    assert "identity: never written" in html
