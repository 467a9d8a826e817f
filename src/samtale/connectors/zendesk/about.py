"""What is known of Zendesk Support without asking it: users and organizations, their properties and rights. No IO.

Source: Zendesk's API reference (Users, Organizations, Incremental Exports) and its OpenAPI document. What was only
reasoned is marked [inferred]. Custom fields (``user_fields``, ``organization_fields``) belong to the account.
"""

from __future__ import annotations

from samtale.connectors.schema import properties, property_of
from samtale.ports.connector import About, CollectionSpec

_API_ADDRESS = "The record's address in Zendesk's API, not a web site; use a custom field for a website."

USERS = CollectionSpec(
    name="Users",
    label="Users",
    key="id",
    modified="updated_at",
    created="created_at",
    mark="external_id",
    deletable=True,
    blind=True,
    create_batch=1,
    fetch_batch=100,
    page_size=100,
    properties=(
        property_of("id", "integer", "G", nullable=False),
        property_of("name", "string", "GPU*"),
        property_of(
            "email",
            unique=True,
            note="The primary of the user's e-mail identities; changing it takes three calls, not a plain update.",
        ),
        property_of("phone", note="A direct line is an identity; a second number does not replace it."),
        property_of(
            "organization_id",
            "integer",
            refers=("Organizations",),
            note="The default organization. Written plainly, it removes all other memberships.",
        ),
        property_of("external_id", unique=True, note="Samtale leaves its mark here; compared without case."),
        *properties("string", "GPU", "alias details notes locale time_zone signature"),
        property_of("role", values=("end-user", "agent", "admin")),
        *properties("boolean", "GPU", "suspended verified moderator restricted_agent only_private_comments"),
        *properties("integer", "GPU", "custom_role_id default_group_id"),
        property_of("tags", "array", note="Written whole: a list replaces the list."),
        property_of("user_fields", "object"),
        property_of("url", "string", "G", note=_API_ADDRESS),
        *properties("datetime", "G", "created_at updated_at last_login_at"),
        *properties("boolean", "G", "active shared shared_agent chat_only two_factor_auth_enabled"),
        *properties("string", "G", "iana_time_zone"),
        property_of("role_type", "integer", "G"),
    ),
)

ORGANIZATIONS = CollectionSpec(
    name="Organizations",
    label="Organizations",
    key="id",
    modified="updated_at",
    created="created_at",
    mark="external_id",
    deletable=True,
    blind=True,
    create_batch=1,
    fetch_batch=100,
    page_size=100,
    properties=(
        property_of("id", "integer", "G", nullable=False),
        property_of("name", "string", "GPU*", unique=True, note="Unique without regard to case."),
        property_of("external_id", unique=True, note="Samtale leaves its mark here; compared without case."),
        *properties("string", "GPU", "details notes"),
        property_of(
            "domain_names",
            "array",
            note="Written whole: a list replaces the list. Users with such an e-mail address are moved here.",
        ),
        property_of("tags", "array", note="Written whole: a list replaces the list."),
        property_of("organization_fields", "object"),
        property_of("group_id", "integer"),
        *properties("boolean", "GPU", "shared_tickets shared_comments"),
        property_of("url", "string", "G", note=_API_ADDRESS),
        *properties("datetime", "G", "created_at updated_at"),
    ),
)

ABOUT = About(
    connector="zendesk",
    title="Zendesk",
    document_name="Zendesk",
    collections=(USERS, ORGANIZATIONS),
    auth=("client_id", "client_secret", "refresh_token"),
    lag=60.0,
    skew=60.0,
    full_pass_hours=24.0,
    assumptions=(
        "An update changes the properties that are sent, and no others.",
        "Incremental exports leave out the last minute, so what was just written shows later.",
    ),
)
