"""Documents of any content, for Hypothesis: hostile names, paths and texts in every place that a document has."""

from datetime import datetime

from hypothesis import strategies as st

from samtale.documents import grammar
from samtale.documents.grammar import Connection, Document, Label, Row, Rule, Section

_LETTERS = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
_MARKS = st.sampled_from(
    [*"`*_|\\:.-+=~^#>\"'()[]<>$@/&{}!", "::", "`_", "__", ".. ", "- ", "* - ", "1. ", "|a|", "http://a_"]
)
_WORDS = st.sampled_from(["to", "and", "a", "Every", "Customers", "person", "Once", "will", "Dataflow", "State", "N/A"])


def texts(max_parts: int = 4) -> st.SearchStrategy[str]:
    """Text on one line, not empty, without blanks at its ends."""
    part = st.one_of(_WORDS, _MARKS, st.text(_LETTERS, max_size=6), st.just(" "))
    return st.lists(part, min_size=1, max_size=max_parts).map("".join).map(str.strip).filter(_readable)


def _readable(text: str) -> bool:
    return bool(text.strip()) and text == text.strip() and "Dependant on having" not in text


names = texts().filter(lambda name: " to " not in f" {name} " and ", " not in name)
cells = st.one_of(texts(), st.builds("{} (Dependant on having {} in {})".format, texts(2), texts(2), texts(2)))
types = st.sampled_from([*grammar.QUOTED_TYPES, grammar.CONVERTED_TYPE, '"format","%Y","_."]', '"a*b_","`c"'])
labels = st.builds(Label, text=texts(), unnamed=st.booleans())
times = st.datetimes(min_value=datetime(1, 1, 1)).map(lambda time: time.replace(microsecond=0))


@st.composite
def sections(draw: st.DrawFn, source: str) -> Section:
    """A section of a document with this source."""
    rule = draw(st.sampled_from(Rule))
    matches_first = rule is Rule.CONDITIONAL and draw(st.booleans())
    matching = matches_first or rule not in (Rule.ALWAYS, Rule.CONDITIONAL)
    label = draw(labels)
    connection = Connection(names=(), into="")
    if rule is Rule.CONNECTED:
        # A first name that begins like the label would be read as the system's name.
        first = draw(names.filter(lambda name: " " not in name))
        system = draw(st.sampled_from([None, "", *([source] if source else [])]))
        into = draw(st.one_of(st.just(""), names))
        connection = Connection(names=(first, *draw(st.lists(names, max_size=3))), system=system, into=into)
    states = st.just("")
    if draw(st.booleans()):
        states = st.sampled_from(
            ["synchronized", "held: no email", "reference, see A to B", "", "reference, see X_ to Y*"]
        )
    rows = draw(
        st.lists(st.builds(Row, source=cells, target=cells, type=types, state=states, line=st.just(0)), max_size=3)
    )
    target = draw(labels)
    return Section(
        source=label,
        target=target,
        rule=rule,
        condition=draw(texts()) if rule is Rule.CONDITIONAL else None,
        matches_first=matches_first,
        connection=connection if rule is Rule.CONNECTED else None,
        merge=tuple(draw(st.lists(st.tuples(texts(), texts()), max_size=3))) if matching else (),
        rows=tuple(rows),
        target_system=draw(st.sampled_from(["", target.text])) if rows else "",
    )


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A document that can be written."""
    source, target = draw(st.one_of(st.just(""), names)), draw(st.one_of(st.just(""), names))
    parts = draw(st.lists(sections(source), max_size=4))
    return Document(source=source, target=target, generated=draw(times), sections=tuple(parts))
