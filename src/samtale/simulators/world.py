"""A made-up world of firms and persons that all simulated systems tell of, each in its own slightly different way.

`World(seed, records)` is the truth; `companies_for(system)` and `persons_for(system)` are what people typed into one
system: most of the truth, other spellings, gaps, an old address here and there, and the odd record entered twice. The
same seed gives the same world on every machine. Knows no vendor: a simulator turns these into its own records.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from math import ceil
from random import Random

from samtale.simulators import names

SHOWN = 0.8
"""The share of firms and persons that any one system knows."""
COMPANIES = 0.4
"""The share of records that are firms."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A postal address. `country` is ISO 3166-1 alpha-2, `country_name` what a person typed. Empty text is missing."""

    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = "NO"
    country_name: str = "Norway"


@dataclass(frozen=True, kw_only=True)
class Company:
    """A firm. `key` is the same in every system's slice; empty text means missing.

    `twin_of` is the key of the firm that this record is a second record of, entered twice in one system.
    """

    key: int
    name: str
    org_number: str
    email: str
    phone: str
    website: str
    place: Place
    twin_of: int | None = None


@dataclass(frozen=True, kw_only=True)
class Person:
    """A person. `company` is the key of the firm they work for, if the system shows it; None for private people."""

    key: int
    given: str
    family: str
    email: str
    phone: str
    mobile: str
    born: date | None
    title: str
    place: Place
    company: int | None = None
    twin_of: int | None = None


class World:
    """The truth behind all simulated systems; `records` is about how many records each system holds (10 to 20,000)."""

    def __init__(self, seed: int, records: int) -> None:
        self.seed = seed
        self.records = records
        self._company_count = max(2, ceil(records * COMPANIES / SHOWN))
        self._person_count = max(2, ceil(records * (1 - COMPANIES) / SHOWN))

    @cached_property
    def companies(self) -> list[Company]:
        """Every firm as it truly is, by key from 1."""
        taken: set[str] = set()
        return [self._company(key, taken) for key in range(1, self._company_count + 1)]

    @cached_property
    def persons(self) -> list[Person]:
        """Every person as they truly are, by key from 1."""
        taken: set[str] = set()
        return [self._person(key, taken) for key in range(1, self._person_count + 1)]

    def companies_for(self, system: str) -> list[Company]:
        """The firms as people typed them into one system, twins last."""
        shown = [c for c in self.companies if self._shows(system, "company", c.key)]
        typed = [self._typed_company(c, system) for c in shown]
        return typed + [
            self._twin_company(c, system) for c in typed if self._dice(system, "twin", c.key).random() < 0.015
        ]

    def persons_for(self, system: str) -> list[Person]:
        """The persons as people typed them into one system, twins last."""
        companies = {c.key for c in self.companies if self._shows(system, "company", c.key)}
        typed = [self._typed_person(p, system, companies) for p in self.persons if self._shows(system, "person", p.key)]
        return typed + [_twin_person(p) for p in typed if self._dice(system, "person twin", p.key).random() < 0.01]

    def colleagues_for(self, system: str) -> list[Person]:
        """The people of the company itself, whom systems know as users or employees; all systems know all of them."""
        return [
            self._typed_person(self._colleague(key), system, set()) for key in range(1, max(3, self.records // 40) + 1)
        ]

    def _dice(self, *about: object) -> Random:
        """Chances of their own for every question, so that one more question changes no other answer."""
        return Random("/".join(map(str, (self.seed, *about))))  # noqa: S311 - repeatable, no secrets

    def _shows(self, system: str, kind: str, key: int) -> bool:
        return self._dice(system, "shows", kind, key).random() < SHOWN

    # --- the truth -------------------------------------------------------------------------------------------------

    def _company(self, key: int, taken: set[str]) -> Company:
        dice = self._dice("company", key)
        place, form = self._place(dice)
        stem = f"{dice.choice(names.FIRM_FIRST)} {dice.choice(names.FIRM_SECOND)}"
        if stem in taken:
            stem = f"{stem} {place.city.split()[0]}"
        while stem in taken:
            stem = f"{dice.choice(names.FIRM_FIRST)}-{stem}"
        taken.add(stem)
        domain = f"{slug(stem)}.example"
        return Company(
            key=key,
            name=f"{stem} {form}",
            org_number=org_number(self.seed * 100_003 + key) if place.country == "NO" else "",
            email=f"{dice.choice(names.MAILBOXES)}@{domain}",
            phone=self._phone("company", key, place.country),
            website=f"https://www.{domain}",
            place=place,
        )

    def _person(self, key: int, taken: set[str]) -> Person:
        dice = self._dice("person", key)
        given, family = dice.choice(names.GIVEN), dice.choice(names.FAMILY)
        company = dice.choice(self.companies) if dice.random() < 0.45 else None
        place, _ = self._place(dice)
        domain = company.email.partition("@")[2] if company else dice.choice(("epost.example", "brevkasse.example"))
        email = f"{slug(given, '.')}.{slug(family, '.')}@{domain}"
        if company and dice.random() < 0.12:
            email = company.email
        elif email in taken:
            email = f"{slug(given, '.')}.{slug(family, '.')}{key}@{domain}"
        taken.add(email)
        return Person(
            key=key,
            given=given,
            family=family,
            email=email,
            phone=self._phone("person", key, place.country),
            mobile=self._phone("mobile", key, place.country),
            born=date(1945, 1, 1) + timedelta(days=dice.randrange(22_000)),
            title=dice.choice(names.TITLES) if company else "",
            place=place,
            company=company.key if company else None,
        )

    def _colleague(self, key: int) -> Person:
        dice = self._dice("colleague", key)
        given, family = dice.choice(names.GIVEN), dice.choice(names.FAMILY)
        return Person(
            key=key,
            given=given,
            family=family,
            email=f"{slug(given, '.')}.{slug(family, '.')}{key}@samtale-demo.example",
            phone="",
            mobile=self._phone("mobile", 900_000 + key, "NO"),
            born=date(1958, 1, 1) + timedelta(days=dice.randrange(16_000)),
            title=dice.choice(names.TITLES),
            place=self._place(dice)[0],
        )

    def _place(self, dice: Random) -> tuple[Place, str]:
        """An address and the legal form that a firm there has."""
        number = dice.randrange(1, 180)
        if dice.random() < 0.85:
            postal_code, city = dice.choice(names.PLACES)
            street = f"{dice.choice(names.STREETS)} {number}{dice.choice(('', '', '', 'A', 'B'))}"
            return Place(street=street, postal_code=postal_code, city=city), dice.choice(
                ("AS", "AS", "AS", "ASA", "DA")
            )
        street, postal_code, city, country, form = dice.choice(names.PLACES_ABROAD)
        spelling = names.COUNTRY_SPELLINGS[country][0]
        place = Place(
            street=f"{street} {number}", postal_code=postal_code, city=city, country=country, country_name=spelling
        )
        return place, form

    def _phone(self, kind: str, key: int, country: str) -> str:
        """A number in E.164; no two are alike in worlds of the sizes we make."""
        dial, fixed, mobile = names.NUMBERS[country]
        shift = ("company", "person", "mobile", "old").index(kind)
        # The factor shares no divisor with a million, so it only shuffles the numbers.
        number = (key * 61_819 + self.seed * 977 + shift * 250_007) % 1_000_000
        return f"+{dial}{mobile if kind == 'mobile' else fixed}{number:06d}"

    # --- what people typed -----------------------------------------------------------------------------------------

    def _typed_company(self, truth: Company, system: str) -> Company:
        dice = self._dice(system, "typed company", truth.key)
        phone = self._phone("old", truth.key, truth.place.country) if dice.random() < 0.03 else truth.phone
        return replace(
            truth,
            name=_typed_firm(truth.name, dice),
            org_number=_or_missing(_typed_org_number(truth.org_number, dice), dice, 0.12),
            email=_or_missing(truth.email, dice, 0.08),
            phone=_or_missing(_typed_phone(phone, dice), dice, 0.1),
            website=_or_missing(_typed_website(truth.website, dice), dice, 0.15),
            place=self._typed_place(truth.place, dice),
        )

    def _typed_person(self, truth: Person, system: str, companies: set[int]) -> Person:
        dice = self._dice(system, "typed person", truth.key)
        mobile = self._phone("old", truth.key, truth.place.country) if dice.random() < 0.03 else truth.mobile
        given = names.TWO_SPELLINGS.get(truth.given, truth.given) if dice.random() < 0.3 else truth.given
        email = truth.email.replace(truth.email[0], truth.email[0].upper(), 1) if dice.random() < 0.05 else truth.email
        return replace(
            truth,
            given=given,
            email=_or_missing(email, dice, 0.07),
            phone=_or_missing(_typed_phone(truth.phone, dice), dice, 0.4),
            mobile=_or_missing(_typed_phone(mobile, dice), dice, 0.12),
            born=truth.born if dice.random() < 0.6 else None,
            place=self._typed_place(truth.place, dice),
            company=truth.company if truth.company in companies else None,
        )

    def _typed_place(self, truth: Place, dice: Random) -> Place:
        chance = dice.random()
        if chance < 0.08:
            return replace(truth, street="", postal_code="", city="")
        if chance < 0.12:
            truth = self._place(dice)[0]
        street = re.sub(r"(?<=[a-zæøå])(gata|gaten)\b", "gt.", truth.street) if dice.random() < 0.05 else truth.street
        return replace(
            truth,
            street=street,
            postal_code=_or_missing(truth.postal_code, dice, 0.05),
            country_name=dice.choice(names.COUNTRY_SPELLINGS[truth.country]),
        )

    def _twin_company(self, typed: Company, system: str) -> Company:
        dice = self._dice(system, "twin's spelling", typed.key)
        return replace(
            typed,
            key=1_000_000 + typed.key,
            twin_of=typed.key,
            name=_typed_firm(typed.name, dice),
            website="",
            email="",
        )


def _twin_person(typed: Person) -> Person:
    return replace(typed, key=1_000_000 + typed.key, twin_of=typed.key, phone="", place=Place())


def org_number(serial: int) -> str:
    """A Norwegian organization number with a right check digit (modulus 11), from a range not yet given out [inferred].

    Different serials give different numbers within two million of each other.
    """
    while True:
        digits = f"{94_500_000 + (serial * 7) % 2_499_999:08d}"
        rest = sum(int(d) * weight for d, weight in zip(digits, (3, 2, 7, 6, 5, 4, 3, 2), strict=True)) % 11
        if rest != 1:  # a check digit of ten does not exist
            return f"{digits}{(11 - rest) % 11}"
        serial += 1_000_003


_ACCENTLESS = {"ø": "o", "æ": "ae", "å": "a", "ł": "l", "ß": "ss", "þ": "th", "đ": "d"}


def slug(text: str, join: str = "-") -> str:
    """`text` as people put it into an address: ASCII letters and digits, words joined."""
    text = text.lower()
    for letter, replacement in _ACCENTLESS.items():
        text = text.replace(letter, replacement)
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return join.join(re.findall(r"[a-z0-9]+", ascii_text)) or "x"


def _or_missing(text: str, dice: Random, chance: float) -> str:
    return "" if dice.random() < chance else text


def _typed_firm(name: str, dice: Random) -> str:
    chance = dice.random()
    stem, _, form = name.rpartition(" ")
    if chance < 0.04:
        return name.upper()
    if chance < 0.08:
        return f"{stem} A/S" if form == "AS" else name.replace(".", "")
    if chance < 0.11:
        return stem
    return name


def _typed_org_number(number: str, dice: Random) -> str:
    if not number:
        return ""
    spaced = f"{number[:3]} {number[3:6]} {number[6:]}"
    return dice.choices((number, spaced, f"NO {spaced} MVA"), (75, 18, 7))[0]


def _typed_phone(number: str, dice: Random) -> str:
    """An E.164 number as people write it."""
    if not number:
        return ""
    dial = next(dial for dial, _, _ in names.NUMBERS.values() if number.startswith(f"+{dial}"))
    rest = number[1 + len(dial) :]
    pairs = " ".join(rest[i : i + 2] for i in range(0, len(rest), 2))
    if dial != "47":
        return dice.choice((number, f"+{dial} {pairs}", f"00{dial} {pairs}"))
    return dice.choice((number, rest, pairs, f"+47 {pairs}", f"0047{rest}", f"(+47) {rest[:3]} {rest[3:5]} {rest[5:]}"))


def _typed_website(url: str, dice: Random) -> str:
    host = url.removeprefix("https://")
    return dice.choice((url, url, f"{url}/", host, f"http://{host}", host.removeprefix("www.")))
