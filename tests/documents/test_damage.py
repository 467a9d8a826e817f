"""Damaged documents: each line deleted, doubled, swapped, cut at every column. None is read wrongly in silence.

For every damage: no exception; either a problem with its line, or every line of the text is found in what was read; and
all sections that the damage does not touch are there as they were.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samtale.documents.grammar import Document, Section
from samtale.documents.reader import parse
from tests.documents.samples import SAMPLES, lost_lines


def damages(text: str) -> Iterator[tuple[int, str]]:
    """Every damage to one line, as the index of the line and the damaged text."""
    lines = text.split("\n")
    for index, line in enumerate(lines):
        before, after = lines[:index], lines[index + 1 :]
        yield index, "\n".join([*before, *after])
        yield index, "\n".join([*before, line, line, *after])
        if after:
            yield index, "\n".join([*before, after[0], line, *after[1:]])
        for column in range(len(line)):
            yield index, "\n".join([*before, line[:column], *after])


def introduction_of(text: str) -> str:
    """The lines between the time and the first section, whose words mean nothing."""
    lines = text.split("\n")
    start = next(index for index, line in enumerate(lines) if line.startswith("Generated")) + 1
    rules = [index for index, line in enumerate(lines) if line and not line.strip("-")]
    return "\n".join(lines[start : rules[1] - 1 if len(rules) > 1 else len(lines)])


def above_the_sections(text: str, read: Document) -> str:
    """The lines that count as an introduction by their place, unless only a section can have them."""
    return "\n".join(text.split("\n")[: read.sections[0].line - 1 if read.sections else None])


def untouched(document: Document, index: int) -> list[Section]:
    """Sections that do not hold the line at this index nor begin or end beside it."""
    starts = [section.line for section in document.sections]
    ends = [*starts[1:], 10**9]
    meanings = document.meaning().sections
    return [
        meaning for meaning, start, end in zip(meanings, starts, ends, strict=True) if not start - 3 <= index + 1 <= end
    ]


def check_damages(text: str) -> int:
    whole = parse(text)
    introduction = introduction_of(text)
    assert whole.problems == ()
    count = 0
    for index, damaged in damages(text):
        read = parse(damaged)
        count += 1
        lines = damaged.count("\n") + 1
        assert all(1 <= problem.line <= lines for problem in read.problems)
        if not read.problems:
            assert lost_lines(damaged, read, introduction) == [], f"line {index + 1}"
        found = read.meaning().sections
        missing = [section.heading for section in untouched(whole, index) if section not in found]
        assert missing == [], f"line {index + 1}"
    return count


@pytest.mark.parametrize("name", SAMPLES)
def test_every_damage_to_a_sample(name: str) -> None:
    assert check_damages(SAMPLES[name]) > 500


@pytest.mark.parametrize("number", range(5))
def test_every_damage_to_a_seed(shared: Path, number: int) -> None:
    (seed,) = (shared / "seeds").glob(f"00{number}_*.txt")
    assert check_damages(seed.read_text()) > 1_000


@pytest.mark.parametrize("name", SAMPLES)
def test_a_document_cut_off_anywhere(name: str) -> None:
    text = SAMPLES[name]
    for end in range(len(text)):
        read = parse(text[:end])
        assert read.problems or lost_lines(text[:end], read, above_the_sections(text[:end], read)) == []


@pytest.mark.parametrize("name", ["match only", "connected", "qualified"])
def test_a_deleted_line_that_carries_meaning_is_always_reported(name: str) -> None:
    text = SAMPLES[name]
    whole = parse(text)
    lines = text.split("\n")
    silent = [
        line
        for index, line in enumerate(lines)
        if not (read := parse("\n".join(lines[:index] + lines[index + 1 :]))).problems
        and read.meaning() != whole.meaning()
    ]
    # Without its second sentence, a rule is another whole rule: nothing in the text tells that there was one.
    assert [line for line in silent if not line.startswith("A new ")] == []


lines_of_all = sorted({line for text in SAMPLES.values() for line in text.split("\n")})


@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_any_lines_in_any_places(name: str, data: st.DataObject) -> None:
    lines = SAMPLES[name].split("\n")
    for _ in range(data.draw(st.integers(1, 6))):
        index = data.draw(st.integers(0, len(lines)))
        lines[index : index + data.draw(st.integers(0, 3))] = data.draw(
            st.lists(st.sampled_from(lines_of_all), max_size=3)
        )
    text = "\n".join(lines)
    read = parse(text)
    assert read == parse(text)
    if not read.problems:
        assert lost_lines(text, read, above_the_sections(text, read)) == []
