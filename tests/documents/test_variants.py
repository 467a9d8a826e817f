"""What documents of former generations have that later ones do not. All of it reads without a problem."""

import pytest

from samtale.documents.grammar import Row, Rule
from samtale.documents.reader import parse
from tests.documents import samples
from tests.documents.samples import X, Y, before, document, merge_table, section, table


def test_a_type_without_its_bullet() -> None:
    text = document(section(properties=table(X, Y, ("a", "b", '"string"'), ("c", "d", "N/A"))))
    old = text.replace('     - "string"', '"string"')
    assert old != text
    assert parse(old).problems == ()
    assert parse(old).sections == parse(text).sections


@pytest.mark.parametrize(
    "expression",
    ['"datetime-format","%Y-%m-%d","_."]', '["strip-after","+"],"_."', '"if",["eq","_.","X"],null', '"a","b'],
)
def test_a_fragment_of_an_expression_in_place_of_a_type(expression: str) -> None:
    read = parse(document(section(properties=table(X, Y, ("a", "b", expression)))))
    assert [row.type for row in read.sections[0].rows] == [expression]
    assert read.problems == ()


def test_trailing_tabs() -> None:
    text = document(section()).replace("Name\n", "Name\t\n").replace(":\n", ": \t\n")
    assert parse(text).sections == parse(document(section())).sections
    assert parse(text).problems == ()


def test_a_merge_row_that_is_empty_on_both_sides() -> None:
    read = parse(document(section(before(), merge=merge_table(("", ""), ("a", "b")))))
    assert (read.sections[0].merge, read.problems) == ((("", ""), ("a", "b")), ())


@pytest.mark.parametrize(
    "path", ["variants..sku", "ps:P297", "$original_id", "sesam_OrderId", "a.b.c.d.e", "Created by"]
)
def test_odd_paths(path: str) -> None:
    read = parse(document(section(properties=table(X, Y, (path, path, "N/A")))))
    assert read.problems == ()
    row = read.sections[0].rows[0]
    assert (row.path_from, row.path_to) == (path, path)


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_a_byte_order_mark(ending: str, mark: str) -> None:
    text = samples.SAMPLES["match or create"]
    read = parse(mark + text.replace("\n", ending))
    assert read == parse(text)


def test_a_missing_final_newline() -> None:
    text = document(section())
    assert parse(text.rstrip("\n")) == parse(text)


def test_tables_whose_type_header_names_the_system_otherwise() -> None:
    read = parse(document(section(y="RolodexRolo Dex Company", properties=table(y="RolodexRolo Dex Company"))))
    assert (read.sections[0].target_system, read.problems) == ("Rolodex", ())
    read = parse(document(section(y="RoloDex Company", properties=table(y="RoloDex Company"))))
    assert (read.sections[0].target_system, read.problems) == ("Rolodex", ())


def test_the_second_sentence_of_the_connected_rule_spells_the_system_in_its_own_way() -> None:
    sentence = (
        f"A new {Y} will be created from a {X} if it is connected to a Ledger-orders that is synchronized into ROLO."
    )
    (read,) = parse(document(section(f"{before()}\n\n{sentence}"))).sections
    assert read.rule is Rule.CONNECTED
    assert read.connection is not None
    assert read.connection.into == "ROLO"


def test_rows_keep_their_line_in_every_variant() -> None:
    text = document(section(properties=table(X, Y, ("a", "b", '"string"'), ("c", "d", '"list"'))))
    lines = text.splitlines()
    read = parse(text.replace('     - "string"', '"string"'))
    assert read.sections[0].rows == (
        Row(source="a", target="b", type="string", line=lines.index("   * - a") + 1),
        Row(source="c", target="d", type="list", line=lines.index("   * - c") + 1),
    )
