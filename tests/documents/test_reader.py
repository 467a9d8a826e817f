"""Reading, shape by shape, with small documents: what each shape means, and what is said where it is damaged."""

from datetime import datetime

import pytest

from samtale.documents.grammar import Connection, Document, Label, Qualifier, Row, Rule
from samtale.documents.reader import parse
from tests.documents import samples
from tests.documents.samples import X, Y, before, document, every, matching, merge_table, rows, section, table


def clean(text: str) -> Document:
    """The document, which must read without a problem."""
    read = parse(text)
    assert [(problem.line, problem.message) for problem in read.problems] == []
    assert samples.lost_lines(text, read) == []
    return read


def line_of(text: str, part: str) -> int:
    """Number of the first line that has this part."""
    return text[: text.index(part)].count("\n") + 1


def only_problem(text: str) -> tuple[int, str, Document]:
    read = parse(text)
    assert len(read.problems) == 1, read.problems
    return read.problems[0].line, read.problems[0].message, read


# -------------------------------------------------------------------------------------------------------------- the front


def test_title_and_time() -> None:
    read = clean(document())
    assert (read.source, read.target) == ("Ledger", "Rolodex")
    assert read.generated == datetime(2024, 2, 29, 23, 59, 58)
    assert read.sections == ()


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Ledger to  Dataflow", ("Ledger", "")),
        (" to Rolodex Dataflow", ("", "Rolodex")),
        ("to Rolodex Dataflow", ("", "Rolodex")),
        (" to  Dataflow", ("", "")),
        ("Ledger to Dataflow", ("Ledger", "")),
        ("My Ledger 2.0 to roll_o-dex.com Dataflow", ("My Ledger 2.0", "roll_o-dex.com")),
        ("Dataflow to Dataflow Dataflow", ("Dataflow", "Dataflow")),
    ],
)
def test_names_of_any_form(title: str, names: tuple[str, str]) -> None:
    read = clean(document(title=title))
    assert (read.source, read.target) == names


def test_a_title_that_can_be_split_twice_follows_the_headings() -> None:
    x, y = "Back to Basics Client", "Rolodex Company"
    read = parse(document(section(x=x, y=y, properties=table(x, y)), title="Back to Basics to Rolodex Dataflow"))
    assert (read.source, read.target, read.problems) == ("Back to Basics", "Rolodex", ())


def test_a_title_that_nothing_decides_is_reported() -> None:
    line, message, read = only_problem(document(title="A to B to C Dataflow"))
    assert (line, read.source, read.target) == (2, "A", "B to C")
    assert "from 'A' to 'B to C'" in message


@pytest.mark.parametrize("introduction", ["Introduction.", "Innledning", "What this is about"])
def test_the_introduction_is_known_by_its_place(introduction: str) -> None:
    text = document(section(), introduction=introduction)
    read = parse(text)
    assert read.problems == ()
    assert samples.lost_lines(text, read, allowed=f"{introduction}\nSome words.") == []


def test_an_introduction_may_have_any_words_and_length() -> None:
    text = document(section()).replace("Some words.", "We to you.\n\nEvery one will be told.\n* such\n\n  and such")
    assert len(parse(text).sections) == 1
    assert parse(text).problems == ()


@pytest.mark.parametrize(
    "time",
    ["2024-02-30 10:00:00", "2024-02-29", "2024-02-29 1:00:00", "2024-02-29 10:00:00.5", "yesterday", ""],
)
def test_a_time_that_is_none_is_reported(time: str) -> None:
    line, message, read = only_problem(document(section()).replace("2024-02-29 23:59:58", time))
    assert (line, read.generated, len(read.sections)) == (5, None, 1)
    assert "2024-01-31 08:00:00" in message


def test_a_section_is_not_taken_for_a_missing_introduction() -> None:
    text = document(section()).replace("Introduction\n------------\n\nSome words.\n", "")
    assert len(clean(text).sections) == 1


# -------------------------------------------------------------------------------------------------------------- the rules


def test_always() -> None:
    (read,) = clean(document(section())).sections
    assert (read.rule, read.condition, read.connected_to, read.merge) == (Rule.ALWAYS, None, (), ())
    assert (read.source, read.target) == (Label(text=X), Label(text=Y))
    assert read.line == 12


def test_match_only() -> None:
    (read,) = clean(document(section(before(), merge=merge_table(("mail", "email"), ("code", "no"))))).sections
    assert (read.rule, read.merge) == (Rule.MATCH_ONLY, (("mail", "email"), ("code", "no")))


def test_match_only_without_a_table_is_a_link_made_by_hand() -> None:
    (read,) = clean(document(section(before()))).sections
    assert (read.rule, read.merge) == (Rule.MATCH_ONLY, ())


@pytest.mark.parametrize("merge", ["", merge_table(("mail", "email"))])
@pytest.mark.parametrize(
    ("printed", "system", "names"),
    [
        ("Ledger-orders", None, ("Ledger-orders",)),
        ("Ledger Ledger-orders, or Ledger-quotes", "Ledger", ("Ledger-orders", "Ledger-quotes")),
        (
            "Ledger order lines, Created by, or Customer-person",
            "Ledger",
            ("order lines", "Created by", "Customer-person"),
        ),
        (" Orders, or Quotes", "", ("Orders", "Quotes")),
    ],
)
def test_create_when_connected(printed: str, system: str | None, names: tuple[str, ...], merge: str) -> None:
    rule = f"A new {Y} will be created from a {X} if it is connected to a {printed} that is synchronized into Rolo Dex."
    (read,) = clean(document(section(f"{before()}\n\n{rule}", merge=merge))).sections
    assert read.rule is Rule.CONNECTED
    assert read.connection == Connection(names=names, system=system, into="Rolo Dex")
    assert read.connected_to == names


def test_the_system_of_connecting_types_is_that_of_the_label_where_the_title_differs() -> None:
    x = "LedgerLedger Next Clients"
    rule = f"A new {Y} will be created from a {x} if it is connected to a LedgerLedger Next orders"
    text = f"{before(x)}\n{rule} that is synchronized into Rolodex."
    (read,) = clean(document(section(text, x=x, properties=table(x)))).sections
    assert read.connection == Connection(names=("orders",), system="LedgerLedger Next", into="Rolodex")


def test_match_or_create() -> None:
    (read,) = clean(document(section(f"{every()}\n{matching()}", merge=merge_table(("mail", "email"))))).sections
    assert (read.rule, read.merge) == (Rule.MATCH_OR_CREATE, (("mail", "email"),))


@pytest.mark.parametrize(
    "condition",
    [
        "When a deal is won",
        "taken out for now. Until settled, with care",
        "gets 100% of it.",
        "Every other day",
        "a to b",
    ],
)
def test_conditional(condition: str) -> None:
    (read,) = clean(document(section(f"{condition}, it  will be synchronized with a {Y}."))).sections
    assert (read.rule, read.condition, read.matches_first) == (Rule.CONDITIONAL, condition, False)


@pytest.mark.parametrize("merge", ["", merge_table(("mail", "email"))])
def test_conditional_that_matches_first(merge: str) -> None:
    text = f"When a deal is won, it  will be synchronized with a {Y}.\n\n{matching()}"
    (read,) = clean(document(section(text, merge=merge))).sections
    assert (read.rule, read.condition, read.matches_first) == (Rule.CONDITIONAL, "When a deal is won", True)


@pytest.mark.parametrize("rule", ["", f"{every()}\n{before()}", f"{every()}\n{matching().splitlines()[0]}"])
def test_sentences_that_are_no_rule_read_as_the_one_that_creates_nothing(rule: str) -> None:
    line, message, read = only_problem(document(section(rule)))
    assert (line, read.sections[0].rule) == (12, Rule.MATCH_ONLY)
    assert "exactly one of the five rules" in message


def test_a_merge_table_without_a_matching_rule_is_reported_and_kept() -> None:
    line, message, read = only_problem(document(section(merge=merge_table(("mail", "email")))))
    assert (line, read.sections[0].merge) == (12, (("mail", "email"),))
    assert "If a matching" in message


# ------------------------------------------------------------------------------------------------------------- the labels


def test_labels_of_unnamed_systems_begin_with_a_blank() -> None:
    (read,) = clean(samples.SAMPLES["unnamed"]).sections
    assert (read.source, read.target) == (Label(text="Clients", unnamed=True), Label(text="Company", unnamed=True))
    assert (read.target_system, read.source.printed) == ("", " Clients")
    assert read.heading == "Clients to  Company"


def test_named_and_unnamed_systems_mix() -> None:
    text = document(
        section(y=" Company", properties=table(y=" Company", system="")),
        section(y="Helpdesk Company", properties=table(y="Helpdesk Company", system="Helpdesk")),
        title="Ledger to  Dataflow",
    )
    unnamed, named = clean(text).sections
    assert (unnamed.target, unnamed.target_system) == (Label(text="Company", unnamed=True), "")
    assert (named.target, named.target_system) == (Label(text="Helpdesk Company"), "Helpdesk")


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("Ledger to Do", "Rolodex Company"),
        ("Ledger Do", "Rolodex Add to Cart"),
        ("Bed and a Breakfast", "A to and a B"),
        ("Every X", "It will be"),
    ],
)
def test_labels_are_split_where_the_sentences_split_them(x: str, y: str) -> None:
    (read,) = clean(document(section(x=x, y=y, properties=table(x, y, system="")))).sections
    assert (read.source.text, read.target.text) == (x, y)


@pytest.mark.parametrize(
    ("text", "kind", "bare"),
    [
        ("Ledger Clients", None, "Ledger Clients"),
        ("Ledger Clients (human data)", "human", "Ledger Clients"),
        ("Ledger Clients person", "person", "Ledger Clients"),
        ("Ledger Clients (old)", None, "Ledger Clients (old)"),
        ("person", None, "person"),
    ],
)
def test_the_kind_of_a_label(text: str, kind: str | None, bare: str) -> None:
    assert (Label(text=text).kind, Label(text=text).bare) == (kind, bare)


def test_a_heading_that_its_sentences_deny_gives_way_to_them() -> None:
    text = document(section(), section(x="Ledger Offices", properties=table("Ledger Offices")))
    line, message, read = only_problem(text.replace(f"{X} to", "Ledger Cli to"))
    assert (line, read.sections[0].source.text, len(read.sections)) == (12, X, 2)
    assert f"write '{X} to {Y}'" in message


@pytest.mark.parametrize("missing", [f"{X} to {Y}\n", f"{'-' * len(f'{X} to {Y}')}\n", f"{X} to {Y}\n{'-' * 33}\n"])
def test_a_section_without_a_whole_heading_is_still_a_section(missing: str) -> None:
    text = document(section(x="Ledger Offices", properties=table("Ledger Offices")), section())
    assert missing in text
    read = parse(text.replace(missing, ""))
    assert [part.source.text for part in read.sections] == ["Ledger Offices", X]
    assert [len(part.rows) for part in read.sections] == [1, 1]
    assert read.problems


def test_the_same_heading_may_occur_again() -> None:
    read = clean(document(section(), section(f"When won, it  will be synchronized with a {Y}."), section(before())))
    assert [part.rule for part in read.sections] == [Rule.ALWAYS, Rule.CONDITIONAL, Rule.MATCH_ONLY]
    assert len({part.heading for part in read.sections}) == 1


def test_a_document_may_go_from_a_system_to_itself() -> None:
    text = document(
        section(before(X, X), y=X, merge=merge_table(("id", "id"), y=X), properties=table(y=X, system="Ledger"))
    )
    (read,) = clean(text.replace("Rolodex", "Ledger")).sections
    assert read.source == read.target


# ------------------------------------------------------------------------------------------------------------- the tables


def test_rows() -> None:
    lines = [
        ("a.b", "c", f'"{name}"') for name in ("string", "integer", "float", "boolean", "decimal", "list", "first")
    ]
    text = document(section(properties=table(X, Y, *lines, ("a", "$original_id", "N/A"))))
    (read,) = clean(text).sections
    assert [row.type for row in read.rows] == [name.strip('"') for _, _, name in lines] + ["N/A"]
    assert read.rows[7] == Row(source="a", target="$original_id", type="N/A", line=line_of(text, "   * - a\n"))
    assert read.target_system == "Rolodex"


def test_a_table_of_headers_alone_has_no_rows() -> None:
    text = document(section(properties=table().partition("   * - Name")[0]))
    assert clean(text).sections[0].rows == ()


def test_a_sentence_may_stand_for_an_empty_table() -> None:
    text = document(section(properties=f"No properties are synchronized between a {X} and a {Y}.\n"))
    assert clean(text).sections[0].rows == ()


def test_states() -> None:
    lines = [("a", "b", '"string"', "held: no email"), ("c", "d", '"string"', "")]
    (read,) = clean(document(section(properties=table(X, Y, *lines, state=True)))).sections
    assert [row.state for row in read.rows] == ["held: no email", ""]


def test_a_link_in_a_state_reads_as_its_text() -> None:
    line = ("a", "b", '"string"', f"reference, see `{X} to {Y}`_")
    read = parse(document(section(properties=table(X, Y, line, state=True))))
    assert (read.sections[0].rows[0].state, read.problems) == (f"reference, see {X} to {Y}", ())


def test_qualified_cells() -> None:
    (read,) = clean(samples.SAMPLES["qualified"]).sections
    assert [(row.path_from, row.path_to) for row in read.rows] == [
        ("Phone", "phone"),
        ("Id", "ids.value"),
        ("Zip", "zip"),
    ]
    assert [row.qualifiers for row in read.rows] == [
        (Qualifier(side="from", value="work", path="phones.kind"),),
        (Qualifier(side="to", value="", path=""),),
        (Qualifier(side="to", value="NO", path="Country"), Qualifier(side="to", value="q:1", path="Kind")),
    ]
    assert read.rows[0].source == "Phone (Dependant on having work in phones.kind)"


@pytest.mark.parametrize("inside", ["in  )", "in )", "in)"])
def test_a_qualifier_without_a_path(inside: str) -> None:
    cell = f"id (Dependant on having ledger-clerk {inside}"
    (read,) = clean(document(section(properties=table(X, Y, (cell, "id", '"string"'))))).sections
    assert read.rows[0].qualifiers == (Qualifier(side="from", value="ledger-clerk", path=""),)


def test_other_parentheses_belong_to_the_path() -> None:
    (read,) = clean(document(section(properties=table(X, Y, ("size (cm)", "s(", '"string"'))))).sections
    assert (read.rows[0].path_from, read.rows[0].path_to, read.rows[0].qualifiers) == ("size (cm)", "s(", ())


@pytest.mark.parametrize(
    "cell", ["p (Dependant on having x in y", "p (Dependant on having x)", "p(Dependant on having x in y)"]
)
def test_half_a_qualifier_is_reported_and_the_row_kept(cell: str) -> None:
    text = document(section(properties=table(X, Y, ("n", cell, '"string"'))))
    line, message, read = only_problem(text)
    assert (line, read.sections[0].rows[0].target) == (line_of(text, cell), cell)
    assert "complete qualifier" in message


def test_escapes_are_read_as_restructuredtext_reads_them() -> None:
    (read,) = parse(document(section(properties=table(X, Y, (r"a\*b\_", r"c\\d", '"string"'))))).sections
    assert (read.rows[0].source, read.rows[0].target) == ("a*b_", r"c\d")


# -------------------------------------------------------------------------------------------------------- damaged sections


@pytest.mark.parametrize(
    ("cells", "expected", "kept"),
    [
        (("a", "b"), "a row of 3 cells", False),
        (("a", "b", '"string"', "c"), "a row of 3 cells", False),
        (("a", '"string"', "b"), "a data type", False),
        (("a", "b", "string"), "a data type", False),
        (("a", "b", '"strin'), "a data type", False),
        (("a", "b", '"date"'), "a data type", True),
        (("a", "b", ""), "a data type", True),
        (("a", "", '"string"'), "a property in both cells", True),
        (("", "b", '"string"'), "a property in both cells", True),
    ],
)
def test_a_broken_row_is_reported_and_the_others_are_read(cells: tuple[str, ...], expected: str, kept: bool) -> None:
    good = ("Name", "title", '"string"')
    text = document(section(properties=table(X, Y, good, cells, good)), section())
    _, message, read = only_problem(text)
    assert [len(part.rows) for part in read.sections] == [2 + kept, 1]
    assert message.startswith(f"expected {expected};")


@pytest.mark.parametrize(
    "headers", [["Name Property", "Company", "Type"], [f"{X} Property", f"{Y} Property", "Rolodex Data Ty"]]
)
def test_wrong_headers_are_reported(headers: list[str]) -> None:
    lead = table().partition("\n")[0]
    text = document(section(properties=f"{lead}\n\n{rows(headers, ('a', 'b', 'N/A'))}"))
    line, message, _ = only_problem(text)
    assert line == line_of(text, f"   * - {headers[0]}")
    assert f"'{X} Property', '{Y} Property', 'Rolodex Data Type'" in message


def test_rows_without_headers_are_rows() -> None:
    lead = table().partition("\n")[0]
    text = document(section(properties=f"{lead}\n\n{rows(('a', 'b', 'N/A'), ('c', 'd', 'N/A'))}"))
    read = parse(text)
    assert [row.source for row in read.sections[0].rows] == ["a", "c"]
    assert [problem.line for problem in read.problems] == [line_of(text, "   * - a")]


@pytest.mark.parametrize("line", [".. list-table::\n", "   :header-rows: 1\n"])
def test_a_table_without_its_beginning_is_read_and_reported(line: str) -> None:
    _, message, read = only_problem(document(section().replace(line, "")))
    assert len(read.sections[0].rows) == 1
    assert line.strip() in message


def test_a_table_without_its_sentence_is_read_and_reported() -> None:
    lead = table().partition("\n")[0]
    read = parse(document(section().replace(lead, "")))
    assert len(read.sections[0].rows) == 1
    assert any(lead in problem.message for problem in read.problems)


def test_a_sentence_without_its_table_is_reported() -> None:
    text = document(section(properties=table().partition("\n")[0] + "\n"))
    line, message, read = only_problem(text)
    assert line == line_of(text, "The following")
    assert len(read.sections) == 1
    assert "a table below this sentence" in message


def test_a_table_of_another_section_is_left_out_and_says_so() -> None:
    text = document(section(properties=table("Ledger Other", Y)))
    read = parse(text)
    first = line_of(text, "   * -")
    assert read.sections[0].rows == ()
    assert any(f"the rows of lines {first} to {first + 3} are left out" in p.message for p in read.problems)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("the two systems", "both"), (" synchronized with", " synchronised with"), ("Once a link", "Once a lnk")],
)
def test_a_damaged_sentence_is_shown_as_it_should_be(right: str, wrong: str) -> None:
    text = document(section(), section())
    read = parse(text.replace(right, wrong, 1))
    line = line_of(text, right)
    assert len(read.sections) == 2
    assert [p.message for p in read.problems if p.line == line] == [
        f"expected a sentence of this section; did you mean '{text.splitlines()[line - 1]}'?"
    ]


def test_an_unknown_line_is_reported_where_it_stands() -> None:
    text = document(section().replace("\nOnce", "\nBy the way.\n\nOnce"), section())
    line, message, read = only_problem(text)
    assert (line, len(read.sections)) == (line_of(text, "By the way"), 2)
    assert "a sentence of this section or a table" in message


def test_a_sentence_that_is_printed_twice_is_reported() -> None:
    line, message, _ = only_problem(document(section(f"{every()}\n{every()}")))
    assert (line, "once" in message) == (15, True)


def test_blanks_more_or_less_change_nothing() -> None:
    text = (
        samples.SAMPLES["conditional"]
        .replace("it  will", "it will")
        .replace("\n\n", "\n \t\n\n")
        .replace("     -", "\t -")
    )
    assert clean(text).meaning() == clean(samples.SAMPLES["conditional"]).meaning()


def test_a_problem_never_quotes_the_line() -> None:
    read = parse(document(section(), "Kari Nordmann, kari@example.com\n   * - Kari Nordmann\n"))
    assert read.problems
    assert all("Kari" not in problem.message for problem in read.problems)


@pytest.mark.parametrize("start", ["Once", "No properties"])
def test_a_missing_sentence_is_reported(start: str) -> None:
    text = document(section(properties=f"No properties are synchronized between a {X} and a {Y}.\n"))
    shorter = "\n".join(line for line in text.split("\n") if not line.startswith(start))
    line, message, read = only_problem(shorter)
    assert (line, len(read.sections)) == (12, 1)
    assert "in this section; add '" in message


@pytest.mark.parametrize("lines", [1, 2, 3, 5])
def test_a_section_that_lost_its_top_is_not_taken_for_the_introduction(lines: int) -> None:
    text = document(section(), section(x="Ledger Offices", properties=table("Ledger Offices"))).split("\n")
    read = parse("\n".join(text[:11] + text[11 + lines :]))
    assert read.problems
    assert read.sections[-1].source.text == "Ledger Offices"
    if lines > 2:
        assert [problem.line for problem in read.problems if "above the first section" in problem.message]
