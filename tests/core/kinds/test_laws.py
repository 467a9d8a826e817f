"""The laws that every kind keeps (`samtale.core.kinds.kind`), over hostile raw values and over nearly right ones."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samtale.core.kinds import Form, Kind, Unreadable, Unwritable, kind_named
from samtale.core.kinds.kind import TYPES, Raw

# Every code point, lone surrogates included, and what has broken programs before.
TRAPS = (
    "\x00",
    "\u200b",
    "\u200d",
    "\u202e",
    "\ufeff",
    "\u0301",
    "\ud83d",
    "👩‍👩‍👧",
    "ﬁ",
    "İ",
    "ß",
    "K",
    "½",
    "٣",
    "\r\n",
    "\x85",
    "\u2028",
)
CHARACTERS = st.one_of(st.characters(exclude_categories=()), st.sampled_from("aAøØ1 .,-+@/:"))
HOSTILE = st.lists(st.one_of(CHARACTERS, st.sampled_from(TRAPS)), max_size=40).map("".join)

#: What a kind's properties nearly show: alphabets and templates that get past its first look.
NEARLY: dict[str, st.SearchStrategy[Raw]] = {
    "text": st.text(max_size=50),
    "person_name": st.lists(st.sampled_from(["Kari", "李", "O’Brien", "\u0301", "نور"]), max_size=4).map(" \t".join),
    "email": st.from_regex(r"\A[aAøK.+\"]{1,9}@([aAøßK-]{1,5}|xn--[a-z0-9]{1,8})(\.[a-z]{1,3}){0,2}\Z"),
    "phone": st.from_regex(r"\A[( ]?(\+|00)?[0-9 ()/.-]{3,18}(( ext\.?|x|;ext=| #)[0-9]{1,8})?\Z"),
    "url": st.from_regex(r"\A((http|https|ftp)://|//)?[aAøK.:@-]{1,12}(\.no|\.xn--[a-z0-9]{1,8})?(:[0-9]{0,6})?([/?#][/?#ø%]{0,6})?\Z"),
    "country": st.sampled_from(["NO", "nor", "Norge", "UK", "Kongo", "Ｎｏｒｇｅ", "日本", "XK", "SU", "Hong Kong SAR China"]),
    "currency": st.sampled_from(["NOK", "euro", "€", "kr", "norske kroner", "XAF", "ats"]),
    "language": st.from_regex(r"\A[a-z]{2,3}([-_][A-Za-z]{4})?([-_]([a-zA-Z]{2}|[0-9]{3}))?\Z"),
    "org_number": st.from_regex(r"\A(NO|SE|ORGNR)? ?[0-9]{8,10}([ .-]?[0-9])? ?(MVA)?\Z"),
    "date": st.from_regex(
        r"\A[0-9]{4}-(0[0-9]|1[0-3])-[0-3][0-9]"
        r"([T ][0-2][0-9]:[0-6][0-9](:[0-5][0-9])?(Z|[+-][0-2][0-9]:?[0-9]{2})?)?\Z"),
    "integer": st.one_of(st.integers().map(str), st.from_regex(r"\A[-+−]?[0-9]{1,3}([ .,][0-9]{3}){0,3}([.,]0+)?\Z")),
    "decimal": st.from_regex(r"\A[-+−]?[0-9]{1,4}([ .,'][0-9]{1,4}){0,3}\Z"),
    "boolean": st.sampled_from(["ja", "NO", "1", "0", "Aktiv", "on"]),
    "choice": st.sampled_from(["open", "WON", " lost", "Closed Won", "*", "parked"]),
    "reference": st.one_of(st.integers(0).map(str), st.fixed_dictionaries({"id": st.text(max_size=9)})),
}  # fmt: skip
NEARLY["datetime"] = NEARLY["date"]
NEARLY["list"] = st.lists(NEARLY["phone"], max_size=4)

#: What the pickier kinds read for certain.
PHONES = [
    phonenumbers.format_number(number, style)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
    if (number := phonenumbers.example_number_for_type(region, kind))
    for style in (phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
]
RIGHT: dict[str, st.SearchStrategy[Raw]] = {
    "email": st.from_regex(r"\A[a-zæøå0-9!+{]{1,9}(\.[A-Z]{1,3})?@([a-zæøå0-9]{1,9}\.){1,2}[a-z]{2,4}\Z"),
    "phone": st.builds(str.__add__, st.sampled_from(PHONES), st.sampled_from(["", "", " ext. 12", "x7"])),
    "url": st.from_regex(
        r"\A(https?://|//)?(www\.)?[a-zæøå0-9-]{1,9}\.[A-Z]{2,4}(:[0-9]{1,4})?([/?#][/?#øÅ%a.]{0,6})?\Z"
    ),
    "language": st.sampled_from(
        ["nb_NO", "en-GB", "nor", "engelsk", "Deutsch", "zh-Hant-TW", "es-419", "Traditional Chinese", "iw"]
    ),
}
RIGHT["list"] = st.lists(RIGHT["phone"], max_size=4)

KINDS: dict[str, Kind] = {
    name: kind_named(name) for name in NEARLY if name not in ("choice", "reference", "list")
} | {
    "choice": kind_named("choice", values=["open", "won", "lost"]),
    "reference": kind_named("reference", to="organization"),
    "list": kind_named("list", of="phone"),
}  # fmt: skip

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.decimals(), st.sampled_from([Decimal("1e99999"), Decimal("1e-99999")]), HOSTILE),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["id", "name"]), inner, max_size=2)),
    max_leaves=4,
)  # fmt: skip

FORMS = st.builds(
    Form,
    type=st.sampled_from(TYPES),
    max_length=st.one_of(st.none(), st.integers(0, 30)),
    style=st.sampled_from([None, "any", "e164", "international", "national", "alpha2", "alpha3", "english", "native", "?"]),
    values=st.sampled_from(
        [None, {"won": ("Closed Won", "W"), "open": ("Open", "*")}, {"lost": ("*",)}, {"true": ("Aktiv",), "false": ("*",)}]
    ),
    region=st.sampled_from(["NO", "SE", "US", "IT", "AR", "XX"]),
    timezone=st.sampled_from(["UTC", "Europe/Oslo", "America/New_York", "Pacific/Apia", "America/Sao_Paulo"]),
    nullable=st.booleans(),
)  # fmt: skip


def raws(name: str) -> st.SearchStrategy[Any]:
    return st.one_of(RIGHT.get(name, NEARLY[name]), NEARLY[name], JSON)


every_kind = pytest.mark.parametrize("name", KINDS)


def reads_as(kind: Kind, raw: Any, form: Form) -> Any:
    """The canonical value, or Ellipsis where there is none."""
    try:
        return kind.read(raw, form)
    except Unreadable:
        return ...


@every_kind
@given(data=st.data(), form=FORMS)
def test_reading_gives_a_canonical_value_or_none_or_refuses(name: str, data: st.DataObject, form: Form) -> None:
    kind = KINDS[name]
    value = reads_as(kind, data.draw(raws(name)), form)
    if value is None or value is ...:
        return
    assert type(value) in (str, int, bool, tuple)
    assert msgspec.json.decode(msgspec.json.encode(value)) == (list(value) if isinstance(value, tuple) else value)
    assert hash(value) == hash(kind.read(value, msgspec.structs.replace(form, values=None)))
    again = kind.read(value, msgspec.structs.replace(form, values=None))
    assert (again, type(again)) == (value, type(value))


@every_kind
@given(data=st.data(), form=FORMS)
def test_writing_what_was_read_changes_nothing(name: str, data: st.DataObject, form: Form) -> None:
    raw = data.draw(raws(name))
    value = reads_as(KINDS[name], raw, form)
    if value is ...:
        return
    assert KINDS[name].write(value, form, raw) is raw


@every_kind
@given(data=st.data(), form=FORMS)
def test_reading_what_was_written_gives_it_back(name: str, data: st.DataObject, form: Form) -> None:
    kind = KINDS[name]
    value = reads_as(kind, data.draw(raws(name)), Form())
    if value is ...:
        return
    current = data.draw(raws(name))
    try:
        raw = kind.write(value, form, current)
    except Unwritable:
        return
    assert kind.read(raw, form) == value
    assert raw is current or not isinstance(raw, str) or form.max_length is None or len(raw) <= form.max_length


@every_kind
@given(data=st.data(), form=FORMS)
def test_a_value_of_another_kind_is_refused_or_written_faithfully(name: str, data: st.DataObject, form: Form) -> None:
    value = data.draw(st.one_of(HOSTILE, st.integers(), st.booleans(), st.tuples(HOSTILE)))
    try:
        raw = KINDS[name].write(value, form, None)
    except Unwritable:
        return
    assert KINDS[name].read(raw, form) == value


@every_kind
@given(data=st.data())
def test_keys_and_showing_never_fail(name: str, data: st.DataObject) -> None:
    kind = KINDS[name]
    value = data.draw(st.one_of(raws(name).map(lambda raw: reads_as(kind, raw, Form())), HOSTILE))
    assert value is None or kind.show(value if value is not ... else None).isprintable()
    if value is None or value is ...:
        return
    assert kind.key(value) is None or isinstance(kind.key(value), str)


@every_kind
@given(before=HOSTILE, after=HOSTILE, form=FORMS)
def test_refusals_never_tell_the_value(name: str, before: str, after: str, form: Form) -> None:
    secret = "Hemmelig"
    raw = before + secret + after
    refusals: list[Unreadable | Unwritable | None] = [
        refused(lambda: KINDS[name].read(raw, form)),
        refused(lambda: KINDS[name].read([raw], form)),
        refused(lambda: KINDS[name].write(raw, form, raw)),
        refused(lambda: KINDS[name].write(raw, form, None)),
    ]
    for refusal in refusals:
        if refusal is None:
            continue
        assert secret not in refusal.reason
        assert secret not in str(refusal)
        assert refusal.__suppress_context__ or refusal.__context__ is None


def refused(attempt: Callable[[], object]) -> Unreadable | Unwritable | None:
    try:
        attempt()
    except (Unreadable, Unwritable) as refusal:
        return refusal
    return None


@every_kind
@pytest.mark.parametrize("piece", ["a", "1", "1 ", "a.", "a@", "(", "\u0301\u0316", "\u202e", "ＡＢ", "<", "-", "\t"])
def test_absurd_lengths_are_refused_at_once(name: str, piece: str) -> None:
    with pytest.raises(Unreadable):
        KINDS[name].read(piece * 200_000, Form())
    reads_as(KINDS[name], piece * (100_000 // len(piece)), Form())
    reads_as(KINDS[name], piece * 50, Form())


@every_kind
@pytest.mark.parametrize(
    "number", [10**5000, -(10**5000), 2**64, 0.5, float("nan"), b"a", {1}], ids=lambda number: type(number).__name__
)
def test_what_no_system_can_show_is_refused_or_survives(name: str, number: Any) -> None:
    value = reads_as(KINDS[name], number, Form())
    assert value is ... or KINDS[name].read(value, Form()) == value


@every_kind
def test_missing_is_unreadable(name: str) -> None:
    """The model marks a property that a payload does not hold with a NUL: it must never become a value, nor empty."""
    with pytest.raises(Unreadable):
        KINDS[name].read("\x00", Form(values={"open": ("*",), "false": ("*",)}))


NAMES = st.text(st.sampled_from("abcæøåéÆØÅÉ019 &.'-"), min_size=1, max_size=20)


def wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and c not in "'`\"" else c for c in text)


@pytest.mark.parametrize("name", ["text", "person_name"])
@given(shown=NAMES)
def test_what_people_call_the_same_has_one_key(name: str, shown: str) -> None:
    kind = KINDS[name]
    value = kind.read(shown, Form())
    if value is None:
        return
    for same in (
        shown.upper(),
        shown.lower(),
        wide(shown),
        shown.replace(" ", " \u00a0 "),
        "\u200b" + shown + "\u00ad",
        shown.replace("'", "’"),
    ):
        read = kind.read(same, Form())
        assert read is not None
        assert kind.key(read) == kind.key(value)
