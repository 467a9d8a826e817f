"""What attackers of the engine need: deaths at the worst moment, and lost answers."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from tests.engine.house import House

ACCOUNTS = "/crm/v8/Accounts"
CONTACTS = "/crm/v8/Contacts"
BOTH_WAYS = "entity: person\nmembers:\n  po.Customers:\n    create: {zoho.Contact: always}\n"
#: A private customer without e-mail and phone: no rule recognizes it.
UNKNOWN_TO_ALL = {"FirstName": "Kari", "LastName": "Nordmann", "IsPerson": True, "InvoiceDeliveryType": "Print"}


class Died(BaseException):
    """The process ended here."""


def after_create(house: House, path: str, act: Callable[[], object]) -> None:
    """Once, right after a create in Zoho was carried out, and before its answer reaches us, this happens."""

    def after(request: httpx2.Request) -> None:
        if request.method == "POST" and path in request.url.path:
            house.zoho.after_call = lambda _: None
            act()

    house.zoho.after_call = after


def die() -> None:
    raise Died


def die_after_create(house: House, path: str = ACCOUNTS) -> None:
    """The next create in Zoho takes effect, and the process dies before the answer comes."""
    after_create(house, path, die)
    with pytest.raises(Died):
        house.sync()
    house.restart()


def runs(house: House, count: int = 3, seconds: float = 10) -> None:
    for _ in range(count):
        house.wait(seconds)
        house.sync()


def names(house: House) -> list[str]:
    return sorted(r["Account_Name"] for r in house.zoho.all("Account"))
