"""The shortcuts in front of the libraries: wherever one answers, the library gives the same answer. And what start-up costs."""

import subprocess
import sys
from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samtale.core.kinds import Form, UnknownKind, Unreadable, characters, email, kind_named, phone, places, url

CALLING_CODES = [f"+{code}" for code in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)]
SPACES = st.sampled_from(["", "", "", " ", "  "])


@st.composite
def spaced_digits(draw: st.DrawFn) -> str:
    digits = draw(st.sampled_from(["", "+47", "0047", "47", "+46", "+"])) + draw(
        st.text("0123456789", min_size=5, max_size=11)
    )
    return "".join(draw(SPACES) + c for c in digits) + draw(SPACES)


@given(text=spaced_digits(), region=st.sampled_from(["NO", "NO", "SE"]))
def test_the_shortcut_for_phones_agrees_with_the_library(text: str, region: str) -> None:
    shortcut = phone.by_rule(text, region)
    if shortcut is not None:
        assert shortcut == phone.by_library(text.strip(), region)


@given(number=st.integers(20_000_000, 99_999_999))
def test_the_shortcut_takes_every_norwegian_number_of_eight_digits(number: int) -> None:
    assert phone.by_rule(str(number), "NO") == phone.by_library(str(number), "NO") == f"+47{number}"


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_shortcut_for_phones_agrees_with_the_library_in_every_country(region: str) -> None:
    for kind in range(phonenumbers.PhoneNumberType.VOICEMAIL + 1):
        example = phonenumbers.example_number_for_type(region, kind)
        if example is not None:
            text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            shortcut = phone.by_rule(text, region)
            assert shortcut is None or shortcut == phone.by_library(text, region)


@pytest.mark.parametrize("text", ["+46 70 174 06 05", "+4533123456", "+14155550100"])
def test_the_shortcut_takes_ordinary_numbers_of_other_countries(text: str) -> None:
    assert phone.by_rule(text, "NO") == text.replace(" ", "")


@given(
    text=st.one_of(
        st.from_regex(url._ORDINARY, fullmatch=True), st.text("aZ0.-/:", max_size=20).map("https://a.".__add__)
    )
)
def test_the_shortcut_for_web_addresses_agrees_with_the_long_way(text: str) -> None:
    shortcut = url.by_rule(text)
    if shortcut is not None:
        assert shortcut == url.canonical_url(text) == url.canonical_url(shortcut)


ADDRESSES = st.one_of(
    st.from_regex(email._ORDINARY, fullmatch=True),
    st.text("aZ0.-_+@x", max_size=30),
    st.tuples(st.text("aZ0.-+'!{", min_size=1, max_size=70), st.text("aZ0.-xn", min_size=1, max_size=70)).map("@".join),
)


@given(text=ADDRESSES)
def test_the_shortcut_for_addresses_agrees_with_the_library(text: str) -> None:
    shortcut = email.by_rule(text)
    if shortcut is not None:
        assert shortcut == email.by_library(text) == text.lower()


@pytest.mark.parametrize("address", ["Kari.Nordmann@acme.no", "post@acme-as.co.uk", "a+b@x1.example"])
def test_the_shortcut_takes_ordinary_addresses(address: str) -> None:
    assert email.by_rule(address) == address.lower()


@given(text=st.text(st.one_of(st.characters(), st.sampled_from("aå\u030a \t\u200b\u00a0'`")), max_size=20))
def test_the_shortcuts_for_text_agree_with_the_long_way(text: str) -> None:
    try:
        long_way = characters._canonical(text)
    except characters.Broken:
        with pytest.raises(characters.Broken):
            characters.canonical(text)
    else:
        assert characters.canonical(text) == long_way
    assert characters.fold(text) == characters._fold(text)


@pytest.mark.parametrize("style", ["alpha2", "alpha3", "english", "native"])
@pytest.mark.parametrize("region", ["NO", "SE", "DE", "GB", "ES"])
def test_every_country_survives_every_spelling(style: str, region: str) -> None:
    kind = kind_named("country")
    form = Form(style=style, region=region)
    assert len(places.alpha3()) == 250
    for code in places.alpha3():
        raw = kind.write(code, form, None)
        assert kind.read(raw, form) == code
        assert kind.spelling(raw, form) is not None  # type: ignore[attr-defined]


def test_a_property_can_be_asked_which_spelling_of_countries_it_uses() -> None:
    kind = kind_named("country")
    shown = ["NO", "NOR", "Norway", "Norge", "Norwegen", "Oslo", "", None]
    spelled = [kind.spelling(raw, Form()) for raw in shown]  # type: ignore[attr-defined]
    assert spelled == ["alpha2", "alpha3", "english", "native", None, None, None, None]


def test_importing_the_kinds_loads_no_large_library() -> None:
    code = (
        "import sys, samtale.core.kinds as k; [k.kind_named(n) for n in ('phone', 'email', 'country')];"
        "k.kind_named('phone').read('22 60 45 00', k.Form()); k.kind_named('email').read('a@acme.no', k.Form());"
        "print(sorted({'babel', 'phonenumbers', 'email_validator', 'idna', 'dns'} & set(sys.modules)))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip() == "[]"
    )


@pytest.mark.parametrize(
    ("name", "options", "hint"),
    [
        ("phnoe", {}, "there is no kind 'phnoe'; did you mean phone"),
        ("Country", {}, "did you mean country"),
        ("blob", {}, "kinds: text, person_name"),
        ("choice", {}, "kind choice takes values; given: none"),
        ("text", {"values": ["a"]}, "kind text takes no options; given: values"),
        ("choice", {"values": ["a", "a"]}, "each of them once"),
        ("choice", {"values": ["*"]}, "not '*'"),
        ("list", {"of": "txet"}, "there is no kind 'txet'; did you mean text"),
    ],
)
def test_an_unknown_kind_or_option_is_told_with_what_there_is(name: str, options: dict[str, object], hint: str) -> None:
    with pytest.raises(UnknownKind, match=hint.replace("*", r"\*")):
        kind_named(name, **options)


@pytest.mark.parametrize("attributes", [{"type": "number"}, {"timezone": "Europe/Olso"}, {"timezone": "../etc"}])
def test_a_form_is_valid_at_birth(attributes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no t"):
        Form(**attributes)


def test_a_refusal_is_not_remembered_as_an_answer() -> None:
    for _ in range(2):
        with pytest.raises(Unreadable):
            phone.by_library("abc", "NO")
