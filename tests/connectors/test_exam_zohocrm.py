"""Zoho CRM sits the exam, over HTTP, with its simulator on the other side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from samtale.connectors.zohocrm.connector import ZohoCrm
from samtale.testing.exam import ConnectorExam, Values
from samtale.testing.world import World, simulated

KEYS = {name: f"demo-{name.replace('_', '-')}" for name in ("client_id", "client_secret", "refresh_token")}


class ZohoExam(ConnectorExam):
    unknown = "3100000000009999999"
    updates = "PUT"
    read_only = "Created_Time"
    secrets = tuple(KEYS.values())

    @pytest.fixture
    def world(self) -> Iterator[World]:
        with simulated("zohocrm", mark=True) as world:
            yield world

    def connect(self, world: World, transport: Any = None, **options: Any) -> ZohoCrm:
        return ZohoCrm(
            system="crm", base_url=world.url, credentials=KEYS, options=options, clock=world.clock, transport=transport
        )

    def without_effect(self, body: Any) -> Any:
        return {**body, "data": [{} for _ in body["data"]]}


class TestAccounts(ZohoExam):
    collection, calls = "Account", "/crm/v8/Accounts"
    draft: ClassVar[Values] = {"Account_Name": "Exam {n} AS", "Phone": "+4722222222", "Billing_City": "Oslo"}
    bad: ClassVar[Values] = {"Account_Name": "Eksamen " * 40, "Website": "https://example.com"}
    path, values = "Phone", ("+4722000001", "+4722000002", "+4722000003")


class TestContacts(ZohoExam):
    collection, calls = "Contact", "/crm/v8/Contacts"
    draft: ClassVar[Values] = {"First_Name": "Kari", "Last_Name": "Exam {n}", "Email": "kari{n}@example.com"}
    bad: ClassVar[Values] = {"Last_Name": "Kandidat", "Email": "not-an-address"}
    path, values = "Other_City", ("Oslo", "Bergen", "Bodø")


class TestDeals(ZohoExam):
    collection, calls = "Deal", "/crm/v8/Deals"
    draft: ClassVar[Values] = {"Deal_Name": "Exam {n}", "Stage": "Qualification", "Closing_Date": "2026-12-31"}
    bad: ClassVar[Values] = {"Deal_Name": "Eksamen", "Stage": "Qualification", "Closing_Date": "tomorrow"}
    path, values = "Next_Step", ("call", "write", "wait")


del ZohoExam
