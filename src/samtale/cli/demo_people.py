"""The demo's people: they edit records in both systems, through the simulators' doors, as in the systems' own screens.

Chooses linked records that show the point, does the edits, and asks the doors again afterwards. Knows nothing of how they come into step.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import httpx2

from samtale.engine.setting import Setting
from samtale.engine.use_cases import review

PO, ZOHO = "powerofficego", "zohocrm"
TITLES = {PO: "PowerOffice Go", ZOHO: "Zoho CRM"}
Place = tuple[str, str]

#: The property that shows a field, by place.
PROPERTIES: dict[Place, dict[str, str]] = {
    (PO, "Customers"): {"name": "Name", "phone": "PhoneNumber", "website": "WebsiteUrl", "email": "EmailAddress"},
    (PO, "Departments"): {"name": "Name"},
    (ZOHO, "Account"): {"name": "Account_Name", "phone": "Phone", "website": "Website"},
    (ZOHO, "Contact"): {"phone": "Phone", "email": "Email", "mobile": "Mobile"},
}


class Pair(NamedTuple):
    """Two linked records."""

    entity: str
    title: str
    keys: dict[Place, str]


class Edit(NamedTuple):
    """What one person does, and where it must show afterwards."""

    says: str
    pair: Pair
    place: Place  #: where the person edits
    field: str
    new: str | None
    seen_at: Place  #: where it must show
    shows: str | None  #: what it must show there: not what was typed, if a later edit beat it

    @property
    def ref(self) -> str:
        return f"{self.place[0]}.{self.place[1]}:{self.pair.keys[self.place]}"


class Doors:
    """The doors of both simulators."""

    def __init__(self, urls: dict[str, str]) -> None:
        self._urls = urls
        self._client = httpx2.Client(timeout=30, trust_env=False)

    def records(self, place: Place) -> list[dict[str, Any]]:
        return list(self._ask("GET", place[0], f"records/{place[1]}"))

    def shows(self, place: Place, key: str, field: str) -> str | None:
        """What a record shows of a field, as a person would see it."""
        record = self._ask("GET", place[0], f"records/{place[1]}/{key}")
        value = record.get(PROPERTIES[place][field])
        return None if value in (None, "") else str(value)

    def edit(self, place: Place, key: str, field: str, value: str | None) -> None:
        self._ask("PUT", place[0], f"records/{place[1]}/{key}", {PROPERTIES[place][field]: value})

    def delete(self, place: Place, key: str) -> None:
        self._ask("DELETE", place[0], f"records/{place[1]}/{key}")

    def forget_requests(self) -> None:
        for system in self._urls:
            self._ask("DELETE", system, "requests")

    def writes_seen(self) -> int:
        """How many requests since then could have written something."""
        found = [r for system in self._urls for r in self._ask("GET", system, "requests")]
        return sum(1 for r in found if r["method"] != "GET" and "oauth" not in r["path"].lower())

    def close(self) -> None:
        self._client.close()

    def _ask(self, method: str, system: str, path: str, body: Any = None) -> Any:
        answer = self._client.request(method, f"{self._urls[system]}/{path}", json=body)
        answer.raise_for_status()
        return answer.json()


def pairs(setting: Setting, type_name: str, places: tuple[Place, Place], fields: tuple[str, ...]) -> list[Pair]:
    """Entities with one settled record at each place, and a value in each of the fields; by id, so that a seed repeats itself."""
    held = {h.entity for h in review(setting)}
    found: list[Pair] = []
    with setting.store.read() as session:
        numbers = {row.id: place for place, row in setting.known(session).items()}
        shapes = session.shapes()
        entities = {e.id: e for e in session.scan_entities(type_name, limit=5000)}
        links: dict[str, dict[Place, str]] = {}
        for link in session.links_in(list(entities)):
            if link.state == "active" and link.base is None:
                links.setdefault(link.entity, {})[numbers[link.collection]] = link.key
        for name, entity in sorted(entities.items()):
            keys = links.get(name, {})
            agreed = setting.keeping[type_name].read(shapes[entity.shape], entity.agreed)
            filled = all(f in agreed and any(agreed[f].value) for f in fields)
            if set(keys) == set(places) and filled and name not in held:
                values = agreed["name"].value if "name" in agreed else ()
                found.append(Pair(name, " ".join(str(v) for v in values if isinstance(v, str)), keys))
    return found


def first_edits(companies: list[Pair], persons: list[Pair], departments: list[Pair]) -> list[Edit]:
    """What people do first: other fields of one record, one field once, a clear, a changed key."""
    customer, account, contact = (PO, "Customers"), (ZOHO, "Account"), (ZOHO, "Contact")
    a, b, c = companies[:3]
    department, p = departments[0], persons[0]
    new_name = f"{department.title} og service"
    return [
        Edit(f"gives {a.title} a new phone number", a, customer, "phone", "+47 22 00 00 11", account, "+47 22 00 00 11"),
        Edit(f"gives {a.title} another website, at the same time", a, account, "website", "https://new.example", customer,
             "https://new.example"),
        Edit(f"types a phone number of {b.title}", b, account, "phone", "+47 55 31 24 81", account, "+47 73 50 12 34"),
        Edit(f"removes the website of {c.title}", c, account, "website", None, customer, None),
        Edit(f"renames the department {department.title}", department, (PO, "Departments"), "name", new_name, account, new_name),
        Edit(f"changes the e-mail of {p.title}, by which it was recognized", p, customer, "email", "changed@post.example",
             contact, "changed@post.example"),
    ]  # fmt: skip


def later_edit(companies: list[Pair]) -> Edit:
    """A little later, someone edits what was edited in the other system already."""
    b = companies[1]
    says = f"types yet another phone number of {b.title}, a little later"
    return Edit(says, b, (PO, "Customers"), "phone", "+47 73 50 12 34", (ZOHO, "Account"), "+47 73 50 12 34")


def alike(shown: str | None, wanted: str | None) -> bool:
    """Whether a system shows what was meant, in its own writing."""

    def bare(text: str | None) -> str:
        return re.sub(r"\W|^https?", "", (text or "").lower())

    return bare(shown) == bare(wanted)
