"""What is packed comes back: the same values, of the same types, with the same digits."""

import sys
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from samtale.ports.store import Agreed
from samtale.store.values import (
    pack,
    pack_agreed,
    pack_digests,
    pack_revs,
    read,
    spell,
    unpack,
    unpack_agreed,
    unpack_digests,
    unpack_revs,
)  # fmt: skip
from tests.store.hostile import TYPED, any_text, digests, exactly, field_values, raw_values


def raw_exactly(value: object) -> object:
    """JSON knows numbers with and without fraction, so a whole decimal comes back as an integer."""
    if isinstance(value, list):
        return [raw_exactly(part) for part in value]
    return (
        exactly(int(value))
        if isinstance(value, Decimal) and "." not in str(value) and "E" not in str(value)
        else exactly(value)
    )


@given(st.lists(raw_values, max_size=5))
@example(["\ud800", Decimal("1.10"), Decimal("-0.0"), 10**40, "\x00", ["\udfff", None, True]])
def test_raw_values_come_back(values: list[object]) -> None:
    assert exactly(unpack(pack(values))) == raw_exactly(values)


def test_raw_values_are_compact() -> None:
    assert pack(["Østfold", None, Decimal("12.50"), 7, True]) == '["Østfold",null,12.50,7,true]'.encode()


abouts = st.tuples(st.integers(0, 5), any_text, st.integers(0, 3), st.integers(0, 3))
agreed_values = st.none() | st.builds(lambda value, about: Agreed(value, *about), field_values, abouts)


@given(st.lists(agreed_values, max_size=6).map(tuple))
@example(tuple(Agreed((value,), 1, "a.b", 2, 3) for value in TYPED))
def test_agreed_values_come_back(agreed: tuple[Agreed | None, ...]) -> None:
    assert exactly(unpack_agreed(pack_agreed(agreed))) == exactly(agreed)


def test_what_agreed_values_share_is_kept_once() -> None:
    shared = [
        Agreed((f"value {n}",), 3, "powerofficego.Customers", 1_700_000_000_000, 1_700_000_060_000) for n in range(9)
    ]
    exceptional = [*shared[:8], Agreed(("value 8",), 4, "person", 1_700_000_000_000, 1_700_000_060_000)]
    assert pack_agreed(shared).count(b"powerofficego") == 1
    assert pack_agreed(exceptional).count(b"powerofficego") == 1
    assert len(pack_agreed(shared)) < 9 * 10 + 75


def test_a_value_of_no_known_type_is_refused_without_being_shown() -> None:
    with pytest.raises(TypeError, match="a float is not a value") as caught:
        pack_agreed([Agreed((73.125,), 1, "a", 0, 0)])  # type: ignore[arg-type]
    assert "73" not in str(caught.value)


@given(st.lists(st.integers(-2, 10**6), max_size=9).map(tuple))
@example((3,) * 9)
@example((3, -1, 3))
@example(())
def test_revisions_come_back(revs: tuple[int, ...]) -> None:
    assert unpack_revs(*pack_revs(revs)) == revs


def test_equal_revisions_are_one_integer() -> None:
    assert pack_revs((4,) * 9) == (9, 4, None)


@given(st.sets(digests))
def test_digests_come_back_in_order(given_digests: set[int]) -> None:
    assert unpack_digests(pack_digests(given_digests)) == tuple(sorted(given_digests))


@given(any_text)
def test_texts_come_back_and_suit_every_database(text: str) -> None:
    spelled = spell(text)
    assert read(spelled) == text
    assert "\x00" not in spelled.encode("utf-8").decode("utf-8")


@given(any_text, any_text)
def test_different_texts_are_spelled_differently(one: str, other: str) -> None:
    assert (spell(one) == spell(other)) == (one == other)


def test_spelling_does_not_depend_on_what_this_python_can_print() -> None:
    unassigned = [chr(n) for n in range(0x80, sys.maxunicode + 1, 97) if not 0xD800 <= n < 0xE000]
    assert [text for text in unassigned if spell(text) != text] == []
