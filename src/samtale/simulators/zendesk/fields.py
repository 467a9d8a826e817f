"""What users and organizations are made of: properties, rights, defaults, and the account's custom fields.

Follows the property tables of Zendesk's pages Users, Organizations, User Fields and Organization Fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

#: Properties that a plain write changes; what is not named here is ignored, as read-only properties are [inferred].
USER_TEXTS = frozenset({"name", "alias", "details", "notes", "locale", "time_zone", "signature", "ticket_restriction"})
USER_FLAGS = frozenset({"verified", "moderator", "restricted_agent", "only_private_comments", "suspended"})
USER_NUMBERS = frozenset({"custom_role_id", "default_group_id"})
ORGANIZATION_TEXTS = frozenset({"name", "details", "notes"})
ORGANIZATION_FLAGS = frozenset({"shared_tickets", "shared_comments"})
ROLES = ("end-user", "agent", "admin")


@dataclass(frozen=True, kw_only=True)
class CustomField:
    """One field that the account added."""

    id: int
    key: str
    title: str
    type: Literal["text", "textarea", "regexp", "integer", "decimal", "checkbox", "date", "dropdown"]
    options: tuple[str, ...] = ()

    def shown(self, owner: str) -> dict[str, Any]:
        """The definition as the API shows it."""
        found: dict[str, Any] = {
            "id": self.id,
            "url": f"https://demo.zendesk.com/api/v2/{owner}_fields/{self.id}.json",
            "key": self.key,
            "type": self.type,
            "title": self.title,
            "raw_title": self.title,
            "description": "",
            "raw_description": "",
            "position": 0,
            "active": True,
            "system": False,
            "regexp_for_validation": None,
            "created_at": "2024-01-15T09:00:00Z",
            "updated_at": "2024-01-15T09:00:00Z",
        }
        if self.type == "dropdown":
            found["custom_field_options"] = [
                {"id": self.id * 100 + n, "name": value.title(), "raw_name": value.title(), "value": value}
                for n, value in enumerate(self.options)
            ]
        return found


ORGANIZATION_FIELDS: tuple[CustomField, ...] = (
    CustomField(id=7001, key="website", title="Website", type="text"),
    CustomField(id=7002, key="org_number", title="Organization number", type="text"),
    CustomField(id=7003, key="segment", title="Segment", type="dropdown", options=("small", "large")),
    CustomField(id=7004, key="customer_since", title="Customer since", type="date"),
)
USER_FIELDS: tuple[CustomField, ...] = (
    CustomField(id=8001, key="job_title", title="Job title", type="text"),
    CustomField(id=8002, key="newsletter", title="Newsletter", type="checkbox"),
)


def user_defaults() -> dict[str, Any]:
    """What a new user shows that nobody gave."""
    return {
        "name": "",
        "email": None,
        "time_zone": "Copenhagen",
        "iana_time_zone": "Europe/Copenhagen",
        "phone": None,
        "shared_phone_number": None,
        "photo": None,
        "locale_id": 1,
        "locale": "en-US",
        "organization_id": None,
        "role": "end-user",
        "verified": False,
        "external_id": None,
        "tags": [],
        "alias": None,
        "shared": False,
        "shared_agent": False,
        "last_login_at": None,
        "two_factor_auth_enabled": None,
        "signature": None,
        "details": None,
        "notes": None,
        "role_type": None,
        "custom_role_id": None,
        "moderator": False,
        "ticket_restriction": "requested",
        "only_private_comments": False,
        "restricted_agent": True,
        "suspended": False,
        "default_group_id": None,
        "report_csv": False,
    }


def organization_defaults() -> dict[str, Any]:
    """What a new organization shows that nobody gave."""
    return {
        "name": "",
        "shared_tickets": False,
        "shared_comments": False,
        "external_id": None,
        "domain_names": [],
        "details": None,
        "notes": None,
        "group_id": None,
        "tags": [],
    }
